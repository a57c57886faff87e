#include "decoy/hear.h"

#include <string.h>

enum {
    TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58,
    ECHO = 8, TIMESTAMP = 13, MASK = 17, ECHO6 = 128, /* requests that "are you there" is asked with */
    FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20,
    EXTENSIONS_MAX = 8, /* hop-by-hop, destination, routing, fragment, destination: five in practice */
};

static unsigned be16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }

/* more: it is a fragment, and others follow. */
static bool ip4(ct_str p, struct ct_touch *t, unsigned *protocol, ct_str *rest, bool *more)
{
    if (p.n < 20) return false;
    size_t head = (size_t)(p.p[0] & 15) * 4, total = be16(p.p + 2);
    if (head < 20 || p.n < head || be16(p.p + 6) & 0x1fff) return false;
    if (total >= head && total < p.n) p.n = total; /* padding of short frames is no payload */
    memset(t->source, 0, 32);
    t->source[10] = t->source[11] = t->dest[10] = t->dest[11] = 0xff;
    memcpy(t->source + 12, p.p + 12, 4);
    memcpy(t->dest + 12, p.p + 16, 4);
    t->to_many = t->dest[12] >= 224;
    *protocol = p.p[9];
    *more = p.p[6] & 0x20;
    *rest = ct_str_slice(p, head, p.n);
    return true;
}

static bool ip6(ct_str p, struct ct_touch *t, unsigned *protocol, ct_str *rest, bool *more)
{
    if (p.n < 40) return false;
    size_t total = 40 + (size_t)be16(p.p + 4);
    if (total > 40 && total < p.n) p.n = total;
    memcpy(t->source, p.p + 8, 16);
    memcpy(t->dest, p.p + 24, 16);
    t->to_many = t->dest[0] == 0xff;
    unsigned next = p.p[6];
    ct_str r = ct_str_slice(p, 40, p.n);
    for (unsigned i = 0; next == 0 || next == 43 || next == 44 || next == 60; i++) {
        if (r.n < 8 || i == EXTENSIONS_MAX) return false;
        if (next == 44 && be16(r.p + 2) & 0xfff8) return false; /* a later fragment: its ports were in the first */
        *more = *more || (next == 44 && r.p[3] & 1);
        size_t n = next == 44 ? 8 : 8 + (size_t)r.p[1] * 8;
        if (r.n < n) return false;
        next = r.p[0];
        r = ct_str_slice(r, n, r.n);
    }
    *protocol = next;
    *rest = r;
    return true;
}

/* Flags that no connection of this host is behind; false: a packet like any. */
static bool technique(unsigned flags, enum ct_technique *ret)
{
    unsigned f = flags & (FIN | SYN | RST | PSH | ACK | URG);
    if (f & (ACK | RST)) return false;
    if (f == 0) *ret = CT_TECHNIQUE_NULL;
    else if (f & SYN) *ret = f & FIN ? CT_TECHNIQUE_XMAS : CT_TECHNIQUE_SYN;
    else *ret = f == FIN ? CT_TECHNIQUE_FIN : CT_TECHNIQUE_XMAS;
    return true;
}

bool ct_sniff_parse(ct_str packet, struct ct_touch *ret_touch, ct_str *ret_payload)
{
    struct ct_touch t = {0};
    unsigned protocol = 0;
    ct_str rest = {NULL, 0}, payload = {NULL, 0};
    if (!packet.n) return false;
    bool v6 = packet.p[0] >> 4 == 6, more = false;
    if (!v6 && packet.p[0] >> 4 != 4) return false;
    if (!(v6 ? ip6(packet, &t, &protocol, &rest, &more) : ip4(packet, &t, &protocol, &rest, &more))) return false;
    if (protocol == TCP || protocol == UDP) {
        if (rest.n < (protocol == TCP && !more ? 14u : 8u)) return false;
        t.source_port = (uint16_t)be16(rest.p);
        t.dest_port = (uint16_t)be16(rest.p + 2);
    }
    if (protocol == TCP) {
        t.transport = CT_TRANSPORT_TCP;
        /* Nobody cuts a header in two but to hide its flags (RFC 1858): the rest of it is in a later fragment. */
        if (rest.n < 14) t.technique = CT_TECHNIQUE_NULL;
        else if (!technique(rest.p[13], &t.technique)) return false;
    } else if (protocol == UDP) {
        size_t n = be16(rest.p + 4);
        t.transport = CT_TRANSPORT_UDP;
        t.technique = CT_TECHNIQUE_UDP;
        payload = ct_str_slice(rest, 8, n >= 8 && n < rest.n ? n : rest.n);
    } else if (rest.n && (v6 ? protocol == ICMP6 && rest.p[0] == ECHO6 : protocol == ICMP && (rest.p[0] == ECHO || rest.p[0] == TIMESTAMP || rest.p[0] == MASK))) {
        t.transport = CT_TRANSPORT_ICMP;
        t.technique = CT_TECHNIQUE_PING;
    } else {
        return false;
    }
    *ret_touch = t;
    *ret_payload = payload;
    return true;
}
