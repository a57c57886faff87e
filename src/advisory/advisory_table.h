/* Inside src/advisory: what a database is made of. Everything lies in its arena; nothing is ever taken out. */
#ifndef CT_ADVISORY_ADVISORY_TABLE_H
#define CT_ADVISORY_ADVISORY_TABLE_H

#include "advisory/advisory.h"
#include "base/arena.h"
#include "base/limits.h"
#include "version/version.h"

/* From low on, up to high. A null p: open on that side. */
struct ct_span {
    ct_str low, high;    /* keys of the ecosystem's ordering */
    ct_str fixed;        /* high as written, where it is the first version that is not affected */
    bool low_out, high_in;
};

struct ct_record {
    struct ct_advisory a;
    bool replaced;
    uint32_t node;
};

/* One "affected" entry of a record. */
struct ct_entry {
    struct ct_entry *next;       /* of the same package; those of one record follow each other */
    struct ct_record *record;
    ct_str release;
    const struct ct_span *spans;
    const ct_str *versions;      /* sorted; without those that a span holds */
    uint32_t spans_n, versions_n;
    bool less, more;             /* a version in the record could not be ordered: it may mean less than the spans, or more */
    bool silent;                 /* the record names neither versions nor ranges that are read */
};

struct ct_package {
    ct_str name;
    enum ct_ecosystem ecosystem;
    struct ct_entry *first, *last;
};

/* An id that some record has, is an alias of, or is about. Aliases share a root. */
struct ct_node {
    ct_str id, best;             /* best: of a root, the name the whole group goes by */
    uint32_t parent, size, refs;
    struct ct_record *record;    /* the one that counts, of this very id; may be null */
};

/* Open addressing; slots hold index + 1. */
struct ct_index {
    uint32_t *slots;
    size_t mask;
};

struct ct_advisories {
    const struct ct_alloc *alloc;
    ct_arena *arena, *scratch;
    struct ct_package *packages;
    struct ct_node *nodes;
    struct ct_record **records;
    size_t packages_n, packages_cap, nodes_n, nodes_cap, records_n, records_cap;
    struct ct_index by_name, by_id;
    struct ct_advisories_stats stats;
};

/* name: as ct_package_spelling gives it. Null when it is not there. */
const struct ct_package *ct_package_find(const struct ct_advisories *db, enum ct_ecosystem e, ct_str name);
/* Finds or adds: its index. */
CT_MUST_USE ct_err ct_package_intern(struct ct_advisories *db, enum ct_ecosystem e, ct_str name, uint32_t *ret_index);
/* The same for ids; UINT32_MAX when it is not there. */
uint32_t ct_node_find(const struct ct_advisories *db, ct_str id);
CT_MUST_USE ct_err ct_node_intern(struct ct_advisories *db, ct_str id, uint32_t *ret_index);
uint32_t ct_node_root(const struct ct_advisories *db, uint32_t node);
void ct_node_join(struct ct_advisories *db, uint32_t a, uint32_t b);
/* Room for one more in a list of the arena. */
CT_MUST_USE ct_err ct_table_grow(ct_arena *arena, void *list, size_t n, size_t *cap, size_t size);

/* The spans of one "affected" entry; the scratch arena holds what is thrown away. */
struct ct_osv_affected;
CT_MUST_USE ct_err ct_spans_make(struct ct_advisories *db, enum ct_order order, const struct ct_osv_affected *a, struct ct_entry *entry);
bool ct_span_holds(enum ct_order order, const struct ct_span *span, ct_str key);

#endif
