#include "cli/attempts_view.h"

#include "cli/flow.h"
#include "detect/verdict.h"
#include "event/fields.h"
#include "respond/against.h"
#include "text/printable.h"

#include <string.h>

enum { TEXT_MAX = 8 << 20, CAMPAIGNS_SHOWN = 20, ASSETS_SHOWN = 12, OUTCOMES_MAX = 32 };

struct outcome {
    char status[16], waf[48];
    uint64_t n;
};

struct view {
    struct ct_stored *s;
    const struct ct_attempts_view *v;
    struct ct_buf b;
    struct ct_json_out j;
    ct_arena *scratch;
    uint64_t campaigns, more_campaigns;
    uint64_t firing, maybe, unknown;  /* assets; attempts without a target */
    struct outcome outcomes[OUTCOMES_MAX];
    size_t n_outcomes;
};

static ct_err flush(struct view *w)
{
    ct_err e = ct_stored_write(w->s, &w->b);
    w->b.n = 0;
    return e;
}

static void copy(char *to, size_t size, ct_str s)
{
    size_t n = s.n < size ? s.n : size - 1;
    if (n) memcpy(to, s.p, n);
    to[n] = 0;
}

static ct_err on_outcome(void *ctx, ct_str status, ct_str waf, uint64_t n)
{
    struct view *w = ctx;
    if ((status.n == 0 && waf.n == 0) || w->n_outcomes == OUTCOMES_MAX) return CT_OK;
    struct outcome *o = &w->outcomes[w->n_outcomes++];
    copy(o->status, sizeof o->status, status);
    copy(o->waf, sizeof o->waf, waf);
    o->n = n;
    return CT_OK;
}

static ct_err read_outcomes(struct view *w, int64_t campaign)
{
    w->n_outcomes = 0;
    return ct_campaign_outcomes(w->s->db, campaign, &w->v->filter, on_outcome, w);
}

/* "answered 200 (12), 403 and WAF said block (3): which proves nothing" */
static void put_outcomes(struct view *w, struct ct_buf *b)
{
    for (size_t i = 0; i < w->n_outcomes && i < 6; i++) {
        const struct outcome *o = &w->outcomes[i];
        ct_buf_text(b, i ? ", " : "; answered ");
        if (*o->status) ct_print_text(b, ct_str_from(o->status));
        if (*o->waf) ct_buf_text(b, *o->status ? " and the WAF said " : "the WAF said ");
        ct_print_text(b, ct_str_from(o->waf));
        ct_buf_printf(b, " (%llu)", (unsigned long long)o->n);
    }
    if (w->n_outcomes > 6) ct_buf_text(b, " and more");
    if (w->n_outcomes) ct_buf_text(b, ", which proves nothing");
}

static void outcomes_json(struct view *w)
{
    ct_json_key(&w->j, "outcomes");
    ct_json_array(&w->j);
    for (size_t i = 0; i < w->n_outcomes; i++) {
        ct_json_object(&w->j);
        ct_json_some(&w->j, "status", ct_str_from(w->outcomes[i].status));
        ct_json_some(&w->j, "waf", ct_str_from(w->outcomes[i].waf));
        ct_json_ku(&w->j, "attempts", w->outcomes[i].n);
        ct_json_object_end(&w->j);
    }
    ct_json_array_end(&w->j);
}

static void put_head(struct view *w, const struct ct_campaign_row *c)
{
    struct ct_buf b;
    ct_arena_clear(w->scratch);
    ct_buf_init(&b, w->scratch, 1u << 20);
    ct_print_defanged(&b, ct_str_slice(c->key, 0, 160));
    ct_buf_printf(&b, "  %s, %llu attempts from %llu clients, ", ct_grade_name((enum ct_grade)c->grade), (unsigned long long)c->attempts, (unsigned long long)c->clients);
    ct_print_second(&b, c->first);
    if (c->last != c->first) ct_buf_text(&b, " to "), ct_print_second(&b, c->last);
    if (c->contacted) ct_buf_text(&b, "; ITS CALLBACK WAS CONTACTED");
    if (c->scanner.n) ct_buf_text(&b, "; scanner ");
    ct_print_text(&b, c->scanner);
    put_outcomes(w, &b);
    if (b.err && !w->b.err) w->b.err = b.err;
    ct_flow(&w->b, ct_buf_view(&b), w->v->columns, 2);
}

static void head_json(struct view *w, const struct ct_campaign_row *c)
{
    ct_json_kv(&w->j, "campaign", c->key);
    ct_json_some(&w->j, "callback", c->callback);
    ct_json_some(&w->j, "scanner", c->scanner);
    ct_json_kz(&w->j, "grade", ct_grade_name((enum ct_grade)c->grade));
}

static ct_err on_listed(void *ctx, const struct ct_campaign_row *c)
{
    struct view *w = ctx;
    if (w->campaigns++ >= CAMPAIGNS_SHOWN && !w->v->verbose && !w->v->json) return CT_OK;
    CT_TRY(read_outcomes(w, c->id));
    if (!w->v->json) {
        put_head(w, c);
        ct_buf_text(&w->b, "  ");
        ct_print_defanged(&w->b, ct_str_slice(c->normal, 0, 200));
        ct_buf_byte(&w->b, '\n');
        return flush(w);
    }
    ct_json_begin(&w->j, &w->b);
    ct_json_object(&w->j);
    head_json(w, c);
    ct_json_ku(&w->j, "attempts", c->attempts);
    ct_json_ku(&w->j, "clients", c->clients);
    ct_json_time(&w->j, "first", c->first);
    ct_json_time(&w->j, "last", c->last);
    if (c->contacted) ct_json_ku(&w->j, "contacted", (uint64_t)c->contacted);
    outcomes_json(w);
    ct_json_kv(&w->j, "normal", c->normal);
    ct_json_object_end(&w->j);
    ct_buf_byte(&w->b, '\n');
    return flush(w);
}

static ct_err begin(struct view *w, struct ct_stored *s, const struct ct_attempts_view *v, bool *ret_any)
{
    *w = (struct view){.s = s, .v = v};
    ct_buf_init(&w->b, s->arena, TEXT_MAX);
    CT_TRY(ct_arena_new(&ct_alloc_libc, 16u << 20, &w->scratch));
    CT_TRY(ct_attempts_any(s->db, ret_any));
    if (!*ret_any && !v->json)
        ct_buf_text(&w->b, "No attempt was ever imported, so nothing can be said: caltrop detect --json LOGS | caltrop attempts import -\n");
    return CT_OK;
}

ct_err ct_attempts_list(struct ct_stored *s, const struct ct_attempts_view *v, int *ret_status)
{
    struct view w;
    bool any = false;
    ct_err e = begin(&w, s, v, &any);
    if (e == CT_OK && any) e = ct_campaigns_each(s->db, &v->filter, on_listed, &w);
    if (e == CT_OK && any && !v->json) {
        if (w.campaigns == 0) ct_buf_text(&w.b, "No attempt in that time.\n");
        if (w.campaigns > CAMPAIGNS_SHOWN && !v->verbose) ct_buf_printf(&w.b, "and %llu campaigns more: -v, or --json\n", (unsigned long long)(w.campaigns - CAMPAIGNS_SHOWN));
    }
    if (e == CT_OK) e = flush(&w);
    ct_arena_free(w.scratch);
    *ret_status = !any ? 3 : w.campaigns > 0;
    return e;
}

static void put_asset(struct view *w, const struct ct_against_asset *a)
{
    struct ct_buf b;
    ct_str reason = {NULL, 0}, run_by = {NULL, 0};
    ct_arena_clear(w->scratch);
    ct_err e = ct_against_reason(w->scratch, a, &reason);
    if (e == CT_OK) e = ct_against_run_by(w->s->db, w->scratch, a, &run_by);
    if (e != CT_OK && !w->b.err) w->b.err = e;
    ct_buf_init(&b, w->scratch, 1u << 20);
    ct_buf_printf(&b, "  %-15s  ", ct_would_name(a->would));
    ct_print_text(&b, a->asset->name);
    ct_buf_text(&b, " (");
    ct_print_text(&b, a->asset->environment);
    ct_buf_text(&b, ", ");
    ct_print_text(&b, a->asset->exposure);
    ct_buf_byte(&b, ')');
    if (a->service.n) ct_buf_text(&b, ct_str_eq(a->role, CT_STR("reads")) ? " reading what service " : " serving ");
    ct_print_text(&b, a->service);
    if (ct_str_eq(a->role, CT_STR("reads"))) ct_buf_text(&b, " writes");
    ct_buf_text(&b, a->has_time ? ", attempt of " : ", attempt without a time, imported ");
    ct_print_second(&b, a->at);
    ct_buf_printf(&b, " (%llu in all", (unsigned long long)a->attempts);
    if (a->firing && a->firing != a->attempts) ct_buf_printf(&b, ", %llu would fire", (unsigned long long)a->firing);
    ct_buf_text(&b, "): ");
    ct_print_clipped(&b, reason, 400);
    if (run_by.n) ct_buf_text(&b, "; ");
    ct_print_clipped(&b, run_by, 300);
    if (b.err && !w->b.err) w->b.err = b.err;
    ct_flow(&w->b, ct_buf_view(&b), w->v->columns, 6);
}

static void put_unknown(struct view *w, const struct ct_against_campaign *c)
{
    struct ct_buf b;
    ct_arena_clear(w->scratch);
    ct_buf_init(&b, w->scratch, 1u << 20);
    ct_buf_printf(&b, "  target unknown   %llu attempts: no route names ", (unsigned long long)c->unknown);
    ct_buf_text(&b, c->unknown_log.n ? "log " : "a log");
    ct_print_clipped(&b, c->unknown_log, 120);
    if (c->unknown_host.n) ct_buf_text(&b, ", host ");
    ct_print_clipped(&b, c->unknown_host, 120);
    if (c->unknown_pairs > 1) ct_buf_printf(&b, " and %zu more", c->unknown_pairs - 1);
    if (c->estated && c->estate) {
        ct_buf_printf(&b, ". Had they reached all of the %zu assets in use, they would fire on %zu, cannot be ruled out on %zu", c->estate, c->estate_by[CT_WOULD_FIRE],
                      c->estate_by[CT_WOULD_MAYBE]);
    } else if (c->estated) {
        ct_buf_text(&b, ", and no asset is known");
    }
    if (b.err && !w->b.err) w->b.err = b.err;
    ct_flow(&w->b, ct_buf_view(&b), w->v->columns, 6);
}

static ct_err asset_json(struct view *w, const struct ct_against_campaign *c, const struct ct_against_asset *a)
{
    ct_str reason, run_by;
    ct_arena_clear(w->scratch);
    CT_TRY(ct_against_reason(w->scratch, a, &reason));
    CT_TRY(ct_against_run_by(w->s->db, w->scratch, a, &run_by));
    ct_json_begin(&w->j, &w->b);
    ct_json_object(&w->j);
    head_json(w, c->campaign);
    ct_json_kz(&w->j, "would", ct_would_name(a->would));
    ct_json_kv(&w->j, "asset", a->asset->name);
    ct_json_kv(&w->j, "environment", a->asset->environment);
    ct_json_kv(&w->j, "exposure", a->asset->exposure);
    ct_json_kv(&w->j, "role", a->role);
    ct_json_some(&w->j, "service", a->service);
    ct_json_kv(&w->j, "reason", reason);
    ct_json_some(&w->j, "run_by", run_by);
    ct_json_some(&w->j, "state", a->state);
    ct_json_some(&w->j, "purl", a->purl);
    ct_json_time(&w->j, a->has_time ? "at" : "imported", a->at);
    ct_json_ku(&w->j, "attempts", a->attempts);
    ct_json_ku(&w->j, "firing", a->firing);
    outcomes_json(w);
    ct_json_object_end(&w->j);
    ct_buf_byte(&w->b, '\n');
    return flush(w);
}

static ct_err unknown_json(struct view *w, const struct ct_against_campaign *c)
{
    ct_json_begin(&w->j, &w->b);
    ct_json_object(&w->j);
    head_json(w, c->campaign);
    ct_json_kz(&w->j, "would", "target unknown");
    ct_json_kz(&w->j, "reason", "no route names the log and the host");
    ct_json_some(&w->j, "log", c->unknown_log);
    ct_json_some(&w->j, "host", c->unknown_host);
    ct_json_ku(&w->j, "logs_and_hosts", c->unknown_pairs);
    ct_json_ku(&w->j, "attempts", c->unknown);
    if (c->estated) {
        ct_json_key(&w->j, "if_all_assets");
        ct_json_object(&w->j);
        ct_json_ku(&w->j, "known", c->estate);
        for (int i = 0; i < CT_WOULDS; i++) ct_json_ku(&w->j, ct_would_name((enum ct_would)i), c->estate_by[i]);
        ct_json_object_end(&w->j);
    }
    outcomes_json(w);
    ct_json_object_end(&w->j);
    ct_buf_byte(&w->b, '\n');
    return flush(w);
}

static ct_err give_json(struct view *w, const struct ct_against_campaign *c)
{
    for (size_t i = 0; i < c->n; i++) CT_TRY(asset_json(w, c, &c->assets[i]));
    return c->unknown ? unknown_json(w, c) : CT_OK;
}

static ct_err on_against(void *ctx, const struct ct_against_campaign *c)
{
    struct view *w = ctx;
    if (c->n == 0 && c->unknown == 0) return CT_OK;
    w->campaigns++;
    w->firing += c->by[CT_WOULD_FIRE];
    w->maybe += c->by[CT_WOULD_MAYBE];
    w->unknown += c->unknown;
    if (w->campaigns > CAMPAIGNS_SHOWN && !w->v->verbose && !w->v->json) return CT_OK;
    CT_TRY(read_outcomes(w, c->campaign->id));
    if (w->v->json) return give_json(w, c);
    put_head(w, c->campaign);
    size_t shown[CT_WOULDS] = {0};
    for (size_t i = 0; i < c->n; i++) {
        const struct ct_against_asset *a = &c->assets[i];
        size_t most = w->v->verbose ? SIZE_MAX : a->would == CT_WOULD_NOT ? 3 : ASSETS_SHOWN;
        if (shown[a->would]++ < most) put_asset(w, a);
        bool last = i + 1 == c->n || c->assets[i + 1].would != a->would;
        if (last && shown[a->would] > most) ct_buf_printf(&w->b, "  %-15s  %zu assets more: -v, or --json\n", ct_would_name(a->would), shown[a->would] - most);
    }
    if (c->unknown) put_unknown(w, c);
    return flush(w);
}

static void sum_up(struct view *w)
{
    struct ct_buf b;
    ct_arena_clear(w->scratch);
    ct_buf_init(&b, w->scratch, 65536);
    if (w->campaigns > CAMPAIGNS_SHOWN && !w->v->verbose) ct_buf_printf(&w->b, "and %llu campaigns more: -v, or --json\n", (unsigned long long)(w->campaigns - CAMPAIGNS_SHOWN));
    if (w->campaigns == 0) {
        ct_buf_text(&b, "No attempt of the kind that was asked for: nothing is known to have been tried, which is not that nothing was.");
    } else if (w->firing + w->maybe + w->unknown == 0) {
        ct_buf_text(&b, "No attempt would have fired on an asset that it is known to have reached.");
    } else {
        ct_buf_printf(&b, "By campaign and asset: %llu would fire, %llu cannot be ruled out; %llu attempts have no known target.", (unsigned long long)w->firing,
                      (unsigned long long)w->maybe, (unsigned long long)w->unknown);
    }
    if (b.err && !w->b.err) w->b.err = b.err;
    ct_buf_byte(&w->b, '\n');
    ct_flow(&w->b, ct_buf_view(&b), w->v->columns, 0);
}

ct_err ct_attempts_against(struct ct_stored *s, const struct ct_attempts_view *v, int *ret_status)
{
    struct view w;
    bool any = false;
    uint64_t left = 0;
    ct_err e = begin(&w, s, v, &any);
    const struct ct_against_opts opts = {.filter = v->filter, .now_us = s->who.now_us, .fresh_us = v->fresh_us, .asset = v->asset};
    if (e == CT_OK && any) e = ct_against(s->db, &opts, on_against, &w, &left);
    if (e == CT_OK && any && !v->json) sum_up(&w);
    if (left) ct_complain(s->command, "%llu campaigns more, the least grave ones, were not held against assets: --since and --until take a part", (unsigned long long)left);
    if (e == CT_OK) e = flush(&w);
    ct_arena_free(w.scratch);
    *ret_status = w.firing ? 1 : !any || left || w.maybe || w.unknown ? 3 : 0;
    return e;
}
