/* Where actors live: one block of them, a hash table over it, and two lists in order of their newest touch. */
#include "actor/actor_impl.h"

#include <assert.h>
#include <string.h>

struct ct_actor *ct_actors_find(const ct_actors *a, const unsigned char address[16], uint32_t scope)
{
    struct ct_actor *x = a->slots[ct_touch_hash(&a->seed, address, scope) & (a->n_slots - 1)];
    while (x && (x->scope != scope || memcmp(x->address, address, 16) != 0)) x = x->chain;
    return x;
}

static struct ct_actor_list *list_of(ct_actors *a, const struct ct_actor *x) { return x->told ? &a->told : &a->quiet; }

static void unlink_actor(ct_actors *a, struct ct_actor *x)
{
    struct ct_actor_list *l = list_of(a, x);
    *(x->newer ? &x->newer->older : &l->newest) = x->older;
    *(x->older ? &x->older->newer : &l->oldest) = x->newer;
    x->newer = x->older = NULL;
}

static void link_newest(ct_actors *a, struct ct_actor *x)
{
    struct ct_actor_list *l = list_of(a, x);
    x->older = l->newest;
    x->newer = NULL;
    *(l->newest ? &l->newest->newer : &l->oldest) = x;
    l->newest = x;
}

void ct_actors_move(ct_actors *a, struct ct_actor *x, bool told)
{
    unlink_actor(a, x);
    x->told = told;
    link_newest(a, x);
}

static void put(ct_actors *a, void *p, size_t n) { ct_alloc_put(&a->counted, p, n); }

void ct_actor_empty(ct_actors *a, struct ct_actor *x)
{
    ct_port_set_done(&x->tcp, &a->counted);
    ct_port_set_done(&x->udp, &a->counted);
    ct_port_set_done(&x->opened, &a->counted);
    put(a, x->stray, sizeof *x->stray);
    put(a, x->logins, sizeof *x->logins);
    put(a, x->sayings, sizeof *x->sayings);
    put(a, x->payload, sizeof *x->payload);
}

void ct_actors_drop(ct_actors *a, struct ct_actor *x)
{
    struct ct_actor **at = &a->slots[ct_touch_hash(&a->seed, x->address, x->scope) & (a->n_slots - 1)];
    while (*at != x) at = &(*at)->chain;
    *at = x->chain;
    unlink_actor(a, x);
    ct_actor_empty(a, x);
    x->chain = a->unused;
    a->unused = x;
    a->used--;
}

static void evict(ct_actors *a, struct ct_actor *x)
{
    struct ct_moment now = {a->real_us, a->now_ms};
    if (x->told) {
        /* Its first alert may still be waiting: it must not be lost. */
        if (x->sequence == 0) ct_actors_say(a, x, CT_ACTOR_NEW, false, now);
        if (!x->ended) ct_actors_say(a, x, CT_ACTOR_ENDED, true, now);
        a->stats.evicted_told++;
    } else {
        a->stats.evicted_quiet++;
    }
    ct_actors_drop(a, x);
}

static bool holds_memory(const struct ct_actor *x)
{
    return x->stray || x->logins || x->sayings || x->payload || x->tcp.cap || x->tcp.bits || x->udp.cap || x->udp.bits ||
           x->opened.cap || x->opened.bits;
}

static struct ct_actor *oldest_of(const ct_actors *a, const struct ct_actor_list *l, const struct ct_actor *spared, bool with_memory)
{
    struct ct_actor *x = l->oldest;
    while (x && (x == spared || x == a->pinned || (with_memory && !holds_memory(x)))) x = x->newer;
    return x;
}

/* Who gives way: those never told of first, each time the one silent longest. */
static bool evict_one(ct_actors *a, const struct ct_actor *spared, bool with_memory)
{
    struct ct_actor *x = oldest_of(a, &a->quiet, spared, with_memory);
    if (!x) x = oldest_of(a, &a->told, spared, with_memory);
    if (!x) return false;
    evict(a, x);
    return true;
}

struct ct_actor *ct_actors_make(ct_actors *a, const struct ct_touch *t, struct ct_moment now)
{
    if (!a->unused && a->fresh == a->opts.actors_max) (void)evict_one(a, NULL, false);
    struct ct_actor *x = a->unused;
    if (x) {
        a->unused = x->chain;
    } else {
        assert(a->fresh < a->opts.actors_max); /* nobody is pinned while one is made, so somebody gave way */
        x = &a->all[a->fresh++];
    }
    a->used++;
    *x = (struct ct_actor){.scope = t->scope, .first_us = now.real_us, .last_us = now.real_us, .last_ms = now.mono_ms, .due_ms = INT64_MAX};
    memcpy(x->address, t->source, sizeof x->address);
    struct ct_actor **slot = &a->slots[ct_touch_hash(&a->seed, x->address, x->scope) & (a->n_slots - 1)];
    x->chain = *slot;
    *slot = x;
    link_newest(a, x);
    return x;
}

void *ct_actors_get(ct_actors *a, struct ct_actor *for_whom, size_t n)
{
    for (;;) {
        a->over_limit = false;
        void *p = ct_alloc_get(&a->counted, n);
        if (p) return memset(p, 0, n);
        /* The heap itself failing is no reason to forget others. */
        if (!a->over_limit || !evict_one(a, for_whom, true)) return NULL;
    }
}

bool ct_actors_make_way(ct_actors *a, struct ct_actor *for_whom) { return a->over_limit && evict_one(a, for_whom, true); }
