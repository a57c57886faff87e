#include "respond/json_list.h"

#include "text/json_in.h"
#include "text/json_out.h"

enum { LIST_MAX = 8 << 20 };

ct_err ct_json_list_write(ct_arena *arena, const ct_str *items, size_t n, ct_str *ret_json)
{
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, arena, LIST_MAX);
    ct_json_begin(&j, &b);
    ct_json_array(&j);
    for (size_t i = 0; i < n; i++) ct_json_str(&j, items[i]);
    ct_json_array_end(&j);
    return ct_buf_str(&b, ret_json);
}

ct_err ct_json_list_read(ct_arena *arena, ct_str json, const ct_str **ret_items, size_t *ret_n)
{
    struct ct_json_in j;
    struct ct_json_token t;
    size_t n = 0, most = 1;
    for (size_t i = 0; i < json.n; i++) most += json.p[i] == ',';
    ct_str *items = ct_arena_array(arena, most, sizeof *items);
    if (!items) return CT_ERR_NOMEM;
    ct_json_open(&j, json);
    while (json.n && n < most && ct_json_next(&j, &t) == CT_OK) {
        struct ct_buf b;
        if (t.kind != CT_JSON_STRING) continue;
        ct_buf_init(&b, arena, LIST_MAX);
        ct_json_unescape(&b, t.text);
        CT_TRY(ct_buf_str(&b, &items[n++]));
    }
    *ret_items = items;
    *ret_n = n;
    return CT_OK;
}
