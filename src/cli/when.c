#include "cli/when.h"

#include "formats/record.h"
#include "os/clock.h"

#include <stdio.h>
#include <stdlib.h>

bool ct_how_long(const char *value, int64_t *ret_us)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    ct_str s = ct_str_from(value);
    uint64_t n;
    if (s.n < 2 || s.n > 9 || !ct_str_u64(ct_str_slice(s, 0, s.n - 1), &n)) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (s.p[s.n - 1] != (unsigned char)units[i].unit) continue;
        *ret_us = (int64_t)n * units[i].seconds * 1000000;
        return true;
    }
    return false;
}

bool ct_when(const char *value, int64_t now_us, int64_t *ret_us)
{
    ct_str s = ct_str_from(value);
    int64_t ago;
    char full[64];
    if (ct_how_long(value, &ago)) {
        *ret_us = now_us - ago;
        return true;
    }
    int64_t t = ct_time_iso(s);
    if (t == CT_TIME_NONE && s.n == 10) { /* a date alone */
        (void)snprintf(full, sizeof full, "%sT00:00:00Z", value);
        t = ct_time_iso(ct_str_from(full));
    } else if (t == CT_TIME_NONE && s.n >= 16 && s.n < 40 && s.p[s.n - 1] == 'Z') { /* without seconds */
        (void)snprintf(full, sizeof full, "%.*s:00Z", (int)s.n - 1, value);
        t = ct_time_iso(ct_str_from(full));
    } else if (t == CT_TIME_NONE && s.n == 16) {
        (void)snprintf(full, sizeof full, "%s:00", value);
        t = ct_time_iso(ct_str_from(full));
    }
    if (t == CT_TIME_NONE) return false;
    *ret_us = t;
    return true;
}

bool ct_when_ahead(const char *value, int64_t now_us, int64_t *ret_us)
{
    int64_t ahead;
    if (!ct_how_long(value, &ahead)) return ct_when(value, now_us, ret_us);
    *ret_us = now_us + ahead;
    return true;
}

bool ct_now(int64_t *ret_us)
{
    const char *set = getenv("CALTROP_NOW");
    *ret_us = ct_clock_real_us();
    return !set || !*set || ct_when(set, *ret_us, ret_us);
}
