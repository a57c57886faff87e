/* What mail puts around text: encoded words in headers (RFC 2047) and quoted-printable in bodies (RFC 2045, 6.7). */
#include "text/escapes.h"

/* Some agents break the rule of 75 characters for a word; a charset is a short name, with a language behind '*' (RFC 2231). */
enum { CHARSET_MAX = 48 };

struct word {
    bool base64;
    const unsigned char *text, *text_end, *end; /* end: behind "?=" */
};

static bool starts(const unsigned char *p, const unsigned char *end, const char *two)
{
    return end - p >= 2 && p[0] == (unsigned char)two[0] && p[1] == (unsigned char)two[1];
}

/* "=?charset?q?text?=" at p. A word that was cut ends with the input. */
static bool word_at(const unsigned char *p, const unsigned char *end, struct word *ret)
{
    if (!starts(p, end, "=?")) return false;
    const unsigned char *q = p + 2;
    while (q < end && q - p < CHARSET_MAX && *q > ' ' && *q < 0x7f && *q != '?' && *q != '=') q++;
    if (q == p + 2 || end - q < 3 || q[0] != '?' || q[2] != '?') return false;
    unsigned char kind = q[1] | 0x20;
    if (kind != 'q' && kind != 'b') return false;
    *ret = (struct word){.base64 = kind == 'b', .text = q + 3, .text_end = end, .end = end};
    for (q += 3; q < end; q++) {
        if (!starts(q, end, "?=")) continue;
        ret->text_end = q;
        ret->end = q + 2;
        break;
    }
    return true;
}

static unsigned char *put_quoted(unsigned char *to, const struct word *w)
{
    for (const unsigned char *p = w->text; p < w->text_end;) {
        if (*p == '=' && w->text_end - p >= 3 && ct_hex2(p + 1, to)) {
            to++;
            p += 3;
        } else {
            *to++ = *p == '_' ? ' ' : *p;
            p++;
        }
    }
    return to;
}

static int sextet(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* What is no base64 is skipped, as readers of mail do. */
static unsigned char *put_base64(unsigned char *to, const struct word *w)
{
    unsigned bits = 0, have = 0;
    for (const unsigned char *p = w->text; p < w->text_end; p++) {
        int v = sextet(*p);
        if (v < 0) continue;
        bits = (bits << 6 | (unsigned)v) & 0xffff;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        *to++ = (unsigned char)(bits >> have);
    }
    return to;
}

/* White space between two words is not shown. A line end that Postfix logged is a '?'. */
static const unsigned char *skip_between(const unsigned char *p, const unsigned char *end)
{
    struct word next;
    const unsigned char *q = p;
    while (q < end && (*q == ' ' || *q == '\t' || *q == '\r' || *q == '\n' || *q == '?')) q++;
    return q > p && word_at(q, end, &next) ? q : p;
}

ct_err ct_decode_words(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    if (out->err) return out->err;
    const unsigned char *p = in.p, *end = in.p + in.n;
    struct word w;
    *ret_changed = false;
    unsigned char *start = ct_buf_room(out, in.n), *to = start;
    if (!start) return out->err;
    while (p < end) {
        if (*p != '=' || !word_at(p, end, &w)) {
            *to++ = *p++;
            continue;
        }
        to = w.base64 ? put_base64(to, &w) : put_quoted(to, &w);
        p = skip_between(w.end, end);
        *ret_changed = true;
    }
    if (*ret_changed) out->n += (size_t)(to - start);
    return CT_OK;
}

/* "=HH"; a '=' at a line's end or the text's joins what it parts. */
static size_t quoted(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    *ret_n = 0;
    if (end - p == 1) return 1;
    if (p[1] == '\n') return 2;
    if (p[1] == '\r') return end - p > 2 && p[2] == '\n' ? 3 : 2;
    *ret_n = 1;
    return end - p >= 3 && ct_hex2(p + 1, to) ? 3 : 0;
}

ct_err ct_decode_quoted(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    return ct_escapes_decode(in, '=', quoted, out, ret_changed);
}
