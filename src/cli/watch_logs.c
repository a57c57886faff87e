/* --follow: chunks of lines as they come, from files that are rotated, cut and made anew. */
#include "cli/watch_logs.h"

#include "base/limits.h"
#include "os/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int year_now(void)
{
    time_t now = (time_t)(ct_clock_real_us() / 1000000);
    struct tm utc;
    return gmtime_r(&now, &utc) ? utc.tm_year + 1900 : 1970;
}

/* A line in pieces ended at the end of its file: what the last piece left to the next one. */
static ct_err judge_rest(struct ct_following *w, struct ct_watched *l)
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
static ct_err judge_chunk(struct ct_following *w, struct ct_watched *l, const struct ct_follow_chunk *c)
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

static ct_err take_chunk(struct ct_following *w, const struct ct_follow_chunk *c)
{
    struct ct_detect *d = w->d;
    struct ct_watched *l = ct_following_find(w, c->path);
    if (!l) return CT_OK;
    l->said = CT_OK;
    l->last_ms = ct_clock_mono_ms();
    l->vanished_ms = c->notice && strcmp(c->notice, "vanished") == 0 ? l->last_ms : 0;
    l->there |= c->n > 0;
    bool same = c->after.inode == l->at.inode && c->after.device == l->at.device && c->after.head_n >= l->at.head_n;
    if (!same || (c->after.head_n == l->at.head_n && c->after.head_hash != l->at.head_hash)) l->was = l->at; /* rotated, or cut */
    l->at = c->after;
    if (c->notice) {
        if (!d->opts->quiet) ct_complain("caltrop", "%s: %s", c->path, c->notice);
        CT_TRY(judge_rest(w, l));
        if (!l->vanished_ms && c->n == 0) l->format = (struct ct_format_state){0}; /* a new file: its own directives */
    }
    if (c->n) CT_TRY(judge_chunk(w, l, c));
    CT_TRY(ct_detect_flush(d));
    if (d->state) CT_TRY(ct_state_note(d->state, c->path, &c->after, NULL));
    return CT_OK;
}

/* About one file, or about waiting: told once, until something else happens to it. */
static void complain(struct ct_following *w, ct_err e, const struct ct_fault *fault)
{
    const char *path = ct_follow_failed(w->follow);
    struct ct_watched *l = path ? ct_following_find(w, path) : NULL;
    if (l && l->said == e) return;
    if (l) l->said = e;
    ct_detect_problem(w->d, path ? path : "following", "%s%s%s", ct_err_text(e), *fault->detail ? ": " : "", fault->detail);
}

static ct_err step(struct ct_following *w, struct ct_journal_reader *journal)
{
    struct ct_detect *d = w->d;
    struct ct_follow_chunk chunk;
    struct ct_fault fault = {0};
    ct_err e;
    if (d->herald) CT_TRY(ct_herald_tick(d->herald, ct_clock_mono_ms() * 1000, false));
    ct_detect_outlets_watch(d);
    ct_detect_state_save(d, false);
    if (journal) {
        e = w->n ? ct_detect_journal_wait(journal, 0) : CT_OK; /* learns of new files */
        if (e != CT_OK && e != CT_ERR_AGAIN && e != CT_ERR_INTERRUPTED) return e;
        CT_TRY(ct_detect_journal_read(journal));
    }
    CT_TRY(ct_following_look(w));
    if (w->n == 0 && journal) {
        e = ct_detect_journal_wait(journal, 500);
        return e == CT_ERR_AGAIN ? CT_OK : e;
    }
    if (w->n == 0 && !ct_following_waits(w)) return CT_ERR_END;
    e = ct_follow_next(w->follow, journal ? 100 : 500, &chunk, &fault);
    if (e == CT_OK) return take_chunk(w, &chunk);
    if (e == CT_ERR_AGAIN) return CT_OK;
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_ERR_INTERRUPTED) complain(w, e, &fault);
    return CT_OK;
}

ct_err ct_detect_follow(struct ct_detect *d, const char *const *args, size_t n_args, struct ct_journal_reader *journal)
{
    struct ct_following w;
    ct_err e = ct_following_begin(&w, d, args, n_args);
    if (e == CT_OK && !d->opts->quiet && isatty(STDERR_FILENO) && ct_following_waits(&w))
        ct_complain("caltrop", "following %zu %s from here on; Ctrl-C ends it with a summary", w.n, w.n == 1 ? "log" : "logs");
    while (e == CT_OK && !ct_interrupted()) e = step(&w, journal);
    if (e == CT_ERR_INTERRUPTED || e == CT_ERR_END) e = CT_OK; /* a signal is how following ends; or nothing can be followed */
    d->interrupted = false;
    if (e == CT_OK) ct_detect_state_save(d, true);
    ct_following_end(&w);
    return e;
}
