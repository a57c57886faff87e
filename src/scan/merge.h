/* The reports of many hosts as one answer with a denominator: who answered, who is clean, affected, not read to the end, and who
 * is silent.
 *
 * Of two reports of one host (machine id, hardware and image equal: see ct_identity_same; names only where hardware is not known) the newer one
 * counts; where it does not reach as far, the older one's findings stay at every place that no newer one looked at again. Hosts that
 * share a machine id and differ otherwise are clones: both count, and the collision is named.
 */
#ifndef CT_SCAN_MERGE_H
#define CT_SCAN_MERGE_H

#include "scan/reread.h"

enum ct_merge_status { CT_MERGE_AFFECTED, CT_MERGE_INCOMPLETE, CT_MERGE_SILENT, CT_MERGE_CLEAN, CT_MERGE_STATUSES };
const char *ct_merge_status_name(enum ct_merge_status s);

struct ct_merge_host {
    enum ct_merge_status status;
    ct_str name;
    const struct ct_old_host *report;   /* null: silent */
    bool expected;
    uint64_t by_state[CT_STATE_COUNT];  /* findings */
};

struct ct_merge {
    const struct ct_merge_host *hosts;  /* by status, then by name */
    size_t n;
    size_t by_status[CT_MERGE_STATUSES];
    size_t answered, expected, unexpected, replaced, joined, affected_incomplete;
    const ct_str *collisions;           /* "machine id X: a, b" */
    size_t n_collisions;
};

/* Results live in arena and in the reports. expected: names or addresses, one per host; matched against host name (with or without its
 * domain), first address and the name of the report's file. n_expected 0: nobody is expected, none is silent. */
CT_MUST_USE ct_err ct_merge_reports(ct_arena *arena, struct ct_old_reports *reports, const ct_str *expected, size_t n_expected,
                                    struct ct_merge *ret_merge);

#endif
