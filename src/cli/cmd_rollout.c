/* rollout start|stage|verify|skip|show: a fix on its way from development to production. */
#include "cli/verbs.h"
#include "event/attempt.h"
#include "event/fields.h"
#include "respond/rollout.h"
#include "text/printable.h"

#include <string.h>

enum { BLOCKED_MAX = 16 << 20, NAMES_MAX = 64, NAMED = 20 };

struct cmd {
    struct ct_stored s;
    const char *summary;
    bool json, verbose;
    struct ct_buf blocked;
    struct ct_json_out j;
    uint64_t n, n_blocked; /* roll-outs shown; assets that one waits for */
    int only;             /* a stage whose assets are wanted; -1: all */
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_SUMMARY: c->summary = value; return NULL;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    case CT_OPT_VERBOSE: c->verbose = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_err find(struct cmd *c, struct ct_rollout *r, struct ct_fault *fault)
{
    ct_err e = ct_rollout_get(c->s.db, c->s.arena, ct_str_from(c->s.args[0]), r);
    return e == CT_ERR_NOT_FOUND ? ct_fault_set(fault, CT_ERR_USAGE, 0, "no roll-out is called '%.100s': 'caltrop rollout show' lists them", c->s.args[0]) : e;
}

static ct_err stage(struct cmd *c, int *ret_stage, struct ct_fault *fault)
{
    *ret_stage = ct_stage_of(ct_str_from(c->s.args[1]));
    return *ret_stage >= 0 ? CT_OK : ct_fault_set(fault, CT_ERR_USAGE, 0, "'%.60s' is not one of development, staging, production", c->s.args[1]);
}

static ct_err on_blocked(void *ctx, const struct ct_rollout_asset *a, const char *why)
{
    struct cmd *c = ctx;
    int at = ct_stage_of(a->environment);
    if (c->only >= 0 && at != c->only) return CT_OK;
    if (c->json) {
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "asset", a->name);
        ct_json_kv(&c->j, "environment", a->environment);
        ct_json_some(&c->j, "owner", a->owner);
        ct_json_kz(&c->j, "why", why);
        ct_json_object_end(&c->j);
        return c->blocked.err;
    }
    if (c->n_blocked++ >= NAMED && !c->verbose) return CT_OK;
    ct_buf_text(&c->blocked, "    ");
    ct_print_text(&c->blocked, a->name);
    ct_buf_text(&c->blocked, " (");
    ct_print_text(&c->blocked, a->environment);
    ct_buf_text(&c->blocked, a->owner.n ? ", owner " : ", no owner");
    ct_print_text(&c->blocked, a->owner);
    ct_buf_printf(&c->blocked, "): %s\n", why);
    return c->blocked.err;
}

static void view_text(struct cmd *c, const struct ct_rollout *r, const struct ct_rollout_view *v)
{
    ct_print_text(&c->s.text, r->name);
    if (r->summary.n) ct_buf_text(&c->s.text, ": ");
    ct_print_text(&c->s.text, r->summary);
    ct_buf_text(&c->s.text, "\n  started ");
    ct_print_second(&c->s.text, r->started);
    ct_buf_byte(&c->s.text, '\n');
    for (int i = 0; i < CT_STAGES; i++) {
        const struct ct_stage_view *s = &v->stages[i];
        ct_buf_printf(&c->s.text, "  %-11s  %llu of %llu assets done; ", ct_stage_names[i], (unsigned long long)s->done, (unsigned long long)s->assets);
        bool back = s->stage.settled && ct_str_eq(s->stage.how, CT_STR("scan")) && s->done < s->assets;
        if (!s->stage.opened) ct_buf_text(&c->s.text, "gate closed");
        else if (!s->stage.settled) ct_buf_text(&c->s.text, "open since "), ct_print_second(&c->s.text, s->stage.opened);
        else if (ct_str_eq(s->stage.how, CT_STR("skipped"))) ct_buf_text(&c->s.text, "SKIPPED by ");
        else ct_buf_text(&c->s.text, ct_str_eq(s->stage.how, CT_STR("scan")) ? "verified by looks, " : "verified by ");
        if (s->stage.settled && !ct_str_eq(s->stage.how, CT_STR("scan"))) ct_print_text(&c->s.text, s->stage.who), ct_buf_byte(&c->s.text, ' ');
        if (s->stage.settled) ct_print_second(&c->s.text, s->stage.settled);
        if (s->stage.settled && s->stage.why.n) ct_buf_text(&c->s.text, ": "), ct_print_text(&c->s.text, s->stage.why);
        ct_buf_text(&c->s.text, back ? "; NO LONGER as it was verified\n" : "\n");
    }
    if (c->blocked.n) ct_buf_text(&c->s.text, "  in the way:\n");
    ct_buf_add(&c->s.text, ct_buf_view(&c->blocked));
    if (c->n_blocked > NAMED && !c->verbose) ct_buf_printf(&c->s.text, "    and %llu more: -v, or --json\n", (unsigned long long)(c->n_blocked - NAMED));
}

static void view_json(struct cmd *c, const struct ct_rollout *r, const struct ct_rollout_view *v)
{
    struct ct_json_out j;
    ct_json_begin(&j, &c->s.text);
    ct_json_object(&j);
    ct_json_kv(&j, "rollout", r->name);
    ct_json_some(&j, "summary", r->summary);
    ct_json_time(&j, "started", r->started);
    ct_json_key(&j, "stages");
    ct_json_array(&j);
    for (int i = 0; i < CT_STAGES; i++) {
        const struct ct_stage_view *s = &v->stages[i];
        ct_json_object(&j);
        ct_json_kz(&j, "stage", ct_stage_names[i]);
        ct_json_kz(&j, "gate", s->stage.opened ? "open" : "closed");
        ct_json_ku(&j, "assets", s->assets);
        ct_json_ku(&j, "done", s->done);
        if (s->stage.opened) ct_json_time(&j, "opened", s->stage.opened);
        if (s->stage.settled) ct_json_time(&j, "settled", s->stage.settled);
        ct_json_some(&j, "how", s->stage.how);
        ct_json_some(&j, "who", s->stage.who);
        ct_json_some(&j, "why", s->stage.why);
        ct_json_object_end(&j);
    }
    ct_json_array_end(&j);
    ct_json_ku(&j, "in_no_stage", v->nowhere);
    ct_buf_text(&c->s.text, ",\"in_the_way\":");
    ct_buf_add(&c->s.text, ct_buf_view(&c->blocked));
    ct_json_object_end(&j);
    ct_buf_byte(&c->s.text, '\n');
}

static ct_err show_one(struct cmd *c, const struct ct_rollout *r)
{
    struct ct_rollout_view v;
    ct_buf_init(&c->blocked, c->s.arena, BLOCKED_MAX);
    c->n_blocked = 0;
    if (c->json) ct_json_begin(&c->j, &c->blocked), ct_json_array(&c->j);
    CT_TRY(ct_rollout_look(c->s.db, c->s.arena, r, on_blocked, c, &v));
    if (c->json) ct_json_array_end(&c->j);
    if (c->json) view_json(c, r, &v);
    else view_text(c, r, &v);
    CT_TRY(c->blocked.err);
    CT_TRY(ct_stored_write(&c->s, &c->s.text));
    c->s.text.n = 0;
    return CT_OK;
}

static ct_err start(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_rollout r;
    ct_str names[NAMES_MAX];
    size_t n = c->s.n_args - 1;
    if (n > NAMES_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "these are too many vulnerabilities at once");
    for (size_t i = 0; i < n; i++) names[i] = ct_str_from(c->s.args[i + 1]);
    CT_TRY(ct_rollout_start(s->db, s->arena, ct_str_from(c->s.args[0]), ct_str_from(c->summary ? c->summary : ""), names, n, &s->who, &r, fault));
    return show_one(c, &r);
}

static ct_err advance(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_rollout r;
    int to;
    CT_TRY(find(c, &r, fault));
    CT_TRY(stage(c, &to, fault));
    CT_TRY(ct_rollout_advance(s->db, s->arena, &r, to, &s->who, fault));
    ct_buf_printf(&c->s.text, "The gate of %s is open.\n", ct_stage_names[to]);
    return CT_OK;
}

static ct_err verify(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_rollout r;
    int at;
    bool verified;
    CT_TRY(find(c, &r, fault));
    CT_TRY(stage(c, &at, fault));
    CT_TRY(ct_rollout_verify(s->db, s->arena, &r, at, s->who.why.n > 0, &s->who, &verified, fault));
    s->found = !verified;
    ct_buf_printf(&c->s.text, verified ? "%s is verified.\n" : "%s is not verified:\n", ct_stage_names[at]);
    if (verified) return CT_OK;
    struct ct_rollout_view v;
    ct_buf_init(&c->blocked, s->arena, BLOCKED_MAX);
    c->only = at;
    c->json = false;
    CT_TRY(ct_rollout_look(s->db, s->arena, &r, on_blocked, c, &v));
    ct_buf_add(&c->s.text, ct_buf_view(&c->blocked));
    return c->blocked.err;
}

static ct_err skip(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_rollout r;
    int at;
    CT_TRY(find(c, &r, fault));
    CT_TRY(stage(c, &at, fault));
    CT_TRY(ct_rollout_skip(s->db, s->arena, &r, at, &s->who, fault));
    ct_buf_printf(&c->s.text, "%s is skipped, by name: it stands in the timeline and in every report.\n", ct_stage_names[at]);
    return CT_OK;
}

static ct_err on_rollout(void *ctx, const struct ct_rollout *r)
{
    struct cmd *c = ctx;
    struct ct_rollout copy = *r;
    c->n++;
    CT_TRY(ct_arena_dup(c->s.arena, r->name, &copy.name));
    CT_TRY(ct_arena_dup(c->s.arena, r->summary, &copy.summary));
    return show_one(c, &copy);
}

static ct_err show(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_rollout r;
    if (c->s.n_args) {
        CT_TRY(find(c, &r, fault));
        return show_one(c, &r);
    }
    CT_TRY(ct_rollouts_each(s->db, on_rollout, c));
    if (c->n == 0 && !c->json) ct_buf_text(&s->text, "No fix is rolled out. 'caltrop rollout start NAME CVE...' begins.\n");
    return CT_OK;
}

int ct_cmd_rollout(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {
        {"caltrop rollout start", "NAME CVE...", 2, SIZE_MAX, start, NULL}, {"caltrop rollout stage", "NAME STAGE", 2, 2, advance, NULL},
        {"caltrop rollout verify", "NAME STAGE", 2, 2, verify, NULL}, {"caltrop rollout skip", "NAME STAGE --why TEXT", 2, 2, skip, NULL},
        {"caltrop rollout show", "[NAME]", 0, 1, NULL, show},
    };
    struct cmd c = {.only = -1};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
