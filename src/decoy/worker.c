#include "decoy/learned.h"
#include "decoy/worker.h"

#include "actor/actor.h"
#include "actor/background.h"
#include "decoy/canary.h"
#include "decoy/chance.h"
#include "decoy/metrics.h"
#include "decoy/contact_file.h"
#include "decoy/sandbox.h"
#include "decoy/secure.h"
#include "decoy/session.h"
#include "decoy/hear.h"
#include "os/clock.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_A_TURN = 256, TICK_MS = 1000, ROUNDS_A_TURN = 8, USUAL_LINE = 2048 };

ct_err ct_worker_watch(struct ct_worker *w, struct ct_watch_item *item, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = item};
    return epoll_ctl(w->epoll, EPOLL_CTL_ADD, item->fd, &e) == 0 ? CT_OK : CT_ERR_NOMEM;
}

void ct_worker_rewatch(struct ct_worker *w, struct ct_watch_item *item, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = item};
    (void)epoll_ctl(w->epoll, EPOLL_CTL_MOD, item->fd, &e);
}

/* --- events to the teller ------------------------------------------------------------------------------------------- */

struct queued {
    uint32_t kind, head_n, body_n;
};

static bool enqueue(struct ct_worker *w, enum ct_wire kind, ct_str head, ct_str body)
{
    struct queued q = {(uint32_t)kind, (uint32_t)head.n, (uint32_t)body.n};
    size_t need = w->queue_n + sizeof q + head.n + body.n;
    if (need > CT_DECOY_QUEUE_MAX) return false;
    if (need > w->queue_cap) {
        size_t cap = need * 2 < CT_DECOY_QUEUE_MAX ? need * 2 : CT_DECOY_QUEUE_MAX;
        void *p = w->alloc->resize(w->alloc->ctx, w->queue, w->queue_cap, cap);
        if (!p) return false;
        w->queue = p;
        w->queue_cap = cap;
    }
    unsigned char *to = w->queue + w->queue_n;
    memcpy(to, &q, sizeof q);
    if (head.n) memcpy(to + sizeof q, head.p, head.n);
    if (body.n) memcpy(to + sizeof q + head.n, body.p, body.n);
    w->queue_n = need;
    w->counts.events_waiting++;
    return true;
}

/* What waits goes first, so that events stay in order. */
static void drain_queue(struct ct_worker *w)
{
    size_t at = 0;
    while (at < w->queue_n) {
        struct queued q;
        memcpy(&q, w->queue + at, sizeof q);
        const unsigned char *p = w->queue + at + sizeof q;
        if (ct_wire_send(w->teller.fd, (enum ct_wire)q.kind, (ct_str){p, q.head_n}, (ct_str){p + q.head_n, q.body_n}, -1) != CT_OK) break;
        at += sizeof q + q.head_n + q.body_n;
        w->counts.events_waiting--;
    }
    if (at) memmove(w->queue, w->queue + at, w->queue_n - at);
    w->queue_n -= at;
    if (w->queue_n == 0 && w->queue) {
        ct_alloc_put(w->alloc, w->queue, w->queue_cap);
        w->queue = NULL;
        w->queue_cap = 0;
    }
    bool waits = w->queue_n > 0;
    if (waits != w->teller_waits) {
        w->teller_waits = waits;
        ct_worker_rewatch(w, &w->teller, waits ? EPOLLOUT : 0u);
    }
}

void ct_worker_tell(struct ct_worker *w, enum ct_wire kind, ct_str head, ct_str event)
{
    w->counts.events++;
    if (w->queue_n == 0 && ct_wire_send(w->teller.fd, kind, head, event, -1) == CT_OK) return;
    if (!enqueue(w, kind, head, event)) w->counts.events_lost++;
    if (!w->teller_waits) {
        w->teller_waits = true;
        ct_worker_rewatch(w, &w->teller, EPOLLOUT);
    }
}

/* id, length of the line for people, that line, the object. */
static void tell_event(struct ct_worker *w, const unsigned char id[16], ct_str text, ct_str json)
{
    unsigned char head[20];
    uint32_t n = (uint32_t)text.n;
    struct ct_buf b;
    memcpy(head, id, 16);
    memcpy(head + 16, &n, sizeof n);
    ct_buf_init(&b, w->arena, CT_WIRE_MAX);
    ct_buf_add(&b, (ct_str){head, sizeof head});
    ct_buf_add(&b, text);
    if (b.err == CT_OK) ct_worker_tell(w, CT_WIRE_EVENT, ct_buf_view(&b), json);
    else w->counts.events_lost++;
}

static void tell_actor(void *ctx, const struct ct_actor_event *e)
{
    struct ct_worker *w = ctx;
    struct ct_arena_mark mark = ct_arena_mark(w->arena);
    struct ct_buf json, text;
    ct_buf_init(&json, w->arena, CT_WIRE_MAX - 4096);
    ct_buf_init(&text, w->arena, 2048);
    ct_actor_ecs(&json, e);
    ct_actor_text(&text, e, 0, false);
    if (json.err == CT_OK) tell_event(w, e->id, text.err == CT_OK ? ct_buf_view(&text) : CT_STR(""), ct_buf_view(&json));
    else w->counts.events_lost++;
    ct_arena_reset(w->arena, mark);
}

/* --- contacts ----------------------------------------------------------------------------------------------------- */

/* The worst of what the payloads would do. Named after the fact that carried each. */
static const struct ct_verdict *judge(struct ct_worker *w, const struct ct_contact *c, struct ct_verdict *room)
{
    static const struct ct_judge_opts opts = {0};
    struct ct_field fields[CT_FIELDS_MAX];
    bool some = false;
    for (size_t i = 0; i < c->n_facts;) {
        size_t n = 0;
        for (; i < c->n_facts && n < CT_FIELDS_MAX; i++) {
            if (c->facts[i].kind != CT_FACT_PAYLOAD) continue;
            const char *name = i && ct_str_eq(c->facts[i - 1].value, c->facts[i].value) ? ct_fact_name(c->facts[i - 1].kind) : "payload";
            fields[n++] = (struct ct_field){ct_str_from(name), c->facts[i].value};
        }
        struct ct_verdict v;
        ct_verdict_reset(&v);
        if (!n || ct_judge(w->arena, &opts, fields, n, &v) != CT_OK || (v.grade == CT_GRADE_NONE && v.certainty != CT_UNKNOWN)) continue;
        if (!some || v.grade > room->grade) *room = v;
        some = true;
    }
    return some ? room : NULL;
}

static void tell_canary(struct ct_worker *w, const struct ct_contact *c)
{
    for (size_t i = 0; i < c->n_facts; i++) {
        struct ct_canary_hit hit;
        if (c->facts[i].kind != CT_FACT_CALLBACK || !ct_canary_find(w->opts->key, c->facts[i].value, &hit)) continue;
        struct ct_buf json, text;
        unsigned char id[16];
        uint64_t calls = 0;
        w->counts.canaries++;
        if (!ct_canary_called(&w->canaries, &hit, c, w->now.mono_ms, &calls)) continue;
        ct_buf_init(&json, w->arena, CT_WIRE_MAX - 4096);
        ct_buf_init(&text, w->arena, 2048);
        ct_canary_event(&json, &text, id, &hit, c, calls, w->opts->sensor, w->now.real_us);
        if (json.err == CT_OK && text.err == CT_OK) tell_event(w, id, ct_buf_view(&text), ct_buf_view(&json));
        else w->counts.events_lost++;
    }
}

void ct_worker_contact(struct ct_worker *w, struct ct_contact *c, bool probe)
{
    struct ct_arena_mark mark = ct_arena_mark(w->arena);
    struct ct_contact_event event;
    struct ct_verdict *v = ct_arena_alloc(w->arena, sizeof *v);
    struct ct_buf line;
    w->counts.contacts++;
    c->verdict = v && c->n_facts ? judge(w, c, v) : NULL;
    if (c->verdict) {
        w->counts.graded++;
        w->counts.exploits += c->verdict->grade == CT_GRADE_EXPLOIT;
    }
    if (probe) { /* ours: written down, and no actor */
        ct_worker_heard(w, CT_PROBE_RECORDED);
        ct_arena_reset(w->arena, mark);
        return;
    }
    (void)!ct_actors_contact(w->actors, c, w->now, w->arena, &event);
    ct_buf_init(&line, w->arena, CT_DECOY_LINE_MAX);
    (void)ct_buf_room(&line, USUAL_LINE);
    ct_contact_ecs(&line, &event);
    ct_record_add(w->record, line.err == CT_OK ? ct_buf_view(&line) : (ct_str){NULL, 0});
    tell_canary(w, c);
    ct_arena_reset(w->arena, mark);
}

/* --- the probe ---------------------------------------------------------------------------------------------------- */

bool ct_worker_is_probe(const struct ct_worker *w, const struct ct_touch *t)
{
    return w->probe.number && t->source_port == w->probe.source_port && memcmp(t->source, w->probe.source, sizeof t->source) == 0;
}

void ct_worker_heard(struct ct_worker *w, enum ct_probe_stage stage)
{
    if (w->probe.stages & stage) return;
    w->probe.stages = (uint16_t)(w->probe.stages | stage);
    (void)!ct_wire_send(w->parent.fd, CT_WIRE_HEARD, (ct_str){(const unsigned char *)&w->probe, sizeof w->probe}, (ct_str){NULL, 0}, -1);
    if ((w->probe.stages & w->probe.wanted) == w->probe.wanted)
        ct_worker_tell(w, CT_WIRE_BEAT, (ct_str){(const unsigned char *)&w->probe, sizeof w->probe}, (ct_str){NULL, 0});
}

void ct_worker_connected(struct ct_worker *w, const struct ct_touch *t, bool probe)
{
    if (probe) ct_worker_heard(w, CT_PROBE_ACCEPTED);
    else (void)!ct_actors_touch(w->actors, t, w->now);
}

/* --- from the parent ---------------------------------------------------------------------------------------------- */

static void add_listener(struct ct_worker *w, int fd, const struct ct_wire_listener *is)
{
    struct ct_listener *l = w->n_listeners < sizeof w->listeners / sizeof *w->listeners ? ct_alloc_get(w->alloc, sizeof *l) : NULL;
    if (l) *l = (struct ct_listener){{CT_WATCH_LISTENER, fd}, *is};
    if (!l || ct_worker_watch(w, &l->item, EPOLLIN) != CT_OK) {
        ct_alloc_put(w->alloc, l, sizeof *l);
        (void)close(fd);
        return;
    }
    w->listeners[w->n_listeners++] = l;
}

static void take(struct ct_worker *w, const struct ct_wire_message *m)
{
    int fd = m->fd;
    switch (m->kind) {
    case CT_WIRE_LISTENER: {
        struct ct_wire_listener is;
        if (fd < 0 || m->body.n != sizeof is) break;
        memcpy(&is, m->body.p, sizeof is);
        add_listener(w, fd, &is);
        return;
    }
    case CT_WIRE_RECORD:
        if (fd < 0) break;
        ct_record_use(w->record, fd);
        return;
    case CT_WIRE_SNIFFER: {
        struct ct_wire_ring ring;
        if (fd < 0 || m->body.n != sizeof ring || w->sniffer) break;
        memcpy(&ring, m->body.p, sizeof ring);
        if (ct_sniffer_new(w, fd, &ring, &w->sniffer) == CT_OK) return;
        break;
    }
    case CT_WIRE_METRICS:
        if (fd < 0 || w->metrics.fd >= 0) break;
        w->metrics = (struct ct_watch_item){CT_WATCH_METRICS, fd};
        if (ct_worker_watch(w, &w->metrics, EPOLLIN) == CT_OK) return;
        w->metrics.fd = -1;
        break;
    case CT_WIRE_OWNED:
        if (m->body.n == sizeof w->owned) memcpy(&w->owned, m->body.p, sizeof w->owned);
        break;
    case CT_WIRE_ADDRESSES:
        w->n_addresses = m->body.n / 16 < CT_DECOY_ADDRESSES_MAX ? m->body.n / 16 : CT_DECOY_ADDRESSES_MAX;
        memcpy(w->addresses, m->body.p, w->n_addresses * 16);
        break;
    case CT_WIRE_LOWER:
        w->n_lower = m->body.n / sizeof *w->lower < CT_DECOY_ADDRESSES_MAX ? m->body.n / sizeof *w->lower : CT_DECOY_ADDRESSES_MAX;
        memcpy(w->lower, m->body.p, w->n_lower * sizeof *w->lower);
        break;
    case CT_WIRE_PROBE:
        if (m->body.n == sizeof w->probe) memcpy(&w->probe, m->body.p, sizeof w->probe);
        break;
    case CT_WIRE_STOP:
        w->ending = true;
        break;
    default: break;
    }
    if (fd >= 0) (void)close(fd);
}

static void from_parent(struct ct_worker *w)
{
    static unsigned char room[CT_WIRE_MAX + 64];
    struct ct_wire_message m;
    ct_err e;
    while ((e = ct_wire_receive(w->parent.fd, room, sizeof room, &m)) == CT_OK) take(w, &m);
    if (e == CT_ERR_END) w->ending = true; /* without a parent nobody keeps the rules */
}

/* --- the loop ----------------------------------------------------------------------------------------------------- */

void ct_worker_count(struct ct_worker *w)
{
    struct ct_record_stats r;
    struct ct_actor_stats a;
    if (w->sniffer) ct_sniffer_stats(w->sniffer);
    ct_record_stats(w->record, &r);
    ct_actors_stats(w->actors, &a);
    w->counts.recorded = r.written;
    w->counts.record_waiting = r.waiting;
    w->counts.record_lost = r.lost;
    w->counts.record_fails = r.fails;
    w->counts.actors = a.actors;
    w->counts.actors_evicted = a.evicted_quiet + a.evicted_told;
    w->counts.background = a.learned + a.multicast + a.stragglers;
    w->counts.ignored = a.ignored;
}

static void counts_out(struct ct_worker *w)
{
    ct_worker_count(w);
    (void)!ct_wire_send(w->parent.fd, CT_WIRE_COUNTS, (ct_str){(const unsigned char *)&w->counts, sizeof w->counts}, (ct_str){NULL, 0}, -1);
}

static void tick(struct ct_worker *w)
{
    ct_sessions_expire(w);
    ct_worker_learned(w, false);
    counts_out(w);
}

static void happened(struct ct_worker *w, struct ct_watch_item *item, uint32_t events)
{
    switch (item->kind) {
    case CT_WATCH_PARENT: from_parent(w); break;
    case CT_WATCH_TELLER:
        drain_queue(w);
        if (events & (EPOLLHUP | EPOLLERR)) w->ending = true;
        break;
    case CT_WATCH_LISTENER: ct_sessions_accept(w, (struct ct_listener *)item); break;
    case CT_WATCH_SESSION: ct_session_ready(w, (struct ct_session *)item, events); break;
    case CT_WATCH_SNIFFER: ct_sniffer_read(w->sniffer); break;
    case CT_WATCH_METRICS:
    case CT_WATCH_SCRAPE: ct_metrics_ready(w, item, events); break;
    }
}

/* Written down, then answered; what the answers' end lets in is written down before it is answered in turn. */
static void settle(struct ct_worker *w)
{
    for (unsigned i = 0; i < ROUNDS_A_TURN; i++) {
        (void)ct_record_flush(w->record);
        if (!w->to_send) break;
        ct_sessions_send(w);
    }
    (void)ct_record_flush(w->record);
    ct_sessions_bury(w);
}

static int wait_ms(const struct ct_worker *w, int64_t next_tick)
{
    int64_t due = ct_actors_next(w->actors);
    if (next_tick < due) due = next_tick;
    due -= w->now.mono_ms;
    if (w->to_send || w->dead) return 0;
    if (w->fresh_before) return 1;
    return due < 0 ? 0 : due > TICK_MS ? TICK_MS : (int)due;
}

static void loop(struct ct_worker *w)
{
    struct epoll_event events[EVENTS_A_TURN];
    int64_t next_tick = 0;
    while (!w->ending) {
        int n = epoll_wait(w->epoll, events, EVENTS_A_TURN, wait_ms(w, next_tick));
        w->now = (struct ct_moment){ct_clock_real_us(), ct_clock_mono_ms()};
        for (int i = 0; i < n; i++) happened(w, events[i].data.ptr, events[i].events);
        ct_sessions_settle(w);
        settle(w);
        if (w->now.mono_ms >= next_tick) {
            tick(w);
            settle(w);
            next_tick = w->now.mono_ms + TICK_MS;
        }
        ct_actors_tick(w->actors, w->now);
        drain_queue(w);
        ct_arena_clear(w->arena);
        ct_arena_trim(w->arena, 1u << 20);
    }
    ct_sessions_end(w);
    settle(w);
    ct_actors_flush(w->actors, w->now);
    ct_worker_learned(w, true);
    drain_queue(w);
    counts_out(w);
}

static ct_err prepare(struct ct_worker *w)
{
    struct ct_actor_opts actor = {.sensor = w->opts->sensor, .keep_passwords = w->opts->keep_credentials, .settle_ms = CT_DECOY_SETTLE_MS,
                                  .ignore = w->opts->ignore, .background = w->opts->background, .tell = tell_actor, .ctx = w};
    memcpy(actor.key, w->opts->key, sizeof actor.key);
    CT_TRY(ct_arena_new(w->alloc, CT_LINE_ARENA_MAX + CT_DECOY_LINE_MAX, &w->arena));
    CT_TRY(ct_arena_new(w->alloc, CT_DECOY_FACTS_MAX, &w->facts_arena));
    CT_TRY(ct_record_new(w->alloc, CT_DECOY_RECORD_WAITING_MAX, &w->record));
    CT_TRY(ct_actors_new(w->alloc, &actor, &w->actors));
    w->window = ct_alloc_get(w->alloc, CT_FACE_BUFFER_MAX);
    if (!w->window) return CT_ERR_NOMEM;
    ct_face_host_default(&w->host);
    memcpy(&w->host.seed, w->opts->key, sizeof w->host.seed);
    ct_face_host_be(&w->host, w->opts->sensor);
    w->secure = ct_secure_new(w); /* null: no TLS, which is said */
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (w->epoll < 0) return CT_ERR_NOMEM;
    CT_TRY(ct_worker_watch(w, &w->parent, EPOLLIN));
    return ct_worker_watch(w, &w->teller, 0);
}

int ct_worker_main(const struct ct_decoy_opts *opts, int parent_fd, int teller_fd, ct_str learned)
{
    struct ct_worker *w = calloc(1, sizeof *w);
    struct ct_wire_ready ready = {0};
    if (!w) return 4;
    w->alloc = &ct_alloc_libc;
    w->opts = opts;
    w->parent = (struct ct_watch_item){CT_WATCH_PARENT, parent_fd};
    w->teller = (struct ct_watch_item){CT_WATCH_TELLER, teller_fd};
    w->metrics.fd = w->epoll = -1;
    w->now = (struct ct_moment){ct_clock_real_us(), ct_clock_mono_ms()};
    if (prepare(w) != CT_OK) return 4;
    ct_chance_prepare();
    ct_sandbox_enter(opts, (const int[2]){parent_fd, teller_fd}, &ready);
    if (learned.p && opts->background) (void)!ct_background_reparse(opts->background, learned, NULL); /* else what was known at the start */
    (void)!ct_wire_send(parent_fd, CT_WIRE_READY, (ct_str){(const unsigned char *)&ready, sizeof ready}, (ct_str){NULL, 0}, -1);
    loop(w);
    _exit(0);
}
