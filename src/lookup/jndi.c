#include "lookup/jndi.h"

#include "lookup/span.h"
#include "text/ip.h"
#include "text/unicode.h"

enum protocol { PROTO_NONE, PROTO_LDAP, PROTO_RMI, PROTO_DNS, PROTO_IIOP, PROTO_CORBANAME };

/* Schemes that have a URL context factory in some OpenJDK of 8, 11 and 17; matched by class name, so case counts.
 * iiop, iiopname and corbaname left with Java 11. java: never connects. */
static const struct scheme {
    ct_str name;
    enum protocol protocol;
    uint16_t port;
} schemes[] = {
    {CT_STR_INIT("ldap"), PROTO_LDAP, 389},      {CT_STR_INIT("ldaps"), PROTO_LDAP, 636},
    {CT_STR_INIT("rmi"), PROTO_RMI, 1099},       {CT_STR_INIT("dns"), PROTO_DNS, 53},
    {CT_STR_INIT("iiop"), PROTO_IIOP, 900},      {CT_STR_INIT("iiopname"), PROTO_IIOP, 9999},
    {CT_STR_INIT("corbaname"), PROTO_CORBANAME, 2809},
};

static const struct scheme *find_scheme(ct_str s)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (ct_span_eq(schemes[i].name, s)) return &schemes[i];
    return NULL;
}

static inline ct_str from(ct_str s, size_t at) { return at < s.n ? ct_span_from(s, at) : (ct_str){s.p, 0}; }

/* The first of the characters, or s.n. */
static inline size_t find_any(ct_str s, const char *set)
{
    size_t best = s.n;
    for (; *set; set++) best = ct_span_chr((ct_str){s.p, best}, 0, (unsigned char)*set);
    return best;
}

/* Integer.parseInt reads any decimal digits of the basic plane: the zeros of their rows. */
static int digit_value(uint32_t c)
{
    static const uint16_t zeros[] = {0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
                                     0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80,
                                     0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50,
                                     0xabf0, 0xff10};
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        if (c >= zeros[i] && c < zeros[i] + 10u) return (int)(c - zeros[i]);
    return -1;
}

/* Integer.parseInt; false where it throws. */
static bool parse_int(ct_str s, int64_t *ret_value)
{
    bool negative = s.n && s.p[0] == '-';
    if (negative || (s.n && s.p[0] == '+')) s = from(s, 1);
    int64_t v = 0;
    if (s.n == 0) return false;
    while (s.n) {
        uint32_t code = s.p[0];
        unsigned n = ct_ascii_digit(s.p[0]) ? 1 : ct_utf8_get(s, &code);
        int d = n ? digit_value(code) : -1;
        if (d < 0) return false;
        v = v * 10 + d;
        if (v > (int64_t)INT32_MAX + 1) return false;
        s = from(s, n);
    }
    if (!negative && v > INT32_MAX) return false;
    *ret_value = negative ? -v : v;
    return true;
}

/* Splits "host:port" as the classic parser of the JDK does: the first colon ends the host, brackets hold an IPv6 address,
 * and a colon with nothing behind it gives no port. What stands between ']' and a port is ignored. False: it throws. */
static bool split_authority(ct_str auth, struct ct_jndi_target *t)
{
    size_t end;
    if (auth.n && auth.p[0] == '[') {
        size_t close = ct_str_chr(auth, ']');
        if (close == CT_STR_NONE) return false;
        t->host = ct_str_slice(auth, 1, close);
        end = close + 1;
    } else {
        end = find_any(auth, ":");
        t->host = ct_str_slice(auth, 0, end);
    }
    if (end + 1 < auth.n && auth.p[end] == ':') {
        int64_t port;
        if (!parse_int(from(auth, end + 1), &port) || port > 65535) return false;
        if (port > 0) t->port = (uint16_t)port, t->port_given = true; /* 0 and below mean the default */
    }
    return true;
}

/* Could a resolver be asked for it? A host with an unresolved lookup, blanks or controls cannot name anybody's server. */
static bool host_is_usable(ct_str host)
{
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] <= ' ' || host.p[i] == 0x7f || host.p[i] == '{' || host.p[i] == '}') return false;
    return true;
}

/* A host as java.net.URI has it: labels of letters, digits and inner hyphens, the last of several from a letter on, or an
 * address.   h.example yes   12 yes   h- no   1.2 no   127.0.0.1 yes */
static bool host_is_uri_host(ct_str host)
{
    bool numeric = true;
    unsigned labels = 0;
    if (ct_str_chr(host, ':') != CT_STR_NONE) return true; /* stood in brackets */
    if (host.n > 1 && host.p[host.n - 1] == '.') host.n--;
    ct_str rest = host, label = {NULL, 0};
    while (rest.p) {
        label = ct_str_cut(&rest, '.');
        uint64_t v;
        if (label.n == 0 || label.p[0] == '-' || label.p[label.n - 1] == '-') return false;
        for (size_t i = 0; i < label.n; i++)
            if (!ct_ascii_alpha(label.p[i]) && !ct_ascii_digit(label.p[i]) && label.p[i] != '-') return false;
        numeric = numeric && label.n <= 3 && ct_str_u64(label, &v) && v <= 255;
        labels++;
    }
    return label.n > 0 && (labels == 1 || ct_ascii_alpha(label.p[0]) || (numeric && labels == 4));
}

/* Splits "host:port" as the later parser does: behind a host a port is digits without a zero in front, and may not be
 * missing. No host means localhost, which only rmi names were seen to do; its port is read as classic. False: it throws. */
static bool split_uri_authority(ct_str auth, struct ct_jndi_target *t)
{
    if (auth.n == 0 || auth.p[0] == ':') return split_authority(auth, t);
    size_t end = find_any(auth, ":");
    bool bracket = auth.p[0] == '[';
    if (bracket) {
        size_t close = ct_str_chr(auth, ']');
        if (close == CT_STR_NONE) return false;
        end = close + 1;
    }
    t->host = bracket ? ct_str_slice(auth, 1, end - 1) : ct_str_slice(auth, 0, end);
    if (t->host.n == 0 || !host_is_uri_host(t->host)) return false;
    if (end == auth.n) return true;
    ct_str port = from(auth, end + 1);
    uint64_t v;
    if (auth.p[end] != ':' || (port.n > 1 && port.p[0] == '0') || !ct_str_u64(port, &v) || v > 65535) return false;
    if (v > 0) t->port = (uint16_t)v, t->port_given = true;
    return true;
}

/* Percent escapes are decoded before the connection is made: a broken one prevents it. Two characters that parseInt reads
 * as hexadecimal, a sign included. */
static bool escapes_are_valid(ct_str path)
{
    for (size_t i = 0; (i = ct_span_chr(path, i, '%')) < path.n; i++) {
        if (path.n - i < 3 || ct_hex_value(path.p[i + 2]) < 0) return false;
        if (ct_hex_value(path.p[i + 1]) < 0 && path.p[i + 1] != '+' && path.p[i + 1] != '-') return false;
        i += 2;
    }
    return true;
}

/* The next character of a domain whose percent escapes are valid: they give single bytes, with a sign one digit. Past U+00FF
 * it is refused; bytes that are no UTF-8 count as they are. */
static uint32_t domain_char(ct_str s, size_t *at)
{
    uint32_t code = s.p[*at];
    if (code == '%') {
        int high = ct_hex_value(s.p[*at + 1]);
        code = (uint32_t)((high > 0 ? high * 16 : 0) + ct_hex_value(s.p[*at + 2]));
        *at += 3;
        return code;
    }
    unsigned n = ct_utf8_get(from(s, *at), &code);
    *at += n ? n : 1;
    return code;
}

/* Behind a backslash: three digits up to 255, or any other character for itself. */
static bool skip_domain_escape(ct_str s, size_t *at)
{
    unsigned value = 0;
    for (unsigned i = 0; i < 3; i++) {
        if (*at >= s.n) return false;
        uint32_t c = domain_char(s, at);
        bool digit = c >= '0' && c <= '9';
        if (i == 0 && !digit) return c <= 0xff;
        if (!digit) return false;
        value = value * 10 + (c - '0');
    }
    return value <= 255;
}

/* A domain is checked before it is asked for: no empty label, none over 63 characters. */
static bool domain_is_valid(ct_str path)
{
    ct_str domain = ct_str_slice(path, path.n && path.p[0] == '/', find_any(path, "?"));
    if (!escapes_are_valid(domain)) return false;
    if (ct_str_eq(domain, CT_STR("."))) return true;
    size_t label = 0, total = 0;
    bool dot = false;
    for (size_t i = 0; i < domain.n;) {
        uint32_t c = domain_char(domain, &i);
        dot = c == '.';
        if (dot) {
            if (label == 0) return false;
            label = 0;
        } else if (c > 0xff || ++label > 63 || (c == '\\' && !skip_domain_escape(domain, &i))) {
            return false;
        }
        if (++total > (dot ? 254u : 253u)) return false;
    }
    return true;
}

/* A path that the provider refuses before it connects. */
static bool path_connects(enum protocol protocol, ct_str name, ct_str path)
{
    switch (protocol) {
    case PROTO_LDAP: return ct_span_chr(name, 0, '?') == name.n && escapes_are_valid(path);
    case PROTO_RMI: return path.n > (size_t)(path.n && path.p[0] == '/'); /* an object name, else only the registry is meant */
    case PROTO_DNS: return domain_is_valid(path);
    default: return true;
    }
}

/* Later JDKs end the authority of rmi names at '?' and '#' too, and of dns names at '?'. Tried where the classic parser does
 * not connect; both refuse such ldap names. */
static bool connects_by_uri(enum protocol protocol, ct_str name, ct_str rest, struct ct_jndi_target *t)
{
    if (protocol != PROTO_RMI && (protocol != PROTO_DNS || ct_str_chr(name, '#') != CT_STR_NONE)) return false;
    size_t end = find_any(rest, "/?#");
    struct ct_jndi_target u = {.scheme = t->scheme, .port = find_scheme(t->scheme)->port};
    if (!split_uri_authority(ct_str_slice(rest, 0, end), &u) || (u.host.n == 0 && protocol != PROTO_RMI)) return false;
    u.path = from(rest, end);
    if (!path_connects(protocol, name, u.path)) return false;
    u.connects = u.host.n ? CT_CONNECTS_HOST : CT_CONNECTS_LOCAL;
    *t = u;
    return true;
}

/* corbaname:[iiop]:[version@]host[:port][,more][/key][#name]; "rir:" asks the local ORB. */
static void corbaname_target(ct_str rest, struct ct_jndi_target *t)
{
    ct_str addresses = ct_str_slice(rest, 0, find_any(rest, "/#"));
    t->path = from(rest, addresses.n);
    ct_str address = ct_str_slice(addresses, 0, find_any(addresses, ","));
    size_t colon = find_any(address, ":");
    ct_str protocol = ct_str_slice(address, 0, colon);
    if (colon == address.n || (protocol.n && !ct_str_eq(protocol, CT_STR("iiop")))) return;
    address = from(address, colon + 1);
    size_t at = ct_str_chr(address, '@');
    if (at != CT_STR_NONE) address = from(address, at + 1);
    if (!split_authority(address, t) || !host_is_usable(t->host)) return;
    t->connects = t->host.n ? CT_CONNECTS_HOST : CT_CONNECTS_LOCAL;
}

struct ct_jndi_target ct_jndi_target(ct_str name)
{
    struct ct_jndi_target t = {.connects = CT_CONNECTS_NO};
    size_t colon = find_any(name, ":/");
    if (colon == name.n || colon == 0 || name.p[colon] == '/') return t; /* no scheme: a name of the local directory */
    t.scheme = ct_str_slice(name, 0, colon);
    const struct scheme *s = find_scheme(t.scheme);
    enum protocol protocol = s ? s->protocol : PROTO_NONE;
    if (s) t.port = s->port;
    ct_str rest = from(name, colon + 1);
    if (protocol == PROTO_CORBANAME) {
        corbaname_target(rest, &t);
        return t;
    }
    if (rest.n < 2 || rest.p[0] != '/' || rest.p[1] != '/') {
        t.path = rest;
        bool local = s && protocol != PROTO_IIOP && path_connects(protocol, name, t.path);
        t.connects = local ? CT_CONNECTS_LOCAL : CT_CONNECTS_NO;
        return t;
    }
    rest = from(rest, 2);
    ct_str auth = ct_str_slice(rest, 0, find_any(rest, "/"));
    t.path = from(rest, auth.n);
    if (protocol == PROTO_IIOP && ct_str_eq(t.scheme, CT_STR("iiopname"))) { /* several addresses, each with a version */
        auth = ct_str_slice(auth, 0, find_any(auth, ","));
        size_t at = ct_str_chr(auth, '@');
        if (at != CT_STR_NONE) auth = from(auth, at + 1);
    }
    bool parsed = split_authority(auth, &t);
    if (!s) return t;
    if (parsed && host_is_usable(t.host) && path_connects(protocol, name, t.path))
        t.connects = t.host.n ? CT_CONNECTS_HOST : CT_CONNECTS_LOCAL;
    else
        (void)connects_by_uri(protocol, name, rest, &t);
    return t;
}

void ct_jndi_name_meant(struct ct_jndi_target *target)
{
    if (target->connects != CT_CONNECTS_LOCAL || target->host.n) return;
    size_t slashes = 0;
    while (slashes < target->path.n && target->path.p[slashes] == '/') slashes++;
    ct_str rest = from(target->path, slashes), auth = ct_str_slice(rest, 0, find_any(rest, "/?#"));
    struct ct_jndi_target t = *target;
    if (!split_authority(auth, &t) || ct_str_chr(t.host, '.') == CT_STR_NONE) return;
    bool letters = false; /* "1.5" is no host */
    for (size_t i = 0; i < t.host.n; i++) {
        unsigned char c = t.host.p[i];
        bool digit = ct_ascii_digit(c), dot = c == '.';
        if (!ct_ascii_alpha(c) && !digit && !dot && c != '-' && c != '_') return;
        letters |= !digit && !dot;
    }
    unsigned char address[4];
    if (t.host.p[0] == '.' || (!letters && !ct_ip4_parse(t.host, address))) return;
    t.path = from(rest, auth.n);
    *target = t;
}
