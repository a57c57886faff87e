#include "event/fields.h"

static bool is_v4(ct_str s)
{
    unsigned parts = 0;
    while (s.p) {
        ct_str part = ct_str_cut(&s, '.');
        uint64_t v;
        if (part.n > 3 || !ct_str_u64(part, &v) || v > 255 || (part.n > 1 && part.p[0] == '0')) return false;
        parts++;
    }
    return parts == 4;
}

static bool is_v6(ct_str s)
{
    unsigned groups = 0;
    bool gap = false;
    size_t at = 0;
    if (s.n < 2 || (s.p[0] == ':' && s.p[1] != ':')) return false;
    while (at < s.n) {
        if (s.p[at] == ':') { /* here only the second colon of a pair, or the pair the address starts with */
            if (gap) return false;
            gap = true;
            at += at == 0 ? 2 : 1;
            continue;
        }
        size_t end = at;
        while (end < s.n && ct_hex_value(s.p[end]) >= 0) end++;
        if (end < s.n && s.p[end] == '.') {
            groups += 2;
            if (!is_v4(ct_str_slice(s, at, s.n))) return false;
            break;
        }
        if (end == at || end - at > 4) return false;
        groups++;
        if (end == s.n) break;
        if (s.p[end] != ':' || end + 1 == s.n) return false;
        at = end + 1;
    }
    return gap ? groups < 8 : groups == 8;
}

bool ct_event_is_address(ct_str s) { return is_v4(s) || is_v6(s); }

ct_str ct_split_port(ct_str s, uint16_t *ret_port)
{
    size_t at = ct_str_rchr(s, ':');
    uint64_t port;
    *ret_port = 0;
    if (at == CT_STR_NONE || at == 0 || !ct_str_u64(ct_str_slice(s, at + 1, s.n), &port) || port == 0 || port > UINT16_MAX) return s;
    ct_str host = ct_str_slice(s, 0, at);
    /* A bare IPv6 address ends in digits too. */
    if (ct_str_chr(host, ':') != CT_STR_NONE && (host.p[0] != '[' || host.p[at - 1] != ']')) return s;
    *ret_port = (uint16_t)port;
    return host;
}
