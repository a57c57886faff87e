/* The page that a commander hands to the board: gathered once, written as HTML, Markdown, JSON or the directive's table (CSV).
 *
 * What it says and in which order: whether an answer can be given at all (coverage), what is affected, where, and what protects it; clocks; incidents; the roll-out;
 * vendors and their silence; limits; attempts; the end of the timeline with its last hash. Lists are cut, and say what they leave out; sums are whole.
 * Every text from outside goes through the escaping printers: HTML holds no script, asks for nothing, and never holds a live "${".
 */
#ifndef CT_RESPOND_BOARD_H
#define CT_RESPOND_BOARD_H

#include "base/buf.h"
#include "respond/coverage.h"
#include "respond/rollout.h"
#include "store/clock_row.h"
#include "store/timeline.h"
#include "store/vendor_row.h"

enum { CT_REPORT_GROUPS = 16, CT_REPORT_STATES = 5, CT_REPORT_POINTS = 61, CT_REPORT_BUCKETS = 6, CT_REPORT_CVES = 8, CT_REPORT_ROWS = 60, CT_REPORT_ENTRIES = 120 };
extern const char *const ct_report_state_names[CT_REPORT_STATES];   /* affected, fixed_on_disk, under_investigation, mitigated, fixed */
extern const char *const ct_report_buckets[CT_REPORT_BUCKETS]; /* of clocks: overdue, 4 hours, ... */

struct ct_report_group {
    ct_str environment, exposure;
    struct ct_cover_counts covered;
};
struct ct_report_cell {
    ct_str environment, exposure;
    uint64_t by[CT_REPORT_STATES]; /* findings */
};
struct ct_report_cve {
    struct ct_vulnerability v;
    struct ct_report_cell cells[CT_REPORT_GROUPS];
    size_t n_cells;
    uint64_t by[CT_REPORT_STATES], open_public, late, breached, assets;
    uint64_t course[CT_REPORT_POINTS]; /* open findings, from report.from to report.at */
    struct ct_affected_row *rows;      /* open ones, the least safe first */
    size_t n_rows, all_rows;
    struct ct_vendor_standing *vendors;
    size_t n_vendors, vendors_silent;
};
struct ct_report_rollout {
    struct ct_rollout r;
    struct ct_rollout_view view;
};
struct ct_report_campaign {
    ct_str callback, grade;
    uint64_t attempts, clients;
    int64_t first, last;
};
struct ct_report {
    ct_str title, policy;
    int64_t at, from;
    uint64_t entries;
    unsigned char head[CT_BLAKE2B_DIGEST];
    struct ct_report_group groups[CT_REPORT_GROUPS];
    size_t n_groups;
    struct ct_cover_counts all;
    struct ct_report_cve *cves;
    size_t n_cves, cves_left;          /* left: not in this report, for want of room */
    uint64_t clocks[CT_REPORT_BUCKETS];
    struct ct_incident *incidents;
    size_t n_incidents;
    struct ct_incident_clock *incident_clocks;
    size_t n_incident_clocks;
    struct ct_report_rollout *rollouts;
    size_t n_rollouts;
    struct ct_vendor_limit *limits;
    size_t n_limits;
    struct ct_report_campaign *campaigns;
    size_t n_campaigns;
    uint64_t attempts, all_campaigns;
    struct ct_timeline_entry *timeline; /* the last ones */
    size_t n_timeline;
};

/* names: of vulnerabilities; none: those of open incidents and those with most open findings. CT_ERR_NOT_FOUND: one of them nothing is known of (fault). All lives in arena. */
CT_MUST_USE ct_err ct_report_gather(ct_db *db, ct_arena *arena, const ct_str *names, size_t n, int64_t now_us, int64_t fresh_us, ct_str title, struct ct_report **ret_report,
                                    struct ct_fault *fault);

/* "No public asset is affected: 3 of 3 public ones were looked at ..." for one vulnerability. */
void ct_report_sentence(struct ct_buf *out, const struct ct_report *r, const struct ct_report_cve *c);
void ct_report_html(struct ct_buf *out, const struct ct_report *r);
void ct_report_markdown(struct ct_buf *out, const struct ct_report *r);
void ct_report_json(struct ct_buf *out, const struct ct_report *r);
/* The columns of ED 22-02 first: vendor, application, version, action. */
CT_MUST_USE ct_err ct_report_csv(ct_db *db, struct ct_buf *out, const struct ct_report *r);

#endif
