/* An actor as an event. Nothing is allocated here: an alert cannot fail for want of memory. */
#include "actor/actor_impl.h"
#include "text/ip.h"

#include <string.h>

/* Everything an event points to. */
struct telling {
    struct ct_actor_event e;
    char source[CT_IP_TEXT_MAX], dest[CT_IP_TEXT_MAX], crowd[CT_ACTOR_CROWD_SHOWN][CT_IP_TEXT_MAX];
    ct_str sources[CT_ACTOR_CROWD_SHOWN];
    struct ct_port_range tcp[CT_ACTOR_RANGES_SHOWN], udp[CT_ACTOR_RANGES_SHOWN], opened[CT_ACTOR_RANGES_SHOWN];
    struct ct_contact_login logins[CT_ACTOR_LOGINS_MAX];
    struct ct_contact_said said[CT_ACTOR_SAID_MAX];
    struct ct_attempt_indicator callbacks[CT_ACTOR_CALLBACKS_MAX];
    struct ct_attempt_fires fires[CT_ACTOR_FIRES_MAX];
    char versions[CT_ACTOR_FIRES_MAX][64];
};

static struct ct_actor_told now_of(const ct_actors *a, const struct ct_actor *x)
{
    return (struct ct_actor_told){
        .ports = x->tcp.n + x->udp.n + x->opened.n, .techniques = (uint32_t)x->techniques, .faces = x->n_faces,
        .secrets = x->logins ? (uint32_t)x->logins->n_secrets : 0, .users = x->logins ? (uint32_t)x->logins->n_users : 0,
        .payloads = x->payloads, .callbacks = x->payload ? x->payload->n_callbacks : 0,
        .rate_peak = x->rate_peak, .touches = x->touches, .sessions = x->sessions, .n_sources = x->is_crowd ? (size_t)a->crowd_sources : 0};
}

bool ct_actor_grew(const ct_actors *a, const struct ct_actor *x)
{
    struct ct_actor_told n = now_of(a, x);
    const struct ct_actor_told *was = &x->told_of;
    return n.ports != was->ports || n.techniques != was->techniques || n.faces != was->faces || n.secrets != was->secrets ||
           n.users != was->users || n.payloads != was->payloads || n.callbacks != was->callbacks || n.n_sources != was->n_sources ||
           n.rate_peak >= 2 * was->rate_peak || n.touches >= 2 * was->touches || n.sessions > 2 * was->sessions;
}

void ct_actor_id(const ct_actors *a, const struct ct_actor *x, unsigned char ret_id[16])
{
    unsigned char who[16 + 4 + 1];
    memcpy(who, x->address, 16);
    for (unsigned i = 0; i < 4; i++) who[16 + i] = (unsigned char)(x->scope >> (24 - 8 * i));
    who[20] = x->is_crowd;
    /* The sensor's name keeps two hosts that the same scan reaches apart. */
    unsigned char sensor[16];
    ct_event_id(a->opts.sensor, 0, CT_STR("sensor"), sensor);
    unsigned char all[sizeof sensor + sizeof who];
    memcpy(all, sensor, sizeof sensor);
    memcpy(all + sizeof sensor, who, sizeof who);
    ct_event_id(CT_STR("decoy actor"), (uint64_t)x->first_us, (ct_str){all, sizeof all}, ret_id);
}

static void set_ports(struct ct_actor_ports *p, const struct ct_port_set *s, struct ct_port_range *to)
{
    p->n = s->n;
    p->ranges = to;
    p->n_ranges = ct_port_set_ranges(s, to, CT_ACTOR_RANGES_SHOWN, &p->more);
}

static void set_techniques(struct ct_actor_event *e, const struct ct_actor *x)
{
    /* A SYN that a connection followed is no technique of its own. */
    bool all_opened = x->techniques & 1u << CT_TECHNIQUE_CONNECT && x->opened.n == x->tcp.n;
    for (unsigned t = 0; t < CT_TECHNIQUE_COUNT; t++) {
        if (!(x->techniques & 1u << t) || (t == CT_TECHNIQUE_SYN && all_opened)) continue;
        e->techniques[e->n_techniques++] = ct_technique_name((enum ct_technique)t);
    }
}

size_t ct_payload_fires(const struct ct_fires *fires, size_t n, char text[][64], struct ct_attempt_fires *to)
{
    for (size_t i = 0; i < n; i++) {
        ct_str first = fires[i].first->first, last = fires[i].last->last;
        size_t len = ct_actor_keep((unsigned char *)text[i], 30, first);
        bool open_end = last.n == 0;
        if (open_end || !ct_str_eq(first, last)) {
            ct_str mark = open_end ? CT_STR(" and later") : CT_STR("-");
            len += ct_actor_keep((unsigned char *)text[i] + len, 12, mark);
            len += ct_actor_keep((unsigned char *)text[i] + len, 20, last);
        }
        to[i] = (struct ct_attempt_fires){{(unsigned char *)text[i], len}, ct_sink_name(fires[i].sink), ct_setting_name(fires[i].setting)};
    }
    return n;
}

static void set_payload(struct telling *t, const struct ct_actor_payload *p)
{
    struct ct_contact_payload *to = &t->e.payload;
    if (!p || !p->some) return;
    for (size_t i = 0; i < p->n_callbacks; i++) {
        const struct ct_actor_callback *c = &p->callbacks[i];
        t->callbacks[i] = (struct ct_attempt_indicator){{c->scheme, c->scheme_n}, {c->host, c->host_n}, {c->path, c->path_n}, c->port};
    }
    *to = (struct ct_contact_payload){.grade = ct_grade_name(p->grade), .certainty = ct_certainty_name(p->certainty),
                                      .field = {p->field, p->field_n}, .normal = {p->normal, p->normal_n}, .raw = {p->raw, p->raw_n},
                                      .indicators = t->callbacks, .n_indicators = p->n_callbacks, .fires = t->fires, .calls = p->calls};
    to->n_fires = ct_payload_fires(p->fires, p->n_fires, t->versions, t->fires);
}

static void set_said(const ct_actors *a, struct telling *t, const struct ct_actor *x)
{
    struct ct_actor_event *e = &t->e;
    const struct ct_actor_logins *l = x->logins;
    for (size_t i = 0; l && i < l->n; i++) {
        const struct ct_actor_login *k = &l->shown[i];
        t->logins[i] = (struct ct_contact_login){{k->user, k->user_n}, {k->secret, k->secret_n}, a->opts.keep_passwords};
    }
    e->logins = t->logins;
    e->logins_tried = x->logins_tried;
    if (l) {
        e->n_logins = l->n;
        e->secrets_distinct = l->n_secrets;
        e->users_distinct = l->n_users;
        e->distinct_at_least = l->more;
    }
    for (size_t i = 0; x->sayings && i < x->sayings->n; i++)
        t->said[i] = (struct ct_contact_said){x->sayings->of[i].name, {x->sayings->of[i].text, x->sayings->of[i].n}};
    e->said = t->said;
    e->n_said = x->sayings ? x->sayings->n : 0;
}

static void set_crowd(const ct_actors *a, struct telling *t)
{
    size_t n = a->crowd_sources < CT_ACTOR_CROWD_SHOWN ? (size_t)a->crowd_sources : CT_ACTOR_CROWD_SHOWN;
    for (size_t i = 0; i < n; i++) t->sources[i] = ct_ip_text(a->crowd_shown[i], a->crowd_scope[i], t->crowd[i]);
    t->e.sources = t->sources;
    t->e.n_sources_shown = n;
    t->e.n_sources = a->crowd_sources;
}

static void after_telling(ct_actors *a, struct ct_actor *x, enum ct_actor_news news, struct ct_moment now)
{
    static const size_t at[] = {offsetof(struct ct_actor_stats, told_new), offsetof(struct ct_actor_stats, told_grew),
                                offsetof(struct ct_actor_stats, told_rose), offsetof(struct ct_actor_stats, told_ended)};
    (*(uint64_t *)(void *)((unsigned char *)&a->stats + at[news]))++;
    x->told_of = now_of(a, x);
    x->classes_told = x->classes;
    x->grade_told = x->grade;
    x->told_ms = now.mono_ms;
    x->due_ms = INT64_MAX;
    x->worse = false;
    if (news == CT_ACTOR_GREW && x->step < UINT8_MAX) x->step++;
}

void ct_actors_say(ct_actors *a, struct ct_actor *x, enum ct_actor_news news, bool evicted, struct ct_moment now)
{
    struct telling t = {.e = {.news = news, .crowd = x->is_crowd, .masked = !a->opts.keep_passwords, .evicted = evicted, .time_us = now.real_us, .first_us = x->first_us,
                              .last_us = x->last_us, .sensor = a->opts.sensor, .dest_port = x->dest_port,
                              .transport = ct_transport_name(x->transport), .touches = x->touches, .sessions = x->sessions,
                              .rate_peak = x->rate_peak, .bytes_in = x->bytes_in, .bytes_out = x->bytes_out, .payloads = x->payloads,
                              .n_faces = x->n_faces, .n_sources = 1}};
    struct ct_actor_event *e = &t.e;
    e->sequence = ++x->sequence;
    ct_actor_id(a, x, e->actor);
    ct_event_id(CT_STR("decoy actor event"), e->sequence, (ct_str){e->actor, sizeof e->actor}, e->id);
    e->source = ct_ip_text(x->address, x->scope, t.source);
    e->dest = ct_ip_text(x->dest, 0, t.dest);
    set_ports(&e->tcp, &x->tcp, t.tcp);
    set_ports(&e->udp, &x->udp, t.udp);
    set_ports(&e->opened, &x->opened, t.opened);
    set_techniques(e, x);
    memcpy(e->faces, x->faces, sizeof e->faces);
    set_said(a, &t, x);
    set_payload(&t, x->payload);
    if (!e->payload.grade && x->payloads) { /* its text was forgotten */
        e->payload.grade = ct_grade_name(x->grade);
        e->payload.certainty = ct_certainty_name(x->grade == CT_GRADE_NONE ? CT_UNKNOWN : CT_CERTAIN);
    }
    if (x->is_crowd) set_crowd(a, &t);
    after_telling(a, x, news, now);
    a->opts.tell(a->opts.ctx, e);
}
