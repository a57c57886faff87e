#include "event/contact_fields.h"

#include "text/ip.h"
#include "text/printable.h"

#include <string.h>

ct_str ct_contact_masked(struct ct_buf *out, bool masked, ct_str s)
{
    if (!masked || s.n == 0) return s;
    struct ct_buf b = ct_scratch(out);
    ct_mask_secrets(&b, s);
    if (b.err && !out->err) out->err = b.err;
    return ct_buf_view(&b);
}

void ct_print_address(struct ct_buf *out, ct_str address)
{
    size_t scope = ct_str_chr(address, '%');
    uint64_t index;
    bool whole = scope == CT_STR_NONE || ct_str_u64(ct_str_slice(address, scope + 1, address.n), &index);
    if (whole && ct_ip_parse(ct_str_slice(address, 0, scope), NULL)) ct_print_text(out, address);
    else ct_print_defanged(out, address);
}

void ct_print_ports(struct ct_buf *out, const struct ct_actor_ports *p, size_t most)
{
    size_t n = p->n_ranges < most ? p->n_ranges : most;
    for (size_t i = 0; i < n; i++) {
        if (i) ct_buf_byte(out, ',');
        ct_buf_u64(out, p->ranges[i].first);
        if (p->ranges[i].last == p->ranges[i].first) continue;
        ct_buf_byte(out, '-');
        ct_buf_u64(out, p->ranges[i].last);
    }
    if (n < p->n_ranges || p->more) ct_buf_text(out, " and more");
}

void ct_print_all_ports(struct ct_buf *out, const struct ct_actor_event *a, size_t most)
{
    const struct {
        const char *name;
        const struct ct_actor_ports *p;
    } all[] = {{"tcp ", &a->tcp}, {"udp ", &a->udp}};
    bool some = false;
    for (size_t i = 0; i < 2; i++) {
        if (all[i].p->n == 0) continue;
        if (some) ct_buf_text(out, "; ");
        some = true;
        ct_buf_text(out, all[i].name);
        ct_print_ports(out, all[i].p, most);
    }
}

const char *ct_actor_news_name(enum ct_actor_news n)
{
    static const char *const names[CT_ACTOR_NEWS_COUNT] = {"new", "grew", "rose", "ended"};
    return names[n];
}

unsigned ct_grade_rank(const char *grade)
{
    static const char *const grades[] = {"none", "rule", "leak", "dos", "attempt", "reach", "exploit"};
    for (unsigned i = 1; grade && i < sizeof grades / sizeof *grades; i++)
        if (strcmp(grade, grades[i]) == 0) return i;
    return 0;
}

static const char *payload_action(const char *grade)
{
    if (strcmp(grade, "none") == 0) return "unjudged-payload";
    if (strcmp(grade, "rule") == 0) return "rule-match";
    if (strcmp(grade, "leak") == 0) return "value-lookup";
    if (strcmp(grade, "dos") == 0) return "recursive-lookup";
    return "jndi-lookup";
}

enum { SWEEP_PORTS = 10 }; /* one visitor of a service and its neighbours stays below */

const char *ct_actor_action(const struct ct_actor_event *a)
{
    if (a->payload.grade) return payload_action(a->payload.grade);
    if (a->logins_tried || a->n_logins) return "login-attempt";
    if (a->tcp.n + a->udp.n > 1) return "port-scan";
    if (a->sessions) return "connection";
    return a->tcp.n + a->udp.n ? "port-probe" : "ping";
}

const char *ct_contact_action(const struct ct_contact_event *c)
{
    if (c->payload.grade) return payload_action(c->payload.grade);
    if (c->n_logins) return "login-attempt";
    return strcmp(c->technique, "connect") == 0 ? "connection" : "datagram";
}

unsigned ct_actor_severity(const struct ct_actor_event *a)
{
    unsigned rank = ct_grade_rank(a->payload.grade);
    if (rank >= 5) return 99;
    if (a->payload.grade || a->logins_tried || a->n_logins || a->tcp.n + a->udp.n > SWEEP_PORTS) return 73;
    return a->tcp.n + a->udp.n ? 47 : 21;
}

void ct_print_users(struct ct_buf *out, const struct ct_actor_event *a, size_t most)
{
    uint64_t shown = 0, all = a->users_distinct;
    for (size_t i = 0; i < a->n_logins && shown < most; i++) {
        bool known = a->logins[i].user.n == 0;
        for (size_t k = 0; k < i && !known; k++) known = ct_str_eq(a->logins[k].user, a->logins[i].user);
        if (known) continue;
        if (shown++) ct_buf_text(out, ", ");
        ct_print_defanged(out, a->logins[i].user);
    }
    if (all > shown) {
        if (shown) ct_buf_text(out, " and ");
        ct_buf_u64(out, all - shown);
        if (shown) ct_buf_text(out, " more");
        else ct_buf_text(out, " names");
    }
}

static void number(struct ct_buf *out, uint64_t n, const char *one, const char *many)
{
    ct_buf_u64(out, n);
    ct_buf_byte(out, ' ');
    ct_buf_text(out, n == 1 ? one : many);
}

static void source(struct ct_buf *out, const struct ct_actor_event *a)
{
    if (a->crowd) number(out, a->n_sources, "source", "sources");
    else ct_print_address(out, a->source);
}

void ct_actor_title(struct ct_buf *out, const struct ct_actor_event *a)
{
    uint64_t ports = a->tcp.n + a->udp.n;
    bool one_port = ports == 1 && a->dest_port;
    if (a->payload.grade && ct_grade_rank(a->payload.grade) == 0) {
        ct_buf_text(out, "Payload that could not be judged from ");
        source(out, a);
    } else if (a->payload.grade) {
        ct_buf_text(out, ct_grade_rank(a->payload.grade) >= 4 ? "JNDI payload (" : "Payload (");
        ct_buf_text(out, a->payload.grade);
        ct_buf_text(out, ") from ");
        source(out, a);
    } else if (a->logins_tried || a->n_logins) {
        number(out, a->logins_tried ? a->logins_tried : a->n_logins, "login attempt", "login attempts");
        ct_buf_text(out, " from ");
        source(out, a);
    } else if (ports > 1) {
        ct_buf_text(out, "Scan of ");
        number(out, ports, "port", "ports");
        ct_buf_text(out, " by ");
        source(out, a);
    } else {
        ct_buf_text(out, a->sessions ? "Connection from " : ports ? "Probe from " : "Ping from ");
        source(out, a);
    }
    if (one_port) ct_buf_printf(out, " to port %u/%s", (unsigned)a->dest_port, a->transport);
    if (a->sensor.n) {
        ct_buf_text(out, " on ");
        ct_print_defanged(out, a->sensor);
    }
    if (a->news == CT_ACTOR_ENDED) ct_buf_text(out, a->evicted ? " (no longer followed)" : " (ended)");
}
