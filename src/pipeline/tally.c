#include "pipeline/tally.h"

#include <string.h>

#define MINUTE_US INT64_C(60000000)

/* Doubles the width. The start moves to a multiple of the new width, so that buckets stay aligned to the clock. */
static void widen(struct ct_histogram *h)
{
    struct ct_histogram wide = {.width_us = h->width_us * 2};
    wide.start_us = h->start_us - (h->start_us % wide.width_us + wide.width_us) % wide.width_us;
    for (int i = 0; i < CT_TALLY_BUCKETS; i++) {
        int64_t at = h->start_us + i * h->width_us - wide.start_us;
        int to = (int)(at / wide.width_us);
        wide.attempts[to] += h->attempts[i];
        wide.lookups[to] += h->lookups[i];
    }
    *h = wide;
}

/* Makes room before the first bucket for time_us, if the last buckets are empty. */
static bool shift(struct ct_histogram *h, int64_t time_us)
{
    int64_t by = (h->start_us - time_us + h->width_us - 1) / h->width_us;
    int last = ct_histogram_last(h);
    if (by <= 0 || by + last >= CT_TALLY_BUCKETS) return false;
    size_t n = (size_t)(last + 1);
    memmove(h->attempts + by, h->attempts, n * sizeof *h->attempts);
    memmove(h->lookups + by, h->lookups, n * sizeof *h->lookups);
    memset(h->attempts, 0, (size_t)by * sizeof *h->attempts);
    memset(h->lookups, 0, (size_t)by * sizeof *h->lookups);
    h->start_us -= by * h->width_us;
    return true;
}

void ct_histogram_add(struct ct_histogram *h, int64_t time_us, unsigned attempts, unsigned lookups)
{
    /* A time that no log of ours can hold (year 0 or 9999) would only flatten the picture. */
    if (time_us < 0 || time_us > INT64_C(4102444800000000) || (!attempts && !lookups)) return;
    if (h->width_us == 0) {
        h->width_us = MINUTE_US;
        h->start_us = time_us - time_us % MINUTE_US;
    }
    while (time_us < h->start_us || time_us >= h->start_us + CT_TALLY_BUCKETS * h->width_us)
        if (!(time_us < h->start_us && shift(h, time_us))) widen(h);
    int64_t i = (time_us - h->start_us) / h->width_us;
    h->attempts[i] += attempts;
    h->lookups[i] += lookups;
}

int ct_histogram_last(const struct ct_histogram *h)
{
    int last = CT_TALLY_BUCKETS - 1;
    while (last >= 0 && !h->attempts[last] && !h->lookups[last]) last--;
    return last;
}

void ct_tally_merge(struct ct_tally *to, const struct ct_tally *from)
{
    to->bytes += from->bytes, to->lines += from->lines, to->judged += from->judged;
    to->lookups += from->lookups, to->raw_lookups += from->raw_lookups, to->attempts += from->attempts;
    to->unknown += from->unknown, to->truncated += from->truncated, to->long_lines += from->long_lines;
    to->ran += from->ran;
    to->not_utf8 += from->not_utf8, to->with_nul += from->with_nul;
    to->out_of_time += from->out_of_time, to->blocked += from->blocked;
    for (int i = 0; i < 6; i++) to->by_status[i] += from->by_status[i];
    for (int i = 0; i <= CT_GRADE_EXPLOIT; i++) to->by_grade[i] += from->by_grade[i];
    for (int i = 0; i < CT_FORMAT_COUNT; i++) to->by_format[i] += from->by_format[i];
}
