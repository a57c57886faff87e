#include "text/ip.h"

#include <stdio.h>
#include <string.h>

bool ct_ip4_parse(ct_str s, unsigned char ret_b[4])
{
    unsigned char b[4];
    unsigned n = 0;
    while (s.p) {
        ct_str part = ct_str_cut(&s, '.');
        uint64_t v;
        if (n == 4 || part.n > 3 || !ct_str_u64(part, &v) || v > 255 || (part.n > 1 && part.p[0] == '0')) return false;
        b[n++] = (unsigned char)v;
    }
    if (n != 4) return false;
    memcpy(ret_b, b, 4);
    return true;
}

bool ct_ip6_parse(ct_str s, unsigned char ret_b[16])
{
    unsigned char b[16] = {0};
    size_t n = 0, gap = CT_STR_NONE, at = 0;
    if (s.n < 2) return false;
    if (s.p[0] == ':') {
        if (s.p[1] != ':') return false;
        at = 1; /* the first of two colons; the loop sees the second as the gap */
    }
    while (at < s.n) {
        if (s.p[at] == ':') {
            if (gap != CT_STR_NONE) return false;
            gap = n;
            at++;
            continue;
        }
        size_t end = at;
        unsigned v = 0;
        while (end < s.n && end - at < 4 && ct_hex_value(s.p[end]) >= 0) v = v * 16 + (unsigned)ct_hex_value(s.p[end++]);
        if (end < s.n && s.p[end] == '.') {
            if (n > 12 || !ct_ip4_parse(ct_str_slice(s, at, s.n), b + n)) return false;
            n += 4;
            break;
        }
        if (end == at || n > 14) return false;
        b[n++] = (unsigned char)(v >> 8);
        b[n++] = (unsigned char)v;
        if (end == s.n) break;
        if (s.p[end] != ':' || end + 1 == s.n) return false;
        at = end + 1;
    }
    if (gap == CT_STR_NONE ? n != 16 : n > 14) return false;
    if (gap != CT_STR_NONE) {
        size_t tail = n - gap;
        memmove(b + 16 - tail, b + gap, tail);
        memset(b + gap, 0, 16 - n);
    }
    memcpy(ret_b, b, 16);
    return true;
}

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

bool ct_ip_parse(ct_str s, unsigned char ret_b[16])
{
    unsigned char b[16];
    if (ct_ip4_parse(s, b + 12)) memcpy(b, mapped, sizeof mapped);
    else if (!ct_ip6_parse(s, b)) return false;
    if (ret_b) memcpy(ret_b, b, sizeof b);
    return true;
}

/* The longest run of at least two zero groups, the first of equals, is "::". */
static void longest_gap(const unsigned groups[8], unsigned *ret_at, unsigned *ret_n)
{
    unsigned at = 8, n = 1, run = 0;
    for (unsigned i = 0; i < 8; i++) {
        run = groups[i] ? 0 : run + 1;
        if (run > n) n = run, at = i + 1 - run;
    }
    *ret_at = at;
    *ret_n = at == 8 ? 0 : n;
}

ct_str ct_ip_text(const unsigned char b[16], uint32_t scope, char to[CT_IP_TEXT_MAX])
{
    unsigned groups[8], gap, gap_n;
    size_t n = 0;
    if (memcmp(b, mapped, sizeof mapped) == 0)
        return (ct_str){(unsigned char *)to, (size_t)snprintf(to, CT_IP_TEXT_MAX, "%u.%u.%u.%u", b[12], b[13], b[14], b[15])};
    for (size_t i = 0; i < 8; i++) groups[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    longest_gap(groups, &gap, &gap_n);
    for (unsigned i = 0; i < 8; i++) {
        if (i == gap) {
            to[n++] = ':';
            to[n++] = ':';
            i += gap_n - 1;
            continue;
        }
        const char *colon = i && i != gap + gap_n ? ":" : "";
        n += (size_t)snprintf(to + n, CT_IP_TEXT_MAX - n, "%s%x", colon, groups[i]);
    }
    if (scope) n += (size_t)snprintf(to + n, CT_IP_TEXT_MAX - n, "%%%u", (unsigned)scope);
    to[n] = 0;
    return (ct_str){(unsigned char *)to, n};
}

ct_str ct_ip_cut_port(ct_str s, uint16_t *ret_port)
{
    size_t at = ct_str_rchr(s, ':');
    uint64_t port;
    *ret_port = 0;
    if (at == CT_STR_NONE || at == 0 || !ct_str_u64(ct_str_slice(s, at + 1, s.n), &port) || port == 0 || port > UINT16_MAX) return s;
    ct_str host = ct_str_slice(s, 0, at);
    if (ct_str_chr(host, ':') != CT_STR_NONE && (host.p[0] != '[' || host.p[at - 1] != ']')) return s;
    *ret_port = (uint16_t)port;
    return host;
}

ct_str ct_ip_unbracket(ct_str s)
{
    return s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']' ? ct_str_slice(s, 1, s.n - 1) : s;
}
