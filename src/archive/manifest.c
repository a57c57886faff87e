#include "archive/manifest.h"

#include "base/buf.h"
#include "base/limits.h"

/* One line without its end (\n, \r\n or \r); false at the end of the input. */
static bool next_line(ct_str in, size_t *at, ct_str *ret_line)
{
    if (*at >= in.n) return false;
    size_t end = *at;
    while (end < in.n && in.p[end] != '\n' && in.p[end] != '\r') end++;
    *ret_line = ct_str_slice(in, *at, end);
    if (end < in.n) end += in.p[end] == '\r' && end + 1 < in.n && in.p[end + 1] == '\n' ? 2 : 1;
    *at = end;
    return true;
}

/* A line and its continuations, which start with one space. */
static ct_err joined_line(struct ct_manifest *m, ct_arena *arena, ct_str *ret_line)
{
    ct_str line, more;
    if (!next_line(m->in, &m->at, &line)) return CT_ERR_END;
    bool over = line.n > CT_MANIFEST_LINE_MAX;
    struct ct_buf joined;
    ct_buf_init(&joined, arena, CT_MANIFEST_LINE_MAX);
    bool grown = false;
    while (m->at < m->in.n && m->in.p[m->at] == ' ' && line.n) {
        (void)next_line(m->in, &m->at, &more);
        if (over) continue;
        if (!grown) ct_buf_add(&joined, line);
        grown = true;
        ct_buf_add(&joined, ct_str_slice(more, 1, more.n));
        over = joined.err == CT_ERR_CAP;
    }
    if (over) return CT_ERR_CAP;
    if (!grown) {
        *ret_line = line;
        return CT_OK;
    }
    return ct_buf_str(&joined, ret_line);
}

ct_err ct_manifest_next(struct ct_manifest *m, ct_arena *arena, ct_str *ret_name, ct_str *ret_value)
{
    if (m->at == 0 && ct_str_starts(m->in, CT_STR("\xef\xbb\xbf"))) m->at = 3;
    for (;;) {
        ct_str line;
        CT_TRY(joined_line(m, arena, &line));
        if (line.n == 0 && m->begun) {
            m->at = m->in.n; /* the sections of single entries are not read */
            return CT_ERR_END;
        }
        size_t colon = ct_str_chr(line, ':');
        ct_str name = ct_str_trim(ct_str_slice(line, 0, colon));
        if (colon == CT_STR_NONE || name.n == 0) continue;
        m->begun = true;
        *ret_name = name;
        *ret_value = ct_str_trim(ct_str_slice(line, colon + 1, line.n));
        return CT_OK;
    }
}

/* ---- .properties ---- */

static bool blank(unsigned char c) { return c == ' ' || c == '\t' || c == '\f'; }

static ct_str left_trim(ct_str s)
{
    size_t i = 0;
    while (i < s.n && blank(s.p[i])) i++;
    return ct_str_slice(s, i, s.n);
}

/* An odd number of backslashes at its end: the line goes on. */
static bool goes_on(ct_str line)
{
    size_t n = 0;
    while (n < line.n && line.p[line.n - 1 - n] == '\\') n++;
    return n % 2 == 1;
}

static ct_err logical_line(struct ct_properties *p, ct_arena *arena, ct_str *ret_line)
{
    ct_str line, more;
    do {
        if (!next_line(p->in, &p->at, &line)) return CT_ERR_END;
        line = left_trim(line);
    } while (line.n == 0 || line.p[0] == '#' || line.p[0] == '!');
    bool over = line.n > CT_MANIFEST_LINE_MAX;
    struct ct_buf joined;
    ct_buf_init(&joined, arena, CT_MANIFEST_LINE_MAX);
    bool grown = false;
    while (goes_on(line)) {
        if (!over && !grown) ct_buf_add(&joined, ct_str_slice(line, 0, line.n - 1));
        grown = true;
        if (!next_line(p->in, &p->at, &more)) break;
        line = left_trim(more);
        if (!over) ct_buf_add(&joined, ct_str_slice(line, 0, line.n - goes_on(line)));
        over = over || joined.err == CT_ERR_CAP;
    }
    if (over) return CT_ERR_CAP;
    if (!grown) {
        *ret_line = line;
        return CT_OK;
    }
    return ct_buf_str(&joined, ret_line);
}

static void add_utf8(struct ct_buf *b, uint32_t c)
{
    if (c < 0x80) {
        ct_buf_byte(b, (unsigned char)c);
    } else if (c < 0x800) {
        ct_buf_byte(b, (unsigned char)(0xc0 | c >> 6));
        ct_buf_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        ct_buf_byte(b, (unsigned char)(0xe0 | c >> 12));
        ct_buf_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        ct_buf_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
    } else {
        ct_buf_byte(b, (unsigned char)(0xf0 | c >> 18));
        ct_buf_byte(b, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
        ct_buf_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        ct_buf_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
    }
}

/* The four digits behind a \u at s; false: they are none. */
static bool unit(ct_str s, uint32_t *ret)
{
    uint32_t v = 0;
    if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u') return false;
    for (size_t i = 2; i < 6; i++) {
        int d = ct_hex_value(s.p[i]);
        if (d < 0) return false;
        v = v << 4 | (uint32_t)d;
    }
    *ret = v;
    return true;
}

static ct_err unescape(ct_arena *arena, ct_str s, ct_str *ret)
{
    if (ct_str_chr(s, '\\') == CT_STR_NONE) {
        *ret = s;
        return CT_OK;
    }
    struct ct_buf b;
    ct_buf_init(&b, arena, s.n);
    for (size_t i = 0; i < s.n;) {
        uint32_t c, low;
        bool escape = s.p[i] == '\\' && i + 1 < s.n;
        if (escape && unit(ct_str_slice(s, i, s.n), &c)) {
            i += 6;
            bool pair = (c & 0xfc00) == 0xd800 && unit(ct_str_slice(s, i, s.n), &low) && (low & 0xfc00) == 0xdc00;
            if (pair) {
                c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
                i += 6;
            } else if ((c & 0xf800) == 0xd800) {
                c = 0xfffd;
            }
            add_utf8(&b, c);
        } else if (escape && s.p[i + 1] != 'u') {
            unsigned char e = s.p[i + 1];
            ct_buf_byte(&b, e == 't' ? '\t' : e == 'n' ? '\n' : e == 'r' ? '\r' : e == 'f' ? '\f' : e);
            i += 2;
        } else {
            ct_buf_byte(&b, s.p[i++]);
        }
    }
    return ct_buf_str(&b, ret);
}

ct_err ct_properties_next(struct ct_properties *p, ct_arena *arena, ct_str *ret_key, ct_str *ret_value)
{
    ct_str line, key, value;
    CT_TRY(logical_line(p, arena, &line));
    size_t end = 0;
    while (end < line.n && !blank(line.p[end]) && line.p[end] != '=' && line.p[end] != ':') end += line.p[end] == '\\' && end + 1 < line.n ? 2 : 1;
    value = left_trim(ct_str_slice(line, end, line.n));
    if (value.n && (value.p[0] == '=' || value.p[0] == ':')) value = left_trim(ct_str_slice(value, 1, value.n));
    CT_TRY(unescape(arena, ct_str_slice(line, 0, end), &key));
    CT_TRY(unescape(arena, value, &value));
    *ret_key = key;
    *ret_value = value;
    return CT_OK;
}
