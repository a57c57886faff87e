#include "event/sha256.h"

#include <string.h>

/* FIPS 180-4, 4.2.2 */
static const uint32_t k256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

/* One round; the caller renames the eight variables instead of moving their values. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                                          \
    do {                                                                                                                          \
        uint32_t t = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + k256[i] + w[i];                        \
        d += t;                                                                                                                   \
        h = t + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));                                         \
    } while (0)

static void compress(uint32_t h[8], const unsigned char block[64])
{
    uint32_t w[64];
    uint32_t v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 64; i++) {
        uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    for (size_t i = 0; i < 64; i += 8) {
        ROUND(v0, v1, v2, v3, v4, v5, v6, v7, i);
        ROUND(v7, v0, v1, v2, v3, v4, v5, v6, i + 1);
        ROUND(v6, v7, v0, v1, v2, v3, v4, v5, i + 2);
        ROUND(v5, v6, v7, v0, v1, v2, v3, v4, i + 3);
        ROUND(v4, v5, v6, v7, v0, v1, v2, v3, i + 4);
        ROUND(v3, v4, v5, v6, v7, v0, v1, v2, i + 5);
        ROUND(v2, v3, v4, v5, v6, v7, v0, v1, i + 6);
        ROUND(v1, v2, v3, v4, v5, v6, v7, v0, i + 7);
    }
    h[0] += v0, h[1] += v1, h[2] += v2, h[3] += v3, h[4] += v4, h[5] += v5, h[6] += v6, h[7] += v7;
}

void ct_sha256_init(struct ct_sha256 *s)
{
    *s = (struct ct_sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void ct_sha256_add(struct ct_sha256 *s, ct_str bytes)
{
    size_t at = s->n % 64;
    s->n += bytes.n;
    while (bytes.n) {
        size_t n = 64 - at < bytes.n ? 64 - at : bytes.n;
        memcpy(s->block + at, bytes.p, n);
        bytes = ct_str_slice(bytes, n, bytes.n);
        at += n;
        if (at < 64) break;
        compress(s->h, s->block);
        at = 0;
    }
}

void ct_sha256_done(struct ct_sha256 *s, unsigned char ret_digest[32])
{
    unsigned char tail[72] = {0x80}, *length;
    uint64_t bits = s->n * 8;
    size_t pad = (s->n % 64 < 56 ? 56 : 120) - s->n % 64;
    length = tail + pad;
    for (unsigned i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
    ct_sha256_add(s, (ct_str){tail, pad + 8});
    for (unsigned i = 0; i < 32; i++) ret_digest[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}
