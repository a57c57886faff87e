/* The allow-list of 2.15.0, which reads a name with java.net.URI before JNDI reads it in its own way. */
#include "lookup/jndi.h"

#include "lookup/span.h"
#include "text/unicode.h"

/* Where a punctuation character of ASCII may stand, besides letters, digits and %XX. */
enum { IN_USERINFO = 1, IN_AUTHORITY = 2, IN_PATH = 4, IN_URIC = 8, IN_ALL = 15 };

static unsigned places_of(unsigned char c)
{
    if (ct_ascii_alpha(c) || ct_ascii_digit(c)) return IN_ALL;
    switch (c) {
    case '-': case '_': case '.': case '!': case '~': case '*': case '\'': case '(': case ')': return IN_ALL;
    case ':': case '&': case '=': case '+': case '$': case ',': case ';': return IN_ALL;
    case '@': return IN_AUTHORITY | IN_PATH | IN_URIC;
    case '/': return IN_PATH | IN_URIC;
    case '?': case '[': case ']': return IN_URIC;
    default: return 0;
    }
}

/* java.net.URI lets characters beyond ASCII stand that are neither controls nor blanks. */
static bool is_other(uint32_t c)
{
    return c > 0xa0 && c != 0x1680 && !(c >= 0x2000 && c <= 0x200a) && c != 0x2028 && c != 0x2029 && c != 0x202f && c != 0x205f
        && c != 0x3000;
}

/* What may stand in that place, %XX and what lies beyond ASCII. */
static bool all_in(unsigned place, ct_str s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned char c = s.p[i];
        if (places_of(c) & place) {
            i++;
        } else if (c == '%') {
            if (s.n - i < 3 || ct_hex_value(s.p[i + 1]) < 0 || ct_hex_value(s.p[i + 2]) < 0) return false;
            i += 3;
        } else if (c >= 0x80) {
            uint32_t code;
            unsigned n = ct_utf8_get(ct_span_from(s, i), &code);
            if (n && !is_other(code)) return false;
            i += n ? n : 1;
        } else {
            return false;
        }
    }
    return true;
}

static bool is_scheme(ct_str s)
{
    if (s.n == 0 || !ct_ascii_alpha(s.p[0])) return false;
    for (size_t i = 1; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (!ct_ascii_alpha(c) && !ct_ascii_digit(c) && c != '+' && c != '-' && c != '.') return false;
    }
    return true;
}

/* The first character that ends what stands before a path, a query or a fragment, or s.n. */
static size_t find_end(ct_str s, bool colon, bool slash)
{
    size_t i = 0;
    for (; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '?' || c == '#' || (c == '/' && slash) || (c == ':' && colon)) break;
    }
    return i;
}

/* URI.getHost() of an authority that is one of the hosts always on the list. The names and addresses of the machine itself
 * are on it too; which those are is not known here. */
static bool is_local_authority(ct_str auth)
{
    size_t at = ct_str_chr(auth, '@');
    if (at != CT_STR_NONE) {
        if (!all_in(IN_USERINFO, ct_str_slice(auth, 0, at))) return false;
        auth = ct_str_slice(auth, at + 1, auth.n);
    }
    static const ct_str hosts[] = {CT_STR_INIT("localhost"), CT_STR_INIT("127.0.0.1"), CT_STR_INIT("[::1]")};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (!ct_str_starts(auth, hosts[i])) continue;
        ct_str port = ct_str_slice(auth, hosts[i].n, auth.n);
        uint64_t value;
        if (port.n == 0 || (port.n == 1 && port.p[0] == ':')) return true;
        return port.p[0] == ':' && ct_str_u64(ct_str_slice(port, 1, port.n), &value) && value <= INT32_MAX;
    }
    return false;
}

/* Path, query and fragment. */
static bool tail_is_valid(ct_str s)
{
    size_t end = find_end(s, false, false);
    if (!all_in(IN_PATH, ct_str_slice(s, 0, end))) return false;
    s = ct_str_slice(s, end, s.n);
    if (s.n && s.p[0] == '?') {
        end = ct_span_chr(s, 0, '#');
        if (!all_in(IN_URIC, ct_str_slice(s, 1, end))) return false;
        s = ct_str_slice(s, end, s.n);
    }
    return s.n == 0 || all_in(IN_URIC, ct_str_slice(s, 1, s.n));
}

bool ct_jndi_allowed_2_15(ct_str name)
{
    size_t colon = find_end(name, true, true);
    bool has_scheme = colon < name.n && name.p[colon] == ':';
    ct_str scheme = ct_str_slice(name, 0, colon), rest = has_scheme ? ct_str_slice(name, colon + 1, name.n) : name;
    if (has_scheme && !is_scheme(scheme)) return false;
    bool java = ct_str_eq_fold(scheme, CT_STR("java"));
    bool ldap = ct_str_eq_fold(scheme, CT_STR("ldap")) || ct_str_eq_fold(scheme, CT_STR("ldaps"));
    if (has_scheme && !java && !ldap) return false;
    if (has_scheme && (rest.n == 0 || rest.p[0] != '/')) { /* opaque: no host */
        size_t hash = ct_span_chr(rest, 0, '#');
        return java && hash > 0 && all_in(IN_URIC, ct_str_slice(rest, 0, hash))
            && all_in(IN_URIC, ct_str_slice(rest, hash + (hash < rest.n), rest.n));
    }
    ct_str auth = {rest.p, 0};
    if (ct_str_starts(rest, CT_STR("//"))) {
        rest = ct_str_slice(rest, 2, rest.n);
        auth = ct_str_slice(rest, 0, find_end(rest, false, true));
        rest = ct_str_slice(rest, auth.n, rest.n);
        if (auth.n == 0 && rest.n == 0) return false;
    }
    if (has_scheme && ldap) return is_local_authority(auth) && tail_is_valid(rest);
    return tail_is_valid(rest) && (all_in(IN_AUTHORITY, auth) || is_local_authority(auth));
}
