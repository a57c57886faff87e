/* Reports of earlier scans, read back from their NDJSON: what `--compare` and `scan report` need of them.
 *
 * Takes lines of any order and of several hosts in one text. Lines that are no JSON, or of another kind, are counted and
 * skipped: reports come over ssh, with what a shell says in between. A report without a host line is one that was cut: its host
 * is then known from its findings alone, and incomplete. Paths and texts come back as they were printed: bytes that were no
 * UTF-8 stay escaped.
 */
#ifndef CT_SCAN_REREAD_H
#define CT_SCAN_REREAD_H

#include "base/arena.h"
#include "fingerprint/state.h"

struct ct_old_finding {
    struct ct_old_finding *next;
    ct_str id, vulnerability, severity, product, version, purl, path, reason, fix, source;
    enum ct_state state;
};

struct ct_old_host {
    struct ct_old_host *next;
    ct_str machine_id, hardware_id, name, image, os, ended; /* ended: "2021-12-10T13:00:00Z" */
    ct_str first_address, privileges;
    struct ct_old_finding *findings, **last_finding;
    uint64_t n_findings, n_components, n_files;
    ct_str first_problem;      /* of what was not read */
    uint64_t n_problems;
    ct_str source;             /* the file it came from */
    const ct_str *roots;
    size_t n_roots;
    bool has_host_line, complete, interrupted;
    bool replaced;             /* for the caller: a newer report of the same host is there */
};

struct ct_old_reports {
    ct_arena *arena;
    struct ct_old_host *hosts, **last_host;
    uint64_t lines, skipped;
};

void ct_old_reports_init(struct ct_old_reports *r, ct_arena *arena);
/* source: for messages. The text may go after the call. CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_old_reports_add(struct ct_old_reports *r, ct_str source, ct_str text);

#endif
