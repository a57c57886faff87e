/* route add SERVICE | list | remove ID | import FILE: which assets a request in a log went to, and who reads what it left. */
#include "cli/stored.h"
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
    char **args;
    size_t n_args;
    struct ct_buf b;
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
    ct_buf_printf(&c->b, "Routes: %llu added, %llu as they were.\n", (unsigned long long)n->added, (unsigned long long)n->same);
    return ct_stored_write(&c->s, &c->b);
}

static ct_err add(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_route_counts n = {0};
    if (c->n_assets == 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "which asset? --asset NAME serves it, --reader NAME reads what it writes");
    for (size_t i = 0; i < c->n_assets; i++) {
        bool is_new;
        const struct ct_route_new r = {.service = ct_str_from(c->args[0]), .log = ct_str_from(c->log ? c->log : ""), .host = ct_str_from(c->host ? c->host : ""),
                                       .asset = ct_str_from(c->assets[i].asset), .role = ct_str_from(c->assets[i].role)};
        CT_TRY(ct_route_add(s->db, s->arena, &r, &s->who, &is_new, fault));
        n.added += is_new;
        n.same += !is_new;
    }
    return say(c, &n);
}

static ct_err drop(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    uint64_t id;
    for (size_t i = 0; i < c->n_args; i++) {
        if (!ct_str_u64(ct_str_from(c->args[i]), &id) || id > INT64_MAX) return ct_fault_set(fault, CT_ERR_USAGE, 0, "'%s' is no number of a route", c->args[i]);
        CT_TRY(ct_route_end(s->db, s->arena, (int64_t)id, &s->who, fault));
    }
    return CT_OK;
}

static ct_err import(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_route_counts n = {0};
    for (size_t i = 0; i < c->n_args; i++) {
        ct_str text;
        struct ct_arena_mark mark = ct_arena_mark(s->arena);
        CT_TRY(ct_stored_read(s, s->arena, c->args[i], &text));
        CT_TRY(ct_routes_import(s->db, text, &s->who, &n, fault));
        ct_arena_reset(s->arena, mark);
    }
    ct_buf_init(&c->b, s->arena, 1u << 20); /* after the reset */
    return say(c, &n);
}

static ct_err on_route(void *ctx, const struct ct_route_row *r)
{
    struct cmd *c = ctx;
    struct ct_json_out j;
    c->b.n = 0;
    c->shown++;
    if (c->json) {
        ct_json_begin(&j, &c->b);
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
        ct_buf_byte(&c->b, '\n');
        return ct_stored_write(&c->s, &c->b);
    }
    ct_buf_printf(&c->b, "%lld  ", (long long)r->id);
    ct_print_text(&c->b, r->service);
    if (r->log.n) ct_buf_text(&c->b, "  log ");
    ct_print_text(&c->b, r->log);
    if (r->host.n) ct_buf_text(&c->b, "  host ");
    ct_print_text(&c->b, r->host);
    ct_buf_printf(&c->b, "  %.*s ", ct_str_eq(r->role, CT_STR("reads")) ? 7 : 9, ct_str_eq(r->role, CT_STR("reads")) ? "read by" : "served by");
    ct_print_text(&c->b, r->asset_name);
    ct_buf_printf(&c->b, " (%.*s, %.*s)\n", CT_STR_ARG(r->environment), CT_STR_ARG(r->exposure));
    return ct_stored_write(&c->s, &c->b);
}

static ct_err list(struct cmd *c)
{
    CT_TRY(ct_routes_each(c->s.db, on_route, c));
    if (c->shown || c->json) return CT_OK;
    ct_buf_text(&c->b, "No route is known: the target of every attempt is unknown, unless its log was imported with --asset.\n");
    return ct_stored_write(&c->s, &c->b);
}

int ct_cmd_route(const struct ct_command *command, int argc, char **argv)
{
    static const struct {
        const char *verb, *name, *arguments;
        ct_stored_work *work;
        size_t least, most;
    } verbs[] = {{"add", "caltrop route add", "SERVICE", add, 1, 1}, {"remove", "caltrop route remove", "ID...", drop, 1, SIZE_MAX},
                 {"import", "caltrop route import", "FILE...", import, 1, SIZE_MAX}, {"list", "caltrop route list", "no arguments", NULL, 0, 0}};
    struct cmd c = {.n_assets = 0};
    int first, status;
    ct_err e = ct_command_parse(command, argc, argv, set_option, &c, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    size_t v = 0;
    while (v < 4 && (first >= argc || strcmp(verbs[v].verb, argv[first]) != 0)) v++;
    if (v == 4) return ct_complain("caltrop route", "is one of add, list, remove, import. Try 'caltrop route --help'."), 2;
    c.args = argv + first + 1;
    c.n_args = (size_t)(argc - first - 1);
    if (c.n_args < verbs[v].least || c.n_args > verbs[v].most) return ct_complain(verbs[v].name, "takes %s", verbs[v].arguments), 2;
    if (!ct_stored_begin(&c.s, verbs[v].name, &status)) return status;
    ct_buf_init(&c.b, c.s.arena, 1u << 20);
    e = verbs[v].work ? ct_stored_change(&c.s, verbs[v].work, &c) : list(&c);
    return ct_stored_end(&c.s, e, 0);
}
