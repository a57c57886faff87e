#include "pipeline/run.h"

#include "base/limits.h"

#include <pthread.h>
#include <string.h>

enum { WORKERS_MAX = 64, SAMPLED = 50 };

struct worker {
    struct ct_runner *runner;
    ct_scanner *scanner;
    unsigned char *buffer; /* CT_BLOCK */
    pthread_t thread;
};

/* One source being run. Everything below `lock` is guarded by it. */
struct job {
    ct_source *source;
    ct_str name;
    const struct ct_run_handlers *handlers;
    struct ct_run_report *report;
    struct ct_fault *fault;
    bool whole_lines;
    struct ct_format_state format_state;
    bool stateful;

    pthread_mutex_t lock;
    pthread_cond_t turn;
    unsigned char *carry;      /* the start of a line whose end has not been read */
    size_t carry_n;
    uint64_t offset, lines;    /* of the next block to read; lines settled so far */
    uint64_t skip;             /* bytes to pass over first */
    uint64_t next_read, next_settle;
    bool continues, ended, sampled;
    ct_err err;                /* the first error; everybody stops */
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

/* Fills the worker's buffer with whole lines. Called under the lock. False: nothing left. */
static bool read_block(struct job *j, struct worker *w, struct ct_block *ret_block, bool *ret_unended)
{
    size_t n = j->carry_n;
    if (j->ended || j->err != CT_OK) return false;
    if (n) memcpy(w->buffer, j->carry, n);
    while (n < CT_BLOCK) {
        size_t got = 0;
        ct_err e = ct_source_read(j->source, w->buffer + n, CT_BLOCK - n, &got, j->fault);
        if (e != CT_OK) { /* what came before an error is still judged */
            j->ended = true;
            if (e != CT_ERR_END) j->err = e;
            break;
        }
        if (j->skip >= got) {
            j->skip -= got;
            continue;
        }
        if (j->skip) {
            memmove(w->buffer + n, w->buffer + n + j->skip, got - (size_t)j->skip);
            got -= (size_t)j->skip;
            j->skip = 0;
        }
        n += got;
    }
    if (n == 0) return false;

    const unsigned char *nl = memrchr(w->buffer, '\n', n);
    size_t whole = nl ? (size_t)(nl - w->buffer) + 1 : 0, take = n;
    *ret_unended = false;
    if (j->ended) {
        *ret_unended = whole < n;
        if (whole < n && j->whole_lines) {
            j->report->cut = true;
            take = whole;
            *ret_unended = false;
            if (take == 0) return false;
        }
        j->carry_n = 0;
    } else if (whole) {
        take = whole;
        j->carry_n = n - whole;
        memcpy(j->carry, w->buffer + whole, j->carry_n);
    } else { /* a line longer than the block: the next block repeats its tail, so that no attack is cut in two */
        j->carry_n = CT_WINDOW_OVERLAP;
        memcpy(j->carry, w->buffer + n - CT_WINDOW_OVERLAP, CT_WINDOW_OVERLAP);
    }
    *ret_block = (struct ct_block){j->name, {w->buffer, take}, j->offset, j->continues};
    j->continues = !whole && !j->ended;
    j->offset += take - (j->continues ? CT_WINDOW_OVERLAP : 0);
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

/* Waits for its turn and hands a block's result over. Called under the lock. */
static void settle(struct job *j, uint64_t number, ct_err e, struct ct_block_result *result, bool unended)
{
    while (j->next_settle != number) pthread_cond_wait(&j->turn, &j->lock);
    if (e == CT_OK) {
        e = hand_over(j->handlers, result, j->lines);
        result->tally.lines += unended;
        j->lines += result->tally.lines;
        ct_tally_merge(&j->report->tally, &result->tally);
    }
    if (j->handlers->between(j->handlers->ctx, ct_source_consumed(j->source), ct_source_size(j->source)) && e == CT_OK)
        e = CT_ERR_INTERRUPTED;
    if (e != CT_OK && (j->err == CT_OK || e == CT_ERR_INTERRUPTED)) j->err = e;
    j->next_settle++;
    pthread_cond_broadcast(&j->turn);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct job *j = w->runner->job;
    pthread_mutex_lock(&j->lock);
    for (;;) {
        struct ct_block block;
        struct ct_block_result result = {0};
        bool unended;
        ct_err e = CT_OK;
        if (!read_block(j, w, &block, &unended)) break;
        uint64_t number = j->next_read++;
        if (!j->sampled) {
            struct ct_format_state scratch = {.year = w->runner->year};
            e = ct_scanner_sample(w->scanner, &scratch, block.bytes, SAMPLED, &j->report->tally, &j->stateful);
            j->sampled = true;
        }
        bool serial = j->stateful;
        if (!serial) pthread_mutex_unlock(&j->lock);
        if (e == CT_OK) e = ct_scanner_block(w->scanner, &j->format_state, serial, &block, &result);
        if (!serial) pthread_mutex_lock(&j->lock);
        settle(j, number, e, &result, unended);
        ct_scanner_forget(w->scanner);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

ct_err ct_run_source(ct_runner *r, ct_source *source, ct_str name, const struct ct_run_from *from,
                     const struct ct_run_handlers *handlers, struct ct_run_report *report, struct ct_fault *fault)
{
    struct job j = {.source = source, .name = name, .handlers = handlers, .report = report, .fault = fault, .carry = r->carry,
                    .offset = from->offset, .lines = from->line, .skip = from->offset, .whole_lines = from->whole_lines};
    *report = (struct ct_run_report){0};
    j.format_state.year = r->year;
    pthread_mutex_init(&j.lock, NULL);
    pthread_cond_init(&j.turn, NULL);
    r->job = &j;
    unsigned started = 0;
    for (unsigned i = 1; i < r->n; i++) {
        if (pthread_create(&r->workers[i].thread, NULL, work, &r->workers[i]) != 0) break; /* fewer will do */
        started = i;
    }
    (void)work(&r->workers[0]);
    for (unsigned i = 1; i <= started; i++) pthread_join(r->workers[i].thread, NULL);
    r->job = NULL;
    report->next = (struct ct_run_from){j.offset, j.lines, from->whole_lines};
    pthread_cond_destroy(&j.turn);
    pthread_mutex_destroy(&j.lock);
    return j.err;
}

ct_err ct_run_chunk(ct_runner *r, const struct ct_block *block, uint64_t lines_before, struct ct_format_state *state,
                    const struct ct_run_handlers *handlers, struct ct_tally *tally)
{
    struct ct_block_result result;
    ct_scanner *s = r->workers[0].scanner;
    ct_err e = ct_scanner_block(s, state, state != NULL, block, &result);
    if (e == CT_OK) e = hand_over(handlers, &result, lines_before);
    if (e == CT_OK) ct_tally_merge(tally, &result.tally);
    ct_scanner_forget(s);
    return e;
}
