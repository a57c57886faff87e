/* The heartbeat: once a minute a probe goes the whole way, and only that makes the decoy alive. */
#include "decoy/notify.h"
#include "decoy/parent.h"
#include "event/contact.h"
#include "os/clock.h"

#include <stdio.h>
#include <string.h>

enum { EVERY_MS = 60000, PATIENCE_MS = 10000, SOON_MS = 5000 };

static const unsigned char v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* An IPv4 address of this host that strangers use: the first that is not loopback's. */
static const unsigned char *own_address(const struct ct_parent *p)
{
    for (size_t i = 0; i < p->n_addresses; i++)
        if (memcmp(p->addresses[i], v4_prefix, sizeof v4_prefix) == 0 && p->addresses[i][12] != 127) return p->addresses[i] + 12;
    return NULL;
}

/* A port that is answered; another one each time. */
static bool answered_port(const struct ct_parent *p, uint16_t *ret_port)
{
    if (p->plan.all) {
        *ret_port = (uint16_t)(20000 + p->probe.is.number % 10000);
        for (unsigned i = 0; i < 1000 && ct_owned_has(p->owned, false, *ret_port); i++) ++*ret_port;
        return true;
    }
    for (size_t i = 0; i < p->plan.n; i++) {
        const struct ct_plan_row *r = &p->plan.rows[(i + p->probe.is.number) % p->plan.n];
        if (r->how == CT_PLAN_SPARED) continue;
        *ret_port = r->port;
        return true;
    }
    return false;
}

void ct_beat_begin(struct ct_parent *p, int64_t now_ms)
{
    uint16_t port = 1, wanted = 0;
    const unsigned char *dest = p->can_probe ? own_address(p) : NULL;
    p->next_beat_ms = now_ms + EVERY_MS;
    p->told = false;
    if (answered_port(p, &port)) wanted |= CT_PROBE_ACCEPTED | CT_PROBE_RECORDED;
    if (dest && p->can_sniff) wanted |= CT_PROBE_SNIFFED;
    if (!wanted) return; /* nothing is answered, and there is no interface of its own: there is no way to ask */
    if (!dest && p->can_divert) port = p->rules.to_v4; /* diverted ports do not answer loopback, their listener does */
    if (ct_probe_begin(&p->probe, dest, port, wanted, now_ms) != CT_OK) return;
    if (ct_wire_send(p->to_worker, CT_WIRE_PROBE, (ct_str){(const unsigned char *)&p->probe.is, sizeof p->probe.is}, (ct_str){NULL, 0}, -1) != CT_OK) return;
    ct_probe_send(&p->probe, now_ms);
}

void ct_beat_event(struct ct_parent *p, const char *state, const char *reason)
{
    ct_arena *arena;
    struct ct_buf json, text, all;
    unsigned char head[20];
    ct_str reasons[1] = {ct_str_from(reason)};
    struct ct_decoy_event e = {
        .time_us = ct_clock_real_us(), .sensor = p->opts->sensor, .state = state, .reasons = reasons, .n_reasons = reason && *reason ? 1 : 0,
        .probed_us = p->alive_us ? p->alive_us : INT64_MIN, .contacts = p->counts.contacts, .touches = p->counts.touches, .background = p->counts.background,
        .ignored = p->counts.ignored, .actors = p->counts.actors, .lost_kernel = p->counts.kernel_drops, .lost_record = p->counts.record_lost,
    };
    if (ct_arena_new(&ct_alloc_libc, 256 * 1024, &arena) != CT_OK) return;
    ct_event_id(p->opts->sensor, (uint64_t)e.time_us, ct_str_from(state), e.id);
    ct_buf_init(&json, arena, 64 * 1024);
    ct_buf_init(&text, arena, 2048);
    ct_buf_init(&all, arena, 4096);
    ct_decoy_ecs(&json, &e);
    if (strcmp(state, "alive") != 0) {
        ct_print_time(&text, e.time_us);
        ct_buf_printf(&text, "  decoy %s%s%s\n", state, reason && *reason ? ": " : "", reason ? reason : "");
    }
    uint32_t n = (uint32_t)text.n;
    memcpy(head, e.id, 16);
    memcpy(head + 16, &n, sizeof n);
    ct_buf_add(&all, (ct_str){head, sizeof head});
    ct_buf_add(&all, ct_buf_view(&text));
    if (json.err == CT_OK && all.err == CT_OK) (void)!ct_wire_send(p->to_teller, CT_WIRE_EVENT, ct_buf_view(&all), ct_buf_view(&json), -1);
    ct_arena_free(arena);
}

static void alive(struct ct_parent *p)
{
    p->probe.waiting = false;
    p->alive_us = ct_clock_real_us();
    if (p->counts.record_fails) { /* it hears and tells, but does not keep */
        if (!p->deaf) ct_parent_say(p, "the file of contacts cannot be written: contacts wait in memory, %llu were lost", (unsigned long long)p->counts.record_lost);
        ct_beat_event(p, "deaf", "the file of contacts cannot be written");
        p->deaf = true;
    } else {
        if (p->deaf) ct_parent_say(p, "hears again: a probe went the whole way");
        p->deaf = false;
        ct_beat_event(p, "alive", "");
    }
    p->beat_once = true;
    ct_notify("WATCHDOG=1\nSTATUS=%s; %llu contacts, %llu actors", p->deaf ? "cannot record" : "hears", (unsigned long long)p->counts.contacts,
              (unsigned long long)p->counts.actors);
}

void ct_beat_heard(struct ct_parent *p, const struct ct_wire_probe *w, bool told)
{
    if (!p->probe.waiting || w->number != p->probe.is.number) return;
    if (!told) {
        p->probe.is.stages = w->stages & p->probe.is.wanted;
        return;
    }
    p->told = true;
    alive(p);
}

static void explain(struct ct_parent *p)
{
    const struct ct_wire_probe *w = &p->probe.is;
    unsigned missing = w->wanted & ~(unsigned)w->stages;
    const unsigned char *a = p->probe.dest;
    if (p->probe.tun < 0) (void)snprintf(p->reason, sizeof p->reason, "a probe over loopback to port %u did not come through", p->probe.dest_port);
    else if (missing & CT_PROBE_SNIFFED) (void)snprintf(p->reason, sizeof p->reason, "the sniffer did not see the probe's packet");
    else if (missing & CT_PROBE_ACCEPTED)
        (void)snprintf(p->reason, sizeof p->reason,
                       "a connection to port %u is seen and not let in: a firewall on this host (INPUT) drops it. Prove it from a peer: nc -zv -w 3 %u.%u.%u.%u %u",
                       p->probe.dest_port, a[0], a[1], a[2], a[3], p->probe.dest_port);
    else if (missing) (void)snprintf(p->reason, sizeof p->reason, "the worker does not record what it accepts");
    else (void)snprintf(p->reason, sizeof p->reason, "events do not get to the teller");
}

void ct_beat_check(struct ct_parent *p, int64_t now_ms)
{
    if (!p->probe.waiting) return;
    ct_probe_send(&p->probe, now_ms);
    if (now_ms - p->probe.begun_ms < PATIENCE_MS) return;
    p->probe.waiting = false;
    char before[sizeof p->reason];
    memcpy(before, p->reason, sizeof before);
    explain(p);
    if (!p->deaf || strcmp(before, p->reason) != 0) ct_parent_say(p, "deaf: %s", p->reason);
    ct_beat_event(p, "deaf", p->reason);
    p->deaf = true;
    ct_notify("STATUS=deaf: %s", p->reason);
    p->next_beat_ms = now_ms + SOON_MS;
}
