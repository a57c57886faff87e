/* Source: Intel's description of the SHA extensions. A register holds four words of the message; of the state, SHA-256 wants
 * a b e f and c d g h beside each other, SHA-1 a b c d in falling order. */
#include "base/sha_ni.h"

#if defined(CT_SHA_NI)
#include <cpuid.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1")))

bool ct_sha_ni_here(void)
{
    unsigned a, b, c, d;
    return __builtin_cpu_supports("sse4.1") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}

SHA static inline __m128i load(const void *p) { return _mm_loadu_si128(p); }

static const uint32_t k256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

SHA void ct_sha_ni_256(uint32_t h[8], const unsigned char *p, size_t n)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i low = _mm_shuffle_epi32(load(h), 0xb1), high = _mm_shuffle_epi32(load(h + 4), 0x1b);
    __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
    for (; n; n--, p += 64) {
        __m128i m[4], abef_was = abef, cdgh_was = cdgh;
        for (unsigned i = 0; i < 16; i++) {
            __m128i *w = &m[i & 3];
            if (i < 4) {
                *w = _mm_shuffle_epi8(load(p + 16 * i), swap);
            } else {
                __m128i before = m[(i - 1) & 3], sum = _mm_sha256msg1_epu32(*w, m[(i - 3) & 3]);
                sum = _mm_add_epi32(sum, _mm_alignr_epi8(before, m[(i - 2) & 3], 4));
                *w = _mm_sha256msg2_epu32(sum, before);
            }
            __m128i k = _mm_add_epi32(*w, load(k256 + 4 * i));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_was);
        cdgh = _mm_add_epi32(cdgh, cdgh_was);
    }
    low = _mm_shuffle_epi32(abef, 0x1b);
    high = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((void *)h, _mm_blend_epi16(low, high, 0xf0));
    _mm_storeu_si128((void *)(h + 4), _mm_alignr_epi8(high, low, 8));
}

/* Four rounds of kind f (0 to 3), words i..i+3 of the message. The first four take e as it is, the others from the state before. */
#define ROUNDS(i, f)                                                                                                           \
    do {                                                                                                                       \
        __m128i *w = &m[(i) & 3];                                                                                              \
        if ((i) < 4) *w = _mm_shuffle_epi8(load(p + 16 * ((i) & 3)), swap);                                                    \
        else *w = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(*w, m[((i) - 3) & 3]), m[((i) - 2) & 3]), m[((i) - 1) & 3]); \
        __m128i sum = (i) == 0 ? _mm_add_epi32(e, *w) : _mm_sha1nexte_epu32(before, *w);                                       \
        before = abcd;                                                                                                         \
        abcd = _mm_sha1rnds4_epu32(abcd, sum, f);                                                                              \
    } while (0)
#define FIVE(i, f) ROUNDS(i, f); ROUNDS((i) + 1, f); ROUNDS((i) + 2, f); ROUNDS((i) + 3, f); ROUNDS((i) + 4, f)

SHA void ct_sha_ni_1(uint32_t h[8], const unsigned char *p, size_t n)
{
    const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i abcd = _mm_shuffle_epi32(load(h), 0x1b), e = _mm_set_epi32((int)h[4], 0, 0, 0);
    for (; n; n--, p += 64) {
        __m128i m[4], before, abcd_was = abcd;
        FIVE(0, 0);
        FIVE(5, 1);
        FIVE(10, 2);
        FIVE(15, 3);
        e = _mm_sha1nexte_epu32(before, e);
        abcd = _mm_add_epi32(abcd, abcd_was);
    }
    _mm_storeu_si128((void *)h, _mm_shuffle_epi32(abcd, 0x1b));
    h[4] = (uint32_t)_mm_extract_epi32(e, 3);
}
#endif
