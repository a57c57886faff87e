/* report: the page that a commander hands to the board. */
#include "cli/verbs.h"
#include "cli/when.h"
#include "respond/board.h"

#include <string.h>

enum { TEXT_MAX = 512 << 20, NAMES_MAX = 64 };

struct cmd {
    struct ct_stored s;
    const char *output, *title;
    int64_t fresh_us;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    static const char *const formats[] = {"html", "markdown", "json", "csv"};
    struct cmd *c = ctx;
    if (ct_stored_option(&c->s, id, value)) return NULL;
    switch (id) {
    case CT_OPT_REPORT_OUTPUT:
        c->output = value;
        for (size_t i = 0; i < 4; i++)
            if (strcmp(value, formats[i]) == 0) return NULL;
        return "is not one of html, markdown, json, csv";
    case CT_OPT_TITLE: c->title = value; return NULL;
    case CT_OPT_FRESH: return ct_how_long(value, &c->fresh_us) ? NULL : "is not a length of time like 24h or 7d";
    default: return "is not an option here";
    }
}

int ct_cmd_report(const struct ct_command *command, int argc, char **argv)
{
    struct cmd c = {.output = "html", .title = "Vulnerability response", .fresh_us = 7 * 86400 * (int64_t)1000000};
    struct ct_fault fault = {0};
    struct ct_report *r = NULL;
    ct_str names[NAMES_MAX];
    int first, status;
    ct_err e = ct_command_parse(command, argc, argv, set_option, &c, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (argc - first > NAMES_MAX) return ct_complain("caltrop report", "these are too many vulnerabilities for one report"), 2;
    if (!ct_stored_begin(&c.s, "caltrop report", &status)) return status;
    for (int i = first; i < argc; i++) names[i - first] = ct_str_from(argv[i]);
    e = ct_report_gather(c.s.db, c.s.arena, names, (size_t)(argc - first), c.s.who.now_us, c.fresh_us, ct_str_from(c.title), &r, &fault);
    if (e == CT_ERR_USAGE) ct_complain(c.s.command, "%s", fault.detail);
    if (e != CT_OK) return ct_stored_end(&c.s, e, 0);
    struct ct_buf b;
    ct_buf_init(&b, c.s.arena, TEXT_MAX);
    if (strcmp(c.output, "markdown") == 0) ct_report_markdown(&b, r);
    else if (strcmp(c.output, "json") == 0) ct_report_json(&b, r);
    else if (strcmp(c.output, "csv") == 0) e = ct_report_csv(c.s.db, &b, r);
    else ct_report_html(&b, r);
    if (e == CT_OK) e = ct_stored_write(&c.s, &b);
    return ct_stored_end(&c.s, e, 0);
}
