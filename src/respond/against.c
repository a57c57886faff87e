#include "respond/against.h"

#include "base/limits.h"
#include "respond/against_judge.h"
#include "respond/route.h"

#include <stdlib.h>

enum { FACTS_MAX = 512 << 20, CAMPAIGN_MAX = 256 << 20, KEEP_MAX = 256 << 20, REASON_MAX = 8192, CHANGES_MAX = 256, ESTATE_SHAPES_MAX = 16, ESTATED_MAX = 100, PAIRS = 4096, PAIRS_MAX = 65536, SHAPES = 1024, SHAPES_MAX = 8192 };

/* Routes of one log and one host. */
struct pattern {
    ct_str log, host;
    struct hop {
        const struct ct_fact_asset *asset;
        ct_str service, role;
    } *hops;
    size_t n, cap;
};

struct pair {
    struct pair *next;
    ct_str log, host;
    const struct pattern **matches;
    size_t n;
};

struct known_shape {
    struct known_shape *next;
    struct ct_shape shape;
};

struct reached {
    struct ct_against_asset a;
    struct ct_ground ground;
    const struct ct_shape *shape; /* of the ground */
    bool any;
};

struct against {
    ct_db *db;
    const struct ct_against_opts *opts;
    ct_against_tell *tell;
    void *ctx;
    ct_arena *facts_arena, *keep, *arena; /* facts and routes; shapes and campaigns; one campaign */
    struct ct_facts facts;
    struct pattern *patterns;
    size_t n_patterns, cap_patterns;
    struct pair *pairs[PAIRS];            /* logs and hosts, by hash: which patterns match is asked once for each */
    size_t n_pairs;
    struct known_shape *shapes[SHAPES];   /* by id */
    size_t n_shapes;
    const struct ct_shape *recent;        /* the one asked for last, of this campaign */
    struct ct_campaign_row *campaigns;
    size_t n_campaigns, cap_campaigns;
    uint64_t left;                        /* campaigns over the cap */
    ct_arena *scratch;                    /* one group */
    unsigned *seen, mark;                 /* by asset: the group that reached it last */
    struct reached **by_asset;            /* by index in facts; null: not reached */
    size_t *touched;
    size_t n_touched;
    struct ct_against_campaign now;
    const struct ct_shape *estate_shapes[ESTATE_SHAPES_MAX];
    int64_t estate_at[ESTATE_SHAPES_MAX];
    size_t n_estate;
    size_t estated;                       /* campaigns of which the whole estate was asked */
};

static ct_err on_route(void *ctx, const struct ct_route_row *r)
{
    struct against *x = ctx;
    const struct ct_fact_asset *asset = ct_facts_asset(&x->facts, r->asset);
    struct pattern *p = NULL;
    if (!asset) return CT_OK;
    for (size_t i = x->n_patterns; i-- > 0 && !p;) /* they come by service, log and host: the last one, mostly */
        if (ct_str_eq(x->patterns[i].log, r->log) && ct_str_eq(x->patterns[i].host, r->host)) p = &x->patterns[i];
    if (!p) {
        if (x->n_patterns == x->cap_patterns) {
            size_t cap = x->cap_patterns ? 2 * x->cap_patterns : 64;
            struct pattern *grown = ct_arena_grow(x->facts_arena, x->patterns, x->cap_patterns * sizeof *grown, cap * sizeof *grown);
            if (!grown) return CT_ERR_NOMEM;
            x->patterns = grown;
            x->cap_patterns = cap;
        }
        p = &x->patterns[x->n_patterns];
        *p = (struct pattern){.n = 0};
        CT_TRY(ct_arena_dup(x->facts_arena, r->log, &p->log));
        CT_TRY(ct_arena_dup(x->facts_arena, r->host, &p->host));
        x->n_patterns++;
    }
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 8;
        struct hop *grown = ct_arena_grow(x->facts_arena, p->hops, p->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        p->hops = grown;
        p->cap = cap;
    }
    struct hop h = {.asset = asset, .role = ct_str_eq(r->role, CT_STR("reads")) ? CT_STR("reads") : CT_STR("serves")};
    if (p->n && ct_str_eq(p->hops[p->n - 1].service, r->service)) h.service = p->hops[p->n - 1].service;
    else CT_TRY(ct_arena_dup(x->facts_arena, r->service, &h.service));
    p->hops[p->n++] = h;
    return CT_OK;
}

static ct_err on_campaign(void *ctx, const struct ct_campaign_row *c)
{
    struct against *x = ctx;
    if (x->n_campaigns == CT_AGAINST_CAMPAIGNS_MAX) return x->left++, CT_OK;
    if (x->n_campaigns == x->cap_campaigns) {
        size_t cap = x->cap_campaigns ? 2 * x->cap_campaigns : 64;
        struct ct_campaign_row *grown = ct_arena_grow(x->keep, x->campaigns, x->cap_campaigns * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        x->campaigns = grown;
        x->cap_campaigns = cap;
    }
    struct ct_campaign_row *k = &x->campaigns[x->n_campaigns];
    *k = *c;
    k->normal = (ct_str){NULL, 0};
    ct_str *texts[] = {&k->key, &k->callback, &k->scanner};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CT_TRY(ct_arena_dup(x->keep, *texts[i], texts[i]));
    x->n_campaigns++;
    return CT_OK;
}

/* Conditions, and with them shapes, come from attackers in any number too: past SHAPES_MAX of them they live for one campaign. */
static ct_err shape_of(struct against *x, int64_t id, const struct ct_shape **ret_shape)
{
    struct ct_shape_row row;
    if (x->recent && x->recent->id == id) return *ret_shape = x->recent, CT_OK; /* groups come by shape */
    struct known_shape **bucket = &x->shapes[(uint64_t)id % SHAPES], *k = *bucket;
    while (k && k->shape.id != id) k = k->next;
    if (k) return *ret_shape = x->recent = &k->shape, CT_OK;
    bool keep = x->n_shapes < SHAPES_MAX;
    ct_arena *arena = keep ? x->keep : x->arena;
    k = ct_arena_zalloc(arena, sizeof *k);
    if (!k) return CT_ERR_NOMEM;
    CT_TRY(ct_shape_get(x->db, arena, id, &row));
    CT_TRY(ct_shape_parse(arena, &row, &k->shape));
    if (keep) {
        k->next = *bucket;
        *bucket = k;
        x->n_shapes++;
    }
    *ret_shape = x->recent = &k->shape;
    return CT_OK;
}

struct changes {
    int64_t at[CHANGES_MAX];
    size_t n;
    bool more;
};

static void change(struct changes *c, const struct ct_attempt_group *g, int64_t at)
{
    if (at <= g->first || at > g->last) return;
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i] == at) return;
    if (c->n == CHANGES_MAX) c->more = true;
    else c->at[c->n++] = at;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* When the answer for this asset may have changed, while the group went on. */
static void changes_of(const struct against *x, const struct ct_attempt_group *g, const struct ct_fact_asset *a, struct changes *c)
{
    c->n = 0;
    c->more = false;
    if (g->first == g->last) return;
    for (size_t i = 0; i < a->n_presences; i++) {
        const struct ct_fact_presence *p = &a->presences[i];
        change(c, g, p->first_seen);
        change(c, g, p->gone);
        for (size_t k = 0; k < p->n_states; k++) change(c, g, p->states[k].at);
    }
    for (size_t i = 0; i < a->n_looks; i++) {
        change(c, g, a->looks[i]);
        change(c, g, a->looks[i] + x->opts->fresh_us + 1);
    }
    if (c->n) qsort(c->at, c->n, sizeof *c->at, by_time);
}

static void merge(struct reached *r, const struct ct_shape *shape, const struct ct_ground *g, uint64_t attempts, bool has_time)
{
    r->a.attempts += attempts;
    if (g->would == CT_WOULD_FIRE) r->a.firing += attempts;
    if (r->any && g->would >= r->ground.would) return;
    r->ground = *g;
    r->shape = shape;
    r->a.has_time = has_time;
    r->any = true;
}

static ct_err judge_group(struct against *x, const struct ct_attempt_group *g, const struct ct_shape *shape, struct reached *r)
{
    const struct ct_fact_asset *a = r->a.asset;
    struct changes c;
    struct ct_ground ground;
    changes_of(x, g, a, &c);
    if (c.n == 0) {
        ground = ct_judge_asset(shape, a, g->first, x->opts->fresh_us);
        merge(r, shape, &ground, g->attempts, g->has_time);
        return CT_OK;
    }
    for (size_t i = 0; i <= c.n; i++) {
        int64_t from = i ? c.at[i - 1] : g->first, to = i < c.n ? c.at[i] : g->last + 1, first = from;
        uint64_t n;
        CT_TRY(ct_attempts_between(x->db, g, from, to, &n, &first));
        if (n == 0) continue;
        ground = ct_judge_asset(shape, a, first, x->opts->fresh_us);
        merge(r, shape, &ground, n, g->has_time);
        /* More changes than are kept: between two of them the answer may have been another, and the least safe counts. */
        for (size_t k = 0; c.more && k < a->n_looks; k++) {
            if (a->looks[k] <= first || a->looks[k] >= to) continue;
            ground = ct_judge_asset(shape, a, a->looks[k], x->opts->fresh_us);
            merge(r, shape, &ground, 0, g->has_time);
        }
    }
    return CT_OK;
}

static ct_err reach(struct against *x, const struct ct_attempt_group *g, const struct ct_shape *shape, const struct hop *h)
{
    size_t at = (size_t)(h->asset - x->facts.assets);
    struct reached *r = x->by_asset[at];
    if (x->seen[at] == x->mark || (x->opts->asset && h->asset->id != x->opts->asset)) return CT_OK;
    x->seen[at] = x->mark;
    if (!r) {
        r = ct_arena_zalloc(x->arena, sizeof *r);
        if (!r) return CT_ERR_NOMEM;
        r->a.asset = h->asset;
        r->a.service = h->service;
        r->a.role = h->role;
        x->by_asset[at] = r;
        x->touched[x->n_touched++] = at;
    }
    if (ct_str_eq(h->role, CT_STR("serves"))) r->a.role = h->role, r->a.service = h->service;
    return judge_group(x, g, shape, r);
}

static ct_err no_target(struct against *x, const struct ct_attempt_group *g, const struct ct_shape *shape)
{
    size_t i = 0;
    if (x->now.unknown_pairs++ == 0) {
        CT_TRY(ct_arena_dup(x->arena, g->source, &x->now.unknown_log));
        CT_TRY(ct_arena_dup(x->arena, g->target, &x->now.unknown_host));
    }
    x->now.unknown += g->attempts;
    while (i < x->n_estate && x->estate_shapes[i] != shape) i++;
    if (i == ESTATE_SHAPES_MAX) return CT_OK;
    if (i == x->n_estate) x->estate_at[x->n_estate++] = g->last;
    x->estate_shapes[i] = shape;
    if (g->last > x->estate_at[i]) x->estate_at[i] = g->last;
    return CT_OK;
}

static int by_danger(const void *a, const void *b)
{
    const struct ct_against_asset *x = a, *y = b;
    if (x->would != y->would) return x->would < y->would ? -1 : 1;
    return (x->asset->rank > y->asset->rank) - (x->asset->rank < y->asset->rank);
}

ct_err ct_against_reason(ct_arena *arena, const struct ct_against_asset *a, ct_str *ret_reason)
{
    const struct reached *r = a->ground;
    struct ct_buf b;
    ct_buf_init(&b, arena, REASON_MAX);
    ct_ground_words(&b, r->shape, &r->ground);
    if (b.err == CT_ERR_CAP) b.err = CT_OK; /* long names: the rest is left out */
    return ct_buf_str(&b, ret_reason);
}

int64_t ct_against_component(const struct ct_against_asset *a)
{
    const struct reached *r = a->ground;
    return r->ground.presence ? r->ground.presence->component : 0;
}

static void settle(struct reached *r)
{
    r->a.ground = r;
    r->a.would = r->ground.would;
    r->a.at = r->ground.at;
    r->a.state = ct_str_from(r->ground.state);
    if (r->ground.presence) r->a.purl = r->ground.presence->purl;
}

static void estate(struct against *x)
{
    if (x->n_estate == 0 || x->estated++ >= ESTATED_MAX) return;
    x->now.estated = true;
    for (size_t i = 0; i < x->facts.n; i++) {
        enum ct_would worst = CT_WOULD_NOT;
        if (x->facts.assets[i].retired) continue;
        for (size_t k = 0; k < x->n_estate; k++) {
            struct ct_ground g = ct_judge_asset(x->estate_shapes[k], &x->facts.assets[i], x->estate_at[k], x->opts->fresh_us);
            if (g.would < worst) worst = g.would;
        }
        x->now.estate++;
        x->now.estate_by[worst]++;
    }
}

/* Hosts come from attackers, in any number: past PAIRS_MAX of them nothing is kept, and each is matched for itself. */
static ct_err pair_of(struct against *x, const struct ct_attempt_group *g, const struct pair **ret_pair)
{
    struct pair **bucket = &x->pairs[(ct_str_hash(g->source) * 31 + ct_str_hash(g->target)) % PAIRS], *p = *bucket;
    while (p && !(ct_str_eq(p->log, g->source) && ct_str_eq(p->host, g->target))) p = p->next;
    if (p) return *ret_pair = p, CT_OK;
    bool keep = x->n_pairs < PAIRS_MAX;
    ct_arena *arena = keep ? x->keep : x->scratch;
    p = ct_arena_zalloc(arena, sizeof *p);
    if (!p) return CT_ERR_NOMEM;
    CT_TRY(ct_arena_dup(arena, g->source, &p->log));
    CT_TRY(ct_arena_dup(arena, g->target, &p->host));
    for (size_t i = 0; i < x->n_patterns; i++) {
        const struct pattern *q = &x->patterns[i];
        if (!ct_route_matches(q->log, g->source, false) || !ct_route_matches(q->host, g->target, true)) continue;
        const struct pattern **grown = ct_arena_grow(arena, p->matches, p->n * sizeof *grown, (p->n + 1) * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        p->matches = grown;
        p->matches[p->n++] = q;
    }
    if (keep) {
        p->next = *bucket;
        *bucket = p;
        x->n_pairs++;
    }
    *ret_pair = p;
    return CT_OK;
}

static ct_err on_group(void *ctx, const struct ct_attempt_group *g)
{
    struct against *x = ctx;
    const struct ct_shape *shape;
    const struct pair *pair;
    ct_arena_clear(x->scratch);
    x->mark++;
    CT_TRY(shape_of(x, g->shape, &shape));
    CT_TRY(pair_of(x, g, &pair));
    for (size_t i = 0; i < pair->n; i++) {
        const struct pattern *p = pair->matches[i];
        for (size_t k = 0; k < p->n; k++)
            if (ct_str_eq(p->hops[k].role, CT_STR("serves"))) CT_TRY(reach(x, g, shape, &p->hops[k]));
        for (size_t k = 0; k < p->n; k++) CT_TRY(reach(x, g, shape, &p->hops[k]));
    }
    const struct ct_fact_asset *said = g->asset ? ct_facts_asset(&x->facts, g->asset) : NULL;
    const struct hop own = {.asset = said, .role = CT_STR("log"), .service = CT_STR("")};
    if (said) CT_TRY(reach(x, g, shape, &own));
    return pair->n == 0 && !said && !x->opts->asset ? no_target(x, g, shape) : CT_OK;
}

static ct_err one_campaign(struct against *x, const struct ct_campaign_row *c)
{
    ct_arena_clear(x->arena);
    x->n_touched = x->n_estate = 0;
    x->recent = NULL;
    x->now = (struct ct_against_campaign){.campaign = c};
    CT_TRY(ct_attempt_groups(x->db, c->id, &x->opts->filter, on_group, x));
    struct ct_against_asset *list = ct_arena_array(x->arena, x->n_touched + 1, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    for (size_t i = 0; i < x->n_touched; i++) {
        struct reached *r = x->by_asset[x->touched[i]];
        settle(r);
        list[i] = r->a;
        x->now.by[r->a.would]++;
        x->by_asset[x->touched[i]] = NULL;
    }
    if (x->n_touched) qsort(list, x->n_touched, sizeof *list, by_danger);
    estate(x);
    x->now.assets = list;
    x->now.n = x->n_touched;
    return x->tell(x->ctx, &x->now);
}

static ct_err run(struct against *x)
{
    CT_TRY(ct_facts_load(x->db, x->facts_arena, &x->facts));
    CT_TRY(ct_routes_each(x->db, on_route, x));
    CT_TRY(ct_campaigns_each(x->db, &x->opts->filter, on_campaign, x));
    x->seen = ct_arena_zalloc(x->facts_arena, (x->facts.n + 1) * sizeof *x->seen);
    x->by_asset = ct_arena_zalloc(x->facts_arena, (x->facts.n + 1) * sizeof *x->by_asset);
    x->touched = ct_arena_zalloc(x->facts_arena, (x->facts.n + 1) * sizeof *x->touched);
    if (!x->seen || !x->by_asset || !x->touched) return CT_ERR_NOMEM;
    for (size_t i = 0; i < x->n_campaigns; i++) CT_TRY(one_campaign(x, &x->campaigns[i]));
    return CT_OK;
}

ct_err ct_against(ct_db *db, const struct ct_against_opts *opts, ct_against_tell *tell, void *ctx, uint64_t *ret_left)
{
    struct against *x = calloc(1, sizeof *x);
    if (!x) return CT_ERR_NOMEM;
    x->db = db;
    x->opts = opts;
    x->tell = tell;
    x->ctx = ctx;
    ct_err e = ct_arena_new(&ct_alloc_libc, FACTS_MAX, &x->facts_arena);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, KEEP_MAX, &x->keep);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, CAMPAIGN_MAX, &x->arena);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, CAMPAIGN_MAX, &x->scratch);
    if (e == CT_OK) e = run(x);
    *ret_left = x->left;
    ct_arena_free(x->scratch);
    ct_arena_free(x->arena);
    ct_arena_free(x->keep);
    ct_arena_free(x->facts_arena);
    free(x);
    return e;
}
