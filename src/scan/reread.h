/* Reports of earlier scans, read back from their NDJSON: what `--compare`, `scan report` and `scan import` need of them.
 *
 * Takes lines of any order and of several hosts in one text. Lines that are no JSON, or of another kind, are counted and
 * skipped: reports come over ssh, with what a shell says in between. A report without a host line is one that was cut: its host
 * is then known from its findings alone, and incomplete. Paths and texts come back as they were printed: bytes that were no
 * UTF-8 stay escaped.
 */
#ifndef CT_SCAN_REREAD_H
#define CT_SCAN_REREAD_H

#include "base/arena.h"
#include "base/blake2b.h"
#include "fingerprint/state.h"

struct ct_old_finding {
    struct ct_old_finding *next;
    ct_str id, vulnerability, severity, product, version, purl, path, reason, fix, source;
    ct_str evidence;           /* JSON: an array of texts; may be empty */
    ct_str processes;          /* JSON as it stood, an array of objects; may be empty */
    enum ct_state state;
};

struct ct_old_component {
    struct ct_old_component *next;
    ct_str purl, name, version, path, source;
};

struct ct_old_host {
    struct ct_old_host *next;
    ct_str machine_id, hardware_id, name, image, os, ended; /* ended: "2021-12-10T13:00:00Z" */
    ct_str first_address, privileges;
    ct_str network_id;         /* over the network cards that it lists, as a hardware id is made where firmware cannot be read; empty: it lists none */
    struct ct_old_finding *findings, **last_finding;
    uint64_t n_findings, n_components, n_files;
    ct_str first_problem;      /* of what was not read */
    uint64_t n_problems;
    ct_str source;             /* the file it came from */
    const ct_str *roots, *exclusions, *left_out; /* left_out: places; each list cut at 256 */
    size_t n_roots, n_exclusions, n_left_out;
    ct_str started, families, processes, image_digest;
    struct ct_old_component *components, **last_component; /* where they are asked for */
    struct ct_blake2b lines;   /* over the lines that are its own: see ct_old_host_digest */
    bool has_host_line, complete, interrupted;
    bool replaced;             /* for the caller: a newer report of the same host is there */
};

struct ct_old_reports {
    ct_arena *arena;
    struct ct_old_host *hosts, **last_host;
    uint64_t lines, skipped;
    bool with_components;      /* for the caller, after ct_old_reports_init: keep them, and evidence and processes */
};

void ct_old_reports_init(struct ct_old_reports *r, ct_arena *arena);
/* source: for messages. The text may go after the call. CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_old_reports_add(struct ct_old_reports *r, ct_str source, ct_str text);
/* Over all lines of this host in their order: the same report has the same one. */
void ct_old_host_digest(const struct ct_old_host *h, unsigned char ret_digest[CT_BLAKE2B_DIGEST]);

#endif
