/* Time stamps of logs. Ranges are checked, so that a stamp is also proof that its bytes hold nothing else. */
#include "formats/line_in.h"

#include <string.h>

#define US_PER_S INT64_C(1000000)

static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct civil {
    int year, month, day, hour, minute, second;
    int64_t micros;      /* within the second */
    int offset_minutes;  /* east of UTC */
};

/* Days since 1970-01-01 of the proleptic Gregorian calendar; years count from March so that the leap day comes last. */
static int64_t days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int days_in_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* A leap second (60) counts as the next minute's first. */
static bool in_range(const struct civil *c)
{
    return c->year >= 1 && c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= days_in_month(c->year, c->month) &&
           c->hour <= 23 && c->minute <= 59 && c->second <= 60;
}

static int64_t to_us(const struct civil *c)
{
    int64_t s = ((days_from_civil(c->year, c->month, c->day) * 24 + c->hour) * 60 + c->minute - c->offset_minutes) * 60 + c->second;
    return s * US_PER_S + c->micros;
}

struct reader {
    ct_str s;
    size_t at;
    bool bad;
};

static unsigned char peek(const struct reader *r) { return r->at < r->s.n ? r->s.p[r->at] : 0; }

static void literal(struct reader *r, unsigned char c)
{
    if (r->at < r->s.n && r->s.p[r->at] == c) r->at++;
    else r->bad = true;
}

static int digits(struct reader *r, unsigned n)
{
    int v = 0;
    for (; n; n--) {
        if (!ct_ascii_digit(peek(r))) {
            r->bad = true;
            return 0;
        }
        v = v * 10 + (r->s.p[r->at++] - '0');
    }
    return v;
}

static int month_name(struct reader *r)
{
    for (int m = 0; m < 12; m++)
        if (ct_str_starts(ct_str_slice(r->s, r->at, SIZE_MAX), (ct_str){(const unsigned char *)MONTHS + m * 3, 3})) {
            r->at += 3;
            return m + 1;
        }
    r->bad = true;
    return 1;
}

/* 2021-12-10, or with another separator */
static void numeric_date(struct reader *r, unsigned char separator, struct civil *c)
{
    c->year = digits(r, 4);
    literal(r, separator);
    c->month = digits(r, 2);
    literal(r, separator);
    c->day = digits(r, 2);
}

static void clock_time(struct reader *r, struct civil *c)
{
    c->hour = digits(r, 2);
    literal(r, ':');
    c->minute = digits(r, 2);
    literal(r, ':');
    c->second = digits(r, 2);
}

/* Digits past microseconds are read and dropped. A point without a digit behind it is not part of the stamp. */
static void fraction(struct reader *r, struct civil *c)
{
    unsigned char mark = peek(r);
    if (r->bad || (mark != '.' && mark != ',') || r->at + 1 >= r->s.n || !ct_ascii_digit(r->s.p[r->at + 1])) return;
    int64_t unit = US_PER_S / 10;
    for (r->at++; ct_ascii_digit(peek(r)); r->at++, unit /= 10) c->micros += (r->s.p[r->at] - '0') * unit;
}

/* +HHMM, +HH:MM, +HH; nothing read when there is none. */
static void zone(struct reader *r, struct civil *c)
{
    unsigned char sign = peek(r);
    if (r->bad || (sign != '+' && sign != '-')) return;
    struct reader z = *r;
    z.at++;
    int hours = digits(&z, 2), minutes = 0;
    if (z.bad) return;
    struct reader m = z;
    if (peek(&m) == ':') m.at++;
    minutes = digits(&m, 2);
    if (m.bad) minutes = 0;
    else z = m;
    if (hours > 23 || minutes > 59) return;
    c->offset_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
    *r = z;
}

size_t ct_time_clf_at(ct_str s, int64_t *ret_us)
{
    struct reader r = {.s = s};
    struct civil c = {0};
    c.day = digits(&r, 2);
    literal(&r, '/');
    c.month = month_name(&r);
    literal(&r, '/');
    c.year = digits(&r, 4);
    literal(&r, ':');
    clock_time(&r, &c);
    fraction(&r, &c);
    if (r.bad || !in_range(&c)) return 0;
    if (peek(&r) == ' ') {
        struct reader z = r;
        z.at++;
        size_t before = z.at;
        zone(&z, &c);
        if (z.at > before) r = z;
    }
    *ret_us = to_us(&c);
    return r.at;
}

size_t ct_time_iso_at(ct_str s, int64_t *ret_us)
{
    struct reader r = {.s = s};
    struct civil c = {0};
    numeric_date(&r, '-', &c);
    if (peek(&r) == 'T' || peek(&r) == 't') r.at++;
    else literal(&r, ' ');
    clock_time(&r, &c);
    fraction(&r, &c);
    if (r.bad || !in_range(&c)) return 0;
    if (peek(&r) == 'Z' || peek(&r) == 'z') r.at++;
    else zone(&r, &c);
    *ret_us = to_us(&c);
    return r.at;
}

size_t ct_time_slashes_at(ct_str s, int64_t *ret_us)
{
    struct reader r = {.s = s};
    struct civil c = {0};
    numeric_date(&r, '/', &c);
    literal(&r, ' ');
    clock_time(&r, &c);
    if (r.bad || !in_range(&c)) return 0;
    *ret_us = to_us(&c);
    return r.at;
}

size_t ct_time_rfc3164_at(ct_str s, int year, int64_t *ret_us)
{
    struct reader r = {.s = s};
    struct civil c = {.year = year ? year : 1970};
    c.month = month_name(&r);
    literal(&r, ' ');
    if (peek(&r) == ' ') {
        r.at++;
        c.day = digits(&r, 1);
    } else {
        c.day = digits(&r, 2);
    }
    literal(&r, ' ');
    clock_time(&r, &c);
    fraction(&r, &c);
    if (r.bad) return 0;
    /* The year is a guess: 29 February must stay a stamp when the guess is wrong. It then counts as 1 March. */
    struct civil checked = c;
    if (c.month == 2 && c.day == 29) checked.day = 28;
    if (!in_range(&checked)) return 0;
    *ret_us = to_us(&c);
    return r.at;
}

int64_t ct_time_clf(ct_str s)
{
    int64_t us = CT_TIME_NONE;
    return s.n && ct_time_clf_at(s, &us) == s.n ? us : CT_TIME_NONE;
}

int64_t ct_time_iso(ct_str s)
{
    int64_t us = CT_TIME_NONE;
    size_t n = ct_time_iso_at(s, &us);
    if (n && n + 1 < s.n && s.p[n] == ' ') { /* "2021-12-10 14:02:07 +0100" */
        struct reader r = {.s = s, .at = n + 1};
        struct civil c = {0};
        zone(&r, &c);
        if (r.at > n + 1) {
            us -= c.offset_minutes * 60 * US_PER_S;
            n = r.at;
        }
    }
    return n && n == s.n ? us : CT_TIME_NONE;
}

int64_t ct_time_day_and_clock(ct_str day, ct_str clock)
{
    unsigned char joined[32];
    if (day.n != 10 || clock.n < 8 || clock.n > 20) return CT_TIME_NONE;
    memcpy(joined, day.p, 10);
    joined[10] = ' ';
    memcpy(joined + 11, clock.p, clock.n);
    return ct_time_iso((ct_str){joined, 11 + clock.n});
}

/* A number of at most `most` digits. */
static int number(struct reader *r, unsigned most)
{
    unsigned n = 0;
    while (n < most && ct_ascii_digit(r->at + n < r->s.n ? r->s.p[r->at + n] : 0)) n++;
    if (n == 0) r->bad = true;
    return digits(r, n);
}

/* 99 is 1999, 21 is 2021. */
static int century(int year) { return year > 99 ? year : year < 70 ? 2000 + year : 1900 + year; }

static void short_date(struct reader *r, struct civil *c)
{
    int v[3];
    v[0] = number(r, 4);
    unsigned char separator = peek(r);
    if (separator != '/' && separator != '.' && separator != '-') r->bad = true;
    literal(r, separator);
    v[1] = number(r, 2);
    literal(r, separator);
    v[2] = number(r, 4);
    if (v[0] > 31) {
        c->year = v[0];
        c->month = v[1];
        c->day = v[2];
        return;
    }
    bool day_first = separator == '.' ? v[1] <= 12 : v[0] > 12;
    c->day = v[day_first ? 0 : 1];
    c->month = v[day_first ? 1 : 0];
    c->year = century(v[2]);
}

int64_t ct_time_local(ct_str day, ct_str clock)
{
    struct reader d = {.s = day}, t = {.s = clock};
    struct civil c = {0};
    short_date(&d, &c);
    c.hour = number(&t, 2);
    literal(&t, ':');
    c.minute = digits(&t, 2);
    literal(&t, ':');
    c.second = digits(&t, 2);
    ct_str half = ct_str_slice(clock, t.at, SIZE_MAX);
    if (ct_str_eq_fold(half, CT_STR(" pm"))) c.hour = c.hour % 12 + 12;
    else if (ct_str_eq_fold(half, CT_STR(" am"))) c.hour %= 12;
    else if (half.n) t.bad = true;
    if (d.bad || t.bad || d.at != day.n || !in_range(&c)) return CT_TIME_NONE;
    return to_us(&c);
}

int64_t ct_time_rfc3164(ct_str s, int year)
{
    int64_t us = CT_TIME_NONE;
    return s.n && ct_time_rfc3164_at(s, year, &us) == s.n ? us : CT_TIME_NONE;
}

int64_t ct_time_asctime(ct_str s)
{
    uint64_t year;
    int64_t us;
    if (s.n < 24 || s.p[3] != ' ' || s.p[s.n - 5] != ' ') return CT_TIME_NONE;
    if (!ct_str_u64(ct_str_slice(s, s.n - 4, s.n), &year) || year == 0) return CT_TIME_NONE;
    ct_str stamp = ct_str_slice(s, 4, s.n - 5);
    return ct_time_rfc3164_at(stamp, (int)year, &us) == stamp.n ? us : CT_TIME_NONE;
}

int64_t ct_time_epoch(ct_str number)
{
    uint64_t whole;
    ct_str rest = number, digits_ = ct_str_cut(&rest, '.');
    if (!ct_str_u64(digits_, &whole)) return CT_TIME_NONE;
    /* 10^11 seconds is the year 5138; 10^11 milliseconds is 1973: a log holds neither. */
    if (whole >= UINT64_C(100000000000000000)) return (int64_t)(whole / 1000);
    if (whole >= UINT64_C(100000000000000)) return (int64_t)whole;
    int64_t scale = whole >= UINT64_C(100000000000) ? 1000 : US_PER_S, us = (int64_t)whole * scale;
    for (size_t i = 0; i < rest.n; i++) {
        if (!ct_ascii_digit(rest.p[i])) return CT_TIME_NONE;
        scale /= 10;
        us += (rest.p[i] - '0') * scale;
    }
    return us;
}
