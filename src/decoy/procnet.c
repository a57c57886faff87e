#include "decoy/procnet.h"

static bool hex(ct_str s, uint64_t *ret_value)
{
    uint64_t v = 0;
    if (!s.n || s.n > 16) return false;
    for (size_t i = 0; i < s.n; i++) {
        int digit = ct_hex_value(s.p[i]);
        if (digit < 0) return false;
        v = v << 4 | (uint64_t)digit;
    }
    *ret_value = v;
    return true;
}

static ct_str word(ct_str *rest)
{
    size_t i = 0, end;
    while (i < rest->n && rest->p[i] == ' ') i++;
    for (end = i; end < rest->n && rest->p[end] != ' '; end++) {}
    ct_str w = ct_str_slice(*rest, i, end);
    *rest = ct_str_slice(*rest, end, rest->n);
    return w;
}

/* "0100007F": 32 bits in the machine's order, printed as a number; IPv6 as four of them. Loopback in either order of bytes. */
static bool loopback(ct_str a)
{
    static const char little[] = "7F", v6[] = "00000000000000000000000001000000", v6_big[] = "00000000000000000000000000000001";
    if (a.n == 8) return ct_str_eq_fold(ct_str_slice(a, 6, 8), ct_str_from(little)) || ct_str_eq_fold(ct_str_slice(a, 0, 2), ct_str_from(little));
    return ct_str_eq_fold(a, ct_str_from(v6)) || ct_str_eq_fold(a, ct_str_from(v6_big));
}

/*   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ... */
bool ct_procnet_row(ct_str line, struct ct_procnet_row *ret_row)
{
    struct ct_procnet_row r = {0};
    uint64_t port, peer, state;
    ct_str rest = ct_str_trim(line), first = word(&rest), local = word(&rest), remote = word(&rest), st = word(&rest);
    size_t colon = ct_str_rchr(local, ':'), far = ct_str_rchr(remote, ':');
    if (!first.n || first.p[first.n - 1] != ':' || colon == CT_STR_NONE || far == CT_STR_NONE) return false;
    if (!hex(ct_str_slice(local, colon + 1, local.n), &port) || port > 65535) return false;
    if (!hex(ct_str_slice(remote, far + 1, remote.n), &peer) || peer > 65535) return false;
    if (!hex(st, &state) || state > 255) return false;
    for (int i = 0; i < 4; i++) (void)word(&rest); /* queues, timer, retransmits, uid */
    (void)word(&rest);                             /* timeout */
    if (!ct_str_u64(word(&rest), &r.inode)) return false;
    r.port = (uint16_t)port;
    r.peer_port = (uint16_t)peer;
    r.state = (unsigned)state;
    r.loopback = loopback(ct_str_slice(local, 0, colon));
    *ret_row = r;
    return true;
}

bool ct_procnet_ipvs(ct_str line, bool *ret_udp, uint16_t *ret_port)
{
    uint64_t port;
    ct_str rest = line, kind = word(&rest), service = word(&rest);
    size_t colon = ct_str_rchr(service, ':');
    bool mark = ct_str_eq(kind, CT_STR("FWM")), udp = ct_str_eq(kind, CT_STR("UDP"));
    if (!mark && !udp && !ct_str_eq(kind, CT_STR("TCP"))) return false;
    if (mark) port = 0;
    else if (colon == CT_STR_NONE || !hex(ct_str_slice(service, colon + 1, service.n), &port) || port > 65535) return false;
    *ret_udp = udp;
    *ret_port = (uint16_t)port;
    return true;
}
