#include "scan/json_paths.h"

#include <string.h>

enum { PATH_BYTES = 128, VALUE_MAX = 1 << 20 };

ct_err ct_json_token_text(ct_arena *arena, const struct ct_json_token *t, ct_str *ret_text)
{
    struct ct_buf b;
    if (!t->escaped) return ct_arena_dup(arena, t->text, ret_text);
    ct_buf_init(&b, arena, VALUE_MAX);
    ct_json_unescape(&b, t->text);
    return ct_buf_str(&b, ret_text);
}

static size_t add_key(char *path, size_t n, ct_str key)
{
    if (n + key.n + 2 > PATH_BYTES) {
        n = n < PATH_BYTES - 2 ? n : PATH_BYTES - 2;
        path[n++] = '?';
    } else {
        if (n) path[n++] = '.';
        memcpy(path + n, key.p, key.n);
        n += key.n;
    }
    path[n] = 0;
    return n;
}

ct_err ct_json_paths(ct_str text, ct_json_path_fn *fn, void *ctx)
{
    struct ct_json_in in;
    struct ct_json_token t;
    char path[PATH_BYTES] = "";
    size_t at[CT_JSON_DEPTH_MAX + 2] = {0}; /* length of the path of the container at depth d */
    size_t n = 0;
    ct_err e;
    ct_json_open(&in, text);
    while ((e = ct_json_next(&in, &t)) == CT_OK) {
        switch (t.kind) {
        case CT_JSON_KEY: n = add_key(path, at[t.depth], t.text); break;
        case CT_JSON_OBJECT:
            at[t.depth] = n;
            CT_TRY(fn(ctx, path, &t));
            break;
        case CT_JSON_ARRAY: at[t.depth] = n; break;
        case CT_JSON_OBJECT_END:
            path[at[t.depth]] = 0;
            CT_TRY(fn(ctx, path, &t));
            n = at[t.depth - 1];
            path[n] = 0;
            break;
        case CT_JSON_ARRAY_END:
            n = at[t.depth - 1];
            path[n] = 0;
            break;
        default: CT_TRY(fn(ctx, path, &t));
        }
    }
    return e == CT_ERR_END ? CT_OK : e;
}
