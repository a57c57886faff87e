/* The results of a scan as plain structs, and their translations: ECS NDJSON, CSV, SARIF, text for people.
 *
 * A scan yields findings (a vulnerable or suspected component at a place, per CVE, with its state), components (what the
 * SBOM is made of) and exactly one host record: whose machine, what was looked at, what was not, and what came out. The
 * host record is also the row of a clean host.
 *
 * Every ct_str may hold any byte (file names come from anybody); outputs go through the escaping printers. const char * are
 * the program's own words and never null. Errors are the buffer's sticky error; scratch space is taken from its arena.
 */
#ifndef CT_EVENT_SCAN_EVENT_H
#define CT_EVENT_SCAN_EVENT_H

#include "base/buf.h"

/* Whose machine. Empty: could not be had. */
struct ct_scan_identity {
    ct_str machine_id;       /* /etc/machine-id: cloned machines share it */
    ct_str hardware_id;      /* what tells clones apart: from firmware and network cards; see scan/identity.h */
    ct_str boot_id;
    ct_str name;             /* host name */
    ct_str os_id, os_name, os_version; /* "debian", "Debian GNU/Linux 12 (bookworm)", "12" */
    ct_str kernel, architecture;
    ct_str container;        /* this program itself runs inside one: its kind */
    const ct_str *addresses; /* without loopback and link-local ones */
    size_t n_addresses;
    const ct_str *macs;
    size_t n_macs;
};

/* A running program that has to do with a finding. */
struct ct_scan_process {
    uint64_t pid;
    ct_str name, unit, container, user;
    ct_str how;              /* "holds the deleted file open", "started before the file changed", "has it on its class path" */
    ct_str controls;         /* what its flags and environment change, in words; empty: nothing */
    ct_str java;             /* version of its JVM; empty: none, or not known */
    int64_t started_us;      /* 0: not known */
};

struct ct_scan_finding {
    unsigned char id[16];    /* host, path, product, CVE: the same finding of two scans has the same id */
    ct_str vulnerability;    /* "CVE-2021-44228"; for --suspect what was asked for */
    const char *state;       /* "affected", "mitigated", "fixed_on_disk", "under_investigation"; with -v also "fixed", ... */
    const char *severity;    /* "critical", "high", "medium", "low", or "" */
    const char *source;      /* "class", "package", "suspect" */
    ct_str product, purl;    /* "log4j-core"; the purl may lack a version */
    ct_str version;          /* one version, or the range that the evidence supports: "2.14.0-2.14.1" */
    ct_str path;             /* "/srv/a.ear!/lib/b.war!/WEB-INF/lib/c.jar" */
    ct_str reason;           /* why this state, for people */
    ct_str fix;              /* what to do, for people; may be empty */
    const ct_str *evidence;  /* path and what was seen there */
    size_t n_evidence;
    const ct_str *remove;    /* paths of classes whose removal mitigates it; not given out: what scan --fix takes away */
    size_t n_remove;
    const struct ct_scan_process *processes;
    size_t n_processes;
    const char *change;      /* beside an earlier scan: "new", "changed", "same", "gone", "not_seen"; null: none was given */
    ct_str was;              /* its state then */
};

struct ct_scan_component {
    ct_str purl, name, version, path;
    const char *source;      /* "pom", "manifest", "dpkg", ... */
    ct_str licence, sha1, sha256;
};

struct ct_scan_note {
    ct_str path;             /* may be empty */
    ct_str text;
    bool incomplete;         /* something that should have been read was not; false: left out on purpose, or an oddity */
};

struct ct_scan_host {
    struct ct_scan_identity who;
    ct_str image, image_digest;          /* of --image; else empty */
    const ct_str *image_tags;
    size_t n_image_tags;
    const ct_str *roots, *exclusions;
    size_t n_roots, n_exclusions;
    const struct ct_scan_note *skipped;  /* file systems and places left out on purpose */
    size_t n_skipped;
    const struct ct_scan_note *notes;    /* problems and oddities */
    size_t n_notes, more_notes;          /* more: not kept */
    const char *families;                /* "all", "zip" */
    const char *processes;               /* "yes", "no", "own user only" */
    const char *privileges;              /* "root", "user", "user with CAP_DAC_READ_SEARCH" */
    uint64_t uid;
    bool complete, interrupted;
    int64_t started_us, ended_us;
    uint64_t directories, files, bytes, archives, entries, classes, links, unreadable, n_processes_seen;
    uint64_t findings, affected, mitigated, fixed_on_disk, under_investigation, components;
};

/* What one file is called outside of its containers: "/srv/a.ear" of "/srv/a.ear!/lib/b.jar". */
ct_str ct_scan_outer(ct_str path);

/* NDJSON, one line each. A component or finding names its host; the host's own line has everything about it. */
void ct_scan_finding_ecs(struct ct_buf *out, const struct ct_scan_finding *f, const struct ct_scan_host *host);
void ct_scan_component_ecs(struct ct_buf *out, const struct ct_scan_component *c, const struct ct_scan_host *host);
void ct_scan_host_ecs(struct ct_buf *out, const struct ct_scan_host *host);

/* CSV: a row per finding; f null: the row of a host without any. */
void ct_scan_csv_header(struct ct_buf *out);
void ct_scan_csv(struct ct_buf *out, const struct ct_scan_finding *f, const struct ct_scan_host *host);

/* SARIF: a document. rules: one finding for each different vulnerability, in the order of the first call of each. */
void ct_scan_sarif_begin(struct ct_buf *out, const struct ct_scan_finding *const *rules, size_t n_rules);
void ct_scan_sarif(struct ct_buf *out, const struct ct_scan_finding *f, size_t rule, bool first);
void ct_scan_sarif_end(struct ct_buf *out, const struct ct_scan_host *host);

#endif
