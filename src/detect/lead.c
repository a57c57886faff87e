/* One lead and the bytes around it: can they take part in a lookup?
 *
 * An escape matters when its value can take part in "${" or in a further escape: '$', the escape leads, letters, digits and
 * '#'. The blanks, slashes and quotes that make up ordinary percent-encoding do not, and neither does a '{': the '$' or the "\u"
 * before it does, however it is written.
 */
#include "detect/lead.h"

#include "detect/token.h"

#include <string.h>

/* The character of the entity name at p that can take part in a lookup ('$', '{', an escape lead, '#', a base64 character),
 * and where its letters end; 0: none. A prefix of a longer name counts, since the semicolon may be missing. */
static unsigned char entity_value(const unsigned char *p, const unsigned char *end, const unsigned char **ret_rest)
{
    static const struct {
        ct_str name;
        unsigned char value;
    } names[] = {{CT_STR_INIT("dollar"), '$'}, {CT_STR_INIT("lcub"), '{'},   {CT_STR_INIT("lbrace"), '{'}, {CT_STR_INIT("percnt"), '%'},
                 {CT_STR_INIT("amp"), '&'},    {CT_STR_INIT("AMP"), '&'},    {CT_STR_INIT("bsol"), '\\'},  {CT_STR_INIT("num"), '#'},
                 {CT_STR_INIT("plus"), '+'},   {CT_STR_INIT("sol"), '/'},    {CT_STR_INIT("lowbar"), '_'}, {CT_STR_INIT("UnderBar"), '_'}};
    static const char firsts[] = "dlpaAbnsU";
    if (end - p < 3 || !memchr(firsts, p[0], sizeof firsts - 1)) return 0;
    ct_str text = {p, (size_t)(end - p)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (p[0] != names[i].name.p[0] || !ct_str_starts(text, names[i].name)) continue;
        *ret_rest = p + names[i].name.n;
        return names[i].value;
    }
    return 0;
}

static bool hex_run(const unsigned char *p, const unsigned char *end, unsigned n, unsigned *ret_value)
{
    unsigned v = 0;
    if (end - p < (ptrdiff_t)n) return false;
    for (unsigned i = 0; i < n; i++) {
        int d = ct_hex_value(p[i]);
        if (d < 0) return false;
        v = v << 4 | (unsigned)d;
    }
    *ret_value = v;
    return true;
}

static bool percent_value(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    bool wide = end - p > 1 && (p[1] | 0x20) == 'u';
    *ret_rest = p + (wide ? 6 : 3);
    return wide ? hex_run(p + 2, end, 4, ret_value) : hex_run(p + 1, end, 2, ret_value);
}

static bool backslash_value(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    if (end - p < 2) return false;
    unsigned char c = p[1];
    *ret_rest = p + 2;
    if (c == 'u' && end - p > 2 && p[2] == '{') {
        const unsigned char *q = p + 3;
        unsigned v = 0;
        for (; q < end && ct_hex_value(*q) >= 0 && v < 0x110000; q++) v = v << 4 | (unsigned)ct_hex_value(*q);
        *ret_value = v;
        *ret_rest = q + (q < end && *q == '}');
        return q > p + 3;
    }
    if (c == 'x' || c == 'u' || c == 'U') {
        unsigned n = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        *ret_rest = p + 2 + n;
        return hex_run(p + 2, end, n, ret_value);
    }
    if (c >= '0' && c <= '7') {
        const unsigned char *q = p + 1;
        unsigned v = 0;
        for (; q < end && q < p + 4 && *q >= '0' && *q <= '7' && v * 8 + (unsigned)(*q - '0') < 256; q++)
            v = v * 8 + (unsigned)(*q - '0');
        *ret_value = v;
        *ret_rest = q;
        return true;
    }
    *ret_value = c;
    return c == '\\' || c == '/' || c == '"' || c == '\'';
}

/* The semicolon of a reference may be escaped itself: "&dollar%3B{" is "&dollar;{" and then "${". */
static const unsigned char *skip_semicolon(const unsigned char *p, const unsigned char *end)
{
    unsigned v;
    const unsigned char *rest;
    if (p < end && *p == ';') return p + 1;
    bool escaped = p < end && ((*p == '%' && percent_value(p, end, &v, &rest)) || (*p == '\\' && backslash_value(p, end, &v, &rest)));
    return escaped && v == ';' ? rest : p;
}

static bool ampersand_value(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    if (end - p < 3) return false;
    if (p[1] != '#') {
        *ret_value = entity_value(p + 1, end, ret_rest);
        if (*ret_value) *ret_rest = skip_semicolon(*ret_rest, end);
        return *ret_value != 0;
    }
    const unsigned char *q = p + 2;
    unsigned v = 0;
    bool hex = (*q | 0x20) == 'x';
    if (hex) q++;
    const unsigned char *digits = q;
    for (; q < end && v < 0x110000; q++) {
        int d = ct_hex_value(*q);
        if (d < 0 || (!hex && d > 9)) break;
        v = v * (hex ? 16u : 10u) + (unsigned)d;
    }
    *ret_value = v;
    *ret_rest = skip_semicolon(q, end);
    return q > digits;
}

/* The escape at p: its value and where it ends. False: the bytes at p are no escape. */
static bool escape_at(const unsigned char *p, const unsigned char *end, unsigned *ret_value, const unsigned char **ret_rest)
{
    switch (*p) {
    case '%': return percent_value(p, end, ret_value, ret_rest);
    case '\\': return backslash_value(p, end, ret_value, ret_rest);
    case '&': return ampersand_value(p, end, ret_value, ret_rest);
    default: return false;
    }
}

/* Behind "\U": can the eight digits of a code point start here? They do not in C:\Users. */
static bool begins_eight(const unsigned char *p, const unsigned char *end) { return p < end && (*p == '0' || ct_is_lead(*p)); }

/* Behind a '%' that starts no escape now: may it start one after a further decoding? Where digits are missing it does not: an escape
 * that yields one matters by itself. */
static bool may_open_percent(const unsigned char *p) { return (*p | 0x20) == 'u' || *p == '#' || *p == '{' || ct_is_lead(*p); }

/* The character `lead` (raw, or the value of an escape) stands before p: can the two be the start of "${" or of an escape
 * after one more decoding? A raw lead before raw bytes is one already, or never will be. */
static bool continues(unsigned char lead, bool raw, const unsigned char *p, const unsigned char *end)
{
    unsigned v;
    const unsigned char *rest;
    if (p >= end) return false;
    bool escaped = escape_at(p, end, &v, &rest);
    if (!escaped) v = *p;
    if (lead == '$' && *p == '#') return end - p >= 3 && p[1] == '7' && (p[2] | 0x20) == 'b'; /* HAProxy logs '{' as #7B */
    if (lead == '$') return v == '{' || (escaped ? v < 0x80 && ct_is_lead((unsigned char)v) : v != '$' && ct_is_lead(*p));
    if (*p == '%' && !escaped) return end - p >= 2 && may_open_percent(p + 1);
    if (raw && !escaped) return ct_is_lead(*p) && *p != '$';
    if (v >= 0x80) return false;
    unsigned char c = (unsigned char)v;
    if (ct_is_lead(c)) return c != '$';
    switch (lead) {
    case '%': return c == 'u' || c == 'U' || ct_hex_value(c) >= 0;
    case '\\': return c == 'x' || c == 'u' || (c >= '0' && c <= '7') || (c == 'U' && begins_eight(escaped ? rest : p + 1, end));
    default: return c == '#' || (escaped ? ct_ascii_alpha(c) : entity_value(p, end, &rest) != 0);
    }
}

/* A '+' or '/' (c) written as an escape breaks a base64 value into pieces too short for the run search: does a value stand
 * before it? What there is of it must decode to text, which ordinary words seldom do. Behind a '.' neither belongs to a value. */
static bool breaks_base64(const unsigned char *start, const unsigned char *escape, unsigned char c)
{
    const unsigned char *p = escape;
    for (; p > start && escape - p < 64 && ct_token_char(p[-1]); p--)
        if (ct_token_parts(p[-1]) && ct_token_starts_text(p, escape)) return true;
    unsigned char before = p > start ? p[-1] : ' ';
    if (before == '.') return c != '+' && c != '/' && ct_token_starts_text(p, escape);
    if (p < escape && before == '%') p += (*p | 0x20) == 'u' ? 5 : 2;
    else if (p < escape && before == '\\') p += *p == 'u' ? 5 : *p == 'x' ? 3 : 1;
    return p < escape && *p != '/' && ct_token_starts_text(p, escape);
}

/* A '\\' that stands at `escape`, raw or as an escape: does a '/' follow that it escapes, and that belongs to a base64 value? */
static bool hides_slash(const unsigned char *start, const unsigned char *escape, const unsigned char *rest, const unsigned char *end)
{
    return rest < end && (*rest == '/' || ct_is_lead(*rest)) && breaks_base64(start, escape, '/');
}

/* An escape from `escape` to before `rest` has the value v: can it take part in a lookup? */
static bool value_matters(unsigned v, const unsigned char *start, const unsigned char *escape, const unsigned char *rest,
                          const unsigned char *end)
{
    if (v >= 0x80) return false;
    unsigned char c = (unsigned char)v, before = escape > start ? escape[-1] : ' ';
    if (ct_is_lead(c)) return continues(c, false, rest, end) || (c == '\\' && hides_slash(start, escape, rest, end));
    if (ct_ascii_digit(c) || ct_ascii_alpha(c)) return true;
    if (c == '#') return before == '&';
    if (c == '+' || c == '/' || c == '-' || c == '_') return breaks_base64(start, escape, c);
    return false;
}

/* hexadecimal digits plus one */
static const unsigned char hex_digit[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11,
    ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Two hexadecimal digits of a byte that takes part in nothing: all but # $ % & + - / 0-9 A-Z \ _ a-z */
static bool is_inert_pair(const unsigned char *p)
{
    static const uint16_t by_high_digit[16] = {
        0xffff, 0xffff, 0x5787, 0xfc00, 0x0001, 0x6800, 0x0001, 0xf800, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff,
    };
    unsigned high = hex_digit[p[0]], low = hex_digit[p[1]];
    return high && low && by_high_digit[high - 1] >> (low - 1) & 1;
}

static bool is_pair(const unsigned char *p) { return hex_digit[p[0]] && hex_digit[p[1]]; }

/* The first letters of the names in entity_value. */
static bool begins_name(const unsigned char *p)
{
    switch (p[0] << 16 | p[1] << 8 | p[2]) {
    case 'd' << 16 | 'o' << 8 | 'l': case 'l' << 16 | 'c' << 8 | 'u': case 'l' << 16 | 'b' << 8 | 'r':
    case 'l' << 16 | 'o' << 8 | 'w': case 'p' << 16 | 'e' << 8 | 'r': case 'p' << 16 | 'l' << 8 | 'u':
    case 'a' << 16 | 'm' << 8 | 'p': case 'A' << 16 | 'M' << 8 | 'P': case 'b' << 16 | 's' << 8 | 'o':
    case 'n' << 16 | 'u' << 8 | 'm': case 's' << 16 | 'o' << 8 | 'l': case 'U' << 16 | 'n' << 8 | 'd': return true;
    default: return false;
    }
}

/* What stands behind a '&', raw or from an escape, makes no reference of it. */
static bool ends_ampersand(const unsigned char *p)
{
    if (*p == '%') return !may_open_percent(p + 1) && (is_inert_pair(p + 1) || !is_pair(p + 1));
    return *p != '#' && !ct_is_lead(*p) && !begins_name(p);
}

/* What most leads of an ordinary log are: an escape of a byte that can take part in nothing, or the '&' before a parameter. A
 * quick no; false leaves the question to the closer look. */
static bool is_inert(const unsigned char *start, const unsigned char *p, const unsigned char *end)
{
    if (end - p < 12 || p == start) return false;
    switch (*p) {
    case '&':
        if (!begins_name(p + 1)) return p[1] != '#' && !ct_is_lead(p[1]);
        return p[1] == 'a' && p[4] == ';' && ends_ampersand(p + 5); /* &amp; */
    case '\\': return p[1] == 'x' && is_inert_pair(p + 2);
    case '%':
        if (p[1] == '2' && p[2] == '6') return ends_ampersand(p + 3);
        return is_inert_pair(p + 1);
    default: return p[1] != '{' && p[1] != '#' && !ct_is_lead(p[1]);
    }
}

/* "\u{24%7D", "\u%7B24}", "\u#7B24#7D": a brace comes of another layer. */
static bool has_brace_later(const unsigned char *p, const unsigned char *end)
{
    if (end - p < 3 || p[0] != '\\' || p[1] != 'u') return false;
    if (p[2] != '{') return ct_is_lead(p[2]) || p[2] == '#';
    for (p += 3; p < end && hex_digit[*p];) p++;
    return p < end && ct_is_lead(*p);
}

bool ct_lead_matters(ct_str block, size_t from, size_t at)
{
    const unsigned char *start = block.p + from, *p = block.p + at, *end = block.p + block.n, *rest;
    unsigned v;
    if (is_inert(start, p, end)) return false;
    if (has_brace_later(p, end)) return true;
    if (*p == '&' && end - p >= 4 && p[1] == '#' && p[2] == '2' && p[3] == '3') return true; /* "&#" as HAProxy logs it */
    if (escape_at(p, end, &v, &rest)) return value_matters(v, start, p, rest, end);
    return continues(*p, true, p + 1, end) || (*p == '\\' && hides_slash(start, p, p + 1, end));
}
