/* Counters of one run: what was read, what was left out, and how attempts and lookups spread over time.
 *
 * The histogram holds CT_TALLY_BUCKETS buckets; it starts at one minute a bucket and doubles the width whenever a time
 * falls outside, so that an hour and a year cost the same. Plain data: copy and merge freely.
 */
#ifndef CT_PIPELINE_TALLY_H
#define CT_PIPELINE_TALLY_H

#include "formats/record.h"

enum { CT_TALLY_BUCKETS = 512 };

struct ct_histogram {
    int64_t start_us;        /* of bucket 0; CT_TIME_NONE: empty */
    int64_t width_us;
    uint32_t attempts[CT_TALLY_BUCKETS], lookups[CT_TALLY_BUCKETS];
};

struct ct_tally {
    uint64_t bytes, lines;
    uint64_t judged;             /* lines the prefilter let through */
    uint64_t lookups, raw_lookups; /* lines with "${" in some decoded form; as logged */
    uint64_t attempts;           /* at or above the grade asked for, within the times asked for */
    uint64_t by_grade[CT_GRADE_EXPLOIT + 1];
    uint64_t ran;                /* attempts that Log4j itself logged as evaluated */
    uint64_t unknown;            /* verdicts whose certainty is unknown */
    uint64_t truncated;          /* lines visibly cut by their logger */
    uint64_t long_lines;         /* judged in windows */
    uint64_t not_utf8, with_nul; /* lines with a lookup or an attempt; not those longer than a block, which a cut breaks too */
    uint64_t out_of_time;        /* left out by since/until */
    uint64_t by_format[CT_FORMAT_COUNT]; /* judged or sampled lines by format */
    uint64_t blocked;            /* attempts that a WAF blocked, as it logged */
    uint64_t by_status[6];       /* attempts by class of HTTP status: 1xx..5xx at 1..5 */
};

void ct_histogram_add(struct ct_histogram *h, int64_t time_us, unsigned attempts, unsigned lookups);
/* Index of the last bucket in use, or -1. */
int ct_histogram_last(const struct ct_histogram *h);
void ct_tally_merge(struct ct_tally *to, const struct ct_tally *from);

#endif
