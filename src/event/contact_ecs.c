/* Contacts, actors and the decoy's state as Elastic Common Schema 8. What ECS has no name for stands under "caltrop". */
#include "event/contact_fields.h"

#include "text/ip.h"

#include <string.h>

static void id_of(struct ct_json_out *j, const char *key, const unsigned char id[16])
{
    struct ct_buf b = ct_scratch(j->out);
    ct_print_id(&b, id);
    if (b.err && !j->out->err) j->out->err = b.err;
    ct_json_kv(j, key, ct_buf_view(&b));
}

static void begin(struct ct_json_out *j, struct ct_buf *out, int64_t time_us)
{
    ct_json_begin(j, out);
    ct_json_object(j);
    ct_json_time(j, "@timestamp", time_us);
    ct_json_ko(j, "ecs");
    ct_json_kz(j, "version", "8.11.0");
    ct_json_object_end(j);
}

static void observer(struct ct_json_out *j, ct_str sensor)
{
    ct_json_ko(j, "observer");
    ct_json_some(j, "hostname", sensor);
    ct_json_kz(j, "type", "honeypot");
    ct_json_kz(j, "product", "caltrop");
    ct_json_object_end(j);
}

/* The fixed names that a face's facts go by. */
static ct_str said(const struct ct_contact_said *list, size_t n, const char *name)
{
    for (size_t i = n; i-- > 0;)
        if (strcmp(list[i].name, name) == 0) return list[i].value;
    return (ct_str){NULL, 0};
}

struct sayings {
    const struct ct_contact_said *list;
    size_t n;
    bool masked;
};

static void some(struct ct_json_out *j, const struct sayings *s, const char *key, const char *name)
{
    ct_json_some(j, key, ct_contact_masked(j->out, s->masked, said(s->list, s->n, name)));
}

/* An address, its "ip" only when it is one as ECS wants it: without a scope. */
static void endpoint(struct ct_json_out *j, const char *key, ct_str address, uint16_t port, ct_str domain)
{
    if (address.n == 0 && domain.n == 0) return;
    ct_json_ko(j, key);
    ct_json_some(j, "address", address);
    size_t scope = ct_str_chr(address, '%');
    ct_str ip = ct_str_slice(address, 0, scope == CT_STR_NONE ? address.n : scope);
    if (ct_ip_parse(ip, NULL)) ct_json_kv(j, "ip", ip);
    if (port) ct_json_ku(j, "port", port);
    ct_json_some(j, "domain", domain);
    ct_json_object_end(j);
}

static void user(struct ct_json_out *j, const struct ct_contact_login *logins, size_t n, const struct sayings *s)
{
    ct_str domain = said(s->list, s->n, "user.domain");
    bool named = false;
    for (size_t i = 0; i < n; i++) named = named || logins[i].user.n;
    if (!named && domain.n == 0) return;
    ct_json_ko(j, "user");
    if (named) {
        ct_json_key(j, "name"); /* a list, since one source tries many */
        ct_json_array(j);
        for (size_t i = 0; i < n; i++) {
            bool known = logins[i].user.n == 0;
            for (size_t k = 0; k < i && !known; k++) known = ct_str_eq(logins[k].user, logins[i].user);
            if (!known) ct_json_str(j, logins[i].user);
        }
        ct_json_array_end(j);
    }
    ct_json_some(j, "domain", domain);
    ct_json_object_end(j);
}

static void network_said(struct ct_json_out *j, const struct sayings *s)
{
    ct_str method = said(s->list, s->n, "http.request.method");
    if (method.n) {
        ct_json_ko(j, "http");
        ct_json_ko(j, "request");
        ct_json_kv(j, "method", method);
        ct_json_object_end(j);
        ct_json_object_end(j);
    }
    if (said(s->list, s->n, "url.original").n) {
        ct_json_ko(j, "url");
        some(j, s, "original", "url.original");
        ct_json_object_end(j);
    }
    if (said(s->list, s->n, "user_agent.original").n) {
        ct_json_ko(j, "user_agent");
        some(j, s, "original", "user_agent.original");
        ct_json_object_end(j);
    }
    if (said(s->list, s->n, "tls.client.ja4").n || said(s->list, s->n, "tls.client.server_name").n) {
        ct_json_ko(j, "tls");
        ct_json_ko(j, "client");
        some(j, s, "ja4", "tls.client.ja4");
        some(j, s, "server_name", "tls.client.server_name");
        ct_json_object_end(j);
        ct_json_object_end(j);
    }
}

/* Facts of our own, each name once with all its values. The object "caltrop" is open. */
static void own_said(struct ct_json_out *j, const struct sayings *s)
{
    static const char own[] = "caltrop.";
    for (size_t i = 0; i < s->n; i++) {
        const char *name = s->list[i].name;
        bool known = strncmp(name, own, sizeof own - 1) != 0;
        for (size_t k = 0; k < i && !known; k++) known = strcmp(s->list[k].name, name) == 0;
        if (known) continue;
        ct_json_key(j, name + sizeof own - 1);
        ct_json_array(j);
        for (size_t k = i; k < s->n; k++)
            if (strcmp(s->list[k].name, name) == 0) ct_json_str(j, ct_contact_masked(j->out, s->masked, s->list[k].value));
        ct_json_array_end(j);
    }
}

static void logins_of(struct ct_json_out *j, const struct ct_contact_login *logins, size_t n)
{
    if (n == 0) return;
    ct_json_ka(j, "logins");
    for (size_t i = 0; i < n; i++) {
        ct_json_object(j);
        ct_json_kv(j, "user", logins[i].user);
        if (logins[i].secret.n) ct_json_kv(j, logins[i].clear ? "password" : "secret_hash", logins[i].secret);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
}

static void payload_of(struct ct_json_out *j, const struct ct_contact_payload *p, bool masked)
{
    if (!p->grade) return;
    ct_json_kz(j, "grade", p->grade);
    ct_json_kz(j, "certainty", p->certainty);
    ct_json_some(j, "field", p->field);
    ct_json_ku(j, "calls", p->calls);
    ct_json_ka(j, "fires");
    for (size_t i = 0; i < p->n_fires; i++) {
        ct_json_object(j);
        ct_json_kv(j, "versions", p->fires[i].versions);
        ct_json_kz(j, "sink", p->fires[i].sink);
        ct_json_kz(j, "setting", p->fires[i].setting);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
    ct_json_ka(j, "indicators");
    for (size_t i = 0; i < p->n_indicators; i++) {
        ct_json_object(j);
        ct_json_kv(j, "scheme", p->indicators[i].scheme);
        ct_json_kv(j, "host", p->indicators[i].host);
        if (p->indicators[i].port) ct_json_ku(j, "port", p->indicators[i].port);
        ct_json_kv(j, "path", ct_contact_masked(j->out, masked, p->indicators[i].path));
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
    ct_json_kv(j, "normal", ct_contact_masked(j->out, masked, p->normal));
    ct_json_kv(j, "raw", ct_contact_masked(j->out, masked, p->raw));
}

/* MITRE ATT&CK (v14) as far as it speaks of what was seen. */
struct threat {
    const char *tactic_id, *tactic, *id, *name;
};
enum { THREATS_MAX = 4 };

static size_t threats_of(bool pinged, bool probed, bool logins, bool payload, struct threat to[THREATS_MAX])
{
    size_t n = 0;
    if (pinged) to[n++] = (struct threat){"TA0007", "Discovery", "T1018", "Remote System Discovery"};
    if (probed) to[n++] = (struct threat){"TA0007", "Discovery", "T1046", "Network Service Discovery"};
    if (logins) to[n++] = (struct threat){"TA0006", "Credential Access", "T1110", "Brute Force"};
    if (payload) to[n++] = (struct threat){"TA0008", "Lateral Movement", "T1210", "Exploitation of Remote Services"};
    return n;
}

static void threat(struct ct_json_out *j, const struct threat *t, size_t n)
{
    if (n == 0) return;
    ct_json_ko(j, "threat");
    ct_json_kz(j, "framework", "MITRE ATT&CK");
    for (unsigned kind = 0; kind < 2; kind++) {
        ct_json_ko(j, kind ? "technique" : "tactic");
        for (unsigned field = 0; field < 2; field++) {
            ct_json_key(j, field ? "name" : "id");
            ct_json_array(j);
            for (size_t i = 0; i < n; i++) {
                if (!kind && i && strcmp(t[i].tactic_id, t[i - 1].tactic_id) == 0) continue;
                const char *text = kind ? (field ? t[i].name : t[i].id) : field ? t[i].tactic : t[i].tactic_id;
                ct_json_str(j, ct_str_from(text));
            }
            ct_json_array_end(j);
        }
        ct_json_object_end(j);
    }
    ct_json_object_end(j);
}

static void event(struct ct_json_out *j, const char *kind, const char *category, const char *dataset, const char *action,
                  const unsigned char id[16])
{
    ct_json_ko(j, "event");
    ct_json_kz(j, "kind", kind);
    ct_json_one(j, "category", category);
    ct_json_one(j, "type", "info");
    ct_json_kz(j, "module", "caltrop");
    ct_json_kz(j, "dataset", dataset);
    ct_json_kz(j, "action", action);
    id_of(j, "id", id);
}

void ct_contact_ecs(struct ct_buf *out, const struct ct_contact_event *c)
{
    static const unsigned char nobody[16] = {0};
    struct ct_json_out j;
    struct sayings s = {c->said, c->n_said, c->masked};
    struct threat threats[THREATS_MAX];
    begin(&j, out, c->time_us);
    event(&j, "event", c->payload.grade ? "intrusion_detection" : "network", "caltrop.contact", ct_contact_action(c), c->id);
    if (c->opened_us) ct_json_time(&j, "start", c->opened_us);
    ct_json_object_end(&j);
    observer(&j, c->sensor);
    endpoint(&j, "source", c->source, c->source_port, said(c->said, c->n_said, "source.domain"));
    endpoint(&j, "destination", c->dest, c->dest_port, said(c->said, c->n_said, "destination.domain"));
    ct_json_ko(&j, "network");
    ct_json_kz(&j, "transport", c->transport);
    if (c->face) ct_json_kz(&j, "protocol", c->face);
    ct_json_ku(&j, "bytes", c->bytes_in + c->bytes_out);
    ct_json_object_end(&j);
    user(&j, c->logins, c->n_logins, &s);
    network_said(&j, &s);
    threat(&j, threats, threats_of(false, false, c->n_logins > 0, ct_grade_rank(c->payload.grade) >= 4, threats));
    ct_json_ko(&j, "caltrop");
    if (memcmp(c->actor, nobody, sizeof nobody) != 0) id_of(&j, "actor", c->actor);
    ct_json_kz(&j, "technique", c->technique);
    if (c->background) ct_json_kz(&j, "background", c->background);
    if (c->session) ct_json_ku(&j, "session", c->session);
    ct_json_key(&j, "answered");
    ct_json_bool(&j, c->answered);
    if (c->more) {
        ct_json_key(&j, "more");
        ct_json_bool(&j, true);
    }
    ct_json_ku(&j, "bytes_in", c->bytes_in);
    ct_json_ku(&j, "bytes_out", c->bytes_out);
    logins_of(&j, c->logins, c->n_logins);
    own_said(&j, &s);
    payload_of(&j, &c->payload, c->masked);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
    ct_buf_byte(out, '\n');
}

static void ports_of(struct ct_json_out *j, const char *key, const struct ct_actor_ports *p)
{
    if (p->n == 0) return;
    ct_json_ko(j, key);
    ct_json_ku(j, "count", p->n);
    struct ct_buf b = ct_scratch(j->out);
    ct_print_ports(&b, p, SIZE_MAX);
    if (b.err && !j->out->err) j->out->err = b.err;
    ct_json_kv(j, "ports", ct_buf_view(&b));
    ct_json_object_end(j);
}

static void names(struct ct_json_out *j, const char *key, const char *const *list, size_t n)
{
    ct_json_ka(j, key);
    for (size_t i = 0; i < n; i++) ct_json_str(j, ct_str_from(list[i]));
    ct_json_array_end(j);
}

static void actor_own(struct ct_json_out *j, const struct ct_actor_event *a)
{
    id_of(j, "actor", a->actor);
    ct_json_ku(j, "sequence", a->sequence);
    ct_json_kz(j, "news", ct_actor_news_name(a->news));
    if (a->evicted) {
        ct_json_key(j, "evicted");
        ct_json_bool(j, true);
    }
    ct_json_time(j, "first", a->first_us);
    ct_json_time(j, "last", a->last_us);
    if (a->crowd) {
        ct_json_ku(j, "sources", a->n_sources);
        ct_json_ka(j, "sources_shown");
        for (size_t i = 0; i < a->n_sources_shown; i++) ct_json_str(j, a->sources[i]);
        ct_json_array_end(j);
    }
    ports_of(j, "tcp", &a->tcp);
    ports_of(j, "udp", &a->udp);
    ports_of(j, "opened", &a->opened);
    ct_json_ku(j, "touches", a->touches);
    ct_json_ku(j, "sessions", a->sessions);
    ct_json_ku(j, "rate_peak", a->rate_peak);
    ct_json_ku(j, "bytes_in", a->bytes_in);
    ct_json_ku(j, "bytes_out", a->bytes_out);
    names(j, "techniques", a->techniques, a->n_techniques);
    names(j, "faces", a->faces, a->n_faces);
    if (a->logins_tried || a->n_logins) {
        ct_json_ku(j, "logins_tried", a->logins_tried);
        ct_json_ku(j, "secrets_distinct", a->secrets_distinct);
        ct_json_ku(j, "users_distinct", a->users_distinct);
        if (a->distinct_at_least) {
            ct_json_key(j, "distinct_at_least");
            ct_json_bool(j, true);
        }
        logins_of(j, a->logins, a->n_logins);
    }
    if (a->payloads) ct_json_ku(j, "payloads", a->payloads);
}

void ct_actor_ecs(struct ct_buf *out, const struct ct_actor_event *a)
{
    struct ct_json_out j;
    struct sayings s = {a->said, a->n_said, a->masked};
    struct threat threats[THREATS_MAX];
    struct ct_buf title = ct_scratch(out);
    bool pinged = false;
    for (size_t i = 0; i < a->n_techniques; i++) pinged = pinged || strcmp(a->techniques[i], "ping") == 0;
    begin(&j, out, a->time_us);
    ct_actor_title(&title, a);
    if (title.err && !out->err) out->err = title.err;
    ct_json_kv(&j, "message", ct_buf_view(&title));
    event(&j, "alert", "intrusion_detection", "caltrop.decoy", ct_actor_action(a), a->id);
    ct_json_ku(&j, "severity", ct_actor_severity(a));
    ct_json_time(&j, "start", a->first_us);
    if (a->news == CT_ACTOR_ENDED) ct_json_time(&j, "end", a->last_us);
    ct_json_object_end(&j);
    observer(&j, a->sensor);
    if (!a->crowd) endpoint(&j, "source", a->source, 0, said(a->said, a->n_said, "source.domain"));
    endpoint(&j, "destination", a->dest, a->dest_port, said(a->said, a->n_said, "destination.domain"));
    ct_json_ko(&j, "network");
    ct_json_kz(&j, "transport", a->transport);
    if (a->n_faces == 1) ct_json_kz(&j, "protocol", a->faces[0]);
    ct_json_object_end(&j);
    user(&j, a->logins, a->n_logins, &s);
    network_said(&j, &s);
    threat(&j, threats, threats_of(pinged, a->tcp.n + a->udp.n > 0, a->logins_tried > 0, ct_grade_rank(a->payload.grade) >= 4, threats));
    ct_json_ko(&j, "caltrop");
    actor_own(&j, a);
    own_said(&j, &s);
    payload_of(&j, &a->payload, a->masked);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
    ct_buf_byte(out, '\n');
}

void ct_decoy_ecs(struct ct_buf *out, const struct ct_decoy_event *d)
{
    struct ct_json_out j;
    begin(&j, out, d->time_us);
    event(&j, strcmp(d->state, "deaf") == 0 ? "alert" : "state", "host", "caltrop.decoy_state", d->state, d->id);
    ct_json_object_end(&j);
    observer(&j, d->sensor);
    ct_json_ko(&j, "caltrop");
    ct_json_kz(&j, "state", d->state);
    ct_json_ka(&j, "reasons");
    for (size_t i = 0; i < d->n_reasons; i++) ct_json_str(&j, d->reasons[i]);
    ct_json_array_end(&j);
    ct_json_time(&j, "probed", d->probed_us);
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {{"contacts", d->contacts}, {"touches", d->touches}, {"background", d->background}, {"ignored", d->ignored},
                  {"actors", d->actors}, {"lost_kernel", d->lost_kernel}, {"lost_record", d->lost_record}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) ct_json_ku(&j, counts[i].name, counts[i].n);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
    ct_buf_byte(out, '\n');
}
