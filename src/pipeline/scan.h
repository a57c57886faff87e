/* Scanning a block of log lines: bytes in, findings and counts out.
 *
 * One ct_scanner per worker thread; scanners share nothing but their options and, for formats that keep state between
 * lines, the source's ct_format_state (then blocks must be scanned in order, by one at a time). No I/O.
 */
#ifndef CT_PIPELINE_SCAN_H
#define CT_PIPELINE_SCAN_H

#include "event/attempt.h"
#include "text/cidr.h"
#include "pipeline/tally.h"

struct ct_scan_opts {
    enum ct_format format;         /* CT_FORMAT_AUTO: recognised per line */
    struct ct_judge_opts judge;
    enum ct_grade min_grade;       /* unknown certainty shows at every grade */
    int64_t since_us, until_us;    /* CT_TIME_NONE: no bound; lines without a time always count as inside */
    const struct ct_cidr *trusted; /* proxies whose X-Forwarded-For is believed */
    size_t n_trusted;
    bool no_ids;                   /* nobody asks for the ids of findings */
    bool masked;                   /* mask credentials in what is kept for people */
    int year;                      /* of stamps that carry none (RFC 3164) ... */
    int64_t now_us;                /* ... unless that is more than a day after this: then of the year before. 0: unknown */
};

/* What came out of one line. Owns nothing: strings live in the scanner's block arena until ct_scanner_forget. */
struct ct_finding {
    struct ct_finding *next;
    size_t bytes;                  /* kept for it */
    struct ct_attempt attempt;     /* line counts from 1 within what was scanned by this call */
    enum ct_grade grade;
    enum ct_certainty certainty;
};

/* A line that held "${" but is no finding, or a finding: when. */
struct ct_sighting {
    int64_t time_us;
    bool attempt;
};

/* One entry of a source that is no file: known by its cursor, not by its place, and stamped by who took it down. */
struct ct_entry {
    ct_str cursor;
    int64_t time_us;               /* for lines that carry no time of their own */
};

struct ct_block {
    ct_str source;                 /* name for events */
    ct_str bytes;                  /* whole lines; the last may lack its newline */
    uint64_t offset;               /* of bytes in the source */
    uint64_t line_offset;          /* of the first line, which began in an earlier block, when `continues` */
    bool continues;                /* such a line is judged as raw text */
    bool goes_on;                  /* a piece of one line: the next block repeats its last CT_WINDOW_OVERLAP bytes */
    const struct ct_entry *entry;  /* null: lines of a file */
};

struct ct_block_result {
    struct ct_finding *first, **last;
    struct ct_sighting *sightings;
    size_t n_sightings, cap_sightings;
    size_t kept;                   /* bytes of all findings */
    size_t next;                   /* in the block: where to go on; its size when all is done */
    bool first_lookup, first_raw_lookup; /* the line at the block's start is among the tally's */
    struct ct_tally tally;
};

/* What the tally already holds of a line that goes on in the source's next block. */
struct ct_counted {
    bool lookup, raw_lookup;
};

typedef struct ct_scanner ct_scanner;
CT_MUST_USE ct_err ct_scanner_new(const struct ct_alloc *alloc, const struct ct_scan_opts *opts, ct_scanner **ret_scanner);
void ct_scanner_free(ct_scanner *s);
/* Scans from `from` (0, or where the call before said) until the block ends or CT_FINDINGS_MAX bytes of findings wait to be
 * handed over. state null: formats without state only; else every line is looked at for directives, not only those judged.
 * The result lives until ct_scanner_forget. Fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_scanner_block(ct_scanner *s, struct ct_format_state *state, const struct ct_block *block, size_t from,
                                    struct ct_block_result *ret_result);
void ct_scanner_forget(ct_scanner *s);
/* Corrects the tally of a block's result, so that a line in pieces counts once. For the results of a source in their order. */
void ct_scanner_count_once(struct ct_counted *counted, const struct ct_block *block, struct ct_block_result *result);
/* For a result that is to outlive the next block: hands out the memory it lives in for an empty one. False, and less memory
 * after the next ct_scanner_forget: it has grown beyond `most` bytes. */
CT_MUST_USE ct_err ct_scanner_spare(const struct ct_alloc *alloc, ct_arena **ret_spare);
bool ct_scanner_swap(ct_scanner *s, size_t most, ct_arena **spare);
/* Directives of whole lines, when only they matter. */
void ct_scanner_note(struct ct_format_state *state, ct_str lines);
/* Formats of up to `most` first lines of bytes, counted into tally->by_format; returns true when one keeps state. */
CT_MUST_USE ct_err ct_scanner_sample(ct_scanner *s, struct ct_format_state *state, ct_str bytes, unsigned most,
                                     struct ct_tally *tally, bool *ret_stateful);

#endif
