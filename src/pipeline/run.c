#include "pipeline/run.h"

#include "base/limits.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS_MAX = 64, SAMPLED = 50 };

struct worker {
    struct ct_runner *runner;
    ct_scanner *scanner;
    unsigned char *buffer; /* CT_BLOCK */
    pthread_t thread;
};

/* One source being run. Reading has a lock of its own, since it may wait for a pipe while others hand over; who holds both
 * took `reading` first. */
struct job {
    ct_source *source;
    ct_str name;
    const struct ct_run_handlers *handlers;
    struct ct_run_report *report;
    struct ct_fault *fault;
    bool whole_lines, pipe;

    pthread_mutex_t reading;   /* guards what follows; and scanning, when the format keeps state */
    struct ct_format_state format_state;
    bool stateful, sampled, continues, ended;
    unsigned char *carry;      /* the start of a line whose end has not been read */
    size_t carry_n;
    uint64_t offset, line_offset; /* of the next block to read; of the line it continues */
    uint64_t next_read;

    pthread_mutex_t lock;      /* guards what follows, the report, and calls of handlers */
    pthread_cond_t turn;
    uint64_t next_settle;
    uint64_t settled, lines;   /* up to where all was handed over, at the start of a line; lines before it */
    ct_err err;                /* the first error; nobody reads on */
    bool failed;               /* and nothing more is handed over */
};

/* What read_block gives out. */
struct reading {
    struct ct_block block;
    uint64_t number;
    uint64_t again;            /* where a later run starts once this block is settled */
    bool unended;              /* its last line has no newline ... */
    bool cut;                  /* ... and will be read again */
};

struct ct_runner {
    const struct ct_alloc *alloc;
    struct worker workers[WORKERS_MAX];
    unsigned n;
    struct job *job;
    int year;
    unsigned char *carry;
};

void ct_runner_free(ct_runner *r)
{
    if (!r) return;
    for (unsigned i = 0; i < r->n; i++) {
        ct_scanner_free(r->workers[i].scanner);
        ct_alloc_put(r->alloc, r->workers[i].buffer, CT_BLOCK);
    }
    ct_alloc_put(r->alloc, r->carry, CT_BLOCK);
    ct_alloc_put(r->alloc, r, sizeof *r);
}

ct_err ct_runner_new(const struct ct_alloc *alloc, const struct ct_scan_opts *opts, unsigned workers, ct_runner **ret_runner)
{
    ct_runner *r = ct_alloc_get(alloc, sizeof *r);
    if (!r) return CT_ERR_NOMEM;
    *r = (ct_runner){.alloc = alloc, .year = opts->year, .carry = ct_alloc_get(alloc, CT_BLOCK)};
    ct_err e = r->carry ? CT_OK : CT_ERR_NOMEM;
    if (workers < 1) workers = 1;
    if (workers > WORKERS_MAX) workers = WORKERS_MAX;
    while (e == CT_OK && r->n < workers) {
        struct worker *w = &r->workers[r->n++];
        *w = (struct worker){.runner = r, .buffer = ct_alloc_get(alloc, CT_BLOCK)};
        e = w->buffer ? ct_scanner_new(alloc, opts, &w->scanner) : CT_ERR_NOMEM;
    }
    if (e != CT_OK) {
        ct_runner_free(r);
        return e;
    }
    *ret_runner = r;
    return CT_OK;
}

/* SIGINT and SIGTERM wait until somebody reads: then they end a read that waits. */
static void let_signals(int how)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)pthread_sigmask(how, &set, NULL);
}

/* Called under `lock`. */
static bool stopped(struct job *j)
{
    return j->handlers->between(j->handlers->ctx, ct_source_consumed(j->source), ct_source_size(j->source));
}

static bool stopped_before_reading(struct job *j)
{
    (void)pthread_mutex_lock(&j->lock);
    bool stop = stopped(j);
    (void)pthread_mutex_unlock(&j->lock);
    return stop;
}

/* The first error stands. */
static ct_err note_error(struct job *j, ct_err e, bool failed)
{
    (void)pthread_mutex_lock(&j->lock);
    if (j->err == CT_OK) j->err = e;
    j->failed |= failed;
    e = j->err;
    (void)pthread_mutex_unlock(&j->lock);
    return e;
}

/* Bytes behind the carried ones, until the block is full, the source ends, or a pipe has whole lines to look at. */
static size_t fill(struct job *j, unsigned char *buffer, size_t n, ct_err *ret_why)
{
    let_signals(SIG_UNBLOCK);
    while (n < CT_BLOCK) {
        size_t got = 0;
        ct_err e = stopped_before_reading(j) ? CT_ERR_INTERRUPTED : ct_source_read(j->source, buffer + n, CT_BLOCK - n, &got, j->fault);
        if (e != CT_OK) { /* what came before an error is still judged */
            j->ended = true;
            *ret_why = e;
            break;
        }
        n += got;
        if (j->pipe && memchr(buffer + n - got, '\n', got)) break;
    }
    let_signals(SIG_BLOCK);
    return n;
}

/* Fills the worker's buffer with whole lines. Called under `reading`. False: nothing left. */
static bool read_block(struct job *j, struct worker *w, struct reading *ret_reading)
{
    ct_err why = CT_OK;
    if (j->ended || note_error(j, CT_OK, false) != CT_OK) return false;
    if (j->carry_n) memcpy(w->buffer, j->carry, j->carry_n);
    size_t n = fill(j, w->buffer, j->carry_n, &why);
    if (j->ended && why != CT_ERR_END) (void)note_error(j, why, false);
    const unsigned char *nl = n ? memrchr(w->buffer, '\n', n) : NULL;
    size_t whole = nl ? (size_t)(nl - w->buffer) + 1 : 0, take = n;
    bool piece = !j->ended && whole == 0, cut = j->ended && whole < n && j->whole_lines;
    j->carry_n = 0;
    if (piece) { /* a line longer than the block: the next one repeats its tail, so that no attack is cut in two */
        j->carry_n = CT_WINDOW_OVERLAP;
    } else if (!j->ended) {
        j->carry_n = n - whole;
        take = whole;
    } else if (cut) { /* a line that is still being written; but what an error cuts off may never come again */
        j->report->cut = true;
        if (why == CT_ERR_END || why == CT_ERR_INTERRUPTED) take = whole;
    }
    if (take == 0) return false;
    if (j->carry_n) memcpy(j->carry, w->buffer + n - j->carry_n, j->carry_n);
    uint64_t line_offset = j->continues ? j->line_offset : j->offset;
    *ret_reading = (struct reading){
        .block = {.source = j->name, .bytes = {w->buffer, take}, .offset = j->offset, .line_offset = line_offset,
                  .continues = j->continues, .goes_on = piece},
        .number = j->next_read++,
        .again = piece || (cut && whole == 0) ? line_offset : j->offset + (cut ? whole : take),
        .unended = j->ended && whole < take,
        .cut = cut,
    };
    j->line_offset = line_offset;
    j->continues = piece;
    j->offset += take - (piece ? CT_WINDOW_OVERLAP : 0);
    return true;
}

static ct_err hand_over(const struct ct_run_handlers *h, const struct ct_block_result *r, uint64_t lines_before)
{
    for (size_t i = 0; i < r->n_sightings; i++) h->sighting(h->ctx, &r->sightings[i]);
    for (struct ct_finding *f = r->first; f; f = f->next) {
        f->attempt.line += lines_before;
        CT_TRY(h->finding(h->ctx, f));
    }
    return CT_OK;
}

/* Hands over what a part of a block gave. Called under `lock`, at the block's turn. */
static ct_err settle(struct job *j, const struct reading *in, struct ct_block_result *result)
{
    bool last = result->next == in->block.bytes.n;
    CT_TRY(hand_over(j->handlers, result, j->lines));
    j->lines += result->tally.lines + (last && in->unended && !in->cut);
    j->settled = last ? in->again : in->block.offset + result->next;
    result->tally.lines += last && in->unended; /* a line too, also when it will be read again */
    if (in->block.goes_on) result->tally.bytes -= CT_WINDOW_OVERLAP; /* the next block counts them */
    ct_tally_merge(&j->report->tally, &result->tally);
    return stopped(j) ? CT_ERR_INTERRUPTED : CT_OK;
}

/* Scans a block and hands over what it gives, in parts where that is more than should wait at once. Called under `reading`
 * when the format keeps state (then no other block is under way), else without a lock. */
static void scan_block(struct job *j, struct worker *w, struct ct_format_state *state, const struct reading *in)
{
    struct ct_block_result result = {0};
    bool go_on;
    do {
        ct_err e = ct_scanner_block(w->scanner, state, &in->block, result.next, &result);
        (void)pthread_mutex_lock(&j->lock);
        while (j->next_settle != in->number) (void)pthread_cond_wait(&j->turn, &j->lock);
        if (e == CT_OK && !j->failed) e = settle(j, in, &result); /* what is not settled is read again by a later run */
        if (e != CT_OK && (j->err == CT_OK || j->err == CT_ERR_INTERRUPTED || e != CT_ERR_INTERRUPTED)) j->err = e;
        j->failed |= e != CT_OK;
        go_on = !j->failed && result.next < in->block.bytes.n;
        if (!go_on) j->next_settle++;
        (void)pthread_cond_broadcast(&j->turn);
        (void)pthread_mutex_unlock(&j->lock);
        ct_scanner_forget(w->scanner);
    } while (go_on);
}

/* The formats of the first lines. */
static void sample(struct job *j, struct worker *w, ct_str bytes)
{
    struct ct_format_state scratch = {.year = w->runner->year};
    struct ct_tally tally = {0};
    ct_err e = ct_scanner_sample(w->scanner, &scratch, bytes, SAMPLED, &tally, &j->stateful);
    j->sampled = true;
    (void)note_error(j, e, e != CT_OK);
    (void)pthread_mutex_lock(&j->lock);
    ct_tally_merge(&j->report->tally, &tally);
    (void)pthread_mutex_unlock(&j->lock);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct job *j = w->runner->job;
    for (bool more = true; more;) {
        struct reading in;
        (void)pthread_mutex_lock(&j->reading);
        more = read_block(j, w, &in);
        if (more && !j->sampled) sample(j, w, in.block.bytes);
        bool serial = j->stateful;
        if (!serial) (void)pthread_mutex_unlock(&j->reading);
        if (more) scan_block(j, w, serial ? &j->format_state : NULL, &in);
        if (serial) (void)pthread_mutex_unlock(&j->reading);
    }
    return NULL;
}

/* To `left` bytes further on, by the shortest way. */
static ct_err pass_over(struct worker *w, ct_source *source, uint64_t offset, uint64_t left, struct ct_fault *fault)
{
    int fd = ct_source_plain_fd(source);
    if (left && fd >= 0 && lseek(fd, (off_t)(offset + left), SEEK_SET) >= 0) return CT_OK;
    while (left) {
        size_t got = 0;
        CT_TRY(ct_source_read(source, w->buffer, left < CT_BLOCK ? (size_t)left : CT_BLOCK, &got, fault));
        left -= got;
    }
    return CT_OK;
}

ct_err ct_run_learn(ct_runner *r, ct_source *source, uint64_t size, struct ct_format_state *state, bool *ret_stateful,
                    struct ct_tally *tally, struct ct_fault *fault)
{
    struct worker *w = &r->workers[0];
    bool stateful = false, sampled = false;
    size_t have = 0;
    uint64_t at = 0;
    while (at < size && (stateful || !sampled)) {
        size_t got = 0, room = CT_BLOCK - have;
        CT_TRY(ct_source_read(source, w->buffer + have, room < size - at ? room : (size_t)(size - at), &got, fault));
        at += got;
        have += got;
        if (have < CT_BLOCK && at < size) continue;
        if (!sampled) {
            struct ct_format_state scratch = {.year = r->year};
            CT_TRY(ct_scanner_sample(w->scanner, &scratch, (ct_str){w->buffer, have}, SAMPLED, tally, &stateful));
            sampled = true;
        }
        const unsigned char *nl = memrchr(w->buffer, '\n', have);
        size_t whole = nl ? (size_t)(nl - w->buffer) + 1 : have;
        if (stateful) ct_scanner_note(state, (ct_str){w->buffer, whole});
        memmove(w->buffer, w->buffer + whole, have - whole);
        have -= whole;
    }
    CT_TRY(pass_over(w, source, at, size - at, fault));
    *ret_stateful = stateful;
    return CT_OK;
}

static void run_workers(ct_runner *r, struct job *j)
{
    unsigned started = 0;
    sigset_t before;
    (void)pthread_mutex_init(&j->reading, NULL);
    (void)pthread_mutex_init(&j->lock, NULL);
    (void)pthread_cond_init(&j->turn, NULL);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &before);
    let_signals(SIG_BLOCK);
    r->job = j;
    for (unsigned i = 1; i < r->n; i++) {
        if (pthread_create(&r->workers[i].thread, NULL, work, &r->workers[i]) != 0) break; /* fewer will do */
        started = i;
    }
    (void)work(&r->workers[0]);
    for (unsigned i = 1; i <= started; i++) (void)pthread_join(r->workers[i].thread, NULL);
    r->job = NULL;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_cond_destroy(&j->turn);
    (void)pthread_mutex_destroy(&j->lock);
    (void)pthread_mutex_destroy(&j->reading);
}

ct_err ct_run_source(ct_runner *r, ct_source *source, ct_str name, const struct ct_run_from *from,
                     const struct ct_run_handlers *handlers, struct ct_run_report *report, struct ct_fault *fault)
{
    struct job j = {.source = source, .name = name, .handlers = handlers, .report = report, .fault = fault, .carry = r->carry,
                    .offset = from->offset, .settled = from->offset, .lines = from->line, .whole_lines = from->whole_lines,
                    .pipe = ct_source_size(source) == 0};
    *report = (struct ct_run_report){.next = *from};
    j.format_state.year = r->year;
    if (from->offset) {
        ct_err e = ct_run_learn(r, source, from->offset, &j.format_state, &j.stateful, &report->tally, fault);
        if (e != CT_OK) return e == CT_ERR_END ? CT_OK : e; /* shorter than it was: nothing new */
        j.sampled = true;
    }
    run_workers(r, &j);
    report->next.offset = j.settled;
    report->next.line = j.lines;
    return j.err;
}

ct_err ct_run_block(ct_runner *r, const struct ct_block *block, uint64_t lines_before, struct ct_format_state *state,
                    const struct ct_run_handlers *handlers, struct ct_tally *tally)
{
    ct_scanner *s = r->workers[0].scanner;
    struct ct_block_result result = {0};
    ct_err e;
    do {
        e = ct_scanner_block(s, state, block, result.next, &result);
        if (e == CT_OK) e = hand_over(handlers, &result, lines_before);
        if (e == CT_OK) ct_tally_merge(tally, &result.tally);
        lines_before += result.tally.lines;
        ct_scanner_forget(s);
    } while (e == CT_OK && result.next < block->bytes.n);
    return e;
}
