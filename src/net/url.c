#include "net/url.h"

#include "net/resolve.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool host_byte(unsigned char c, bool bracketed)
{
    if (ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '-' || c == '_' || c == '.') return true;
    return bracketed && c == ':';
}

static ct_err parse_port(ct_str text, uint16_t *ret_port, struct ct_fault *fault)
{
    uint64_t port = 0;
    if (!ct_str_u64(text, &port) || port == 0 || port > 65535)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "the port must be a number from 1 to 65535");
    *ret_port = (uint16_t)port;
    return CT_OK;
}

ct_err ct_host_port_parse(ct_str text, uint16_t default_port, char *ret_host, uint16_t *ret_port, bool *ret_literal,
                          struct ct_fault *fault)
{
    ct_str host = text, rest = {NULL, 0};
    bool bracketed = text.n && text.p[0] == '[';
    if (bracketed) {
        size_t end = ct_str_chr(text, ']');
        if (end == CT_STR_NONE) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the address lacks its ']'");
        host = ct_str_slice(text, 1, end);
        rest = ct_str_slice(text, end + 1, text.n);
    } else {
        size_t colon = ct_str_chr(text, ':');
        if (colon != CT_STR_NONE) {
            host = ct_str_slice(text, 0, colon);
            rest = ct_str_slice(text, colon, text.n);
        }
    }
    if (host.n == 0 || host.n > 253) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the host name is empty or too long");
    for (size_t i = 0; i < host.n; i++)
        if (!host_byte(host.p[i], bracketed)) return ct_fault_set(fault, CT_ERR_USAGE, i, "a byte that no host name holds");
    uint16_t port = default_port;
    if (rest.n) {
        if (rest.p[0] != ':') return ct_fault_set(fault, CT_ERR_USAGE, 0, "only a port may follow the address");
        CT_TRY(parse_port(ct_str_slice(rest, 1, rest.n), &port, fault));
    }
    char name[256];
    memcpy(name, host.p, host.n);
    name[host.n] = '\0';
    struct in6_addr v6;
    struct in_addr v4;
    if (bracketed && inet_pton(AF_INET6, name, &v6) != 1)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "no IPv6 address between the brackets");
    *ret_literal = bracketed || inet_pton(AF_INET, name, &v4) == 1;
    memcpy(ret_host, name, host.n + 1);
    *ret_port = port;
    return CT_OK;
}

static ct_err check_target(ct_str target, struct ct_fault *fault)
{
    for (size_t i = 0; i < target.n; i++) {
        unsigned char c = target.p[i];
        if (c <= ' ' || c > '~' || c == '#')
            return ct_fault_set(fault, CT_ERR_USAGE, i,
                                "the URL holds a blank, a fragment or a byte that must be percent-encoded");
    }
    return CT_OK;
}

ct_err ct_url_parse(ct_str text, struct ct_url *ret_url, struct ct_fault *fault)
{
    struct ct_url u = {0};
    if (ct_str_starts_fold(text, CT_STR("https://"))) u.tls = true;
    else if (!ct_str_starts_fold(text, CT_STR("http://")))
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "the URL must begin with https:// or http://");
    ct_str rest = ct_str_slice(text, u.tls ? 8 : 7, text.n);
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#') end++;
    ct_str authority = ct_str_slice(rest, 0, end), target = ct_str_slice(rest, end, rest.n);
    if (ct_str_chr(authority, '@') != CT_STR_NONE)
        return ct_fault_set(fault, CT_ERR_USAGE, 0, "no user name or password in the URL: use a token");
    uint16_t own = u.tls ? 443 : 80;
    CT_TRY(ct_host_port_parse(authority, own, u.host, &u.port, &u.literal, fault));
    CT_TRY(check_target(target, fault));
    bool slash = target.n && target.p[0] == '/';
    if (target.n + 2 > sizeof u.target) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the URL is too long");
    u.target[0] = '/';
    if (target.n) memcpy(u.target + (slash ? 0 : 1), target.p, target.n);
    bool v6 = strchr(u.host, ':') != NULL;
    int n = snprintf(u.authority, sizeof u.authority, "%s%s%s", v6 ? "[" : "", u.host, v6 ? "]" : "");
    if (u.port != own) (void)snprintf(u.authority + n, sizeof u.authority - (size_t)n, ":%u", u.port);
    *ret_url = u;
    return CT_OK;
}

bool ct_host_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (ct_str_eq_fold(ct_str_from(host), CT_STR("localhost"))) return true;
    if (inet_pton(AF_INET, host, &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
