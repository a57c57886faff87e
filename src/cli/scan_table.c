/* What a person reads: are we affected, where, what is to be done; then what was looked at. */
#include "cli/flow.h"
#include "cli/scan_run.h"

#include "text/printable.h"
#include "version/version.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COPIES_SHOWN = 25, NOTES_SHOWN = 12, ADVICE_SHOWN = 8, ROOTS_SHOWN = 4, CVES_SHOWN = 20, INDENT = 2 };

struct view {
    struct ct_buf *out;
    const ct_scan_report *r;
    const struct ct_scan_item **items; /* the open ones, by copy */
    size_t n, columns;
    bool colour, verbose;
};

/* One copy of a product at one place: a run of items. */
struct copy {
    size_t from, to;
};

static const char *paint_of(enum ct_state s, bool colour)
{
    if (!colour) return "";
    return s == CT_STATE_AFFECTED ? "\033[1;31m" : s == CT_STATE_MITIGATED ? "\033[36m" : ct_scan_state_open(s) ? "\033[33m" : "\033[32m";
}

static const char *plain(const struct view *v) { return v->colour ? "\033[0m" : ""; }

static int by_copy(const void *a, const void *b)
{
    const struct ct_scan_item *x = *(const struct ct_scan_item *const *)a, *y = *(const struct ct_scan_item *const *)b;
    int order = ct_str_cmp(x->finding.path, y->finding.path);
    if (!order) order = ct_str_cmp(x->finding.product, y->finding.product);
    if (!order) order = ct_str_cmp(x->finding.version, y->finding.version);
    if (!order) order = (x->state > y->state) - (x->state < y->state);
    return order ? order : ct_str_cmp(x->finding.vulnerability, y->finding.vulnerability);
}

static bool same_copy(const struct ct_scan_finding *a, const struct ct_scan_finding *b)
{
    return ct_str_eq(a->path, b->path) && ct_str_eq(a->product, b->product) && ct_str_eq(a->version, b->version);
}

static struct ct_buf line_for(struct view *v)
{
    struct ct_buf b;
    ct_buf_init(&b, v->out->arena, 1 << 20);
    return b;
}

static void flow_line(struct view *v, const struct ct_buf *b, size_t indent)
{
    if (b->err && !v->out->err) v->out->err = b->err;
    ct_flow(v->out, ct_buf_view(b), v->columns, indent);
}

static size_t count_copies(const struct view *v, size_t *ret_places, size_t *ret_affected)
{
    size_t copies = 0, places = 0, affected = 0;
    for (size_t i = 0; i < v->n; i++) {
        const struct ct_scan_finding *f = &v->items[i]->finding, *before = i ? &v->items[i - 1]->finding : NULL;
        if (before && same_copy(f, before)) continue;
        copies++;
        affected += ct_scan_state_affected(v->items[i]->state);
        places += !before || !ct_str_eq(ct_scan_outer(f->path), ct_scan_outer(before->path));
    }
    *ret_places = places;
    *ret_affected = affected;
    return copies;
}

static void answer(struct view *v)
{
    const struct ct_scan_host *h = &v->r->host;
    struct ct_buf b = line_for(v);
    size_t places, affected, copies = count_copies(v, &places, &affected);
    if (h->interrupted) ct_buf_text(v->out, "PARTIAL: interrupted before the end.\n");
    if (copies == 0) {
        ct_buf_printf(&b, "%sNothing found%s", paint_of(h->complete ? CT_STATE_FIXED : CT_STATE_UNDER_INVESTIGATION, v->colour), plain(v));
        if (!h->complete) ct_buf_text(&b, " in what could be read");
    } else {
        ct_buf_printf(&b, "%s%s%s: ", paint_of(affected ? CT_STATE_AFFECTED : CT_STATE_UNDER_INVESTIGATION, v->colour),
                      affected ? "AFFECTED" : "FOUND, none of it plainly affected", plain(v));
        ct_counted(&b, copies, "copy", "copies");
        ct_buf_text(&b, " in ");
        ct_counted(&b, places, "file or folder", "files and folders");
        if (affected && affected < copies) ct_buf_printf(&b, ", %zu of them affected", affected);
    }
    ct_buf_text(&b, " on ");
    ct_print_text(&b, h->image.n ? h->image : h->who.name.n ? h->who.name : CT_STR("this host"));
    ct_buf_text(&b, ".");
    flow_line(v, &b, INDENT);
}

struct tally {
    ct_str cve;
    const char *severity;
    size_t by_state[CT_STATE_COUNT];
};

/* Per CVE how many copies are in which state. The report's own order is worst first. */
static void per_cve(struct view *v)
{
    struct tally *list = ct_arena_array(v->out->arena, v->n + 1, sizeof *list);
    size_t n = 0;
    if (!list) return;
    for (size_t i = 0; i < v->r->n_findings; i++) {
        const struct ct_scan_item *item = v->r->findings[i];
        if (!ct_scan_state_open(item->state)) continue;
        size_t k = 0;
        while (k < n && !ct_str_eq(list[k].cve, item->finding.vulnerability)) k++;
        if (k == n) list[n++] = (struct tally){.cve = item->finding.vulnerability, .severity = item->finding.severity};
        list[k].by_state[item->state]++;
    }
    ct_buf_byte(v->out, '\n');
    for (size_t i = 0; i < n && i < CVES_SHOWN; i++) {
        struct ct_buf b = line_for(v), id = line_for(v);
        ct_print_text(&id, list[i].cve);
        ct_buf_printf(&b, "%-16.*s  %-8s ", CT_STR_ARG(ct_buf_view(&id)), list[i].severity);
        const char *comma = "";
        for (int s = 0; s < CT_STATE_COUNT; s++) {
            if (!list[i].by_state[s]) continue;
            ct_buf_printf(&b, "%s %s%zu %s%s", comma, paint_of((enum ct_state)s, v->colour), list[i].by_state[s],
                          ct_state_name((enum ct_state)s), plain(v));
            comma = ",";
        }
        flow_line(v, &b, 28);
    }
    if (n > CVES_SHOWN) ct_buf_printf(v->out, "and %zu more vulnerabilities\n", n - CVES_SHOWN);
}

static void processes_of(struct view *v, const struct ct_scan_finding *f)
{
    for (size_t i = 0; i < f->n_processes; i++) {
        const struct ct_scan_process *p = &f->processes[i];
        struct ct_buf b = line_for(v);
        ct_buf_printf(&b, "  run by %llu ", (unsigned long long)p->pid);
        ct_print_text(&b, p->name);
        if (p->unit.n) ct_buf_byte(&b, ' '), ct_print_text(&b, p->unit);
        if (p->container.n) ct_buf_text(&b, " in container "), ct_print_text(&b, p->container);
        if (p->how.n) ct_buf_text(&b, ": "), ct_print_text(&b, p->how);
        if (p->controls.n) ct_buf_text(&b, "; "), ct_print_text(&b, p->controls);
        flow_line(v, &b, 2 * INDENT);
    }
}

static void details(struct view *v, const struct copy *c)
{
    for (size_t i = c->from; i < c->to; i++) {
        const struct ct_scan_finding *f = &v->items[i]->finding;
        struct ct_buf b = line_for(v);
        ct_buf_text(&b, "  ");
        ct_print_text(&b, f->vulnerability);
        ct_buf_printf(&b, " %s: ", f->state);
        ct_print_text(&b, f->reason);
        flow_line(v, &b, 2 * INDENT);
    }
    const struct ct_scan_finding *f = &v->items[c->from]->finding;
    for (size_t i = 0; i < f->n_evidence; i++) {
        struct ct_buf b = line_for(v);
        ct_buf_text(&b, "  seen: ");
        ct_print_text(&b, f->evidence[i]);
        flow_line(v, &b, 2 * INDENT);
    }
}

/* The CVEs of a copy, state by state. */
static void states_of(struct view *v, const struct copy *c)
{
    struct ct_buf b = line_for(v);
    ct_buf_text(&b, " ");
    const char *semicolon = "";
    for (size_t i = c->from; i < c->to; i++) {
        bool fresh = i == c->from || v->items[i]->state != v->items[i - 1]->state;
        if (fresh) ct_buf_printf(&b, "%s %s%s%s: ", semicolon, paint_of(v->items[i]->state, v->colour), v->items[i]->finding.state, plain(v));
        else ct_buf_text(&b, ", ");
        ct_print_text(&b, v->items[i]->finding.vulnerability);
        semicolon = ";";
    }
    flow_line(v, &b, 2 * INDENT);
}

static void one_copy(struct view *v, const struct copy *c)
{
    const struct ct_scan_finding *f = &v->items[c->from]->finding;
    struct ct_buf b = line_for(v);
    ct_buf_text(&b, paint_of(v->items[c->from]->state, v->colour));
    ct_print_text(&b, f->product);
    ct_buf_byte(&b, ' ');
    ct_print_text(&b, f->version.n ? f->version : CT_STR("of an unknown version"));
    ct_buf_text(&b, plain(v));
    flow_line(v, &b, INDENT);
    ct_buf_text(v->out, "  ");
    ct_print_text(v->out, f->path); /* never broken: people copy it */
    ct_buf_byte(v->out, '\n');
    if (v->verbose) details(v, c);
    else states_of(v, c);
    processes_of(v, f);
}

static unsigned urgency_of(const struct view *v, const struct copy *c)
{
    unsigned least = UINT_MAX;
    for (size_t i = c->from; i < c->to; i++) {
        unsigned u = ct_scan_urgency(v->items[i]);
        if (u < least) least = u;
    }
    return least;
}

static int by_worst(const void *a, const void *b, void *ctx)
{
    const struct view *v = ctx;
    const struct copy *x = a, *y = b;
    unsigned p = urgency_of(v, x), q = urgency_of(v, y);
    if (p != q) return p < q ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static void where(struct view *v)
{
    struct copy *list = ct_arena_array(v->out->arena, v->n + 1, sizeof *list);
    size_t n = 0;
    if (!list) return;
    for (size_t i = 0; i < v->n; i++) {
        if (n == 0 || !same_copy(&v->items[i]->finding, &v->items[list[n - 1].from]->finding)) list[n++] = (struct copy){i, i};
        list[n - 1].to = i + 1;
    }
    qsort_r(list, n, sizeof *list, by_worst, v);
    ct_buf_text(v->out, "\nWhere\n");
    for (size_t i = 0; i < n && (v->verbose || i < COPIES_SHOWN); i++) one_copy(v, &list[i]);
    if (n > COPIES_SHOWN && !v->verbose) ct_buf_printf(v->out, "and %zu more copies: -v shows them all, --json for tools\n", n - COPIES_SHOWN);
}

static bool advises(const struct ct_scan_item *i) { return ct_scan_state_open(i->state) && i->state != CT_STATE_MITIGATED && i->finding.fix.n; }

/* The version in "upgrade to 2.17.1, 2.12.4 (Java 7) or ..."; empty where an advice is another one. */
static ct_str target_of(ct_str fix)
{
    ct_str word = CT_STR("upgrade to ");
    if (!ct_str_starts(fix, word)) return (ct_str){NULL, 0};
    size_t to = word.n;
    while (to < fix.n && fix.p[to] != ' ' && fix.p[to] != ',' && fix.p[to] != ';') to++;
    return ct_str_slice(fix, word.n, to);
}

static bool higher(ct_str a, ct_str b)
{
    int order;
    return ct_version_compare(CT_ECOSYSTEM_MAVEN, a, b, &order) == CT_OK && order > 0; /* near enough for all, to save lines with */
}

/* Of several releases to go to, the one that the worst finding asks for is said, and the highest, which serves all of them. */
static bool between(const struct view *v, const struct ct_scan_finding *f)
{
    const struct ct_scan_finding *worst = NULL;
    ct_str target = target_of(f->fix);
    bool more = false;
    for (size_t i = 0; i < v->r->n_findings && target.n; i++) {
        const struct ct_scan_finding *o = &v->r->findings[i]->finding;
        if (!advises(v->r->findings[i]) || !ct_str_eq(o->product, f->product)) continue;
        if (!worst) worst = o;
        ct_str other = target_of(o->fix);
        more |= other.n && higher(other, target);
    }
    if (!worst || ct_str_eq(worst->fix, f->fix)) return false;
    return more || ct_str_eq(target_of(worst->fix), target);
}

/* Each advice once, that for the worst finding first. */
static void what_to_do(struct view *v)
{
    const struct ct_scan_item *const *items = v->r->findings;
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < v->r->n_findings; i++) {
        const struct ct_scan_finding *f = &items[i]->finding;
        bool known = !advises(items[i]);
        for (size_t k = 0; k < i && !known; k++)
            known = advises(items[k]) && ct_str_eq(items[k]->finding.fix, f->fix) && ct_str_eq(items[k]->finding.product, f->product);
        if (known || (!v->verbose && between(v, f))) continue;
        if (shown == ADVICE_SHOWN && !v->verbose) {
            more++;
            continue;
        }
        struct ct_buf b = line_for(v);
        ct_buf_text(&b, "  ");
        ct_print_text(&b, f->product);
        ct_buf_text(&b, ": ");
        ct_print_text(&b, f->fix);
        ct_buf_text(&b, " (");
        ct_print_text(&b, f->vulnerability);
        ct_buf_byte(&b, ')');
        if (shown++ == 0) ct_buf_text(v->out, "\nWhat to do\n");
        flow_line(v, &b, 2 * INDENT);
    }
    if (more) ct_buf_printf(v->out, "  and %zu more\n", more);
    if (!v->verbose && v->n) ct_buf_printf(v->out, "-v shows %sthe evidence for each.\n", more ? "all of it and " : "");
}

static void changed_line(struct view *v, const char *word, const struct ct_scan_finding *f)
{
    struct ct_buf b = line_for(v);
    ct_buf_printf(&b, "  %s: ", word);
    ct_print_text(&b, f->vulnerability);
    ct_buf_byte(&b, ' ');
    if (strcmp(f->state, word) != 0) ct_buf_printf(&b, "%s ", f->state);
    if (f->was.n) {
        ct_buf_text(&b, "(was ");
        ct_print_text(&b, f->was);
        ct_buf_text(&b, ") ");
    }
    ct_print_text(&b, f->product);
    ct_buf_byte(&b, ' ');
    ct_print_text(&b, f->version);
    ct_buf_byte(&b, ' ');
    ct_print_text(&b, f->path);
    flow_line(v, &b, 2 * INDENT);
}

static void since(struct view *v, const struct ct_comparison *c)
{
    struct ct_buf b = line_for(v);
    size_t shown = 0, all = c->n_new + c->n_changed + c->n_gone, most = v->verbose ? SIZE_MAX : NOTES_SHOWN;
    ct_buf_text(&b, "\nSince ");
    ct_print_text(&b, c->old->ended.n ? ct_str_slice(c->old->ended, 0, 16) : CT_STR("the report before"));
    if (c->other_host) ct_buf_text(&b, " (a report of another host)");
    ct_buf_printf(&b, ": %zu new, %zu changed, %zu %s, %zu as before", c->n_new, c->n_changed, c->n_gone,
                  c->closes ? "gone" : "not seen again (this scan does not reach as far)", c->n_same);
    flow_line(v, &b, INDENT);
    for (size_t i = 0; i < v->n && shown < most; i++) {
        const char *change = v->items[i]->finding.change;
        if (!change || strcmp(change, "same") == 0) continue;
        changed_line(v, change, &v->items[i]->finding);
        shown++;
    }
    for (size_t i = 0; i < c->n_gone && shown < most; i++, shown++) changed_line(v, c->gone[i].state, &c->gone[i]);
    if (shown < all) ct_buf_printf(v->out, "  and %zu more: -v\n", all - shown);
}

static void print_notes(struct view *v, const struct ct_scan_note *notes, size_t n, bool incomplete)
{
    size_t shown = 0, of_kind = 0;
    for (size_t i = 0; i < n; i++) {
        if (notes[i].incomplete != incomplete) continue;
        of_kind++;
        if (shown >= NOTES_SHOWN && !v->verbose) continue;
        shown++;
        struct ct_buf b = line_for(v);
        ct_buf_text(&b, "  ");
        ct_print_text(&b, notes[i].path);
        ct_buf_text(&b, notes[i].path.n ? ": " : "");
        ct_print_text(&b, notes[i].text);
        flow_line(v, &b, 2 * INDENT);
    }
    if (of_kind > shown) ct_buf_printf(v->out, "  and %zu more: -v shows them all\n", of_kind - shown);
}

static bool any_note(const struct ct_scan_host *h, bool incomplete)
{
    for (size_t i = 0; i < h->n_notes; i++)
        if (h->notes[i].incomplete == incomplete) return true;
    return false;
}

static void looked_at(struct view *v)
{
    const struct ct_scan_host *h = &v->r->host;
    struct ct_buf b = line_for(v);
    ct_buf_text(&b, "\nLooked at ");
    for (size_t i = 0; i < h->n_roots; i++) {
        if (i == ROOTS_SHOWN && !v->verbose) {
            ct_buf_printf(&b, " and %zu more", h->n_roots - ROOTS_SHOWN);
            break;
        }
        if (i) ct_buf_text(&b, ", ");
        ct_print_text(&b, h->roots[i]);
    }
    if (h->n_roots) ct_buf_text(&b, ": ");
    ct_counted(&b, h->files, "file", "files");
    ct_buf_text(&b, ", ");
    ct_counted(&b, h->archives, "archive", "archives");
    ct_buf_printf(&b, " (%s), %.1f MB read in %.1f s, as %s; processes: %s", strcmp(h->families, "all") == 0 ? "all families" : h->families,
                  (double)h->bytes / 1e6, (double)(h->ended_us - h->started_us) / 1e6, h->privileges, h->processes);
    flow_line(v, &b, INDENT);
    if (h->n_exclusions) {
        struct ct_buf x = line_for(v);
        ct_buf_text(&x, "Excluded on request: ");
        for (size_t i = 0; i < h->n_exclusions; i++) {
            if (i) ct_buf_text(&x, ", ");
            ct_print_text(&x, h->exclusions[i]);
        }
        flow_line(v, &x, INDENT);
    }
    if (h->n_skipped) ct_buf_text(v->out, "Left out:\n");
    print_notes(v, h->skipped, h->n_skipped, false);
    if (any_note(h, true)) ct_buf_text(v->out, "NOT READ, so this answer is incomplete:\n");
    print_notes(v, h->notes, h->n_notes, true);
    if (any_note(h, false) && v->verbose) ct_buf_text(v->out, "Odd, though read:\n");
    if (v->verbose) print_notes(v, h->notes, h->n_notes, false);
    if (h->more_notes) ct_buf_printf(v->out, "  and %llu notes that were not kept\n", (unsigned long long)h->more_notes);
}

void ct_scan_table(struct ct_buf *out, const ct_scan_report *r, const struct ct_comparison *c, size_t columns, bool colour, bool verbose)
{
    struct view v = {.out = out, .r = r, .columns = columns, .colour = colour, .verbose = verbose};
    v.items = ct_arena_array(out->arena, r->n_findings + 1, sizeof *v.items);
    if (!v.items) {
        out->err = CT_ERR_NOMEM;
        return;
    }
    for (size_t i = 0; i < r->n_findings; i++)
        if (ct_scan_state_open(r->findings[i]->state)) v.items[v.n++] = r->findings[i];
    if (v.n) qsort(v.items, v.n, sizeof *v.items, by_copy);
    answer(&v);
    if (v.n) {
        per_cve(&v);
        where(&v);
        what_to_do(&v);
    }
    if (c && c->old) since(&v, c);
    looked_at(&v);
}
