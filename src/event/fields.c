#include "event/fields.h"
#include "text/printable.h"

#include <string.h>

bool ct_attempt_in_file(const struct ct_attempt *a)
{
    return a->source.n && !ct_str_eq(a->source, CT_STR("stdin")) && !ct_str_starts(a->source, CT_STR("journal:"));
}

bool ct_attempt_http_status(const struct ct_attempt *a, uint64_t *ret_status)
{
    return a->status.n == 3 && strcmp(a->log_format, "postfix") != 0 && strcmp(a->log_format, "exim") != 0 &&
           ct_str_u64(a->status, ret_status);
}

void ct_print_id(struct ct_buf *out, const unsigned char id[16])
{
    for (unsigned i = 0; i < 16; i++) {
        ct_buf_byte(out, (unsigned char)"0123456789abcdef"[id[i] >> 4]);
        ct_buf_byte(out, (unsigned char)"0123456789abcdef"[id[i] & 15]);
    }
}

struct ct_buf ct_scratch(const struct ct_buf *out)
{
    struct ct_buf b;
    ct_buf_init(&b, out->arena, out->max);
    b.err = out->err;
    return b;
}

ct_str ct_attempt_masked(struct ct_buf *out, const struct ct_attempt *a, ct_str s)
{
    if (!a->masked || s.n == 0) return s;
    struct ct_buf b = ct_scratch(out);
    ct_mask_secrets(&b, s);
    if (b.err && !out->err) out->err = b.err;
    return ct_buf_view(&b);
}

ct_str ct_attempt_value_of(const struct ct_attempt *a, const char *field)
{
    return ct_str_eq(a->field, ct_str_from(field)) ? a->raw : (ct_str){NULL, 0};
}

/* The ranges for which nothing (or only) something must be set, each once; at most three, since people read this. */
static size_t put_ranges(struct ct_buf *out, const struct ct_attempt *a, bool by_default, const char *lead)
{
    size_t shown = 0, found = 0;
    for (size_t i = 0; i < a->n_fires; i++) {
        const struct ct_attempt_fires *f = &a->fires[i];
        bool known = (f->setting[0] == 0) != by_default;
        for (size_t k = 0; k < i && !known; k++)
            known = (a->fires[k].setting[0] == 0) == by_default && ct_str_eq(a->fires[k].versions, f->versions);
        if (known) continue;
        if (++found > 3) continue;
        ct_buf_text(out, shown++ ? ", " : lead);
        ct_print_text(out, f->versions);
        if (by_default) continue;
        ct_buf_text(out, " with ");
        ct_print_text(out, ct_str_from(f->setting));
    }
    if (found > shown) ct_buf_printf(out, " and %zu more", found - shown);
    return found;
}

void ct_print_fires(struct ct_buf *out, const struct ct_attempt *a, bool terse)
{
    for (size_t i = 0; i < a->n_traits; i++)
        if (strcmp(a->traits[i], CT_TRAIT_RAN_NAME) == 0) {
            ct_buf_text(out, terse ? "RAN" : "RAN: Log4j itself logged that this lookup failed");
            return;
        }
    const char *lead = terse ? "" : strcmp(a->grade, "reach") == 0 ? "would reach JNDI on " : "would fire on ";
    if (put_ranges(out, a, true, lead) == 0 && put_ranges(out, a, false, lead) == 0) {
        ct_buf_text(out, strcmp(a->certainty, "unknown") == 0 ? "cannot tell" : "-");
        return;
    }
    for (size_t i = 0; i < a->n_conditions && i < 2; i++) {
        ct_buf_text(out, i ? " and " : " if ");
        ct_print_defanged(out, a->conditions[i]);
        ct_buf_text(out, " is set");
    }
    if (a->n_conditions > 2) ct_buf_text(out, " and more");
    if (strcmp(a->certainty, "unknown") == 0) ct_buf_text(out, " (not certain)");
}

void ct_json_one(struct ct_json_out *j, const char *key, const char *only)
{
    ct_json_ka(j, key);
    ct_json_str(j, ct_str_from(only));
    ct_json_array_end(j);
}

void ct_json_some(struct ct_json_out *j, const char *key, ct_str v)
{
    if (v.n) ct_json_kv(j, key, v);
}

void ct_json_time(struct ct_json_out *j, const char *key, int64_t time_us)
{
    if (time_us == INT64_MIN) return;
    ct_json_key(j, key);
    ct_json_str(j, (ct_str){NULL, 0});
    if (j->out->err) return;
    j->out->n--; /* the time goes between the quotes: it needs no escaping */
    ct_print_time(j->out, time_us);
    ct_buf_byte(j->out, '"');
}

static void names(struct ct_json_out *j, const char *key, const char *const *list, size_t n)
{
    ct_json_ka(j, key);
    for (size_t i = 0; i < n; i++) ct_json_str(j, ct_str_from(list[i]));
    ct_json_array_end(j);
}

static void indicators(struct ct_json_out *j, const struct ct_attempt *a)
{
    ct_json_ka(j, "indicators");
    for (size_t i = 0; i < a->n_indicators; i++) {
        const struct ct_attempt_indicator *in = &a->indicators[i];
        ct_json_object(j);
        ct_json_kv(j, "scheme", in->scheme);
        ct_json_kv(j, "host", in->host);
        if (in->port) ct_json_ku(j, "port", in->port);
        ct_json_kv(j, "path", ct_attempt_masked(j->out, a, in->path));
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
}

static void fires(struct ct_json_out *j, const struct ct_attempt *a)
{
    ct_json_ka(j, "fires");
    for (size_t i = 0; i < a->n_fires; i++) {
        ct_json_object(j);
        ct_json_kv(j, "versions", a->fires[i].versions);
        ct_json_kz(j, "sink", a->fires[i].sink);
        ct_json_kz(j, "setting", a->fires[i].setting);
        ct_json_object_end(j);
    }
    ct_json_array_end(j);
}

void ct_attempt_own_fields(struct ct_json_out *j, const struct ct_attempt *a)
{
    if (!ct_attempt_in_file(a)) ct_json_some(j, "source", a->source);
    if (a->line) ct_json_ku(j, "line", a->line);
    ct_json_kz(j, "format", a->log_format);
    ct_json_kz(j, "grade", a->grade);
    names(j, "traits", a->traits, a->n_traits);
    ct_json_kz(j, "certainty", a->certainty);
    ct_json_ka(j, "condition");
    for (size_t i = 0; i < a->n_conditions; i++) ct_json_str(j, a->conditions[i]);
    ct_json_array_end(j);
    ct_json_kv(j, "field", a->field);
    names(j, "chain", a->chain, a->n_chain);
    fires(j, a);
    ct_json_ku(j, "calls", a->calls);
    indicators(j, a);
    ct_json_some(j, "campaign", ct_attempt_masked(j->out, a, a->campaign));
    ct_json_some(j, "scanner", a->scanner);
    ct_json_some(j, "forwarded", a->forwarded);
    ct_json_some(j, "waf", a->waf);
    uint64_t status;
    if (!ct_attempt_http_status(a, &status)) ct_json_some(j, "status", a->status);
    /* False is not written: without a log of callbacks nobody looked. */
    if (a->contacted) {
        ct_json_key(j, "contacted");
        ct_json_bool(j, true);
    }
    ct_json_kv(j, "normal", ct_attempt_masked(j->out, a, a->normal));
    ct_json_kv(j, "raw", ct_attempt_masked(j->out, a, a->raw));
}
