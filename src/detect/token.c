#include "detect/token.h"

#include "base/limits.h"

const unsigned char ct_base64_digit[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10,
    ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20,
    ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50,
    ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['+'] = 63, ['-'] = 63, ['/'] = 64, ['_'] = 64,
};

/* Follows decoded bytes as the text check of ct_decode_base64 would: *more counts the continuation bytes still due. */
static bool is_text(unsigned c, unsigned *more)
{
    if (*more) {
        (*more)--;
        return c >= 0x80 && c < 0xc0;
    }
    if (c < 0x80) return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r';
    *more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    return c >= 0xc2 && c < 0xf5;
}

/* Does the run of token characters at p decode to text that holds "$", an escape, or base64 again? slashes: a '/' belongs to
 * the value, otherwise it ends it. Random words fail in the first bytes, so this needs no length first. */
static bool value_matters(const unsigned char *p, const unsigned char *end, bool slashes)
{
    bool lead = false, again = true;
    size_t decoded = 0, n = 0;
    unsigned bits = 0, have = 0, more = 0;
    for (; p < end && ct_base64_digit[*p] && (slashes || *p != '/'); p++, n++) {
        bits = (bits << 6 | (unsigned)(ct_base64_digit[*p] - 1)) & 0xffff;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        unsigned c = (bits >> have) & 0xff;
        if (!is_text(c, &more)) return false;
        lead |= c == '$' || c == '%' || c == '&' || c == '\\';
        again &= ct_base64_digit[c] != 0 || c == '=' || c == '\n' || c == '\r';
        decoded++;
    }
    return n >= CT_BASE64_MIN && n % 4 != 1 && (lead || (again && decoded >= CT_BASE64_MIN));
}

bool ct_token_element_matters(ct_str text, size_t start)
{
    return value_matters(text.p + start, text.p + text.n, false);
}

/* Where in the run may a value start? At its start, or behind the rest of an escape that stands before the run (%3D, \x3d,
 * &quot...). */
bool ct_token_run_matters(ct_str text, size_t start)
{
    const unsigned char *p = text.p + start, *end = text.p + text.n;
    unsigned char before = start ? p[-1] : ' ';
    if (value_matters(p, end, true) || value_matters(p, end, false)) return true;
    size_t most = before == '%' || before == '\\' ? 5 : before == '&' ? 9 : 0;
    for (size_t skip = 1; skip <= most && ct_base64_digit[p[skip - 1]]; skip++)
        if (value_matters(p + skip, end, true) || value_matters(p + skip, end, false)) return true;
    return false;
}

static bool is_separator(unsigned char c)
{
    return c == '=' || c == '&' || c == '?' || c == ';' || c == ',' || c == ' ' || c == '\t' || c == '"' || c == '\'' ||
           c == '/' || c == '\n' || c == '\r';
}

bool ct_token_next(ct_str text, size_t *at, ct_str *ret_token)
{
    size_t i = *at;
    while (i < text.n) {
        while (i < text.n && !ct_token_char(text.p[i])) i++;
        size_t start = i;
        while (i < text.n && ct_token_char(text.p[i])) i++;
        size_t end = i;
        while (i < text.n && text.p[i] == '=' && i - end < 2) i++;
        bool opens = start == 0 || is_separator(text.p[start - 1]);
        bool closes = i == text.n || is_separator(text.p[i]);
        ct_str run = ct_str_slice(text, start, end);
        if (run.n < CT_BASE64_MIN) continue;
        if (opens && closes && run.p[0] != '/' && value_matters(run.p, run.p + run.n, true)) {
            *at = i;
            *ret_token = ct_str_slice(text, start, i);
            return true;
        }
        /* A path element: the longest part between slashes that decodes. */
        for (size_t from = start; from < end;) {
            size_t slash = ct_str_chr(ct_str_slice(text, from, end), '/');
            size_t to = slash == CT_STR_NONE ? end : from + slash;
            bool first = from == start, last = to == end;
            if (!(first && last) && (!first || opens) && (!last || closes) && value_matters(text.p + from, text.p + to, false)) {
                *at = to;
                *ret_token = ct_str_slice(text, from, last ? i : to);
                return true;
            }
            from = to + 1;
        }
    }
    *at = i;
    return false;
}
