/* What a scan found, in memory and bounded: findings, components, notes, scope and counts of one host or image.
 *
 * Workers add to it side by side; everything given is copied. What no longer fits (CT_SCAN_REPORT_MAX) is counted, and the
 * report then calls itself incomplete. After ct_scan_report_finish it is sorted, the same whatever the number of workers.
 */
#ifndef CT_SCAN_REPORT_H
#define CT_SCAN_REPORT_H

#include "base/arena.h"
#include "base/intern.h"
#include "event/scan_event.h"
#include "fingerprint/state.h"
#include "sbom/component.h"
#include "scan/seen.h"

#include <pthread.h>

/* Which file something came from, where that file has several names: of its visits only the first one's findings stay. */
struct ct_scan_origin {
    uint64_t dev, ino, visit; /* visit 0: it has one name */
};

struct ct_scan_item {
    struct ct_scan_item *next;
    struct ct_scan_origin origin;
    enum ct_state state;
    struct ct_scan_finding finding;
};

struct ct_scan_part {        /* a component and where it came from */
    struct ct_scan_part *next;
    struct ct_scan_origin origin;
    struct ct_component component;
};

typedef struct ct_scan_report {
    const struct ct_alloc *alloc;
    pthread_mutex_t lock;
    ct_arena *arena;
    struct ct_intern texts;  /* in it; findings of one copy differ in little, and copies of one jar in less */
    struct ct_scan_item *items, **last_item;
    struct ct_scan_part *parts, **last_part;
    struct ct_scan_note_item *notes, **last_note, *skipped, **last_skipped;
    size_t n_items, n_parts, n_notes, n_skipped, more_notes;
    uint64_t lost;           /* findings and components that did not fit */
    uint64_t links_out;
    bool incomplete, interrupted;
    struct ct_scan_host host; /* counts are added up here under the lock; lists are set by finish */
    /* after finish */
    const struct ct_scan_item **findings; /* worst first */
    const struct ct_scan_part **components; /* in the order of ct_component_cmp */
    size_t n_findings, n_components;
} ct_scan_report;

struct ct_scan_note_item {
    struct ct_scan_note_item *next;
    struct ct_scan_note note;
};

CT_MUST_USE ct_err ct_scan_report_new(const struct ct_alloc *alloc, ct_scan_report **ret_report);
void ct_scan_report_free(ct_scan_report *r); /* null is fine */

/* origin null: one name. The id is filled in by finish. CT_ERR_NOMEM never comes back: what does not fit is counted. */
void ct_scan_report_finding(ct_scan_report *r, enum ct_state state, const struct ct_scan_finding *f, const struct ct_scan_origin *origin);
/* Another content for a finding that is there: what was learnt later. What does not fit is counted as above. */
void ct_scan_report_replace(ct_scan_report *r, struct ct_scan_item *item, enum ct_state state, const struct ct_scan_finding *f);
size_t ct_scan_report_found(ct_scan_report *r); /* findings so far, while others add to it */
void ct_scan_report_component(ct_scan_report *r, const struct ct_component *c, const struct ct_scan_origin *origin);
/* incomplete: something that should have been read was not. path may be empty. */
void ct_scan_report_note(ct_scan_report *r, ct_str path, bool incomplete, const char *fmt, ...) CT_PRINTF(4, 5);
void ct_scan_report_skipped(ct_scan_report *r, ct_str path, const char *fmt, ...) CT_PRINTF(3, 4); /* on purpose */

/* Sorts, drops what came from later names of one file (links: the inodes; may be null), numbers and counts. One thread. */
CT_MUST_USE ct_err ct_scan_report_finish(ct_scan_report *r, const struct ct_seen *links);

/* What comes first: open and not covered before the rest, then by severity, then by state. Smaller is more urgent. */
unsigned ct_scan_urgency(const struct ct_scan_item *item);
/* Affected code that runs or lies there, uncovered: a file that was fixed while the old code still runs is no less so. */
static inline bool ct_scan_state_affected(enum ct_state s) { return s == CT_STATE_AFFECTED || s == CT_STATE_FIXED_ON_DISK; }

/* Open findings: what the exit status speaks about. */
static inline bool ct_scan_state_open(enum ct_state s) { return s != CT_STATE_FIXED && s != CT_STATE_NOT_AFFECTED; }

#endif
