#include "event/fields.h"

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* Counts in years that begin in March, so that the leap day is the last one, and in eras of 400 years, which all have
 * 146097 days. 719468 days lie between 0000-03-01 and 1970-01-01. */
struct ct_civil ct_civil_of(int64_t time_us)
{
    int64_t seconds = floor_div(time_us, 1000000);
    int64_t days = floor_div(seconds, 86400);
    unsigned micro = (unsigned)(time_us - seconds * 1000000);
    unsigned of_day = (unsigned)(seconds - days * 86400);
    days += 719468;
    int64_t era = floor_div(days, 146097);
    unsigned day = (unsigned)(days - era * 146097);
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    unsigned of_year = day - (365 * year + year / 4 - year / 100);
    unsigned march = (5 * of_year + 2) / 153; /* month, 0 is March */
    return (struct ct_civil){
        .year = era * 400 + year + (march >= 10),
        .month = march < 10 ? march + 3 : march - 9,
        .day = of_year - (153 * march + 2) / 5 + 1,
        .hour = of_day / 3600,
        .minute = of_day / 60 % 60,
        .second = of_day % 60,
        .micro = micro,
    };
}

static void digits(struct ct_buf *out, uint64_t v, unsigned n)
{
    unsigned char d[8];
    for (unsigned i = n; i-- > 0; v /= 10) d[i] = (unsigned char)('0' + v % 10);
    ct_buf_add(out, (ct_str){d, n});
}

void ct_print_time(struct ct_buf *out, int64_t time_us)
{
    if (time_us == INT64_MIN) return;
    struct ct_civil c = ct_civil_of(time_us);
    if (c.year >= 0 && c.year <= 9999) {
        digits(out, (uint64_t)c.year, 4);
    } else {
        ct_buf_byte(out, c.year < 0 ? '-' : '+');
        digits(out, (uint64_t)(c.year < 0 ? -c.year : c.year), 6);
    }
    const unsigned parts[] = {c.month, c.day, c.hour, c.minute, c.second};
    for (unsigned i = 0; i < 5; i++) {
        ct_buf_byte(out, (unsigned char)"--T::"[i]);
        digits(out, parts[i], 2);
    }
    if (c.micro) {
        ct_buf_byte(out, '.');
        digits(out, c.micro, 6);
    }
    ct_buf_byte(out, 'Z');
}

void ct_print_second(struct ct_buf *out, int64_t time_us)
{
    int64_t rest = time_us % 1000000;
    ct_print_time(out, time_us == INT64_MIN ? time_us : time_us - (rest < 0 ? rest + 1000000 : rest));
}
