#include "runtime/release_file.h"

#include "base/buf.h"
#include "runtime/procfs.h"

static ct_err unquote(ct_arena *arena, ct_str raw, ct_str *ret_value)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, raw.n + 1);
    unsigned char quote = 0;
    for (size_t i = 0; i < raw.n; i++) {
        unsigned char c = raw.p[i];
        if (quote != '\'' && c == '\\' && i + 1 < raw.n) ct_buf_byte(&b, raw.p[++i]);
        else if (quote ? c == quote : c == '"' || c == '\'') quote = quote ? 0 : c;
        else ct_buf_byte(&b, c);
    }
    return ct_buf_str(&b, ret_value);
}

ct_err ct_release_value(ct_arena *arena, ct_str text, ct_str name, ct_str *ret_value)
{
    ct_str found = {0}, value;
    while (text.p)
        if (ct_proc_entry_is(ct_str_trim(ct_str_cut(&text, '\n')), name, &value)) found = value;
    if (!found.p) return CT_ERR_NOT_FOUND;
    return unquote(arena, found, ret_value);
}

unsigned ct_java_major(ct_str version)
{
    uint64_t n[2] = {0};
    size_t at = 0;
    for (unsigned i = 0; i < 2; i++) {
        size_t from = at;
        while (at < version.n && ct_ascii_digit(version.p[at])) at++;
        if (!ct_str_u64(ct_str_slice(version, from, at), &n[i])) break;
        if (at >= version.n || version.p[at] != '.') break;
        at++;
    }
    uint64_t major = n[0] == 1 && n[1] ? n[1] : n[0];
    return major < 1000 ? (unsigned)major : 0;
}
