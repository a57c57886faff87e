/* Time stamps, against libc's calendar. */
#include "formats/line_in.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static ct_str printed(char *to, size_t n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static ct_str printed(char *to, size_t n, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(to, n, fmt, args);
    va_end(args);
    return (ct_str){(const unsigned char *)to, (size_t)length};
}

static void random_stamps_agree_with_libc(void **state)
{
    (void)state;
    struct rng rng = rng_new("formats_time");
    char z[80];
    for (int i = 0; i < 200000; i++) {
        int64_t s = (int64_t)(rng_next(&rng) % 253402300799u) - 62135510400; /* years 1 to 9999, a day from each end */
        if (s > 253402200000) continue;
        time_t t = (time_t)s;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        int zone = (int)rng_below(&rng, 2 * 14 * 60) - 14 * 60, off = zone < 0 ? -zone : zone;
        int64_t us = (int64_t)rng_below(&rng, 1000000), shifted = (s - zone * 60) * 1000000;
        ct_str v = printed(z, sizeof z, "%02d/%s/%04d:%02d:%02d:%02d %c%02d%02d", tm.tm_mday, MONTHS[tm.tm_mon], tm.tm_year + 1900,
                           tm.tm_hour, tm.tm_min, tm.tm_sec, zone < 0 ? '-' : '+', off / 60, off % 60);
        assert_true(ct_time_clf(v) == shifted);
        v = printed(z, sizeof z, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                    tm.tm_min, tm.tm_sec, (int)us);
        assert_true(ct_time_iso(v) == s * 1000000 + us);
        v = printed(z, sizeof z, "%04d-%02d-%02d %02d:%02d:%02d,%03d%c%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                    tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(us / 1000), zone < 0 ? '-' : '+', off / 60, off % 60);
        assert_true(ct_time_iso(v) == shifted + us / 1000 * 1000);
        v = printed(z, sizeof z, "%s %2d %02d:%02d:%02d", MONTHS[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_true(ct_time_rfc3164(v, tm.tm_year + 1900) == s * 1000000);
    }
}

static void what_is_no_stamp_is_refused(void **state)
{
    (void)state;
    static const char *const clf[] = {"", "10/Dec/2021", "10/Dez/2021:14:02:07 +0100", "31/Feb/2021:14:02:07 +0100",
                                      "10/Dec/2021:24:02:07 +0100", "10/Dec/2021:14:60:07 +0100", "00/Dec/2021:14:02:07 +0100",
                                      "10/Dec/0000:14:02:07 +0100", "10/Dec/2021:14:02:07 +0100 ", "10/Dec/2021:14:02:07 x",
                                      "10/Dec/2021:14:02:61 +0100", "29/Feb/1900:14:02:07 +0000", "10/Dec/2021:14:02:07."};
    static const char *const iso[] = {"2021-12-10", "2021-13-10T14:02:07Z", "2021-12-10T14:02:07Zx", "2021-12-10T14:02Z",
                                      "2021-12-10T14:02:07+25:00", "2021-12-10T14:02:07.", "2021-2-10T14:02:07Z", "T14:02:07"};
    static const char *const bsd[] = {"Dec 10", "Dec 32 14:02:07", "dec 10 14:02:07", "Feb 30 14:02:07", "Dec 1 14:02:07", ""};
    for (size_t i = 0; i < sizeof clf / sizeof clf[0]; i++)
        if (ct_time_clf(ct_str_from(clf[i])) != CT_TIME_NONE) fail_msg("clf row %zu: %s", i, clf[i]);
    for (size_t i = 0; i < sizeof iso / sizeof iso[0]; i++)
        if (ct_time_iso(ct_str_from(iso[i])) != CT_TIME_NONE) fail_msg("iso row %zu: %s", i, iso[i]);
    for (size_t i = 0; i < sizeof bsd / sizeof bsd[0]; i++)
        if (ct_time_rfc3164(ct_str_from(bsd[i]), 2021) != CT_TIME_NONE) fail_msg("rfc3164 row %zu: %s", i, bsd[i]);
}

static void spellings_of_one_moment(void **state)
{
    (void)state;
    const int64_t want = INT64_C(1639144927000000); /* date -u -d 2021-12-10T14:02:07Z +%s */
    static const char *const iso[] = {"2021-12-10T14:02:07Z", "2021-12-10 14:02:07", "2021-12-10T15:02:07+01:00",
                                      "2021-12-10T15:02:07+0100", "2021-12-10T15:02:07+01", "2021-12-10 15:02:07 +0100",
                                      "2021-12-10t14:02:07.000000000z", "2021-12-10T09:32:07-04:30"};
    for (size_t i = 0; i < sizeof iso / sizeof iso[0]; i++)
        if (ct_time_iso(ct_str_from(iso[i])) != want) fail_msg("row %zu: %s", i, iso[i]);
    assert_true(ct_time_clf(CT_STR("10/Dec/2021:14:02:07")) == want);
    assert_true(ct_time_clf(CT_STR("10/Dec/2021:14:02:07.000")) == want);
    assert_true(ct_time_iso(CT_STR("2021-12-10T14:02:07.123456789Z")) == want + 123456);
    assert_true(ct_time_clf(CT_STR("31/Dec/2016:23:59:60 +0000")) == INT64_C(1483228800000000));
    assert_true(ct_time_rfc3164(CT_STR("Dec 10 14:02:07"), 0) == INT64_C(29685727000000));
    assert_true(ct_time_rfc3164(CT_STR("Feb 29 00:00:00"), 2021) == ct_time_iso(CT_STR("2021-03-01T00:00:00Z")));
}

static void short_dates_of_a_locale(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *day, *clock, *iso; /* empty: none */
    } rows[] = {
        {__LINE__, "12/10/2021", "14:02:07", "2021-12-10T14:02:07Z"}, {__LINE__, "12/10/21", "2:02:07 PM", "2021-12-10T14:02:07Z"},
        {__LINE__, "10.12.2021", "14:02:07", "2021-12-10T14:02:07Z"}, {__LINE__, "10.12.21", "7:55:20", "2021-12-10T07:55:20Z"},
        {__LINE__, "2021-12-10", "14:02:07", "2021-12-10T14:02:07Z"}, {__LINE__, "25/12/2021", "14:02:07", "2021-12-25T14:02:07Z"},
        {__LINE__, "9/8/99", "12:00:01 AM", "1999-09-08T00:00:01Z"},  {__LINE__, "3/20/01", "12:00:01 pm", "2001-03-20T12:00:01Z"},
        {__LINE__, "2/29/2021", "14:02:07", ""},                      {__LINE__, "13/13/2021", "14:02:07", ""},
        {__LINE__, "12/10-2021", "14:02:07", ""},                     {__LINE__, "12/10/2021", "14:02", ""},
        {__LINE__, "12/10/2021 ", "14:02:07", ""},                    {__LINE__, "12/10/2021", "14:02:07 XM", ""},
        {__LINE__, "12/10/2021", "24:02:07", ""},                     {__LINE__, "123/10/2021", "14:02:07", ""},
        {__LINE__, "", "", ""},                                       {__LINE__, "12/10/", "14:02:07", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t want = rows[i].iso[0] ? ct_time_iso(ct_str_from(rows[i].iso)) : CT_TIME_NONE;
        if (ct_time_local(ct_str_from(rows[i].day), ct_str_from(rows[i].clock)) != want) fail_msg("row at line %d", rows[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_stamps_agree_with_libc),
        cmocka_unit_test(what_is_no_stamp_is_refused),
        cmocka_unit_test(spellings_of_one_moment),
        cmocka_unit_test(short_dates_of_a_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
