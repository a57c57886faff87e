#include "text/escapes.h"

/* Names of the HTML5 list (WHATWG HTML, "Named character references") that yield ASCII, or a letter that Java's case
 * mapping turns into ASCII: ${upper:...} of a dotless i is I, of the ligatures and the sharp s are several letters, and
 * ${lower:...} of a dotted I is i under a Turkish locale.
 * In byte order of the first letter, and the longest first below it: the first hit is the longest.
 * Braces also in capitals, which no browser reads, but what compares names without their case does. */
struct entity {
    char name[17];
    unsigned char name_n;
    char text[4];
};
#define E(name, text) {name, sizeof(name) - 1, text}
static const struct entity entities[] = {
    E("AMP", "&"),
    E("DiacriticalGrave", "`"),
    E("GT", ">"),
    E("Hat", "^"),
    E("Idot", "\xc4\xb0"),
    E("LBRACE", "{"), E("LCUB", "{"), E("LT", "<"),
    E("NewLine", "\n"),
    E("QUOT", "\""),
    E("RBRACE", "}"), E("RCUB", "}"),
    E("Tab", "\t"),
    E("UnderBar", "_"),
    E("VerticalLine", "|"),
    E("apos", "'"), E("amp", "&"), E("ast", "*"),
    E("bsol", "\\"),
    E("commat", "@"), E("colon", ":"), E("comma", ","),
    E("dollar", "$"),
    E("equals", "="), E("excl", "!"),
    E("ffilig", "\xef\xac\x83"), E("ffllig", "\xef\xac\x84"), E("fflig", "\xef\xac\x80"), E("filig", "\xef\xac\x81"),
    E("fjlig", "fj"), E("fllig", "\xef\xac\x82"),
    E("grave", "`"), E("gt", ">"),
    E("inodot", "\xc4\xb1"), E("imath", "\xc4\xb1"),
    E("lbrace", "{"), E("lbrack", "["), E("lowbar", "_"), E("lcub", "{"), E("lpar", "("), E("lsqb", "["), E("lt", "<"),
    E("midast", "*"),
    E("num", "#"),
    E("percnt", "%"), E("period", "."), E("plus", "+"),
    E("quest", "?"), E("quot", "\""),
    E("rbrace", "}"), E("rbrack", "]"), E("rcub", "}"), E("rpar", ")"), E("rsqb", "]"),
    E("szlig", "\xc3\x9f"), E("semi", ";"), E("sol", "/"),
    E("verbar", "|"), E("vert", "|"),
};
#undef E

static size_t named(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    size_t left = (size_t)(end - (p + 1)), count = sizeof entities / sizeof *entities, low = 0, high = count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if ((unsigned char)entities[mid].name[0] < p[1]) low = mid + 1;
        else high = mid;
    }
    for (; low < count && (unsigned char)entities[low].name[0] == p[1]; low++) {
        const struct entity *e = &entities[low];
        if (e->name_n > left || memcmp(p + 1, e->name, e->name_n) != 0) continue;
        *ret_n = strlen(e->text);
        memcpy(to, e->text, *ret_n);
        size_t used = 1u + e->name_n;
        return used + (used <= left && p[used] == ';');
    }
    return 0;
}

static size_t numeric(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    const unsigned char *d = p + 2;
    uint32_t code = 0;
    bool hex = d < end && (*d | 0x20) == 'x';
    const unsigned char *first = hex ? ++d : d;
    /* Past the last code point the value no longer matters, and stands still rather than wrap. */
    for (; d < end && (hex ? ct_hex_digit[*d] != 0 : ct_ascii_digit(*d)); d++)
        if (code <= 0x10ffff) code = hex ? code << 4 | (ct_hex_digit[*d] & 15) : code * 10 + (uint32_t)(*d - '0');
    if (d == first) return 0;
    *ret_n = ct_utf8_write(to, code ? code : 0xfffd);
    return (size_t)(d - p) + (d < end && *d == ';');
}

static inline size_t entity(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    if (end - p < 3) return 0;
    if (p[1] == '#') return numeric(p, end, to, ret_n);
    return ct_ascii_alpha(p[1]) ? named(p, end, to, ret_n) : 0;
}

ct_err ct_decode_html(ct_str in, struct ct_buf *out, bool *ret_changed)
{
    return ct_escapes_decode(in, '&', entity, out, ret_changed);
}
