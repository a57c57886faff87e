#include "support/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

struct rng rng_new(const char *who)
{
    uint64_t seed = 0;
    const char *set = getenv("CT_SEED");
    if (set) seed = strtoull(set, NULL, 10);
    else if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) abort();
    printf("%s: seed %" PRIu64 " (CT_SEED=%" PRIu64 " repeats this run)\n", who, seed, seed);
    return (struct rng){seed};
}

uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t rng_below(struct rng *r, uint32_t n) { return (uint32_t)(rng_next(r) % n); }
