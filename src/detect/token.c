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

enum { ENDS_SLASH = 1, ENDS_PLUS = 2, ENDS_DASH = 4, ENDS_LOW = 8, ENDS_ANY = 15 };

static const unsigned char parting[256] = {['/'] = ENDS_SLASH, ['+'] = ENDS_PLUS, ['-'] = ENDS_DASH, ['_'] = ENDS_LOW};

/* Byte i of what the base64 at p decodes to. */
static unsigned char decoded_at(const unsigned char *p, size_t i)
{
    const unsigned char *q = p + i / 3 * 4 + i % 3;
    unsigned two = (ct_base64_digit[q[0]] - 1u) << 6 | (ct_base64_digit[q[1]] - 1u);
    return (unsigned char)(two >> (4 - 2 * (i % 3)));
}

/* May base64 start at byte `from` of n that the base64 at p decodes to? Its shortest value is text, which random words are not. */
static bool value_starts_inside(const unsigned char *p, size_t from, size_t n)
{
    unsigned bits = 0, have = 0, more = 0;
    if (n - from < CT_BASE64_MIN) return false;
    for (size_t i = from; i < from + CT_BASE64_MIN; i++) {
        unsigned digit = ct_base64_digit[decoded_at(p, i)];
        if (!digit) return false;
        bits = (bits << 6 | (digit - 1)) & 0xffff;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        if (!is_text((bits >> have) & 0xff, &more)) return false;
    }
    return true;
}

/* Does base64 of text stand among the n bytes of text that the base64 at p decodes to, as in the JSON of cookies and tokens? */
static bool value_inside(const unsigned char *p, size_t n)
{
    bool starts = true; /* a run, or the part of one */
    for (size_t i = 0; n - i >= CT_BASE64_MIN; i++) {
        unsigned char c = decoded_at(p, i);
        if (starts && value_starts_inside(p, i, n)) return true;
        starts = !ct_token_char(c) || ct_token_parts(c);
    }
    return false;
}

/* Does the run of token characters at p decode to text that holds "$", an escape, or base64 of text again? What else ends the
 * value: '/' between path elements, '+' for a blank in a form, '-' and '_' behind a name. Random words fail in the first bytes,
 * so this needs no length first. far: text that reaches it matters, unread; null: all is read. */
static bool value_matters(const unsigned char *p, const unsigned char *end, const unsigned char *far, unsigned ends,
                          unsigned *ret_seen)
{
    bool lead = false, again = true;
    const unsigned char *start = p;
    size_t decoded = 0, n = 0, run = 0, longest = 0; /* runs of base64 characters in what is decoded */
    unsigned bits = 0, have = 0, more = 0;
    for (; p < end && ct_base64_digit[*p]; p++, n++) {
        if (p == far) return true;
        if (ct_token_parts(*p)) {
            if (ends & parting[*p]) break;
            *ret_seen |= parting[*p];
        }
        bits = (bits << 6 | (unsigned)(ct_base64_digit[*p] - 1)) & 0xffff;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        unsigned c = (bits >> have) & 0xff;
        if (!is_text(c, &more)) return false;
        lead |= c == '$' || c == '%' || c == '&' || c == '\\';
        again &= ct_base64_digit[c] != 0 || c == '=' || c == '\n' || c == '\r';
        run = ct_base64_digit[c] ? run + 1 : 0;
        if (run > longest) longest = run;
        decoded++;
    }
    bool goes_on = p < end && (*p == '%' || *p == '&' || *p == '\\'); /* with what an escape yields */
    if (!goes_on && (n < CT_BASE64_MIN || n % 4 == 1)) return false;
    if (lead || (again && (goes_on || decoded >= CT_BASE64_MIN))) return true;
    return longest >= CT_BASE64_MIN && value_inside(start, decoded);
}

bool ct_token_starts_text(const unsigned char *p, const unsigned char *end)
{
    unsigned bits = 0, have = 0, more = 0;
    if (end - p < 2) return false;
    for (; p < end; p++) {
        if (!ct_base64_digit[*p]) return false;
        bits = (bits << 6 | (unsigned)(ct_base64_digit[*p] - 1)) & 0xffff;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        if (!is_text((bits >> have) & 0xff, &more)) return false;
    }
    return true;
}

static bool is_behind_escape(unsigned char before)
{
    return before == '%' || before == '\\' || before == '&' || before == ';' || before == '}';
}

bool ct_token_is_behind_escape(unsigned char before) { return before == '#' || is_behind_escape(before); }

/* The first eight characters decode to six bytes: do these begin no text? All six are looked at together, the first one highest,
 * for less than is_text asks byte by byte; so some pass that it refuses. Behind an escape a value may start later. */
bool ct_token_run_is_inert(ct_str text, size_t start)
{
    const uint64_t each = UINT64_C(0x010101010101); /* bit 0 of every byte */
    /* The first character alone tells of most words: control characters, further bytes of UTF-8, and what parts values. */
    static const unsigned char begins_none[256] = {
        ['A'] = 1, ['B'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1,
        ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['+'] = 1, ['-'] = 1, ['/'] = 1, ['_'] = 1,
    };
    const unsigned char *p = text.p + start;
    unsigned char before = start ? p[-1] : ' ';
    bool escaped = ct_token_is_behind_escape(before);
    if (escaped || begins_none[*p]) return !escaped;
    /* So do two of identifiers: the second byte, whose high half is known, goes on with a first one of UTF-8, or it does not. */
    unsigned first = ct_base64_digit[p[0]] - 1u, second = (ct_base64_digit[p[1]] - 1u) & 15;
    if (((second & 12) == 8) != (first >= 48) || second == 1) return true;
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v = (v << 6) + ct_base64_digit[p[i]];
    v -= UINT64_C(0x041041041041);                                                /* the table holds values plus one */
    uint64_t control = ~(v >> 7 | v >> 6 | v >> 5) & (~(v >> 3) | v >> 4) & each; /* 00-07, 10-1f */
    uint64_t high = v >> 7 & each, opens = high & v >> 6, goes_on = high & ~opens; /* of UTF-8: a first byte, a further one */
    uint64_t no_text = control | (goes_on & ~(high >> 8)) | (opens >> 8 & ~goes_on & each);
    return no_text != 0;
}

/* Whatever parts the values: what next_part tries, and that behind a form decoder that goes over the '+' first. It makes a
 * difference only when one of them stands before the first byte that is no text. In a run of text, many starts would each
 * read to its end: what is text for long is passed, for a closer look that reads it once. */
static bool starts_here(const unsigned char *p, const unsigned char *end)
{
    static const unsigned char sets[] = {
        ENDS_SLASH, ENDS_PLUS, ENDS_SLASH | ENDS_PLUS, ENDS_DASH, ENDS_DASH | ENDS_PLUS, ENDS_LOW, ENDS_LOW | ENDS_PLUS,
        ENDS_DASH | ENDS_LOW, ENDS_DASH | ENDS_LOW | ENDS_PLUS, ENDS_ANY,
    };
    unsigned seen = 0, tried = 0; /* tried: bit m for the set m of those seen */
    if (p < end && ct_token_parts(*p)) return false; /* the base64 of no text */
    const unsigned char *far = (size_t)(end - p) > CT_TOKEN_LOOK ? p + CT_TOKEN_LOOK : NULL;
    if (value_matters(p, end, far, 0, &seen)) return true;
    for (size_t i = 0; seen && i < sizeof sets; i++) {
        unsigned cut = sets[i] & seen;
        if (!cut || (tried >> cut & 1)) continue;
        tried |= 1u << cut;
        if (value_matters(p, end, far, cut, &seen)) return true;
    }
    return false;
}

static bool decodes(ct_str value)
{
    unsigned seen = 0;
    return value_matters(value.p, value.p + value.n, NULL, 0, &seen);
}

/* Behind "&#": where a reference without its semicolon ends. */
static const unsigned char *skip_reference(const unsigned char *p, const unsigned char *end)
{
    bool hex = p < end && (*p | 0x20) == 'x';
    if (hex) p++;
    while (p < end && (hex ? ct_hex_value(*p) >= 0 : ct_ascii_digit(*p))) p++;
    return p;
}

/* Where may a value start? At the start of the run or part, or behind the rest of an escape that stands before the run
 * (%3D, \x3d, &quot, \u0026NewLine, &#61 ...). */
bool ct_token_run_matters(ct_str text, size_t start)
{
    enum { ESCAPE_REST_MAX = 12 };
    const unsigned char *p = text.p + start, *end = text.p + text.n;
    unsigned char before = start ? p[-1] : ' ';
    if (ct_token_run_is_inert(text, start)) return false;
    if (starts_here(p, end)) return true;
    if (before == '#') { /* "&#61VALUE", or "&#38equalsVALUE": the reference may be the '&' of another */
        p = skip_reference(p, end);
        if (starts_here(p, end)) return true;
    }
    size_t most = before == '#' || is_behind_escape(before) ? ESCAPE_REST_MAX : 0;
    for (size_t skip = 1; skip <= most && p + skip < end && ct_base64_digit[p[skip - 1]]; skip++)
        if (starts_here(p + skip, end)) return true;
    return false;
}

/* What may stand before or behind a value: all but what could be part of an escape, or of the value in another spelling. A
 * '.' parts the pieces of a token (JWT), whose alphabet has no '+' and no '/'; otherwise it parts names. */
static bool is_separator(unsigned char c, ct_str run)
{
    if (c == '.') return ct_str_chr(run, '/') == CT_STR_NONE && ct_str_chr(run, '+') == CT_STR_NONE;
    return c < 0x80 && c != '$' && c != '%' && c != '\\' && c != '#';
}

/* Does a value end before i? Log4j has no lookup that decodes base64: "${base64:VALUE}" and "${base64:VALUE:-x}" stay as they are. */
static bool closes_value(ct_str text, size_t i, ct_str run)
{
    unsigned char c = text.p[i];
    bool default_follows = c == ':' && text.n - i > 1 && text.p[i + 1] == '-';
    return c != '}' && !default_follows && is_separator(c, run);
}

/* Padding as CEF and property files write it: "\\=" goes on no value. */
static bool is_escaped_padding(ct_str text, size_t i, ct_str run)
{
    size_t behind = i;
    while (text.n - behind > 1 && text.p[behind] == '\\' && text.p[behind + 1] == '=') behind += 2;
    return behind > i && (behind == text.n || closes_value(text, behind, run));
}

/* The next part of the run between separators. A value holds '+' and '/', or '-' and '_', or none of them. Sets of separators that
 * part this run alike are one. */
static bool next_part(ct_str text, struct ct_token_search *s, ct_str *ret_token)
{
    static const unsigned char sets[] = {ENDS_SLASH, ENDS_PLUS, ENDS_SLASH | ENDS_PLUS, ENDS_DASH, ENDS_LOW, ENDS_DASH | ENDS_LOW, ENDS_ANY};
    for (; s->set < sizeof sets; s->set++, s->from = s->start) {
        unsigned cut = sets[s->set] & s->held;
        if (s->from == s->start && (!cut || (s->tried >> cut & 1))) continue;
        s->tried |= 1u << cut;
        while (s->from < s->end) {
            size_t from = s->from, to = from;
            while (to < s->end && !(parting[text.p[to]] & cut)) to++;
            s->from = to + 1;
            s->seen += s->from - from;
            bool first = from == s->start, last = to == s->end;
            if (to - from < CT_BASE64_MIN || (first && last) || (first && !s->opens) || (last && !s->closes)) continue;
            if (!decodes(ct_str_slice(text, from, to))) continue;
            *ret_token = ct_str_slice(text, from, last ? s->padded : to);
            return true;
        }
    }
    s->end = s->start;
    return false;
}

/* The next run that is long enough for a value, from `from` on. Looked for from where it would end: few characters are looked at. */
static bool next_run(ct_str text, size_t from, size_t *ret_start, size_t *ret_end)
{
    while (text.n - from >= CT_BASE64_MIN) {
        size_t i = from + CT_BASE64_MIN;
        while (i > from && ct_token_char(text.p[i - 1])) i--;
        if (i > from) {
            from = i; /* behind the last character that ends a run */
            continue;
        }
        *ret_start = from;
        for (i = from + CT_BASE64_MIN; i < text.n && ct_token_char(text.p[i]);) i++;
        *ret_end = i;
        return true;
    }
    return false;
}

bool ct_token_none(ct_str text)
{
    size_t start, end;
    return !next_run(text, 0, &start, &end);
}

bool ct_token_next(ct_str text, struct ct_token_search *s, ct_str *ret_token)
{
    for (;;) {
        if (s->start < s->end && next_part(text, s, ret_token)) return true;
        size_t start, end, i;
        unsigned held = 0;
        if (!next_run(text, s->at, &start, &end)) return false;
        for (i = start; i < end; i++) held |= parting[text.p[i]];
        while (i < text.n && text.p[i] == '=' && i - end < 2) i++;
        s->at = i;
        ct_str run = ct_str_slice(text, start, end);
        bool opens = start == 0 || is_separator(text.p[start - 1], run);
        bool closes = i == text.n || closes_value(text, i, run) || is_escaped_padding(text, i, run);
        if (opens && closes && run.p[0] != '/' && decodes(run)) {
            *ret_token = ct_str_slice(text, start, i);
            return true;
        }
        *s = (struct ct_token_search){.at = i, .start = start, .end = end, .padded = i, .from = start, .held = held,
                                      .opens = opens, .closes = closes, .seen = s->seen};
    }
}
