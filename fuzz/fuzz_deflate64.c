/* Deflate64: the same bytes and the same end, whether input and output come in large or in small pieces; nothing is taken of what follows it. */
#include "archive/decoder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 150000 }; /* the window turns over twice */

static void check(bool ok)
{
    if (!ok) abort();
}

struct result {
    ct_err err; /* CT_OK: the input ended early, or the output was full */
    size_t out, taken;
};

/* Pieces of up to `step` bytes, in and out; their ends lie against the end of an allocation of their own. */
static struct result run(const uint8_t *data, size_t size, size_t step, unsigned char *out)
{
    void *state;
    struct result r = {CT_OK, 0, 0};
    check(ct_codec_deflate64.open(&ct_alloc_libc, &state) == CT_OK && ct_codec_deflate64.start(state) == CT_OK);
    unsigned char *in_piece = malloc(step), *out_piece = malloc(step);
    check(in_piece && out_piece);
    for (;;) {
        size_t in_n = size - r.taken < step ? size - r.taken : step, out_n = OUT_MAX - r.out < step ? OUT_MAX - r.out : step;
        unsigned char *from = in_piece + step - in_n, *to = out_piece + step - out_n;
        if (in_n) memcpy(from, data + r.taken, in_n);
        struct ct_codec_io io = {.in = from, .in_n = in_n, .out = to, .out_n = out_n};
        r.err = ct_codec_deflate64.step(state, &io);
        check(io.in == from + (in_n - io.in_n) && io.out == to + (out_n - io.out_n));
        if (out_n - io.out_n) memcpy(out + r.out, to, out_n - io.out_n);
        r.out += out_n - io.out_n;
        r.taken += in_n - io.in_n;
        if (r.err != CT_OK) break;
        if (in_n == io.in_n && out_n == io.out_n) {
            check(in_n == 0 || out_n == 0); /* it never stands still with both at hand */
            break;
        }
    }
    free(in_piece);
    free(out_piece);
    ct_codec_deflate64.close(state);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    unsigned char *whole = malloc(OUT_MAX), *pieces = malloc(OUT_MAX);
    check(whole && pieces);
    struct result a = run(data + 1, size - 1, 1 << 15, whole), b = run(data + 1, size - 1, 1 + data[0], pieces);
    check(a.out == b.out && memcmp(whole, pieces, a.out) == 0);
    check(a.err == b.err);
    if (a.err == CT_ERR_END) check(a.taken == b.taken);
    free(whole);
    free(pieces);
    return 0;
}
