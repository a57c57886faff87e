/* affected CVE: what the answer rests on first, then what is affected. */
#include "cli/flow.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/coverage.h"
#include "store/asset.h"
#include "text/printable.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUPS_MAX = 16, NAMED = 30, STATES = 4 };

static const int64_t week_us = 7 * 86400 * (int64_t)1000000;
static const char *const states[STATES] = {"affected", "fixed_on_disk", "under_investigation", "mitigated"};

struct group {
    char environment[16], exposure[32];
    struct ct_cover_counts covered;
    uint64_t affected;        /* assets with a finding that nothing mitigates */
};

struct cmd {
    struct ct_stored s;
    struct ct_answer_filter filter;
    bool json, unprotected, overdue, verbose;
    int64_t fresh_us;
    struct ct_vulnerability v;
    struct group groups[GROUPS_MAX]; /* 4 environments, 4 exposures */
    size_t n_groups;
    struct ct_cover_counts all;
    uint64_t findings, assets, public_open, public_mitigated, by_state[STATES];
    unsigned char *counted;          /* a bit per asset */
    size_t n_counted;
    struct ct_buf b;                 /* what is to be written next */
    struct ct_json_out j;
    ct_arena *scratch;
    uint64_t shown, unassessed;
    size_t columns;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_ENVIRONMENT:
        c->filter.environment = ct_environment_word(ct_str_from(value));
        return *value && c->filter.environment.p ? NULL : "is not one of development, staging, production, unknown";
    case CT_OPT_EXPOSURE:
        c->filter.exposure = ct_exposure_word(ct_str_from(value));
        return *value && c->filter.exposure.p ? NULL : "is not one of public, internal, receives-public-input, unknown";
    case CT_OPT_OWNER: c->filter.owner = ct_str_from(value); return NULL;
    case CT_OPT_UNPROTECTED: c->unprotected = true; return NULL;
    case CT_OPT_OVERDUE: c->overdue = true; return NULL;
    case CT_OPT_JSON_OBJECT: c->json = true; return NULL;
    case CT_OPT_VERBOSE: c->verbose = true; return NULL;
    case CT_OPT_FRESH: return ct_how_long(value, &c->fresh_us) ? NULL : "is not a length of time like 24h or 7d";
    default: return "is not an option here";
    }
}

/* Writes what is there. The writer of JSON goes on in the emptied buffer. */
static ct_err flush(struct cmd *c)
{
    ct_err e = ct_stored_write(&c->s, &c->b);
    c->b.n = 0;
    return e;
}

static struct group *group_of(struct cmd *c, ct_str environment, ct_str exposure)
{
    for (size_t i = 0; i < c->n_groups; i++)
        if (ct_str_eq(ct_str_from(c->groups[i].environment), environment) && ct_str_eq(ct_str_from(c->groups[i].exposure), exposure)) return &c->groups[i];
    struct group *g = &c->groups[c->n_groups < GROUPS_MAX ? c->n_groups++ : GROUPS_MAX - 1];
    memset(g, 0, sizeof *g);
    memcpy(g->environment, environment.p, environment.n < sizeof g->environment ? environment.n : sizeof g->environment - 1);
    memcpy(g->exposure, exposure.p, exposure.n < sizeof g->exposure ? exposure.n : sizeof g->exposure - 1);
    return g;
}

static enum ct_cover cover(const struct cmd *c, int64_t looked, int64_t assessed) { return ct_cover_of(looked, assessed, c->s.who.now_us, c->fresh_us); }

static ct_err on_cover(void *ctx, const struct ct_cover_row *r)
{
    struct cmd *c = ctx;
    struct group *g = group_of(c, r->environment, r->exposure);
    enum ct_cover how = cover(c, r->looked, r->assessed);
    g->covered.by[how]++;
    g->covered.known++;
    c->all.by[how]++;
    c->all.known++;
    return CT_OK;
}

static bool wanted(const struct cmd *c, const struct ct_affected_row *r)
{
    if (c->unprotected && ct_str_eq(r->state, CT_STR("mitigated"))) return false;
    return !c->overdue || ct_clock_late(r->due, r->stopped, c->s.who.now_us);
}

/* The first time that this asset is counted. */
static bool first_time(struct cmd *c, int64_t asset)
{
    size_t at = (size_t)asset / 8;
    if (at >= c->n_counted) {
        size_t n = 2 * at + 4096;
        unsigned char *grown = n < 1u << 28 ? ct_arena_grow(c->s.arena, c->counted, c->n_counted, n) : NULL;
        if (!grown) return true;
        memset(grown + c->n_counted, 0, n - c->n_counted);
        c->counted = grown;
        c->n_counted = n;
    }
    unsigned char bit = (unsigned char)(1u << (asset & 7));
    bool first = !(c->counted[at] & bit);
    c->counted[at] |= bit;
    return first;
}

static ct_err on_count(void *ctx, const struct ct_affected_row *r)
{
    struct cmd *c = ctx;
    bool mitigated = ct_str_eq(r->state, CT_STR("mitigated")), is_public = ct_str_eq(r->exposure, CT_STR("public"));
    if (!wanted(c, r)) return CT_OK;
    for (size_t i = 0; i < STATES; i++) c->by_state[i] += ct_str_eq(r->state, ct_str_from(states[i]));
    c->findings++;
    c->public_open += is_public && !mitigated;
    c->public_mitigated += is_public && mitigated;
    if (!mitigated && first_time(c, r->asset)) {
        group_of(c, r->environment, r->exposure)->affected++;
        c->assets++;
    }
    return CT_OK;
}

static ct_err on_row(void *ctx, const struct ct_affected_row *r)
{
    struct cmd *c = ctx;
    struct ct_buf b;
    if (!wanted(c, r)) return CT_OK;
    if (c->shown++ >= NAMED && !c->verbose) return CT_OK;
    ct_arena_clear(c->scratch);
    ct_buf_init(&b, c->scratch, 1u << 20);
    ct_buf_text(&b, "  ");
    ct_print_text(&b, r->state);
    ct_buf_text(&b, "  ");
    ct_print_text(&b, r->name);
    ct_buf_text(&b, " (");
    ct_print_text(&b, r->environment);
    ct_buf_text(&b, ", ");
    ct_print_text(&b, r->exposure);
    ct_buf_text(&b, ") ");
    ct_print_text(&b, r->purl);
    if (r->version.n && ct_str_find(r->purl, r->version) == CT_STR_NONE) {
        ct_buf_byte(&b, ' ');
        ct_print_text(&b, r->version);
    }
    ct_buf_text(&b, ct_str_eq(r->state, CT_STR("mitigated")) ? "; protected: " : "; ");
    ct_print_clipped(&b, r->reason, 300);
    ct_buf_text(&b, r->owner.n ? "; owner " : "; no owner");
    ct_print_text(&b, r->owner);
    ct_buf_text(&b, "; ");
    ct_print_clock(&b, r, c->s.who.now_us);
    if (cover(c, r->looked, r->assessed) == CT_COVER_STALE) ct_buf_text(&b, "; looked at long ago");
    CT_TRY(b.err);
    ct_flow(&c->b, ct_buf_view(&b), c->columns, 6);
    return flush(c);
}

static ct_err on_unassessed(void *ctx, const struct ct_cover_row *r)
{
    struct cmd *c = ctx;
    enum ct_cover how = cover(c, r->looked, r->assessed);
    if (how == CT_COVER_FRESH) return CT_OK;
    if (c->unassessed++ >= NAMED && !c->verbose) return CT_OK;
    ct_buf_printf(&c->b, "  %-8s ", ct_cover_name(how));
    ct_print_text(&c->b, r->name);
    ct_buf_text(&c->b, " (");
    ct_print_text(&c->b, r->environment);
    ct_buf_text(&c->b, ", ");
    ct_print_text(&c->b, r->exposure);
    ct_buf_byte(&c->b, ')');
    if (r->owner.n) ct_buf_text(&c->b, ", owner ");
    ct_print_text(&c->b, r->owner);
    if (r->looked) ct_buf_text(&c->b, ", last looked at ");
    if (r->looked) ct_print_second(&c->b, r->looked);
    ct_buf_byte(&c->b, '\n');
    return flush(c);
}

static int by_name(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    int c = strcmp(x->environment, y->environment);
    return c ? c : strcmp(x->exposure, y->exposure);
}

static void sentence(struct cmd *c)
{
    uint64_t known = 0, fresh = 0;
    for (size_t i = 0; i < c->n_groups; i++) {
        if (strcmp(c->groups[i].exposure, "public") != 0) continue;
        known += c->groups[i].covered.known;
        fresh += c->groups[i].covered.by[CT_COVER_FRESH];
    }
    struct ct_buf b;
    ct_buf_init(&b, c->scratch, 65536);
    if (known == 0) ct_buf_text(&b, "No asset is known to be public.");
    else if (c->public_open) ct_buf_printf(&b, "%llu finding%s on public assets that nothing mitigates; ", (unsigned long long)c->public_open, c->public_open == 1 ? "" : "s");
    else if (fresh == known) ct_buf_text(&b, "No public asset is affected: ");
    else ct_buf_text(&b, "No public asset is known to be affected, and that is not yet an answer: ");
    if (known) ct_buf_printf(&b, "%llu of %llu public ones were looked at completely and lately.", (unsigned long long)fresh, (unsigned long long)known);
    if (b.err && !c->b.err) c->b.err = b.err;
    ct_flow(&c->b, ct_buf_view(&b), c->columns, 0);
}

static void table(struct cmd *c)
{
    ct_print_text(&c->b, c->v.name);
    if (c->v.severity.n) ct_buf_text(&c->b, ", ");
    ct_print_text(&c->b, c->v.severity);
    if (c->v.kev_added) ct_buf_text(&c->b, ", known to be exploited since "), ct_print_second(&c->b, c->v.kev_added);
    if (c->all.known == 0) {
        ct_buf_text(&c->b, c->filter.environment.p || c->filter.exposure.p || c->filter.owner.p
                               ? "\n\nNo asset of the kind that was asked for is known, so nothing can be said of them: 'caltrop asset list' shows those that are.\n"
                               : "\n\nNo asset is known, so nothing can be said. 'caltrop asset import' takes the list that you keep, 'caltrop scan import' the reports of hosts.\n");
        return;
    }
    ct_buf_text(&c->b, "\n\nCoverage                                 known   fresh   stale in part   never  affected\n");
    for (size_t i = 0; i <= c->n_groups; i++) {
        const struct group *g = i < c->n_groups ? &c->groups[i] : NULL;
        const struct ct_cover_counts *n = g ? &g->covered : &c->all;
        char name[64];
        (void)snprintf(name, sizeof name, "%s%s%s", g ? g->environment : "all", g ? ", " : "", g ? g->exposure : "");
        ct_buf_printf(&c->b, "  %-36s %7llu %7llu %7llu %7llu %7llu %9llu\n", name, (unsigned long long)n->known, (unsigned long long)n->by[CT_COVER_FRESH],
                      (unsigned long long)n->by[CT_COVER_STALE], (unsigned long long)n->by[CT_COVER_PART], (unsigned long long)n->by[CT_COVER_NEVER],
                      (unsigned long long)(g ? g->affected : c->assets));
    }
    ct_buf_byte(&c->b, '\n');
    sentence(c);
}

static ct_err give_table(struct cmd *c)
{
    table(c);
    if (c->all.known == 0) return flush(c);
    if (c->all.known > c->all.by[CT_COVER_FRESH]) ct_buf_text(&c->b, "\nNot assessed: nothing can be said of these\n");
    CT_TRY(flush(c));
    CT_TRY(ct_cover_each(c->s.db, &c->filter, c->s.who.now_us - c->fresh_us, on_unassessed, c));
    if (c->unassessed > NAMED && !c->verbose) ct_buf_printf(&c->b, "  and %llu more: -v\n", (unsigned long long)(c->unassessed - NAMED));
    const char *comma = "\nAffected: ";
    for (size_t i = 0; i < STATES; i++) {
        if (!c->by_state[i]) continue;
        ct_buf_printf(&c->b, "%s%llu %s", comma, (unsigned long long)c->by_state[i], states[i]);
        comma = ", ";
    }
    ct_buf_text(&c->b, c->findings ? "\n" : c->unprotected || c->overdue ? "\nNo finding is of the kind that was asked for.\n" : "\nNo finding.\n");
    CT_TRY(flush(c));
    if (c->v.id) CT_TRY(ct_affected_each(c->s.db, c->v.id, &c->filter, on_row, c));
    if (c->shown > NAMED && !c->verbose) ct_buf_printf(&c->b, "  and %llu more: -v, or --json\n", (unsigned long long)(c->shown - NAMED));
    return flush(c);
}

static void counts_json(struct cmd *c, const struct ct_cover_counts *n)
{
    static const char *const keys[CT_COVERS] = {"fresh", "stale", "in_part", "never"};
    ct_json_ku(&c->j, "known", n->known);
    for (size_t i = 0; i < CT_COVERS; i++) ct_json_ku(&c->j, keys[i], n->by[i]);
}

static ct_err on_unassessed_json(void *ctx, const struct ct_cover_row *r)
{
    struct cmd *c = ctx;
    enum ct_cover how = cover(c, r->looked, r->assessed);
    if (how == CT_COVER_FRESH) return CT_OK;
    ct_json_object(&c->j);
    ct_json_kv(&c->j, "asset", r->name);
    ct_json_kv(&c->j, "environment", r->environment);
    ct_json_kv(&c->j, "exposure", r->exposure);
    ct_json_some(&c->j, "owner", r->owner);
    ct_json_kz(&c->j, "coverage", ct_cover_name(how));
    if (r->looked) ct_json_time(&c->j, "looked", r->looked);
    ct_json_object_end(&c->j);
    return flush(c);
}

static ct_err on_row_json(void *ctx, const struct ct_affected_row *r)
{
    struct cmd *c = ctx;
    if (!wanted(c, r)) return CT_OK;
    ct_json_object(&c->j);
    ct_json_kv(&c->j, "asset", r->name);
    ct_json_kv(&c->j, "environment", r->environment);
    ct_json_kv(&c->j, "exposure", r->exposure);
    ct_json_some(&c->j, "owner", r->owner);
    ct_json_some(&c->j, "criticality", r->criticality);
    ct_json_kv(&c->j, "purl", r->purl);
    ct_json_some(&c->j, "version", r->version);
    ct_json_kv(&c->j, "state", r->state);
    ct_json_kv(&c->j, "reason", r->reason);
    ct_json_key(&c->j, "conflict");
    ct_json_bool(&c->j, r->conflict);
    ct_json_time(&c->j, "opened", r->opened);
    if (r->due) ct_json_time(&c->j, "due", r->due);
    ct_json_key(&c->j, "overdue");
    ct_json_bool(&c->j, ct_clock_late(r->due, r->stopped, c->s.who.now_us));
    if (r->due_policy) ct_json_time(&c->j, "policy_due", r->due_policy);
    ct_json_some(&c->j, "rule", r->rule);
    if (r->breached) ct_json_time(&c->j, "breached", r->breached);
    if (r->accepted_until) ct_json_time(&c->j, "accepted_until", r->accepted_until);
    ct_json_kz(&c->j, "coverage", ct_cover_name(cover(c, r->looked, r->assessed)));
    ct_json_object_end(&c->j);
    return flush(c);
}

static ct_err give_json(struct cmd *c)
{
    ct_json_begin(&c->j, &c->b);
    ct_json_object(&c->j);
    ct_json_kv(&c->j, "vulnerability", c->v.name);
    ct_json_some(&c->j, "severity", c->v.severity);
    if (c->v.kev_added) ct_json_time(&c->j, "exploited_since", c->v.kev_added);
    ct_json_time(&c->j, "at", c->s.who.now_us);
    ct_json_key(&c->j, "coverage");
    ct_json_object(&c->j);
    counts_json(c, &c->all);
    ct_json_key(&c->j, "by");
    ct_json_array(&c->j);
    for (size_t i = 0; i < c->n_groups; i++) {
        ct_json_object(&c->j);
        ct_json_kz(&c->j, "environment", c->groups[i].environment);
        ct_json_kz(&c->j, "exposure", c->groups[i].exposure);
        counts_json(c, &c->groups[i].covered);
        ct_json_ku(&c->j, "affected", c->groups[i].affected);
        ct_json_object_end(&c->j);
    }
    ct_json_array_end(&c->j);
    ct_json_key(&c->j, "unassessed");
    ct_json_array(&c->j);
    CT_TRY(flush(c));
    CT_TRY(ct_cover_each(c->s.db, &c->filter, c->s.who.now_us - c->fresh_us, on_unassessed_json, c));
    ct_json_array_end(&c->j);
    ct_json_object_end(&c->j);
    ct_json_key(&c->j, "findings");
    ct_json_array(&c->j);
    CT_TRY(flush(c));
    if (c->v.id) CT_TRY(ct_affected_each(c->s.db, c->v.id, &c->filter, on_row_json, c));
    ct_json_array_end(&c->j);
    ct_json_object_end(&c->j);
    ct_buf_byte(&c->b, '\n');
    return flush(c);
}

static ct_err answer(struct cmd *c)
{
    CT_TRY(ct_cover_each(c->s.db, &c->filter, 0, on_cover, c));
    if (c->v.id) CT_TRY(ct_affected_count(c->s.db, c->v.id, &c->filter, on_count, c));
    qsort(c->groups, c->n_groups, sizeof *c->groups, by_name);
    return c->json ? give_json(c) : give_table(c);
}

int ct_cmd_affected(const struct ct_command *command, int argc, char **argv)
{
    struct cmd c = {.fresh_us = week_us};
    int first, status;
    ct_err e = ct_command_parse(command, argc, argv, set_option, &c, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (argc - first != 1) return ct_complain("caltrop affected", "takes one vulnerability: caltrop affected CVE-2021-44228"), 2;
    if (!ct_stored_begin(&c.s, "caltrop affected", &status)) return status;
    e = ct_vulnerability_answerable(c.s.db, c.s.arena, ct_str_from(argv[first]), &c.v);
    if (e == CT_ERR_NOT_FOUND) {
        ct_complain(c.s.command, "nothing is known about %s, so nothing can be said: load its advisory (caltrop advisory add), or say which package it is in "
                    "(caltrop advisory add --name %s --package PURL)", argv[first], argv[first]);
        return ct_stored_end(&c.s, CT_ERR_USAGE, 0);
    }
    c.columns = ct_terminal_columns(STDOUT_FILENO);
    if (e == CT_OK) e = ct_arena_new(&ct_alloc_libc, 16u << 20, &c.scratch);
    if (e == CT_OK) {
        ct_buf_init(&c.b, c.s.arena, 64u << 20);
        e = answer(&c);
    }
    ct_arena_free(c.scratch);
    status = c.assets ? 1 : c.all.known == 0 || c.all.by[CT_COVER_FRESH] < c.all.known ? 3 : 0;
    return ct_stored_end(&c.s, e, status);
}
