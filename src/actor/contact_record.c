/* A contact as the event that is recorded: all of what was said, passwords as hashes. */
#include "actor/actor_impl.h"
#include "text/ip.h"

#include <string.h>

/* One sticky error, checked once. */
struct maker {
    const ct_actors *a;
    ct_arena *arena;
    ct_err err;
};

static void *array(struct maker *m, size_t n, size_t size)
{
    if (n == 0 || m->err != CT_OK) return NULL;
    void *p = ct_arena_array(m->arena, n, size);
    if (!p) m->err = CT_ERR_NOMEM;
    return p;
}

static ct_str address(struct maker *m, const unsigned char b[16], uint32_t scope)
{
    char *text = array(m, 1, CT_IP_TEXT_MAX);
    return text ? ct_ip_text(b, scope, text) : (ct_str){NULL, 0};
}

static void set_logins(struct maker *m, const struct ct_contact *c, struct ct_contact_event *e)
{
    struct ct_login login;
    ct_str user = c->user;
    size_t n = 0;
    for (size_t at = 0; ct_login_next(c, &at, &user, &login);) n++;
    struct ct_contact_login *list = array(m, n, sizeof *list);
    user = c->user;
    if (!list) return;
    for (size_t at = 0; ct_login_next(c, &at, &user, &login);) {
        ct_str secret = login.secret;
        if (secret.n && !m->a->opts.keep_passwords) {
            char *hex = array(m, 1, 33);
            if (!hex) return;
            ct_secret_hash(m->a->opts.key, secret, hex);
            secret = (ct_str){(unsigned char *)hex, 32};
        }
        list[e->n_logins++] = (struct ct_contact_login){login.user, secret, m->a->opts.keep_passwords};
    }
    e->logins = list;
}

static void set_said(struct maker *m, const struct ct_contact *c, struct ct_contact_event *e)
{
    struct ct_contact_said *list = array(m, c->n_facts, sizeof *list);
    if (!list) return;
    for (size_t i = 0; i < c->n_facts; i++) {
        const char *name = ct_fact_field(c->facts[i].kind, c->face);
        ct_str value = c->facts[i].value;
        if (!name || value.n == 0) continue;
        if (!m->a->opts.keep_passwords && ct_contact_tells_secret(c, value)) {
            unsigned char *to = array(m, 1, value.n);
            if (!to) return;
            value = (ct_str){to, ct_contact_hide_secrets(c, value, to, value.n)};
        }
        list[e->n_said++] = (struct ct_contact_said){name, value};
    }
    e->said = list;
}

static void set_payload(struct maker *m, const struct ct_verdict *v, struct ct_contact_payload *p)
{
    if (!ct_verdict_matters(v)) return;
    *p = (struct ct_contact_payload){.grade = ct_grade_name(v->grade), .certainty = ct_certainty_name(v->certainty), .field = v->field,
                                     .normal = v->normal, .raw = v->decoded, .calls = v->n_calls};
    struct ct_attempt_indicator *in = array(m, v->n_indicators, sizeof *in);
    if (in) {
        for (unsigned i = 0; i < v->n_indicators; i++)
            in[i] = (struct ct_attempt_indicator){v->indicators[i].scheme, v->indicators[i].host, v->indicators[i].path, v->indicators[i].port};
        p->indicators = in;
        p->n_indicators = v->n_indicators;
    }
    struct ct_attempt_fires *fires = array(m, v->n_fires, sizeof *fires);
    char(*text)[64] = array(m, v->n_fires, sizeof *text);
    if (fires && text) {
        p->fires = fires;
        p->n_fires = ct_payload_fires(v->fires, v->n_fires, text, fires);
    }
}

static void set_id(const struct ct_contact *c, const struct ct_actor_opts *o, struct ct_moment now, unsigned char ret_id[16])
{
    const struct ct_touch *t = &c->touch;
    unsigned char what[16 + 16 + 4 + 8 + 8 + 8 + 8 + 3], sensor[16], *p = what;
    const uint64_t numbers[] = {c->session, c->bytes_in, c->bytes_out, (uint64_t)c->n_facts};
    memcpy(p, t->source, 16);
    memcpy(p + 16, t->dest, 16);
    p += 32;
    *p++ = (unsigned char)(t->source_port >> 8), *p++ = (unsigned char)t->source_port;
    *p++ = (unsigned char)(t->dest_port >> 8), *p++ = (unsigned char)t->dest_port;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        for (unsigned k = 0; k < 8; k++) *p++ = (unsigned char)(numbers[i] >> (56 - 8 * k));
    *p++ = (unsigned char)t->transport;
    *p++ = (unsigned char)t->technique;
    *p++ = c->more;
    ct_event_id(o->sensor, (uint64_t)now.real_us, (ct_str){what, (size_t)(p - what)}, sensor);
    ct_event_id(CT_STR("decoy contact"), (uint64_t)c->opened_us, (ct_str){sensor, sizeof sensor}, ret_id);
}

ct_err ct_actors_record(const ct_actors *a, const struct ct_contact *c, const struct ct_actor *x, const char *background,
                        struct ct_moment now, ct_arena *arena, struct ct_contact_event *ret_event)
{
    struct maker m = {a, arena, CT_OK};
    const struct ct_touch *t = &c->touch;
    struct ct_contact_event *e = ret_event;
    *e = (struct ct_contact_event){.time_us = now.real_us, .opened_us = c->opened_us, .sensor = a->opts.sensor,
                                   .source_port = t->source_port, .dest_port = t->dest_port, .transport = ct_transport_name(t->transport),
                                   .technique = ct_technique_name(t->technique), .face = c->face, .background = background,
                                   .session = c->session, .answered = c->answered, .more = c->more, .bytes_in = c->bytes_in,
                                   .bytes_out = c->bytes_out, .masked = !a->opts.keep_passwords};
    set_id(c, &a->opts, now, e->id);
    if (x) ct_actor_id(a, x, e->actor);
    e->source = address(&m, t->source, t->scope);
    e->dest = address(&m, t->dest, 0);
    set_payload(&m, c->verdict, &e->payload);
    set_logins(&m, c, e);
    set_said(&m, c, e);
    return m.err;
}
