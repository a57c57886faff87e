/* The public suffix list as tools/gen-psl.py lays it out: made at build time, nothing of it lies in the repository. */
#ifndef CT_CAMPAIGN_PSL_H
#define CT_CAMPAIGN_PSL_H

#include "base/str.h"

enum ct_psl_flag {
    CT_PSL_NORMAL = 1,    /* the name is a public suffix */
    CT_PSL_WILDCARD = 2,  /* every name one label below it is */
    CT_PSL_EXCEPTION = 4, /* the name is none, though a wildcard says so */
};

struct ct_psl_table {
    const unsigned char *names;  /* all names, one behind the other, in byte order */
    const uint32_t *starts;      /* n + 1 offsets into names */
    const unsigned char *flags;  /* enum ct_psl_flag */
    const uint16_t *slots;       /* open addressing over a power of two: a name's number plus one, or 0 */
    size_t n, n_slots, max_labels;
};

/* A name's hash is taken from behind, so that it goes on from that of its parent. The generator does the same. */
#define CT_PSL_HASH 0x811c9dc5u
static inline uint32_t ct_psl_hash(uint32_t behind, unsigned char c) { return (behind ^ c) * 0x01000193u; }
static inline size_t ct_psl_slot(uint32_t hash, size_t n_slots) { return (hash ^ hash >> 15) & (n_slots - 1); }

extern const struct ct_psl_table ct_psl_table;

#endif
