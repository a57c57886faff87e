#include "actor/actor_impl.h"

#include <string.h>

enum { FORGED_BURST = 20, FORGED_MS = 15000,     /* sources without a connection: so many at once, one more each ... */
       CONNECTED_BURST = 60, CONNECTED_MS = 2000,
       QUIET_LIST_MS = 60 * 60 * 1000,           /* who was never told of is forgotten after this */
       LONGEST_QUIET_MS = 12 * 60 * 60 * 1000 };

static const int64_t widening[] = {10000, 60000, 300000, 1800000, 7200000, 21600000};

static void *counted_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    ct_actors *a = ctx;
    size_t most = a->opts.memory_max;
    if (n > old_n && (n - old_n > most || a->memory > most - (n - old_n))) {
        a->over_limit = true;
        return NULL;
    }
    void *to = a->alloc->resize(a->alloc->ctx, p, old_n, n);
    if (!to && n) return NULL;
    a->memory = a->memory - old_n + n;
    return to;
}

static void take_key(ct_actors *a)
{
    /* Halves of the key through the hash, so that slots tell nothing of it. */
    for (size_t i = 0; i < 2; i++) a->seed.k[i] = ct_actors_keyed(a, (ct_str){(const unsigned char *)(i ? "slots 1" : "slots 0"), 7});
}

ct_err ct_actors_new(const struct ct_alloc *alloc, const struct ct_actor_opts *opts, ct_actors **ret_actors)
{
    ct_actors *a = ct_alloc_get(alloc, sizeof *a);
    if (!a) return CT_ERR_NOMEM;
    *a = (struct ct_actors){.alloc = alloc, .opts = *opts, .next_ms = INT64_MAX, .crowd_no = 1};
    a->counted = (struct ct_alloc){counted_resize, a};
    if (!a->opts.actors_max) a->opts.actors_max = CT_ACTORS_MAX;
    if (!a->opts.memory_max) a->opts.memory_max = CT_ACTOR_MEMORY_MAX;
    if (!a->opts.quiet_ms) a->opts.quiet_ms = CT_ACTOR_QUIET_MS;
    if (!a->opts.ephemeral_first) a->opts.ephemeral_first = 32768;
    if (!a->opts.n_widening) {
        a->opts.widening_ms = widening;
        a->opts.n_widening = sizeof widening / sizeof *widening;
    }
    a->forged.milli_tokens = FORGED_BURST * 1000;
    a->connected.milli_tokens = CONNECTED_BURST * 1000;
    a->crowd = (struct ct_actor){.is_crowd = true, .due_ms = INT64_MAX};
    take_key(a);
    for (a->n_slots = 16; a->n_slots < a->opts.actors_max * 2;) a->n_slots *= 2;
    a->slots = ct_alloc_get(alloc, a->n_slots * sizeof *a->slots);
    /* Not cleared: what is not used yet costs no memory. */
    a->all = ct_alloc_get(alloc, a->opts.actors_max * sizeof *a->all);
    if (!a->slots || !a->all) {
        ct_actors_free(a);
        return CT_ERR_NOMEM;
    }
    memset(a->slots, 0, a->n_slots * sizeof *a->slots);
    *ret_actors = a;
    return CT_OK;
}

void ct_actors_free(ct_actors *a)
{
    if (!a) return;
    while (a->quiet.oldest) ct_actors_drop(a, a->quiet.oldest);
    while (a->told.oldest) ct_actors_drop(a, a->told.oldest);
    ct_actor_empty(a, &a->crowd);
    ct_alloc_put(a->alloc, a->slots, a->n_slots * sizeof *a->slots);
    ct_alloc_put(a->alloc, a->all, a->opts.actors_max * sizeof *a->all);
    ct_alloc_put(a->alloc, a, sizeof *a);
}

static void take_time(ct_actors *a, struct ct_moment *now)
{
    if (now->mono_ms < a->now_ms) now->mono_ms = a->now_ms;
    a->now_ms = now->mono_ms;
    a->real_us = now->real_us;
}

static ct_err add_port(ct_actors *a, struct ct_actor *x, struct ct_port_set *set, uint16_t port)
{
    bool is_new;
    ct_err err;
    do {
        a->over_limit = false;
        err = ct_port_set_add(set, &a->counted, port, &is_new);
    } while (err != CT_OK && ct_actors_make_way(a, x));
    return err;
}

static unsigned class_of(enum ct_technique t)
{
    switch (t) {
    case CT_TECHNIQUE_CONNECT: case CT_TECHNIQUE_SYN: return CT_CLASS_TCP;
    case CT_TECHNIQUE_UDP: return CT_CLASS_UDP;
    case CT_TECHNIQUE_PING: return CT_CLASS_PING;
    case CT_TECHNIQUE_NULL: case CT_TECHNIQUE_FIN: case CT_TECHNIQUE_XMAS: case CT_TECHNIQUE_ACK: case CT_TECHNIQUE_COUNT: break;
    }
    return CT_CLASS_STEALTH;
}

static void note_time(struct ct_actor *x, struct ct_moment now)
{
    x->last_us = now.real_us;
    x->last_ms = now.mono_ms;
    if (now.mono_ms / 1000 != x->second) {
        x->second = now.mono_ms / 1000;
        x->in_second = 0;
    }
}

static ct_err note_touch(ct_actors *a, struct ct_actor *x, const struct ct_touch *t, struct ct_moment now)
{
    note_time(x, now);
    x->touches++;
    if (++x->in_second > x->rate_peak) x->rate_peak = x->in_second;
    x->techniques |= 1u << t->technique;
    x->classes |= class_of(t->technique);
    memcpy(x->dest, t->dest, sizeof x->dest);
    x->dest_port = t->dest_port;
    x->transport = t->transport;
    ct_err err = CT_OK;
    if (t->transport != CT_TRANSPORT_ICMP) err = add_port(a, x, t->transport == CT_TRANSPORT_UDP ? &x->udp : &x->tcp, t->dest_port);
    if (t->technique == CT_TECHNIQUE_CONNECT) {
        x->sessions++;
        if (err == CT_OK) err = add_port(a, x, &x->opened, t->dest_port);
    }
    if (err != CT_OK) a->stats.forgotten++;
    return err;
}

static void plan(ct_actors *a, struct ct_actor *x, int64_t due_ms)
{
    if (due_ms < x->due_ms) x->due_ms = due_ms;
    if (x->due_ms < a->next_ms) a->next_ms = x->due_ms;
}

static int64_t quiet_of(const ct_actors *a, const struct ct_actor *x)
{
    int64_t ms = a->opts.quiet_ms;
    for (unsigned i = 0; i < x->returns && ms < LONGEST_QUIET_MS; i++) ms *= 2;
    return ms;
}

static bool take_token(struct ct_actor_bucket *b, int64_t burst, int64_t each_ms, int64_t now_ms)
{
    b->milli_tokens += (now_ms - b->at_ms) > burst * each_ms ? burst * 1000 : (now_ms - b->at_ms) * 1000 / each_ms;
    if (b->milli_tokens > burst * 1000) b->milli_tokens = burst * 1000;
    b->at_ms = now_ms;
    if (b->milli_tokens < 1000) return false;
    b->milli_tokens -= 1000;
    return true;
}

static void join_crowd(ct_actors *a, struct ct_actor *x, struct ct_moment now)
{
    struct ct_actor *c = &a->crowd;
    x->crowd_no = a->crowd_no;
    a->stats.crowd++;
    if (c->touches == 0) { /* a new one */
        c->first_us = now.real_us;
        memcpy(c->address, x->address, sizeof c->address);
        c->scope = x->scope;
    }
    if (a->crowd_sources < CT_ACTOR_CROWD_SHOWN) {
        memcpy(a->crowd_shown[a->crowd_sources], x->address, sizeof x->address);
        a->crowd_scope[a->crowd_sources] = x->scope;
    }
    a->crowd_sources++;
}

/* Is x told of by itself? A source that made no connection may be forged, and a thousand forged ones must not be a thousand
 * alerts. What carries a login or a payload always is. */
static void place(ct_actors *a, struct ct_actor *x, enum ct_technique technique, bool serious, struct ct_moment now)
{
    if (x->told) {
        ct_actors_move(a, x, true);
        return;
    }
    bool alone = serious;
    if (!alone && technique == CT_TECHNIQUE_CONNECT) alone = take_token(&a->connected, CONNECTED_BURST, CONNECTED_MS, now.mono_ms);
    else if (!alone && !ct_actor_in_crowd(a, x)) alone = take_token(&a->forged, FORGED_BURST, FORGED_MS, now.mono_ms);
    if (!alone && !ct_actor_in_crowd(a, x)) join_crowd(a, x, now);
    if (alone) x->crowd_no = 0;
    ct_actors_move(a, x, alone);
}

/* When x has something to say. */
static void schedule(ct_actors *a, struct ct_actor *x, struct ct_moment now)
{
    const struct ct_actor_opts *o = &a->opts;
    if (x->ended) {
        x->ended = false;
        if (x->returns < 16) x->returns++;
    }
    bool graver = x->grade > x->grade_told;
    if (x->sequence == 0) {
        plan(a, x, now.mono_ms + (graver || x->classes & CT_CLASS_SERIOUS ? 0 : o->settle_ms));
    } else if (graver) {
        x->worse = true;
        plan(a, x, now.mono_ms);
    } else if (x->classes & ~x->classes_told) {
        x->worse = true;
        plan(a, x, now.mono_ms + o->settle_ms);
    } else if (x->due_ms == INT64_MAX && ct_actor_grew(a, x)) {
        size_t step = x->step < o->n_widening ? x->step : o->n_widening - 1;
        int64_t due = x->told_ms + o->widening_ms[step];
        plan(a, x, due > now.mono_ms ? due : now.mono_ms);
    }
    if (x->sequence && x->last_ms + quiet_of(a, x) < a->next_ms) a->next_ms = x->last_ms + quiet_of(a, x);
}

/* x touched, and it counts. */
static ct_err note(ct_actors *a, struct ct_actor *x, const struct ct_touch *t, bool serious, struct ct_moment now)
{
    place(a, x, t->technique, serious, now);
    ct_err err = note_touch(a, x, t, now);
    if (ct_actor_in_crowd(a, x)) {
        ct_err crowd = note_touch(a, &a->crowd, t, now);
        if (err == CT_OK) err = crowd;
    }
    return err;
}

/* An actor that is only learned from: its ports are remembered, so that it shows when it scans. */
static ct_err remember_learned(ct_actors *a, struct ct_actor *x, const struct ct_touch *t, struct ct_moment now)
{
    ct_actors_move(a, x, x->told);
    return note_touch(a, x, t, now);
}

ct_err ct_actors_touch(ct_actors *a, const struct ct_touch *t, struct ct_moment now)
{
    struct ct_actor *x;
    take_time(a, &now);
    a->stats.touches++;
    const char *why = ct_actors_sort_out(a, t, false, true, now, &x);
    if (why) {
        if (x && strcmp(why, "learned") == 0) return remember_learned(a, x, t, now);
        if (x) ct_actors_move(a, x, x->told);
        return CT_OK;
    }
    a->pinned = x;
    ct_err err = note(a, x, t, false, now);
    a->pinned = NULL;
    schedule(a, ct_actor_in_crowd(a, x) ? &a->crowd : x, now);
    return err;
}

ct_err ct_actors_contact(ct_actors *a, const struct ct_contact *c, struct ct_moment now, ct_arena *arena,
                         struct ct_contact_event *ret_event)
{
    struct ct_actor *x;
    bool serious = ct_contact_is_serious(c), datagram = c->touch.technique != CT_TECHNIQUE_CONNECT;
    ct_err err = CT_OK;
    take_time(a, &now);
    a->stats.contacts++;
    a->stats.touches += datagram;
    const char *why = ct_actors_sort_out(a, &c->touch, serious, datagram, now, &x);
    if (why) {
        if (x && datagram && strcmp(why, "learned") == 0) err = remember_learned(a, x, &c->touch, now);
    } else {
        a->pinned = x;
        /* A connection has been counted when it was accepted, unless it was background then. */
        bool counted = !datagram && ct_port_set_has(&x->opened, c->touch.dest_port);
        if (counted) place(a, x, c->touch.technique, serious, now);
        else err = note(a, x, &c->touch, serious, now);
        if (datagram) x->sessions++;
        note_time(x, now);
        ct_err said = ct_actors_note_said(a, x, c);
        if (err == CT_OK) err = said;
        schedule(a, ct_actor_in_crowd(a, x) ? &a->crowd : x, now);
    }
    a->pinned = NULL;
    if (ret_event) {
        ct_err made = ct_actors_record(a, c, why ? NULL : x, why, now, arena, ret_event);
        if (err == CT_OK) err = made;
    }
    return err;
}

static void say_what_waits(ct_actors *a, struct ct_actor *x, struct ct_moment now)
{
    ct_actors_say(a, x, x->sequence == 0 ? CT_ACTOR_NEW : x->worse ? CT_ACTOR_ROSE : CT_ACTOR_GREW, false, now);
}

/* False: forgotten. */
static bool tick_one(ct_actors *a, struct ct_actor *x, struct ct_moment now)
{
    if (x->sequence && !x->ended && x->last_ms + quiet_of(a, x) <= now.mono_ms) {
        ct_actors_say(a, x, CT_ACTOR_ENDED, false, now);
        x->ended = true;
    } else if (x->due_ms <= now.mono_ms) {
        say_what_waits(a, x, now);
    }
    if (x->ended && x->last_ms + CT_ACTOR_FORGET_MS <= now.mono_ms) return false;
    int64_t next = x->ended ? x->last_ms + CT_ACTOR_FORGET_MS : x->sequence ? x->last_ms + quiet_of(a, x) : x->due_ms;
    if (x->due_ms < next) next = x->due_ms;
    if (next < a->next_ms) a->next_ms = next;
    return true;
}

/* A crowd that has dispersed begins anew. */
static void disperse(ct_actors *a)
{
    ct_actor_empty(a, &a->crowd);
    a->crowd = (struct ct_actor){.is_crowd = true, .due_ms = INT64_MAX};
    a->crowd_sources = 0;
    a->crowd_no++;
}

void ct_actors_tick(ct_actors *a, struct ct_moment now)
{
    take_time(a, &now);
    while (a->quiet.oldest && a->quiet.oldest->last_ms + QUIET_LIST_MS <= now.mono_ms) ct_actors_drop(a, a->quiet.oldest);
    if (now.mono_ms < a->next_ms) return;
    a->next_ms = INT64_MAX;
    for (struct ct_actor *x = a->told.oldest, *newer; x; x = newer) {
        newer = x->newer;
        if (!tick_one(a, x, now)) ct_actors_drop(a, x);
    }
    if (a->crowd.touches == 0) return;
    (void)tick_one(a, &a->crowd, now);
    if (a->crowd.ended) disperse(a);
}

int64_t ct_actors_next(const ct_actors *a)
{
    int64_t forget = a->quiet.oldest ? a->quiet.oldest->last_ms + QUIET_LIST_MS : INT64_MAX;
    return forget < a->next_ms ? forget : a->next_ms;
}

void ct_actors_flush(ct_actors *a, struct ct_moment now)
{
    take_time(a, &now);
    for (struct ct_actor *x = a->told.oldest; x; x = x->newer)
        if (x->due_ms != INT64_MAX) say_what_waits(a, x, now);
    if (a->crowd.due_ms != INT64_MAX) say_what_waits(a, &a->crowd, now);
}

void ct_actors_stats(const ct_actors *a, struct ct_actor_stats *ret_stats)
{
    *ret_stats = a->stats;
    ret_stats->actors = a->used;
    ret_stats->memory = a->memory;
}
