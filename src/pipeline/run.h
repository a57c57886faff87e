/* Running a source through scanners: blocks are cut in turn, scanned by several threads, and settled in order.
 *
 * Handlers are called by one thread at a time, in the order of the source, whichever worker found what. Decompressing is
 * serial under a lock; reading a plain file and scanning are parallel (blocks.h). A source whose format keeps state between lines is scanned
 * serially. What a pipe has is scanned when it comes, not when a block is full. SIGINT, SIGTERM and SIGHUP reach whoever reads, so
 * that a wait for a pipe ends.
 */
#ifndef CT_PIPELINE_RUN_H
#define CT_PIPELINE_RUN_H

#include "logs/source.h"
#include "pipeline/scan.h"

struct ct_run_handlers {
    void *ctx;
    /* f is valid during the call; its attempt.line counts from 1 within the source. An error ends the run. */
    ct_err (*finding)(void *ctx, const struct ct_finding *f);
    void (*sighting)(void *ctx, const struct ct_sighting *s);
    /* Before each reading and after each block; true ends the run with CT_ERR_INTERRUPTED. May be called by any worker. */
    bool (*between)(void *ctx, uint64_t consumed, uint64_t size);
};

struct ct_run_from {
    uint64_t offset, line;   /* where to begin, and the lines before it */
    bool whole_lines;        /* leave a last line without newline for the next run; one that an error of the source cuts off
                                is judged, and read again by the next run */
    bool ended;              /* nothing lies behind the offset: only what format it has is looked at */
};

struct ct_run_report {
    struct ct_tally tally;
    struct ct_run_from next; /* where a later run goes on */
    bool cut;                /* the last line had no newline and was left */
    bool ended;              /* the source came to its end, and nothing of it was left */
};

typedef struct ct_runner ct_runner;
CT_MUST_USE ct_err ct_runner_new(const struct ct_alloc *alloc, const struct ct_scan_opts *opts, unsigned workers, ct_runner **ret_runner);
void ct_runner_free(ct_runner *r);
/* name: the source's name in events. What was read before an error has been handled; the report is filled in either way. */
CT_MUST_USE ct_err ct_run_source(ct_runner *r, ct_source *source, ct_str name, const struct ct_run_from *from,
                                 const struct ct_run_handlers *handlers, struct ct_run_report *report, struct ct_fault *fault);
/* One block that is already in memory (following, the journal). state: of the source, null for none; counted: where its
 * lines may come in pieces. */
CT_MUST_USE ct_err ct_run_block(ct_runner *r, const struct ct_block *block, uint64_t lines_before, struct ct_format_state *state,
                                struct ct_counted *counted, const struct ct_run_handlers *handlers, struct ct_tally *tally);
/* Passes over the first `size` bytes of a source, learning what they say about the lines behind them: *ret_stateful when its
 * format keeps state, and then state. CT_ERR_END: the source is shorter. */
CT_MUST_USE ct_err ct_run_learn(ct_runner *r, ct_source *source, uint64_t size, struct ct_format_state *state, bool *ret_stateful,
                                struct ct_tally *tally, struct ct_fault *fault);

#endif
