#include "pipeline/run.h"

#include "base/limits.h"
#include "os/signals.h"
#include "os/thread.h"
#include "pipeline/blocks.h"

#include <pthread.h>
#include <string.h>

/* Parked results keep the workers from waiting for one that met attacks; a large one waits for its turn in its worker. */
enum { WORKERS_MAX = 64, SAMPLED = 50, PARKED = 16, PARKED_MAX = 256 * 1024 };

struct worker {
    struct ct_runner *runner;
    ct_scanner *scanner;
    unsigned char *buffer; /* CT_BLOCK_BUFFER */
    pthread_t thread;
};

/* What a block gave, while blocks before it are still under way. */
struct parked {
    bool full;
    struct ct_reading in;
    struct ct_block_result result;
    ct_arena *kept; /* the result's memory; a spare one when not full */
};

/* One source being run. Reading has a lock of its own, since it may wait for a pipe while others hand over; who holds both
 * took `reading` first. */
struct job {
    const struct ct_run_handlers *handlers;
    struct ct_run_report *report;
    struct ct_fault *fault;
    struct parked *parked;     /* PARKED, of block n at n % PARKED; null: one worker, who never waits */
    unsigned started;          /* workers beside the first: of a plain file at once, else behind the first block */

    pthread_mutex_t reading;   /* guards what follows; and scanning, when the format keeps state */
    struct ct_blocks blocks;
    struct ct_format_state format_state;
    bool stateful, sampled;    /* stateful: the first worker does all */

    pthread_mutex_t lock;      /* guards what follows, the parked, the report, and calls of handlers */
    pthread_cond_t turn;
    uint64_t next_settle;
    uint64_t settled, lines;   /* up to where all was handed over, at the start of a line; lines before it */
    struct ct_counted counted;
    ct_err err;                /* the first error */
    bool over;                 /* nothing more is read or handed over */
};

struct ct_runner {
    const struct ct_alloc *alloc;
    struct worker workers[WORKERS_MAX];
    unsigned n;
    struct job *job;
    int year;
    unsigned char *carry;
    struct parked parked[PARKED];
};

void ct_runner_free(ct_runner *r)
{
    if (!r) return;
    for (unsigned i = 0; i < r->n; i++) {
        ct_scanner_free(r->workers[i].scanner);
        ct_alloc_put(r->alloc, r->workers[i].buffer, CT_BLOCK_BUFFER);
    }
    for (unsigned i = 0; i < PARKED; i++) ct_arena_free(r->parked[i].kept);
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
        *w = (struct worker){.runner = r, .buffer = ct_alloc_get(alloc, CT_BLOCK_BUFFER)};
        e = w->buffer ? ct_scanner_new(alloc, opts, &w->scanner) : CT_ERR_NOMEM;
    }
    for (unsigned i = 0; i < PARKED && e == CT_OK && workers > 1; i++) e = ct_scanner_spare(alloc, &r->parked[i].kept);
    if (e != CT_OK) {
        ct_runner_free(r);
        return e;
    }
    *ret_runner = r;
    return CT_OK;
}

/* Called under `lock`. */
static bool stopped(struct job *j)
{
    const ct_source *s = j->blocks.source;
    return j->over || j->handlers->between(j->handlers->ctx, ct_source_consumed(s), ct_source_size(s));
}

static bool stopped_before_reading(void *ctx)
{
    struct job *j = ctx;
    (void)pthread_mutex_lock(&j->lock);
    bool stop = stopped(j);
    (void)pthread_mutex_unlock(&j->lock);
    return stop;
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
static ct_err settle(struct job *j, const struct ct_reading *in, struct ct_block_result *result)
{
    bool last = result->next == in->block.bytes.n;
    ct_scanner_count_once(&j->counted, &in->block, result);
    CT_TRY(hand_over(j->handlers, result, j->lines));
    j->lines += result->tally.lines + (last && in->unended && !in->cut);
    j->settled = last ? in->again : in->block.offset + result->next;
    result->tally.lines += last && in->unended; /* a line too, also when it will be read again */
    if (in->block.goes_on) result->tally.bytes -= CT_WINDOW_OVERLAP; /* the next block counts them */
    ct_tally_merge(&j->report->tally, &result->tally);
    if (!last || !in->ended) return stopped(j) ? CT_ERR_INTERRUPTED : CT_OK;
    j->report->cut |= in->cut;
    if (in->why != CT_ERR_END && j->fault) *j->fault = in->fault;
    return in->why;
}

/* Called under `lock`, when it is the block's turn. An error of the scanner or a handler, or the end, is the last that counts. */
static void settle_or_stop(struct job *j, const struct ct_reading *in, struct ct_block_result *result, ct_err e)
{
    if (j->over) return; /* what is not settled is read again by a later run */
    if (e == CT_OK) e = settle(j, in, result);
    if (e == CT_OK) return;
    j->over = true;
    if (e != CT_ERR_END) j->err = e;
}

/* The next block's turn, and that of those parked behind it. Called under `lock`. */
static void pass_turn(struct job *j)
{
    j->next_settle++;
    for (struct parked *p; j->parked && (p = &j->parked[j->next_settle % PARKED])->full; j->next_settle++) {
        settle_or_stop(j, &p->in, &p->result, CT_OK);
        ct_arena_clear(p->kept);
        p->full = false;
    }
    (void)pthread_cond_broadcast(&j->turn);
}

/* Leaves a result to whoever settles the block before it. Called under `lock`. */
static bool park(struct job *j, struct worker *w, const struct ct_reading *in, const struct ct_block_result *result)
{
    uint64_t ahead = in->number - j->next_settle;
    if (!j->parked || ahead == 0 || ahead >= PARKED || result->next < in->block.bytes.n) return false;
    struct parked *p = &j->parked[in->number % PARKED];
    if (!ct_scanner_swap(w->scanner, PARKED_MAX, &p->kept)) return false;
    p->full = true;
    p->in = *in;
    p->result = *result;
    return true;
}

/* Scans a block and hands over what it gives, in parts where that is more than should wait at once. Called under `reading`
 * when the format keeps state (then no other block is under way), else without a lock. */
static void scan_block(struct job *j, struct worker *w, struct ct_format_state *state, const struct ct_reading *in)
{
    struct ct_block_result result = {0};
    bool go_on = true;
    while (go_on) {
        ct_err e = ct_scanner_block(w->scanner, state, &in->block, result.next, &result);
        (void)pthread_mutex_lock(&j->lock);
        if (e == CT_OK && park(j, w, in, &result)) {
            go_on = false;
        } else {
            while (j->next_settle != in->number) (void)pthread_cond_wait(&j->turn, &j->lock);
            settle_or_stop(j, in, &result, e);
            go_on = !j->over && result.next < in->block.bytes.n;
            if (!go_on) pass_turn(j);
        }
        (void)pthread_mutex_unlock(&j->lock);
        ct_scanner_forget(w->scanner);
    }
}

/* The formats of the first lines. Called under `reading`, before any other block. */
static void sample(struct job *j, struct worker *w, ct_str bytes)
{
    struct ct_format_state scratch = {.year = w->runner->year};
    struct ct_tally tally = {0};
    ct_err e = ct_scanner_sample(w->scanner, &scratch, bytes, SAMPLED, &tally, &j->stateful);
    j->sampled = true;
    (void)pthread_mutex_lock(&j->lock);
    if (e != CT_OK) j->err = e;
    j->over |= e != CT_OK;
    ct_tally_merge(&j->report->tally, &tally);
    (void)pthread_mutex_unlock(&j->lock);
}

static bool is_over(struct job *j)
{
    (void)pthread_mutex_lock(&j->lock);
    bool over = j->over;
    (void)pthread_mutex_unlock(&j->lock);
    return over;
}

static void *work(void *arg);

/* As many as find one of `blocks` to scan: a source of one block costs no thread. */
static void start_others(ct_runner *r, struct job *j, uint64_t blocks)
{
    unsigned n = blocks < r->n - 1 ? (unsigned)blocks : r->n - 1;
    for (struct worker *w = &r->workers[1]; j->started < n; w++, j->started++)
        if (ct_thread_beside(&w->thread, work, w) != 0) break; /* fewer will do */
}

/* Memory comes page by page when it is touched: better while the first worker reads than while others wait for a block. */
static void touch(unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i += 4096) ((volatile unsigned char *)p)[i] = 0;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct job *j = w->runner->job;
    bool first = w == w->runner->workers;
    if (!first) touch(w->buffer, CT_BLOCK_BUFFER);
    for (bool more = true; more;) {
        struct ct_reading in;
        (void)pthread_mutex_lock(&j->reading);
        more = !is_over(j) && (first || !j->stateful) && ct_blocks_next(&j->blocks, w->buffer, &in);
        if (more && !j->sampled) sample(j, w, in.block.bytes);
        bool serial = j->stateful;
        if (!serial) (void)pthread_mutex_unlock(&j->reading);
        if (more && in.number == 0 && !in.ended && !serial && !j->blocks.apart) start_others(w->runner, j, UINT64_MAX);
        if (more) ct_blocks_load(&j->blocks, w->buffer, &in);
        if (more) scan_block(j, w, serial ? &j->format_state : NULL, &in);
        if (serial) (void)pthread_mutex_unlock(&j->reading);
    }
    return NULL;
}

/* To `left` bytes further on, by the shortest way. */
static ct_err pass_over(struct worker *w, ct_source *source, uint64_t offset, uint64_t left, struct ct_fault *fault)
{
    if (left && ct_source_is_plain(source)) return ct_source_seek(source, offset + left);
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
    sigset_t before;
    (void)pthread_mutex_init(&j->reading, NULL);
    (void)pthread_mutex_init(&j->lock, NULL);
    (void)pthread_cond_init(&j->turn, NULL);
    ct_ending_signals(SIG_BLOCK, &before); /* until somebody waits for input or writes: then they end that */
    r->job = j;
    const ct_source *source = j->blocks.source;
    uint64_t size = ct_source_size(source), at = ct_source_consumed(source);
    if (j->blocks.apart && size > at) start_others(r, j, (size - at - 1) / CT_BLOCK);
    (void)work(&r->workers[0]);
    for (unsigned i = 1; i <= j->started; i++) (void)pthread_join(r->workers[i].thread, NULL);
    r->job = NULL;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_cond_destroy(&j->turn);
    (void)pthread_mutex_destroy(&j->lock);
    (void)pthread_mutex_destroy(&j->reading);
}

ct_err ct_run_source(ct_runner *r, ct_source *source, ct_str name, const struct ct_run_from *from,
                     const struct ct_run_handlers *handlers, struct ct_run_report *report, struct ct_fault *fault)
{
    struct job j = {.handlers = handlers, .report = report, .fault = fault, .parked = r->n > 1 ? r->parked : NULL,
                    .settled = from->offset, .lines = from->line};
    j.blocks = (struct ct_blocks){.source = source, .name = name, .stop = stopped_before_reading, .ctx = &j, .carry = r->carry,
                                  .offset = from->offset, .whole_lines = from->whole_lines,
                                  .apart = r->n > 1 && ct_source_is_plain(source)};
    *report = (struct ct_run_report){.next = *from};
    j.format_state.year = r->year;
    if (from->offset) {
        uint64_t size = from->ended && from->offset > CT_BLOCK ? CT_BLOCK : from->offset;
        ct_err e = ct_run_learn(r, source, size, &j.format_state, &j.stateful, &report->tally, fault);
        report->ended = e == CT_OK && from->ended;
        if (e != CT_OK) return e == CT_ERR_END ? CT_OK : e; /* shorter than it was: nothing new */
        if (from->ended) return CT_OK;
        j.sampled = true;
    }
    run_workers(r, &j);
    report->next.offset = j.settled;
    report->next.line = j.lines;
    report->ended = j.err == CT_OK && !report->cut;
    return j.err;
}

ct_err ct_run_block(ct_runner *r, const struct ct_block *block, uint64_t lines_before, struct ct_format_state *state,
                    struct ct_counted *counted, const struct ct_run_handlers *handlers, struct ct_tally *tally)
{
    ct_scanner *s = r->workers[0].scanner;
    struct ct_block_result result = {0};
    ct_err e;
    do {
        e = ct_scanner_block(s, state, block, result.next, &result);
        if (e == CT_OK && counted) ct_scanner_count_once(counted, block, &result);
        if (e == CT_OK) e = hand_over(handlers, &result, lines_before);
        if (e == CT_OK) ct_tally_merge(tally, &result.tally);
        lines_before += result.tally.lines;
        ct_scanner_forget(s);
    } while (e == CT_OK && result.next < block->bytes.n);
    return e;
}
