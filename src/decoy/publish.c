#include "decoy/publish.h"

#include <string.h>

enum { FIRST = 64 };

struct edge {
    uint32_t from, to;
    struct ct_publish_ports ports;
};

struct ct_publish {
    ct_arena *arena;
    struct ct_names chains;
    struct edge *edges;
    size_t n, cap;
    bool full;
};

/* --- names -------------------------------------------------------------------------------------------------------- */

static uint32_t *slot_of(const struct ct_names *t, ct_str name)
{
    size_t i = (size_t)ct_str_hash(name) & (2 * (size_t)t->cap - 1);
    while (t->slots[i] != CT_NAMES_NONE && !ct_str_eq(t->names[t->slots[i]], name)) i = (i + 1) & (2 * (size_t)t->cap - 1);
    return &t->slots[i];
}

/* Twice as many slots as names: a search ends. */
static bool grow_names(struct ct_names *t)
{
    uint32_t cap = t->cap ? 2 * t->cap : FIRST;
    ct_str *names = ct_arena_array(t->arena, cap, sizeof *names);
    uint32_t *slots = ct_arena_array(t->arena, 2 * (size_t)cap, sizeof *slots);
    if (!names || !slots) return false;
    if (t->n) memcpy(names, t->names, t->n * sizeof *names);
    memset(slots, 0xff, 2 * (size_t)cap * sizeof *slots);
    t->names = names;
    t->slots = slots;
    t->cap = cap;
    for (uint32_t i = 0; i < t->n; i++) *slot_of(t, names[i]) = i;
    return true;
}

uint32_t ct_names_number(struct ct_names *t, ct_str name)
{
    ct_str copy;
    if (t->n == t->cap && !grow_names(t)) return CT_NAMES_NONE;
    uint32_t *slot = slot_of(t, name);
    if (*slot != CT_NAMES_NONE) return *slot;
    if (ct_arena_dup(t->arena, name, &copy) != CT_OK) return CT_NAMES_NONE;
    t->names[t->n] = copy;
    *slot = t->n;
    return t->n++;
}

/* --- the graph ---------------------------------------------------------------------------------------------------- */

struct ct_publish *ct_publish_new(ct_arena *arena)
{
    struct ct_publish *p = ct_arena_zalloc(arena, sizeof *p);
    if (!p) return NULL;
    p->arena = arena;
    p->chains.arena = arena;
    return ct_names_number(&p->chains, CT_STR("")) == CT_PUBLISH_TRANSLATED ? p : NULL;
}

uint32_t ct_publish_chain(struct ct_publish *p, ct_str name)
{
    uint32_t n = ct_names_number(&p->chains, ct_str_slice(name, 0, 512));
    if (n == CT_NAMES_NONE) p->full = true;
    return n;
}

void ct_publish_edge(struct ct_publish *p, uint32_t from, uint32_t to, struct ct_publish_ports ports)
{
    if (from == CT_NAMES_NONE || to == CT_NAMES_NONE || !ports.transports) return;
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : FIRST;
        struct edge *edges = ct_arena_grow(p->arena, p->edges, p->cap * sizeof *edges, cap * sizeof *edges);
        if (!edges) {
            p->full = true;
            return;
        }
        p->edges = edges;
        p->cap = cap;
    }
    p->edges[p->n++] = (struct edge){from, to, ports};
}

static bool names_none(const struct ct_publish_ports *ports) { return !ports->last && !ports->unread; }

/* From which chains does something that names no port lead to a translation? Rules nest to a depth of sixteen: few rounds. */
static void spread(const struct ct_publish *p, bool *leads)
{
    leads[CT_PUBLISH_TRANSLATED] = true;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = p->n; i-- > 0;) {
            const struct edge *e = &p->edges[i];
            if (!leads[e->to] || leads[e->from] || !names_none(&e->ports)) continue;
            leads[e->from] = more = true;
        }
    }
}

ct_err ct_publish_tell(struct ct_publish *p, const struct ct_publish_tell *tell)
{
    bool *leads = ct_arena_zalloc(p->arena, p->chains.n);
    if (!leads) return CT_ERR_NOMEM;
    spread(p, leads);
    for (size_t i = 0; i < p->n; i++) {
        const struct edge *e = &p->edges[i];
        if (!leads[e->to] || names_none(&e->ports)) continue;
        if (e->ports.unread) {
            tell->unread(tell->ctx, p->chains.names[e->from]);
            continue;
        }
        if (e->ports.transports & CT_PUBLISH_TCP) tell->ports(tell->ctx, false, e->ports.first, e->ports.last);
        if (e->ports.transports & CT_PUBLISH_UDP) tell->ports(tell->ctx, true, e->ports.first, e->ports.last);
    }
    return p->full ? CT_ERR_NOMEM : CT_OK;
}
