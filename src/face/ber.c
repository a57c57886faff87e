#include "face/ber.h"

/* The header: tag and length. False: not whole, or refused (*ret_bad). */
static bool header(ct_str in, size_t *ret_header, size_t *ret_length, bool *ret_bad)
{
    *ret_bad = in.n > 0 && (in.p[0] & 0x1f) == 0x1f;
    if (*ret_bad || in.n < 2) return false;
    unsigned first = in.p[1];
    if (first < 0x80) {
        *ret_header = 2;
        *ret_length = first;
        return true;
    }
    unsigned bytes = first & 0x7f;
    *ret_bad = bytes == 0 || bytes > 4;
    if (*ret_bad || in.n < 2 + bytes) return false;
    size_t n = 0;
    for (unsigned i = 0; i < bytes; i++) n = n << 8 | in.p[2 + i];
    *ret_header = 2 + bytes;
    *ret_length = n;
    return true;
}

size_t ct_ber_size(ct_str in, size_t max)
{
    size_t head, length;
    bool bad;
    if (!header(in, &head, &length, &bad)) return bad ? SIZE_MAX : 0;
    return length > max || head + length > max ? SIZE_MAX : head + length;
}

bool ct_ber_next(ct_str *rest, unsigned *ret_tag, ct_str *ret_value)
{
    size_t head, length;
    bool bad;
    if (!header(*rest, &head, &length, &bad) || length > rest->n - head) return false;
    *ret_tag = rest->p[0];
    *ret_value = ct_str_slice(*rest, head, head + length);
    *rest = ct_str_slice(*rest, head + length, rest->n);
    return true;
}

bool ct_ber_want(ct_str *rest, unsigned tag, ct_str *ret_value)
{
    ct_str look = *rest, value;
    unsigned got;
    if (!ct_ber_next(&look, &got, &value) || got != tag) return false;
    *rest = look;
    *ret_value = value;
    return true;
}

uint32_t ct_ber_number(ct_str value)
{
    uint32_t v = 0;
    if (value.n > 4) return 0;
    for (size_t i = 0; i < value.n; i++) v = v << 8 | value.p[i];
    return v;
}

void ct_ber_put(struct ct_reply *r, unsigned tag, ct_str value)
{
    ct_reply_u8(r, tag);
    if (value.n < 0x80) {
        ct_reply_u8(r, (unsigned)value.n);
    } else if (value.n < 0x100) {
        ct_reply_u8(r, 0x81);
        ct_reply_u8(r, (unsigned)value.n);
    } else {
        ct_reply_u8(r, 0x82);
        ct_reply_be16(r, (unsigned)value.n);
    }
    ct_reply_bytes(r, value);
}

void ct_ber_text(struct ct_reply *r, unsigned tag, const char *value) { ct_ber_put(r, tag, ct_str_from(value)); }
