/* Scanning a block of log lines: bytes in, findings and counts out.
 *
 * One ct_scanner per worker thread; scanners share nothing but their options and, for formats that keep state between
 * lines, the source's ct_format_state (then blocks must be scanned in order, by one at a time). No I/O.
 */
#ifndef CT_PIPELINE_SCAN_H
#define CT_PIPELINE_SCAN_H

#include "event/attempt.h"
#include "pipeline/cidr.h"
#include "pipeline/tally.h"

struct ct_scan_opts {
    enum ct_format format;         /* CT_FORMAT_AUTO: recognised per line */
    struct ct_judge_opts judge;
    enum ct_grade min_grade;       /* unknown certainty shows at every grade */
    int64_t since_us, until_us;    /* CT_TIME_NONE: no bound; lines without a time always count as inside */
    const struct ct_cidr *trusted; /* proxies whose X-Forwarded-For is believed */
    size_t n_trusted;
    bool masked;                   /* mask credentials in what is kept for people */
    int year;                      /* of stamps that carry none (RFC 3164) */
};

/* What came out of one line. Owns nothing: strings live in the scanner's block arena until ct_scanner_forget. */
struct ct_finding {
    struct ct_finding *next;
    struct ct_attempt attempt;     /* line counts from 1 within the block */
    enum ct_grade grade;
    enum ct_certainty certainty;
};

/* A line that held "${" but is no finding, or a finding: when. */
struct ct_sighting {
    int64_t time_us;
    bool attempt;
};

struct ct_block {
    ct_str source;                 /* name for events */
    ct_str bytes;                  /* whole lines; the last may lack its newline */
    uint64_t offset;               /* of bytes in the source */
    bool continues;                /* the first line began in an earlier block: judged as raw text */
};

struct ct_block_result {
    struct ct_finding *first, **last;
    struct ct_sighting *sightings;
    size_t n_sightings, cap_sightings;
    struct ct_tally tally;
};

typedef struct ct_scanner ct_scanner;
CT_MUST_USE ct_err ct_scanner_new(const struct ct_alloc *alloc, const struct ct_scan_opts *opts, ct_scanner **ret_scanner);
void ct_scanner_free(ct_scanner *s);
/* state null: formats without state only. stateful: look at every line for directives, not only at those judged.
 * The result lives until ct_scanner_forget. Fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_scanner_block(ct_scanner *s, struct ct_format_state *state, bool stateful, const struct ct_block *block,
                                    struct ct_block_result *ret_result);
void ct_scanner_forget(ct_scanner *s);
/* Formats of up to `most` first lines of bytes, counted into tally->by_format; returns true when one keeps state. */
CT_MUST_USE ct_err ct_scanner_sample(ct_scanner *s, struct ct_format_state *state, ct_str bytes, unsigned most,
                                     struct ct_tally *tally, bool *ret_stateful);

#endif
