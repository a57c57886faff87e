#include "text/printable.h"
#include "text/unicode.h"

/* Bytes of the character at i when it prints as it is, else 0. A '$' at the very end does not: the caller may print a '{'
 * next, from another field. */
static inline unsigned plain(ct_str s, size_t i)
{
    unsigned char c = s.p[i];
    if (c == '$') return i + 1 < s.n && s.p[i + 1] != '{';
    if (c >= 0x20 && c < 0x7f) return 1;
    uint32_t code;
    unsigned n = ct_utf8_get((ct_str){s.p + i, s.n - i}, &code);
    return n && ct_unicode_shows(code) ? n : 0;
}

/* Bytes of the character at i that does not print: a well-formed one is escaped whole. */
static inline unsigned unprintable(ct_str s, size_t i)
{
    uint32_t code;
    unsigned n = ct_utf8_get((ct_str){s.p + i, s.n - i}, &code);
    return n ? n : 1;
}

static void escape(struct ct_buf *out, const unsigned char *p, unsigned n)
{
    static const char hex[16] = "0123456789abcdef";
    for (; n; n--, p++) {
        unsigned char e[4] = {'\\', 'x', (unsigned char)hex[*p >> 4], (unsigned char)hex[*p & 15]};
        ct_buf_add(out, (ct_str){e, sizeof e});
    }
}

/* How one printer writes an ASCII character that means something where it prints; null: no meaning. */
typedef const char *special_fn(unsigned char c);

static inline void print(struct ct_buf *out, ct_str s, special_fn *special)
{
    size_t run = 0;
    for (size_t i = 0; i < s.n && !out->err;) {
        const char *instead = special(s.p[i]);
        unsigned n = instead ? 1 : plain(s, i);
        if (n && !instead) {
            i += n;
            continue;
        }
        ct_buf_add(out, ct_str_slice(s, run, i));
        if (instead) {
            ct_buf_text(out, instead);
        } else {
            n = unprintable(s, i);
            escape(out, s.p + i, n);
        }
        run = i += n;
    }
    ct_buf_add(out, ct_str_slice(s, run, s.n));
}

static const char *nothing(unsigned char c)
{
    (void)c;
    return NULL;
}

void ct_print_text(struct ct_buf *out, ct_str s) { print(out, s, nothing); }

void ct_print_clipped(struct ct_buf *out, ct_str s, size_t columns)
{
    size_t width = 0, fits = out->n; /* fits: where "..." would still end within the width */
    for (size_t i = 0; i < s.n && !out->err;) {
        unsigned n = plain(s, i), wide = 1;
        bool as_is = n != 0;
        if (!as_is) {
            n = unprintable(s, i);
            wide = 4 * n;
        }
        if (wide > columns - width) {
            out->n = fits;
            ct_buf_add(out, ct_str_slice(CT_STR("..."), 0, columns));
            return;
        }
        if (as_is) ct_buf_add(out, (ct_str){s.p + i, n});
        else escape(out, s.p + i, n);
        width += wide;
        if (columns >= 3 && width <= columns - 3) fits = out->n;
        i += n;
    }
}

static const char *html(unsigned char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '$': return "&#36;";
    default: return NULL;
    }
}

void ct_print_html(struct ct_buf *out, ct_str s) { print(out, s, html); }

static const char *csv(unsigned char c) { return c == '"' ? "\"\"" : NULL; }

/* The full-width forms too: spreadsheets with an East Asian locale take them for the ASCII ones. */
static bool is_formula(ct_str s)
{
    static const ct_str starts[] = {
        CT_STR_INIT("="), CT_STR_INIT("+"), CT_STR_INIT("-"), CT_STR_INIT("@"), CT_STR_INIT("\t"), CT_STR_INIT("\r"),
        CT_STR_INIT("\xef\xbc\x9d"), CT_STR_INIT("\xef\xbc\x8b"), CT_STR_INIT("\xef\xbc\x8d"), CT_STR_INIT("\xef\xbc\xa0"),
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (ct_str_starts(s, starts[i])) return true;
    return false;
}

void ct_print_csv(struct ct_buf *out, ct_str s)
{
    if (s.n == 0) return;
    /* Line ends come out escaped and need no quotes. */
    bool quoted = ct_str_chr(s, ',') != CT_STR_NONE || ct_str_chr(s, '"') != CT_STR_NONE || s.p[0] == ' ' || s.p[s.n - 1] == ' ';
    if (quoted) ct_buf_byte(out, '"');
    if (is_formula(s)) ct_buf_byte(out, '\'');
    print(out, s, csv);
    if (quoted) ct_buf_byte(out, '"');
}

/* Characters that browsers take for the dot of a host name. */
static bool is_dot(ct_str s, unsigned n)
{
    ct_str c = {s.p, n};
    return ct_str_eq(c, CT_STR(".")) || ct_str_eq(c, CT_STR("\xe3\x80\x82")) || ct_str_eq(c, CT_STR("\xef\xbc\x8e")) ||
           ct_str_eq(c, CT_STR("\xef\xbd\xa1"));
}

void ct_print_defanged(struct ct_buf *out, ct_str s)
{
    /* A word may be a host from its start on, until a slash; what stands behind "//" may be one again. A '#' or '?' before
     * the first slash ends the host for one reader, and not for another. */
    bool host = true;
    for (size_t i = 0; i < s.n && !out->err;) {
        ct_str rest = {s.p + i, s.n - i};
        unsigned char c = s.p[i];
        if (ct_str_starts(rest, CT_STR("://"))) {
            ct_buf_text(out, "[:]//");
            host = true;
            i += 3;
            continue;
        }
        unsigned n = plain(s, i);
        if (n == 0) {
            n = unprintable(s, i);
            escape(out, s.p + i, n);
            host = true;
        } else if (host && is_dot(rest, n)) {
            ct_buf_byte(out, '[');
            ct_buf_add(out, (ct_str){s.p + i, n});
            ct_buf_byte(out, ']');
        } else {
            ct_buf_add(out, (ct_str){s.p + i, n});
            if (c == '/' || c == '\\') host = i > 0 && (s.p[i - 1] == c || s.p[i - 1] == ':'); /* JNDI takes "ldap:/host" */
            else if (ct_str_chr(CT_STR(" \"'<>(){},;=&|`"), c) != CT_STR_NONE) host = true;
        }
        i += n;
    }
}
