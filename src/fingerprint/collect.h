/* What was gathered of one container. Private to this folder. */
#ifndef CT_FINGERPRINT_COLLECT_H
#define CT_FINGERPRINT_COLLECT_H

#include "fingerprint/evidence.h"
#include "fingerprint/product.h"

struct ev_item {
    struct ct_evidence_item item;
    unsigned term;           /* the class */
    struct ev_item *next;
};

/* One product at one place. yes and no may both hold a feature: two files of the class say different things. */
struct ev_copy {
    const struct fp_product *product;
    uint64_t hash;           /* of where */
    ct_str where;            /* place and package together: what tells copies apart */
    ct_str place, package;
    fp_terms yes, no;        /* classes that are there, and what their features answered */
    fp_terms unread;         /* classes that are there and could not be read */
    ct_str unread_why;
    bool shortened;          /* told by literals, under names that say nothing: what is missing may only not be recognised */
    bool odd_ending;         /* some class has an ending that no known class loader reads */
    struct ev_item *items, **items_end;
    size_t n_items;
    struct ev_copy *next, *chain;
};

struct ev_said {
    const struct fp_product *product;
    ct_str path, version;
    struct ev_said *next;
};

enum { EV_BUCKETS = 256 };

struct ct_evidence {
    ct_arena *arena;
    const ct_fingerprints *f;
    struct ev_copy *copies, **copies_end;
    struct ev_copy **buckets; /* made with the first copy */
    size_t n_copies;
    struct ev_said *said, **said_end;
    size_t n_said;
    bool incomplete;          /* something was not looked at: nothing is absent */
    bool sources;             /* source files of wanted classes */
};

#endif
