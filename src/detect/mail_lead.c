/* Mail's encodings have a lead of their own, which the prefilter does not look for: half of all requests hold a '='. */
#include "detect/lead.h"
#include "detect/verdict.h"

#include <string.h>

/* A lead, or a part of an escape, is written with a '=': "=24", "=7B", "=3D" (behind which either comes of a second round), "&=2336;",
 * and what stands close behind a lead, where the prefilter saw no escape: "%=324". A base64 value that is written like this is
 * no lead here: no sender has a reason, and "size=4312" would be one. */
static bool is_quoted(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
    enum { ESCAPE = 12 }; /* the longest escape but for its end */
    unsigned char v = 0;
    if (end - p >= 3) {
        int high = ct_hex_value(p[1]), low = ct_hex_value(p[2]);
        if (high >= 0 && low >= 0) v = (unsigned char)((unsigned)high << 4 | (unsigned)low);
    }
    if (v && strchr("$%&\\{#=", v)) return true;
    if (!v && end - p > 1 && p[1] != '\r' && p[1] != '\n') return false;
    for (const unsigned char *q = p; q > start && p - q < ESCAPE; q--)
        if (ct_is_lead(q[-1])) return true;
    return false;
}

size_t ct_mail_next(ct_str text, size_t from, bool quoted)
{
    const unsigned char *end = text.p + text.n;
    while (from < text.n) {
        const unsigned char *p = memchr(text.p + from, '=', text.n - from);
        if (!p) break;
        if ((end - p >= 2 && p[1] == '?') || (quoted && is_quoted(text.p, p, end))) return (size_t)(p - text.p);
        from = (size_t)(p - text.p) + 1;
    }
    return CT_STR_NONE;
}
