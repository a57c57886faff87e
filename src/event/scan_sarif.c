/* SARIF 2.1.0 of a scan: a rule per vulnerability, a result per finding, the outer file as location. */
#include "event/scan_event.h"

#include "event/fields.h"

#include <string.h>

static const char *level_of(const struct ct_scan_finding *f)
{
    if (strcmp(f->state, "mitigated") == 0) return "note";
    if (strcmp(f->state, "under_investigation") == 0) return "warning";
    return strcmp(f->severity, "medium") == 0 || strcmp(f->severity, "low") == 0 ? "warning" : "error";
}

/* What code scanning pages sort by: a number in the middle of the range that CVSS gives the word. */
static const char *number_of(const char *severity)
{
    if (strcmp(severity, "critical") == 0) return "9.5";
    if (strcmp(severity, "high") == 0) return "8.0";
    if (strcmp(severity, "medium") == 0) return "5.5";
    if (strcmp(severity, "low") == 0) return "2.0";
    return "8.0"; /* unknown: not to be sorted away */
}

void ct_scan_sarif_begin(struct ct_buf *out, const struct ct_scan_finding *const *rules, size_t n_rules)
{
    struct ct_json_out j;
    ct_sarif_begin(out, &j);
    for (size_t i = 0; i < n_rules; i++) {
        struct ct_buf text = ct_scratch(out);
        ct_sarif_message(&text, rules[i]->vulnerability);
        ct_buf_text(&text, " in ");
        ct_sarif_message(&text, rules[i]->product);
        if (text.err && !out->err) out->err = text.err;
        ct_sarif_rule(&j, rules[i]->vulnerability, ct_buf_view(&text), "error", number_of(rules[i]->severity));
    }
    ct_sarif_results(&j);
}

static void location(struct ct_json_out *j, const struct ct_scan_finding *f)
{
    struct ct_buf uri = ct_scratch(j->out);
    ct_sarif_uri(&uri, ct_scan_outer(f->path));
    if (uri.err && !j->out->err) j->out->err = uri.err;
    ct_json_ka(j, "locations");
    ct_json_object(j);
    ct_json_ko(j, "physicalLocation");
    ct_json_ko(j, "artifactLocation");
    ct_json_kv(j, "uri", ct_buf_view(&uri));
    ct_json_object_end(j);
    ct_json_object_end(j);
    ct_json_ka(j, "logicalLocations");
    ct_json_object(j);
    ct_json_kv(j, "fullyQualifiedName", f->path);
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_object_end(j);
    ct_json_array_end(j);
}

void ct_scan_sarif(struct ct_buf *out, const struct ct_scan_finding *f, size_t rule, bool first)
{
    struct ct_json_out j;
    struct ct_buf id = ct_scratch(out), text = ct_scratch(out);
    ct_print_id(&id, f->id);
    ct_buf_text(&text, f->state);
    ct_buf_text(&text, ": ");
    ct_sarif_message(&text, f->product);
    ct_buf_byte(&text, ' ');
    ct_sarif_message(&text, f->version);
    ct_buf_text(&text, " in ");
    ct_sarif_message(&text, f->path);
    ct_buf_text(&text, ": ");
    ct_sarif_message(&text, f->reason);
    if (!out->err) out->err = id.err ? id.err : text.err;
    if (!first) ct_buf_text(out, ",\n");
    ct_json_begin(&j, out);
    ct_json_object(&j);
    ct_json_kv(&j, "ruleId", f->vulnerability);
    ct_json_ku(&j, "ruleIndex", rule);
    ct_json_kz(&j, "level", level_of(f));
    ct_sarif_text(&j, "message", ct_buf_view(&text));
    location(&j, f);
    ct_json_ko(&j, "partialFingerprints");
    ct_json_kv(&j, "findingId/v1", ct_buf_view(&id));
    ct_json_object_end(&j);
    ct_json_ko(&j, "properties");
    ct_json_kz(&j, "state", f->state);
    ct_json_some(&j, "purl", f->purl);
    ct_json_some(&j, "fix", f->fix);
    ct_json_ka(&j, "evidence");
    for (size_t i = 0; i < f->n_evidence; i++) ct_json_str(&j, f->evidence[i]);
    ct_json_array_end(&j);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
}

void ct_scan_sarif_end(struct ct_buf *out, const struct ct_scan_host *h)
{
    struct ct_json_out j;
    ct_buf_text(out, "\n],\"invocations\":[");
    ct_json_begin(&j, out);
    ct_json_object(&j);
    ct_json_key(&j, "executionSuccessful");
    ct_json_bool(&j, h->complete);
    ct_json_some(&j, "machine", h->who.name);
    ct_json_time(&j, "startTimeUtc", h->started_us);
    ct_json_time(&j, "endTimeUtc", h->ended_us);
    if (h->n_notes) {
        ct_json_ka(&j, "toolExecutionNotifications");
        for (size_t i = 0; i < h->n_notes; i++) {
            struct ct_buf b = ct_scratch(out);
            ct_buf_add(&b, h->notes[i].path);
            if (b.n) ct_buf_text(&b, ": ");
            ct_buf_add(&b, h->notes[i].text);
            if (b.err && !out->err) out->err = b.err;
            ct_sarif_note(&j, h->notes[i].incomplete ? "warning" : "note", ct_buf_view(&b));
        }
        ct_json_array_end(&j);
    }
    ct_json_object_end(&j);
    ct_buf_text(out, "]}]}\n");
}
