#include "cli/command.h"
#include "cli/detect.h"

#include "logs/follow.h"
#include "logs/journal.h"
#include "os/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* "2h", "30m", "1d", "90s" before now, or an ISO stamp. */
static bool parse_time(const char *value, int64_t *ret_us)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    ct_str s = ct_str_from(value);
    uint64_t n;
    if (s.n > 1 && s.n < 10 && ct_str_u64(ct_str_slice(s, 0, s.n - 1), &n))
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (s.p[s.n - 1] == (unsigned char)units[i].unit) {
                *ret_us = ct_clock_real_us() - (int64_t)n * units[i].seconds * 1000000;
                return true;
            }
    char full[64];
    int64_t t = ct_time_iso(s);
    if (t == CT_TIME_NONE && s.n == 10) { /* a date alone */
        (void)snprintf(full, sizeof full, "%sT00:00:00Z", value);
        t = ct_time_iso(ct_str_from(full));
    } else if (t == CT_TIME_NONE && s.n >= 16 && s.n < 40 && s.p[s.n - 1] == 'Z') { /* without seconds */
        (void)snprintf(full, sizeof full, "%.*s:00Z", (int)s.n - 1, value);
        t = ct_time_iso(ct_str_from(full));
    } else if (t == CT_TIME_NONE && s.n == 16) {
        (void)snprintf(full, sizeof full, "%s:00", value);
        t = ct_time_iso(ct_str_from(full));
    }
    *ret_us = t;
    return t != CT_TIME_NONE;
}

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
        if (!parse_time(value, id == CT_OPT_SINCE ? &o->scan.since_us : &o->scan.until_us))
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

/* One file from where the state says it was left, its rotated predecessor's tail first. */
static ct_err read_with_state(struct ct_detect *d, ct_state *state, const char *path)
{
    struct ct_position at = {0}, old_at = {0};
    const char *rotated = NULL;
    struct ct_run_report report;
    ct_err e = ct_state_resume(state, path, &at, &rotated, &old_at);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    if (rotated) {
        struct ct_run_from tail = {old_at.offset, old_at.line, false};
        char *name = strdup(rotated); /* the state reuses its own copy */
        if (!name) return CT_ERR_NOMEM;
        e = ct_detect_file(d, name, path, &tail, &report);
        free(name);
        CT_TRY(e);
    }
    struct ct_run_from from = {at.offset, at.line, true};
    CT_TRY(ct_detect_file(d, path, path, &from, &report));
    if (d->out.err || ct_out_flush(&d->out) != CT_OK) return CT_ERR_WRITE; /* a position moves on only past what was delivered */
    FILE *f = fopen(path, "re");
    if (!f) return CT_OK;
    e = ct_position_of(fileno(f), &at);
    (void)fclose(f);
    if (e != CT_OK) return CT_OK;
    at.offset = report.next.offset;
    at.line = report.next.line;
    struct ct_fault fault = {0};
    CT_TRY(ct_state_note(state, path, &at));
    e = ct_state_save(state, &fault);
    if (e != CT_OK) fprintf(stderr, "caltrop: --state %s: %s %s\n", d->opts->state, ct_err_text(e), fault.detail);
    return e;
}

static ct_err read_files(struct ct_detect *d, const struct ct_path_list *list, ct_state *state)
{
    if (!state) return ct_detect_list(d, list);
    ct_detect_list_problems(d, list);
    for (size_t i = 0; i < list->n; i++) CT_TRY(read_with_state(d, state, list->paths[i]));
    return CT_OK;
}

static ct_err read_journal(struct ct_detect *d)
{
    ct_journal *j = NULL;
    struct ct_fault fault = {0};
    struct ct_run_handlers handlers = ct_detect_handlers(d);
    ct_err e = ct_journal_open(&ct_alloc_libc, d->opts->journal_dir, (ct_str){0}, &j, &fault);
    if (e != CT_OK) {
        ct_detect_problem(d, "journal", "%s%s%s", ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
        return CT_OK;
    }
    d->n_sources++;
    uint64_t offset = 0, lines = 0;
    struct ct_journal_entry entry;
    while ((e = ct_journal_next(j, &entry)) == CT_OK) {
        char source[256];
        int n = snprintf(source, sizeof source, "journal:%.*s", CT_STR_ARG(ct_str_slice(entry.unit, 0, 200)));
        struct ct_block block = {{(const unsigned char *)source, (size_t)n}, entry.message, offset, false};
        e = ct_run_chunk(d->runner, &block, lines, NULL, &handlers, &d->tally);
        if (e != CT_OK) break;
        d->tally.lines++;
        lines++;
        offset += entry.message.n + 1;
        if (handlers.between(d, 0, 0)) {
            d->interrupted = true;
            e = CT_ERR_INTERRUPTED;
            break;
        }
    }
    ct_journal_close(j);
    return e == CT_ERR_END ? CT_OK : e;
}

/* Positions saved while following: at most once a second, and at the end. */
static ct_err save_state(struct ct_detect *d, ct_state *state, int64_t *last_ms, bool now)
{
    struct ct_fault fault = {0};
    if (!state || (!now && ct_clock_mono_ms() - *last_ms < 1000)) return CT_OK;
    *last_ms = ct_clock_mono_ms();
    ct_err e = ct_state_save(state, &fault);
    if (e != CT_OK) fprintf(stderr, "caltrop: --state %s: %s %s\n", d->opts->state, ct_err_text(e), fault.detail);
    return e;
}

static ct_err follow(struct ct_detect *d, char **args, size_t n_args, ct_state *state)
{
    ct_follow *f = NULL;
    struct ct_run_handlers handlers = ct_detect_handlers(d);
    struct ct_fault fault = {0};
    int64_t last_save = 0;
    CT_TRY(ct_follow_new(&ct_alloc_libc, &f));
    ct_err e = CT_OK;
    for (size_t i = 0; i < n_args && e == CT_OK; i++) {
        struct ct_position at;
        const char *rotated = NULL;
        struct ct_position old_at;
        bool known = state && ct_state_resume(state, args[i], &at, &rotated, &old_at) == CT_OK;
        if (rotated) {
            struct ct_run_from tail = {old_at.offset, old_at.line, false};
            struct ct_run_report report;
            char *name = strdup(rotated);
            if (name) e = ct_detect_file(d, name, args[i], &tail, &report);
            free(name);
        }
        if (e == CT_OK) e = ct_follow_add(f, args[i], known ? &at : NULL);
    }
    d->n_sources = n_args;
    while (e == CT_OK && !ct_interrupted()) {
        struct ct_follow_chunk chunk;
        e = ct_follow_next(f, 500, &chunk, &fault);
        int64_t now = ct_clock_mono_ms() * 1000;
        if (d->herald) {
            ct_err told = ct_herald_tick(d->herald, now, false);
            if (told != CT_OK) e = told;
        }
        if (e == CT_ERR_AGAIN) {
            e = save_state(d, state, &last_save, false);
            continue;
        }
        if (e == CT_ERR_INTERRUPTED) continue;
        if (e != CT_OK) break;
        if (chunk.notice && !d->opts->quiet) fprintf(stderr, "caltrop: %s: %s\n", chunk.path, chunk.notice);
        if (chunk.n) {
            struct ct_block block = {ct_str_from(chunk.path), {chunk.p, chunk.n}, chunk.offset, false};
            e = ct_run_chunk(d->runner, &block, chunk.line, NULL, &handlers, &d->tally);
        }
        if (e == CT_OK) e = ct_out_flush(&d->out);
        if (e == CT_OK && state) e = ct_state_note(state, chunk.path, &chunk.after);
        if (e == CT_OK) e = save_state(d, state, &last_save, false);
    }
    if (e == CT_ERR_INTERRUPTED || (e == CT_OK && ct_interrupted())) e = CT_OK;
    if (e == CT_OK) e = save_state(d, state, &last_save, true);
    ct_follow_free(f);
    d->interrupted = false; /* Ctrl-C is how following ends */
    return e;
}

static ct_err run(struct ct_detect *d, char **args, size_t n_args)
{
    const struct ct_detect_opts *o = d->opts;
    ct_state *state = NULL;
    struct ct_fault fault = {0};
    struct ct_path_list list = {0};
    if (o->state) {
        ct_err e = ct_state_open(&ct_alloc_libc, o->state, &state, &fault);
        if (e != CT_OK) {
            fprintf(stderr, "caltrop: --state %s: %s%s%s\n", o->state, ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
            return CT_ERR_WRITE;
        }
    }
    ct_err e = CT_OK;
    if (o->journal) e = read_journal(d);
    if (e == CT_OK && o->follow && n_args) {
        e = follow(d, args, n_args, state);
    } else if (e == CT_OK) {
        bool piped = n_args == 0 && !o->journal && !isatty(STDIN_FILENO);
        const char *const dash[] = {"-"};
        if (n_args) e = ct_paths_expand(&ct_alloc_libc, (const char *const *)args, n_args, &list);
        else if (piped) e = ct_paths_expand(&ct_alloc_libc, dash, 1, &list);
        else if (!o->journal) e = ct_detect_known(&list);
        if (e == CT_OK && !n_args && !piped && !o->journal && list.n == 0)
            fprintf(stderr, "caltrop: this host has no web, mail or application log in a place known to caltrop: name one\n");
        if (e == CT_OK) e = read_files(d, &list, state);
        ct_paths_free(&ct_alloc_libc, &list);
    }
    ct_state_close(state);
    return e;
}

int ct_cmd_detect(const struct ct_command *c, int argc, char **argv)
{
    struct ct_detect_opts opts = {
        .scan = {.format = CT_FORMAT_AUTO, .min_grade = CT_GRADE_LEAK, .since_us = CT_TIME_NONE, .until_us = CT_TIME_NONE, .masked = true},
        .jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
    };
    int first;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &opts, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (opts.follow && first == argc) {
        fprintf(stderr, "caltrop detect: --follow needs the files to follow\n");
        return 2;
    }
    time_t now = (time_t)(ct_clock_real_us() / 1000000);
    struct tm utc;
    opts.scan.year = gmtime_r(&now, &utc) ? utc.tm_year + 1900 : 1970;
    opts.scan.trusted = opts.trusted;
    ct_interrupt_catch();
    struct ct_detect *d = malloc(sizeof *d);
    if (!d) return 4;
    e = ct_detect_begin(d, &opts);
    int status;
    if (e == CT_OK) {
        e = run(d, argv + first, (size_t)(argc - first));
        status = ct_detect_end(d, e);
    } else {
        status = e == CT_ERR_USAGE || e == CT_ERR_NOT_FOUND || e == CT_ERR_PERMISSION ? 2 : 4;
        if (e == CT_ERR_NOMEM) fprintf(stderr, "caltrop: %s\n", ct_err_text(e));
    }
    ct_detect_release(d);
    free(d);
    return status;
}
