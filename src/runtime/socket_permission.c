#include "runtime/socket_permission.h"

#include "text/ip.h"

enum { CONNECT = 1, LISTEN = 2, ACCEPT = 4, RESOLVE = 8 };

static bool actions_of(ct_str s, unsigned *ret_mask)
{
    static const struct {
        ct_str name;
        unsigned bit;
    } known[] = {{CT_STR_INIT("connect"), CONNECT}, {CT_STR_INIT("listen"), LISTEN}, {CT_STR_INIT("accept"), ACCEPT},
                 {CT_STR_INIT("resolve"), RESOLVE}};
    unsigned mask = 0;
    if (s.n == 0) return false;
    while (s.p) {
        ct_str word = ct_str_trim(ct_str_cut(&s, ','));
        size_t i = 0;
        while (i < 4 && !ct_str_eq_fold(word, known[i].name)) i++;
        if (i == 4) return false;
        mask |= known[i].bit;
    }
    *ret_mask = mask | RESOLVE; /* who may do anything else may resolve */
    return true;
}

/* As Integer.parseInt reads it; no port is too high. */
static bool port(ct_str s, uint64_t otherwise, uint64_t *ret_port)
{
    *ret_port = otherwise;
    if (s.n == 0) return true;
    bool minus = s.p[0] == '-';
    if (minus || s.p[0] == '+') s = ct_str_slice(s, 1, s.n);
    return ct_str_u64(s, ret_port) && *ret_port <= (minus ? 0 : INT32_MAX);
}

/* ret_some: one of them at least is a port that can be connected to. "0" stands for the ephemeral ones: since Java 8, "*:0" lets
 * its code connect wherever an attacker's server listens on such a port.
 */
static bool ports_of(ct_str s, bool *ret_some)
{
    uint64_t low = 0, high = 65535;
    if (s.n && !ct_str_eq(s, CT_STR("*"))) {
        size_t dash = ct_str_chr(s, '-');
        if (!port(ct_str_slice(s, 0, dash), 0, &low)) return false;
        if (dash == CT_STR_NONE) high = low;
        else if (!port(ct_str_slice(s, dash + 1, s.n), 65535, &high)) return false;
        if (high < low) return false;
    }
    *ret_some = low <= 65535;
    return true;
}

static size_t groups(ct_str s)
{
    size_t n = 0;
    while (s.p) n += ct_str_cut(&s, ':').n > 0;
    return n;
}

/* Host and port parts; brackets of IPv6 away. An unbracketed IPv6 address has eight groups, or nine with its port. */
static bool split(ct_str s, ct_str *ret_host, ct_str *ret_ports)
{
    *ret_ports = (ct_str){0};
    if (s.n && s.p[0] == '[') {
        size_t close = ct_str_chr(s, ']');
        if (close == CT_STR_NONE) return false;
        *ret_host = ct_str_slice(s, 1, close);
        ct_str rest = ct_str_slice(s, close + 1, s.n);
        size_t colon = ct_str_chr(rest, ':');
        if (colon != CT_STR_NONE) *ret_ports = ct_str_slice(rest, colon + 1, rest.n);
        return true;
    }
    size_t first = ct_str_chr(s, ':'), last = ct_str_rchr(s, ':');
    if (first != last) {
        bool short_form = ct_str_find(s, CT_STR("::")) != CT_STR_NONE;
        size_t n = groups(s);
        if (n != 9 && (n != 8 || short_form)) return false; /* ambiguous, says the JDK */
        *ret_host = n == 9 ? ct_str_slice(s, 0, last) : s;
        if (n == 9) *ret_ports = ct_str_slice(s, last + 1, s.n);
        return true;
    }
    *ret_host = ct_str_slice(s, 0, first);
    if (first != CT_STR_NONE) *ret_ports = ct_str_slice(s, first + 1, s.n);
    return true;
}

static bool local(ct_str host)
{
    unsigned char ip[16];
    if (host.n == 0 || ct_str_eq_fold(host, CT_STR("localhost"))) return true;
    if (!ct_ip_parse(host, ip)) return false;
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    bool zeros = true, v4 = true;
    for (unsigned i = 0; i < 12; i++) {
        zeros = zeros && ip[i] == 0;
        v4 = v4 && ip[i] == mapped[i];
    }
    return v4 ? ip[12] == 127 : zeros && ip[12] == 0 && ip[13] == 0 && ip[14] == 0 && ip[15] == 1;
}

bool ct_socket_permission_parse(ct_str name, ct_str actions, struct ct_socket_permission *ret_permission)
{
    ct_str host, ports;
    unsigned mask;
    bool some;
    if (!actions_of(actions, &mask) || !split(name, &host, &ports) || !ports_of(ports, &some)) return false;
    size_t star = ct_str_rchr(host, '*');
    if (star != CT_STR_NONE && (star > 0 || (host.n > 1 && host.p[1] != '.'))) return false;
    enum ct_reach reach = ct_str_eq(host, CT_STR("*")) ? CT_REACH_ANY : local(host) ? CT_REACH_LOCAL : CT_REACH_SOME;
    ret_permission->connect = mask & CONNECT && some ? reach : CT_REACH_NONE;
    ret_permission->resolve = reach;
    return true;
}
