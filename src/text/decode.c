#include "text/escapes.h"

const unsigned char ct_hex_digit[256] = {
    ['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20, ['5'] = 21, ['6'] = 22, ['7'] = 23,
    ['8'] = 24, ['9'] = 25, ['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
    ['A'] = 26, ['B'] = 27, ['C'] = 28, ['D'] = 29, ['E'] = 30, ['F'] = 31,
};

size_t ct_escape_utf16(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    uint32_t high, low;
    if (end - p < 6 || !ct_hex4(p + 2, &high)) return 0;
    if (high >= 0xd800 && high < 0xdc00 && end - p >= 12 && p[6] == p[0] && p[7] == p[1] && ct_hex4(p + 8, &low) &&
        low >= 0xdc00 && low < 0xe000) {
        *ret_n = ct_utf8_write(to, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        return 12;
    }
    *ret_n = ct_utf8_write(to, high);
    return 6;
}

/* "%U" too: IIS and the proxies that imitate it take both cases. */
static inline size_t percent(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    if (end - p < 3) return 0;
    if (ct_hex2(p + 1, to)) {
        *ret_n = 1;
        return 3;
    }
    return (p[1] | 0x20) == 'u' ? ct_escape_utf16(p, end, to, ret_n) : 0;
}

ct_err ct_decode_percent(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    return ct_escapes_decode(in, '%', percent, out, ret_changed);
}

static inline size_t hash(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    if (end - p < 3 || !ct_hex2(p + 1, to)) return 0;
    *ret_n = 1;
    return 3;
}

ct_err ct_decode_hash(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    return ct_escapes_decode(in, '#', hash, out, ret_changed);
}

static inline size_t quote(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    if (end - p < 2 || p[1] != '\'') return 0;
    *to = '\'';
    *ret_n = 1;
    return 2;
}

ct_err ct_decode_quotes(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    return ct_escapes_decode(in, '\'', quote, out, ret_changed);
}

/* One pass, since a '+' that an escape yields (%2B) must stay. */
ct_err ct_decode_form(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    const unsigned char *plus = in.n ? memchr(in.p, '+', in.n) : NULL;
    if (!plus) return ct_decode_percent(in, out, ret_changed);
    unsigned char *start = ct_buf_room(out, in.n);
    if (!start) return out->err;
    const unsigned char *end = in.p + in.n;
    unsigned char *to = start;
    for (const unsigned char *p = in.p; p < end;) {
        size_t used = 0, n = 1;
        if (*p == '%') used = percent(p, end, to, &n);
        if (!used) {
            *to = *p == '+' ? ' ' : *p;
            used = n = 1;
        }
        to += n;
        p += used;
    }
    out->n += (size_t)(to - start);
    *ret_changed = true;
    return CT_OK;
}

/* \u{H...}: one code point in braces, as JavaScript, Rust and others write it. */
static size_t braced(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    const unsigned char *d = p + 3;
    uint32_t code = 0;
    for (; d < end && ct_hex_digit[*d] && code <= 0x10ffff; d++) code = code << 4 | (ct_hex_digit[*d] & 15);
    if (d == p + 3 || d == end || *d != '}' || code > 0x10ffff) return 0;
    *ret_n = ct_utf8_write(to, code);
    return (size_t)(d + 1 - p);
}

/* \UHHHHHHHH: one code point, as C, Python and Go write it. */
static size_t eight_digits(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    uint32_t high, low;
    if (end - p < 10 || !ct_hex4(p + 2, &high) || !ct_hex4(p + 6, &low) || high > 0x10) return 0;
    *ret_n = ct_utf8_write(to, high << 16 | low);
    return 10;
}

static size_t octal(const unsigned char *p, const unsigned char *end, unsigned char *to)
{
    unsigned value = 0;
    const unsigned char *d = p + 1;
    for (; d < end && d < p + 4 && *d >= '0' && *d <= '7' && value < 32; d++) value = value << 3 | (unsigned)(*d - '0');
    *to = (unsigned char)value;
    return (size_t)(d - p);
}

/* The byte behind the backslash -> what both together stand for. */
static const unsigned char single[256] = {
    ['n'] = '\n', ['t'] = '\t', ['r'] = '\r', ['b'] = '\b', ['f'] = '\f',
    ['"'] = '"',  ['\''] = '\'', ['\\'] = '\\', ['/'] = '/', ['.'] = '.',
};

static inline size_t backslash(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    if (end - p < 2) return 0;
    unsigned char c = p[1];
    *ret_n = 1;
    if (c == 'x') return end - p >= 4 && ct_hex2(p + 2, to) ? 4 : 0;
    if (c == 'u') {
        if (end - p >= 5 && p[2] == '{') return braced(p, end, to, ret_n);
        return ct_escape_utf16(p, end, to, ret_n);
    }
    if (c == 'U') return eight_digits(p, end, to, ret_n);
    if (c >= '0' && c <= '7') return octal(p, end, to);
    if (!single[c]) return 0;
    *to = single[c];
    return 2;
}

ct_err ct_decode_backslash(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    return ct_escapes_decode(in, '\\', backslash, out, ret_changed);
}
