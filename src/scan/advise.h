/* What is known about components by their identity: OSV records (files, folders, archives of them) and what the user suspects
 * before any advisory exists. Each match becomes a finding; class evidence about the same vulnerability of the same component stands
 * beside it and decides where it settles the question (assess/assess.h).
 *
 * A record that cannot be read is named, and leaves the answer incomplete.
 */
#ifndef CT_SCAN_ADVISE_H
#define CT_SCAN_ADVISE_H

#include "advisory/advisory.h"
#include "sbom/suspicion.h"
#include "scan/report.h"

/* Reads every record below path: .json files, archives of such (zip, tar, compressed or not), folders. take refuses with a fault, and the file is then
 * looked at as a list of records ([..], or {"vulns": [..]}), and as one record a line; CT_ERR_NOMEM and CT_ERR_WRITE end it. What is wrong is a note. *ret_n: records that were taken. */
struct ct_advise_sink {
    ct_err (*take)(void *ctx, ct_str json, struct ct_fault *fault);
    void (*note)(void *ctx, ct_str path, const char *text);
    void *ctx;
    const char *what; /* what is read, for notes; null: "advisory" */
};
CT_MUST_USE ct_err ct_advise_read(const struct ct_alloc *alloc, const char *path, const struct ct_advise_sink *sink, uint64_t *ret_n, struct ct_fault *fault);
/* The same into memory; notes go into the report, and leave it incomplete. */
CT_MUST_USE ct_err ct_advise_load(const struct ct_alloc *alloc, ct_advisories *db, const char *path, ct_scan_report *r, uint64_t *ret_n,
                                  struct ct_fault *fault);

struct ct_advise {
    const ct_advisories *db;            /* null: none */
    const struct ct_suspicion *suspects;
    const ct_str *suspect_texts;        /* as asked for: what their findings are called */
    size_t n_suspects;
    ct_str os_release;                  /* VERSION_ID of the tree, for packages of a distribution */
};
/* Looks at every component of the report and adds findings; before ct_scan_report_finish. */
CT_MUST_USE ct_err ct_advise(const struct ct_alloc *alloc, const struct ct_advise *a, ct_scan_report *r);

#endif
