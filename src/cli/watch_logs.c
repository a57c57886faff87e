/* --follow: chunks of lines as they come, from files that are rotated, cut and made anew. */
#include "cli/detect.h"

#include "base/limits.h"
#include "logs/rotation.h"
#include "os/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* One followed log: what its earlier lines say about the next ones. */
struct log {
    const char *path;
    struct ct_format_state format;
    struct ct_counted counted;
    unsigned char *long_line;  /* the end of a piece of one: CT_WINDOW_OVERLAP bytes, then room for the next piece */
    size_t long_n;
    uint64_t expect, line_offset; /* where the next piece would start; where its line started */
    uint64_t line;
    ct_err said;               /* the last failure told */
};

struct watch_run {
    struct ct_detect *d;
    ct_follow *follow;
    struct log *logs;
    size_t n;
};

static int year_now(void)
{
    time_t now = (time_t)(ct_clock_real_us() / 1000000);
    struct tm utc;
    return gmtime_r(&now, &utc) ? utc.tm_year + 1900 : 1970;
}

/* What the lines before `offset` say: columns that a directive named. A log that cannot be read now says nothing. */
static void learn(struct watch_run *w, struct log *l, const char *path, uint64_t offset)
{
    ct_source *source = NULL;
    struct ct_tally ignored = {0};
    bool stateful;
    if (offset && ct_source_open(&ct_alloc_libc, path, &source, NULL) == CT_OK &&
        ct_run_learn(w->d->runner, source, offset, &l->format, &stateful, &ignored, NULL) == CT_OK)
        for (int f = 0; f < CT_FORMAT_COUNT; f++) w->d->tally.by_format[f] += ignored.by_format[f];
    ct_source_close(source);
}

static ct_err add(struct watch_run *w, const char *path)
{
    struct ct_position at, old_at;
    const char *rotated = NULL;
    struct stat st;
    bool known = w->d->state && ct_state_resume(w->d->state, path, &at, &rotated, &old_at) == CT_OK;
    struct log *l = &w->logs[w->n];
    *l = (struct log){.path = path, .format.year = year_now()};
    if (rotated) learn(w, l, rotated, old_at.offset);
    else if (known) learn(w, l, path, at.offset);
    else if (stat(path, &st) == 0) learn(w, l, path, (uint64_t)st.st_size);
    ct_err e = ct_follow_add(w->follow, path, rotated ? &old_at : known ? &at : NULL);
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_OK) {
        ct_detect_problem(w->d, path, "cannot be followed: %s", e == CT_ERR_UNSUPPORTED ? "only regular files can" : ct_err_text(e));
        return CT_OK;
    }
    w->n++;
    return CT_OK;
}

/* A name without wildcards is followed even before it exists; of a folder or a pattern the present logs are, not what was
 * rotated away. */
struct operand {
    bool many;
    struct ct_path_list list;
};

static ct_err expand(struct ct_detect *d, const char *arg, struct operand *ret_operand)
{
    struct stat st;
    bool there = stat(arg, &st) == 0;
    *ret_operand = (struct operand){.many = there ? S_ISDIR(st.st_mode) : strpbrk(arg, "*?[") != NULL};
    if (!ret_operand->many) return CT_OK;
    CT_TRY(ct_paths_expand(&ct_alloc_libc, &arg, 1, &ret_operand->list));
    ct_detect_list_problems(d, &ret_operand->list);
    return CT_OK;
}

static bool is_present(const char *path)
{
    const char *slash = strrchr(path, '/');
    ct_str name = ct_str_from(slash ? slash + 1 : path);
    struct ct_rotation r = ct_rotation_of(name);
    return !r.counted && r.stamp.n == 0 && r.before.n + r.after.n == name.n; /* nothing was taken off: no .gz either */
}

static struct log *find(struct watch_run *w, const char *path)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->logs[i].path, path) == 0) return &w->logs[i];
    return NULL;
}

/* A line in pieces ended at the end of its file: what the last piece left to the next one. */
static ct_err judge_rest(struct watch_run *w, struct log *l)
{
    struct ct_run_handlers handlers = ct_detect_handlers(w->d);
    struct ct_tally ignored = {0};
    struct ct_block block = {.source = ct_str_from(l->path), .bytes = {l->long_line, l->long_n}, .offset = l->expect - l->long_n,
                             .line_offset = l->line_offset, .continues = true};
    if (l->long_n == 0) return CT_OK;
    l->long_n = 0;
    return ct_run_block(w->d->runner, &block, l->line - 1, &l->format, NULL, &handlers, &ignored);
}

/* A line longer than the buffer comes in pieces: each is judged with the end of the one before. */
static ct_err judge_chunk(struct watch_run *w, struct log *l, const struct ct_follow_chunk *c)
{
    struct ct_run_handlers handlers = ct_detect_handlers(w->d);
    struct ct_block block = {.source = ct_str_from(c->path), .bytes = {c->p, c->n}, .offset = c->offset};
    bool continues = l->long_n && c->offset == l->expect;
    bool piece = c->partial && c->n >= CT_FOLLOW_BUFFER; /* not the end of a file that was rotated within a line */
    l->format.year = year_now();
    block.goes_on = piece;
    if (!continues) CT_TRY(judge_rest(w, l));
    if (piece && !l->long_line && !(l->long_line = malloc(CT_WINDOW_OVERLAP + CT_FOLLOW_BUFFER))) return CT_ERR_NOMEM;
    if (continues && c->n <= CT_FOLLOW_BUFFER) {
        memcpy(l->long_line + l->long_n, c->p, c->n);
        block.bytes = (ct_str){l->long_line, l->long_n + c->n};
        block.offset -= l->long_n;
        block.continues = true;
        block.line_offset = l->line_offset;
    }
    ct_err e = ct_run_block(w->d->runner, &block, c->line - 1, &l->format, &l->counted, &handlers, &w->d->tally);
    if (continues) w->d->tally.bytes -= l->long_n;
    l->long_n = 0;
    if (piece) {
        size_t n = block.bytes.n < CT_WINDOW_OVERLAP ? block.bytes.n : CT_WINDOW_OVERLAP;
        memmove(l->long_line, block.bytes.p + block.bytes.n - n, n);
        l->long_n = n;
        l->expect = c->offset + c->n;
        l->line = c->line;
        if (!continues) l->line_offset = c->offset;
    }
    return e;
}

static ct_err take_chunk(struct watch_run *w, const struct ct_follow_chunk *c)
{
    struct ct_detect *d = w->d;
    struct log *l = find(w, c->path);
    if (!l) return CT_OK;
    l->said = CT_OK;
    if (c->notice) {
        if (!d->opts->quiet) ct_complain("caltrop", "%s: %s", c->path, c->notice);
        CT_TRY(judge_rest(w, l));
        if (strcmp(c->notice, "vanished") != 0 && c->n == 0) l->format = (struct ct_format_state){0}; /* a new file: its own directives */
    }
    if (c->n) CT_TRY(judge_chunk(w, l, c));
    CT_TRY(ct_detect_flush(d));
    if (d->state) CT_TRY(ct_state_note(d->state, c->path, &c->after));
    return CT_OK;
}

/* About one file, or about waiting: told once, until something else happens to it. */
static void complain(struct watch_run *w, ct_err e, const struct ct_fault *fault)
{
    const char *path = ct_follow_failed(w->follow);
    struct log *l = path ? find(w, path) : NULL;
    if (l && l->said == e) return;
    if (l) l->said = e;
    ct_detect_problem(w->d, path ? path : "following", "%s%s%s", ct_err_text(e), *fault->detail ? ": " : "", fault->detail);
}

static ct_err step(struct watch_run *w, struct ct_journal_reader *journal)
{
    struct ct_detect *d = w->d;
    struct ct_follow_chunk chunk;
    struct ct_fault fault = {0};
    ct_err e;
    if (d->herald) CT_TRY(ct_herald_tick(d->herald, ct_clock_mono_ms() * 1000, false));
    ct_detect_outlets_watch(d);
    CT_TRY(ct_detect_state_save(d, false));
    if (journal) {
        e = w->n ? ct_detect_journal_wait(journal, 0) : CT_OK; /* learns of new files */
        if (e != CT_OK && e != CT_ERR_AGAIN && e != CT_ERR_INTERRUPTED) return e;
        CT_TRY(ct_detect_journal_read(journal));
    }
    if (w->n == 0) {
        e = journal ? ct_detect_journal_wait(journal, 500) : CT_ERR_END;
        return e == CT_ERR_AGAIN ? CT_OK : e;
    }
    e = ct_follow_next(w->follow, journal ? 100 : 500, &chunk, &fault);
    if (e == CT_OK) return take_chunk(w, &chunk);
    if (e == CT_ERR_AGAIN) return CT_OK;
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_ERR_INTERRUPTED) complain(w, e, &fault);
    return CT_OK;
}

static ct_err add_all(struct watch_run *w, struct operand *operands, const char *const *args, size_t n_args)
{
    size_t most = n_args;
    for (size_t i = 0; i < n_args; i++) {
        CT_TRY(expand(w->d, args[i], &operands[i]));
        most += operands[i].list.n;
    }
    w->logs = calloc(most + 1, sizeof *w->logs);
    if (!w->logs) return CT_ERR_NOMEM;
    for (size_t i = 0; i < n_args; i++) {
        const struct ct_path_list *list = &operands[i].list;
        if (!operands[i].many && !find(w, args[i])) CT_TRY(add(w, args[i]));
        for (size_t k = 0; k < list->n; k++)
            if (is_present(list->paths[k]) && !find(w, list->paths[k])) CT_TRY(add(w, list->paths[k]));
    }
    return CT_OK;
}

ct_err ct_detect_follow(struct ct_detect *d, const char *const *args, size_t n_args, struct ct_journal_reader *journal)
{
    struct watch_run w = {.d = d};
    struct operand *operands = calloc(n_args + 1, sizeof *operands);
    ct_err e = operands ? ct_follow_new(&ct_alloc_libc, &w.follow) : CT_ERR_NOMEM;
    if (e == CT_OK) e = add_all(&w, operands, args, n_args);
    d->n_sources += w.n;
    while (e == CT_OK && !ct_interrupted()) e = step(&w, journal);
    if (e == CT_ERR_INTERRUPTED || e == CT_ERR_END) e = CT_OK; /* a signal is how following ends; or nothing can be followed */
    d->interrupted = false;
    if (e == CT_OK) e = ct_detect_state_save(d, true);
    for (size_t i = 0; i < w.n; i++) free(w.logs[i].long_line);
    free(w.logs);
    ct_follow_free(w.follow);
    for (size_t i = 0; operands && i < n_args; i++) ct_paths_free(&ct_alloc_libc, &operands[i].list);
    free(operands);
    return e;
}
