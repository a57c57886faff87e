#include "detect/closed_core.h"

#include "detect/token.h"
#include "detect/verdict.h"

static bool is_plain(ct_str core, bool mail)
{
    for (size_t i = 0; i < core.n; i++) {
        unsigned char c = core.p[i];
        if (c == '\'' && i + 1 < core.n && core.p[i + 1] == '\'') return false;
        if (c == '%' || c == '&' || c == '\\' || c == '+' || (c == '=' && mail)) return false;
    }
    return ct_token_none(core);
}

struct ct_closed_core ct_closed_core(ct_str text, bool mail)
{
    const struct ct_closed_core none = {0};
    bool escapes = ct_str_chr(text, '%') != CT_STR_NONE || ct_str_chr(text, '&') != CT_STR_NONE || ct_str_chr(text, '\\') != CT_STR_NONE;
    if (!escapes) return none;
    size_t first = ct_str_chr(text, '$'), depth = 0, end = 0;
    for (size_t i = first; i < text.n; i++) {
        if (text.p[i] == '$') {
            if (i + 1 == text.n || text.p[i + 1] != '{') return none;
            depth++;
        } else if (text.p[i] == '}' && depth && --depth == 0) {
            end = i + 1;
            size_t more = ct_str_chr(ct_str_slice(text, end, text.n), '$');
            if (more == CT_STR_NONE) break;
            i += more;
        }
    }
    if (depth || end == 0) return none;
    ct_str core = ct_str_slice(text, first, end);
    return (struct ct_closed_core){core, first, is_plain(core, mail)};
}

size_t ct_closed_core_find(const struct ct_closed_core *core, ct_str text)
{
    size_t first = ct_str_chr(text, '$');
    if (core->text.n == 0 || first == CT_STR_NONE || !ct_str_starts(ct_str_slice(text, first, text.n), core->text)) return CT_STR_NONE;
    ct_str behind = ct_str_slice(text, first + core->text.n, text.n);
    return ct_str_chr(behind, '$') == CT_STR_NONE ? first : CT_STR_NONE;
}

bool ct_closed_core_is_all(const struct ct_closed_core *core, ct_str text, size_t at, bool mail)
{
    return core->plain && ct_mail_next(text, 0, mail) == CT_STR_NONE && !ct_prefilter(ct_str_slice(text, 0, at)) &&
           !ct_prefilter(ct_str_slice(text, at + core->text.n, text.n));
}
