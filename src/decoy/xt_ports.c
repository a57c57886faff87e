/* iptables' matches, as far as they name destination ports. The structures are the kernel's own (linux/netfilter/xt_*.h), in the machine's order. */
#include "decoy/nft_rules.h"

#include <string.h>

enum { INVERTED_DESTINATION = 2, MULTIPORT_PORTS = 15, SET_DIMENSIONS = 6 };

static bool named(ct_str value, const char *z)
{
    size_t n = strlen(z);
    return value.n >= n + 1 && memcmp(value.p, z, n + 1) == 0;
}

static unsigned host16(const unsigned char *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* first..last, or all but those. */
static void add(struct ct_xt_ports *x, unsigned first, unsigned last, bool but)
{
    if (but) {
        if (first > 1) add(x, 1, first - 1, false);
        if (last < 65535) add(x, last + 1, 65535, false);
        return;
    }
    if (x->n == sizeof x->ports / sizeof *x->ports) x->unread = true;
    else if (first <= last && last) x->ports[x->n++] = (struct ct_publish_ports){.first = (uint16_t)(first ? first : 1), .last = (uint16_t)last};
}

/* struct xt_tcp and xt_udp: source ports, destination ports, each as first and last; then what is inverted. */
static void on_ports(struct ct_xt_ports *x, ct_str info, size_t flags_at)
{
    if (info.n <= flags_at) return;
    unsigned first = host16(info.p + 4), last = host16(info.p + 6);
    if (first != 0 || last != 65535) add(x, first, last, info.p[flags_at] & INVERTED_DESTINATION);
}

/* struct xt_multiport_v1: which kind (0: source ports), how many, the ports, which of them open a range, whether all is inverted. */
static void on_multiport(struct ct_xt_ports *x, ct_str info)
{
    enum { PORTS = 2, OPENS = PORTS + 2 * MULTIPORT_PORTS, INVERTED = OPENS + MULTIPORT_PORTS };
    if (info.n <= INVERTED || info.p[0] == 0) return;
    for (unsigned i = 0; i < info.p[1] && i < MULTIPORT_PORTS; i++) {
        unsigned first = host16(info.p + PORTS + 2 * i), last = first;
        if (info.p[OPENS + i] && i + 1 < MULTIPORT_PORTS) last = host16(info.p + PORTS + 2 * ++i);
        add(x, first, last, info.p[INVERTED] != 0);
    }
}

/* struct xt_set_info: a number, dimensions, and a bit for each that it is of the source. A set of destinations may hold ports. */
static void on_set(struct ct_xt_ports *x, ct_str info)
{
    unsigned dimensions = info.n > 3 ? info.p[2] : 1, flags = info.n > 3 ? info.p[3] : 0;
    for (unsigned i = 1; i <= dimensions && i <= SET_DIMENSIONS; i++)
        if (!(flags >> i & 1)) x->unread = true;
}

void ct_xt_match(struct ct_xt_ports *x, ct_str name, ct_str info)
{
    if (named(name, "tcp")) {
        x->transports |= CT_PUBLISH_TCP;
        on_ports(x, info, 11);
    } else if (named(name, "udp")) {
        x->transports |= CT_PUBLISH_UDP;
        on_ports(x, info, 8);
    } else if (named(name, "multiport")) on_multiport(x, info);
    else if (named(name, "set")) on_set(x, info);
    else if (named(name, "u32") || named(name, "bpf")) x->unread = true;
}

bool ct_xt_translates(ct_str name) { return named(name, "DNAT") || named(name, "REDIRECT") || named(name, "TPROXY"); }
