#include "outlet/syslog_format.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOCAL0 16u

bool ct_syslog_severity(ct_str name, unsigned *ret_severity)
{
    static const struct {
        const char *name;
        unsigned severity;
    } NAMES[] = {
        {"emerg", 0}, {"emergency", 0}, {"alert", 1}, {"crit", 2}, {"critical", 2}, {"err", 3},   {"error", 3},
        {"warning", 4}, {"warn", 4},    {"notice", 5}, {"info", 6}, {"informational", 6}, {"debug", 7},
    };
    if (name.n == 1 && name.p[0] >= '0' && name.p[0] <= '7') {
        *ret_severity = (unsigned)(name.p[0] - '0');
        return true;
    }
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (ct_str_eq_fold(name, ct_str_from(NAMES[i].name))) {
            *ret_severity = NAMES[i].severity;
            return true;
        }
    return false;
}

void ct_syslog_host(const char *name, char ret_host[256])
{
    size_t n = 0;
    for (; name[n] && n < 255; n++) ret_host[n] = (char)(name[n] > ' ' && name[n] <= '~' ? name[n] : '?');
    if (n == 0) ret_host[n++] = '-';
    ret_host[n] = '\0';
}

size_t ct_syslog_head(const struct ct_syslog_origin *o, unsigned severity, int64_t time_us, char ret_head[CT_SYSLOG_HEAD_MAX])
{
    char when[40] = "-";
    struct tm t;
    time_t s = (time_t)(time_us / 1000000);
    /* Beyond the year 9999 the format has no digits left. */
    if (time_us >= 0 && s < 253402300800 && gmtime_r(&s, &t)) {
        size_t n = strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &t);
        (void)snprintf(when + n, sizeof when - n, ".%06uZ", (unsigned)(time_us % 1000000));
    }
    int n = snprintf(ret_head, CT_SYSLOG_HEAD_MAX, "<%u>1 %s %.255s caltrop %u event - ", LOCAL0 * 8 + (severity & 7), when,
                     o->host, o->pid);
    return n > 0 ? (size_t)n : 0;
}

size_t ct_syslog_fit(ct_str msg, size_t room, bool *ret_cut)
{
    size_t mark = sizeof CT_SYSLOG_CUT_MARK - 1;
    *ret_cut = msg.n > room;
    if (!*ret_cut) return msg.n;
    size_t n = room > mark ? room - mark : 0;
    /* Not within a UTF-8 sequence: step back over continuation bytes. */
    while (n > 0 && (msg.p[n] & 0xc0) == 0x80) n--;
    return n;
}
