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

/* Bytes a decoded value may hold. Multi-byte UTF-8 is let through unchecked: the decoder checks it exactly. */
static bool is_text(unsigned c) { return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n' || c == '\r'; }

/* Does the token decode to text that holds "$", an escape, or is base64 again? Random words fail in the first bytes. */
static bool token_matters(ct_str t)
{
    if (t.n < CT_BASE64_MIN || t.n % 4 == 1) return false;
    bool lead = false, again = true;
    size_t decoded = 0, high = 0;
    unsigned bits = 0, have = 0;
    for (size_t i = 0; i < t.n; i++) {
        bits = (bits << 6 | (unsigned)(ct_base64_digit[t.p[i]] - 1)) & 0xffff;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        unsigned c = (bits >> have) & 0xff;
        if (!is_text(c) || (decoded == 0 && c >= 0x80 && c < 0xc2)) return false;
        lead |= c == '$' || c == '%' || c == '&' || c == '\\';
        again &= ct_base64_digit[c] != 0 || c == '=' || c == '\n' || c == '\r';
        high += c >= 0x80;
        decoded++;
    }
    return (lead || (again && decoded >= CT_BASE64_MIN)) && high <= decoded / 2;
}

/* Where in the run may a value start? At its start, or behind the rest of an escape that stands before the run (%3D, \x3d,
 * &quot...), or behind a '/' as a path element. */
bool ct_token_run_matters(ct_str text, size_t start)
{
    size_t end = start, element = start;
    for (; end < text.n && ct_token_char(text.p[end]); end++) {
        if (text.p[end] != '/') continue;
        if (end - element >= CT_BASE64_MIN && token_matters(ct_str_slice(text, element, end))) return true;
        element = end + 1;
    }
    if (element > start && end - element >= CT_BASE64_MIN && token_matters(ct_str_slice(text, element, end))) return true;
    unsigned char before = start ? text.p[start - 1] : ' ';
    if (before == '.') return false;
    if (text.p[start] != '/' && token_matters(ct_str_slice(text, start, end))) return true;
    size_t most = before == '%' || before == '\\' ? 5 : before == '&' ? 9 : 0;
    for (size_t skip = 1; skip <= most && start + skip < end; skip++)
        if (token_matters(ct_str_slice(text, start + skip, end))) return true;
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
        if (opens && closes && run.p[0] != '/' && token_matters(run)) {
            *at = i;
            *ret_token = ct_str_slice(text, start, i);
            return true;
        }
        /* A path element: the longest part between slashes that decodes. */
        for (size_t from = start; from < end;) {
            size_t slash = ct_str_chr(ct_str_slice(text, from, end), '/');
            size_t to = slash == CT_STR_NONE ? end : from + slash;
            bool first = from == start, last = to == end;
            if (!(first && last) && (!first || opens) && (!last || closes) && token_matters(ct_str_slice(text, from, to))) {
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
