#include "runtime/procfs.h"

#include <string.h>

/* The n-th (from 0) of the fields that blanks part. */
static ct_str field(ct_str s, size_t n)
{
    while (s.p) {
        ct_str f = ct_str_cut(&s, ' ');
        if (n-- == 0) return f;
    }
    return (ct_str){0};
}

ct_err ct_proc_stat_parse(ct_str text, struct ct_proc_stat *ret_stat)
{
    struct ct_proc_stat s = {0};
    size_t open = ct_str_chr(text, '('), close = ct_str_rchr(text, ')');
    if (open == CT_STR_NONE || close == CT_STR_NONE || close < open || close + 2 > text.n) return CT_ERR_SYNTAX;
    s.name = ct_str_slice(text, open + 1, close);
    ct_str rest = ct_str_slice(text, close + 2, text.n); /* from field 3 of proc(5), the state */
    if (rest.n) s.state = rest.p[0];
    if (!ct_str_u64(field(rest, 1), &s.parent) || !ct_str_u64(field(rest, 19), &s.start_ticks)) return CT_ERR_SYNTAX;
    *ret_stat = s;
    return CT_OK;
}

/* "Uid:\t1\t2\t3\t4" -> the n-th number, or the last one when there are fewer. */
static bool number(ct_str line, size_t n, uint64_t *ret_value)
{
    bool found = false;
    ct_str rest = line;
    (void)ct_str_cut(&rest, '\t');
    while (rest.p) {
        if (!ct_str_u64(ct_str_trim(ct_str_cut(&rest, '\t')), ret_value)) break;
        found = true;
        if (n-- == 0) break;
    }
    return found;
}

ct_err ct_proc_status_parse(ct_str text, struct ct_proc_status *ret_status)
{
    struct ct_proc_status s = {0};
    bool uid = false, seen_inner = false;
    while (text.p) {
        ct_str line = ct_str_cut(&text, '\n');
        /* The kernel escapes newlines in Name:, so that no name can make a line. The first of each counts all the same. */
        if (!uid && ct_str_starts(line, CT_STR("Uid:"))) uid = number(line, 1, &s.uid);
        else if (!seen_inner && ct_str_starts(line, CT_STR("NSpid:"))) seen_inner = number(line, SIZE_MAX, &s.inner_pid);
    }
    if (!uid) return CT_ERR_SYNTAX;
    *ret_status = s;
    return CT_OK;
}

bool ct_proc_entry_next(ct_str *rest, ct_str *ret_entry)
{
    if (!rest->p || rest->n == 0) return false;
    *ret_entry = ct_str_cut(rest, 0);
    return true;
}

bool ct_proc_entry_is(ct_str entry, ct_str name, ct_str *ret_value)
{
    if (!ct_str_starts(entry, name) || entry.n <= name.n || entry.p[name.n] != '=') return false;
    *ret_value = ct_str_slice(entry, name.n + 1, entry.n);
    if (!ret_value->p) *ret_value = CT_STR("");
    return true;
}

static bool hex(ct_str s, uint64_t *ret_value)
{
    uint64_t v = 0;
    if (s.n == 0 || s.n > 16) return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = ct_ascii_lower(s.p[i]);
        if (!ct_ascii_digit(c) && (c < 'a' || c > 'f')) return false;
        v = v << 4 | (uint64_t)(ct_ascii_digit(c) ? c - '0' : c - 'a' + 10);
    }
    *ret_value = v;
    return true;
}

bool ct_proc_cut_deleted(ct_str *path)
{
    const ct_str mark = CT_STR(" (deleted)");
    if (!ct_str_ends(*path, mark)) return false;
    *path = ct_str_slice(*path, 0, path->n - mark.n);
    return true;
}

static bool map_of(ct_str line, struct ct_proc_map *ret_map)
{
    struct ct_proc_map m = {0};
    ct_str rest = line;
    m.range = ct_str_cut(&rest, ' ');
    ct_str ends = m.range, from = ct_str_cut(&ends, '-');
    if (!hex(from, &m.from) || !hex(ends, &m.to)) return false;
    for (int i = 0; i < 3; i++) (void)ct_str_cut(&rest, ' '); /* permissions, offset, device */
    if (!rest.p || !ct_str_u64(ct_str_cut(&rest, ' '), &m.inode) || !rest.p) return false;
    while (rest.n && rest.p[0] == ' ') rest = ct_str_slice(rest, 1, rest.n);
    if (rest.n == 0 || rest.p[0] != '/') return false; /* memory, [heap], anon_inode: */
    m.deleted = ct_proc_cut_deleted(&rest);
    m.path = rest;
    *ret_map = m;
    return true;
}

bool ct_proc_map_next(ct_str *rest, struct ct_proc_map *ret_map)
{
    while (rest->p)
        if (map_of(ct_str_cut(rest, '\n'), ret_map)) return true;
    return false;
}

static bool mount_of(ct_str line, struct ct_proc_mount *ret_mount)
{
    struct ct_proc_mount m = {0};
    ct_str rest = line;
    if (!ct_str_u64(ct_str_cut(&rest, ' '), &m.id)) return false;
    for (int i = 0; i < 2 && rest.p; i++) (void)ct_str_cut(&rest, ' '); /* parent, device */
    m.root = ct_str_cut(&rest, ' ');
    m.point = ct_str_cut(&rest, ' ');
    (void)ct_str_cut(&rest, ' '); /* options */
    /* Optional fields up to a lone hyphen. */
    for (;;) {
        if (!rest.p) return false;
        if (ct_str_eq(ct_str_cut(&rest, ' '), CT_STR("-"))) break;
    }
    m.type = ct_str_cut(&rest, ' ');
    m.source = ct_str_cut(&rest, ' ');
    if (m.point.n == 0 || m.point.p[0] != '/' || m.type.n == 0) return false;
    *ret_mount = m;
    return true;
}

bool ct_proc_mount_next(ct_str *rest, struct ct_proc_mount *ret_mount)
{
    while (rest->p)
        if (mount_of(ct_str_cut(rest, '\n'), ret_mount)) return true;
    return false;
}

static bool octal(unsigned char c) { return c >= '0' && c <= '7'; }

size_t ct_proc_unescape(ct_str s, unsigned char *to)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\\' && s.n - i > 3 && octal(s.p[i + 1]) && octal(s.p[i + 2]) && octal(s.p[i + 3])) {
            to[n++] = (unsigned char)((s.p[i + 1] - '0') << 6 | (s.p[i + 2] - '0') << 3 | (s.p[i + 3] - '0'));
            i += 3;
        } else to[n++] = s.p[i];
    }
    return n;
}
