/* attempts | attempts import FILE... | attempts --against-assets: what was tried, and where it would have fired. */
#include "cli/attempts_view.h"
#include "cli/when.h"
#include "respond/attempts_import.h"

#include <string.h>
#include <unistd.h>

struct cmd {
    struct ct_stored s;
    struct ct_attempts_view view;
    const char *asset, *since, *until;
    bool against;
    char **args;
    size_t n_args;
    uint64_t unread;
    struct ct_asset whose;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_AGAINST: c->against = true; return NULL;
    case CT_OPT_ASSET: c->asset = value; return NULL;
    case CT_OPT_SINCE_WHEN: c->since = value; return NULL;
    case CT_OPT_UNTIL_WHEN: c->until = value; return NULL;
    case CT_OPT_FRESH: return ct_how_long(value, &c->view.fresh_us) ? NULL : "is not a length of time like 24h or 7d";
    case CT_OPT_JSON_LINES: c->view.json = true; return NULL;
    case CT_OPT_VERBOSE: c->view.verbose = true; return NULL;
    default: return "is not an option here";
    }
}

static ct_err take(struct cmd *c, struct ct_attempts_import *in)
{
    for (size_t i = 0; i < c->n_args; i++) {
        uint64_t before = in->unread;
        ct_str text;
        struct ct_arena_mark mark = ct_arena_mark(c->s.arena);
        CT_TRY(ct_stored_read(&c->s, c->s.arena, c->args[i], &text));
        in->unread = in->first_unread = 0;
        CT_TRY(ct_attempts_add(in, text));
        if (in->unread)
            ct_complain(c->s.command, "%s: %llu of its lines are no events, the first is line %llu: 'caltrop detect --json' writes them", c->args[i], (unsigned long long)in->unread,
                        (unsigned long long)in->first_unread);
        in->unread += before;
        ct_arena_reset(c->s.arena, mark);
    }
    return ct_attempts_done(in);
}

static ct_err import(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_attempts_import in;
    struct ct_buf b;
    if (c->asset) CT_TRY(ct_stored_asset(s, c->asset, &c->whose, fault));
    ct_err e = ct_attempts_begin(&in, s->db, &s->who, c->asset ? &c->whose : NULL);
    if (e == CT_OK) e = take(c, &in);
    ct_attempts_free(&in);
    CT_TRY(e);
    c->unread = in.unread;
    ct_buf_init(&b, s->arena, 65536);
    ct_buf_printf(&b, "Attempts: %llu taken, %llu taken before, %llu lines about something else", (unsigned long long)in.taken, (unsigned long long)in.again,
                  (unsigned long long)in.other);
    if (in.unread) ct_buf_printf(&b, ", %llu not read", (unsigned long long)in.unread);
    ct_buf_text(&b, ".\n");
    return ct_stored_write(s, &b);
}

static ct_err show(struct cmd *c, int *ret_status)
{
    struct ct_fault fault = {0};
    if (c->asset) {
        ct_err e = ct_stored_asset(&c->s, c->asset, &c->whose, &fault);
        if (e == CT_ERR_USAGE) ct_complain(c->s.command, "%s", fault.detail);
        CT_TRY(e);
        c->view.asset = c->whose.id;
    }
    return c->against ? ct_attempts_against(&c->s, &c->view, ret_status) : ct_attempts_list(&c->s, &c->view, ret_status);
}

int ct_cmd_attempts(const struct ct_command *command, int argc, char **argv)
{
    struct cmd c = {.view = {.fresh_us = CT_ATTEMPTS_FRESH_US, .filter = {.since = INT64_MIN, .until = INT64_MAX}}};
    int first, status, found = 0;
    ct_err e = ct_command_parse(command, argc, argv, set_option, &c, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    bool taking = first < argc && strcmp(argv[first], "import") == 0;
    c.args = argv + first + 1;
    c.n_args = taking ? (size_t)(argc - first - 1) : 0;
    if (!taking && first < argc) return ct_complain("caltrop attempts", "'%s' is unknown: it is import FILE..., or nothing", argv[first]), 2;
    if (taking && c.n_args == 0) return ct_complain("caltrop attempts import", "takes FILE..., as 'caltrop detect --json' writes it; - for standard input"), 2;
    if (taking && (c.against || c.since || c.until)) return ct_complain("caltrop attempts import", "takes what is in the file: --against-assets, --since and --until are for showing it"), 2;
    if (!taking && !c.against && c.asset) return ct_complain("caltrop attempts", "--asset goes with import or --against-assets"), 2;
    if (!ct_stored_begin(&c.s, taking ? "caltrop attempts import" : "caltrop attempts", &status)) return status;
    if ((c.since && !ct_when(c.since, c.s.who.now_us, &c.view.filter.since)) || (c.until && !ct_when(c.until, c.s.who.now_us, &c.view.filter.until))) {
        ct_complain(c.s.command, "--since and --until take a time like 2021-12-10T14:00Z, or 2h ago as 2h");
        return ct_stored_end(&c.s, CT_ERR_USAGE, 0);
    }
    c.view.columns = ct_terminal_columns(STDOUT_FILENO);
    e = taking ? ct_stored_change(&c.s, import, &c) : show(&c, &found);
    return ct_stored_end(&c.s, e, taking ? (c.unread ? 3 : 0) : found);
}
