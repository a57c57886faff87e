/* SARIF 2.1.0, streamed: one run, its results, then how it ended. Viewers make links of "[text](target)" in messages and
 * replace "{0}": little of the attacker's text gets into them, escaped; the whole of it stands in properties. */
#include "event/fields.h"
#include "text/printable.h"

#include <string.h>

static const struct {
    const char *grade, *level, *severity, *text;
} rules[] = {
    {"exploit", "error", "10.0", "A lookup that makes Log4j connect to a host of the sender's choice"},
    {"reach", "warning", "7.0", "A lookup that reaches JNDI but cannot connect as written"},
    {"attempt", "note", "3.0", "A try at a JNDI lookup that fires on no release"},
    {"dos", "warning", "5.9", "A lookup that recurses until the thread fails"},
    {"leak", "warning", "5.3", "A lookup that asks for values of the host"},
    {"rule", "note", "1.0", "A detection rule matched"},
};
enum { N_RULES = sizeof rules / sizeof *rules };

void ct_sarif_text(struct ct_json_out *j, const char *key, ct_str text)
{
    ct_json_ko(j, key);
    ct_json_kv(j, "text", text);
    ct_json_object_end(j);
}

void ct_sarif_begin(struct ct_buf *out, struct ct_json_out *j)
{
    ct_buf_text(out, "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\","
                     "\"version\":\"2.1.0\",\"runs\":[{\"tool\":");
    ct_json_begin(j, out);
    ct_json_object(j);
    ct_json_ko(j, "driver");
    ct_json_kz(j, "name", "Caltrop");
    ct_json_kz(j, "version", CT_VERSION);
    ct_json_ka(j, "rules");
}

void ct_sarif_rule(struct ct_json_out *j, ct_str id, ct_str text, const char *level, const char *severity)
{
    ct_json_object(j);
    ct_json_kv(j, "id", id);
    ct_sarif_text(j, "shortDescription", text);
    ct_json_ko(j, "defaultConfiguration");
    ct_json_kz(j, "level", level);
    ct_json_object_end(j);
    ct_json_ko(j, "properties");
    ct_json_kz(j, "security-severity", severity);
    ct_json_object_end(j);
    ct_json_object_end(j);
}

void ct_sarif_results(struct ct_json_out *j)
{
    ct_json_array_end(j);
    ct_json_object_end(j);
    ct_json_object_end(j);
    ct_buf_text(j->out, ",\"results\":[\n");
}

void ct_sarif_note(struct ct_json_out *j, const char *level, ct_str text)
{
    struct ct_buf b = ct_scratch(j->out);
    ct_sarif_message(&b, text);
    if (b.err && !j->out->err) j->out->err = b.err;
    ct_json_object(j);
    ct_json_kz(j, "level", level);
    ct_sarif_text(j, "message", ct_buf_view(&b));
    ct_json_object_end(j);
}

void ct_attempt_sarif_begin(struct ct_buf *out)
{
    struct ct_json_out j;
    ct_sarif_begin(out, &j);
    for (size_t i = 0; i < N_RULES; i++)
        ct_sarif_rule(&j, ct_str_from(rules[i].grade), ct_str_from(rules[i].text), rules[i].level, rules[i].severity);
    ct_sarif_results(&j);
}

/* A path as a URI reference (RFC 3986): absolute ones get the file scheme. */
void ct_sarif_uri(struct ct_buf *out, ct_str path)
{
    if (path.n && path.p[0] == '/') ct_buf_text(out, "file://");
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = path.p[i];
        if (ct_ascii_alpha(c) || ct_ascii_digit(c) || (c && strchr("/-._~", c))) {
            ct_buf_byte(out, c);
        } else {
            ct_buf_byte(out, '%');
            ct_buf_byte(out, (unsigned char)"0123456789ABCDEF"[c >> 4]);
            ct_buf_byte(out, (unsigned char)"0123456789ABCDEF"[c & 15]);
        }
    }
}

static void location(struct ct_json_out *j, const struct ct_attempt *a)
{
    if (a->source.n == 0) return;
    struct ct_buf uri = ct_scratch(j->out);
    ct_sarif_uri(&uri, a->source);
    if (uri.err && !j->out->err) j->out->err = uri.err;
    ct_json_ka(j, "locations");
    ct_json_object(j);
    ct_json_ko(j, "physicalLocation");
    ct_json_ko(j, "artifactLocation");
    ct_json_kv(j, "uri", ct_buf_view(&uri));
    ct_json_object_end(j);
    ct_json_ko(j, "region");
    if (a->line) ct_json_ku(j, "startLine", a->line);
    ct_json_ku(j, "byteOffset", a->offset);
    ct_json_object_end(j);
    ct_json_object_end(j);
    ct_json_object_end(j);
    ct_json_array_end(j);
}

static void print_host(struct ct_buf *out, ct_str host)
{
    for (size_t i = 0; i < host.n; i++) {
        unsigned char c = host.p[i];
        if (c == '.') ct_buf_text(out, "[.]");
        else ct_buf_byte(out, ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '-' || c == ':' || c == '_' ? c : '?');
    }
}

/* "{" and "}" are doubled (SARIF 2.1.0, 3.11.5), and a link's "](" is parted (3.11.6). */
void ct_sarif_message(struct ct_buf *out, ct_str s)
{
    struct ct_buf b = ct_scratch(out);
    ct_print_text(&b, s);
    if (b.err && !out->err) out->err = b.err;
    for (size_t i = 0; i < b.n; i++) {
        unsigned char c = b.p[i];
        ct_buf_byte(out, c);
        if (c == '{' || c == '}') ct_buf_byte(out, c);
        if (c == ']' && i + 1 < b.n && b.p[i + 1] == '(') ct_buf_byte(out, ' ');
    }
}

static ct_str summary(struct ct_buf *out, const struct ct_attempt *a)
{
    struct ct_buf said = ct_scratch(out), b = ct_scratch(out);
    ct_print_fires(&said, a, false);
    ct_buf_text(&b, a->grade);
    if (!ct_str_eq(ct_buf_view(&said), CT_STR("-"))) {
        ct_buf_text(&b, ": ");
        ct_sarif_message(&b, ct_buf_view(&said));
    }
    if (a->field.n) {
        ct_buf_text(&b, " (field ");
        ct_sarif_message(&b, a->field);
        ct_buf_byte(&b, ')');
    }
    if (a->n_indicators && a->indicators[0].host.n) {
        ct_buf_text(&b, ", would call ");
        print_host(&b, a->indicators[0].host);
        if (a->indicators[0].port) ct_buf_printf(&b, " port %u", (unsigned)a->indicators[0].port);
    }
    if (said.err && !out->err) out->err = said.err;
    if (b.err && !out->err) out->err = b.err;
    return ct_buf_view(&b);
}

void ct_attempt_sarif(struct ct_buf *out, const struct ct_attempt *a, bool first)
{
    struct ct_json_out j;
    size_t rule = 0;
    while (rule + 1 < N_RULES && strcmp(rules[rule].grade, a->grade) != 0) rule++;
    struct ct_buf id = ct_scratch(out);
    ct_print_id(&id, a->id);
    if (id.err && !out->err) out->err = id.err;
    ct_str text = summary(out, a);

    if (!first) ct_buf_text(out, ",\n");
    ct_json_begin(&j, out);
    ct_json_object(&j);
    ct_json_kz(&j, "ruleId", rules[rule].grade);
    ct_json_ku(&j, "ruleIndex", rule);
    ct_json_kz(&j, "level", rules[rule].level);
    ct_sarif_text(&j, "message", text);
    location(&j, a);
    ct_json_ko(&j, "partialFingerprints");
    ct_json_kv(&j, "attemptId/v1", ct_buf_view(&id));
    ct_json_object_end(&j);
    ct_json_ko(&j, "properties");
    ct_json_time(&j, "time", a->time_us);
    ct_json_some(&j, "client", a->client);
    ct_json_some(&j, "target", a->target);
    const char *cves[CT_CVES_MAX];
    size_t n_cves = ct_attempt_cves(a, cves);
    ct_json_ka(&j, "vulnerabilities");
    for (size_t i = 0; i < n_cves; i++) ct_json_str(&j, ct_str_from(cves[i]));
    ct_json_array_end(&j);
    ct_attempt_own_fields(&j, a);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
}

void ct_attempt_sarif_end(struct ct_buf *out, bool complete, const ct_str *notes, size_t n_notes)
{
    struct ct_json_out j;
    ct_buf_text(out, "\n],\"invocations\":[");
    ct_json_begin(&j, out);
    ct_json_object(&j);
    ct_json_key(&j, "executionSuccessful");
    ct_json_bool(&j, complete);
    if (n_notes) {
        ct_json_ka(&j, "toolExecutionNotifications");
        for (size_t i = 0; i < n_notes; i++) ct_sarif_note(&j, complete ? "note" : "warning", notes[i]);
        ct_json_array_end(&j);
    }
    ct_json_object_end(&j);
    ct_buf_text(out, "]}]}\n");
}
