/* control add ASSET KIND | list [ASSET] | end ID: what stands between a flaw and whoever would use it. */
#include "cli/flow.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "event/fields.h"
#include "respond/control.h"
#include "scan/json_paths.h"
#include "text/printable.h"

#include <string.h>
#include <unistd.h>

enum { COVERS_MAX = 64, TEXT_MAX = 4 << 20 };

struct cmd {
    struct ct_stored s;
    const char *evidence, *until, *component;
    ct_str covers[COVERS_MAX];
    size_t n_covers;
    bool claim, json, all;
    struct ct_asset asset;
    enum ct_control_kind kind;
    ct_arena *scratch;
    struct ct_json_out j;
    uint64_t by_hand, seen;
    size_t columns;
    const char *separator;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_COVERS:
        if (c->n_covers == COVERS_MAX) return "is one too many";
        c->covers[c->n_covers++] = ct_str_from(value);
        return *value ? NULL : "is no name of a vulnerability";
    case CT_OPT_EVIDENCE: c->evidence = value; return NULL;
    case CT_OPT_ENDS: c->until = value; return NULL;
    case CT_OPT_COMPONENT: c->component = value; return NULL;
    case CT_OPT_CLAIM: c->claim = true; return NULL;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    case CT_OPT_ALL: c->all = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_err on_left(void *ctx, const struct ct_affected_row *r)
{
    struct cmd *c = ctx;
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, TEXT_MAX);
    ct_buf_text(&b, "  ");
    ct_print_text(&b, r->name);
    ct_buf_text(&b, " in ");
    ct_print_text(&b, r->purl);
    ct_buf_text(&b, ": ");
    ct_print_text(&b, r->state);
    ct_buf_text(&b, "; ");
    ct_print_clipped(&b, r->reason, 400);
    CT_TRY(b.err);
    ct_flow(&c->s.text, ct_buf_view(&b), c->columns, 4);
    return CT_OK;
}

static ct_err say(struct cmd *c, int64_t id, const char *what, const struct ct_derived *d, int64_t asset)
{
    ct_buf_printf(&c->s.text, "Control %lld %s. Findings: %llu changed, %llu left as they were.\n", (long long)id, what, (unsigned long long)d->changed, (unsigned long long)d->left);
    if (ct_control_only_noted(c->kind)) ct_buf_text(&c->s.text, "It is noted beside the findings; no state and no clock rests on it.\n");
    return ct_findings_open_on(c->s.db, asset, on_left, c);
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_derived derived = {0};
    int64_t id;
    if (!ct_control_named(ct_str_from(s->args[1]), &c->kind))
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%s' is not one of class-removed, no-lookups, security-manager, hot-patch, isolated, waf, egress", s->args[1]);
    CT_TRY(ct_stored_asset(s, s->args[0], &c->asset, fault));
    struct ct_control_new n = {.asset = &c->asset, .kind = c->kind, .covers = c->covers, .n_covers = c->n_covers, .claim = c->claim,
                               .evidence = ct_str_from(c->evidence ? c->evidence : "")};
    if (c->component) n.purl = ct_str_from(c->component);
    if (c->until && !ct_when_ahead(c->until, s->who.now_us, &n.until)) return ct_fault_set(fault, CT_ERR_USAGE, 0, "--until is no time like 2021-12-24T00:00Z or 7d");
    CT_TRY(ct_control_add(s->db, s->arena, &n, &s->who, &id, &derived, fault));
    return say(c, id, "added", &derived, c->asset.id);
}

static ct_err end(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_derived derived = {0};
    struct ct_control_row row;
    uint64_t id;
    if (!ct_str_u64(ct_str_from(s->args[0]), &id) || id > INT64_MAX)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%s' is no number of a control: 'caltrop control list' shows them", s->args[0]);
    CT_TRY(ct_control_end(s->db, s->arena, (int64_t)id, &s->who, &derived, fault));
    CT_TRY(ct_control_row_get(s->db, s->arena, (int64_t)id, &row));
    c->kind = CT_CONTROL_ISOLATED;
    return say(c, row.id, "ended", &derived, row.asset);
}

static ct_err flush(struct cmd *c)
{
    ct_err e = ct_stored_write(&c->s, &c->s.text);
    c->s.text.n = 0;
    return e;
}

static ct_err on_name(void *ctx, ct_str vulnerability, enum ct_claim claim)
{
    struct cmd *c = ctx;
    static const char *const words[] = {[CT_CLAIM_NOT] = "known", [CT_CLAIM_BEYOND] = "claimed", [CT_CLAIM_AGAINST] = "claimed against what is known"};
    if (c->json) {
        ct_json_object(&c->j);
        ct_json_kv(&c->j, "vulnerability", vulnerability);
        ct_json_kz(&c->j, "as", words[claim]);
        ct_json_object_end(&c->j);
        return CT_OK;
    }
    ct_buf_text(&c->s.text, c->separator);
    ct_print_text(&c->s.text, vulnerability);
    if (claim) ct_buf_printf(&c->s.text, " (%s)", words[claim]);
    c->separator = ", ";
    return CT_OK;
}

static ct_err json_row(struct cmd *c, const struct ct_control_row *r)
{
    ct_json_begin(&c->j, &c->s.text);
    ct_json_object(&c->j);
    ct_json_kz(&c->j, "seen", "by hand");
    ct_json_ku(&c->j, "id", (uint64_t)r->id);
    ct_json_kv(&c->j, "asset", r->asset_name);
    ct_json_kv(&c->j, "environment", r->environment);
    ct_json_kv(&c->j, "kind", r->kind);
    ct_json_some(&c->j, "component", r->purl);
    ct_json_kv(&c->j, "evidence", r->evidence);
    ct_json_kv(&c->j, "who", r->who);
    ct_json_time(&c->j, "since", r->since);
    if (r->until) ct_json_time(&c->j, "until", r->until);
    if (r->ended) ct_json_time(&c->j, "ended", r->ended);
    ct_json_key(&c->j, "covers");
    ct_json_array(&c->j);
    CT_TRY(ct_control_names(c->s.db, r->id, on_name, c));
    ct_json_array_end(&c->j);
    ct_json_object_end(&c->j);
    ct_buf_byte(&c->s.text, '\n');
    return flush(c);
}

static ct_err on_row(void *ctx, const struct ct_control_row *r)
{
    struct cmd *c = ctx;
    enum ct_control_kind kind = CT_CONTROL_ISOLATED;
    c->by_hand++;
    if (c->json) return json_row(c, r);
    if (c->by_hand == 1) ct_buf_text(&c->s.text, "Put in by hand\n");
    ct_buf_printf(&c->s.text, "  %lld  ", (long long)r->id);
    ct_print_text(&c->s.text, r->asset_name);
    ct_buf_printf(&c->s.text, " (%.*s)  %.*s", CT_STR_ARG(r->environment), CT_STR_ARG(r->kind));
    c->separator = " for ";
    CT_TRY(ct_control_names(c->s.db, r->id, on_name, c));
    if (ct_control_named(r->kind, &kind) && ct_control_only_noted(kind)) ct_buf_text(&c->s.text, ", noted only");
    if (r->purl.n) ct_buf_text(&c->s.text, " in ");
    ct_print_text(&c->s.text, r->purl);
    ct_buf_text(&c->s.text, "  by ");
    ct_print_text(&c->s.text, r->who);
    ct_buf_text(&c->s.text, " since ");
    ct_print_second(&c->s.text, r->since);
    if (r->until && !r->ended) ct_buf_text(&c->s.text, " until "), ct_print_second(&c->s.text, r->until);
    if (r->ended) ct_buf_text(&c->s.text, ", ended "), ct_print_second(&c->s.text, r->ended);
    ct_buf_text(&c->s.text, "\n      ");
    ct_print_clipped(&c->s.text, r->evidence, 300);
    ct_buf_byte(&c->s.text, '\n');
    return flush(c);
}

struct words {
    struct ct_buf b;
    ct_arena *arena;
};

static ct_err on_process_word(void *ctx, const char *path, const struct ct_json_token *t)
{
    struct words *w = ctx;
    ct_str text;
    if (t->kind != CT_JSON_STRING || strcmp(path, "controls") != 0 || !t->text.n) return CT_OK;
    CT_TRY(ct_json_token_text(w->arena, t, &text));
    if (ct_str_find(ct_buf_view(&w->b), text) != CT_STR_NONE) return CT_OK;
    if (w->b.n) ct_buf_text(&w->b, "; ");
    ct_buf_add(&w->b, text);
    return w->b.err;
}

static ct_err on_seen(void *ctx, const struct ct_seen_control *r)
{
    struct cmd *c = ctx;
    struct words w = {.arena = c->scratch};
    ct_arena_clear(c->scratch);
    ct_buf_init(&w.b, c->scratch, TEXT_MAX);
    if (r->processes.n) {
        ct_err e = ct_json_paths(r->processes, on_process_word, &w);
        if (e == CT_ERR_NOMEM) return e;
    }
    if (w.b.n == 0) ct_buf_add(&w.b, r->reason);
    ct_str what = ct_buf_view(&w.b);
    c->seen++;
    if (c->json) {
        ct_json_begin(&c->j, &c->s.text);
        ct_json_object(&c->j);
        ct_json_kz(&c->j, "seen", "by a scan");
        ct_json_kv(&c->j, "asset", r->asset);
        ct_json_kv(&c->j, "environment", r->environment);
        ct_json_kv(&c->j, "path", r->path);
        ct_json_kv(&c->j, "vulnerability", r->vulnerability);
        ct_json_kv(&c->j, "state", r->state);
        ct_json_kv(&c->j, "controls", what);
        ct_json_time(&c->j, "at", r->at);
        ct_json_object_end(&c->j);
        ct_buf_byte(&c->s.text, '\n');
        return flush(c);
    }
    if (c->seen == 1) ct_buf_text(&c->s.text, c->by_hand ? "\nSeen by scans\n" : "Seen by scans\n");
    struct ct_buf line;
    ct_buf_init(&line, c->scratch, TEXT_MAX);
    ct_buf_text(&line, "  ");
    ct_print_text(&line, r->asset);
    ct_buf_printf(&line, " (%.*s) ", CT_STR_ARG(r->environment));
    ct_print_text(&line, r->path);
    ct_buf_text(&line, ": ");
    ct_print_text(&line, r->vulnerability);
    ct_buf_byte(&line, ' ');
    ct_print_text(&line, r->state);
    ct_buf_text(&line, "; ");
    ct_print_clipped(&line, what, 400);
    ct_buf_text(&line, "; look of ");
    ct_print_time(&line, r->at);
    CT_TRY(line.err);
    ct_flow(&c->s.text, ct_buf_view(&line), c->columns, 6);
    return flush(c);
}

static ct_err list(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    if (s->n_args) CT_TRY(ct_stored_asset(s, s->args[0], &c->asset, fault));
    CT_TRY(ct_arena_new(&ct_alloc_libc, 16u << 20, &c->scratch));
    ct_err e = ct_controls_each(s->db, c->asset.id, c->all, on_row, c);
    if (e == CT_OK) e = ct_controls_seen(s->db, c->asset.id, on_seen, c);
    ct_arena_free(c->scratch);
    CT_TRY(e);
    if (!c->json && c->by_hand + c->seen == 0) ct_buf_text(&c->s.text, "No control is known: whatever is affected is unprotected.\n");
    return CT_OK;
}

int ct_cmd_control(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {{"caltrop control add", "ASSET KIND", 2, 2, add, NULL}, {"caltrop control list", "at most one ASSET", 0, 1, NULL, list},
                                           {"caltrop control end", "ID", 1, 1, end, NULL}};
    struct cmd c = {.columns = ct_terminal_columns(STDOUT_FILENO)};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
