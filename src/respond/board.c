#include "respond/board.h"

#include "event/attempt.h"
#include "respond/due.h"
#include "respond/vendors.h"
#include "store/attempt_row.h"
#include "store/report_row.h"
#include "text/printable.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 64, VENDORS_MAX = 400 };

const char *const ct_report_state_names[CT_REPORT_STATES] = {"affected", "fixed_on_disk", "under_investigation", "mitigated", "fixed"};
const char *const ct_report_buckets[CT_REPORT_BUCKETS] = {"overdue", "within 4 hours", "within a day", "within 3 days", "within a week", "later"};

static const int64_t hour_us = 3600 * (int64_t)1000000;

struct gather {
    ct_db *db;
    ct_arena *arena;
    struct ct_report *r;
    struct ct_report_cve *c; /* the one at hand */
    int64_t fresh_us;
    size_t cap_timeline, at_timeline;
};

static ct_err dup(struct gather *g, ct_str s, ct_str *to) { return ct_arena_dup(g->arena, s, to); }

static ct_err on_cover(void *ctx, const struct ct_cover_row *row)
{
    struct gather *g = ctx;
    struct ct_report *r = g->r;
    size_t i = 0;
    enum ct_cover how = ct_cover_of(row->looked, row->assessed, r->at, g->fresh_us);
    while (i < r->n_groups && !(ct_str_eq(r->groups[i].environment, row->environment) && ct_str_eq(r->groups[i].exposure, row->exposure))) i++;
    if (i == CT_REPORT_GROUPS) return CT_OK;
    if (i == r->n_groups) {
        CT_TRY(dup(g, row->environment, &r->groups[i].environment));
        CT_TRY(dup(g, row->exposure, &r->groups[i].exposure));
        r->n_groups++;
    }
    r->groups[i].covered.by[how]++;
    r->groups[i].covered.known++;
    r->all.by[how]++;
    r->all.known++;
    return CT_OK;
}

static ct_err on_state(void *ctx, const struct ct_report_state *s)
{
    struct gather *g = ctx;
    struct ct_report_cve *c = g->c;
    size_t i = 0, k = 0;
    c->breached += s->breached;
    while (k < CT_REPORT_STATES && !ct_str_eq(s->state, ct_str_from(ct_report_state_names[k]))) k++;
    if (k == CT_REPORT_STATES) return CT_OK; /* not affected */
    while (i < c->n_cells && !(ct_str_eq(c->cells[i].environment, s->environment) && ct_str_eq(c->cells[i].exposure, s->exposure))) i++;
    if (i == CT_REPORT_GROUPS) return CT_OK;
    if (i == c->n_cells) {
        CT_TRY(dup(g, s->environment, &c->cells[i].environment));
        CT_TRY(dup(g, s->exposure, &c->cells[i].exposure));
        c->n_cells++;
    }
    c->cells[i].by[k] += s->findings;
    c->by[k] += s->findings;
    if (k < 3 && ct_str_eq(s->exposure, CT_STR("public"))) c->open_public += s->findings;
    return CT_OK;
}

static ct_err on_course(void *ctx, int64_t opened, int64_t closed)
{
    struct gather *g = ctx;
    const struct ct_report *r = g->r;
    for (size_t i = 0; i < CT_REPORT_POINTS; i++) {
        int64_t at = r->from + (r->at - r->from) / (CT_REPORT_POINTS - 1) * (int64_t)i;
        if (i == CT_REPORT_POINTS - 1) at = r->at;
        g->c->course[i] += opened <= at && (!closed || closed > at);
    }
    return CT_OK;
}

static ct_err on_first(void *ctx, int64_t opened, int64_t closed)
{
    struct gather *g = ctx;
    (void)closed;
    if (opened < g->r->from) g->r->from = opened;
    return CT_OK;
}

static ct_err on_row(void *ctx, const struct ct_affected_row *row)
{
    struct gather *g = ctx;
    struct ct_report_cve *c = g->c;
    c->all_rows++;
    c->late += row->due && !row->stopped && row->due < g->r->at;
    if (c->n_rows == CT_REPORT_ROWS) return CT_OK;
    struct ct_affected_row *k = &c->rows[c->n_rows++];
    *k = *row;
    ct_str *const texts[] = {&k->name, &k->environment, &k->exposure, &k->owner, &k->criticality, &k->purl, &k->version, &k->state, &k->reason, &k->rule};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CT_TRY(dup(g, *texts[i], texts[i]));
    return CT_OK;
}

static ct_err on_standing(void *ctx, const struct ct_vendor_standing *s)
{
    struct gather *g = ctx;
    struct ct_report_cve *c = g->c;
    c->vendors_silent += !ct_vendor_answers(s);
    if (c->n_vendors == VENDORS_MAX) return CT_OK;
    struct ct_vendor_standing *k = &c->vendors[c->n_vendors++];
    *k = *s;
    CT_TRY(dup(g, s->vendor.name, &k->vendor.name));
    CT_TRY(dup(g, s->vendor.contact, &k->vendor.contact));
    return dup(g, s->vendor.data, &k->vendor.data);
}

static ct_err on_due(void *ctx, const struct ct_due_row *d)
{
    struct gather *g = ctx;
    static const int64_t edges[] = {0, 4, 24, 72, 168};
    size_t i = 0;
    bool wanted = false;
    for (size_t k = 0; k < g->r->n_cves; k++) wanted |= ct_str_eq(g->r->cves[k].v.name, d->vulnerability);
    if (!wanted || d->stopped) return CT_OK;
    while (i < 5 && d->due - g->r->at >= edges[i] * hour_us) i++;
    g->r->clocks[i]++;
    return CT_OK;
}

/* Room for one more in a list that grows; null: memory or the cap. */
static void *more(struct gather *g, void *list, size_t n, size_t max, size_t size)
{
    if (n == max) return NULL;
    return n % 16 == 0 ? ct_arena_grow(g->arena, list, n * size, (n + 16) * size) : list;
}

static ct_err on_incident_clock(void *ctx, const struct ct_incident_clock *k)
{
    struct gather *g = ctx;
    struct ct_report *r = g->r;
    struct ct_incident_clock *list = more(g, r->incident_clocks, r->n_incident_clocks, LIST_MAX, sizeof *list);
    if (!list) return r->n_incident_clocks == LIST_MAX ? CT_OK : CT_ERR_NOMEM;
    r->incident_clocks = list;
    struct ct_incident_clock *to = &list[r->n_incident_clocks++];
    *to = *k;
    CT_TRY(dup(g, k->name, &to->name));
    CT_TRY(dup(g, k->how, &to->how));
    return dup(g, k->incident_name, &to->incident_name);
}

static ct_err on_incident(void *ctx, const struct ct_incident *i)
{
    struct gather *g = ctx;
    struct ct_report *r = g->r;
    struct ct_incident *list = more(g, r->incidents, r->n_incidents, LIST_MAX, sizeof *list);
    if (!list) return r->n_incidents == LIST_MAX ? CT_OK : CT_ERR_NOMEM;
    r->incidents = list;
    struct ct_incident *to = &list[r->n_incidents++];
    *to = *i;
    ct_str *const texts[] = {&to->name, &to->title, &to->mode, &to->policy};
    for (size_t k = 0; k < 4; k++) CT_TRY(dup(g, *texts[k], texts[k]));
    if (i->opened < r->from) r->from = i->opened;
    return ct_incident_clocks(g->db, i->id, on_incident_clock, g);
}

static ct_err on_rollout(void *ctx, const struct ct_rollout *x)
{
    struct gather *g = ctx;
    struct ct_report *r = g->r;
    struct ct_report_rollout *list = more(g, r->rollouts, r->n_rollouts, LIST_MAX, sizeof *list);
    if (!list) return r->n_rollouts == LIST_MAX ? CT_OK : CT_ERR_NOMEM;
    r->rollouts = list;
    struct ct_report_rollout *to = &list[r->n_rollouts++];
    to->r = *x;
    CT_TRY(dup(g, x->name, &to->r.name));
    CT_TRY(dup(g, x->summary, &to->r.summary));
    return ct_rollout_look(g->db, g->arena, &to->r, NULL, NULL, &to->view);
}

static ct_err on_limit(void *ctx, const struct ct_vendor_limit *l)
{
    struct gather *g = ctx;
    struct ct_report *r = g->r;
    struct ct_vendor_limit *list = more(g, r->limits, r->n_limits, 4 * LIST_MAX, sizeof *list);
    if (!list) return r->n_limits == 4 * LIST_MAX ? CT_OK : CT_ERR_NOMEM;
    r->limits = list;
    struct ct_vendor_limit *to = &list[r->n_limits++];
    *to = *l;
    ct_str *const texts[] = {&to->what, &to->who, &to->why, &to->lifted_by, &to->vendor_name};
    for (size_t k = 0; k < 5; k++) CT_TRY(dup(g, *texts[k], texts[k]));
    return CT_OK;
}

static ct_err on_campaign(void *ctx, const struct ct_campaign_row *c)
{
    static const char *const grades[] = {"none", "rule", "leak", "dos", "attempt", "reach", "exploit"};
    struct gather *g = ctx;
    struct ct_report *r = g->r;
    r->attempts += c->attempts;
    r->all_campaigns++;
    struct ct_report_campaign *list = more(g, r->campaigns, r->n_campaigns, 16, sizeof *list);
    if (!list) return r->n_campaigns == 16 ? CT_OK : CT_ERR_NOMEM;
    r->campaigns = list;
    struct ct_report_campaign *to = &list[r->n_campaigns++];
    *to = (struct ct_report_campaign){.grade = ct_str_from(grades[c->grade >= 0 && c->grade < 7 ? c->grade : 0]), .attempts = c->attempts, .clients = c->clients, .first = c->first,
                                      .last = c->last};
    return dup(g, c->callback, &to->callback);
}

/* A ring of the last ones; what is one per import and not per decision stays. */
static ct_err on_entry(void *ctx, const struct ct_timeline_entry *e)
{
    struct gather *g = ctx;
    struct ct_report *r = g->r;
    if (!r->timeline) r->timeline = ct_arena_zalloc(g->arena, CT_REPORT_ENTRIES * sizeof *r->timeline);
    if (!r->timeline) return CT_ERR_NOMEM;
    static const char *const left[] = {"finding.", "clock.", "asset.", "look.", "vendor.said"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (ct_str_starts(e->kind, ct_str_from(left[i])) && !ct_str_eq(e->kind, CT_STR("clock.later"))) return CT_OK;
    struct ct_timeline_entry *to = &r->timeline[g->at_timeline++ % CT_REPORT_ENTRIES];
    *to = *e;
    ct_str *const texts[] = {&to->actor, &to->kind, &to->subject, &to->was, &to->now, &to->why};
    for (size_t i = 0; i < 6; i++)
        if (texts[i]->n) CT_TRY(dup(g, ct_str_slice(*texts[i], 0, 400), texts[i]));
    return CT_OK;
}

static ct_err timeline(struct gather *g)
{
    struct ct_report *r = g->r;
    const struct ct_timeline_filter f = {.since = INT64_MIN, .until = INT64_MAX};
    CT_TRY(ct_timeline_read(g->db, &f, on_entry, g));
    r->n_timeline = g->at_timeline < CT_REPORT_ENTRIES ? g->at_timeline : CT_REPORT_ENTRIES;
    if (g->at_timeline > CT_REPORT_ENTRIES) { /* the oldest of the ring first */
        struct ct_timeline_entry *sorted = ct_arena_array(g->arena, CT_REPORT_ENTRIES, sizeof *sorted);
        if (!sorted) return CT_ERR_NOMEM;
        for (size_t i = 0; i < CT_REPORT_ENTRIES; i++) sorted[i] = r->timeline[(g->at_timeline + i) % CT_REPORT_ENTRIES];
        r->timeline = sorted;
    }
    ct_err e = ct_timeline_verify(g->db, &r->entries, r->head, NULL);
    if (e != CT_ERR_CHECKSUM) return e;
    r->entries = 0; /* the page says so */
    return CT_OK;
}

/* Production before staging before development, public before what it reaches before the rest. */
static int rank(ct_str environment, ct_str exposure)
{
    static const char *const environments[] = {"production", "unknown", "staging", "development"}, *const exposures[] = {"public", "receives-public-input", "unknown", "internal"};
    int e = 0, x = 0;
    while (e < 4 && !ct_str_eq(environment, ct_str_from(environments[e]))) e++;
    while (x < 4 && !ct_str_eq(exposure, ct_str_from(exposures[x]))) x++;
    return 8 * e + x;
}

static int by_group(const void *a, const void *b)
{
    const struct ct_report_group *x = a, *y = b;
    return rank(x->environment, x->exposure) - rank(y->environment, y->exposure);
}

static int by_cell(const void *a, const void *b)
{
    const struct ct_report_cell *x = a, *y = b;
    return rank(x->environment, x->exposure) - rank(y->environment, y->exposure);
}

static ct_err on_vulnerability(void *ctx, int64_t vulnerability, ct_str name)
{
    struct gather *g = ctx;
    (void)name;
    if (g->r->n_cves == CT_REPORT_CVES) return g->r->cves_left++, CT_OK;
    return ct_vulnerability_get(g->db, g->arena, vulnerability, &g->r->cves[g->r->n_cves++].v);
}

static ct_err one(struct gather *g, struct ct_report_cve *c)
{
    static const struct ct_answer_filter all;
    g->c = c;
    c->rows = ct_arena_array(g->arena, CT_REPORT_ROWS, sizeof *c->rows);
    c->vendors = ct_arena_array(g->arena, VENDORS_MAX, sizeof *c->vendors);
    if (!c->rows || !c->vendors) return CT_ERR_NOMEM;
    CT_TRY(ct_report_states(g->db, c->v.id, on_state, g));
    qsort(c->cells, c->n_cells, sizeof *c->cells, by_cell);
    CT_TRY(ct_report_course(g->db, c->v.id, on_course, g));
    CT_TRY(ct_affected_each(g->db, c->v.id, &all, on_row, g));
    return ct_vendor_standings(g->db, c->v.id, 0, g->r->at, on_standing, g);
}

ct_err ct_report_gather(ct_db *db, ct_arena *arena, const ct_str *names, size_t n, int64_t now_us, int64_t fresh_us, ct_str title, struct ct_report **ret_report, struct ct_fault *fault)
{
    static const struct ct_answer_filter all;
    static const struct ct_attempt_filter any = {.since = INT64_MIN, .until = INT64_MAX};
    struct ct_report *r = ct_arena_zalloc(arena, sizeof *r);
    struct gather g = {.db = db, .arena = arena, .r = r, .fresh_us = fresh_us};
    if (!r) return CT_ERR_NOMEM;
    r->cves = ct_arena_zalloc(arena, CT_REPORT_CVES * sizeof *r->cves);
    if (!r->cves) return CT_ERR_NOMEM;
    r->title = title;
    r->at = now_us;
    r->from = now_us - 24 * hour_us;
    CT_TRY(ct_policy_in_use(db, arena, &r->policy));
    if (n > CT_REPORT_CVES) return ct_fault_set(fault, CT_ERR_USAGE, 0, "a report holds %d vulnerabilities at most", CT_REPORT_CVES);
    for (size_t i = 0; i < n; i++) {
        ct_err e = ct_vulnerability_answerable(db, arena, names[i], &r->cves[r->n_cves].v);
        if (e == CT_ERR_NOT_FOUND) return ct_fault_set(fault, CT_ERR_USAGE, 0, "nothing is known about %.*s, so nothing can be said: load its advisory (caltrop advisory add)", CT_STR_ARG(ct_str_slice(names[i], 0, 60)));
        CT_TRY(e);
        r->n_cves++;
    }
    if (n == 0) CT_TRY(ct_report_vulnerabilities(db, on_vulnerability, &g));
    CT_TRY(ct_cover_each(db, &all, 0, on_cover, &g));
    qsort(r->groups, r->n_groups, sizeof *r->groups, by_group);
    CT_TRY(ct_incidents_each(db, false, on_incident, &g));
    for (size_t i = 0; i < r->n_cves; i++) CT_TRY(ct_report_course(db, r->cves[i].v.id, on_first, &g));
    for (size_t i = 0; i < r->n_cves; i++) CT_TRY(one(&g, &r->cves[i]));
    CT_TRY(ct_due_each(db, &all, INT64_MAX, now_us, false, on_due, &g));
    CT_TRY(ct_rollouts_each(db, on_rollout, &g));
    CT_TRY(ct_vendor_limits(db, 0, true, now_us, on_limit, &g));
    CT_TRY(ct_campaigns_each(db, &any, on_campaign, &g));
    CT_TRY(timeline(&g));
    *ret_report = r;
    return CT_OK;
}

void ct_report_sentence(struct ct_buf *out, const struct ct_report *r, const struct ct_report_cve *c)
{
    uint64_t known = 0, fresh = 0;
    for (size_t i = 0; i < r->n_groups; i++) {
        if (!ct_str_eq(r->groups[i].exposure, CT_STR("public"))) continue;
        known += r->groups[i].covered.known;
        fresh += r->groups[i].covered.by[CT_COVER_FRESH];
    }
    if (known == 0) ct_buf_text(out, "No asset is known to be public");
    else if (c->open_public) ct_buf_printf(out, "%llu finding%s on public assets that nothing mitigates", (unsigned long long)c->open_public, c->open_public == 1 ? "" : "s");
    else if (fresh == known) ct_buf_text(out, "No public asset is affected");
    else ct_buf_text(out, "No public asset is known to be affected, and that is not yet an answer");
    if (known) ct_buf_printf(out, ": %llu of %llu public ones were looked at completely and lately", (unsigned long long)fresh, (unsigned long long)known);
    ct_buf_text(out, ".");
}
