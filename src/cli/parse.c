#include "cli/command.h"
#include "cli/out.h"

#include <getopt.h>
#include <string.h>

enum { OPTIONS_MAX = 40 };

/* Builds getopt's tables from ours. */
static void tables(const struct ct_command *c, struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* a missing argument is told apart from an unknown option */
    for (size_t i = 0; i < c->n_options; i++) {
        const struct ct_option *o = ct_option_get(c->options[i]);
        longs[i] = (struct option){o->name, o->arg ? required_argument : no_argument, NULL, (int)o->id};
        if (!o->letter) continue;
        *shorts++ = o->letter;
        if (o->arg) *shorts++ = ':';
    }
    longs[c->n_options] = (struct option){0};
    *shorts = 0;
}

static const struct ct_option *by_letter(const struct ct_command *c, int letter)
{
    for (size_t i = 0; i < c->n_options; i++) {
        const struct ct_option *o = ct_option_get(c->options[i]);
        if (letter == (int)o->id || (o->letter && letter == o->letter)) return o;
    }
    return NULL;
}

static ct_err complain(const struct ct_command *c, const char *name, const char *why)
{
    char who[64];
    (void)snprintf(who, sizeof who, "caltrop %s", c->name);
    ct_complain(who, "%s %s. Try 'caltrop %s --help'.", name, why, c->name);
    return CT_ERR_USAGE;
}

/* getopt stopped at a word it does not like. */
static ct_err wrong(const struct ct_command *c, int got, const char *word)
{
    const struct ct_option *o = by_letter(c, optopt);
    char name[64];
    if (strncmp(word, "--", 2) == 0 && !o) return complain(c, word, "is no option, or stands for several");
    if (o) (void)snprintf(name, sizeof name, "--%s", o->name);
    else (void)snprintf(name, sizeof name, "-%c", optopt);
    if (!o) return complain(c, name, "is no option");
    if (got != ':') return complain(c, name, "takes no value");
    char needs[64];
    (void)snprintf(needs, sizeof needs, "needs a value: %s", o->arg);
    return complain(c, name, needs);
}

/* The form of output that an option asks for, by the word that --output has for it; null: it asks for none. */
static const char *output_of(const struct ct_option *o, const char *value)
{
    switch (o->id) {
    case CT_OPT_JSON: return "ecs";
    case CT_OPT_JSON_LINES: return "jsonl";
    case CT_OPT_OUTPUT:
    case CT_OPT_LIST_OUTPUT:
    case CT_OPT_TIMELINE_OUTPUT:
    case CT_OPT_REPORT_OUTPUT: return value;
    default: return NULL;
    }
}

ct_err ct_command_parse(const struct ct_command *c, int argc, char **argv, ct_option_set_fn *set, void *ctx, int *ret_first)
{
    struct option longs[OPTIONS_MAX + 1];
    const char *output = NULL;
    char shorts[2 * OPTIONS_MAX + 2], who[64], output_option[96], clash[160];
    tables(c, longs, shorts);
    optind = 0; /* getopt starts afresh: several commands may be parsed in one process */
    opterr = 0;
    for (;;) {
        int got = getopt_long(argc, argv, shorts, longs, NULL);
        if (got == -1) break;
        if (got == ':' || got == '?') return wrong(c, got, argv[optind - 1]);
        const struct ct_option *o = by_letter(c, got);
        if (!o) return CT_ERR_USAGE;
        if (o->id == CT_OPT_HELP) {
            ct_help_command(c, stdout);
            return CT_ERR_END;
        }
        const char *why = set(ctx, o->id, optarg), *form = output_of(o, optarg);
        /* One form of output: a second one would silently win over the first. */
        if (!why && form && output && strcmp(form, output) != 0) {
            (void)snprintf(clash, sizeof clash, "asks for another output than %s before it", output_option);
            why = clash;
        }
        if (form) {
            output = form;
            (void)snprintf(output_option, sizeof output_option, optarg ? "--%s '%s'" : "--%s", o->name, optarg);
        }
        if (why) {
            (void)snprintf(who, sizeof who, "caltrop %s", c->name);
            if (optarg) ct_complain(who, "--%s '%s' %s", o->name, optarg, why);
            else ct_complain(who, "--%s %s", o->name, why);
            return CT_ERR_USAGE;
        }
    }
    *ret_first = optind;
    return CT_OK;
}
