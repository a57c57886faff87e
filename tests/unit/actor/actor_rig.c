#include "actor_rig.h"

#include "base/limits.h"
#include "detect/verdict.h"
#include "text/ip.h"

#include <stdlib.h>

static void copy(char *to, size_t room, ct_str s)
{
    size_t n = s.n < room - 1 ? s.n : room - 1;
    if (n) memcpy(to, s.p, n);
    to[n] = 0;
}

static void keep(void *ctx, const struct ct_actor_event *e)
{
    struct rig *r = ctx;
    if (r->n++ >= RIG_EVENTS) return;
    struct rig_event *k = &r->events[r->n - 1];
    memset(k, 0, sizeof *k);
    k->e = *e;
    copy(k->source, sizeof k->source, e->source);
    copy(k->grade, sizeof k->grade, ct_str_from(e->payload.grade));
    copy(k->normal, sizeof k->normal, e->payload.normal);
    if (e->n_logins) copy(k->user, sizeof k->user, e->logins[0].user);
    if (e->n_logins) copy(k->secret, sizeof k->secret, e->logins[0].secret);
    if (e->payload.n_indicators) copy(k->callback, sizeof k->callback, e->payload.indicators[0].host);
    memcpy(k->tcp, e->tcp.ranges, e->tcp.n_ranges * sizeof *k->tcp);
    memcpy(k->udp, e->udp.ranges, e->udp.n_ranges * sizeof *k->udp);
}

void rig_init(struct rig *r)
{
    *r = (struct rig){.now = {INT64_C(1700000000000000), 5000}};
    r->opts = (struct ct_actor_opts){.sensor = CT_STR("host-a"), .tell = keep, .ctx = r};
    memset(r->opts.key, 7, sizeof r->opts.key);
    r->events = calloc(RIG_EVENTS, sizeof *r->events);
    assert_non_null(r->events);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 256u << 20, &r->arena), CT_OK);
}

void rig_learn(struct rig *r, int64_t until_ms)
{
    assert_int_equal(ct_background_new(&ct_alloc_libc, until_ms, 99, &r->background), CT_OK);
    r->opts.background = r->background;
}

void rig_ignore(struct rig *r, const char *list)
{
    struct ct_fault fault = {0};
    assert_int_equal(ct_ignore_parse(r->arena, ct_str_from(list), &r->ignore, &fault), CT_OK);
    r->opts.ignore = r->ignore;
}

void rig_open(struct rig *r, const struct ct_alloc *alloc)
{
    assert_int_equal(ct_actors_new(alloc ? alloc : &ct_alloc_libc, &r->opts, &r->actors), CT_OK);
}

void rig_done(struct rig *r)
{
    ct_actors_free(r->actors);
    ct_background_free(r->background);
    ct_arena_free(r->arena);
    free(r->events);
}

struct ct_touch rig_touch_of(const char *source, uint16_t port, enum ct_technique technique)
{
    struct ct_touch t = {.source_port = 50000, .dest_port = port, .technique = technique,
                         .transport = technique == CT_TECHNIQUE_UDP    ? CT_TRANSPORT_UDP
                                      : technique == CT_TECHNIQUE_PING ? CT_TRANSPORT_ICMP
                                                                       : CT_TRANSPORT_TCP};
    assert_true(ct_ip_parse(ct_str_from(source), t.source));
    assert_true(ct_ip_parse(CT_STR("10.9.9.9"), t.dest));
    return t;
}

ct_err rig_touch(struct rig *r, const char *source, uint16_t port, enum ct_technique technique)
{
    struct ct_touch t = rig_touch_of(source, port, technique);
    ct_err err = ct_actors_touch(r->actors, &t, r->now);
    if (ct_actors_next(r->actors) <= r->now.mono_ms) ct_actors_tick(r->actors, r->now);
    return err;
}

static ct_err contact(struct rig *r, struct ct_contact *c)
{
    static uint64_t session;
    c->session = ++session;
    c->opened_us = r->now.real_us;
    c->answered = true;
    c->bytes_in = 10;
    c->bytes_out = 20;
    ct_err err = ct_actors_touch(r->actors, &c->touch, r->now);
    ct_err later = ct_actors_contact(r->actors, c, r->now, r->arena, &r->record);
    if (err == CT_OK) err = later;
    if (ct_actors_next(r->actors) <= r->now.mono_ms) ct_actors_tick(r->actors, r->now);
    return err;
}

ct_err rig_session(struct rig *r, const char *source, uint16_t port, const char *face, const char *text)
{
    struct ct_contact c = {.touch = rig_touch_of(source, port, CT_TECHNIQUE_CONNECT), .face = face};
    struct ct_verdict *v = calloc(1, sizeof *v);
    struct ct_contact_fact fact = {CT_FACT_CLIENT_SOFTWARE, ct_str_from(text)};
    assert_non_null(v);
    if (text) {
        struct ct_field f = {CT_STR("user_agent.original"), ct_str_from(text)};
        struct ct_judge_opts opts = {0};
        c.facts = &fact;
        c.n_facts = 1;
        assert_int_equal(ct_judge(r->arena, &opts, &f, 1, v), CT_OK);
        if (v->grade > CT_GRADE_NONE) c.verdict = v;
    }
    ct_err err = contact(r, &c);
    free(v);
    return err;
}

ct_err rig_login(struct rig *r, const char *source, uint16_t port, const char *user, const char *password)
{
    struct ct_contact_fact facts[2] = {{CT_FACT_USER, ct_str_from(user)}, {CT_FACT_PASSWORD, ct_str_from(password)}};
    struct ct_contact c = {.touch = rig_touch_of(source, port, CT_TECHNIQUE_CONNECT), .face = "ssh", .facts = facts, .n_facts = 2};
    return contact(r, &c);
}

void rig_wait(struct rig *r, int64_t ms)
{
    r->now.mono_ms += ms;
    r->now.real_us += ms * 1000;
    ct_actors_tick(r->actors, r->now);
}

struct rig_event *rig_last(struct rig *r)
{
    assert_true(r->n > 0 && r->n <= RIG_EVENTS);
    return &r->events[r->n - 1];
}

uint64_t rig_ports(const struct rig_event *e) { return e->e.tcp.n + e->e.udp.n; }
