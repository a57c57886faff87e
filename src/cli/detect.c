#include "cli/detect.h"

#include "base/limits.h"
#include "os/clock.h"
#include "text/printable.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

bool ct_interrupted(void) { return interrupted; }

void ct_interrupt_catch(void)
{
    struct sigaction a = {.sa_handler = on_signal}; /* no SA_RESTART: a read that waits returns */
    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error */
}

static void add_problem(struct ct_detect *d, ct_str line)
{
    ct_str kept;
    if (d->n_problems < CT_PROBLEMS_MAX && ct_arena_dup(d->kept, line, &kept) == CT_OK) d->problems[d->n_problems++] = kept;
    else d->more_problems++;
}

static void note(struct ct_detect *d, const char *name, const char *text)
{
    struct ct_arena_mark mark = ct_arena_mark(d->scratch);
    struct ct_buf b;
    ct_buf_init(&b, d->scratch, 8192);
    ct_print_text(&b, ct_str_from(name));
    ct_buf_text(&b, ": ");
    ct_print_text(&b, ct_str_from(text));
    if (b.err == CT_OK) {
        add_problem(d, ct_buf_view(&b));
        if (!d->opts->quiet) fprintf(stderr, "caltrop: %.*s\n", CT_STR_ARG(ct_buf_view(&b)));
    }
    ct_arena_reset(d->scratch, mark);
}

void ct_detect_problem(struct ct_detect *d, const char *name, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    d->incomplete = true;
    note(d, name, text);
}

void ct_detect_left_out(struct ct_detect *d, const char *name, const char *why) { note(d, name, why); }

/* The whole of a one-line secret file, or null with a message. */
static char *read_token(const char *path)
{
    static char token[4096];
    FILE *f = fopen(path, "re");
    if (!f || !fgets(token, sizeof token, f)) {
        fprintf(stderr, "caltrop: %s: %s\n", path, f ? "is empty" : strerror(errno));
        if (f) (void)fclose(f);
        return NULL;
    }
    (void)fclose(f);
    token[strcspn(token, "\r\n")] = 0;
    return token;
}

static ct_err send_event(void *ctx, const unsigned char id[16], ct_str event)
{
    struct ct_detect *d = ctx;
    for (size_t i = 0; i < d->n_outlets; i++) CT_TRY(ct_outlet_offer(d->outlets[i], id, event));
    return CT_OK;
}

static ct_err open_outlets(struct ct_detect *d)
{
    const struct ct_detect_opts *o = d->opts;
    char spool[4096];
    const char *dir = o->data_dir ? o->data_dir : getenv("CALTROP_DATA_DIR");
    if (!o->n_outlets) return CT_OK;
    if (!dir) dir = geteuid() == 0 ? "/var/lib/caltrop" : ".caltrop";
    (void)snprintf(spool, sizeof spool, "%s/spool", dir);
    struct ct_outlet_opts opts = {.spool_dir = spool, .ca_file = o->ca_file};
    if (o->token_file && !(opts.token = read_token(o->token_file))) return CT_ERR_USAGE;
    for (size_t i = 0; i < o->n_outlets; i++) {
        struct ct_fault fault = {0};
        ct_err e = ct_outlet_open(&ct_alloc_libc, o->outlets[i], &opts, &d->outlets[d->n_outlets], &fault);
        if (e != CT_OK) {
            fprintf(stderr, "caltrop: --to %s: %s%s%s\n", o->outlets[i], ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
            return e == CT_ERR_USAGE ? e : CT_ERR_WRITE;
        }
        d->n_outlets++;
    }
    return ct_herald_new(&ct_alloc_libc, 1024, send_event, d, &d->herald);
}

static ct_err read_callbacks(struct ct_detect *d)
{
    ct_source *s = NULL;
    struct ct_fault fault = {0};
    const char *path = d->opts->callbacks;
    if (!path) return CT_OK;
    CT_TRY(ct_contacts_new(&ct_alloc_libc, &d->contacts));
    ct_err e = ct_source_open(&ct_alloc_libc, path, &s, &fault);
    unsigned char *buffer = e == CT_OK ? malloc(CT_BLOCK) : NULL;
    size_t have = 0;
    while (e == CT_OK && buffer) {
        size_t got = 0;
        e = ct_source_read(s, buffer + have, CT_BLOCK - have, &got, &fault);
        have += got;
        /* A word may be cut by the block's end: what follows the last line end waits for the next read. */
        const unsigned char *nl = have ? memrchr(buffer, '\n', have) : NULL;
        size_t whole = e == CT_ERR_END || have == CT_BLOCK ? have : nl ? (size_t)(nl - buffer) + 1 : 0;
        if (nl && e == CT_OK) whole = (size_t)(nl - buffer) + 1;
        ct_err added = ct_contacts_add(d->contacts, (ct_str){buffer, whole});
        if (added != CT_OK) e = added;
        memmove(buffer, buffer + whole, have - whole);
        have -= whole;
    }
    free(buffer);
    ct_source_close(s);
    if (e != CT_ERR_END) {
        fprintf(stderr, "caltrop: --callbacks %s: %s%s%s\n", path, ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
        return e == CT_OK ? CT_ERR_NOMEM : e;
    }
    if (ct_contacts_full(d->contacts))
        ct_detect_problem(d, path, "holds more hosts than can be kept: a callback not marked as contacted proves nothing");
    return CT_OK;
}

ct_err ct_detect_begin(struct ct_detect *d, const struct ct_detect_opts *opts)
{
    *d = (struct ct_detect){.opts = opts, .first_us = CT_TIME_NONE, .last_us = CT_TIME_NONE};
    ct_out_init(&d->out, STDOUT_FILENO);
    d->started_us = (uint64_t)ct_clock_mono_ms() * 1000;
    d->progress = !opts->quiet && !opts->follow && isatty(STDERR_FILENO);
    CT_TRY(ct_arena_new(&ct_alloc_libc, 4u << 20, &d->scratch));
    CT_TRY(ct_arena_new(&ct_alloc_libc, 2u << 20, &d->kept));
    CT_TRY(ct_runner_new(&ct_alloc_libc, &opts->scan, opts->jobs, &d->runner));
    CT_TRY(ct_campaigns_new(&ct_alloc_libc, 10000, &d->campaigns));
    if (opts->indicators) CT_TRY(ct_indicators_new(&d->indicators));
    if (opts->own_scanners) {
        struct ct_fault fault = {0};
        CT_TRY(ct_indicators_new(&d->own));
        ct_err e = ct_indicators_read(d->own, opts->own_scanners, &fault);
        if (e != CT_OK) {
            fprintf(stderr, "caltrop: --own-scanners %s: %s\n", opts->own_scanners, fault.detail);
            return e;
        }
    }
    CT_TRY(read_callbacks(d));
    CT_TRY(open_outlets(d));
    struct ct_buf head;
    ct_buf_init(&head, d->scratch, 65536);
    if (opts->output == CT_OUTPUT_CSV && !opts->no_header) ct_attempt_csv_header(&head);
    if (opts->output == CT_OUTPUT_SARIF) ct_attempt_sarif_begin(&head);
    return head.n ? ct_out_write(&d->out, ct_buf_view(&head)) : CT_OK;
}

static ct_err print_attempt(struct ct_detect *d, const struct ct_attempt *a)
{
    struct ct_buf b;
    ct_arena_clear(d->scratch);
    ct_buf_init(&b, d->scratch, 1u << 20);
    switch (d->opts->output) {
    case CT_OUTPUT_ECS: ct_attempt_ecs(&b, a); break;
    case CT_OUTPUT_CSV: ct_attempt_csv(&b, a); break;
    case CT_OUTPUT_SARIF: ct_attempt_sarif(&b, a, d->found == 1); break;
    case CT_OUTPUT_TABLE:
        if (!d->opts->verbose) return CT_OK;
        ct_attempt_text(&b, a, isatty(STDOUT_FILENO) ? ct_terminal_columns(STDOUT_FILENO) : 0, ct_terminal_colour(STDOUT_FILENO));
        if (b.n == 0 || b.p[b.n - 1] != '\n') ct_buf_byte(&b, '\n');
        break;
    }
    if (b.err) return b.err;
    CT_TRY(ct_out_write(&d->out, ct_buf_view(&b)));
    return d->opts->follow ? ct_out_flush(&d->out) : CT_OK;
}

static unsigned status_class(ct_str status)
{
    return status.n == 3 && status.p[0] >= '1' && status.p[0] <= '5' ? (unsigned)(status.p[0] - '0') : 0;
}

static ct_err on_finding(void *ctx, const struct ct_finding *f)
{
    struct ct_detect *d = ctx;
    struct ct_attempt a = f->attempt;
    bool new_campaign = false;
    for (size_t i = 0; i < a.n_indicators; i++) {
        const struct ct_attempt_indicator *k = &a.indicators[i];
        if (d->contacts && ct_contacts_has(d->contacts, k->host)) a.contacted = true;
        if (ct_indicators_cover(d->own, k->host)) a.scanner = CT_STR("own scanner");
        if (d->indicators) CT_TRY(ct_indicators_add(d->indicators, k->scheme, k->host, k->port));
    }
    d->found++;
    if (a.time_us != CT_TIME_NONE) {
        if (d->first_us == CT_TIME_NONE || a.time_us < d->first_us) d->first_us = a.time_us;
        if (d->last_us == CT_TIME_NONE || a.time_us > d->last_us) d->last_us = a.time_us;
    }
    char callback[300] = "", label[64];
    if (a.n_indicators) {
        ct_str host = a.indicators[0].host, domain = ct_registrable(host);
        (void)snprintf(callback, sizeof callback, "%s%.*s", domain.n < host.n ? "*." : "", CT_STR_ARG(ct_str_slice(domain, 0, 280)));
        if (a.indicators[0].port) (void)snprintf(callback + strlen(callback), 8, ":%u", a.indicators[0].port);
    }
    (void)snprintf(label, sizeof label, "%.*s", CT_STR_ARG(ct_str_slice(a.scanner, 0, sizeof label - 1)));
    struct ct_campaign_hit hit = {
        .key = a.campaign,
        .client = a.client,
        .normal = a.normal,
        .callback = ct_str_from(callback),
        .time_us = a.time_us,
        .grade = (unsigned)f->grade,
        .status_class = status_class(a.status),
        .scanner = a.scanner.n ? label : NULL,
        .contacted = a.contacted,
    };
    CT_TRY(ct_campaigns_add(d->campaigns, &hit, NULL, &new_campaign));
    if (d->herald) CT_TRY(ct_herald_attempt(d->herald, &a, ct_clock_mono_ms() * 1000));
    return print_attempt(d, &a);
}

static void on_sighting(void *ctx, const struct ct_sighting *s)
{
    struct ct_detect *d = ctx;
    ct_histogram_add(&d->histogram, s->time_us, s->attempt, 1);
}

static bool on_between(void *ctx, uint64_t consumed, uint64_t size)
{
    struct ct_detect *d = ctx;
    static int64_t last;
    int64_t now = d->progress ? ct_clock_mono_ms() * 1000 : 0;
    if (d->progress && now - last > 200000) {
        double s = (double)(now - (int64_t)d->started_us) / 1e6, mb = (double)(d->tally.bytes + consumed) / 1e6;
        last = now;
        if (size && consumed)
            fprintf(stderr, "\r\033[K%3.0f%% of %.40s  %.0f MB/s  %.0f s left  %llu found", 100.0 * (double)consumed / (double)size,
                    d->progress_name, s > 0 ? mb / s : 0, s * ((double)size / (double)consumed - 1), (unsigned long long)d->found);
        else fprintf(stderr, "\r\033[K%.0f MB of %.40s  %llu found", mb, d->progress_name, (unsigned long long)d->found);
    }
    return interrupted;
}

struct ct_run_handlers ct_detect_handlers(struct ct_detect *d)
{
    return (struct ct_run_handlers){d, on_finding, on_sighting, on_between};
}

ct_err ct_detect_file(struct ct_detect *d, const char *path, const char *name, const struct ct_run_from *from,
                      struct ct_run_report *ret_report)
{
    ct_source *s = NULL;
    struct ct_fault fault = {0};
    struct ct_run_handlers handlers = ct_detect_handlers(d);
    *ret_report = (struct ct_run_report){0};
    ct_err e = ct_source_open(&ct_alloc_libc, path, &s, &fault);
    if (e != CT_OK) {
        ct_detect_problem(d, name, "%s%s%s", ct_err_text(e), *fault.detail ? ": " : "", fault.detail);
        return e == CT_ERR_NOMEM ? e : CT_OK;
    }
    d->n_sources++;
    d->progress_name = name;
    e = ct_run_source(d->runner, s, ct_str_from(name), from, &handlers, ret_report, &fault);
    ct_source_close(s);
    if (d->progress) fprintf(stderr, "\r\033[K");
    ct_tally_merge(&d->tally, &ret_report->tally);
    if (e == CT_OK || e == CT_ERR_WRITE || e == CT_ERR_NOMEM) return e;
    if (e == CT_ERR_INTERRUPTED || interrupted) {
        d->interrupted = true;
        return CT_ERR_INTERRUPTED;
    }
    ct_detect_problem(d, name, "%s at byte %llu%s%s; what stood before was read", ct_err_text(e), (unsigned long long)fault.offset,
                      *fault.detail ? ": " : "", fault.detail);
    return CT_OK;
}

void ct_detect_list_problems(struct ct_detect *d, const struct ct_path_list *list)
{
    for (size_t i = 0; i < list->n_problems; i++) {
        const struct ct_path_problem *p = &list->problems[i];
        if (p->err == CT_ERR_UNSUPPORTED) ct_detect_left_out(d, p->path, p->detail);
        else ct_detect_problem(d, p->path, "%s%s%s", ct_err_text(p->err), *p->detail ? ": " : "", p->detail);
    }
}

ct_err ct_detect_list(struct ct_detect *d, const struct ct_path_list *list)
{
    ct_detect_list_problems(d, list);
    for (size_t i = 0; i < list->n; i++) {
        struct ct_run_from start = {0};
        struct ct_run_report report;
        CT_TRY(ct_detect_file(d, list->paths[i], list->paths[i], &start, &report));
    }
    return CT_OK;
}

ct_err ct_detect_known(struct ct_path_list *ret_list)
{
    struct ct_path_list places = {0};
    CT_TRY(ct_paths_known(&ct_alloc_libc, &places));
    ct_err e = ct_paths_expand(&ct_alloc_libc, (const char *const *)places.paths, places.n, ret_list);
    ct_paths_free(&ct_alloc_libc, &places);
    return e;
}

static int exit_status(const struct ct_detect *d, ct_err err)
{
    if (d->interrupted || err == CT_ERR_INTERRUPTED) return 130;
    if (err != CT_OK) return ct_err_exit(err) == 2 ? 2 : 4;
    return d->incomplete ? 3 : d->found > 0;
}

int ct_detect_end(struct ct_detect *d, ct_err err)
{
    struct ct_buf b;
    struct ct_fault fault = {0};
    const struct ct_detect_opts *o = d->opts;
    ct_arena_clear(d->scratch);
    ct_buf_init(&b, d->scratch, 2u << 20);
    bool partial = d->interrupted || d->incomplete || err != CT_OK;
    if (o->output == CT_OUTPUT_SARIF) ct_attempt_sarif_end(&b, !partial, d->problems, d->n_problems);
    if (o->output == CT_OUTPUT_TABLE && !o->quiet) ct_detect_summary(d, &b, ct_terminal_columns(STDOUT_FILENO), ct_terminal_colour(STDOUT_FILENO));
    if (b.n && d->out.err == CT_OK && ct_out_write(&d->out, ct_buf_view(&b)) != CT_OK) err = CT_ERR_WRITE;
    if (d->out.err == CT_OK && ct_out_flush(&d->out) != CT_OK) err = CT_ERR_WRITE;
    if (d->out.err) {
        err = CT_ERR_WRITE;
        fprintf(stderr, "caltrop: cannot write the output: %s\n", strerror(d->out.sys));
    } else if (err == CT_ERR_NOMEM) {
        fprintf(stderr, "caltrop: %s\n", ct_err_text(err));
    }
    if (d->indicators && ct_indicators_write(d->indicators, o->indicators, &fault) != CT_OK) {
        fprintf(stderr, "caltrop: --indicators %s: %s\n", o->indicators, fault.detail);
        err = CT_ERR_WRITE;
    }
    if (d->herald && ct_herald_tick(d->herald, ct_clock_mono_ms() * 1000, true) != CT_OK && err == CT_OK) err = CT_ERR_WRITE;
    for (size_t i = 0; i < d->n_outlets; i++) {
        struct ct_outlet_stats st;
        ct_outlet_close(d->outlets[i], 5000);
        d->outlets[i] = NULL;
        (void)st;
    }
    if (d->interrupted && !o->quiet) fprintf(stderr, "caltrop: interrupted: the report is partial\n");
    return exit_status(d, err);
}

void ct_detect_release(struct ct_detect *d)
{
    for (size_t i = 0; i < d->n_outlets; i++)
        if (d->outlets[i]) ct_outlet_close(d->outlets[i], 0);
    ct_herald_free(d->herald);
    ct_contacts_free(d->contacts);
    ct_indicators_free(d->own);
    ct_indicators_free(d->indicators);
    ct_campaigns_free(d->campaigns);
    ct_runner_free(d->runner);
    ct_arena_free(d->kept);
    ct_arena_free(d->scratch);
}
