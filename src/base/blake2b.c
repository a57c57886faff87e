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

static inline uint64_t read_u64(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
           (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

#define MIX(a, b, c, d, x, y)                                                                                                     \
    do {                                                                                                                          \
        a += b + m[x], d = rotr(d ^ a, 32);                                                                                       \
        c += d, b = rotr(b ^ c, 24);                                                                                              \
        a += b + m[y], d = rotr(d ^ a, 16);                                                                                       \
        c += d, b = rotr(b ^ c, 63);                                                                                              \
    } while (0)

/* With s known to the compiler, which then needs no table. */
#define ROUND(s)                                                                                                                  \
    do {                                                                                                                          \
        MIX(v0, v4, v8, v12, sigma[s][0], sigma[s][1]);                                                                           \
        MIX(v1, v5, v9, v13, sigma[s][2], sigma[s][3]);                                                                           \
        MIX(v2, v6, v10, v14, sigma[s][4], sigma[s][5]);                                                                          \
        MIX(v3, v7, v11, v15, sigma[s][6], sigma[s][7]);                                                                          \
        MIX(v0, v5, v10, v15, sigma[s][8], sigma[s][9]);                                                                          \
        MIX(v1, v6, v11, v12, sigma[s][10], sigma[s][11]);                                                                        \
        MIX(v2, v7, v8, v13, sigma[s][12], sigma[s][13]);                                                                         \
        MIX(v3, v4, v9, v14, sigma[s][14], sigma[s][15]);                                                                         \
    } while (0)

static void compress(struct ct_blake2b *b, bool last)
{
    uint64_t m[16], *h = b->h;
    for (unsigned i = 0; i < 16; i++) m[i] = read_u64(b->block + 8 * i);
    uint64_t v0 = h[0], v1 = h[1], v2 = h[2], v3 = h[3], v4 = h[4], v5 = h[5], v6 = h[6], v7 = h[7];
    uint64_t v8 = iv[0], v9 = iv[1], v10 = iv[2], v11 = iv[3], v12 = iv[4], v13 = iv[5], v14 = iv[6], v15 = iv[7];
    v12 ^= b->n; /* the upper half of the counter stays 0: no input of ours has 2^64 bytes */
    if (last) v14 = ~v14;
    ROUND(0);
    ROUND(1);
    ROUND(2);
    ROUND(3);
    ROUND(4);
    ROUND(5);
    ROUND(6);
    ROUND(7);
    ROUND(8);
    ROUND(9);
    ROUND(0);
    ROUND(1);
    h[0] ^= v0 ^ v8, h[1] ^= v1 ^ v9, h[2] ^= v2 ^ v10, h[3] ^= v3 ^ v11;
    h[4] ^= v4 ^ v12, h[5] ^= v5 ^ v13, h[6] ^= v6 ^ v14, h[7] ^= v7 ^ v15;
}

void ct_blake2b_init_keyed(struct ct_blake2b *b, ct_str key)
{
    key = ct_str_slice(key, 0, 64);
    *b = (struct ct_blake2b){0};
    memcpy(b->h, iv, sizeof iv);
    b->h[0] ^= 0x01010000 ^ (uint64_t)key.n << 8 ^ (uint64_t)CT_BLAKE2B_DIGEST; /* sequential mode */
    if (key.n == 0) return;
    memcpy(b->block, key.p, key.n); /* the key is the first block, filled up with zeros */
    b->held = sizeof b->block;
}

void ct_blake2b_init(struct ct_blake2b *b) { ct_blake2b_init_keyed(b, (ct_str){NULL, 0}); }

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
