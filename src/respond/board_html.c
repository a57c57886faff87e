/* One file: style and charts within, no script, nothing loaded; it prints on A4. */
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/board.h"
#include "respond/vendors.h"
#include "text/printable.h"

#include <string.h>

enum { BAR_W = 420, BAR_H = 18, CHART_W = 720, CHART_H = 180, LEFT = 46, BOTTOM = 24 };

static const char style[] =
    "<style>\n"
    ":root{--red:#b3261e;--amber:#c77700;--yellow:#e0b400;--blue:#2b6cb0;--green:#2e7d32;--grey:#8a8f98;--ink:#1c1f23;--line:#d8dbe0}\n"
    "*{box-sizing:border-box;-webkit-print-color-adjust:exact;print-color-adjust:exact}\n"
    "body{font:15px/1.45 system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;color:var(--ink);max-width:980px;margin:0 auto;padding:24px}\n"
    "h1{font-size:26px;margin:0 0 2px}h2{font-size:19px;margin:30px 0 8px;border-bottom:2px solid var(--ink);padding-bottom:3px}h3{font-size:16px;margin:20px 0 6px}\n"
    ".sub{color:#555b63}.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}.tile{border:1px solid var(--line);border-radius:6px;padding:8px 14px;min-width:128px}\n"
    ".tile b{display:block;font-size:26px;line-height:1.15}.bad b{color:var(--red)}.good b{color:var(--green)}\n"
    ".answer{font-size:17px;border-left:5px solid var(--blue);padding:6px 12px;margin:12px 0;background:#f3f6fb}.answer.no{border-color:var(--red);background:#fdf2f1}\n"
    "table{border-collapse:collapse;width:100%;margin:8px 0;font-size:13.5px}th{text-align:left;border-bottom:1.5px solid var(--ink);padding:3px 8px 3px 0;white-space:nowrap}\n"
    "td{border-bottom:1px solid var(--line);padding:3px 8px 3px 0;vertical-align:top;overflow-wrap:break-word}td.w{overflow-wrap:anywhere}td.a{min-width:7em}time{white-space:nowrap}td.n,th.n{text-align:right}\n"
    ".key span{display:inline-block;margin-right:14px}.key i{display:inline-block;width:11px;height:11px;margin-right:5px;vertical-align:-1px}\n"
    ".late{color:var(--red);font-weight:600}.small{font-size:12.5px;color:#555b63}svg{display:block;max-width:100%}svg text{font:12px system-ui,Arial,sans-serif;fill:#1c1f23}\n"
    "thead{display:table-header-group}tr,svg,.tile,.answer{break-inside:avoid}h2,h3,h2+p{break-after:avoid}\n"
    "@page{size:A4;margin:14mm}@media print{body{max-width:none;padding:0;font-size:11px}h1{font-size:20px}h2{font-size:15px;margin-top:16px}table{font-size:10px}.tile b{font-size:19px}}\n"
    "</style>\n";

struct colour {
    const char *name, *hex;
};
static const struct colour cover_colours[CT_COVERS] = {{"complete and fresh", "#2e7d32"}, {"stale", "#e0b400"}, {"in part", "#c77700"}, {"never looked at", "#8a8f98"}};
static const struct colour state_colours[CT_REPORT_STATES] = {
    {"affected", "#b3261e"}, {"fixed on disk, old code runs", "#d9730d"}, {"being looked into", "#e0b400"}, {"mitigated", "#2b6cb0"}, {"fixed", "#2e7d32"}};

#define N(v) (unsigned long long)(v)

static void html(struct ct_buf *b, ct_str s) { ct_print_html(b, ct_str_slice(s, 0, 600)); }

static void cell(struct ct_buf *b, ct_str s)
{
    ct_buf_text(b, "<td>");
    html(b, s);
    ct_buf_text(b, "</td>");
}

/* For what has no blanks to break at. */
static void wide(struct ct_buf *b, ct_str s)
{
    ct_buf_text(b, "<td class=\"w\">");
    html(b, s);
    ct_buf_text(b, "</td>");
}

static void number(struct ct_buf *b, uint64_t n) { ct_buf_printf(b, "<td class=\"n\">%llu</td>", N(n)); }

/* "2021-12-10 14:00:00", in one piece */
static void when(struct ct_buf *b, int64_t t)
{
    struct ct_civil c = ct_civil_of(t);
    if (t) ct_buf_printf(b, "<time>%04lld-%02u-%02u %02u:%02u:%02u</time>", (long long)c.year, c.month, c.day, c.hour, c.minute, c.second);
}

static void key(struct ct_buf *b, const struct colour *c, size_t n)
{
    ct_buf_text(b, "<p class=\"key small\">");
    for (size_t i = 0; i < n; i++) ct_buf_printf(b, "<span><i style=\"background:%s\"></i>%s</span>", c[i].hex, c[i].name);
    ct_buf_text(b, "</p>\n");
}

/* A stacked bar; its numbers stand in the table beside it, and in its title for those who cannot tell the colours. */
static void bar(struct ct_buf *b, const uint64_t *by, const struct colour *c, size_t n, uint64_t most)
{
    uint64_t at = 0;
    ct_buf_printf(b, "<td><svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\"><title>", BAR_W, BAR_H, BAR_W, BAR_H);
    for (size_t i = 0; i < n; i++) ct_buf_printf(b, "%s%s %llu", i ? ", " : "", c[i].name, N(by[i]));
    ct_buf_text(b, "</title>");
    for (size_t i = 0; i < n; i++) {
        uint64_t from = most ? at * BAR_W / most : 0, to = most ? (at + by[i]) * BAR_W / most : 0;
        at += by[i];
        if (by[i] && to <= from) to = from + 1;
        if (by[i]) ct_buf_printf(b, "<rect x=\"%llu\" y=\"1\" width=\"%llu\" height=\"%d\" fill=\"%s\"/>", N(from), N(to - from), BAR_H - 2, c[i].hex);
    }
    ct_buf_text(b, "</svg></td>");
}

static void tile(struct ct_buf *b, const char *kind, uint64_t n, const char *what) { ct_buf_printf(b, "<div class=\"tile %s\"><b>%llu</b>%s</div>\n", kind, N(n), what); }

static void head(struct ct_buf *b, const struct ct_report *r)
{
    uint64_t open = 0, late = 0, is_public = 0, silent = 0;
    ct_buf_text(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    html(b, r->title);
    ct_buf_text(b, "</title>\n");
    ct_buf_text(b, style);
    ct_buf_text(b, "</head><body>\n<h1>");
    html(b, r->title);
    ct_buf_text(b, "</h1>\n<p class=\"sub\">As of ");
    when(b, r->at);
    ct_buf_text(b, " (all times UTC). Policy in use: ");
    html(b, r->policy);
    ct_buf_text(b, ".</p>\n");
    for (size_t i = 0; i < r->n_cves; i++) {
        const struct ct_report_cve *c = &r->cves[i];
        open += c->by[0] + c->by[1] + c->by[2];
        late += c->late;
        is_public += c->open_public;
        if (c->vendors_silent > silent) silent = c->vendors_silent;
    }
    ct_buf_text(b, "<div class=\"tiles\">");
    tile(b, "", r->all.known, r->all.known == 1 ? "asset known" : "assets known");
    tile(b, r->all.by[CT_COVER_FRESH] == r->all.known ? "good" : "bad", r->all.known - r->all.by[CT_COVER_FRESH], "not looked at completely and lately");
    tile(b, open ? "bad" : "good", open, open == 1 ? "finding open that nothing mitigates" : "findings open that nothing mitigates");
    tile(b, is_public ? "bad" : "good", is_public, "of them on public assets"); /* reads for one too */
    tile(b, late ? "bad" : "good", late, "overdue");
    tile(b, silent ? "bad" : "", silent, silent == 1 ? "vendor without an answer" : "vendors without an answer");
    ct_buf_text(b, "</div>\n");
}

static void coverage(struct ct_buf *b, const struct ct_report *r)
{
    uint64_t most = 0;
    for (size_t i = 0; i < r->n_groups; i++)
        if (r->groups[i].covered.known > most) most = r->groups[i].covered.known;
    ct_buf_text(b, "<h2>What this rests on</h2>\n");
    key(b, cover_colours, CT_COVERS);
    ct_buf_text(b, "<table><thead><tr><th>environment</th><th>exposure</th><th class=\"n\">known</th><th class=\"n\">fresh</th><th class=\"n\">stale</th><th class=\"n\">in part</th>"
                   "<th class=\"n\">never</th><th></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->n_groups; i++) {
        const struct ct_report_group *g = &r->groups[i];
        ct_buf_text(b, "<tr>");
        cell(b, g->environment);
        cell(b, g->exposure);
        number(b, g->covered.known);
        for (size_t k = 0; k < CT_COVERS; k++) number(b, g->covered.by[k]);
        bar(b, g->covered.by, cover_colours, CT_COVERS, most);
        ct_buf_text(b, "</tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n");
}

/* Open findings over time. */
static void course(struct ct_buf *b, const struct ct_report *r, const struct ct_report_cve *c)
{
    uint64_t most = 1;
    int64_t days = (r->at - r->from) / 86400000000;
    for (size_t i = 0; i < CT_REPORT_POINTS; i++)
        if (c->course[i] > most) most = c->course[i];
    ct_buf_printf(b, "<p class=\"small\">Open findings over time</p>\n<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\"><title>open findings over time, now %llu</title>", CHART_W,
                  CHART_H, CHART_W, CHART_H, N(c->course[CT_REPORT_POINTS - 1]));
    for (unsigned i = 0; i <= 4; i++) {
        int y = (int)(CHART_H - BOTTOM - i * (CHART_H - BOTTOM - 12) / 4);
        ct_buf_printf(b, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#d8dbe0\"/>", LEFT, y, CHART_W - 4, y);
        if (most >= 4 || i == 0 || i == 4) ct_buf_printf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%llu</text>", LEFT - 6, y + 4, N(most * i / 4));
    }
    ct_buf_printf(b, "<polygon fill=\"#b3261e\" fill-opacity=\"0.18\" stroke=\"#b3261e\" stroke-width=\"2\" points=\"%d,%d", LEFT, CHART_H - BOTTOM);
    for (unsigned i = 0; i < CT_REPORT_POINTS; i++)
        ct_buf_printf(b, " %u,%llu", LEFT + i * (CHART_W - 4 - LEFT) / (CT_REPORT_POINTS - 1), N(CHART_H - BOTTOM - c->course[i] * (CHART_H - BOTTOM - 12) / most));
    ct_buf_printf(b, " %d,%d\"/>", CHART_W - 4, CHART_H - BOTTOM);
    ct_buf_printf(b, "<text x=\"%d\" y=\"%d\">", LEFT, CHART_H - 6);
    ct_print_time(b, r->from - r->from % 1000000);
    ct_buf_printf(b, "</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">now, %lld days later</text></svg>\n", CHART_W - 4, CHART_H - 6, (long long)days);
}

static void rows(struct ct_buf *b, const struct ct_report *r, const struct ct_report_cve *c)
{
    if (!c->all_rows) return;
    ct_buf_text(b, "<table><thead><tr><th>state</th><th>asset</th><th>where</th><th>component</th><th>due</th><th>owner</th><th>why</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < c->n_rows; i++) {
        const struct ct_affected_row *f = &c->rows[i];
        bool late = f->due && !f->stopped && f->due < r->at;
        ct_buf_text(b, "<tr>");
        cell(b, f->state);
        ct_buf_text(b, "<td class=\"a\">"); /* a name of a host breaks late, not at its first hyphen */
        html(b, f->name);
        ct_buf_text(b, "</td><td>");
        html(b, f->environment);
        ct_buf_text(b, ", ");
        html(b, f->exposure);
        ct_buf_text(b, "</td>");
        wide(b, f->purl);
        ct_buf_text(b, late ? "<td class=\"late\">" : "<td>");
        when(b, f->due);
        ct_buf_text(b, late ? " overdue</td>" : "</td>");
        cell(b, f->owner);
        ct_buf_text(b, "<td>");
        ct_print_html(b, ct_str_slice(f->reason, 0, 160));
        if (f->accepted_until > r->at) ct_buf_text(b, "; accepted until "), when(b, f->accepted_until);
        ct_buf_text(b, "</td></tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n");
    if (c->all_rows > c->n_rows) ct_buf_printf(b, "<p class=\"small\">And %llu more: caltrop affected.</p>\n", N(c->all_rows - c->n_rows));
}

static void vulnerability(struct ct_buf *b, const struct ct_report *r, const struct ct_report_cve *c)
{
    uint64_t most = 0;
    ct_buf_text(b, "<h2>");
    html(b, c->v.name);
    if (c->v.severity.n) ct_buf_text(b, ", "), html(b, c->v.severity);
    ct_buf_text(b, "</h2>\n<p class=\"small\">");
    if (c->v.published) ct_buf_text(b, "Published "), when(b, c->v.published), ct_buf_text(b, ". ");
    if (c->v.notified) ct_buf_text(b, "We were told "), when(b, c->v.notified), ct_buf_text(b, ". ");
    if (c->v.kev_added) ct_buf_text(b, "Known to be exploited since "), when(b, c->v.kev_added), ct_buf_text(b, ". ");
    ct_buf_printf(b, "</p>\n<p class=\"answer%s\">", c->open_public ? " no" : "");
    ct_report_sentence(b, r, c);
    ct_buf_text(b, "</p>\n");
    if (c->n_cells == 0) {
        ct_buf_text(b, "<p>No finding.</p>\n");
        return;
    }
    key(b, state_colours, CT_REPORT_STATES);
    for (size_t i = 0; i < c->n_cells; i++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < CT_REPORT_STATES; k++) sum += c->cells[i].by[k];
        if (sum > most) most = sum;
    }
    ct_buf_text(b, "<table><thead><tr><th>environment</th><th>exposure</th><th class=\"n\">affected</th><th class=\"n\">on disk</th><th class=\"n\">looked into</th><th class=\"n\">mitigated</th>"
                   "<th class=\"n\">fixed</th><th></th></tr></thead><tbody>\n");
    for (size_t i = 0; i < c->n_cells; i++) {
        ct_buf_text(b, "<tr>");
        cell(b, c->cells[i].environment);
        cell(b, c->cells[i].exposure);
        for (size_t k = 0; k < CT_REPORT_STATES; k++) number(b, c->cells[i].by[k]);
        bar(b, c->cells[i].by, state_colours, CT_REPORT_STATES, most);
        ct_buf_text(b, "</tr>\n");
    }
    ct_buf_printf(b, "</tbody></table>\n<p>%llu overdue now; %llu were late at some time.</p>\n", N(c->late), N(c->breached));
    course(b, r, c);
    rows(b, r, c);
}

static void clocks(struct ct_buf *b, const struct ct_report *r)
{
    static const struct colour colours[CT_REPORT_BUCKETS] = {{"overdue", "#b3261e"}, {"", "#d9730d"}, {"", "#e0b400"}, {"", "#2b6cb0"}, {"", "#5a8fc7"}, {"", "#8a8f98"}};
    uint64_t most = 0;
    for (size_t i = 0; i < CT_REPORT_BUCKETS; i++)
        if (r->clocks[i] > most) most = r->clocks[i];
    ct_buf_text(b, "<h2>Clocks</h2>\n<table><tbody>\n");
    for (size_t i = 0; i < CT_REPORT_BUCKETS; i++) {
        const struct colour one = {ct_report_buckets[i], colours[i].hex};
        ct_buf_printf(b, "<tr><td>%s</td>", ct_report_buckets[i]);
        number(b, r->clocks[i]);
        bar(b, &r->clocks[i], &one, 1, most);
        ct_buf_text(b, "</tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n");
    if (!r->n_incidents) return;
    ct_buf_text(b, "<h2>Incidents</h2>\n<table><thead><tr><th>incident</th><th>mode</th><th>opened</th><th>closed</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->n_incidents; i++) {
        const struct ct_incident *x = &r->incidents[i];
        ct_buf_text(b, "<tr><td>");
        html(b, x->name);
        if (x->title.n) ct_buf_text(b, ": "), html(b, x->title);
        ct_buf_text(b, "</td>");
        cell(b, x->policy.n ? x->policy : x->mode);
        ct_buf_text(b, "<td>");
        when(b, x->opened);
        ct_buf_text(b, "</td><td>");
        when(b, x->closed);
        ct_buf_text(b, "</td></tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n");
    if (!r->n_incident_clocks) return;
    ct_buf_text(b, "<table><thead><tr><th>clock</th><th>incident</th><th>due</th><th>met</th><th>how</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->n_incident_clocks; i++) {
        const struct ct_incident_clock *k = &r->incident_clocks[i];
        ct_buf_text(b, "<tr>");
        cell(b, k->name);
        cell(b, k->incident_name);
        ct_buf_text(b, k->breached ? "<td class=\"late\">" : "<td>");
        when(b, k->due);
        ct_buf_text(b, k->breached ? " late</td><td>" : "</td><td>");
        when(b, k->met);
        ct_buf_text(b, "</td>");
        cell(b, k->how);
        ct_buf_text(b, "</tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n");
}

static void rollouts(struct ct_buf *b, const struct ct_report *r)
{
    static const struct colour colours[2] = {{"done", "#2e7d32"}, {"not yet", "#d8dbe0"}};
    if (!r->n_rollouts) return;
    ct_buf_text(b, "<h2>Roll-out</h2>\n");
    for (size_t i = 0; i < r->n_rollouts; i++) {
        const struct ct_report_rollout *x = &r->rollouts[i];
        uint64_t most = 0;
        for (int s = 0; s < CT_STAGES; s++)
            if (x->view.stages[s].assets > most) most = x->view.stages[s].assets;
        ct_buf_text(b, "<h3>");
        html(b, x->r.name);
        if (x->r.summary.n) ct_buf_text(b, ": "), html(b, x->r.summary);
        ct_buf_text(b, "</h3>\n<table><tbody>\n");
        for (int s = 0; s < CT_STAGES; s++) {
            const struct ct_stage_view *v = &x->view.stages[s];
            const uint64_t by[2] = {v->done, v->assets - v->done};
            ct_buf_printf(b, "<tr><td>%s</td><td class=\"n\">%llu of %llu</td>", ct_stage_names[s], N(v->done), N(v->assets));
            bar(b, by, colours, 2, most);
            ct_buf_text(b, "<td>");
            ct_buf_text(b, !v->stage.opened ? "gate closed" : !v->stage.settled ? "open since " : ct_str_eq(v->stage.how, CT_STR("skipped")) ? "<span class=\"late\">skipped</span> " : "verified ");
            when(b, v->stage.settled ? v->stage.settled : v->stage.opened);
            if (v->stage.settled && v->stage.who.n && !ct_str_eq(v->stage.how, CT_STR("scan"))) ct_buf_text(b, " by "), html(b, v->stage.who);
            if (v->stage.why.n) ct_buf_text(b, ": "), html(b, v->stage.why);
            ct_buf_text(b, "</td></tr>\n");
        }
        ct_buf_text(b, "</tbody></table>\n");
        if (x->view.nowhere) ct_buf_printf(b, "<p class=\"small\">%llu assets of unknown environment belong to no stage.</p>\n", N(x->view.nowhere));
    }
}

static void vendors(struct ct_buf *b, const struct ct_report *r)
{
    static const struct colour colours[] = {{"answered", "#2e7d32"}, {"silent", "#b3261e"}, {"reminded", "#c77700"}, {"asked", "#e0b400"}, {"not asked", "#8a8f98"}};
    if (!r->n_cves || !r->cves[0].n_vendors) return;
    ct_buf_text(b, "<h2>Vendors</h2>\n");
    key(b, colours, 5);
    ct_buf_text(b, "<table><tbody>\n");
    for (size_t i = 0; i < r->n_cves; i++) {
        uint64_t by[5] = {0};
        for (size_t k = 0; k < r->cves[i].n_vendors; k++)
            for (size_t s = 0; s < 5; s++) by[s] += strcmp(ct_vendor_state(&r->cves[i].vendors[k]), colours[s].name) == 0;
        ct_buf_text(b, "<tr>");
        cell(b, r->cves[i].v.name);
        ct_buf_printf(b, "<td class=\"n\">%llu of %llu answered</td>", N(by[0]), N(r->cves[i].n_vendors));
        bar(b, by, colours, 5, r->cves[i].n_vendors);
        ct_buf_text(b, "</tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n<table><thead><tr><th>vendor</th><th>holds of ours</th><th>vulnerability</th><th>stands</th><th>asked</th><th>reminded</th><th class=\"n\">limits</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->n_cves; i++) {
        for (size_t k = 0; k < r->cves[i].n_vendors; k++) {
            const struct ct_vendor_standing *s = &r->cves[i].vendors[k];
            bool answers = ct_vendor_answers(s);
            if (answers && !ct_str_eq(s->status, CT_STR("affected")) && !s->limits) continue; /* settled */
            ct_buf_text(b, "<tr>");
            cell(b, s->vendor.name);
            cell(b, s->vendor.data);
            cell(b, r->cves[i].v.name);
            ct_buf_text(b, answers ? "<td>" : "<td class=\"late\">");
            ct_buf_text(b, ct_vendor_state(s));
            if (answers) ct_buf_text(b, ": "), html(b, s->status);
            ct_buf_text(b, "</td><td>");
            when(b, s->asked);
            ct_buf_text(b, "</td><td>");
            when(b, s->reminded);
            ct_buf_text(b, "</td>");
            number(b, (uint64_t)s->limits);
            ct_buf_text(b, "</tr>\n");
        }
    }
    ct_buf_text(b, "</tbody></table>\n");
}

static void limits(struct ct_buf *b, const struct ct_report *r)
{
    if (!r->n_limits) return;
    ct_buf_text(b, "<h2>Limits in force</h2>\n<table><thead><tr><th>vendor</th><th>what</th><th>by</th><th>since</th><th>until</th><th>why</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->n_limits; i++) {
        const struct ct_vendor_limit *l = &r->limits[i];
        ct_buf_text(b, "<tr>");
        cell(b, l->vendor_name);
        cell(b, l->what);
        cell(b, l->who);
        ct_buf_text(b, "<td>");
        when(b, l->since);
        ct_buf_text(b, "</td><td>");
        when(b, l->until);
        ct_buf_text(b, "</td>");
        cell(b, l->why);
        ct_buf_text(b, "</tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n");
}

static void attempts(struct ct_buf *b, const struct ct_report *r)
{
    if (!r->attempts) return;
    ct_buf_printf(b, "<h2>Attempts</h2>\n<p>%llu attempts in %llu campaigns. Whether one would have fired where: caltrop attempts --against-assets.</p>\n", N(r->attempts), N(r->all_campaigns));
    ct_buf_text(b, "<table><thead><tr><th>grade</th><th>calls</th><th class=\"n\">attempts</th><th class=\"n\">clients</th><th>first</th><th>last</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->n_campaigns; i++) {
        const struct ct_report_campaign *c = &r->campaigns[i];
        struct ct_buf plain;
        ct_buf_init(&plain, b->arena, 4096);
        ct_print_defanged(&plain, ct_str_slice(c->callback, 0, 200));
        ct_buf_text(b, "<tr>");
        cell(b, c->grade);
        cell(b, ct_buf_view(&plain));
        number(b, c->attempts);
        number(b, c->clients);
        ct_buf_text(b, "<td>");
        when(b, c->first);
        ct_buf_text(b, "</td><td>");
        when(b, c->last);
        ct_buf_text(b, "</td></tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n");
}

static void timeline(struct ct_buf *b, const struct ct_report *r)
{
    ct_buf_text(b, "<h2>Timeline</h2>\n<p class=\"small\">Decisions and what came in, the last ones; all of it: caltrop timeline.</p>\n"
                   "<table><thead><tr><th>time</th><th>who</th><th>what</th><th>on</th><th>was, is</th><th>why</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < r->n_timeline; i++) {
        const struct ct_timeline_entry *e = &r->timeline[i];
        ct_buf_text(b, "<tr><td>");
        when(b, e->at);
        ct_buf_text(b, "</td>");
        cell(b, e->actor);
        cell(b, e->kind);
        wide(b, e->subject);
        ct_buf_text(b, "<td class=\"w\">");
        html(b, e->was);
        ct_buf_text(b, e->was.n && e->now.n ? " &rarr; " : "");
        html(b, e->now);
        ct_buf_text(b, "</td>");
        wide(b, e->why);
        ct_buf_text(b, "</tr>\n");
    }
    ct_buf_text(b, "</tbody></table>\n<p class=\"small\">");
    if (r->entries) ct_buf_printf(b, "The timeline has %llu entries and is whole; the hash of the last one is ", N(r->entries));
    for (size_t i = 0; i < CT_BLAKE2B_DIGEST && r->entries; i++) ct_buf_printf(b, "%02x", r->head[i]);
    ct_buf_text(b, r->entries ? ".</p>\n</body></html>\n" : "<span class=\"late\">The timeline is empty, or an entry of it was altered: caltrop timeline --verify.</span></p>\n</body></html>\n");
}

void ct_report_html(struct ct_buf *out, const struct ct_report *r)
{
    head(out, r);
    coverage(out, r);
    for (size_t i = 0; i < r->n_cves; i++) vulnerability(out, r, &r->cves[i]);
    if (r->n_cves == 0) ct_buf_text(out, "<p class=\"answer no\">No finding and no incident: there is nothing to report on yet.</p>\n");
    if (r->cves_left) ct_buf_printf(out, "<p class=\"small\">%llu more vulnerabilities have findings and are not in this report: name them.</p>\n", N(r->cves_left));
    clocks(out, r);
    rollouts(out, r);
    vendors(out, r);
    limits(out, r);
    attempts(out, r);
    timeline(out, r);
}
