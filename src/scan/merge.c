#include "scan/merge.h"

#include "base/buf.h"
#include "event/scan_event.h"
#include "scan/identity.h"
#include "scan/scope.h"

#include <stdlib.h>

enum { COLLISION_MAX = 4096 };

const char *ct_merge_status_name(enum ct_merge_status s)
{
    static const char *const names[] = {"affected", "incomplete", "silent", "clean"};
    return names[s];
}

static ct_str first_label(ct_str name)
{
    size_t dot = ct_str_chr(name, '.');
    return dot == CT_STR_NONE ? name : ct_str_slice(name, 0, dot);
}

static bool is_address(ct_str name)
{
    bool digits = name.n != 0;
    for (size_t i = 0; i < name.n; i++) digits &= ct_ascii_digit(name.p[i]) || name.p[i] == '.';
    return digits || ct_str_chr(name, ':') != CT_STR_NONE;
}

/* "reports/web-1.example.json" -> "web-1.example" */
static ct_str stem_of(ct_str path)
{
    size_t slash = ct_str_rchr(path, '/');
    if (slash != CT_STR_NONE) path = ct_str_slice(path, slash + 1, path.n);
    static const ct_str endings[] = {CT_STR_INIT(".json"), CT_STR_INIT(".ndjson"), CT_STR_INIT(".txt")};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ct_str_ends(path, endings[i])) return ct_str_slice(path, 0, path.n - endings[i].n);
    return path;
}

static bool same_name(ct_str a, ct_str b)
{
    if (a.n == 0 || b.n == 0) return false;
    if (ct_str_eq_fold(a, b)) return true;
    if (is_address(a) || is_address(b)) return false;
    /* One of them without its domain. */
    bool short_a = ct_str_chr(a, '.') == CT_STR_NONE, short_b = ct_str_chr(b, '.') == CT_STR_NONE;
    return short_a != short_b && ct_str_eq_fold(first_label(a), first_label(b));
}

/* "user@host" is what lists for ssh hold. */
static ct_str host_part(ct_str expected)
{
    size_t at = ct_str_rchr(expected, '@');
    return at == CT_STR_NONE ? expected : ct_str_slice(expected, at + 1, expected.n);
}

static bool answers_to(const struct ct_old_host *h, ct_str expected)
{
    ct_str name = host_part(expected), stem = stem_of(h->source);
    return same_name(h->name, name) || same_name(stem, name) || ct_str_eq(stem, expected) || (h->first_address.n && ct_str_eq(h->first_address, name));
}

/* Without ids, names tell hosts apart; with both, a machine may have been renamed. */
static bool has_ids(const struct ct_old_host *h) { return h->machine_id.n && h->hardware_id.n; }

static bool same_host(const struct ct_old_host *a, const struct ct_old_host *b)
{
    return ct_str_eq(a->machine_id, b->machine_id) && ct_str_eq(a->hardware_id, b->hardware_id) && ct_str_eq(a->image, b->image) &&
           (has_ids(a) || ct_str_eq(a->name, b->name));
}

static int by_identity(const void *a, const void *b)
{
    const struct ct_old_host *x = *(struct ct_old_host *const *)a, *y = *(struct ct_old_host *const *)b;
    int order = ct_str_cmp(x->machine_id, y->machine_id);
    if (!order) order = ct_str_cmp(x->hardware_id, y->hardware_id);
    if (!order) order = ct_str_cmp(x->image, y->image);
    if (!order && !has_ids(x)) order = ct_str_cmp(x->name, y->name);
    if (!order) order = ct_str_cmp(y->ended, x->ended); /* the newest first */
    return order ? order : ct_str_cmp(x->source, y->source);
}

static int by_status(const void *a, const void *b)
{
    const struct ct_merge_host *x = a, *y = b;
    if (x->status != y->status) return x->status < y->status ? -1 : 1;
    int order = ct_str_cmp(x->name, y->name);
    return order ? order : ct_str_cmp(x->report ? x->report->image : CT_STR(""), y->report ? y->report->image : CT_STR(""));
}

static void add(struct ct_merge *m, struct ct_merge_host *list, struct ct_old_host *h)
{
    struct ct_merge_host *row = &list[m->n++];
    *row = (struct ct_merge_host){.name = h->name.n ? h->name : stem_of(h->source), .report = h};
    uint64_t open = 0;
    for (const struct ct_old_finding *f = h->findings; f; f = f->next) {
        row->by_state[f->state]++;
        open += f->state != CT_STATE_FIXED && f->state != CT_STATE_NOT_AFFECTED;
    }
    bool whole = h->has_host_line && h->complete && !h->interrupted;
    row->status = open ? CT_MERGE_AFFECTED : whole ? CT_MERGE_CLEAN : CT_MERGE_INCOMPLETE;
    m->affected_incomplete += open && !whole;
    m->answered++;
}

static ct_err note_collision(ct_arena *arena, struct ct_merge *m, ct_str *list, struct ct_old_host *const *hosts, size_t from, size_t to)
{
    struct ct_buf b;
    bool differ = false;
    for (size_t i = from + 1; i < to; i++)
        differ |= !hosts[i]->replaced && (!ct_str_eq(hosts[i]->hardware_id, hosts[from]->hardware_id) || !ct_str_eq(hosts[i]->name, hosts[from]->name));
    if (!differ || hosts[from]->machine_id.n == 0) return CT_OK;
    ct_buf_init(&b, arena, COLLISION_MAX * 2);
    ct_buf_add(&b, hosts[from]->machine_id);
    for (size_t i = from; i < to && b.n < COLLISION_MAX; i++) {
        if (hosts[i]->replaced) continue;
        ct_buf_text(&b, i == from ? ": " : ", ");
        ct_buf_add(&b, ct_str_slice(hosts[i]->name, 0, 256));
    }
    return ct_buf_str(&b, &list[m->n_collisions++]);
}

static struct ct_scope scope_of(const struct ct_old_host *h)
{
    return (struct ct_scope){.complete = h->has_host_line, .processes = ct_scope_processes(h->processes), .families = h->families,
                             .roots = h->roots, .n_roots = h->n_roots, .exclusions = h->exclusions, .n_exclusions = h->n_exclusions};
}

/* Whether a newer report looked once more at the place of an older one's finding. */
static bool looked_again(const struct ct_old_host *newer, const struct ct_old_host *older, const struct ct_old_finding *f)
{
    struct ct_scope now = scope_of(newer), then = scope_of(older);
    ct_str place = ct_scan_outer(f->path);
    bool runs = ct_str_find(place, CT_STR("://")) != CT_STR_NONE;
    if (!runs) then.processes = 0;
    then.roots = runs ? now.roots : &place;
    then.n_roots = runs ? now.n_roots : 1;
    return ct_scope_covers(&now, &then);
}

static int by_id(const void *a, const void *b) { return ct_str_cmp(*(const ct_str *)a, *(const ct_str *)b); }

static ct_err ids_of(ct_arena *arena, const struct ct_old_host *h, ct_str **ret_ids, size_t *ret_n)
{
    ct_str *ids = ct_arena_array(arena, (size_t)h->n_findings + 1, sizeof *ids);
    size_t n = 0;
    if (!ids) return CT_ERR_NOMEM;
    for (const struct ct_old_finding *f = h->findings; f && n < h->n_findings; f = f->next) ids[n++] = f->id;
    if (n) qsort(ids, n, sizeof *ids, by_id);
    *ret_ids = ids;
    *ret_n = n;
    return CT_OK;
}

/* hosts[to] goes into hosts[from], the newest report of the same host: all of it that no newer one looked at again. */
static ct_err join(ct_arena *arena, struct ct_merge *m, struct ct_old_host *const *hosts, size_t from, size_t to)
{
    struct ct_old_host *into = hosts[from], *older = hosts[to];
    struct ct_scope now = scope_of(into), then = scope_of(older);
    older->replaced = true;
    if (into->image.n || ct_scope_covers(&now, &then)) {
        m->replaced++;
        return CT_OK;
    }
    ct_str *ids;
    size_t n;
    CT_TRY(ids_of(arena, into, &ids, &n));
    m->joined++;
    into->complete &= older->complete;
    for (struct ct_old_finding *f = older->findings, *next; f; f = next) {
        bool again = n && bsearch(&f->id, ids, n, sizeof *ids, by_id);
        next = f->next;
        for (size_t i = from; i < to && !again; i++) again = looked_again(hosts[i], older, f);
        if (again) continue;
        f->next = NULL;
        *into->last_finding = f;
        into->last_finding = &f->next;
        into->n_findings++;
    }
    return CT_OK;
}

/* A report that was cut off lacks the line that says all of who the host is: it is of the host that has the same machine id and name,
 * where there is only one. */
static void identify_cut(struct ct_old_reports *reports, struct ct_old_host *cut)
{
    const struct ct_old_host *whole = NULL;
    for (const struct ct_old_host *h = reports->hosts; h; h = h->next) {
        bool same = h->has_host_line && ct_str_eq(h->machine_id, cut->machine_id) && ct_str_eq(h->image, cut->image) &&
                    (cut->name.n == 0 || ct_str_eq(h->name, cut->name)) && (cut->hardware_id.n == 0 || ct_str_eq(h->hardware_id, cut->hardware_id));
        if (!same) continue;
        if (whole && !same_host(whole, h)) return;
        whole = h;
    }
    if (!whole) return;
    cut->name = whole->name;
    cut->hardware_id = whole->hardware_id;
}

/* What a report of other rights said of its hardware, of one machine id: the id of the one that says more, where only one can be meant. */
static ct_str hardware_of(struct ct_old_host *const *hosts, size_t n, const struct ct_old_host *h)
{
    ct_str more = h->hardware_id;
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        const struct ct_old_host *o = hosts[i];
        if (ct_str_eq(o->hardware_id, h->hardware_id) || !ct_str_eq(o->image, h->image)) continue;
        enum ct_same_machine same = ct_identity_same(h->hardware_id, h->network_id, o->hardware_id, o->network_id);
        bool says_more = h->hardware_id.n ? !ct_str_eq(o->hardware_id, o->network_id) : ct_str_eq(o->name, h->name);
        if (same == CT_SAME_MACHINE_NO || o->hardware_id.n == 0 || !says_more) continue;
        if (found && !ct_str_eq(more, o->hardware_id)) return h->hardware_id;
        more = o->hardware_id;
        found = true;
    }
    return more;
}

/* hosts: by machine id. Reports of one machine get one hardware id: those without the rights to read it first, then those that say nothing. */
static ct_err settle(ct_arena *arena, struct ct_old_host *const *hosts, size_t n)
{
    ct_str *ids = ct_arena_array(arena, n + 1, sizeof *ids);
    if (!ids) return CT_ERR_NOMEM;
    for (unsigned round = 0; round < 2; round++)
        for (size_t from = 0, to; from < n; from = to) {
            for (to = from + 1; to < n && ct_str_eq(hosts[to]->machine_id, hosts[from]->machine_id);) to++;
            if (hosts[from]->machine_id.n == 0) continue;
            for (size_t i = from; i < to; i++) {
                const struct ct_old_host *h = hosts[i];
                bool turn = round ? h->hardware_id.n == 0 : h->hardware_id.n && ct_str_eq(h->hardware_id, h->network_id);
                ids[i] = turn ? hardware_of(&hosts[from], to - from, h) : h->hardware_id;
            }
            for (size_t i = from; i < to; i++) hosts[i]->hardware_id = ids[i];
        }
    return CT_OK;
}

static ct_err choose(ct_arena *arena, struct ct_old_reports *reports, struct ct_merge *m, struct ct_merge_host *list, size_t n)
{
    struct ct_old_host **hosts = ct_arena_array(arena, n + 1, sizeof *hosts);
    ct_str *collisions = ct_arena_array(arena, n + 1, sizeof *collisions);
    if (!hosts || !collisions) return CT_ERR_NOMEM;
    n = 0;
    for (struct ct_old_host *h = reports->hosts; h; h = h->next) {
        if (!h->has_host_line && h->machine_id.n) identify_cut(reports, h);
        hosts[n++] = h;
    }
    if (n) qsort(hosts, n, sizeof *hosts, by_identity);
    CT_TRY(settle(arena, hosts, n));
    if (n) qsort(hosts, n, sizeof *hosts, by_identity);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && same_host(hosts[from], hosts[to]); to++) CT_TRY(join(arena, m, hosts, from, to));
        add(m, list, hosts[from]);
    }
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && ct_str_eq(hosts[to]->machine_id, hosts[from]->machine_id);) to++;
        CT_TRY(note_collision(arena, m, collisions, hosts, from, to));
    }
    m->collisions = collisions;
    return CT_OK;
}

ct_err ct_merge_reports(ct_arena *arena, struct ct_old_reports *reports, const ct_str *expected, size_t n_expected, struct ct_merge *ret_merge)
{
    struct ct_merge m = {.expected = n_expected};
    size_t n = 0;
    for (const struct ct_old_host *h = reports->hosts; h; h = h->next) n++;
    struct ct_merge_host *list = ct_arena_array(arena, n + n_expected + 1, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    CT_TRY(choose(arena, reports, &m, list, n));
    size_t answered = m.n;
    for (size_t k = 0; k < n_expected; k++) {
        bool found = false;
        for (size_t i = 0; i < answered; i++)
            if (answers_to(list[i].report, expected[k])) found = list[i].expected = true;
        if (!found) list[m.n++] = (struct ct_merge_host){.status = CT_MERGE_SILENT, .name = expected[k], .expected = true};
    }
    for (size_t i = 0; i < m.n; i++) {
        m.by_status[list[i].status]++;
        m.unexpected += n_expected && !list[i].expected;
    }
    if (m.n) qsort(list, m.n, sizeof *list, by_status);
    m.hosts = list;
    *ret_merge = m;
    return CT_OK;
}
