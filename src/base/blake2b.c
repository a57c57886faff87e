#include "base/blake2b.h"

#include <string.h>

/* RFC 7693, 2.6 and 2.7 */
static const uint64_t iv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                               0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
static const unsigned char sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t rotr(uint64_t x, unsigned n) { return x >> n | x << (64 - n); }

static uint64_t read_u64(const unsigned char *p)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

#define MIX(a, b, c, d, x, y)                                                                                                     \
    do {                                                                                                                          \
        v[a] += v[b] + m[x], v[d] = rotr(v[d] ^ v[a], 32);                                                                        \
        v[c] += v[d], v[b] = rotr(v[b] ^ v[c], 24);                                                                               \
        v[a] += v[b] + m[y], v[d] = rotr(v[d] ^ v[a], 16);                                                                        \
        v[c] += v[d], v[b] = rotr(v[b] ^ v[c], 63);                                                                               \
    } while (0)

static void compress(struct ct_blake2b *b, bool last)
{
    uint64_t v[16], m[16];
    for (unsigned i = 0; i < 16; i++) m[i] = read_u64(b->block + 8 * i);
    for (unsigned i = 0; i < 8; i++) v[i] = b->h[i], v[i + 8] = iv[i];
    v[12] ^= b->n; /* the upper half of the counter stays 0: no input of ours has 2^64 bytes */
    if (last) v[14] = ~v[14];
    for (unsigned round = 0; round < 12; round++) {
        const unsigned char *s = sigma[round % 10];
        MIX(0, 4, 8, 12, s[0], s[1]);
        MIX(1, 5, 9, 13, s[2], s[3]);
        MIX(2, 6, 10, 14, s[4], s[5]);
        MIX(3, 7, 11, 15, s[6], s[7]);
        MIX(0, 5, 10, 15, s[8], s[9]);
        MIX(1, 6, 11, 12, s[10], s[11]);
        MIX(2, 7, 8, 13, s[12], s[13]);
        MIX(3, 4, 9, 14, s[14], s[15]);
    }
    for (unsigned i = 0; i < 8; i++) b->h[i] ^= v[i] ^ v[i + 8];
}

void ct_blake2b_init(struct ct_blake2b *b)
{
    *b = (struct ct_blake2b){0};
    memcpy(b->h, iv, sizeof iv);
    b->h[0] ^= 0x01010000 ^ (uint64_t)CT_BLAKE2B_DIGEST; /* no key, sequential mode */
}

void ct_blake2b_add(struct ct_blake2b *b, ct_str bytes)
{
    while (bytes.n) {
        if (b->held == sizeof b->block) {
            b->n += sizeof b->block;
            compress(b, false);
            b->held = 0;
        }
        size_t room = sizeof b->block - b->held, n = bytes.n < room ? bytes.n : room;
        memcpy(b->block + b->held, bytes.p, n);
        b->held += n;
        bytes = ct_str_slice(bytes, n, bytes.n);
    }
}

void ct_blake2b_done(struct ct_blake2b *b, unsigned char ret_digest[CT_BLAKE2B_DIGEST])
{
    b->n += b->held;
    memset(b->block + b->held, 0, sizeof b->block - b->held);
    compress(b, true);
    for (unsigned i = 0; i < CT_BLAKE2B_DIGEST; i++) ret_digest[i] = (unsigned char)(b->h[i / 8] >> (8 * (i % 8)));
}
