/* UTF-16: the same text whether input and output come in large or in small pieces, no byte of it left behind, never more than three
 * bytes for a unit. */
#include "archive/decoder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok) abort();
}

/* Pieces of up to `step` bytes, in and out; their ends lie against the end of an allocation of their own. */
static size_t run(const uint8_t *data, size_t size, size_t step, unsigned char *out, size_t room, bool *ret_may_end)
{
    void *state;
    size_t n = 0, taken = 0;
    check(ct_codec_utf16.open(&ct_alloc_libc, &state) == CT_OK && ct_codec_utf16.start(state) == CT_OK);
    for (bool still = false;;) {
        size_t want = taken == 0 && step < CT_UTF16_TELLS ? CT_UTF16_TELLS : step;
        size_t in_n = size - taken < want ? size - taken : want, out_n = room - n < step ? room - n : step;
        unsigned char *in = malloc(in_n + 1), *to = malloc(out_n + 1);
        check(in && to);
        if (in_n) memcpy(in + 1, data + taken, in_n);
        struct ct_codec_io io = {.in = in + 1, .in_n = in_n, .out = to + 1, .out_n = out_n};
        check(ct_codec_utf16.step(state, &io) == CT_OK);
        if (out_n - io.out_n) memcpy(out + n, to + 1, out_n - io.out_n);
        still = io.in_n == in_n && io.out_n == out_n;
        n += out_n - io.out_n;
        taken += in_n - io.in_n;
        free(in);
        free(to);
        if (still) break;
    }
    *ret_may_end = ct_codec_utf16_may_end(state);
    ct_codec_utf16.close(state);
    check(taken == size || taken == 0);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    size_t room = 3 * size + 8;
    unsigned char *whole = malloc(room), *pieces = malloc(room);
    bool a_ends, b_ends;
    check(whole && pieces);
    size_t a = run(data + 1, size - 1, room, whole, room, &a_ends), b = run(data + 1, size - 1, 1 + data[0] % 16, pieces, room, &b_ends);
    check(a == b && memcmp(whole, pieces, a) == 0 && a_ends == b_ends);
    check(2 * a <= 3 * size);
    free(whole);
    free(pieces);
    return 0;
}
