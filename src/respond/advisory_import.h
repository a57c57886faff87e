/* Advisories into the store: OSV records, local ones before any record exists, and the catalogue of known exploited vulnerabilities.
 *
 * Aliases fold records into one vulnerability, which goes by its lowest CVE, else its lowest id; what turns out to be one is merged. Each record keeps
 * its own word under its source. A record of a distribution that is about several CVEs (upstream) speaks of each. Of two records of one id the one
 * modified later counts. The caller holds the transaction; ct_advisory_import_done derives what follows.
 * Weak side: a record that wrongly calls two CVEs aliases merges them, and nothing takes them apart again.
 */
#ifndef CT_RESPOND_ADVISORY_IMPORT_H
#define CT_RESPOND_ADVISORY_IMPORT_H

#include "advisory/advisory.h"
#include "respond/derive.h"

struct ct_advisory_counts {
    uint64_t added, replaced, same, withdrawn, merged, kev;
    struct ct_derived derived;
};

struct ct_advisory_import {
    ct_db *db;
    ct_arena *arena;          /* one record */
    ct_arena *touched_arena;
    const struct ct_who *who;
    ct_str source;            /* a null p: by the record's id: GHSA-..: ghsa */
    int64_t *touched;         /* vulnerabilities to derive again */
    size_t n_touched, cap_touched;
    struct ct_advisory_counts counts;
};

CT_MUST_USE ct_err ct_advisory_import_begin(struct ct_advisory_import *in, ct_db *db, const struct ct_who *who, ct_str source);
CT_MUST_USE ct_err ct_advisory_import_osv(struct ct_advisory_import *in, ct_str json, struct ct_fault *fault);
/* suspects: 'pkg:maven/org.example/thing@[1.0,2.3)'. local->modified is set by the clock. */
CT_MUST_USE ct_err ct_advisory_import_local(struct ct_advisory_import *in, const struct ct_local_advisory *local, struct ct_fault *fault);
/* CISA's catalogue in JSON. */
CT_MUST_USE ct_err ct_advisory_import_kev(struct ct_advisory_import *in, ct_str json, struct ct_fault *fault);
/* Two names are one vulnerability, because a person says so. */
CT_MUST_USE ct_err ct_advisory_same(struct ct_advisory_import *in, ct_str a, ct_str b, struct ct_fault *fault);
CT_MUST_USE ct_err ct_advisory_import_done(struct ct_advisory_import *in);
void ct_advisory_import_free(struct ct_advisory_import *in);

#endif
