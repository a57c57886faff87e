/* One detection run: what was asked for, what was found, what could not be read. Shared by `detect` and `up`. */
#ifndef CT_CLI_DETECT_H
#define CT_CLI_DETECT_H

#include "campaign/campaign.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "logs/follow.h"
#include "outlet/outlet.h"
#include "pipeline/contacts.h"
#include "pipeline/herald.h"
#include "pipeline/run.h"

#include <stdio.h>

enum ct_output { CT_OUTPUT_TABLE, CT_OUTPUT_ECS, CT_OUTPUT_CSV, CT_OUTPUT_SARIF };

enum { CT_OUTLETS_MAX = 8, CT_CIDRS_MAX = 64, CT_PROBLEMS_MAX = 200 };

struct ct_detect_opts {
    struct ct_scan_opts scan;
    struct ct_cidr trusted[CT_CIDRS_MAX];
    enum ct_output output;
    bool no_header, verbose, quiet, follow, journal;
    unsigned jobs;
    const char *state, *indicators, *callbacks, *own_scanners, *data_dir, *ca_file, *token_file, *journal_dir;
    const char *outlets[CT_OUTLETS_MAX];
    size_t n_outlets;
    ct_err (*keep)(void *ctx, const struct ct_attempt *a); /* null: nobody keeps them */
    void *keep_ctx;
};

struct ct_indicator_set; /* callback hosts, each once; src/cli/indicators.c */

/* Positions that could not be written. That ends nothing: a disk fills up on just such a day. */
struct ct_unsaved {
    int64_t since_ms, told_ms; /* since_ms 0: all is written */
};

struct ct_detect {
    const struct ct_detect_opts *opts;
    ct_runner *runner;
    ct_campaigns *campaigns;
    struct ct_indicator_set *indicators;
    struct ct_indicator_set *own;      /* our own scanners' callbacks */
    ct_contacts *contacts;
    ct_state *state;
    int64_t saved_ms;                  /* when the state was saved last */
    struct ct_unsaved unsaved, unsaved_cursor;
    ct_herald *herald;
    ct_outlet *outlets[CT_OUTLETS_MAX];
    struct ct_outlet_stats told[CT_OUTLETS_MAX]; /* what was said of each */
    int64_t told_ms;
    size_t n_outlets;
    ct_arena *scratch;                 /* for printing one event */
    struct ct_out out;
    FILE *held;                        /* with callbacks: attempts that were not contacted, for the end; null: none */
    size_t columns;                    /* of the terminal; 0: none */
    bool colour;
    struct ct_tally tally;
    struct ct_histogram histogram;
    uint64_t found, given;             /* attempts; of them written to out */
    struct ct_progress progress;
    ct_str problems[CT_PROBLEMS_MAX];  /* lines for people: what could not be read, and why */
    size_t n_problems, more_problems;
    ct_arena *kept;                    /* problems */
    bool incomplete;                   /* some input could not be read */
    bool interrupted, told_where;      /* and in which file */
    double stopped_share;              /* of that file; 0: not known */
    bool failed;                       /* the run ended before all was read */
    bool lost;                         /* events for an outlet were neither delivered nor kept */
    size_t n_sources;
    int64_t started_ms;
};

void ct_detect_set_now(struct ct_scan_opts *scan);   /* the calendar, for stamps without a year */
CT_MUST_USE ct_err ct_detect_begin(struct ct_detect *d, const struct ct_detect_opts *opts);
/* Reads one file to its end; problems are noted, not returned. Fails when going on makes no sense. The report is filled in
 * either way. name is for messages, source for events: a log that was rotated keeps the latter. */
CT_MUST_USE ct_err ct_detect_file(struct ct_detect *d, const char *path, const char *name, const char *source,
                                  const struct ct_run_from *from, struct ct_run_report *ret_report);
/* Reads every file of the list, from where the state says if there is one; its problems are noted. */
CT_MUST_USE ct_err ct_detect_list(struct ct_detect *d, const struct ct_path_list *list);
/* The logs of this host that lie in known places. */
CT_MUST_USE ct_err ct_detect_known(struct ct_path_list *ret_list);
void ct_detect_list_problems(struct ct_detect *d, const struct ct_path_list *list);
/* Notes that something could not be read. */
void ct_detect_problem(struct ct_detect *d, const char *name, const char *fmt, ...) CT_PRINTF(3, 4);
void ct_detect_left_out(struct ct_detect *d, const char *name, const char *why); /* by default or on request: not incomplete */
struct ct_run_handlers ct_detect_handlers(struct ct_detect *d);
/* All that was found so far leaves the program. */
CT_MUST_USE ct_err ct_detect_flush(struct ct_detect *d);
/* Gives out what is left (summary, indicator file, last messages). The exit status. */
int ct_detect_end(struct ct_detect *d, ct_err err);
void ct_detect_release(struct ct_detect *d);

/* --state: positions. Failures are complained about. */
CT_MUST_USE ct_err ct_detect_state_open(struct ct_detect *d);
void ct_detect_state_save(struct ct_detect *d, bool now); /* at most once a second, unless now */
/* Complains, at most once a minute, that positions could not be written to path. */
void ct_detect_unsaved(struct ct_detect *d, struct ct_unsaved *u, const char *path, ct_err why, const char *detail);
/* Notes which file is which before any is read, so that a run that is killed does not lose what is rotated before the next one, and
 * the next one knows under which names this one told of them. */
CT_MUST_USE ct_err ct_detect_state_begin(struct ct_detect *d, const struct ct_path_list *list);
CT_MUST_USE ct_err ct_detect_file_with_state(struct ct_detect *d, const char *path);

/* The journal: read to its present end, again and again while following. */
struct ct_journal_reader;
CT_MUST_USE ct_err ct_detect_journal_open(struct ct_detect *d, struct ct_journal_reader **ret_reader); /* null: not readable */
CT_MUST_USE ct_err ct_detect_journal_read(struct ct_journal_reader *r);
CT_MUST_USE ct_err ct_detect_journal_wait(struct ct_journal_reader *r, int timeout_ms); /* CT_ERR_AGAIN: nothing */
void ct_detect_journal_close(struct ct_journal_reader *r);

/* --follow: until a signal comes. journal may be null. */
CT_MUST_USE ct_err ct_detect_follow(struct ct_detect *d, const char *const *args, size_t n_args, struct ct_journal_reader *journal);

/* --to: the outlets, each with its spool below the data directory. */
CT_MUST_USE ct_err ct_detect_outlets_open(struct ct_detect *d);
void ct_detect_outlets_watch(struct ct_detect *d);  /* says what is stuck, at most once a minute */
void ct_detect_outlets_finish(struct ct_detect *d); /* waits a moment for what is under way, and says what was left */

/* --callbacks FILE, --own-scanners FILE, --token-file FILE. Failures are complained about. */
CT_MUST_USE ct_err ct_detect_read_callbacks(struct ct_detect *d);


/* The page for people: campaigns, chart, what the logs cannot show, what was not read. */
void ct_detect_summary(struct ct_detect *d, struct ct_buf *out, size_t columns, bool colour);
void ct_chart(struct ct_buf *out, const struct ct_histogram *h, size_t columns, bool colour);

CT_MUST_USE ct_err ct_indicators_new(struct ct_indicator_set **ret_set);
void ct_indicators_free(struct ct_indicator_set *s);
CT_MUST_USE ct_err ct_indicators_add(struct ct_indicator_set *s, ct_str scheme, ct_str host, uint16_t port);
/* Reads one host or address a line; '#' starts a comment. */
CT_MUST_USE ct_err ct_indicators_read(struct ct_indicator_set *s, const char *path, struct ct_fault *fault);
/* Is host in the set, or below a domain in it? */
bool ct_indicators_cover(const struct ct_indicator_set *s, ct_str host);
/* Opened before anything is read, so that a long run does not end with "no such folder". at_once: each is written when it is new, in
 * the order they come; else all of them at the end, sorted. */
CT_MUST_USE ct_err ct_indicators_open(struct ct_indicator_set *s, const char *path, bool at_once, struct ct_fault *fault);
CT_MUST_USE ct_err ct_indicators_write(struct ct_indicator_set *s, struct ct_fault *fault); /* once */

#endif
