#include "text/unicode.h"

unsigned ct_utf8_get(ct_str s, uint32_t *ret_code)
{
    if (s.n == 0) return 0;
    const unsigned char *p = s.p;
    unsigned char c = p[0];
    if (c < 0x80) {
        *ret_code = c;
        return 1;
    }
    unsigned n = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (n == 0 || s.n < n) return 0;
    uint32_t code = c & (0xffu >> (n + 1));
    for (unsigned i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    if (n == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return 0;
    if (n == 4 && (code < 0x10000 || code > 0x10ffff)) return 0;
    *ret_code = code;
    return n;
}

unsigned ct_utf8_write(unsigned char *to, uint32_t code)
{
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
    if (code < 0x80) {
        to[0] = (unsigned char)code;
        return 1;
    }
    unsigned n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[5] = {[2] = 0xc0, [3] = 0xe0, [4] = 0xf0};
    for (unsigned i = n - 1; i > 0; i--, code >>= 6) to[i] = (unsigned char)(0x80 | (code & 0x3f));
    to[0] = (unsigned char)(lead[n] | code);
    return n;
}

void ct_utf8_put(struct ct_buf *out, uint32_t code)
{
    unsigned char bytes[4];
    ct_buf_add(out, (ct_str){bytes, ct_utf8_write(bytes, code)});
}

bool ct_utf8_valid(ct_str s)
{
    for (size_t i = 0; i < s.n;) {
        if (s.n - i >= CT_ASCII_WORD && ct_ascii_word(s.p + i)) {
            i += CT_ASCII_WORD;
            continue;
        }
        if (s.p[i] < 0x80) {
            i++;
            continue;
        }
        uint32_t code;
        unsigned n = ct_utf8_get((ct_str){s.p + i, s.n - i}, &code);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

/* Sorted. From the Unicode Character Database: general categories Cc, Cf (but for the Arabic, Syriac and Kaithi signs
 * that have a shape of their own), Cs, Co, Zl, Zp, and Default_Ignorable_Code_Point. */
static const struct range {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f},     {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x061c, 0x061c},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},     {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f},   {0x3164, 0x3164},     {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},   {0xffa0, 0xffa0},     {0xfff0, 0xfffb},   {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},   {0xf0000, UINT32_MAX},
};

bool ct_unicode_shows(uint32_t code)
{
    if (code >= 0x20 && code < 0x7f) return true;
    if ((code & 0xfffe) == 0xfffe) return false; /* the last two of each plane are non-characters */
    size_t low = 0, high = sizeof hidden / sizeof *hidden;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (code > hidden[mid].last) low = mid + 1;
        else high = mid;
    }
    return code < hidden[low].first; /* the last range has no upper end, so low is always a range */
}
