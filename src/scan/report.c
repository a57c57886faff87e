#include "scan/report.h"

#include "base/limits.h"
#include "event/attempt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINISH = 8 << 20 }; /* kept back for the lists that finish makes */

ct_err ct_scan_report_new(const struct ct_alloc *alloc, ct_scan_report **ret_report)
{
    ct_scan_report *r = ct_alloc_get(alloc, sizeof *r);
    if (!r) return CT_ERR_NOMEM;
    *r = (ct_scan_report){.alloc = alloc};
    r->last_item = &r->items;
    r->last_part = &r->parts;
    r->last_note = &r->notes;
    r->last_skipped = &r->skipped;
    ct_err e = ct_arena_new(alloc, (size_t)CT_SCAN_REPORT_MAX + FINISH, &r->arena);
    if (e == CT_OK && pthread_mutex_init(&r->lock, NULL) != 0) e = CT_ERR_NOMEM;
    if (e != CT_OK) {
        ct_arena_free(r->arena);
        ct_alloc_put(alloc, r, sizeof *r);
        return e;
    }
    ct_intern_init(&r->texts, alloc, r->arena);
    *ret_report = r;
    return CT_OK;
}

void ct_scan_report_free(ct_scan_report *r)
{
    if (!r) return;
    (void)pthread_mutex_destroy(&r->lock);
    ct_intern_done(&r->texts);
    ct_arena_free(r->arena);
    ct_alloc_put(r->alloc, r, sizeof *r);
}

static bool is_full(const ct_scan_report *r) { return ct_arena_used(r->arena) >= CT_SCAN_REPORT_MAX; }

/* Of equal lists one is kept too: with their texts interned they are equal bytes. */
static ct_err keep_list(ct_scan_report *r, const ct_str *list, size_t n, const ct_str **ret_list)
{
    if (n == 0) return CT_OK;
    ct_str *copy = ct_alloc_get(r->alloc, n * sizeof *copy), bytes = {NULL, 0};
    if (!copy) return CT_ERR_NOMEM;
    ct_err e = CT_OK;
    for (size_t i = 0; i < n && e == CT_OK; i++) e = ct_intern_str(&r->texts, list[i], &copy[i]);
    if (e == CT_OK) e = ct_intern_str(&r->texts, (ct_str){(const unsigned char *)copy, n * sizeof *copy}, &bytes);
    ct_alloc_put(r->alloc, copy, n * sizeof *copy);
    if (e == CT_OK) *ret_list = (const ct_str *)(const void *)bytes.p;
    return e;
}

static ct_err keep_processes(ct_scan_report *r, struct ct_scan_finding *f)
{
    if (f->n_processes == 0) return CT_OK;
    struct ct_scan_process *list = ct_arena_array(r->arena, f->n_processes, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    for (size_t i = 0; i < f->n_processes; i++) {
        struct ct_scan_process *p = &list[i];
        *p = f->processes[i];
        ct_str *parts[] = {&p->name, &p->unit, &p->container, &p->user, &p->how, &p->controls, &p->java};
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) CT_TRY(ct_intern_str(&r->texts, *parts[k], parts[k]));
    }
    f->processes = list;
    return CT_OK;
}

static ct_err keep_finding(ct_scan_report *r, struct ct_scan_finding *f)
{
    ct_str *parts[] = {&f->vulnerability, &f->product, &f->purl, &f->version, &f->path, &f->reason, &f->fix};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) CT_TRY(ct_intern_str(&r->texts, *parts[i], parts[i]));
    CT_TRY(keep_list(r, f->evidence, f->n_evidence, &f->evidence));
    CT_TRY(keep_list(r, f->remove, f->n_remove, &f->remove));
    return keep_processes(r, f);
}

void ct_scan_report_finding(ct_scan_report *r, enum ct_state state, const struct ct_scan_finding *f, const struct ct_scan_origin *origin)
{
    (void)pthread_mutex_lock(&r->lock);
    struct ct_scan_item *item = is_full(r) ? NULL : ct_arena_zalloc(r->arena, sizeof *item);
    if (item) {
        item->state = state;
        item->finding = *f;
        if (origin) item->origin = *origin;
    }
    if (item && keep_finding(r, &item->finding) == CT_OK) {
        *r->last_item = item;
        r->last_item = &item->next;
        r->n_items++;
    } else {
        r->lost++;
    }
    (void)pthread_mutex_unlock(&r->lock);
}

size_t ct_scan_report_found(ct_scan_report *r)
{
    (void)pthread_mutex_lock(&r->lock);
    size_t n = r->n_items;
    (void)pthread_mutex_unlock(&r->lock);
    return n;
}

void ct_scan_report_replace(ct_scan_report *r, struct ct_scan_item *item, enum ct_state state, const struct ct_scan_finding *f)
{
    struct ct_scan_finding copy = *f;
    (void)pthread_mutex_lock(&r->lock);
    ct_err e = is_full(r) ? CT_ERR_NOMEM : keep_finding(r, &copy);
    if (e == CT_OK) {
        item->finding = copy;
        item->state = state;
    } else {
        r->lost++;
    }
    (void)pthread_mutex_unlock(&r->lock);
}

void ct_scan_report_component(ct_scan_report *r, const struct ct_component *c, const struct ct_scan_origin *origin)
{
    (void)pthread_mutex_lock(&r->lock);
    struct ct_scan_part *part = is_full(r) ? NULL : ct_arena_zalloc(r->arena, sizeof *part);
    if (part && origin) part->origin = *origin;
    if (part && ct_component_intern(&r->texts, c, &part->component) == CT_OK) {
        *r->last_part = part;
        r->last_part = &part->next;
        r->n_parts++;
    } else {
        r->lost++;
    }
    (void)pthread_mutex_unlock(&r->lock);
}

/* Adds to a list of notes; false when it is full. */
static bool keep(ct_scan_report *r, struct ct_scan_note_item ***last, size_t *n, ct_str path, const char *text, bool incomplete)
{
    if (*n >= CT_SCAN_NOTES_MAX || is_full(r)) return false;
    struct ct_scan_note_item *item = ct_arena_zalloc(r->arena, sizeof *item);
    if (!item || ct_intern_str(&r->texts, path, &item->note.path) != CT_OK) return false;
    if (ct_intern_str(&r->texts, ct_str_from(text), &item->note.text) != CT_OK) return false;
    item->note.incomplete = incomplete;
    **last = item;
    *last = &item->next;
    (*n)++;
    return true;
}

void ct_scan_report_note(ct_scan_report *r, ct_str path, bool incomplete, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)pthread_mutex_lock(&r->lock);
    r->incomplete |= incomplete;
    if (!keep(r, &r->last_note, &r->n_notes, path, text, incomplete)) r->more_notes++;
    (void)pthread_mutex_unlock(&r->lock);
}

void ct_scan_report_skipped(ct_scan_report *r, ct_str path, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)pthread_mutex_lock(&r->lock);
    if (!keep(r, &r->last_skipped, &r->n_skipped, path, text, false)) r->more_notes++;
    (void)pthread_mutex_unlock(&r->lock);
}

static unsigned severity_rank(const char *s)
{
    static const char *const names[] = {"critical", "high", "medium", "low"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(s, names[i]) == 0) return i;
    return sizeof names / sizeof *names;
}

unsigned ct_scan_urgency(const struct ct_scan_item *item)
{
    bool covered = item->state == CT_STATE_MITIGATED || !ct_scan_state_open(item->state);
    return (covered ? 100u : 0u) + 10u * severity_rank(item->finding.severity) + (unsigned)item->state;
}

/* The most urgent first, of those the newest CVE; then by place: a total order but for true duplicates. */
static int item_order(const void *a, const void *b)
{
    const struct ct_scan_item *x = *(const struct ct_scan_item *const *)a, *y = *(const struct ct_scan_item *const *)b;
    unsigned p = ct_scan_urgency(x), q = ct_scan_urgency(y);
    if (p != q) return p < q ? -1 : 1;
    int order = ct_str_cmp(y->finding.vulnerability, x->finding.vulnerability);
    if (!order) order = ct_str_cmp(x->finding.path, y->finding.path);
    if (!order) order = ct_str_cmp(x->finding.product, y->finding.product);
    if (!order) order = ct_str_cmp(x->finding.version, y->finding.version);
    return order ? order : strcmp(x->finding.source, y->finding.source);
}

static int part_order(const void *a, const void *b)
{
    const struct ct_scan_part *x = *(const struct ct_scan_part *const *)a, *y = *(const struct ct_scan_part *const *)b;
    return ct_component_cmp(&x->component, &y->component);
}

static int note_order(const void *a, const void *b)
{
    const struct ct_scan_note *x = a, *y = b;
    if (x->incomplete != y->incomplete) return x->incomplete ? -1 : 1;
    int order = ct_str_cmp(x->path, y->path);
    return order ? order : ct_str_cmp(x->text, y->text);
}

static ct_err notes_to_array(ct_scan_report *r, const struct ct_scan_note_item *list, size_t n, const struct ct_scan_note **ret_notes)
{
    struct ct_scan_note *notes = ct_arena_array(r->arena, n + 1, sizeof *notes);
    if (!notes) return CT_ERR_NOMEM;
    size_t i = 0;
    for (; list; list = list->next) notes[i++] = list->note;
    if (n) qsort(notes, n, sizeof *notes, note_order);
    *ret_notes = notes;
    return CT_OK;
}

static bool is_first_name(const struct ct_seen *links, const struct ct_scan_origin *o)
{
    if (o->visit == 0 || !links) return true;
    uint64_t first = ct_seen_first(links, o->dev, o->ino);
    return first == 0 || first == o->visit;
}

/* The same finding in two scans of one machine has the same id, whatever else was found. */
static void number(ct_scan_report *r, struct ct_scan_finding *f)
{
    unsigned char text[2][16];
    ct_str who = r->host.image_digest.n ? r->host.image_digest : r->host.who.machine_id.n ? r->host.who.machine_id : r->host.who.name;
    ct_event_id(who, 0, f->path, text[0]);
    ct_event_id(f->product, 0, f->vulnerability, text[1]);
    ct_event_id((ct_str){text[0], 16}, 0, (ct_str){text[1], 16}, f->id);
}

static void count(struct ct_scan_host *h, enum ct_state state)
{
    if (!ct_scan_state_open(state)) return;
    h->findings++;
    if (state == CT_STATE_AFFECTED) h->affected++;
    if (state == CT_STATE_MITIGATED) h->mitigated++;
    if (state == CT_STATE_FIXED_ON_DISK) h->fixed_on_disk++;
    if (state == CT_STATE_UNDER_INVESTIGATION) h->under_investigation++;
}

static ct_err sort_findings(ct_scan_report *r, const struct ct_seen *links)
{
    const struct ct_scan_item **list = ct_arena_array(r->arena, r->n_items + 1, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    size_t n = 0, kept = 0;
    for (struct ct_scan_item *i = r->items; i; i = i->next) {
        if (!is_first_name(links, &i->origin)) continue;
        number(r, &i->finding);
        list[n++] = i;
    }
    if (n) qsort(list, n, sizeof *list, item_order);
    for (size_t i = 0; i < n; i++) {
        if (kept && item_order(&list[kept - 1], &list[i]) == 0) continue;
        count(&r->host, list[i]->state);
        list[kept++] = list[i];
    }
    r->findings = list;
    r->n_findings = kept;
    return CT_OK;
}

static ct_err sort_components(ct_scan_report *r, const struct ct_seen *links)
{
    const struct ct_scan_part **list = ct_arena_array(r->arena, r->n_parts + 1, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    size_t n = 0, kept = 0;
    for (const struct ct_scan_part *p = r->parts; p; p = p->next)
        if (is_first_name(links, &p->origin)) list[n++] = p;
    if (n) qsort(list, n, sizeof *list, part_order);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || part_order(&list[kept - 1], &list[i]) != 0) list[kept++] = list[i];
    r->components = list;
    r->n_components = r->host.components = kept;
    return CT_OK;
}

ct_err ct_scan_report_finish(ct_scan_report *r, const struct ct_seen *links)
{
    struct ct_scan_host *h = &r->host;
    h->findings = h->affected = h->mitigated = h->fixed_on_disk = h->under_investigation = 0;
    if (r->lost) {
        r->incomplete = true;
        char text[96];
        (void)snprintf(text, sizeof text, "%llu findings and components did not fit into the report", (unsigned long long)r->lost);
        struct ct_scan_note_item *item = ct_arena_zalloc(r->arena, sizeof *item);
        if (!item || ct_arena_dup(r->arena, ct_str_from(text), &item->note.text) != CT_OK) return CT_ERR_NOMEM;
        item->note.incomplete = true;
        *r->last_note = item;
        r->last_note = &item->next;
        r->n_notes++;
        r->lost = 0;
    }
    CT_TRY(sort_findings(r, links));
    CT_TRY(sort_components(r, links));
    CT_TRY(notes_to_array(r, r->notes, r->n_notes, &h->notes));
    CT_TRY(notes_to_array(r, r->skipped, r->n_skipped, &h->skipped));
    h->n_notes = r->n_notes;
    h->n_skipped = r->n_skipped;
    h->more_notes = r->more_notes;
    h->interrupted = r->interrupted;
    h->complete = !r->incomplete && !r->interrupted;
    return CT_OK;
}
