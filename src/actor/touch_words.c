#include "actor/touch_words.h"

#include <string.h>

const char *ct_technique_name(enum ct_technique t)
{
    static const char *const names[CT_TECHNIQUE_COUNT] = {"connect", "syn", "null", "fin", "xmas", "ack", "udp", "ping"};
    return names[t];
}

const char *ct_transport_name(enum ct_transport t)
{
    static const char *const names[CT_TRANSPORT_COUNT] = {"tcp", "udp", "icmp"};
    return names[t];
}

static inline uint64_t rotl(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

static inline void round_of(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotl(v[1], 13) ^ v[0], v[0] = rotl(v[0], 32);
    v[2] += v[3], v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotl(v[1], 17) ^ v[2], v[2] = rotl(v[2], 32);
}

uint64_t ct_touch_hash(const struct ct_touch_seed *seed, const unsigned char address[16], uint64_t number)
{
    uint64_t words[4] = {[2] = number, [3] = UINT64_C(24) << 56};
    memcpy(words, address, 16);
    uint64_t v[4] = {seed->k[0] ^ 0x736f6d6570736575, seed->k[1] ^ 0x646f72616e646f6d, seed->k[0] ^ 0x6c7967656e657261,
                     seed->k[1] ^ 0x7465646279746573};
    for (size_t i = 0; i < 4; i++) {
        v[3] ^= words[i];
        round_of(v);
        v[0] ^= words[i];
    }
    v[2] ^= 0xff;
    for (size_t i = 0; i < 3; i++) round_of(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
