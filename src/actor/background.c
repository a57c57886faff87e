#include "actor/background_impl.h"

#include <string.h>

ct_err ct_background_new(const struct ct_alloc *alloc, int64_t until_mono_ms, uint64_t seed, struct ct_background **ret_bg)
{
    struct ct_background *b = ct_alloc_get(alloc, sizeof *b);
    if (!b) return CT_ERR_NOMEM;
    *b = (struct ct_background){.alloc = alloc, .until_ms = until_mono_ms, .seed = {{seed, ~seed}}};
    *ret_bg = b;
    return CT_OK;
}

void ct_background_free(struct ct_background *b)
{
    if (!b) return;
    ct_alloc_put(b->alloc, b->lines, b->cap * sizeof *b->lines);
    ct_alloc_put(b->alloc, b, sizeof *b);
}

bool ct_background_is_exact(const struct ct_background_line *l) { return l->range.bits == 128 && l->first == l->last; }

static size_t slot_of(const struct ct_background *b, const unsigned char address[16], uint32_t scope, enum ct_transport transport,
                      uint16_t port)
{
    return (size_t)ct_touch_hash(&b->seed, address, (uint64_t)scope << 32 | (uint64_t)transport << 16 | port) % CT_BACKGROUND_SLOTS;
}

struct ct_background_line *ct_background_find(struct ct_background *b, const unsigned char address[16], uint32_t scope,
                                              enum ct_transport transport, uint16_t port)
{
    for (size_t at = slot_of(b, address, scope, transport, port); b->slots[at]; at = (at + 1) % CT_BACKGROUND_SLOTS) {
        struct ct_background_line *l = &b->lines[b->slots[at] - 1];
        if (!l->gone && l->first == port && l->transport == transport && l->scope == scope && memcmp(l->range.address, address, 16) == 0) return l;
    }
    return NULL;
}

static void index_line(struct ct_background *b, size_t i)
{
    const struct ct_background_line *l = &b->lines[i];
    if (!ct_background_is_exact(l)) {
        b->ranges[b->n_ranges++] = (uint16_t)i;
        return;
    }
    size_t at = slot_of(b, l->range.address, l->scope, l->transport, l->first);
    while (b->slots[at]) at = (at + 1) % CT_BACKGROUND_SLOTS;
    b->slots[at] = (uint16_t)(i + 1);
}

/* Leaves out what was taken back. */
static void squeeze(struct ct_background *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        if (!b->lines[i].gone) b->lines[n++] = b->lines[i];
    b->n = n;
    b->gone = b->n_ranges = 0;
    memset(b->slots, 0, sizeof b->slots);
    for (size_t i = 0; i < n; i++) index_line(b, i);
}

ct_err ct_background_add(struct ct_background *b, const struct ct_background_line *l)
{
    /* Half of them, so that a source that is learned and taken back again and again costs little. */
    if (b->gone * 2 > b->n || (b->n == CT_BACKGROUND_MAX && b->gone)) squeeze(b);
    if (b->n == CT_BACKGROUND_MAX) return CT_ERR_CAP;
    if (!ct_background_is_exact(l) && b->n_ranges == CT_BACKGROUND_RANGES_MAX) return CT_ERR_CAP;
    if (b->n == b->cap) {
        size_t wider = b->cap ? b->cap * 2 : 16;
        void *p = b->alloc->resize(b->alloc->ctx, b->lines, b->cap * sizeof *b->lines, wider * sizeof *b->lines);
        if (!p) return CT_ERR_NOMEM;
        b->lines = p;
        b->cap = wider;
    }
    b->lines[b->n] = *l;
    index_line(b, b->n++);
    b->changed = true;
    return CT_OK;
}

static bool covers(const struct ct_background_line *l, const struct ct_touch *t)
{
    return !l->gone && l->transport == t->transport && t->dest_port >= l->first && t->dest_port <= l->last &&
           (l->scope == 0 || l->scope == t->scope) && ct_cidr_covers(&l->range, t->source);
}

/* The line that speaks of t: of just its address and port first, then a rejected range, then any. */
static struct ct_background_line *line_for(struct ct_background *b, const struct ct_touch *t)
{
    struct ct_background_line *found = ct_background_find(b, t->source, t->scope, t->transport, t->dest_port);
    if (found) return found;
    for (size_t i = 0; i < b->n_ranges; i++) {
        struct ct_background_line *l = &b->lines[b->ranges[i]];
        if (!covers(l, t)) continue;
        if (l->state == CT_BACKGROUND_REJECTED) return l;
        if (!found) found = l;
    }
    return found;
}

/* Only what an ordinary program does can be expected. */
static bool ordinary(enum ct_technique t)
{
    return t == CT_TECHNIQUE_CONNECT || t == CT_TECHNIQUE_SYN || t == CT_TECHNIQUE_UDP || t == CT_TECHNIQUE_PING;
}

static void count(struct ct_background_line *l, int64_t real_us)
{
    l->count++;
    l->last_us = real_us;
    if (l->first_us == INT64_MIN) l->first_us = real_us;
}

bool ct_background_has(struct ct_background *b, const struct ct_touch *t, bool counted, int64_t real_us)
{
    if (!b || !ordinary(t->technique)) return false;
    struct ct_background_line *l = line_for(b, t);
    if (!l || l->state == CT_BACKGROUND_REJECTED) return false;
    if (counted) count(l, real_us);
    return true;
}

bool ct_background_learning(const struct ct_background *b, int64_t mono_ms) { return b && mono_ms < b->until_ms; }

bool ct_background_learn(struct ct_background *b, const struct ct_touch *t, struct ct_moment now)
{
    if (!ct_background_learning(b, now.mono_ms) || !ordinary(t->technique) || line_for(b, t)) return false;
    struct ct_background_line l = {.range = {.bits = 128}, .scope = t->scope, .transport = t->transport, .first = t->dest_port,
                                   .last = t->dest_port, .state = CT_BACKGROUND_LEARNED, .count = 1, .first_us = now.real_us,
                                   .last_us = now.real_us};
    memcpy(l.range.address, t->source, sizeof l.range.address);
    return ct_background_add(b, &l) == CT_OK;
}

size_t ct_background_take_back(struct ct_background *b, const struct ct_touch *t)
{
    size_t n = 0;
    for (size_t i = 0; b && i < b->n; i++) {
        struct ct_background_line *l = &b->lines[i];
        if (l->gone || l->state != CT_BACKGROUND_LEARNED || l->scope != t->scope || memcmp(l->range.address, t->source, 16) != 0) continue;
        l->gone = true;
        n++;
    }
    if (n) {
        b->gone += n;
        b->changed = true;
    }
    return n;
}

size_t ct_background_count(const struct ct_background *b, enum ct_background_state s)
{
    size_t n = 0;
    for (size_t i = 0; b && i < b->n; i++) n += !b->lines[i].gone && b->lines[i].state == s;
    return n;
}

bool ct_background_changed(const struct ct_background *b) { return b && b->changed; }
