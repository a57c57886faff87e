#include "cli/command.h"
#include "cli/detect.h"
#include "cli/when.h"

#include "os/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *set_output(struct ct_detect_opts *o, const char *value)
{
    static const char *const names[] = {[CT_OUTPUT_TABLE] = "table", [CT_OUTPUT_ECS] = "ecs", [CT_OUTPUT_CSV] = "csv", [CT_OUTPUT_SARIF] = "sarif"};
    for (int i = 0; i <= CT_OUTPUT_SARIF; i++)
        if (strcmp(value, names[i]) == 0) {
            o->output = (enum ct_output)i;
            return NULL;
        }
    return "is not one of table, ecs, csv, sarif";
}

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct ct_detect_opts *o = ctx;
    uint64_t n;
    switch (id) {
    case CT_OPT_FOLLOW: o->follow = true; break;
    case CT_OPT_STATE: o->state = value; break;
    case CT_OPT_JOURNAL: o->journal = true; break;
    case CT_OPT_JOURNAL_DIR: o->journal = true, o->journal_dir = value; break;
    case CT_OPT_LOG_FORMAT:
        o->scan.format = CT_FORMAT_AUTO;
        if (strcmp(value, "auto") == 0) break;
        if (!ct_format_by_name(ct_str_from(value), &o->scan.format)) return "is not a log format: see 'caltrop detect --help'";
        break;
    case CT_OPT_PROFILE:
        o->scan.judge.only = ct_profile_find(ct_str_from(value));
        if (!o->scan.judge.only) return "is not a log4j-core release with lookups, like 2.14.1";
        break;
    case CT_OPT_DECODE:
        if (strcmp(value, "auto") != 0 && strcmp(value, "none") != 0) return "is not one of auto, none";
        o->scan.judge.no_decode = strcmp(value, "none") == 0;
        break;
    case CT_OPT_MIN_GRADE:
        if (!ct_grade_parse(ct_str_from(value), &o->scan.min_grade) || o->scan.min_grade == CT_GRADE_NONE)
            return "is not one of rule, leak, dos, attempt, reach, exploit";
        break;
    case CT_OPT_SINCE:
    case CT_OPT_UNTIL:
        if (!ct_when(value, ct_clock_real_us(), id == CT_OPT_SINCE ? &o->scan.since_us : &o->scan.until_us))
            return "is not a time like 2021-12-10T14:00Z, 2021-12-10, 2h or 30m";
        break;
    case CT_OPT_TRUSTED_PROXY:
        if (o->scan.n_trusted == CT_CIDRS_MAX) return "is one too many";
        if (!ct_cidr_parse(ct_str_from(value), &o->trusted[o->scan.n_trusted])) return "is not an address or a range like 10.0.0.0/8";
        o->scan.n_trusted++;
        break;
    case CT_OPT_INDICATORS: o->indicators = value; break;
    case CT_OPT_CALLBACKS: o->callbacks = value; break;
    case CT_OPT_OWN_SCANNERS: o->own_scanners = value; break;
    case CT_OPT_JSON: o->output = CT_OUTPUT_ECS; break;
    case CT_OPT_OUTPUT: return set_output(o, value);
    case CT_OPT_NO_HEADER: o->no_header = true; break;
    case CT_OPT_UNMASKED: o->scan.masked = false; break;
    case CT_OPT_TO:
        if (o->n_outlets == CT_OUTLETS_MAX) return "is one too many";
        o->outlets[o->n_outlets++] = value;
        break;
    case CT_OPT_DATA_DIR: o->data_dir = value; break;
    case CT_OPT_CA_FILE: o->ca_file = value; break;
    case CT_OPT_TOKEN_FILE: o->token_file = value; break;
    case CT_OPT_JOBS:
        if (!ct_str_u64(ct_str_from(value), &n) || n < 1 || n > 64) return "is not a number of threads from 1 to 64";
        o->jobs = (unsigned)n;
        break;
    case CT_OPT_VERBOSE: o->verbose = true; break;
    case CT_OPT_QUIET: o->quiet = true; break;
    default: return "is not an option here";
    }
    return NULL;
}

/* A pipe, a socket or a file on standard input is meant to be read; a terminal or /dev/null is not. */
static bool is_piped(void)
{
    struct stat st;
    return fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISREG(st.st_mode));
}

static ct_err read_once(struct ct_detect *d, const char *const *args, size_t n_args, const struct ct_journal_reader *journal)
{
    static const char *const dash[] = {"-"};
    struct ct_path_list list = {0};
    bool unasked = n_args == 0 && !journal, piped = unasked && is_piped();
    ct_err e = CT_OK;
    if (n_args || piped) e = ct_paths_expand(&ct_alloc_libc, piped ? dash : args, piped ? 1 : n_args, &list);
    else if (unasked) e = ct_detect_known(&list);
    if (e == CT_OK && unasked && list.n == 0)
        ct_complain("caltrop", "this host has no web, mail or application log in a place known to caltrop: name one");
    if (e == CT_OK) e = ct_detect_list(d, &list);
    if (e == CT_OK && piped && d->tally.bytes == 0)
        ct_complain("caltrop", "standard input was empty: name files to read logs, or give it no pipe to read this host's logs");
    ct_paths_free(&ct_alloc_libc, &list);
    return e;
}

static ct_err run(struct ct_detect *d, const char *const *args, size_t n_args)
{
    const struct ct_detect_opts *o = d->opts;
    struct ct_journal_reader *journal = NULL;
    ct_err e = o->journal ? ct_detect_journal_open(d, &journal) : CT_OK;
    if (e == CT_OK && o->follow) {
        e = ct_detect_follow(d, args, n_args, journal);
    } else if (e == CT_OK) {
        if (journal) e = ct_detect_journal_read(journal);
        if (e == CT_OK && (n_args || !o->journal)) e = read_once(d, args, n_args, journal);
    }
    ct_detect_journal_close(journal);
    return e;
}

/* Options that make no sense together. Null, or what to say. */
static const char *check(const struct ct_detect_opts *o, size_t n_args, char **args)
{
    if (o->follow && n_args == 0 && !o->journal) return "--follow needs the files to follow, or --journal";
    for (size_t i = 0; o->follow && i < n_args; i++)
        if (strcmp(args[i], "-") == 0) return "--follow does not take '-': standard input is read as it comes without it";
    if (o->state && !*o->state) return "--state '' names no file";
    if (o->follow && o->output == CT_OUTPUT_SARIF) return "--follow does not go with sarif, a document with an end: use --json";
    bool both = o->scan.since_us != CT_TIME_NONE && o->scan.until_us != CT_TIME_NONE;
    if (both && o->scan.since_us >= o->scan.until_us) return "--since is not before --until: nothing would be left";
    return NULL;
}

int ct_cmd_detect(const struct ct_command *c, int argc, char **argv)
{
    struct ct_detect_opts opts = {
        .scan = {.format = CT_FORMAT_AUTO, .min_grade = CT_GRADE_LEAK, .since_us = CT_TIME_NONE, .until_us = CT_TIME_NONE, .masked = true},
        .jobs = ct_detect_jobs(),
    };
    int first;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &opts, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    const char *wrong = check(&opts, (size_t)(argc - first), argv + first);
    if (wrong) {
        ct_complain("caltrop detect", "%s", wrong);
        return 2;
    }
    /* Following is watching: only where outlets tell of campaigns is a line for each attempt too much. */
    if (opts.follow && opts.output == CT_OUTPUT_TABLE && !opts.quiet && !opts.n_outlets) opts.verbose = true;
    ct_detect_set_now(&opts.scan);
    opts.scan.trusted = opts.trusted;
    opts.scan.no_ids = opts.output == CT_OUTPUT_TABLE && !opts.n_outlets; /* people's output shows none */
    ct_interrupt_catch();
    struct ct_detect *d = malloc(sizeof *d);
    if (!d) return 4;
    e = ct_detect_begin(d, &opts);
    int status;
    if (e == CT_OK) {
        e = run(d, (const char *const *)(argv + first), (size_t)(argc - first));
        status = ct_detect_end(d, e);
    } else {
        status = e == CT_ERR_INTERRUPTED ? 130 : e == CT_ERR_USAGE || e == CT_ERR_NOT_FOUND || e == CT_ERR_PERMISSION ? 2 : 4;
        if (e == CT_ERR_NOMEM) ct_complain("caltrop", "%s", ct_err_text(e));
    }
    ct_detect_release(d);
    free(d);
    return status;
}
