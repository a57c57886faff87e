/* The first bytes of a deflate stream, told without inflating it, against zlib: what is told is what zlib makes of it. */
#include "archive/sniff.h"
#include "support/edge.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

enum { SIZE = 4096, WANTED = 8 };

static size_t pack(const unsigned char *from, size_t n, int level, int strategy, unsigned char *to, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -15, 9, strategy), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)from;
    z.avail_in = (uInt)n;
    z.next_out = to;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t made = z.total_out;
    assert_int_equal(deflateEnd(&z), Z_OK);
    return made;
}

/* Class files as they are: their magic, then what a constant pool looks like. */
static void fill(struct rng *r, unsigned char *p, size_t n)
{
    unsigned kinds = (unsigned)rng_below(r, 64) + 2;
    for (size_t i = 0; i < n; i++) p[i] = (unsigned char)(rng_below(r, kinds) * 7);
    memcpy(p, "\xca\xfe\xba\xbe\0\0\0\x34", 8);
}

static void test_against_zlib(void **state)
{
    (void)state;
    struct rng r = rng_new("sniff_deflate");
    unsigned told[3] = {0}, asked[3] = {0};
    for (unsigned round = 0; round < 3000; round++) {
        unsigned char plain[SIZE], packed[2 * SIZE], other[WANTED];
        static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_FIXED};
        size_t n = 16 + (size_t)rng_below(&r, SIZE - 16), kind = (size_t)rng_below(&r, 3);
        fill(&r, plain, n);
        size_t made = pack(plain, n, (int)rng_below(&r, 10), strategies[kind], packed, sizeof packed);
        size_t want = 1 + (size_t)rng_below(&r, WANTED);
        bool is = ct_sniff_deflate((ct_str){packed, made}, plain, want);
        told[kind] += is && want >= 4;
        asked[kind] += want >= 4;
        /* Another byte, or a stream that is cut, is never taken for it. */
        memcpy(other, plain, want);
        other[rng_below(&r, (uint32_t)want)] ^= (unsigned char)(1 + rng_below(&r, 255));
        assert_false(ct_sniff_deflate((ct_str){packed, made}, other, want));
        size_t cut = (size_t)rng_below(&r, (uint32_t)made);
        struct edge edge = edge_new((ct_str){packed, cut});
        if (ct_sniff_deflate(edge.input, plain, want)) assert_true(is);
        edge_free(&edge);
    }
    /* The magic has no match in it: it is told nearly always. */
    for (unsigned i = 0; i < 3; i++) assert_true(told[i] > asked[i] / 10 * 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_zlib)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
