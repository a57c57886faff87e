/* Internal to text: the walk that the decoders share, and the parts of an escape.
 *
 * A decoder is one lead byte and one function that reads the escape behind it. No escape is shorter than what it yields,
 * so room for the input is room for the output and the walk writes through a bare pointer. That law is the weak side:
 * an escape that grows would write out of bounds, so a new one must keep it.
 */
#ifndef CT_TEXT_ESCAPES_H
#define CT_TEXT_ESCAPES_H

#include "text/decode.h"
#include "text/unicode.h"

#include <string.h>

enum { CT_ESCAPE_OUT_MAX = 4 }; /* bytes that one escape yields at most */

/* p points at the lead byte, p < end. Bytes consumed, or 0 when this is no escape; what it yields goes to `to`. */
typedef size_t ct_escape_fn(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n);

/* A hexadecimal digit's value with bit 4 set, 0 for any other byte: two digits are checked by one AND. */
extern const unsigned char ct_hex_digit[256];

static inline bool ct_hex2(const unsigned char *p, unsigned char *ret_byte)
{
    unsigned h = ct_hex_digit[p[0]], l = ct_hex_digit[p[1]];
    if (!(h & l & 16)) return false;
    *ret_byte = (unsigned char)((h & 15) << 4 | (l & 15));
    return true;
}

static inline bool ct_hex4(const unsigned char *p, uint32_t *ret_unit)
{
    unsigned char h, l;
    if (!ct_hex2(p, &h) || !ct_hex2(p + 2, &l)) return false;
    *ret_unit = (uint32_t)h << 8 | l;
    return true;
}

/* Reads "uHHHH" behind the lead byte at p, and the second half of a surrogate pair where one follows with the same lead.
 * A lone half yields U+FFFD. */
size_t ct_escape_utf16(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n);

/* Inlined into each decoder, so that lead and escape are constants there. */
static inline ct_err ct_escapes_decode(ct_str in, unsigned char lead, ct_escape_fn *escape, struct ct_buf *out,
                                       bool *ret_changed)
{
    if (out->err) return out->err;
    if (in.n == 0) {
        *ret_changed = false;
        return CT_OK;
    }
    const unsigned char *end = in.p + in.n, *p = in.p, *run = in.p;
    unsigned char first[CT_ESCAPE_OUT_MAX];
    size_t used = 0, n = 0;
    for (;; p++) {
        p = memchr(p, lead, (size_t)(end - p));
        if (!p) {
            *ret_changed = false;
            return CT_OK;
        }
        used = escape(p, end, first, &n);
        if (used) break;
    }
    unsigned char *start = ct_buf_room(out, in.n);
    if (!start) return out->err;
    unsigned char *to = start + (p - run);
    memcpy(start, run, (size_t)(p - run));
    memcpy(to, first, n);
    to += n;
    p += used;
    for (run = p; p < end;) {
        if (*p != lead) {
            p = memchr(p, lead, (size_t)(end - p));
            if (!p) break;
        }
        memcpy(to, run, (size_t)(p - run));
        to += p - run;
        run = p;
        used = escape(p, end, to, &n);
        if (used) {
            to += n;
            run = p += used;
        } else {
            p++;
        }
    }
    memcpy(to, run, (size_t)(end - run));
    to += end - run;
    out->n += (size_t)(to - start);
    *ret_changed = true;
    return CT_OK;
}

#endif
