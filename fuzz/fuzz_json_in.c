/* The reader on any bytes: it ends, stays inside its input, and what it took can be written and read again. */
#include "text/json_in.h"
#include "text/json_out.h"
#include "text/unicode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read(ct_arena *arena, ct_str text)
{
    struct ct_buf plain, written, back;
    struct ct_json_out out;
    struct ct_json_in in;
    struct ct_json_token t;
    ct_buf_init(&plain, arena, text.n);
    ct_json_unescape(&plain, text);
    if (plain.err) abort();
    ct_buf_init(&written, arena, 6 * text.n + 2);
    ct_json_begin(&out, &written);
    ct_json_str(&out, ct_buf_view(&plain));
    if (written.err) abort();
    ct_json_open(&in, ct_buf_view(&written));
    if (ct_json_next(&in, &t) || t.kind != CT_JSON_STRING || ct_json_next(&in, &t) != CT_ERR_END) abort();
    ct_buf_init(&back, arena, written.n);
    ct_json_unescape(&back, t.text);
    if (ct_utf8_valid(ct_buf_view(&plain)) && !ct_str_eq(ct_buf_view(&plain), ct_buf_view(&back))) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    struct ct_json_in j, skipping;
    struct ct_json_token t;
    size_t last = 0;
    unsigned depth = 0;
    if (size > CT_WINDOW || ct_arena_new(&ct_alloc_libc, 8u << 20, &arena)) return 0;
    ct_json_open(&j, (ct_str){data, size});
    ct_err err;
    while ((err = ct_json_next(&j, &t)) == CT_OK) {
        struct ct_arena_mark m = ct_arena_mark(arena);
        if (t.offset < last || j.at <= t.offset || j.at > size) abort();
        last = j.at;
        if (t.kind == CT_JSON_OBJECT || t.kind == CT_JSON_ARRAY) depth++;
        if (t.depth != depth) abort();
        if (t.kind == CT_JSON_OBJECT_END || t.kind == CT_JSON_ARRAY_END) depth--;
        if (t.kind == CT_JSON_KEY || t.kind == CT_JSON_STRING) write_and_read(arena, t.text);
        ct_arena_reset(arena, m);
    }
    /* Skipping reaches the same end, or the same refusal. */
    ct_json_open(&skipping, (ct_str){data, size});
    if (ct_json_next(&skipping, &t) == CT_OK && (t.kind == CT_JSON_OBJECT || t.kind == CT_JSON_ARRAY)) {
        ct_err skipped = ct_json_skip(&skipping);
        if (skipped != (err == CT_ERR_END ? CT_OK : err) || skipping.at != j.at) abort();
    }
    ct_arena_free(arena);
    return 0;
}
