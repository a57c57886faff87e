/* Every printer on any bytes, whole and in two pieces: no live "${" and nothing a terminal obeys. Masking is stable. */
#include "base/limits.h"
#include "text/json_out.h"
#include "text/printable.h"
#include "text/unicode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clipped(struct ct_buf *out, ct_str s) { ct_print_clipped(out, s, 12); }

static void json(struct ct_buf *out, ct_str s)
{
    struct ct_json_out j;
    ct_json_begin(&j, out);
    ct_json_str(&j, s);
}

static void check(const struct ct_buf *b)
{
    ct_str s = ct_buf_view(b);
    if (b->err || ct_str_find(s, CT_STR("${")) != CT_STR_NONE) abort();
    for (size_t i = 0; i < s.n;) {
        uint32_t code;
        unsigned n = ct_utf8_get((ct_str){s.p + i, s.n - i}, &code);
        if (n == 0 || !ct_unicode_shows(code)) abort();
        i += n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const printers[])(struct ct_buf *, ct_str) = {ct_print_text, ct_print_html, ct_print_csv,
                                                                ct_print_defanged, clipped, json};
    ct_arena *arena;
    if (size == 0 || size > CT_WINDOW || ct_arena_new(&ct_alloc_libc, 64u << 20, &arena)) return 0;
    ct_str in = {data + 1, size - 1};
    size_t cut = data[0];
    struct ct_buf b, again;
    for (size_t k = 0; k < sizeof printers / sizeof *printers; k++) {
        ct_buf_init(&b, arena, 8 * CT_WINDOW);
        printers[k](&b, in);
        check(&b);
        ct_buf_init(&b, arena, 8 * CT_WINDOW);
        printers[k](&b, ct_str_slice(in, 0, cut));
        printers[k](&b, ct_str_slice(in, cut, in.n));
        check(&b);
    }
    ct_buf_init(&b, arena, 8 * CT_WINDOW);
    ct_mask_secrets(&b, in);
    ct_buf_init(&again, arena, 8 * CT_WINDOW);
    ct_mask_secrets(&again, ct_buf_view(&b));
    if (b.err || again.err || !ct_str_eq(ct_buf_view(&b), ct_buf_view(&again))) abort();
    ct_arena_free(arena);
    return 0;
}
