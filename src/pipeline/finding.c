#include "pipeline/finding.h"

#include "campaign/campaign.h"

#include <string.h>

enum { SHOWN_MAX = 4096 }; /* of one attacker string in an event; the id is made of all of it */

/* Copies with one sticky error, checked once. */
struct copier {
    ct_arena *arena;
    size_t bytes;
    ct_err err;
};

static ct_str copy(struct copier *c, ct_str s)
{
    ct_str to = {NULL, 0};
    if (s.n > SHOWN_MAX) s.n = SHOWN_MAX;
    if (c->err == CT_OK) c->err = ct_arena_dup(c->arena, s, &to);
    c->bytes += s.n + 16; /* what alignment may cost */
    return to;
}

static const struct {
    enum ct_trait trait;
    const char *name;
} traits[] = {{CT_TRAIT_LEAK, "leak"},           {CT_TRAIT_DOS, "dos"},       {CT_TRAIT_COMPOSED, "composed"},
              {CT_TRAIT_TRUNCATED, "truncated"}, {CT_TRAIT_CONDITIONAL, "conditional"}, {CT_TRAIT_BUDGET, "budget"},
              {CT_TRAIT_RULE, "rule"},           {CT_TRAIT_RAN, CT_TRAIT_RAN_NAME}};

static void set_verdict(struct copier *c, struct ct_attempt *a, const struct ct_verdict *v)
{
    a->grade = ct_grade_name(v->grade);
    a->certainty = ct_certainty_name(v->certainty);
    a->field = copy(c, v->field);
    a->normal = copy(c, v->normal);
    a->calls = v->n_calls;
    for (size_t i = 0; i < sizeof traits / sizeof *traits; i++)
        if (v->traits & traits[i].trait) a->traits[a->n_traits++] = traits[i].name;
    for (unsigned i = 0; i < v->n_conditions; i++) a->conditions[a->n_conditions++] = copy(c, v->conditions[i]);
    for (unsigned i = 0; i < v->n_chain; i++) a->chain[a->n_chain++] = ct_layer_name(v->chain[i]);
}

static void set_indicators(struct copier *c, struct ct_attempt *a, const struct ct_verdict *v)
{
    struct ct_attempt_indicator *list = ct_arena_array(c->arena, v->n_indicators, sizeof *list);
    c->bytes += v->n_indicators * sizeof *list;
    if (!list) c->err = CT_ERR_NOMEM;
    for (unsigned i = 0; i < v->n_indicators && c->err == CT_OK; i++) {
        const struct ct_indicator *k = &v->indicators[i];
        list[i] = (struct ct_attempt_indicator){copy(c, k->scheme), copy(c, k->host), copy(c, k->path), k->port};
        const char *label = ct_scanner_label(k->host);
        if (label && a->scanner.n == 0) a->scanner = ct_str_from(label);
    }
    a->indicators = list;
    a->n_indicators = c->err == CT_OK ? v->n_indicators : 0;
}

/* "2.8-2.12.1" of the first and last of neighbouring profiles, the newest open-ended one as "2.17.0 and later". */
static ct_str version_range(struct copier *c, const struct ct_fires *f)
{
    struct ct_buf b;
    ct_buf_init(&b, c->arena, 128);
    ct_buf_add(&b, f->first->first);
    if (f->last->last.n == 0) {
        ct_buf_text(&b, " and later");
    } else if (!ct_str_eq(f->first->first, f->last->last)) {
        ct_buf_byte(&b, '-');
        ct_buf_add(&b, f->last->last);
    }
    if (b.err) c->err = b.err;
    return ct_buf_view(&b);
}

static bool same_fires(const struct ct_fires_cache *cache, const struct ct_verdict *v)
{
    bool same = cache->list && cache->n == v->n_fires;
    for (unsigned i = 0; i < v->n_fires && same; i++) {
        const struct ct_fires *f = &v->fires[i], *was = &cache->fires[i];
        same = f->first == was->first && f->last == was->last && f->sink == was->sink && f->setting == was->setting;
    }
    return same;
}

static void set_fires(struct copier *c, struct ct_fires_cache *cache, struct ct_attempt *a, const struct ct_verdict *v)
{
    if (!same_fires(cache, v)) {
        struct ct_attempt_fires *list = ct_arena_array(c->arena, v->n_fires, sizeof *list);
        if (!list) c->err = CT_ERR_NOMEM;
        for (unsigned i = 0; i < v->n_fires && c->err == CT_OK; i++)
            list[i] = (struct ct_attempt_fires){version_range(c, &v->fires[i]), ct_sink_name(v->fires[i].sink),
                                                ct_setting_name(v->fires[i].setting)};
        c->bytes += v->n_fires * (sizeof *list + 128);
        if (c->err != CT_OK) return;
        memcpy(cache->fires, v->fires, sizeof cache->fires);
        cache->list = list;
        cache->n = v->n_fires;
    }
    a->fires = cache->list;
    a->n_fires = v->n_fires;
}

static void set_record(struct copier *c, struct ct_attempt *a, const struct ct_record *r, const struct ct_scan_opts *opts)
{
    a->time_us = r->time_us;
    a->log_format = ct_format_name(r->format);
    a->client = copy(c, ct_cidr_client(opts->trusted, opts->n_trusted, r->client, r->forwarded));
    a->forwarded = copy(c, r->forwarded);
    a->target = copy(c, r->target);
    a->method = copy(c, r->method);
    a->path = copy(c, r->path);
    a->status = copy(c, r->status);
    a->waf = copy(c, r->waf);
}

/* The value as logged: of the field that was judged, or the whole content when it was composed. */
static ct_str raw_value(const struct ct_record *r, const struct ct_verdict *v, ct_str content)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (r->fields[i].name.p == v->field.p && r->fields[i].name.n == v->field.n) return r->fields[i].value;
    return content;
}

ct_err ct_finding_make(ct_arena *arena, struct ct_fires_cache *cache, const struct ct_scan_opts *opts, const struct ct_block *block,
                       const struct ct_record *record, const struct ct_verdict *verdict, uint64_t at, ct_str content,
                       struct ct_finding **ret_finding)
{
    struct ct_finding *f = ct_arena_zalloc(arena, sizeof *f);
    if (!f) return CT_ERR_NOMEM;
    struct copier c = {arena, sizeof *f, CT_OK};
    struct ct_attempt *a = &f->attempt;
    f->grade = verdict->grade;
    f->certainty = verdict->certainty;
    a->source = block->source;
    a->offset = at == block->offset && block->continues ? block->line_offset : at;
    a->masked = opts->masked;
    if (block->entry && !opts->no_ids) ct_event_id(block->source, 0, block->entry->cursor, a->id);
    else if (!opts->no_ids) ct_event_id(block->source, at, content, a->id);
    set_record(&c, a, record, opts);
    set_verdict(&c, a, verdict);
    a->raw = copy(&c, raw_value(record, verdict, content));
    set_indicators(&c, a, verdict);
    set_fires(&c, cache, a, verdict);

    struct ct_buf key;
    ct_buf_init(&key, arena, SHOWN_MAX);
    const struct ct_attempt_indicator none = {0}, *k = a->n_indicators ? &a->indicators[0] : &none;
    ct_campaign_key(&key, k->scheme, k->host, k->port, k->path, a->normal);
    if (verdict->traits & CT_TRAIT_RAN) ct_buf_text(&key, " ran"); /* told at once, however often it was tried before */
    if (key.err == CT_ERR_NOMEM) c.err = CT_ERR_NOMEM;
    a->campaign = ct_buf_view(&key);
    CT_TRY(c.err);
    f->bytes = c.bytes + key.cap;
    *ret_finding = f;
    return CT_OK;
}
