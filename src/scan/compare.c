#include "scan/compare.h"

#include "event/fields.h"
#include "scan/scope.h"

#include <stdlib.h>
#include <string.h>

struct old {
    const struct ct_old_finding *f;
    bool seen;
};

static const struct ct_old_host *choose(const ct_scan_report *r, const struct ct_old_reports *reports, bool *ret_other)
{
    const struct ct_old_host *best = NULL, *any = NULL;
    size_t n = 0;
    for (const struct ct_old_host *h = reports->hosts; h; h = h->next) {
        any = h;
        n++;
        bool same = ct_str_eq(h->machine_id, r->host.who.machine_id) && ct_str_eq(h->image, r->host.image) &&
                    (h->machine_id.n || ct_str_eq(h->name, r->host.who.name));
        if (same && (!best || ct_str_cmp(h->ended, best->ended) > 0)) best = h;
    }
    *ret_other = !best && n == 1;
    return best ? best : n == 1 ? any : NULL;
}

static bool covers(const ct_scan_report *r, const struct ct_old_host *old)
{
    const struct ct_scope now = {.complete = r->host.complete, .processes = ct_scope_processes(ct_str_from(r->host.processes)), .families = ct_str_from(r->host.families),
                                 .roots = r->host.roots, .n_roots = r->host.n_roots, .exclusions = r->host.exclusions, .n_exclusions = r->host.n_exclusions};
    const struct ct_scope then = {.processes = ct_scope_processes(old->processes), .families = old->families, .roots = old->roots, .n_roots = old->n_roots,
                                  .exclusions = old->exclusions, .n_exclusions = old->n_exclusions};
    return ct_scope_covers(&now, &then);
}

static int by_id(const void *a, const void *b) { return ct_str_cmp(((const struct old *)a)->f->id, ((const struct old *)b)->f->id); }

static struct old *find(struct old *list, size_t n, ct_str id)
{
    struct ct_old_finding wanted = {.id = id};
    struct old key = {.f = &wanted};
    return n ? bsearch(&key, list, n, sizeof *list, by_id) : NULL;
}

static ct_err hex_of(ct_arena *arena, const unsigned char id[16], ct_str *ret_hex)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 64);
    ct_print_id(&b, id);
    return ct_buf_str(&b, ret_hex);
}

static void bytes_of(ct_str hex, unsigned char ret_id[16])
{
    memset(ret_id, 0, 16);
    for (size_t i = 0; i + 1 < hex.n && i < 32; i += 2) {
        int high = ct_hex_value(hex.p[i]), low = ct_hex_value(hex.p[i + 1]);
        if (high >= 0 && low >= 0) ret_id[i / 2] = (unsigned char)(high << 4 | low);
    }
}

static ct_err mark(ct_scan_report *r, struct ct_comparison *c, struct old *list, size_t n)
{
    for (struct ct_scan_item *i = r->items; i; i = i->next) {
        ct_str id;
        CT_TRY(hex_of(r->arena, i->finding.id, &id));
        struct old *old = find(list, n, id);
        if (old) old->seen = true;
        if (!ct_scan_state_open(i->state)) continue;
        bool was_open = old && ct_scan_state_open(old->f->state);
        i->finding.change = !was_open ? "new" : old->f->state == i->state ? "same" : "changed";
        if (old) i->finding.was = ct_str_from(ct_state_name(old->f->state));
    }
    for (size_t i = 0; i < r->n_findings; i++) {
        const char *change = r->findings[i]->finding.change;
        if (!change) continue;
        c->n_new += strcmp(change, "new") == 0;
        c->n_changed += strcmp(change, "changed") == 0;
        c->n_same += strcmp(change, "same") == 0;
    }
    return CT_OK;
}

static const char *severity_of(ct_str s)
{
    static const char *const names[] = {"critical", "high", "medium", "low"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ct_str_eq(s, ct_str_from(names[i]))) return names[i];
    return "";
}

ct_err ct_scan_compare(ct_scan_report *r, const struct ct_old_reports *reports, struct ct_comparison *ret_comparison)
{
    struct ct_comparison c = {0};
    size_t n = 0;
    c.old = choose(r, reports, &c.other_host);
    if (!c.old) {
        *ret_comparison = c;
        return CT_OK;
    }
    struct old *list = ct_arena_array(r->arena, c.old->n_findings + 1, sizeof *list);
    struct ct_scan_finding *gone = ct_arena_array(r->arena, c.old->n_findings + 1, sizeof *gone);
    if (!list || !gone) return CT_ERR_NOMEM;
    for (const struct ct_old_finding *f = c.old->findings; f; f = f->next) list[n++] = (struct old){f, false};
    if (n) qsort(list, n, sizeof *list, by_id);
    CT_TRY(mark(r, &c, list, n));
    c.closes = !c.other_host && covers(r, c.old);
    for (size_t i = 0; i < n; i++) {
        const struct ct_old_finding *f = list[i].f;
        if (list[i].seen || !ct_scan_state_open(f->state)) continue;
        struct ct_scan_finding *g = &gone[c.n_gone++];
        *g = (struct ct_scan_finding){
            .vulnerability = f->vulnerability, .state = c.closes ? "gone" : "not_seen", .severity = severity_of(f->severity), .source = "compare",
            .product = f->product, .purl = f->purl, .version = f->version, .path = f->path, .change = c.closes ? "gone" : "not_seen",
            .was = ct_str_from(ct_state_name(f->state)),
            .reason = c.closes ? CT_STR("the scan before saw it, this one did not") : CT_STR("the scan before saw it; this one did not reach as far"),
        };
        bytes_of(f->id, g->id);
    }
    c.gone = gone;
    *ret_comparison = c;
    return CT_OK;
}
