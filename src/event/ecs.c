/* Elastic Common Schema 8, as one line of JSON. What ECS has no name for stands under "caltrop". */
#include "event/fields.h"

#include "text/ip.h"

#include <string.h>

static const char *action_of(const char *grade)
{
    if (strcmp(grade, "rule") == 0) return "rule-match";
    if (strcmp(grade, "leak") == 0) return "value-lookup";
    if (strcmp(grade, "dos") == 0) return "recursive-lookup";
    return "jndi-lookup";
}

static void event(struct ct_json_out *j, const struct ct_attempt *a)
{
    struct ct_buf id = ct_scratch(j->out);
    ct_print_id(&id, a->id);
    if (id.err && !j->out->err) j->out->err = id.err;
    ct_json_ko(j, "event");
    ct_json_kz(j, "kind", "alert");
    ct_json_one(j, "category", "intrusion_detection");
    ct_json_one(j, "type", "info");
    ct_json_kz(j, "module", "caltrop");
    ct_json_kz(j, "dataset", "caltrop.attempt");
    ct_json_kz(j, "action", action_of(a->grade));
    ct_json_kv(j, "id", ct_buf_view(&id));
    ct_json_object_end(j);
}

static void source(struct ct_json_out *j, const struct ct_attempt *a)
{
    if (a->client.n == 0) return;
    uint16_t port;
    ct_str host = ct_ip_cut_port(a->client, &port);
    if (host.n > 1 && host.p[0] == '[' && host.p[host.n - 1] == ']') host = ct_str_slice(host, 1, host.n - 1);
    ct_json_ko(j, "source");
    ct_json_kv(j, "address", a->client);
    if (ct_ip_parse(host, NULL)) {
        ct_json_kv(j, "ip", host);
        if (port) ct_json_ku(j, "port", port);
    }
    ct_json_object_end(j);
}

static void request(struct ct_json_out *j, const struct ct_attempt *a)
{
    ct_str original = ct_attempt_value_of(a, "url.original");
    if (original.n || a->target.n || a->path.n) {
        uint16_t port;
        ct_str domain = ct_ip_cut_port(a->target, &port);
        ct_json_ko(j, "url");
        ct_json_some(j, "original", ct_attempt_masked(j->out, a, original));
        ct_json_some(j, "domain", domain);
        if (port) ct_json_ku(j, "port", port);
        ct_json_some(j, "path", ct_attempt_masked(j->out, a, a->path));
        ct_json_object_end(j);
    }
    ct_str referrer = ct_attempt_value_of(a, "http.request.referrer");
    uint64_t status = 0;
    bool has_status = ct_attempt_http_status(a, &status);
    if (a->method.n || referrer.n || has_status) {
        ct_json_ko(j, "http");
        if (a->method.n || referrer.n) {
            ct_json_ko(j, "request");
            ct_json_some(j, "method", a->method);
            ct_json_some(j, "referrer", ct_attempt_masked(j->out, a, referrer));
            ct_json_object_end(j);
        }
        if (has_status) {
            ct_json_ko(j, "response");
            ct_json_ku(j, "status_code", status);
            ct_json_object_end(j);
        }
        ct_json_object_end(j);
    }
    ct_str agent = ct_attempt_value_of(a, "user_agent.original");
    if (agent.n) {
        ct_json_ko(j, "user_agent");
        ct_json_kv(j, "original", ct_attempt_masked(j->out, a, agent));
        ct_json_object_end(j);
    }
}

static void log_file(struct ct_json_out *j, const struct ct_attempt *a)
{
    if (!ct_attempt_in_file(a) && !a->line) return; /* an entry of a journal stands at no offset */
    ct_json_ko(j, "log");
    if (ct_attempt_in_file(a)) {
        ct_json_ko(j, "file");
        ct_json_kv(j, "path", a->source);
        ct_json_object_end(j);
    }
    ct_json_ku(j, "offset", a->offset);
    ct_json_object_end(j);
}

static void vulnerability(struct ct_json_out *j, const struct ct_attempt *a)
{
    const char *ids[CT_CVES_MAX];
    size_t n = ct_attempt_cves(a, ids);
    if (n == 0) return;
    ct_json_ko(j, "vulnerability");
    ct_json_key(j, "id"); /* always a list, since one string may do two things */
    ct_json_array(j);
    for (size_t i = 0; i < n; i++) ct_json_str(j, ct_str_from(ids[i]));
    ct_json_array_end(j);
    ct_json_object_end(j);
}

void ct_attempt_ecs(struct ct_buf *out, const struct ct_attempt *a)
{
    struct ct_json_out j;
    ct_json_begin(&j, out);
    ct_json_object(&j);
    ct_json_time(&j, "@timestamp", a->time_us);
    ct_json_ko(&j, "ecs");
    ct_json_kz(&j, "version", "8.11.0");
    ct_json_object_end(&j);
    event(&j, a);
    source(&j, a);
    request(&j, a);
    log_file(&j, a);
    vulnerability(&j, a);
    ct_json_ko(&j, "caltrop");
    ct_attempt_own_fields(&j, a);
    if (a->repeats) ct_json_ku(&j, "repeats", a->repeats);
    if (a->repeats_total) ct_json_ku(&j, "repeats_total", a->repeats_total);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
    ct_buf_byte(out, '\n');
}
