#include "outlet/gist.h"

#include "base/limits.h"
#include "event/attempt.h"
#include "text/ip.h"
#include "text/json_in.h"
#include "text/printable.h"

#include <string.h>

_Static_assert(CT_GIST_DETAILS_MAX == sizeof((struct ct_gist *)0)->details / sizeof *((struct ct_gist *)0)->details, "one cap");

enum { PATH_MAX_ = 160 };

/* Where the reader stands: "caltrop.indicators.host"; lists add nothing to it. */
struct path {
    unsigned char text[PATH_MAX_];
    size_t n;                         /* without the key that is being read */
    size_t at[CT_JSON_DEPTH_MAX + 1]; /* n before each open container's own name */
    unsigned depth;
    size_t whole;                     /* with the key */
};

static void set_key(struct path *p, ct_str key)
{
    size_t n = p->n;
    if (n && n < sizeof p->text) p->text[n++] = '.';
    for (size_t i = 0; i < key.n && n < sizeof p->text; i++) p->text[n++] = key.p[i];
    p->whole = n;
}

static void enter(struct path *p)
{
    p->at[p->depth++] = p->n;
    p->n = p->whole;
}

static void leave(struct path *p)
{
    p->n = p->at[--p->depth];
    p->whole = p->n;
}

struct reader {
    ct_arena *arena;
    struct ct_gist *g;
    struct path path;
    ct_err err;
};

static ct_str unescaped(struct reader *r, const struct ct_json_token *t)
{
    if (!t->escaped) return t->text;
    struct ct_buf b;
    ct_buf_init(&b, r->arena, CT_OUTLET_EVENT_MAX);
    ct_json_unescape(&b, t->text);
    if (b.err) r->err = b.err;
    return ct_buf_view(&b);
}

static ct_str scalar(struct reader *r, const struct ct_json_token *t)
{
    switch (t->kind) {
    case CT_JSON_STRING: return unescaped(r, t);
    case CT_JSON_NUMBER: return t->text;
    case CT_JSON_TRUE: return CT_STR("yes");
    case CT_JSON_FALSE: return CT_STR("no");
    case CT_JSON_OBJECT: case CT_JSON_OBJECT_END: case CT_JSON_ARRAY: case CT_JSON_ARRAY_END: case CT_JSON_KEY: case CT_JSON_NULL: break;
    }
    return (ct_str){NULL, 0};
}

/* Cut between characters. */
static ct_str cut(ct_str s, size_t n)
{
    if (s.n <= n) return s;
    while (n && (s.p[n] & 0xc0) == 0x80) n--;
    return (ct_str){s.p, n};
}

static void add_detail(struct reader *r, ct_str name, ct_str value)
{
    struct ct_gist *g = r->g;
    for (size_t i = 0; i < g->n_details; i++) {
        struct ct_gist_detail *d = &g->details[i];
        if (!ct_str_eq(d->name, name)) continue;
        if (d->value.n + 2 >= CT_GIST_VALUE_MAX) return;
        struct ct_buf b;
        ct_buf_init(&b, r->arena, CT_GIST_VALUE_MAX + 2);
        ct_buf_add(&b, d->value);
        ct_buf_text(&b, ", ");
        ct_buf_add(&b, cut(value, CT_GIST_VALUE_MAX - b.n));
        if (b.err) r->err = b.err;
        else d->value = ct_buf_view(&b);
        return;
    }
    if (g->n_details == CT_GIST_DETAILS_MAX) {
        g->n_more++;
        return;
    }
    struct ct_gist_detail *d = &g->details[g->n_details];
    if (ct_arena_dup(r->arena, name, &d->name) != CT_OK) {
        r->err = CT_ERR_NOMEM;
        return;
    }
    d->value = cut(value, CT_GIST_VALUE_MAX);
    g->n_details++;
}

static void take(struct reader *r, ct_str value)
{
    struct ct_gist *g = r->g;
    ct_str path = {r->path.text, r->path.whole};
    const struct {
        const char *name;
        ct_str *to;
        bool detail;
    } known[] = {
        {"message", &g->message, false}, {"event.kind", &g->kind, false}, {"event.dataset", &g->dataset, false},
        {"event.action", &g->action, true}, {"event.id", &g->id, true}, {"@timestamp", &g->timestamp, true},
        {"observer.hostname", &g->sensor, true}, {"source.ip", &g->source, true}, {"caltrop.grade", &g->grade, true},
        {"caltrop.news", &g->news, true}, {"caltrop.actor", &g->actor, true}, {"caltrop.campaign", &g->campaign, true},
        {"caltrop.canary", &g->canary, true}, {"caltrop.state", &g->state, true},
    };
    bool detail = !ct_str_starts(path, CT_STR("ecs.")) && !ct_str_starts(path, CT_STR("event.")) && !ct_str_eq(path, CT_STR("source.address"));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!ct_str_eq(path, ct_str_from(known[i].name)) || known[i].to->n) continue;
        *known[i].to = value;
        detail = known[i].detail;
    }
    uint64_t severity;
    if (ct_str_eq(path, CT_STR("event.severity")) && ct_str_u64(value, &severity)) g->severity = severity < 99 ? (unsigned)severity : 99;
    if (ct_str_eq(path, CT_STR("caltrop.evicted"))) g->evicted = ct_str_eq(value, CT_STR("yes"));
    if (detail && value.n) add_detail(r, path, value);
}

static unsigned severity_of(const struct ct_gist *g)
{
    if (g->severity) return g->severity;
    if (ct_str_eq(g->grade, CT_STR("exploit")) || ct_str_eq(g->grade, CT_STR("reach"))) return 99;
    if (g->grade.n || ct_str_eq(g->state, CT_STR("deaf"))) return 73;
    return ct_gist_is_alert(g) ? 47 : 1;
}

ct_err ct_gist_read(ct_arena *arena, ct_str event, struct ct_gist *ret_gist)
{
    struct reader r = {.arena = arena, .g = ret_gist};
    struct ct_json_in j;
    struct ct_json_token t;
    ct_err err;
    *ret_gist = (struct ct_gist){0};
    ct_json_open(&j, event);
    bool first = true;
    while ((err = ct_json_next(&j, &t)) == CT_OK && r.err == CT_OK) {
        if (first && t.kind != CT_JSON_OBJECT) return CT_ERR_SYNTAX;
        first = false;
        if (t.kind == CT_JSON_KEY) set_key(&r.path, unescaped(&r, &t));
        else if (t.kind == CT_JSON_OBJECT || t.kind == CT_JSON_ARRAY) enter(&r.path);
        else if (t.kind == CT_JSON_OBJECT_END || t.kind == CT_JSON_ARRAY_END) leave(&r.path);
        else if (t.kind != CT_JSON_NULL) take(&r, scalar(&r, &t));
    }
    if (r.err != CT_OK) return r.err;
    if (err != CT_ERR_END) return CT_ERR_SYNTAX;
    ret_gist->severity = severity_of(ret_gist);
    return CT_OK;
}

bool ct_gist_is_alive(const struct ct_gist *g) { return ct_str_eq(g->kind, CT_STR("state")) && ct_str_eq(g->state, CT_STR("alive")); }

bool ct_gist_is_alert(const struct ct_gist *g) { return !ct_str_eq(g->kind, CT_STR("state")) && !ct_str_eq(g->kind, CT_STR("event")); }

static bool is_deaf(const struct ct_gist *g) { return ct_gist_is_alert(g) && ct_str_eq(g->state, CT_STR("deaf")); }

static void why_of(const struct ct_gist *g, unsigned char ret_why[16])
{
    ct_str reasons = {NULL, 0};
    for (size_t i = 0; i < g->n_details; i++)
        if (ct_str_eq(g->details[i].name, CT_STR("caltrop.reasons"))) reasons = g->details[i].value;
    ct_event_id(g->sensor, 0, reasons, ret_why);
}

bool ct_gist_is_news(const struct ct_gist_memory *m, const struct ct_gist *g)
{
    unsigned char why[16];
    if (ct_gist_is_alive(g)) return m->deaf;
    if (!is_deaf(g)) return ct_gist_is_alert(g);
    why_of(g, why);
    return !m->deaf || memcmp(why, m->why, sizeof why) != 0;
}

void ct_gist_remember(struct ct_gist_memory *m, const struct ct_gist *g)
{
    if (ct_gist_is_alive(g)) m->deaf = false;
    if (!is_deaf(g)) return;
    m->deaf = true;
    why_of(g, m->why);
}

static bool is_key(ct_str s)
{
    if (s.n == 0 || s.n > 40) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ct_ascii_alpha(s.p[i]) && !ct_ascii_digit(s.p[i]) && s.p[i] != '-') return false;
    return true;
}

/* Of what one of them stands for, of the source with it. */
static void hashed(struct ct_buf *out, const char *what, ct_str source, ct_str s)
{
    unsigned char from[16], id[16];
    ct_event_id(source, 0, CT_STR("source"), from);
    ct_event_id(ct_str_from(what), 0, s, id);
    for (size_t i = 0; source.n && i < sizeof id; i++) id[i] ^= from[i];
    ct_buf_text(out, what);
    ct_buf_byte(out, '-');
    for (size_t i = 0; i < sizeof id; i++) {
        ct_buf_byte(out, (unsigned char)"0123456789abcdef"[id[i] >> 4]);
        ct_buf_byte(out, (unsigned char)"0123456789abcdef"[id[i] & 15]);
    }
}

void ct_gist_print_key(struct ct_buf *out, const struct ct_gist *g)
{
    if (g->state.n) hashed(out, "decoy", (ct_str){NULL, 0}, g->sensor);
    else if (is_key(g->actor)) ct_buf_add(out, g->actor);
    else if (g->campaign.n) hashed(out, "campaign", (ct_str){NULL, 0}, g->campaign);
    else if (g->canary.n) hashed(out, "canary", g->source, g->canary);
    else if (is_key(g->id)) ct_buf_add(out, g->id);
    else hashed(out, "event", (ct_str){NULL, 0}, g->id);
}

/* Our own messages are harmless already; those of others are not. */
static void raw_title(struct ct_buf *out, const struct ct_gist *g)
{
    if (ct_str_trim(g->message).n) {
        if (ct_str_starts(g->dataset, CT_STR("caltrop."))) ct_print_text(out, g->message);
        else ct_print_defanged(out, g->message);
    } else if (g->state.n) {
        ct_buf_text(out, "Decoy on ");
        ct_print_defanged(out, g->sensor.n ? g->sensor : CT_STR("this host"));
        ct_buf_text(out, " is ");
        ct_print_defanged(out, g->state);
    } else if (g->grade.n) {
        ct_buf_text(out, "Exploitation attempt (");
        ct_print_defanged(out, g->grade);
        ct_buf_byte(out, ')');
        if (g->source.n) ct_buf_text(out, " from ");
        ct_gist_print_value(out, g->source, 64);
    } else {
        ct_buf_text(out, "Event ");
        ct_print_defanged(out, g->id.n ? g->id : CT_STR("without an id"));
    }
}

void ct_gist_print_title(struct ct_buf *out, const struct ct_gist *g, size_t columns)
{
    struct ct_buf b;
    ct_buf_init(&b, out->arena, out->max);
    raw_title(&b, g);
    if (b.err && !out->err) out->err = b.err;
    ct_print_clipped(out, ct_buf_view(&b), columns);
}

void ct_gist_print_value(struct ct_buf *out, ct_str value, size_t columns)
{
    struct ct_buf b;
    if (ct_ip_parse(value, NULL)) {
        ct_print_text(out, value);
        return;
    }
    ct_buf_init(&b, out->arena, out->max);
    ct_print_defanged(&b, value);
    if (b.err && !out->err) out->err = b.err;
    ct_print_clipped(out, ct_buf_view(&b), columns);
}

/* "user.name" would be a link to some. */
void ct_gist_print_name(struct ct_buf *out, ct_str name)
{
    struct ct_buf b;
    ct_buf_init(&b, out->arena, out->max);
    if (ct_str_starts(name, CT_STR("caltrop."))) name = ct_str_slice(name, 8, name.n);
    for (size_t i = 0; i < name.n; i++) ct_buf_byte(&b, name.p[i] == '.' ? ' ' : name.p[i]);
    if (b.err && !out->err) out->err = b.err;
    ct_gist_print_value(out, ct_buf_view(&b), 80);
}

void ct_gist_print_details(struct ct_buf *out, const struct ct_gist *g, size_t columns, size_t room)
{
    size_t began = out->n, left_out = g->n_more;
    for (size_t i = 0; i < g->n_details; i++) {
        struct ct_buf b;
        ct_buf_init(&b, out->arena, out->max);
        ct_gist_print_name(&b, g->details[i].name);
        ct_buf_text(&b, ": ");
        ct_gist_print_value(&b, g->details[i].value, columns);
        ct_buf_byte(&b, '\n');
        if (b.err && !out->err) out->err = b.err;
        if (b.n + (out->n - began) > room) left_out++;
        else ct_buf_add(out, ct_buf_view(&b));
    }
    if (left_out) ct_buf_printf(out, "(%zu more)\n", left_out);
}
