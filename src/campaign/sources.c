#include "campaign/sources.h"
#include "base/limits.h"

#include <string.h>

enum {
    LIST_FIRST = 4,
    LIST_LAST = 2 * CT_CAMPAIGN_SOURCES_EXACT, /* never more than half full, so that probes stay short */
    HLL_BITS = 10,
    HLL_M = 1 << HLL_BITS, /* standard error 1.04 / sqrt(1024) = 3.3 % */
    HLL_Q = 64 - HLL_BITS,
};

/* FNV spreads short addresses badly over the high bits that HyperLogLog reads first: splitmix64's finaliser mends it. */
static uint64_t hash_of(ct_str client)
{
    uint64_t z = ct_str_hash(client);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return z ? z : 1;
}

/* The slot that holds h, or the free one where it belongs. cap is a power of two with a free slot. */
static uint32_t slot_of(const uint64_t *list, uint32_t cap, uint64_t h)
{
    uint32_t i = (uint32_t)h & (cap - 1);
    while (list[i] && list[i] != h) i = (i + 1) & (cap - 1);
    return i;
}

static bool note_register(unsigned char *registers, uint64_t h)
{
    uint64_t tail = h << HLL_BITS;
    unsigned char rank = (unsigned char)(tail ? __builtin_clzll(tail) + 1 : HLL_Q);
    unsigned char *r = &registers[h >> HLL_Q];
    if (rank <= *r) return false;
    *r = rank;
    return true;
}

/* Ertl's estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017): no bias tables and no change of
 * formula between small and large counts. His correction for registers at their highest rank is left out: it matters
 * past 2^60 clients. */
static uint64_t estimate(const unsigned char *registers)
{
    unsigned count[HLL_Q + 1] = {0};
    for (size_t i = 0; i < HLL_M; i++) count[registers[i]]++;
    if (count[0] == HLL_M) return 0;
    double z = 0;
    for (unsigned k = HLL_Q; k > 0; k--) z = 0.5 * (z + count[k]);
    double x = (double)count[0] / HLL_M, sigma = x, before, y = 1;
    do {
        x *= x;
        before = sigma;
        sigma += x * y;
        y += y;
    } while (sigma > before);
    z += HLL_M * sigma;
    return (uint64_t)((double)HLL_M * HLL_M / (2 * 0.693147180559945309 * z) + 0.5);
}

static void drop_list(struct ct_sources_pool *pool, struct ct_sources *s)
{
    ct_alloc_put(pool->alloc, s->list, s->cap * sizeof *s->list);
    pool->list_bytes -= s->cap * sizeof *s->list;
    s->list = NULL;
    s->cap = 0;
}

static ct_err to_registers(struct ct_sources_pool *pool, struct ct_sources *s)
{
    unsigned char *registers = ct_alloc_get(pool->alloc, HLL_M);
    if (!registers) return CT_ERR_NOMEM;
    memset(registers, 0, HLL_M);
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->list[i]) (void)note_register(registers, s->list[i]);
    s->estimate = s->n; /* the last exact count: the estimate never falls below it */
    drop_list(pool, s);
    s->registers = registers;
    return CT_OK;
}

static ct_err grow_list(struct ct_sources_pool *pool, struct ct_sources *s, uint32_t cap)
{
    uint64_t *list = ct_alloc_get(pool->alloc, cap * sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    memset(list, 0, cap * sizeof *list);
    for (uint32_t i = 0; i < s->cap; i++)
        if (s->list[i]) list[slot_of(list, cap, s->list[i])] = s->list[i];
    drop_list(pool, s);
    s->list = list;
    s->cap = cap;
    pool->list_bytes += cap * sizeof *list;
    return CT_OK;
}

ct_err ct_sources_reserve(struct ct_sources_pool *pool, struct ct_sources *s, ct_str client)
{
    if (s->registers || client.n == 0) return CT_OK;
    if (s->cap) {
        uint64_t h = hash_of(client);
        if (s->list[slot_of(s->list, s->cap, h)] == h || 2 * (s->n + 1) <= s->cap) return CT_OK;
    }
    uint32_t cap = s->cap ? s->cap * 2 : LIST_FIRST;
    bool room = pool->list_bytes + (cap - s->cap) * sizeof *s->list <= CT_CAMPAIGN_SOURCES_BYTES;
    return cap <= LIST_LAST && room ? grow_list(pool, s, cap) : to_registers(pool, s);
}

void ct_sources_add(struct ct_sources *s, ct_str client)
{
    if (client.n == 0) return;
    uint64_t h = hash_of(client);
    if (s->registers) {
        if (!note_register(s->registers, h)) return;
        uint64_t now = estimate(s->registers);
        if (now > s->estimate) s->estimate = now;
        return;
    }
    uint32_t i = slot_of(s->list, s->cap, h);
    if (s->list[i]) return;
    s->list[i] = h;
    s->n++;
}

uint64_t ct_sources_count(const struct ct_sources *s) { return s->registers ? s->estimate : s->n; }

void ct_sources_done(struct ct_sources_pool *pool, struct ct_sources *s)
{
    drop_list(pool, s);
    ct_alloc_put(pool->alloc, s->registers, HLL_M);
    *s = (struct ct_sources){0};
}
