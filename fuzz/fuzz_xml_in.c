/* The reader on any bytes: it ends, goes forward, opens and closes in pairs, and stays inside its input. */
#include "text/xml_in.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    struct ct_xml_in x;
    struct ct_xml_token t;
    unsigned depth = 0;
    size_t last = 0;
    if (size > CT_WINDOW || ct_arena_new(&ct_alloc_libc, 8u << 20, &arena)) return 0;
    ct_xml_open(&x, (ct_str){data, size});
    ct_err err;
    while ((err = ct_xml_next(&x, &t)) == CT_OK) {
        struct ct_arena_mark mark = ct_arena_mark(arena);
        struct ct_buf b;
        ct_str value;
        if (x.at < last || x.at > size) abort();
        last = x.at;
        if (t.kind == CT_XML_OPEN) depth++;
        if (t.depth != depth) abort();
        if (t.kind == CT_XML_CLOSE) depth--;
        ct_buf_init(&b, arena, t.text.n + 1);
        ct_xml_unescape(&b, t.text); /* never longer than what it came from */
        if (b.err) abort();
        if (ct_xml_attribute(t.attributes, CT_STR("a"), &value) && (value.p < data || value.p + value.n > data + size)) abort();
        ct_arena_reset(arena, mark);
    }
    if (err == CT_ERR_END && depth != 0) abort();
    ct_arena_free(arena);
    return 0;
}
