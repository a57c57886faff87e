/* Seeded randomness (splitmix64). The seed comes from CT_SEED when it is set, else from the system, and is always printed. */
#ifndef CT_TESTS_RANDOM_H
#define CT_TESTS_RANDOM_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

struct rng rng_new(const char *who);             /* prints "who: seed N (CT_SEED=N repeats this run)" */
uint64_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);   /* 0..n-1; n > 0 */

#endif
