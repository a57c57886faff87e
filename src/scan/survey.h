/* A scan of file trees from end to end: walk, inspect side by side, judge what lay loose, fill the report.
 *
 * Threads live only as long as the call. A stop asked for (SIGINT) ends it soon; what was found until then stands in the
 * report, which then calls itself interrupted.
 */
#ifndef CT_SCAN_SURVEY_H
#define CT_SCAN_SURVEY_H

#include "scan/inspect.h"
#include "scan/walk.h"

struct ct_survey_progress {
    uint64_t files, bytes, found; /* so far */
    double done;                  /* 0 to 1, an estimate */
};

struct ct_survey_opts {
    const char *const *roots;     /* as the user named them */
    size_t n_roots;
    const char *const *exclude;
    size_t n_exclude;
    bool include_network;
    bool whole_host;              /* "/", asked for by naming nothing */
    unsigned jobs;                /* 1 to 64 */
    uint64_t files_per_second, bytes_per_second; /* 0: as fast as it goes */
    struct ct_inspect_opts inspect;              /* stop is set by the survey itself */
    /* Called by the calling thread some times a second; true: stop. May be null. */
    bool (*between)(void *ctx, const struct ct_survey_progress *p);
    void *ctx;
};

/* Fails with CT_ERR_NOMEM only. The report is not finished: others (processes) may add to it. links: inodes with several names,
 * for ct_scan_report_finish; initialised here, the caller ends it. */
CT_MUST_USE ct_err ct_survey_run(const struct ct_alloc *alloc, const struct ct_survey_opts *opts, ct_scan_report *report,
                                 struct ct_seen *ret_links);

#endif
