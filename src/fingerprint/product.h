/* A fingerprint file in memory. Private to this folder.
 *
 * Classes and features of a product are its terms, at most CT_FINGERPRINT_TERMS_MAX, so that what a copy shows, what a release line
 * shows and what a rule asks for are sets of bits. */
#ifndef CT_FINGERPRINT_PRODUCT_H
#define CT_FINGERPRINT_PRODUCT_H

#include "base/arena.h"
#include "base/limits.h"
#include "fingerprint/fingerprint.h"
#include "fingerprint/state.h"

typedef uint64_t fp_terms; /* one bit per term */

enum fp_op { FP_HAS, FP_CONTAINS, FP_ENDS };

struct fp_text {
    enum fp_op op;
    ct_str text;
};

/* A class is a term, and so is each question about its constant pool. */
struct fp_term {
    ct_str name;
    bool is_class;
    unsigned of;                   /* feature: the class's term */
    struct fp_text ask;            /* feature */
    const ct_str *paths;           /* class: "core/lookup/JndiLookup"; several: it moved between releases */
    size_t n_paths;
    struct fp_requires *requires;  /* class: all must be met for a class of that name to be of this product */
    fp_terms features;             /* class: its features */
    const struct fp_shortened *shortened; /* class: literals that tell it under any name; one of these must be met */
    const struct fp_text *literal; /* feature: what a literal says for it where names are shortened; may be null */
};

struct fp_shortened {
    const struct fp_shortened *next;
    const struct fp_text *all;
    size_t n_all;
};

struct fp_requires {
    struct fp_requires *next;
    const struct fp_text *any;
    size_t n_any;
};

struct fp_line {
    unsigned first, n;  /* releases, by index */
    fp_terms terms;     /* what these releases show */
    bool later;         /* and later ones */
};

struct fp_range {
    unsigned first, last; /* releases, by index */
};

struct fp_when {
    fp_terms yes, no;
    struct fp_when *next;
};

struct fp_rule {
    enum ct_state state;
    fp_terms yes, no;
    const struct fp_range *ranges;
    size_t n_ranges;
    bool within;          /* every release that may be it lies in the ranges, also for `affected` */
    ct_str text;
    struct fp_rule *next;
};

struct fp_cve {
    ct_str id, condition, fix;
    const char *severity;
    struct fp_rule *rules, **rules_end;
    struct fp_cve *next;
};

struct fp_product {
    ct_str name, title, purl, package; /* purl without a version */
    ct_str group, artifact;            /* of a Maven purl */
    struct fp_term terms[CT_FINGERPRINT_TERMS_MAX];
    unsigned n_terms;
    fp_terms classes;                  /* the terms that are classes */
    const ct_str *releases;            /* oldest first, as listed */
    unsigned n_releases;
    struct fp_line *lines;
    unsigned n_lines;
    bool shortened;                    /* some class can be told under a shortened name */
    struct fp_when *belongs, *foreign;
    struct fp_cve *cves;
    size_t n_cves;
    struct fp_product *next;
};

/* The products of a file, in its order. */
CT_MUST_USE ct_err fp_parse(ct_arena *arena, ct_str text, struct fp_product **ret_products, struct ct_fault *fault);

/* A class of a product, found by the last part of its name. */
struct fp_wanted {
    const struct fp_product *product;
    unsigned term;
    struct fp_wanted *next;
};

/* Null when wants is no number of f. */
const struct fp_wanted *fp_wanted(const ct_fingerprints *f, unsigned wants);
const struct fp_product *fp_products(const ct_fingerprints *f);

/* Is this the name of a class file as obfuscators give them (a.class, b/aB.class), and does a product look into those? */
bool fp_may_be_shortened(const ct_fingerprints *f, ct_str path);

bool fp_asks(const struct fp_text *ask, ct_str constant); /* does this constant answer the question with yes? */

/* The files that are compiled in (made by tools/gen-fingerprints.py). */
struct fp_shipped {
    const char *name;
    ct_str text;
};
extern const struct fp_shipped fp_shipped[];
extern const size_t fp_n_shipped;

#endif
