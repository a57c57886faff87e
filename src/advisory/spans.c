/* Events of a record become spans of versions.
 *
 * How it works: the schema sorts the events of a range and lets each switch "vulnerable" on or off for all versions from it on.
 * The stretches where it is on are the spans. A limit cuts all of them off. Ranges that a person wrote come as intervals.
 */
#include "advisory/osv.h"
#include "advisory/advisory_table.h"

#include <string.h>

struct event {
    enum ct_osv_event_kind kind;
    ct_str key, text;   /* a null key: before every version */
};

static int cmp_event(enum ct_order order, const struct event *a, const struct event *b)
{
    if (!a->key.p || !b->key.p) return (a->key.p != NULL) - (b->key.p != NULL);
    int c = ct_version_key_cmp(order, a->key, b->key);
    if (c) return c;
    /* What a version was last affected by must not close before it opens. */
    return (a->kind == CT_OSV_LAST_AFFECTED) - (b->kind == CT_OSV_LAST_AFFECTED);
}

/* Merge sort, since equal events keep their order and a record may hold thousands. */
static void sort(enum ct_order order, struct event *events, struct event *other, size_t n)
{
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t from = 0; from < n; from += 2 * width) {
            size_t mid = from + width < n ? from + width : n, end = mid + width < n ? mid + width : n;
            size_t a = from, b = mid;
            for (size_t to = from; to < end; to++) {
                bool left = a < mid && (b >= end || cmp_event(order, &events[a], &events[b]) <= 0);
                other[to] = left ? events[a++] : events[b++];
            }
        }
        memcpy(events, other, n * sizeof *events);
    }
}

static ct_err key_of(struct ct_advisories *db, enum ct_order order, ct_str version, ct_str *ret_key)
{
    unsigned char key[CT_VERSION_KEY_MAX];
    size_t n;
    CT_TRY(ct_version_key(order, version, key, sizeof key, &n));
    return ct_arena_dup(db->scratch, (ct_str){key, n}, ret_key);
}

bool ct_span_holds(enum ct_order order, const struct ct_span *span, ct_str key)
{
    int c = span->low.p ? ct_version_key_cmp(order, key, span->low) : 1;
    if (c < 0 || (c == 0 && span->low_out)) return false;
    if (!span->high.p) return true;
    c = ct_version_key_cmp(order, key, span->high);
    return c < 0 || (c == 0 && span->high_in);
}

struct list {
    struct ct_span *p;
    size_t n, cap;
};

static ct_err push(struct ct_advisories *db, struct list *list, const struct ct_span *span)
{
    CT_TRY(ct_table_grow(db->scratch, &list->p, list->n, &list->cap, sizeof *list->p));
    list->p[list->n++] = *span;
    return CT_OK;
}

/* Sorted events of one range. */
static ct_err switch_on_and_off(struct ct_advisories *db, enum ct_order order, const struct event *events, size_t n, const struct event *limit, struct list *list)
{
    struct ct_span span = {0};
    bool on = false;
    for (size_t i = 0; i <= n; i++) {
        const struct event *e = i < n ? &events[i] : NULL;
        if (e && e->kind == CT_OSV_INTRODUCED) {
            if (!on) span = (struct ct_span){.low = e->key};
            on = true;
            continue;
        }
        if (!on) continue;
        on = false;
        if (e) {
            span.high = e->key;
            span.high_in = e->kind == CT_OSV_LAST_AFFECTED;
            if (e->kind == CT_OSV_FIXED) span.fixed = e->text;
        }
        if (limit && (!span.high.p || ct_version_key_cmp(order, span.high, limit->key) >= 0)) {
            span.high = limit->key;
            span.high_in = false;
            span.fixed = (ct_str){NULL, 0};
        }
        if (span.low.p && span.high.p && !ct_span_holds(order, &span, span.low)) continue; /* holds nothing */
        CT_TRY(push(db, list, &span));
    }
    return CT_OK;
}

/* The events of one range, with keys; *ret_limit: the highest limit, or none. */
static ct_err read_events(struct ct_advisories *db, enum ct_order order, const struct ct_osv_affected *a, size_t from, size_t to, struct event *events,
                          size_t *ret_n, struct event *limit, struct ct_entry *entry)
{
    size_t n = 0;
    bool unlimited = false;
    for (size_t i = from; i < to; i++) {
        const struct ct_osv_event *in = &a->events[i];
        struct event e = {.kind = in->kind, .text = in->version};
        bool star = in->kind == CT_OSV_LIMIT && ct_str_eq(in->version, CT_STR("*"));
        unlimited |= star;
        if (star) continue;
        if (in->kind != CT_OSV_INTRODUCED || !ct_str_eq(in->version, CT_STR("0"))) {
            ct_err err = key_of(db, order, in->version, &e.key);
            if (err == CT_ERR_NOMEM) return err;
            if (err) {
                db->stats.unreadable_versions++;
                entry->less |= in->kind != CT_OSV_INTRODUCED;
                entry->more |= in->kind == CT_OSV_INTRODUCED || in->kind == CT_OSV_LIMIT;
                continue;
            }
        }
        if (in->kind != CT_OSV_LIMIT) events[n++] = e;
        else if (!limit->key.p || ct_version_key_cmp(order, e.key, limit->key) > 0) *limit = e;
    }
    if (unlimited) limit->key = (ct_str){NULL, 0};
    *ret_n = n;
    return CT_OK;
}

/* An interval with holes is the spans between them. */
static ct_err from_interval(struct ct_advisories *db, enum ct_order order, const struct ct_interval *in, struct list *list)
{
    struct ct_span rest = {.low = in->low, .high = in->high, .low_out = !in->low_in, .high_in = in->high_in};
    for (;;) {
        ct_str hole = {NULL, 0};
        for (size_t i = 0; i < in->except_n; i++)
            if (ct_span_holds(order, &rest, in->except[i]) && (!hole.p || ct_version_key_cmp(order, in->except[i], hole) < 0)) hole = in->except[i];
        if (!hole.p) return push(db, list, &rest);
        struct ct_span before = {.low = rest.low, .low_out = rest.low_out, .high = hole};
        CT_TRY(push(db, list, &before));
        rest.low = hole;
        rest.low_out = true;
    }
}

static ct_err keep(struct ct_advisories *db, const struct list *list, struct ct_entry *entry)
{
    if (list->n == 0) return CT_OK;
    struct ct_span *spans = ct_arena_array(db->arena, list->n, sizeof *spans);
    if (!spans) return CT_ERR_NOMEM;
    for (size_t i = 0; i < list->n; i++) {
        spans[i] = list->p[i];
        if (spans[i].low.p) CT_TRY(ct_arena_dup(db->arena, spans[i].low, &spans[i].low));
        if (spans[i].high.p) CT_TRY(ct_arena_dup(db->arena, spans[i].high, &spans[i].high));
        if (spans[i].fixed.p) CT_TRY(ct_arena_dup(db->arena, spans[i].fixed, &spans[i].fixed));
    }
    entry->spans = spans;
    entry->spans_n = (uint32_t)list->n;
    return CT_OK;
}

ct_err ct_spans_make(struct ct_advisories *db, enum ct_order order, const struct ct_osv_affected *a, struct ct_entry *entry)
{
    struct list list = {0};
    struct event *events = ct_arena_array(db->scratch, a->events_n, sizeof *events), *other = ct_arena_array(db->scratch, a->events_n, sizeof *other);
    if (!events || !other) return CT_ERR_NOMEM;
    for (size_t from = 0, to = 0; from < a->events_n; from = to) {
        while (to < a->events_n && a->events[to].range == a->events[from].range) to++;
        struct event limit = {0};
        size_t n;
        CT_TRY(read_events(db, order, a, from, to, events, &n, &limit, entry));
        sort(order, events, other, n);
        CT_TRY(switch_on_and_off(db, order, events, n, limit.key.p ? &limit : NULL, &list));
    }
    for (size_t i = 0; a->range && i < a->range->n; i++) CT_TRY(from_interval(db, order, &a->range->intervals[i], &list));
    return keep(db, &list, entry);
}
