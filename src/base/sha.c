#include "base/sha.h"

#include "base/sha_ni.h"

#include <string.h>

static uint32_t left(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }
static uint32_t right(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static uint32_t read_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void ask(struct ct_sha *s)
{
#if defined(CT_SHA_NI)
    s->by_processor = ct_sha_ni_here();
#else
    s->by_processor = false;
#endif
}

void ct_sha1_init(struct ct_sha *s)
{
    *s = (struct ct_sha){.h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}, .words = 5};
    ask(s);
}

void ct_sha256_init(struct ct_sha *s)
{
    *s = (struct ct_sha){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19},
                         .words = 8};
    ask(s);
}

/* 6.1.2. Five rounds bring each variable back to its place: nothing is moved. */
#define ROUND_1(a, b, c, d, e, f, k, t) (e += left(a, 5) + (f) + (k) + w[t], b = left(b, 30))
#define FIVE_1(F, k, t)                                                                                                        \
    ROUND_1(a, b, c, d, e, F(b, c, d), k, t), ROUND_1(e, a, b, c, d, F(a, b, c), k, (t) + 1),                                  \
        ROUND_1(d, e, a, b, c, F(e, a, b), k, (t) + 2), ROUND_1(c, d, e, a, b, F(d, e, a), k, (t) + 3),                        \
        ROUND_1(b, c, d, e, a, F(c, d, e), k, (t) + 4)
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))

static void block_1(uint32_t h[8], const unsigned char *p)
{
    uint32_t w[80];
    for (unsigned t = 0; t < 16; t++) w[t] = read_u32(p + 4 * t);
    for (unsigned t = 16; t < 80; t++) w[t] = left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (unsigned t = 0; t < 20; t += 5) FIVE_1(CHOOSE, 0x5a827999, t);
    for (unsigned t = 20; t < 40; t += 5) FIVE_1(PARITY, 0x6ed9eba1, t);
    for (unsigned t = 40; t < 60; t += 5) FIVE_1(MAJORITY, 0x8f1bbcdc, t);
    for (unsigned t = 60; t < 80; t += 5) FIVE_1(PARITY, 0xca62c1d6, t);
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

/* 4.2.2 */
static const uint32_t k256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* 6.2.2. Eight rounds bring each variable back. */
#define ROUND_256(a, b, c, d, e, f, g, h, t)                                                                                   \
    (h += (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + CHOOSE(e, f, g) + k256[t] + w[t], d += h,                              \
     h += (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + MAJORITY(a, b, c))

static void block_256(uint32_t s[8], const unsigned char *p)
{
    uint32_t w[64];
    for (unsigned t = 0; t < 16; t++) w[t] = read_u32(p + 4 * t);
    for (unsigned t = 16; t < 64; t++) {
        uint32_t s0 = right(w[t - 15], 7) ^ right(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = right(w[t - 2], 17) ^ right(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    for (unsigned t = 0; t < 64; t += 8) {
        ROUND_256(a, b, c, d, e, f, g, h, t);
        ROUND_256(h, a, b, c, d, e, f, g, t + 1);
        ROUND_256(g, h, a, b, c, d, e, f, t + 2);
        ROUND_256(f, g, h, a, b, c, d, e, t + 3);
        ROUND_256(e, f, g, h, a, b, c, d, t + 4);
        ROUND_256(d, e, f, g, h, a, b, c, t + 5);
        ROUND_256(c, d, e, f, g, h, a, b, t + 6);
        ROUND_256(b, c, d, e, f, g, h, a, t + 7);
    }
    s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void blocks(struct ct_sha *s, const unsigned char *p, size_t n)
{
#if defined(CT_SHA_NI)
    if (s->by_processor) {
        if (s->words == 5) ct_sha_ni_1(s->h, p, n);
        else ct_sha_ni_256(s->h, p, n);
        return;
    }
#endif
    for (; n; n--, p += sizeof s->block) {
        if (s->words == 5) block_1(s->h, p);
        else block_256(s->h, p);
    }
}

void ct_sha_add(struct ct_sha *s, ct_str bytes)
{
    size_t held = (size_t)(s->n % sizeof s->block);
    if (bytes.n == 0) return;
    s->n += bytes.n;
    if (held) {
        size_t part = sizeof s->block - held < bytes.n ? sizeof s->block - held : bytes.n;
        memcpy(s->block + held, bytes.p, part);
        if (held + part < sizeof s->block) return;
        blocks(s, s->block, 1);
        bytes = ct_str_slice(bytes, part, bytes.n);
    }
    size_t whole = bytes.n / sizeof s->block;
    if (whole) blocks(s, bytes.p, whole);
    bytes = ct_str_slice(bytes, whole * sizeof s->block, bytes.n);
    if (bytes.n) memcpy(s->block, bytes.p, bytes.n);
}

void ct_sha_done(struct ct_sha *s, unsigned char *ret_digest)
{
    /* 5.1.1: a one bit, zeros, the length in bits */
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = s->n * 8;
    unsigned char length[8];
    for (unsigned i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
    size_t held = (size_t)(s->n % sizeof s->block);
    ct_sha_add(s, (ct_str){padding, held < 56 ? 56 - held : 120 - held});
    ct_sha_add(s, (ct_str){length, sizeof length});
    for (unsigned i = 0; i < 4 * s->words; i++) ret_digest[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}
