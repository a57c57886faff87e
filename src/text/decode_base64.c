#include "base/limits.h"
#include "text/decode.h"
#include "text/unicode.h"

/* A sextet's value with bit 6 set; LINE for the line ends that mail and MIME encoders put in; 0: not base64.
 * A blank is a '+' that a form decoder went over. */
enum { DATA = 64, LINE = 128, PAD = 129 };
#define D(c, v) [c] = DATA | (v)
static const unsigned char sextet[256] = {
    D('A', 0),  D('B', 1),  D('C', 2),  D('D', 3),  D('E', 4),  D('F', 5),  D('G', 6),  D('H', 7),  D('I', 8),
    D('J', 9),  D('K', 10), D('L', 11), D('M', 12), D('N', 13), D('O', 14), D('P', 15), D('Q', 16), D('R', 17),
    D('S', 18), D('T', 19), D('U', 20), D('V', 21), D('W', 22), D('X', 23), D('Y', 24), D('Z', 25), D('a', 26),
    D('b', 27), D('c', 28), D('d', 29), D('e', 30), D('f', 31), D('g', 32), D('h', 33), D('i', 34), D('j', 35),
    D('k', 36), D('l', 37), D('m', 38), D('n', 39), D('o', 40), D('p', 41), D('q', 42), D('r', 43), D('s', 44),
    D('t', 45), D('u', 46), D('v', 47), D('w', 48), D('x', 49), D('y', 50), D('z', 51), D('0', 52), D('1', 53),
    D('2', 54), D('3', 55), D('4', 56), D('5', 57), D('6', 58), D('7', 59), D('8', 60), D('9', 61), D('+', 62),
    D('-', 62), D(' ', 62), D('/', 63), D('_', 63), ['\r'] = LINE, ['\n'] = LINE, ['='] = PAD,
};
#undef D

/* The whole input is well-formed: how many sextets it carries, else 0. */
static size_t count_sextets(ct_str in)
{
    size_t data = 0, pad = 0;
    for (size_t i = 0; i < in.n; i++) {
        unsigned char v = sextet[in.p[i]];
        if (v & DATA) {
            if (pad) return 0;
            data++;
        } else if (v == PAD) {
            if (++pad > 2) return 0;
        } else if (v != LINE) {
            return 0;
        }
    }
    return data < CT_BASE64_MIN || data % 4 == 1 ? 0 : data;
}

static bool is_text(ct_str s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned char c = s.p[i];
        if (c >= 0x20 && c < 0x7f) {
            i++;
            continue;
        }
        uint32_t code;
        unsigned n = ct_utf8_get((ct_str){s.p + i, s.n - i}, &code);
        if (n == 0) return false;
        bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        if (control && code != '\t' && code != '\n' && code != '\r') return false;
        i += n;
    }
    return true;
}

ct_err ct_decode_base64(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    if (out->err) return out->err;
    size_t data = count_sextets(in);
    if (data == 0) {
        *ret_changed = false;
        return CT_OK;
    }
    size_t n = data / 4 * 3 + data % 4 * 6 / 8;
    unsigned char *start = ct_buf_room(out, n), *to = start;
    if (!start) return out->err;
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < in.n; i++) {
        unsigned char v = sextet[in.p[i]];
        if (!(v & DATA)) continue;
        bits = (bits << 6 | (v & 63)) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            *to++ = (unsigned char)(bits >> have);
        }
    }
    /* Most words and ids are well-formed base64 of nothing readable: only text is worth another look. */
    bool text = is_text((ct_str){start, n});
    if (text) out->n += n;
    *ret_changed = text;
    return CT_OK;
}
