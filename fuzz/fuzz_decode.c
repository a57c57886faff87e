/* Every decoder on any bytes: no form outgrows its input, "changed" is exact, and decoding ends. */
#include "base/limits.h"
#include "text/decode.h"
#include "text/unicode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ct_decode_fn *const fns[] = {ct_decode_percent, ct_decode_form, ct_decode_backslash, ct_decode_html,
                                        ct_decode_base64, ct_decode_words, ct_decode_quoted, ct_decode_hash, ct_decode_quotes};
    ct_arena *arena;
    if (size > CT_WINDOW || ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena)) return 0;
    for (size_t k = 0; k < sizeof fns / sizeof *fns; k++) {
        ct_str in = {data, size};
        bool changed = true;
        /* The output is input again, as for a value that was encoded more than once. */
        for (unsigned layer = 0; changed && layer < CT_LAYERS_MAX; layer++) {
            struct ct_buf b;
            ct_buf_init(&b, arena, CT_DECODE_MAX);
            if (fns[k](in, &b, &changed)) abort();
            if (changed && (b.n > in.n || ct_str_eq(in, ct_buf_view(&b)))) abort();
            if (changed) in = ct_buf_view(&b);
        }
    }
    (void)ct_utf8_valid((ct_str){data, size});
    ct_arena_free(arena);
    return 0;
}
