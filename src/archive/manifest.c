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
        if (line.n == 0) { /* the main section ends; blank lines before it begins are none */
            size_t rest = m->at;
            m->at = m->in.n;
            (void)rest;
            return CT_ERR_END;
        }
        size_t colon = ct_str_chr(line, ':');
        if (colon == CT_STR_NONE || colon == 0) continue;
        *ret_name = ct_str_trim(ct_str_slice(line, 0, colon));
        *ret_value = ct_str_trim(ct_str_slice(line, colon + 1, line.n));
        return CT_OK;
    }
}

ct_err ct_properties_next(struct ct_properties *p, ct_arena *arena, ct_str *ret_key, ct_str *ret_value)
{
    (void)arena;
    ct_str line;
    while (next_line(p->in, &p->at, &line)) {
        line = ct_str_trim(line);
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '!') continue;
        size_t sep = ct_str_chr(line, '=');
        if (sep == CT_STR_NONE) continue;
        *ret_key = ct_str_trim(ct_str_slice(line, 0, sep));
        *ret_value = ct_str_trim(ct_str_slice(line, sep + 1, line.n));
        return CT_OK;
    }
    return CT_ERR_END;
}
