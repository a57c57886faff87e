/* Which ports do other people's rules translate? Their tables are read over netlink and never changed.
 *
 * Known forms: "tcp dport 80 dnat to ..." and its ranges, redirects; the xtables forms that iptables-nft
 * writes ("-p tcp -m tcp --dport 80 -j DNAT", multiport). A rule that translates without naming a port (a whole address) names none:
 * what it translates goes to another address, which is not diverted anyway. Weak sides: sets and maps ("{ 80, 443 }") are not followed, and rules of
 * iptables-legacy are not seen; both keep their protection while they stand (the address is no longer this host's), and lose it only while
 * the service behind them is down and its rule gone. */
#include "decoy/netlink.h"
#include "decoy/nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RANGES = 32, TCP = 6, UDP = 17 };

struct range {
    uint16_t first, last;
};

struct reading {
    struct range ranges[RANGES];
    size_t n;
    bool translates, udp, tcp;
    uint32_t port_register, protocol_register; /* which register holds them now; 0: none */
};

static void add(struct reading *r, unsigned first, unsigned last)
{
    if (r->n < RANGES && first && first <= last) r->ranges[r->n++] = (struct range){(uint16_t)first, (uint16_t)last};
}

static bool named(ct_str value, const char *z)
{
    size_t n = strlen(z);
    return value.n >= n + 1 && memcmp(value.p, z, n + 1) == 0;
}

static unsigned be16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }
static unsigned host16(const unsigned char *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Registers are named in words (NFT_REG32_00 is 8) or in blocks of four (NFT_REG_1 is 1): the same by another name. */
static uint32_t reg(ct_str data, uint16_t attribute)
{
    uint32_t r = ct_nl_value_be32(ct_nl_find(data, attribute));
    return r >= NFT_REG_1 && r <= NFT_REG_4 ? NFT_REG32_00 + (r - NFT_REG_1) * 4 : r;
}

static void loaded(struct reading *r, uint32_t to, bool port, bool protocol)
{
    if (r->port_register == to) r->port_register = 0;
    if (r->protocol_register == to) r->protocol_register = 0;
    if (port) r->port_register = to;
    if (protocol) r->protocol_register = to;
}

static void on_payload(struct reading *r, ct_str d)
{
    uint32_t to = reg(d, NFTA_PAYLOAD_DREG), base = ct_nl_value_be32(ct_nl_find(d, NFTA_PAYLOAD_BASE));
    uint32_t offset = ct_nl_value_be32(ct_nl_find(d, NFTA_PAYLOAD_OFFSET)), n = ct_nl_value_be32(ct_nl_find(d, NFTA_PAYLOAD_LEN));
    loaded(r, to, base == NFT_PAYLOAD_TRANSPORT_HEADER && offset == 2 && n == 2, base == NFT_PAYLOAD_NETWORK_HEADER && offset == 9 && n == 1);
}

static void on_cmp(struct reading *r, ct_str d)
{
    uint32_t from = reg(d, NFTA_CMP_SREG), op = ct_nl_value_be32(ct_nl_find(d, NFTA_CMP_OP));
    ct_str v = ct_nl_find(ct_nl_find(d, NFTA_CMP_DATA), NFTA_DATA_VALUE);
    if (from && from == r->protocol_register && v.n == 1 && op == NFT_CMP_EQ) {
        r->tcp |= v.p[0] == TCP;
        r->udp |= v.p[0] == UDP;
    }
    if (!from || from != r->port_register || v.n != 2) return;
    unsigned port = be16(v.p);
    if (op == NFT_CMP_EQ) add(r, port, port);
    if (op == NFT_CMP_GTE) add(r, port, 65535);
    if (op == NFT_CMP_LTE && r->n) r->ranges[r->n - 1].last = (uint16_t)port; /* a range is told as its two ends */
}

static void on_range(struct reading *r, ct_str d)
{
    ct_str first = ct_nl_find(ct_nl_find(d, NFTA_RANGE_FROM_DATA), NFTA_DATA_VALUE), last = ct_nl_find(ct_nl_find(d, NFTA_RANGE_TO_DATA), NFTA_DATA_VALUE);
    if (reg(d, NFTA_RANGE_SREG) != r->port_register || first.n != 2 || last.n != 2) return;
    add(r, be16(first.p), be16(last.p));
}

/* struct xt_tcp and xt_udp: source ports, destination ports as first and last, in the machine's order. xt_multiport version 1: flags, count,
 * ports, and which of them open a range. */
static void on_match(struct reading *r, ct_str d)
{
    ct_str name = ct_nl_find(d, NFTA_MATCH_NAME), info = ct_nl_find(d, NFTA_MATCH_INFO);
    bool tcp = named(name, "tcp");
    if ((tcp || named(name, "udp")) && info.n >= 8) {
        r->tcp |= tcp;
        r->udp |= !tcp;
        unsigned first = host16(info.p + 4), last = host16(info.p + 6);
        if (first != 0 || last != 65535) add(r, first, last);
    }
    if (!named(name, "multiport") || info.n < 2 + 15 * 2 + 15) return;
    for (unsigned i = 0; i < info.p[1] && i < 15; i++) {
        unsigned first = host16(info.p + 2 + 2 * i), last = first;
        if (info.p[32 + i] && i + 1 < 15) last = host16(info.p + 2 + 2 * ++i);
        if (info.p[0] != 0) add(r, first, last); /* 0: source ports */
    }
}

static void on_expression(struct reading *r, ct_str name, ct_str d)
{
    if (named(name, "payload")) on_payload(r, d);
    else if (named(name, "meta")) loaded(r, reg(d, NFTA_META_DREG), false, ct_nl_value_be32(ct_nl_find(d, NFTA_META_KEY)) == NFT_META_L4PROTO);
    else if (named(name, "cmp")) on_cmp(r, d);
    else if (named(name, "range")) on_range(r, d);
    else if (named(name, "match")) on_match(r, d);
    else if (named(name, "redir")) r->translates = true;
    else if (named(name, "nat")) r->translates |= ct_nl_value_be32(ct_nl_find(d, NFTA_NAT_TYPE)) == NFT_NAT_DNAT;
    else if (named(name, "target")) r->translates |= named(ct_nl_find(d, NFTA_TARGET_NAME), "DNAT") || named(ct_nl_find(d, NFTA_TARGET_NAME), "REDIRECT");
}

void ct_nft_rule_ports(ct_str rule, void (*seen)(void *ctx, bool udp, uint16_t first, uint16_t last), void *ctx)
{
    struct reading r = {0};
    struct ct_nl_attribute a;
    ct_str list = ct_nl_find(rule, NFTA_RULE_EXPRESSIONS);
    while (ct_nl_attribute(&list, &a))
        if (a.type == NFTA_LIST_ELEM) on_expression(&r, ct_nl_find(a.value, NFTA_EXPR_NAME), ct_nl_find(a.value, NFTA_EXPR_DATA));
    for (size_t i = 0; r.translates && i < r.n; i++) {
        if (r.tcp || !r.udp) seen(ctx, false, r.ranges[i].first, r.ranges[i].last);
        if (r.udp || !r.tcp) seen(ctx, true, r.ranges[i].first, r.ranges[i].last);
    }
}

struct dump {
    void (*seen)(void *ctx, bool udp, uint16_t first, uint16_t last);
    void *ctx;
};

static void on_rule(void *ctx, const struct ct_nl_message *m)
{
    struct dump *d = ctx;
    if ((m->type & 0xff) == NFT_MSG_NEWRULE && m->body.n >= sizeof(struct nfgenmsg))
        ct_nft_rule_ports(ct_str_slice(m->body, sizeof(struct nfgenmsg), m->body.n), d->seen, d->ctx);
}

ct_err ct_nft_published(void (*seen)(void *ctx, bool udp, uint16_t first, uint16_t last), void *ctx)
{
    static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET};
    struct dump d = {seen, ctx};
    int fd = ct_nl_open(NETLINK_NETFILTER, 0);
    ct_err e = CT_OK;
    if (fd < 0) return CT_ERR_UNSUPPORTED;
    for (size_t i = 0; i < sizeof families && e == CT_OK; i++) {
        unsigned char room[256];
        struct nfgenmsg head = {.nfgen_family = families[i], .version = NFNETLINK_V0};
        struct ct_nl b = {.p = room, .cap = sizeof room, .sequence = (uint32_t)i};
        ct_nl_begin(&b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE), NLM_F_DUMP, &head, sizeof head);
        ct_nl_end(&b);
        e = ct_nl_dump(fd, &b, on_rule, &d);
    }
    (void)close(fd);
    return e;
}
