#include "cli/detect.h"

#include "campaign/host.h"
#include "event/fields.h"
#include "os/clock.h"
#include "text/printable.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* An event at its longest: the strings of an attempt are capped, and escaping makes up to six bytes of one. */
enum { EVENT_MAX = 6 << 20, SCRATCH_MAX = 32 << 20, SUMMARY_MAX = 2 << 20, JOBS_MAX = 8 };

static atomic_bool interrupted; /* lock-free: a handler may write it, whichever thread it runs in */

static void on_signal(int number)
{
    (void)number;
    interrupted = true;
}

bool ct_interrupted(void) { return interrupted; }

atomic_bool *ct_interrupt_flag(void) { return &interrupted; }

void ct_interrupt_catch(void)
{
    /* No SA_RESTART: a read that waits returns. SA_RESETHAND: a second Ctrl-C does not wait for the report. */
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &a, NULL);
    (void)sigaction(SIGTERM, &a, NULL);
    struct sigaction hup; /* the terminal is gone: what was found is written all the same; nohup(1) has it ignored */
    if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN) (void)sigaction(SIGHUP, &a, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe and a size limit are write errors */
    (void)signal(SIGXFSZ, SIG_IGN);
}

unsigned ct_detect_jobs(void)
{
    cpu_set_t ours; /* taskset and cpusets leave fewer than there are */
    int n = sched_getaffinity(0, sizeof ours, &ours) == 0 ? CPU_COUNT(&ours) : JOBS_MAX; /* fails above 1024 */
    return n > JOBS_MAX ? JOBS_MAX : (unsigned)n;
}

void ct_detect_set_now(struct ct_scan_opts *scan)
{
    struct tm utc;
    scan->now_us = ct_clock_real_us();
    time_t now = (time_t)(scan->now_us / 1000000);
    scan->year = gmtime_r(&now, &utc) ? utc.tm_year + 1900 : 1970;
}

static void add_problem(struct ct_detect *d, ct_str line)
{
    ct_str kept;
    if (d->n_problems < CT_PROBLEMS_MAX && ct_arena_dup(d->kept, line, &kept) == CT_OK) d->problems[d->n_problems++] = kept;
    else d->more_problems++;
}

/* On a terminal the summary says it, and once is enough. */
static bool says_problems_below(const struct ct_detect *d)
{
    const struct ct_detect_opts *o = d->opts;
    return o->output == CT_OUTPUT_TABLE && !o->quiet && !o->follow && d->columns && isatty(STDERR_FILENO);
}

static void note(struct ct_detect *d, const char *name, const char *text, bool complaint)
{
    ct_arena *arena = NULL;
    struct ct_buf b;
    if (ct_arena_new(&ct_alloc_libc, 256u << 10, &arena) != CT_OK) {
        d->more_problems++;
        return;
    }
    ct_buf_init(&b, arena, 64u << 10);
    if (*name) ct_print_text(&b, ct_str_from(name));
    else ct_buf_text(&b, "''"); /* a variable that was not set */
    ct_buf_text(&b, ": ");
    ct_print_text(&b, ct_str_from(text));
    if (b.err) d->more_problems++;
    else add_problem(d, ct_buf_view(&b));
    ct_arena_free(arena);
    if (says_problems_below(d) || (!complaint && d->opts->quiet)) return;
    ct_progress_hide(&d->progress);
    ct_complain("caltrop", "%s: %s", *name ? name : "''", text);
}

void ct_detect_problem(struct ct_detect *d, const char *name, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    d->incomplete = true;
    note(d, name, text, true);
}

void ct_detect_left_out(struct ct_detect *d, const char *name, const char *why) { note(d, name, why, false); }

static ct_err read_own_scanners(struct ct_detect *d)
{
    struct ct_fault fault = {0};
    const char *path = d->opts->own_scanners;
    if (!path) return CT_OK;
    CT_TRY(ct_indicators_new(&d->own));
    ct_err e = ct_indicators_read(d->own, path, &fault);
    if (e != CT_OK) ct_complain("caltrop", "--own-scanners %s: %s", path, *fault.detail ? fault.detail : ct_err_text(e));
    return e == CT_OK || e == CT_ERR_NOMEM ? e : CT_ERR_USAGE; /* as for every file that an option names */
}

static ct_err open_indicators(struct ct_detect *d)
{
    struct ct_fault fault = {0};
    const char *path = d->opts->indicators;
    if (!path) return CT_OK;
    CT_TRY(ct_indicators_new(&d->indicators));
    ct_err e = ct_indicators_open(d->indicators, path, d->opts->follow, &fault);
    if (e != CT_OK) ct_complain("caltrop", "--indicators %s: %s", path, fault.detail);
    return e;
}

ct_err ct_detect_begin(struct ct_detect *d, const struct ct_detect_opts *opts)
{
    *d = (struct ct_detect){.opts = opts, .started_ms = ct_clock_mono_ms()};
    ct_out_init(&d->out, STDOUT_FILENO);
    d->columns = isatty(STDOUT_FILENO) ? ct_terminal_columns(STDOUT_FILENO) : 0;
    d->colour = ct_terminal_colour(STDOUT_FILENO);
    ct_progress_begin(&d->progress, !opts->quiet && !opts->follow);
    if (d->columns) d->out.over = &d->progress;
    CT_TRY(ct_arena_new(&ct_alloc_libc, SCRATCH_MAX, &d->scratch));
    CT_TRY(ct_arena_new(&ct_alloc_libc, 2u << 20, &d->kept));
    CT_TRY(ct_runner_new(&ct_alloc_libc, &opts->scan, opts->jobs, &d->runner));
    CT_TRY(ct_campaigns_new(&ct_alloc_libc, 10000, &d->campaigns));
    CT_TRY(open_indicators(d));
    CT_TRY(read_own_scanners(d));
    CT_TRY(ct_detect_read_callbacks(d));
    CT_TRY(ct_detect_state_open(d));
    CT_TRY(ct_detect_outlets_open(d));
    if (d->contacts && !opts->follow) d->held = tmpfile(); /* without it the order is the logs' own */
    struct ct_buf head;
    ct_buf_init(&head, d->scratch, 65536);
    if (opts->output == CT_OUTPUT_CSV && !opts->no_header) ct_attempt_csv_header(&head);
    if (opts->output == CT_OUTPUT_SARIF) ct_attempt_sarif_begin(&head);
    return head.n ? ct_out_write(&d->out, ct_buf_view(&head)) : CT_OK;
}

/* Into d->out, or aside when contacted ones come first. */
static ct_err print_attempt(struct ct_detect *d, const struct ct_attempt *a)
{
    bool aside = d->held && !a->contacted;
    struct ct_buf b;
    ct_buf_init(&b, d->scratch, EVENT_MAX);
    switch (d->opts->output) {
    case CT_OUTPUT_ECS: ct_attempt_ecs(&b, a); break;
    case CT_OUTPUT_CSV: ct_attempt_csv(&b, a); break;
    case CT_OUTPUT_SARIF: ct_attempt_sarif(&b, a, !aside && d->given == 0); break;
    case CT_OUTPUT_TABLE:
        if (!d->opts->verbose) return CT_OK;
        ct_attempt_text(&b, a, d->columns, d->colour);
        break;
    }
    if (b.err) return b.err;
    if (aside) {
        if (fwrite(b.p, 1, b.n, d->held) == b.n) return CT_OK;
        ct_complain("caltrop", "temporary file: %s", strerror(errno));
        return CT_ERR_WRITE;
    }
    d->given++;
    return ct_out_write(&d->out, ct_buf_view(&b));
}

/* What was laid aside follows what came first. */
static ct_err give_held(struct ct_detect *d)
{
    unsigned char bytes[16384];
    size_t n;
    if (!d->held || ftell(d->held) <= 0) return CT_OK;
    bool alone = d->opts->output == CT_OUTPUT_SARIF && d->given == 0, bad = fflush(d->held) != 0; /* rewind would forget it */
    rewind(d->held);
    if (alone) (void)fseek(d->held, 2, SEEK_SET); /* the comma and newline between two results */
    while ((n = fread(bytes, 1, sizeof bytes, d->held)) > 0) CT_TRY(ct_out_write(&d->out, (ct_str){bytes, n}));
    bad |= ferror(d->held) != 0;
    d->given++;
    rewind(d->held);
    if (bad || ftruncate(fileno(d->held), 0) != 0) {
        ct_complain("caltrop", "temporary file: %s", strerror(errno));
        return CT_ERR_WRITE;
    }
    return CT_OK;
}

ct_err ct_detect_flush(struct ct_detect *d)
{
    CT_TRY(give_held(d));
    return ct_out_flush(&d->out);
}

static unsigned status_class(ct_str status)
{
    return status.n == 3 && status.p[0] >= '1' && status.p[0] <= '5' ? (unsigned)(status.p[0] - '0') : 0;
}

/* "*.evil.example:1389": whom a campaign calls. */
static void print_callback(struct ct_buf *out, const struct ct_attempt *a)
{
    if (a->n_indicators == 0) return;
    ct_str host = a->indicators[0].host;
    if (ct_registrable(host).n < ct_host_core(host).n) ct_buf_text(out, "*.");
    ct_campaign_callback(out, host, a->indicators[0].port);
}

static ct_err count_campaign(struct ct_detect *d, const struct ct_finding *f, const struct ct_attempt *a)
{
    struct ct_buf fires, callback;
    bool ran = false;
    for (size_t i = 0; i < a->n_traits; i++) ran |= strcmp(a->traits[i], CT_TRAIT_RAN_NAME) == 0;
    bool sample = ct_campaigns_samples(d->campaigns, a->campaign, (unsigned)f->grade);
    ct_buf_init(&callback, d->scratch, 1024);
    ct_buf_init(&fires, d->scratch, SUMMARY_MAX);
    if (sample) print_callback(&callback, a);
    if (sample) ct_print_fires(&fires, a, false);
    if (callback.err == CT_ERR_NOMEM || fires.err == CT_ERR_NOMEM) return CT_ERR_NOMEM;
    struct ct_campaign_hit hit = {
        .key = a->campaign,
        .client = a->client,
        .normal = a->normal,
        .fires = ct_buf_view(&fires),
        .callback = ct_buf_view(&callback),
        .time_us = a->time_us,
        .grade = (unsigned)f->grade,
        .status_class = status_class(a->status),
        .scanner = a->scanner.n ? (const char *)a->scanner.p : NULL, /* labels are literals */
        .contacted = a->contacted,
        .ran = ran,
    };
    return ct_campaigns_add(d->campaigns, &hit, NULL, NULL);
}

static ct_err on_finding(void *ctx, const struct ct_finding *f)
{
    struct ct_detect *d = ctx;
    struct ct_attempt a = f->attempt;
    ct_arena_clear(d->scratch);
    for (size_t i = 0; i < a.n_indicators; i++) {
        const struct ct_attempt_indicator *k = &a.indicators[i];
        if (d->contacts && ct_contacts_has(d->contacts, k->host)) a.contacted = true;
        if (ct_indicators_cover(d->own, k->host)) a.scanner = CT_STR("own scanner");
        if (d->indicators) CT_TRY(ct_indicators_add(d->indicators, k->scheme, k->host, k->port));
    }
    d->found++;
    CT_TRY(count_campaign(d, f, &a));
    if (d->herald) CT_TRY(ct_herald_attempt(d->herald, &a, ct_clock_mono_ms() * 1000));
    if (d->opts->keep) CT_TRY(d->opts->keep(d->opts->keep_ctx, &a));
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
    ct_progress_show(&d->progress, consumed, size, d->found);
    /* Of a pipe the reader wants to see at once what came. */
    if (size == 0 && d->out.n && !d->held) (void)!ct_out_flush(&d->out);
    return interrupted;
}

struct ct_run_handlers ct_detect_handlers(struct ct_detect *d)
{
    return (struct ct_run_handlers){d, on_finding, on_sighting, on_between};
}

/* What the system says of a file that is missing or not ours says it all: "not found: No such file or directory" says it twice. */
static void unread(struct ct_detect *d, const char *name, ct_err e, const char *detail)
{
    bool enough = *detail && (e == CT_ERR_NOT_FOUND || e == CT_ERR_PERMISSION);
    ct_detect_problem(d, name, "%s%s%s", enough ? "" : ct_err_text(e), enough || !*detail ? "" : ": ", detail);
}

/* A shell's "*" may name a pipe that nobody will ever write to. Its "<(zcat ...)" is written to at once. */
static void say_if_waiting(struct ct_detect *d, const char *path, const char *shown)
{
    struct stat st;
    if (d->opts->quiet || !isatty(STDERR_FILENO) || strcmp(path, "-") == 0 || strncmp(path, "/dev/fd/", 8) == 0) return;
    if (stat(path, &st) != 0 || !S_ISFIFO(st.st_mode)) return;
    ct_progress_hide(&d->progress);
    ct_complain("caltrop", "%s: is a pipe: reading what others write to it until they close it", shown);
}

ct_err ct_detect_file(struct ct_detect *d, const char *path, const char *name, const char *source, const struct ct_run_from *from,
                      struct ct_run_report *ret_report)
{
    ct_source *s = NULL;
    struct ct_fault fault = {0};
    struct ct_run_handlers handlers = ct_detect_handlers(d);
    const char *shown = strcmp(name, "-") == 0 ? "stdin" : name;
    *ret_report = (struct ct_run_report){.next = *from};
    ct_err e = ct_source_open(&ct_alloc_libc, path, &s, &fault);
    if (e != CT_OK) {
        unread(d, shown, e, fault.detail);
        return e == CT_ERR_NOMEM ? e : CT_OK;
    }
    d->n_sources++;
    d->progress.name = shown;
    say_if_waiting(d, path, shown);
    e = ct_run_source(d->runner, s, ct_str_from(strcmp(source, "-") == 0 ? "stdin" : source), from, &handlers, ret_report, &fault);
    uint64_t consumed = ct_source_consumed(s), size = ct_source_size(s);
    bool cut = e == CT_OK && ct_source_was_cut(s);
    d->progress.before += from->ended ? size : consumed;
    ct_source_close(s);
    ct_progress_hide(&d->progress);
    ct_tally_merge(&d->tally, &ret_report->tally);
    if (cut)
        ct_detect_problem(d, shown, "was cut while it was read: of its %llu bytes %llu were there", (unsigned long long)size,
                          (unsigned long long)consumed);
    if (e == CT_OK || e == CT_ERR_WRITE || e == CT_ERR_NOMEM) return e;
    if (e == CT_ERR_INTERRUPTED || interrupted) {
        d->interrupted = true;
        d->stopped_share = size ? (double)consumed / (double)size : 0;
        return CT_ERR_INTERRUPTED;
    }
    const char *colon = *fault.detail ? ": " : "";
    if (e == CT_ERR_UNSUPPORTED && fault.offset == 0) ct_detect_problem(d, shown, "%s%s%s", ct_err_text(e), colon, fault.detail);
    else ct_detect_problem(d, shown, "%s at byte %llu%s%s; what stood before was read", ct_err_text(e), (unsigned long long)fault.offset, colon, fault.detail);
    return CT_OK;
}

void ct_detect_list_problems(struct ct_detect *d, const struct ct_path_list *list)
{
    for (size_t i = 0; i < list->n_problems; i++) {
        const struct ct_path_problem *p = &list->problems[i];
        if (p->err == CT_OK) ct_detect_left_out(d, p->path, p->detail);
        else unread(d, p->path, p->err, p->detail);
    }
}

/* How much of the answer is missing: the list from i on. */
static void note_interrupted(struct ct_detect *d, const struct ct_path_list *list, size_t i)
{
    ct_arena *arena = NULL;
    struct ct_buf b;
    size_t after = list->n - i - 1;
    if (ct_arena_new(&ct_alloc_libc, 256u << 10, &arena) != CT_OK) return;
    ct_buf_init(&b, arena, 64u << 10);
    ct_buf_text(&b, "interrupted before the end: this report is partial; of ");
    ct_print_text(&b, ct_str_from(strcmp(list->paths[i], "-") == 0 ? "stdin" : list->paths[i]));
    if (d->stopped_share > 0) ct_buf_printf(&b, " %.0f %% was read", 100 * d->stopped_share);
    else ct_buf_text(&b, " not all was read");
    if (after) ct_buf_printf(&b, ", of %zu %s after it nothing", after, after == 1 ? "file" : "files");
    d->told_where = b.err == CT_OK;
    if (d->told_where) add_problem(d, ct_buf_view(&b));
    ct_arena_free(arena);
}

ct_err ct_detect_list(struct ct_detect *d, const struct ct_path_list *list)
{
    ct_detect_list_problems(d, list);
    ct_progress_total(&d->progress, list);
    CT_TRY(ct_detect_state_begin(d, list));
    for (size_t i = 0; i < list->n; i++) {
        struct ct_run_from start = {0};
        struct ct_run_report report;
        if (interrupted) {
            d->interrupted = true;
            note_interrupted(d, list, i);
            return CT_ERR_INTERRUPTED;
        }
        ct_err e = d->state ? ct_detect_file_with_state(d, list->paths[i])
                            : ct_detect_file(d, list->paths[i], list->paths[i], list->paths[i], &start, &report);
        if (e == CT_ERR_INTERRUPTED) note_interrupted(d, list, i);
        CT_TRY(e);
    }
    ct_detect_state_save(d, true);
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
    if (err != CT_OK && err != CT_ERR_INTERRUPTED) return err == CT_ERR_USAGE ? 2 : 4;
    if (d->interrupted || err == CT_ERR_INTERRUPTED) return 130;
    return d->incomplete ? 3 : d->found > 0;
}

static ct_err give_end(struct ct_detect *d, ct_err err)
{
    const struct ct_detect_opts *o = d->opts;
    bool partial = d->interrupted || d->incomplete || err != CT_OK;
    struct ct_buf b;
    CT_TRY(give_held(d));
    ct_arena_clear(d->scratch);
    ct_buf_init(&b, d->scratch, SUMMARY_MAX);
    if (o->output == CT_OUTPUT_SARIF) ct_attempt_sarif_end(&b, !partial, d->problems, d->n_problems);
    if (o->output == CT_OUTPUT_TABLE && !o->quiet) ct_detect_summary(d, &b, d->columns ? d->columns : 80, d->colour);
    CT_TRY(b.err);
    CT_TRY(ct_out_write(&d->out, ct_buf_view(&b)));
    return ct_out_flush(&d->out);
}

int ct_detect_end(struct ct_detect *d, ct_err err)
{
    struct ct_fault fault = {0};
    const struct ct_detect_opts *o = d->opts;
    if (d->interrupted && !d->told_where) add_problem(d, CT_STR("interrupted before the end: this report is partial"));
    else if (err != CT_OK && err != CT_ERR_INTERRUPTED) d->failed = true, add_problem(d, CT_STR("ended early by the failure told on standard error"));
    ct_err given = give_end(d, err);
    if (given != CT_OK && (err == CT_OK || err == CT_ERR_INTERRUPTED)) err = given;
    if (d->out.err) {
        err = CT_ERR_WRITE;
        ct_complain("caltrop", "cannot write the output: %s", strerror(d->out.sys));
    } else if (err == CT_ERR_NOMEM) {
        ct_complain("caltrop", "%s: this report is partial", ct_err_text(err));
    }
    if (d->indicators && ct_indicators_write(d->indicators, &fault) != CT_OK) {
        ct_complain("caltrop", "--indicators %s: %s", o->indicators, fault.detail);
        err = CT_ERR_WRITE;
    }
    if (d->herald && ct_herald_tick(d->herald, ct_clock_mono_ms() * 1000, true) != CT_OK && err == CT_OK) err = CT_ERR_NOMEM;
    ct_detect_outlets_finish(d);
    bool unsaved = d->unsaved.since_ms || d->unsaved_cursor.since_ms;
    if (unsaved)
        ct_complain("caltrop", "--state %s: the last positions could not be written: the next run repeats what came since", o->state);
    if ((d->lost || unsaved) && (err == CT_OK || err == CT_ERR_INTERRUPTED)) err = CT_ERR_WRITE;
    if (d->interrupted) ct_complain("caltrop", "interrupted: this report is partial");
    return exit_status(d, err);
}

void ct_detect_release(struct ct_detect *d)
{
    for (size_t i = 0; i < d->n_outlets; i++)
        if (d->outlets[i]) ct_outlet_close(d->outlets[i], 0);
    if (d->held) (void)fclose(d->held);
    ct_herald_free(d->herald);
    ct_state_close(d->state);
    ct_contacts_free(d->contacts);
    ct_indicators_free(d->own);
    ct_indicators_free(d->indicators);
    ct_campaigns_free(d->campaigns);
    ct_runner_free(d->runner);
    ct_arena_free(d->kept);
    ct_arena_free(d->scratch);
}
