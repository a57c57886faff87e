#include "outlet/chat_shape.h"

#include "base/limits.h"
#include "text/json_out.h"

enum { HEADER_MAX = 150, SECTION_MAX = 2900, SUMMARY_MAX = 1000, VALUE_MAX = 400 }; /* Slack: 150 and 3000; PagerDuty: 1024 */

static struct ct_buf scratch(const struct ct_buf *out)
{
    struct ct_buf b;
    ct_buf_init(&b, out->arena, out->max);
    b.err = out->err;
    return b;
}

static void put(struct ct_json_out *j, const char *key, const struct ct_buf *b)
{
    if (b->err && !j->out->err) j->out->err = b->err;
    ct_json_kv(j, key, ct_buf_view(b));
}

/* At most so many characters, also for those who count UTF-16's: what is beyond U+FFFF is two there. */
static void title_within(struct ct_buf *out, const struct ct_gist *g, size_t most)
{
    size_t began = out->n, units = 0;
    ct_gist_print_title(out, g, most);
    for (size_t i = began; i < out->n; i++) units += (out->p[i] & 0xc0) == 0x80 ? 0 : out->p[i] >= 0xf0 ? 2 : 1;
    if (units <= most) return;
    out->n = began;
    ct_gist_print_title(out, g, most / 2);
}

static void plain_text(struct ct_json_out *j, const char *type, const struct ct_buf *text)
{
    ct_json_object(j);
    ct_json_kz(j, "type", type);
    ct_json_key(j, "text");
    ct_json_object(j);
    ct_json_kz(j, "type", "plain_text");
    put(j, "text", text);
    ct_json_key(j, "emoji");
    ct_json_bool(j, false);
    ct_json_object_end(j);
    ct_json_object_end(j);
}

/* For clients that read markup: no entity, no mention, no emphasis, no code. */
static void without_markup(struct ct_buf *out, const struct ct_buf *in)
{
    for (size_t i = 0; i < in->n; i++) {
        switch (in->p[i]) {
        case '&': ct_buf_text(out, "&amp;"); break;
        case '<': ct_buf_text(out, "&lt;"); break;
        case '>': ct_buf_text(out, "&gt;"); break;
        case '@': ct_buf_text(out, "(at)"); break;
        case '`': ct_buf_byte(out, '\''); break;
        case '*': case '~': ct_buf_byte(out, '.'); break;
        default: ct_buf_byte(out, in->p[i]);
        }
    }
}

void ct_shape_slack(struct ct_buf *out, const struct ct_gist *g)
{
    struct ct_json_out j;
    struct ct_buf title = scratch(out), body = scratch(out), both = scratch(out), fallback = scratch(out);
    title_within(&title, g, HEADER_MAX);
    ct_gist_print_details(&body, g, VALUE_MAX, SECTION_MAX - 20);
    ct_buf_add(&both, ct_buf_view(&title));
    ct_buf_byte(&both, '\n');
    ct_buf_add(&both, ct_buf_view(&body));
    without_markup(&fallback, &both);
    ct_json_begin(&j, out);
    ct_json_object(&j);
    put(&j, "text", &fallback);
    ct_json_key(&j, "unfurl_links");
    ct_json_bool(&j, false);
    ct_json_key(&j, "unfurl_media");
    ct_json_bool(&j, false);
    ct_json_key(&j, "blocks");
    ct_json_array(&j);
    plain_text(&j, "header", &title);
    if (body.n) plain_text(&j, "section", &body);
    ct_json_array_end(&j);
    ct_json_object_end(&j);
}

const char *ct_shape_pagerduty_action(const struct ct_gist *g)
{
    if (ct_gist_is_alive(g)) return "resolve";
    return ct_str_eq(g->news, CT_STR("ended")) && !g->evicted && g->severity < 99 ? "resolve" : "trigger";
}

/* Names of an event may differ in what is not shown; of an object they may not. */
static void put_details(struct ct_json_out *j, const struct ct_buf *out, const struct ct_gist *g)
{
    ct_str names[CT_GIST_DETAILS_MAX];
    for (size_t i = 0; i < g->n_details; i++) {
        struct ct_buf name = scratch(out), value = scratch(out);
        ct_gist_print_name(&name, g->details[i].name);
        for (size_t k = 0; k < i;)
            if (ct_str_eq(names[k], ct_buf_view(&name)) && !name.err) {
                ct_buf_byte(&name, '+');
                k = 0;
            } else {
                k++;
            }
        names[i] = ct_buf_view(&name);
        ct_gist_print_value(&value, g->details[i].value, VALUE_MAX);
        ct_buf_byte(&name, 0);
        if (name.err == CT_OK) put(j, (const char *)name.p, &value);
    }
}

/* "2026-11-25T20:00:00Z", or with a fraction: as our own events have it. Others' may hold anything there, and are refused for it. */
static bool is_time(ct_str s)
{
    static const char shape[] = "0000-00-00T00:00:00";
    size_t i = 0;
    for (; shape[i]; i++)
        if (i == s.n || (shape[i] == '0' ? !ct_ascii_digit(s.p[i]) : s.p[i] != (unsigned char)shape[i])) return false;
    if (i + 1 < s.n && s.p[i] == '.' && ct_ascii_digit(s.p[i + 1]))
        for (i++; i < s.n && ct_ascii_digit(s.p[i]);) i++;
    return i + 1 == s.n && s.p[i] == 'Z';
}

static const char *severity_of(unsigned severity)
{
    return severity >= 99 ? "critical" : severity >= 73 ? "error" : severity >= 47 ? "warning" : "info";
}

void ct_shape_pagerduty(struct ct_buf *out, const struct ct_gist *g, const char *routing_key)
{
    struct ct_json_out j;
    struct ct_buf title = scratch(out), key = scratch(out), b = scratch(out);
    title_within(&title, g, SUMMARY_MAX);
    ct_gist_print_key(&key, g);
    ct_gist_print_value(&b, ct_str_trim(g->sensor).n ? g->sensor : ct_str_trim(g->source).n ? g->source : CT_STR("caltrop"), 200);
    ct_json_begin(&j, out);
    ct_json_object(&j);
    ct_json_kz(&j, "routing_key", routing_key);
    ct_json_kz(&j, "event_action", ct_shape_pagerduty_action(g));
    put(&j, "dedup_key", &key);
    ct_json_kz(&j, "client", "caltrop");
    ct_json_key(&j, "payload");
    ct_json_object(&j);
    put(&j, "summary", &title);
    put(&j, "source", &b);
    ct_json_kz(&j, "severity", severity_of(g->severity));
    if (is_time(g->timestamp)) ct_json_kv(&j, "timestamp", g->timestamp);
    b = scratch(out);
    ct_gist_print_value(&b, g->action, 80);
    if (b.n) put(&j, "class", &b);
    ct_json_key(&j, "custom_details");
    ct_json_object(&j);
    put_details(&j, out, g);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
    ct_json_object_end(&j);
}
