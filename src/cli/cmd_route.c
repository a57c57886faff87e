/* route add SERVICE | list | remove ID | import FILE: which assets a request in a log went to, and who reads what it left. */
#include "cli/verbs.h"
#include "event/fields.h"
#include "respond/route.h"
#include "text/printable.h"

#include <string.h>

enum { ASSETS_MAX = 64 };

struct cmd {
    struct ct_stored s;
    const char *log, *host;
    struct {
        const char *asset, *role;
    } assets[ASSETS_MAX];
    size_t n_assets;
    bool json;
    uint64_t shown;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_LOG: c->log = value; return NULL;
    case CT_OPT_HOST: c->host = value; return NULL;
    case CT_OPT_ASSET:
    case CT_OPT_READER:
        if (c->n_assets == ASSETS_MAX) return "is one too many";
        c->assets[c->n_assets].asset = value;
        c->assets[c->n_assets++].role = id == CT_OPT_READER ? "reads" : "serves";
        return NULL;
    case CT_OPT_JSON_LINES: c->json = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_err say(struct cmd *c, const struct ct_route_counts *n)
{
    ct_buf_printf(&c->s.text, "Routes: %llu added, %llu as they were.\n", (unsigned long long)n->added, (unsigned long long)n->same);
    return CT_OK;
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_route_counts n = {0};
    if (c->n_assets == 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "which asset? --asset NAME serves it, --reader NAME reads what it writes");
    for (size_t i = 0; i < c->n_assets; i++) {
        bool is_new;
        const struct ct_route_new r = {.service = ct_str_from(s->args[0]), .log = ct_str_from(c->log ? c->log : ""), .host = ct_str_from(c->host ? c->host : ""),
                                       .asset = ct_str_from(c->assets[i].asset), .role = ct_str_from(c->assets[i].role)};
        CT_TRY(ct_route_add(s->db, s->arena, &r, &s->who, &is_new, fault));
        n.added += is_new;
        n.same += !is_new;
    }
    return say(c, &n);
}

static ct_err drop(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    uint64_t id;
    (void)ctx;
    for (size_t i = 0; i < s->n_args; i++) {
        if (!ct_str_u64(ct_str_from(s->args[i]), &id) || id > INT64_MAX)
            return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%s' is no number of a route: 'caltrop route list' shows them", s->args[i]);
        CT_TRY(ct_route_end(s->db, s->arena, (int64_t)id, &s->who, fault));
    }
    ct_buf_printf(&s->text, "Routes: %zu removed.\n", s->n_args);
    return CT_OK;
}

static ct_err import(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_route_counts n = {0};
    for (size_t i = 0; i < s->n_args; i++) {
        ct_str text;
        struct ct_arena_mark mark = ct_arena_mark(s->arena);
        CT_TRY(ct_stored_read(s, s->arena, s->args[i], &text));
        CT_TRY(ct_routes_import(s->db, text, &s->who, &n, fault));
        ct_arena_reset(s->arena, mark);
    }
    return say(c, &n);
}

static ct_err flush(struct cmd *c)
{
    ct_err e = ct_stored_write(&c->s, &c->s.text);
    c->s.text.n = 0;
    return e;
}

static ct_err on_route(void *ctx, const struct ct_route_row *r)
{
    struct cmd *c = ctx;
    struct ct_json_out j;
    c->shown++;
    if (c->json) {
        ct_json_begin(&j, &c->s.text);
        ct_json_object(&j);
        ct_json_ku(&j, "id", (uint64_t)r->id);
        ct_json_kv(&j, "service", r->service);
        ct_json_some(&j, "log", r->log);
        ct_json_some(&j, "host", r->host);
        ct_json_kv(&j, "asset", r->asset_name);
        ct_json_kv(&j, "environment", r->environment);
        ct_json_kv(&j, "role", r->role);
        ct_json_time(&j, "added", r->added);
        ct_json_object_end(&j);
        ct_buf_byte(&c->s.text, '\n');
        return flush(c);
    }
    ct_buf_printf(&c->s.text, "%lld  ", (long long)r->id);
    ct_print_text(&c->s.text, r->service);
    if (r->log.n) ct_buf_text(&c->s.text, "  log ");
    ct_print_text(&c->s.text, r->log);
    if (r->host.n) ct_buf_text(&c->s.text, "  host ");
    ct_print_text(&c->s.text, r->host);
    ct_buf_printf(&c->s.text, "  %.*s ", ct_str_eq(r->role, CT_STR("reads")) ? 7 : 9, ct_str_eq(r->role, CT_STR("reads")) ? "read by" : "served by");
    ct_print_text(&c->s.text, r->asset_name);
    ct_buf_printf(&c->s.text, " (%.*s, %.*s)\n", CT_STR_ARG(r->environment), CT_STR_ARG(r->exposure));
    return flush(c);
}

static ct_err list(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    (void)fault;
    CT_TRY(ct_routes_each(s->db, on_route, c));
    if (!c->shown && !c->json) ct_buf_text(&s->text, "No route is known: the target of every attempt is unknown, unless its log was imported with --asset.\n");
    return CT_OK;
}

int ct_cmd_route(const struct ct_command *command, int argc, char **argv)
{
    static const struct ct_verb verbs[] = {{"caltrop route add", "SERVICE", 1, 1, add, NULL}, {"caltrop route list", "", 0, 0, NULL, list},
                                           {"caltrop route remove", "ID...", 1, SIZE_MAX, drop, NULL}, {"caltrop route import", "FILE...", 1, SIZE_MAX, import, NULL}};
    struct cmd c = {.n_assets = 0};
    return ct_verbs_run(command, verbs, sizeof verbs / sizeof *verbs, argc, argv, set_option, &c, &c.s);
}
