/* A walk over YAML's tokens with as many levels as a policy has. */
#include "policy/policy.h"

#include "base/limits.h"
#include "formats/record.h"
#include "yaml/yaml_in.h"

#include <string.h>

enum { KEYS_MAX = 16, HOLIDAYS_MAX = 400, DAYS_MAX = 3650 };

struct read {
    ct_yaml_in *y;
    ct_arena *arena;
    struct ct_fault *fault;
    struct ct_policy *p;
};

static ct_err wrong_at(struct read *r, uint64_t line, const char *what)
{
    (void)ct_fault_set(r->fault, CT_ERR_SYNTAX, 0, "%s", what);
    if (r->fault) r->fault->line = line;
    return CT_ERR_SYNTAX;
}

static ct_err wrong(struct read *r, const struct ct_yaml_token *at, const char *what) { return wrong_at(r, at->line, what); }

static ct_str text(const struct ct_yaml_token *t) { return t->kind == CT_YAML_SCALAR ? t->text : (ct_str){NULL, 0}; }

/* The pairs of a mapping: calls f for each key; keys are words, each once. The key lives in the arena. */
typedef ct_err pair_fn(struct read *r, void *ctx, ct_str key, const struct ct_yaml_token *value);

static ct_err pairs(struct read *r, const struct ct_yaml_token *map, pair_fn *f, void *ctx)
{
    ct_str seen[KEYS_MAX];
    size_t n = 0;
    struct ct_yaml_token t;
    if (map->kind != CT_YAML_MAP) return wrong(r, map, "this is no list of KEY: VALUE");
    for (;;) {
        CT_TRY(ct_yaml_next(r->y, &t, r->fault));
        if (t.kind == CT_YAML_MAP_END) return CT_OK;
        for (size_t i = 0; i < n; i++)
            if (ct_str_eq(seen[i], t.text)) return wrong(r, &t, "this key stands twice");
        if (n == KEYS_MAX || !t.text.n) return wrong(r, &t, "this is no key of a policy");
        CT_TRY(ct_arena_dup(r->arena, t.text, &seen[n]));
        CT_TRY(ct_yaml_next(r->y, &t, r->fault));
        CT_TRY(f(r, ctx, seen[n], &t));
        n++;
    }
}

/* The next item of a list; CT_ERR_END after the last one. */
static ct_err item(struct read *r, size_t had, size_t max, struct ct_yaml_token *t)
{
    CT_TRY(ct_yaml_next(r->y, t, r->fault));
    if (t->kind == CT_YAML_LIST_END) return CT_ERR_END;
    return had < max ? CT_OK : wrong(r, t, "this list is too long");
}

static ct_err keep(struct read *r, const struct ct_yaml_token *n, ct_str *to)
{
    ct_str s = text(n);
    if (!s.n || s.n > CT_POLICY_NAME_MAX) return wrong(r, n, "this is to be a text of at most 200 bytes");
    return ct_arena_dup(r->arena, s, to);
}

/* "48h", "7d", "3 working days" as "3bd", "upgrade". */
static ct_err length(struct read *r, const struct ct_yaml_token *n, enum ct_policy_length *ret_length, int64_t *ret_us)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"bd", 0}, {"d", 86400}, {"w", 604800}};
    ct_str s = text(n);
    size_t digits = 0;
    uint64_t v;
    if (ct_str_eq(s, CT_STR("upgrade"))) return *ret_length = CT_POLICY_UPGRADE, *ret_us = 0, CT_OK;
    while (digits < s.n && ct_ascii_digit(s.p[digits])) digits++;
    for (size_t i = 0; i < sizeof units / sizeof *units && digits; i++) {
        if (!ct_str_eq(ct_str_slice(s, digits, s.n), ct_str_from(units[i].unit)) || !ct_str_u64(ct_str_slice(s, 0, digits), &v)) continue;
        if (v == 0 || v > DAYS_MAX * (uint64_t)86400 || v * (uint64_t)(units[i].seconds ? units[i].seconds : 86400) > DAYS_MAX * (uint64_t)86400) break;
        *ret_length = units[i].seconds ? CT_POLICY_WITHIN : CT_POLICY_WORKING_DAYS;
        *ret_us = units[i].seconds ? (int64_t)v * units[i].seconds * 1000000 : (int64_t)v;
        return CT_OK;
    }
    return wrong(r, n, "this is no length of time like 48h, 7d, 3bd (working days), or 'upgrade'");
}

static ct_err by(struct read *r, const struct ct_yaml_token *n, enum ct_policy_length *ret_length, int64_t *ret_us)
{
    ct_str s = text(n);
    int64_t t = s.n > 19 ? ct_time_iso(s) : CT_TIME_NONE; /* longer than a stamp without its zone */
    if (t == CT_TIME_NONE || t <= 0) return wrong(r, n, "this is no time with its zone, like 2021-12-23T17:00:00-05:00");
    *ret_length = CT_POLICY_BY;
    *ret_us = t;
    return CT_OK;
}

static ct_err word(struct read *r, const struct ct_yaml_token *n, enum ct_policy_fact f, uint32_t *bits)
{
    ct_str s = text(n);
    unsigned v = ct_policy_fact_value(f, s);
    if (v == 0 && !ct_str_eq(s, CT_STR("unknown"))) return wrong(r, n, "this word is none of those that the fact can have");
    *bits |= 1u << v;
    return CT_OK;
}

static ct_err when(struct read *r, void *ctx, ct_str key, const struct ct_yaml_token *value)
{
    struct ct_policy_rule *rule = ctx;
    int f = 0;
    while (f < CT_POLICY_FACTS && !ct_str_eq(key, ct_str_from(ct_policy_fact_key((enum ct_policy_fact)f)))) f++;
    if (f == CT_POLICY_FACTS) return wrong(r, value, "'when' knows severity, environment, exposure, criticality, exploited, automatable, impact");
    if (value->kind == CT_YAML_SCALAR) return word(r, value, (enum ct_policy_fact)f, &rule->fits[f]);
    if (value->kind != CT_YAML_LIST) return wrong(r, value, "this is neither a word nor a list of words");
    struct ct_yaml_token t;
    ct_err e;
    size_t n = 0;
    while ((e = item(r, n, KEYS_MAX, &t)) == CT_OK) {
        CT_TRY(word(r, &t, (enum ct_policy_fact)f, &rule->fits[f]));
        n++;
    }
    if (e != CT_ERR_END) return e;
    return n ? CT_OK : wrong(r, &t, "this list is empty");
}

static ct_err flag(struct read *r, const struct ct_yaml_token *n, const char *yes, const char *no, bool *ret_flag)
{
    ct_str s = text(n);
    *ret_flag = ct_str_eq(s, ct_str_from(yes));
    return *ret_flag || ct_str_eq(s, ct_str_from(no)) ? CT_OK : wrong(r, n, "this is neither of the two words that are possible");
}

struct open_rule {
    struct ct_policy_rule rule;
    unsigned lengths;
};

static ct_err rule_key(struct read *r, void *ctx, ct_str key, const struct ct_yaml_token *value)
{
    struct open_rule *o = ctx;
    if (ct_str_eq(key, CT_STR("name"))) return keep(r, value, &o->rule.name);
    if (ct_str_eq(key, CT_STR("when"))) return pairs(r, value, when, &o->rule);
    if (ct_str_eq(key, CT_STR("forensics"))) return flag(r, value, "yes", "no", &o->rule.forensics);
    if (ct_str_eq(key, CT_STR("within"))) return o->lengths++, length(r, value, &o->rule.length, &o->rule.us);
    if (ct_str_eq(key, CT_STR("by"))) return o->lengths++, by(r, value, &o->rule.length, &o->rule.us);
    return wrong(r, value, "a rule knows name, when, within, by, forensics");
}

struct open_clock {
    struct ct_policy_clock clock;
    unsigned lengths;
};

static ct_err clock_key(struct read *r, void *ctx, ct_str key, const struct ct_yaml_token *value)
{
    struct open_clock *o = ctx;
    ct_str s = text(value);
    if (ct_str_eq(key, CT_STR("name"))) return keep(r, value, &o->clock.name);
    if (ct_str_eq(key, CT_STR("within"))) return o->lengths++, length(r, value, &o->clock.length, &o->clock.us);
    if (ct_str_eq(key, CT_STR("by"))) return o->lengths++, by(r, value, &o->clock.length, &o->clock.us);
    if (!ct_str_eq(key, CT_STR("from"))) return wrong(r, value, "a clock knows name, within, by, from");
    if (ct_str_eq(s, CT_STR("notification"))) o->clock.from = CT_POLICY_ANCHOR_NOTIFICATION;
    else if (ct_str_eq(s, CT_STR("publication"))) o->clock.from = CT_POLICY_ANCHOR_PUBLICATION;
    else if (ct_str_eq(s, CT_STR("opening"))) o->clock.from = CT_POLICY_ANCHOR_FIRST_SIGHT;
    else return wrong(r, value, "this is not one of notification, publication, opening");
    return CT_OK;
}

static ct_err rules(struct read *r, const struct ct_yaml_token *list)
{
    struct ct_yaml_token t;
    ct_err e;
    size_t n = 0;
    if (list->kind != CT_YAML_LIST) return wrong(r, list, "this is no list");
    struct ct_policy_rule *to = ct_arena_array(r->arena, CT_POLICY_RULES_MAX, sizeof *to);
    if (!to) return CT_ERR_NOMEM;
    while ((e = item(r, n, CT_POLICY_RULES_MAX, &t)) == CT_OK) {
        struct open_rule o = {.lengths = 0};
        CT_TRY(pairs(r, &t, rule_key, &o));
        if (!o.rule.name.n) return wrong(r, &t, "this rule has no name");
        if (o.lengths != 1) return wrong(r, &t, "a rule has either 'within' or 'by'");
        for (size_t k = 0; k < n; k++)
            if (ct_str_eq(to[k].name, o.rule.name)) return wrong(r, &t, "two rules have this name");
        to[n++] = o.rule;
    }
    if (e != CT_ERR_END) return e;
    r->p->rules = to;
    r->p->n_rules = n;
    return CT_OK;
}

static ct_err clocks(struct read *r, const struct ct_yaml_token *list)
{
    struct ct_yaml_token t;
    ct_err e;
    size_t n = 0;
    if (list->kind != CT_YAML_LIST) return wrong(r, list, "this is no list");
    struct ct_policy_clock *to = ct_arena_array(r->arena, CT_POLICY_CLOCKS_MAX, sizeof *to);
    if (!to) return CT_ERR_NOMEM;
    while ((e = item(r, n, CT_POLICY_CLOCKS_MAX, &t)) == CT_OK) {
        struct open_clock o = {.clock.from = CT_POLICY_ANCHOR_NOTIFICATION};
        CT_TRY(pairs(r, &t, clock_key, &o));
        if (!o.clock.name.n || o.lengths != 1 || o.clock.length == CT_POLICY_UPGRADE) return wrong(r, &t, "a clock has a name, and either 'within' or 'by'");
        for (size_t k = 0; k < n; k++)
            if (ct_str_eq(to[k].name, o.clock.name)) return wrong(r, &t, "two clocks have this name");
        to[n++] = o.clock;
    }
    if (e != CT_ERR_END) return e;
    r->p->clocks = to;
    r->p->n_clocks = n;
    return CT_OK;
}

static ct_err holidays(struct read *r, const struct ct_yaml_token *list)
{
    struct ct_yaml_token token;
    ct_err e;
    size_t n = 0;
    if (list->kind != CT_YAML_LIST) return wrong(r, list, "this is no list");
    int64_t *to = ct_arena_array(r->arena, HOLIDAYS_MAX, sizeof *to);
    if (!to) return CT_ERR_NOMEM;
    while ((e = item(r, n, HOLIDAYS_MAX, &token)) == CT_OK) {
        unsigned char stamp[20] = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':', '0', '0', ':', '0', '0', 'Z'};
        ct_str s = text(&token);
        if (s.n == 10) memcpy(stamp, s.p, 10);
        int64_t t = s.n == 10 ? ct_time_iso((ct_str){stamp, sizeof stamp}) : CT_TIME_NONE;
        if (t == CT_TIME_NONE || t < 0) return wrong(r, &token, "this is no date like 2021-12-24");
        to[n++] = t / (86400 * (int64_t)1000000);
    }
    if (e != CT_ERR_END) return e;
    r->p->holidays = to;
    r->p->n_holidays = n;
    return CT_OK;
}

/* "+01:00" */
static ct_err zone(struct read *r, const struct ct_yaml_token *n)
{
    ct_str s = text(n);
    uint64_t h, m;
    if (s.n == 6 && (s.p[0] == '+' || s.p[0] == '-') && s.p[3] == ':' && ct_str_u64(ct_str_slice(s, 1, 3), &h) && ct_str_u64(ct_str_slice(s, 4, 6), &m) && h <= 14 && m < 60) {
        int64_t us = (int64_t)(h * 60 + m) * 60 * 1000000;
        r->p->zone_us = s.p[0] == '-' ? -us : us;
        return CT_OK;
    }
    return wrong(r, n, "this is no distance from UTC like \"+01:00\"");
}

static ct_err anchor(struct read *r, const struct ct_yaml_token *n)
{
    for (int a = 0; a < CT_POLICY_ANCHORS; a++)
        if (ct_str_eq(text(n), ct_str_from(ct_policy_anchor_name((enum ct_policy_anchor)a)))) return r->p->anchor = (enum ct_policy_anchor)a, CT_OK;
    return wrong(r, n, "this is not one of later, publication, notification, first-sight");
}

static ct_err top(struct read *r, void *ctx, ct_str key, const struct ct_yaml_token *value)
{
    (void)ctx;
    if (ct_str_eq(key, CT_STR("name"))) return keep(r, value, &r->p->name);
    if (ct_str_eq(key, CT_STR("about"))) return keep(r, value, &r->p->about);
    if (ct_str_eq(key, CT_STR("anchor"))) return anchor(r, value);
    if (ct_str_eq(key, CT_STR("mitigation"))) return flag(r, value, "stops", "runs", &r->p->mitigation_stops);
    if (ct_str_eq(key, CT_STR("after-acceptance"))) return flag(r, value, "restart", "resume", &r->p->acceptance_restarts);
    if (ct_str_eq(key, CT_STR("zone"))) return zone(r, value);
    if (ct_str_eq(key, CT_STR("holidays"))) return holidays(r, value);
    if (ct_str_eq(key, CT_STR("rules"))) return rules(r, value);
    if (ct_str_eq(key, CT_STR("clocks"))) return clocks(r, value);
    return wrong(r, value, "a policy knows name, about, anchor, mitigation, after-acceptance, zone, holidays, rules, clocks");
}

static ct_err walk(struct read *r)
{
    struct ct_yaml_token t;
    ct_err e = ct_yaml_next(r->y, &t, r->fault);
    if (e == CT_ERR_END) return wrong_at(r, 1, "there is nothing in it");
    CT_TRY(e);
    CT_TRY(pairs(r, &t, top, NULL));
    if (!r->p->name.n) return wrong(r, &t, "it has no name");
    if (!r->p->n_rules) return wrong(r, &t, "it has no rules");
    e = ct_yaml_next(r->y, &t, r->fault); /* a second document */
    return e == CT_ERR_END ? CT_OK : e;
}

ct_err ct_policy_read(ct_arena *arena, ct_str yaml, struct ct_policy *ret_policy, struct ct_fault *fault)
{
    struct ct_policy p = {.name = {NULL, 0}};
    struct read r = {.arena = arena, .fault = fault, .p = &p};
    if (yaml.n > CT_POLICY_MAX) return ct_fault_set(fault, CT_ERR_CAP, 0, "a policy has at most %u bytes", CT_POLICY_MAX);
    CT_TRY(ct_yaml_open(yaml, &r.y));
    ct_err e = walk(&r);
    ct_yaml_close(r.y);
    if (e == CT_OK) *ret_policy = p;
    return e;
}
