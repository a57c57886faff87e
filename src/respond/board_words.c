/* The report in Markdown, in JSON, and as the directive's table. */
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/board.h"
#include "respond/vendors.h"
#include "store/report_row.h"
#include "text/json_out.h"
#include "text/printable.h"

#include <string.h>

#define N(v) (unsigned long long)(v)

/* Printable, and with nothing that Markdown or HTML would take for its own. */
static void md(struct ct_buf *b, ct_str s)
{
    struct ct_buf plain = ct_scratch(b);
    ct_print_html(&plain, ct_str_slice(s, 0, 600));
    if (plain.err && !b->err) b->err = plain.err;
    for (size_t i = 0; i < plain.n; i++) {
        if (plain.p[i] && strchr("|\\`*_[]", plain.p[i])) ct_buf_byte(b, '\\');
        ct_buf_byte(b, plain.p[i]);
    }
}

static void when(struct ct_buf *b, int64_t t)
{
    if (t) ct_print_time(b, t - t % 1000000);
}

static void md_row(struct ct_buf *b, const ct_str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ct_buf_text(b, "| ");
        md(b, cells[i]);
        ct_buf_byte(b, ' ');
    }
}

static void md_vulnerability(struct ct_buf *b, const struct ct_report *r, const struct ct_report_cve *c)
{
    ct_buf_text(b, "\n## ");
    md(b, c->v.name);
    if (c->v.severity.n) ct_buf_text(b, ", "), md(b, c->v.severity);
    ct_buf_text(b, "\n\n**");
    ct_report_sentence(b, r, c);
    ct_buf_printf(b, "**\n\n%llu overdue now; %llu were late at some time.\n\n| environment | exposure | affected | fixed on disk | looked into | mitigated | fixed |\n|---|---|---|---|---|---|---|\n", N(c->late),
                  N(c->breached));
    for (size_t i = 0; i < c->n_cells; i++) {
        const ct_str cells[] = {c->cells[i].environment, c->cells[i].exposure};
        md_row(b, cells, 2);
        for (size_t k = 0; k < CT_REPORT_STATES; k++) ct_buf_printf(b, "| %llu ", N(c->cells[i].by[k]));
        ct_buf_text(b, "|\n");
    }
    if (c->n_rows) ct_buf_text(b, "\n| state | asset | environment | exposure | component | owner | due |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < c->n_rows; i++) {
        const struct ct_affected_row *f = &c->rows[i];
        const ct_str cells[] = {f->state, f->name, f->environment, f->exposure, f->purl, f->owner};
        md_row(b, cells, 6);
        ct_buf_text(b, "| ");
        when(b, f->due);
        ct_buf_text(b, f->due && !f->stopped && f->due < r->at ? " **overdue** |\n" : " |\n");
    }
    if (c->all_rows > c->n_rows) ct_buf_printf(b, "\nAnd %llu more.\n", N(c->all_rows - c->n_rows));
    if (c->n_vendors) ct_buf_text(b, "\n| vendor | stands | holds of ours | asked | limits |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < c->n_vendors; i++) {
        const struct ct_vendor_standing *s = &c->vendors[i];
        const ct_str cells[] = {s->vendor.name, ct_vendor_answers(s) ? s->status : ct_str_from(ct_vendor_state(s)), s->vendor.data};
        md_row(b, cells, 3);
        ct_buf_text(b, "| ");
        when(b, s->asked);
        ct_buf_printf(b, " | %lld |\n", (long long)s->limits);
    }
}

static void md_rollouts(struct ct_buf *b, const struct ct_report *r)
{
    if (r->n_rollouts) ct_buf_text(b, "\n## Roll-out\n\n| roll-out | stage | done | gate |\n|---|---|---|---|\n");
    for (size_t i = 0; i < r->n_rollouts; i++) {
        for (int s = 0; s < CT_STAGES; s++) {
            const struct ct_stage_view *v = &r->rollouts[i].view.stages[s];
            md_row(b, &r->rollouts[i].r.name, 1);
            ct_buf_printf(b, "| %s | %llu of %llu | %s", ct_stage_names[s], N(v->done), N(v->assets), !v->stage.opened ? "closed" : !v->stage.settled ? "open" : "settled: ");
            md(b, v->stage.how);
            if (v->stage.why.n) ct_buf_text(b, ", "), md(b, v->stage.why);
            ct_buf_text(b, " |\n");
        }
    }
    if (r->n_limits) ct_buf_text(b, "\n## Limits in force\n\n| vendor | what | by | why | since | until |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < r->n_limits; i++) {
        const struct ct_vendor_limit *l = &r->limits[i];
        const ct_str cells[] = {l->vendor_name, l->what, l->who, l->why};
        md_row(b, cells, 4);
        ct_buf_text(b, "| ");
        when(b, l->since);
        ct_buf_text(b, " | ");
        when(b, l->until);
        ct_buf_text(b, " |\n");
    }
}

void ct_report_markdown(struct ct_buf *b, const struct ct_report *r)
{
    ct_buf_text(b, "# ");
    md(b, r->title);
    ct_buf_text(b, "\n\nAs of ");
    when(b, r->at);
    ct_buf_text(b, " (UTC). Policy in use: ");
    md(b, r->policy);
    ct_buf_text(b, ".\n\n## What this rests on\n\n| environment | exposure | known | fresh | stale | in part | never |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < r->n_groups; i++) {
        const ct_str cells[] = {r->groups[i].environment, r->groups[i].exposure};
        md_row(b, cells, 2);
        ct_buf_printf(b, "| %llu ", N(r->groups[i].covered.known));
        for (size_t k = 0; k < CT_COVERS; k++) ct_buf_printf(b, "| %llu ", N(r->groups[i].covered.by[k]));
        ct_buf_text(b, "|\n");
    }
    for (size_t i = 0; i < r->n_cves; i++) md_vulnerability(b, r, &r->cves[i]);
    ct_buf_text(b, "\n## Clocks\n\n| due | findings |\n|---|---|\n");
    for (size_t i = 0; i < CT_REPORT_BUCKETS; i++) ct_buf_printf(b, "| %s | %llu |\n", ct_report_buckets[i], N(r->clocks[i]));
    if (r->n_incident_clocks) ct_buf_text(b, "\n| incident | clock | how | due | met | |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < r->n_incident_clocks; i++) {
        const ct_str cells[] = {r->incident_clocks[i].incident_name, r->incident_clocks[i].name, r->incident_clocks[i].how};
        md_row(b, cells, 3);
        ct_buf_text(b, "| ");
        when(b, r->incident_clocks[i].due);
        ct_buf_text(b, " | ");
        when(b, r->incident_clocks[i].met);
        ct_buf_text(b, r->incident_clocks[i].breached ? " | late |\n" : " | |\n");
    }
    md_rollouts(b, r);
    if (r->attempts) ct_buf_printf(b, "\n## Attempts\n\n%llu attempts in %llu campaigns.\n", N(r->attempts), N(r->all_campaigns));
    ct_buf_text(b, "\n## Timeline\n\n| time | who | what | on | was | is | why |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < r->n_timeline; i++) {
        const struct ct_timeline_entry *e = &r->timeline[i];
        const ct_str cells[] = {e->actor, e->kind, e->subject, e->was, e->now, e->why};
        ct_buf_text(b, "| ");
        when(b, e->at);
        ct_buf_byte(b, ' ');
        md_row(b, cells, 6);
        ct_buf_text(b, "|\n");
    }
    ct_buf_printf(b, "\n%llu entries; the hash of the last one is ", N(r->entries));
    for (size_t i = 0; i < CT_BLAKE2B_DIGEST; i++) ct_buf_printf(b, "%02x", r->head[i]);
    ct_buf_text(b, ".\n");
}

static void json_cve(struct ct_json_out *j, const struct ct_report *r, const struct ct_report_cve *c)
{
    struct ct_buf words = ct_scratch(j->out);
    ct_json_object(j);
    ct_json_kv(j, "vulnerability", c->v.name);
    ct_json_some(j, "severity", c->v.severity);
    ct_report_sentence(&words, r, c);
    ct_json_kv(j, "answer", ct_buf_view(&words));
    ct_json_ku(j, "overdue", c->late);
    ct_json_ku(j, "late_at_some_time", c->breached);
    ct_json_key(j, "findings");
    ct_json_array(j);
    for (size_t i = 0; i < c->n_cells; i++) {
        ct_json_object(j);
        ct_json_kv(j, "environment", c->cells[i].environment);
        ct_json_kv(j, "exposure", c->cells[i].exposure);
        for (size_t k = 0; k < CT_REPORT_STATES; k++) ct_json_ku(j, ct_report_state_names[k], c->cells[i].by[k]);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
    ct_json_key(j, "vendors");
    ct_json_array(j);
    for (size_t i = 0; i < c->n_vendors; i++) {
        const struct ct_vendor_standing *s = &c->vendors[i];
        ct_json_object(j);
        ct_json_kv(j, "vendor", s->vendor.name);
        ct_json_kz(j, "state", ct_vendor_state(s));
        if (s->status.p) ct_json_kv(j, "status", s->status);
        if (s->asked) ct_json_time(j, "asked", s->asked);
        ct_json_ku(j, "limits", (uint64_t)s->limits);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
    ct_json_object_end(j);
}

static void json_rollouts(struct ct_json_out *j, const struct ct_report *r)
{
    ct_json_key(j, "rollouts");
    ct_json_array(j);
    for (size_t i = 0; i < r->n_rollouts; i++) {
        ct_json_object(j);
        ct_json_kv(j, "rollout", r->rollouts[i].r.name);
        ct_json_key(j, "stages");
        ct_json_array(j);
        for (int s = 0; s < CT_STAGES; s++) {
            const struct ct_stage_view *v = &r->rollouts[i].view.stages[s];
            ct_json_object(j);
            ct_json_kz(j, "stage", ct_stage_names[s]);
            ct_json_ku(j, "assets", v->assets);
            ct_json_ku(j, "done", v->done);
            ct_json_kz(j, "gate", v->stage.opened ? "open" : "closed");
            ct_json_some(j, "how", v->stage.how);
            ct_json_object_end(j);
        }
        ct_json_array_end(j);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
    ct_json_key(j, "limits");
    ct_json_array(j);
    for (size_t i = 0; i < r->n_limits; i++) {
        ct_json_object(j);
        ct_json_kv(j, "vendor", r->limits[i].vendor_name);
        ct_json_kv(j, "what", r->limits[i].what);
        ct_json_kv(j, "by", r->limits[i].who);
        ct_json_time(j, "since", r->limits[i].since);
        if (r->limits[i].until) ct_json_time(j, "until", r->limits[i].until);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
}

void ct_report_json(struct ct_buf *out, const struct ct_report *r)
{
    static const char *const keys[CT_COVERS] = {"fresh", "stale", "in_part", "never"};
    struct ct_json_out j;
    ct_json_begin(&j, out);
    ct_json_object(&j);
    ct_json_kv(&j, "title", r->title);
    ct_json_time(&j, "at", r->at);
    ct_json_kv(&j, "policy", r->policy);
    ct_json_key(&j, "coverage");
    ct_json_array(&j);
    for (size_t i = 0; i < r->n_groups; i++) {
        ct_json_object(&j);
        ct_json_kv(&j, "environment", r->groups[i].environment);
        ct_json_kv(&j, "exposure", r->groups[i].exposure);
        ct_json_ku(&j, "known", r->groups[i].covered.known);
        for (size_t k = 0; k < CT_COVERS; k++) ct_json_ku(&j, keys[k], r->groups[i].covered.by[k]);
        ct_json_object_end(&j);
    }
    ct_json_array_end(&j);
    ct_json_key(&j, "vulnerabilities");
    ct_json_array(&j);
    for (size_t i = 0; i < r->n_cves; i++) json_cve(&j, r, &r->cves[i]);
    ct_json_array_end(&j);
    ct_json_key(&j, "clocks");
    ct_json_object(&j);
    for (size_t i = 0; i < CT_REPORT_BUCKETS; i++) ct_json_ku(&j, ct_report_buckets[i], r->clocks[i]);
    ct_json_object_end(&j);
    ct_json_key(&j, "incident_clocks");
    ct_json_array(&j);
    for (size_t i = 0; i < r->n_incident_clocks; i++) {
        const struct ct_incident_clock *k = &r->incident_clocks[i];
        ct_json_object(&j);
        ct_json_kv(&j, "incident", k->incident_name);
        ct_json_kv(&j, "clock", k->name);
        ct_json_time(&j, "due", k->due);
        if (k->met) ct_json_time(&j, "met", k->met);
        if (k->breached) ct_json_time(&j, "breached", k->breached);
        ct_json_object_end(&j);
    }
    ct_json_array_end(&j);
    json_rollouts(&j, r);
    ct_json_ku(&j, "attempts", r->attempts);
    ct_json_ku(&j, "campaigns", r->all_campaigns);
    ct_json_ku(&j, "timeline_entries", r->entries);
    ct_json_object_end(&j);
    ct_buf_byte(out, '\n');
}

struct csv {
    struct ct_buf *out;
    const struct ct_report_cve *c;
    const struct ct_report *r;
};

/* pkg:maven/org.apache/thing@1 -> org.apache */
static ct_str supplier(ct_str purl)
{
    size_t slash = ct_str_chr(purl, '/'), last;
    ct_str rest = slash == CT_STR_NONE ? (ct_str){NULL, 0} : ct_str_slice(purl, slash + 1, purl.n);
    size_t end = ct_str_chr(rest, '@');
    if (end != CT_STR_NONE) rest = ct_str_slice(rest, 0, end);
    last = ct_str_rchr(rest, '/');
    return last == CT_STR_NONE ? (ct_str){NULL, 0} : ct_str_slice(rest, 0, last);
}

static ct_err on_finding(void *ctx, const struct ct_report_finding *f)
{
    static const struct {
        const char *state, *action;
    } actions[] = {{"affected", "none yet"}, {"fixed_on_disk", "updated, restart needed"}, {"under_investigation", "being looked into"}, {"mitigated", "mitigated"},
                   {"fixed", "updated or removed"}, {"not_affected", "none needed"}};
    struct csv *c = ctx;
    const char *action = "";
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (ct_str_eq(f->state, ct_str_from(actions[i].state))) action = actions[i].action;
    const ct_str cells[] = {supplier(f->purl), f->name.n ? f->name : f->purl, f->version, ct_str_from(action), c->c->v.name, f->asset, f->environment, f->exposure, f->owner, f->state, f->purl};
    const int64_t times[] = {f->opened, f->closed, f->due, f->breached};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        if (i) ct_buf_byte(c->out, ',');
        ct_print_csv(c->out, cells[i]);
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        ct_buf_byte(c->out, ',');
        when(c->out, times[i]);
    }
    ct_buf_text(c->out, "\n");
    return c->out->err;
}

ct_err ct_report_csv(ct_db *db, struct ct_buf *out, const struct ct_report *r)
{
    struct csv c = {.out = out, .r = r};
    ct_buf_text(out, "vendor,application,version,action,vulnerability,asset,environment,exposure,owner,state,purl,opened,closed,due,late_since\n");
    for (size_t i = 0; i < r->n_cves; i++) {
        c.c = &r->cves[i];
        CT_TRY(ct_report_findings(db, r->cves[i].v.id, on_finding, &c));
    }
    return out->err;
}
