#include "decoy/nft.h"

#include "base/buf.h"
#include "decoy/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef NFT_TABLE_F_OWNER
#define NFT_TABLE_F_OWNER 2
#endif

enum {
    ROOM = 2 << 20,            /* 65,535 elements of 20 bytes, and the rest */
    ELEMENTS_A_MESSAGE = 1000,
    PRIORITY = -100 + 10,      /* dstnat + 10: behind the translation that publishes ports of containers */
    SOCKET_WILDCARD = 2,       /* NFT_SOCKET_WILDCARD; kernel 5.11 */
    INET_SERVICE = 13,         /* nft's own number for the type, which it prints by */
    SET_ID = 1,
};
static const char table_name[] = "caltrop_decoy", chain_name[] = "divert", set_name[] = "ports";

static void begin(struct ct_nl *b, uint16_t type, uint16_t flags, uint8_t family)
{
    struct nfgenmsg head = {.nfgen_family = family, .version = NFNETLINK_V0};
    ct_nl_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &head, sizeof head);
}

static void batch(struct ct_nl *b, uint16_t type)
{
    struct nfgenmsg head = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(NFNL_SUBSYS_NFTABLES)};
    ct_nl_begin(b, type, 0, &head, sizeof head);
    ct_nl_end(b);
}

/* --- expressions of a rule ---------------------------------------------------------------------------------------- */

struct expression {
    size_t element, data;
};

static struct expression expression(struct ct_nl *b, const char *name)
{
    struct expression e = {.element = ct_nl_nest(b, NFTA_LIST_ELEM)};
    ct_nl_text(b, NFTA_EXPR_NAME, name);
    e.data = ct_nl_nest(b, NFTA_EXPR_DATA);
    return e;
}

static void expression_end(struct ct_nl *b, struct expression e)
{
    ct_nl_nest_end(b, e.data);
    ct_nl_nest_end(b, e.element);
}

static void value(struct ct_nl *b, uint16_t attribute, const void *p, size_t n)
{
    size_t nest = ct_nl_nest(b, attribute);
    ct_nl_put(b, NFTA_DATA_VALUE, p, n);
    ct_nl_nest_end(b, nest);
}

static void load_meta(struct ct_nl *b, uint32_t key)
{
    struct expression e = expression(b, "meta");
    ct_nl_be32(b, NFTA_META_KEY, key);
    ct_nl_be32(b, NFTA_META_DREG, NFT_REG_1);
    expression_end(b, e);
}

static void compare(struct ct_nl *b, uint32_t op, const void *p, size_t n)
{
    struct expression e = expression(b, "cmp");
    ct_nl_be32(b, NFTA_CMP_SREG, NFT_REG_1);
    ct_nl_be32(b, NFTA_CMP_OP, op);
    value(b, NFTA_CMP_DATA, p, n);
    expression_end(b, e);
}

static void accept_it(struct ct_nl *b)
{
    struct expression e = expression(b, "immediate");
    ct_nl_be32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    size_t data = ct_nl_nest(b, NFTA_IMMEDIATE_DATA), verdict = ct_nl_nest(b, NFTA_DATA_VERDICT);
    ct_nl_be32(b, NFTA_VERDICT_CODE, NF_ACCEPT);
    ct_nl_nest_end(b, verdict);
    ct_nl_nest_end(b, data);
    expression_end(b, e);
}

static void load_value(struct ct_nl *b, uint32_t reg, const void *p, size_t n)
{
    struct expression e = expression(b, "immediate");
    ct_nl_be32(b, NFTA_IMMEDIATE_DREG, reg);
    value(b, NFTA_IMMEDIATE_DATA, p, n);
    expression_end(b, e);
}

/* --- the rules ---------------------------------------------------------------------------------------------------- */

static size_t rule_begin(struct ct_nl *b)
{
    begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, NFPROTO_INET);
    ct_nl_text(b, NFTA_RULE_TABLE, table_name);
    ct_nl_text(b, NFTA_RULE_CHAIN, chain_name);
    return ct_nl_nest(b, NFTA_RULE_EXPRESSIONS);
}

static void rule_end(struct ct_nl *b, size_t nest)
{
    ct_nl_nest_end(b, nest);
    ct_nl_end(b);
}

static void rule_loopback(struct ct_nl *b)
{
    uint32_t lo = 1; /* loopback's index in every network namespace */
    size_t r = rule_begin(b);
    load_meta(b, NFT_META_IIF);
    compare(b, NFT_CMP_EQ, &lo, sizeof lo);
    accept_it(b);
    rule_end(b, r);
}

static void rule_not_local(struct ct_nl *b)
{
    uint32_t local = RTN_LOCAL;
    size_t r = rule_begin(b);
    struct expression e = expression(b, "fib");
    ct_nl_be32(b, NFTA_FIB_DREG, NFT_REG_1);
    ct_nl_be32(b, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
    ct_nl_be32(b, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
    expression_end(b, e);
    compare(b, NFT_CMP_NEQ, &local, sizeof local);
    accept_it(b);
    rule_end(b, r);
}

/* Ends the rule where there is no socket; one that listens on an address or on all of them makes no difference here. */
static void rule_socket(struct ct_nl *b)
{
    size_t r = rule_begin(b);
    struct expression e = expression(b, "socket");
    ct_nl_be32(b, NFTA_SOCKET_KEY, SOCKET_WILDCARD);
    ct_nl_be32(b, NFTA_SOCKET_DREG, NFT_REG_1);
    expression_end(b, e);
    unsigned char either = 1;
    compare(b, NFT_CMP_LTE, &either, sizeof either); /* always true; nft lists the rule in full by it */
    accept_it(b);
    rule_end(b, r);
}

static void rule_divert(struct ct_nl *b, bool v6, const struct ct_nft_rules *rules)
{
    static const unsigned char loopback[2][16] = {{127, 0, 0, 1}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    unsigned char family = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4, tcp = 6;
    uint16_t to = htons(v6 ? rules->to_v6 : rules->to_v4);
    size_t r = rule_begin(b);
    load_meta(b, NFT_META_NFPROTO);
    compare(b, NFT_CMP_EQ, &family, sizeof family);
    load_meta(b, NFT_META_L4PROTO);
    compare(b, NFT_CMP_EQ, &tcp, sizeof tcp);
    struct expression e = expression(b, "payload");
    ct_nl_be32(b, NFTA_PAYLOAD_DREG, NFT_REG_1);
    ct_nl_be32(b, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
    ct_nl_be32(b, NFTA_PAYLOAD_OFFSET, 2);
    ct_nl_be32(b, NFTA_PAYLOAD_LEN, 2);
    expression_end(b, e);
    e = expression(b, "lookup");
    ct_nl_text(b, NFTA_LOOKUP_SET, set_name);
    ct_nl_be32(b, NFTA_LOOKUP_SET_ID, SET_ID);
    ct_nl_be32(b, NFTA_LOOKUP_SREG, NFT_REG_1);
    if (rules->all_but) ct_nl_be32(b, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
    expression_end(b, e);
    load_value(b, NFT_REG_1, loopback[v6], v6 ? 16 : 4);
    load_value(b, NFT_REG_2, &to, sizeof to);
    e = expression(b, "tproxy");
    ct_nl_be32(b, NFTA_TPROXY_FAMILY, family);
    ct_nl_be32(b, NFTA_TPROXY_REG_ADDR, NFT_REG_1);
    ct_nl_be32(b, NFTA_TPROXY_REG_PORT, NFT_REG_2);
    expression_end(b, e);
    accept_it(b);
    rule_end(b, r);
}

static void set_of_ports(struct ct_nl *b, const struct ct_nft_rules *rules)
{
    begin(b, NFT_MSG_NEWSET, NLM_F_CREATE | NLM_F_ACK, NFPROTO_INET);
    ct_nl_text(b, NFTA_SET_TABLE, table_name);
    ct_nl_text(b, NFTA_SET_NAME, set_name);
    ct_nl_be32(b, NFTA_SET_KEY_TYPE, INET_SERVICE);
    ct_nl_be32(b, NFTA_SET_KEY_LEN, 2);
    ct_nl_be32(b, NFTA_SET_ID, SET_ID);
    ct_nl_end(b);
    for (size_t i = 0; i < rules->n;) {
        begin(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_ACK, NFPROTO_INET);
        ct_nl_text(b, NFTA_SET_ELEM_LIST_TABLE, table_name);
        ct_nl_text(b, NFTA_SET_ELEM_LIST_SET, set_name);
        ct_nl_be32(b, NFTA_SET_ELEM_LIST_SET_ID, SET_ID);
        size_t list = ct_nl_nest(b, NFTA_SET_ELEM_LIST_ELEMENTS);
        for (size_t n = 0; n < ELEMENTS_A_MESSAGE && i < rules->n; n++, i++) {
            uint16_t port = htons(rules->ports[i]);
            size_t element = ct_nl_nest(b, NFTA_LIST_ELEM);
            value(b, NFTA_SET_ELEM_KEY, &port, sizeof port);
            ct_nl_nest_end(b, element);
        }
        ct_nl_nest_end(b, list);
        ct_nl_end(b);
    }
}

static void table(struct ct_nl *b, const struct ct_nft_rules *rules)
{
    begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK, NFPROTO_INET);
    ct_nl_text(b, NFTA_TABLE_NAME, table_name);
    ct_nl_be32(b, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
    ct_nl_end(b);
    set_of_ports(b, rules);
    begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK, NFPROTO_INET);
    ct_nl_text(b, NFTA_CHAIN_TABLE, table_name);
    ct_nl_text(b, NFTA_CHAIN_NAME, chain_name);
    size_t hook = ct_nl_nest(b, NFTA_CHAIN_HOOK);
    ct_nl_be32(b, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
    ct_nl_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY);
    ct_nl_nest_end(b, hook);
    ct_nl_be32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
    ct_nl_text(b, NFTA_CHAIN_TYPE, "filter");
    ct_nl_end(b);
    rule_loopback(b);
    rule_not_local(b);
    rule_socket(b);
    if (rules->to_v4) rule_divert(b, false, rules);
    if (rules->to_v6) rule_divert(b, true, rules);
}

static void remove_table(struct ct_nl *b)
{
    begin(b, NFT_MSG_DELTABLE, NLM_F_ACK, NFPROTO_INET);
    ct_nl_text(b, NFTA_TABLE_NAME, table_name);
    ct_nl_end(b);
}

static ct_err run(struct ct_nft *t, const struct ct_nft_rules *rules, bool put, int *ret_errno)
{
    struct ct_nl b = {.cap = ROOM, .sequence = t->sequence};
    int refused = 0;
    b.p = ct_alloc_get(&ct_alloc_libc, b.cap);
    if (!b.p) return CT_ERR_NOMEM;
    batch(&b, NFNL_MSG_BATCH_BEGIN);
    if (t->stands) remove_table(&b);
    if (put) table(&b, rules);
    uint32_t last = b.sequence;
    batch(&b, NFNL_MSG_BATCH_END);
    t->sequence = b.sequence;
    int size = (int)b.n + 4096;
    (void)setsockopt(t->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    ct_err e = ct_nl_ask(t->fd, &b, last, &refused);
    ct_alloc_put(&ct_alloc_libc, b.p, b.cap);
    if (e != CT_OK) return e;
    *ret_errno = refused;
    if (refused) return refused == EPERM ? CT_ERR_PERMISSION : CT_ERR_UNSUPPORTED;
    t->stands = put;
    return CT_OK;
}

ct_err ct_nft_open(struct ct_nft *ret_nft)
{
    int fd = ct_nl_open(NETLINK_NETFILTER, 0);
    if (fd < 0) return errno == EPERM || errno == EACCES ? CT_ERR_PERMISSION : CT_ERR_UNSUPPORTED;
    *ret_nft = (struct ct_nft){.fd = fd};
    return CT_OK;
}

ct_err ct_nft_apply(struct ct_nft *t, const struct ct_nft_rules *rules, int *ret_errno) { return run(t, rules, true, ret_errno); }

void ct_nft_remove(struct ct_nft *t)
{
    int refused;
    if (t->fd >= 0 && t->stands) (void)!run(t, NULL, false, &refused);
}

void ct_nft_close(struct ct_nft *t)
{
    ct_nft_remove(t);
    if (t->fd >= 0) (void)close(t->fd);
    t->fd = -1;
}

void ct_nft_print(struct ct_buf *out, const struct ct_nft_rules *rules)
{
    ct_buf_printf(out, "table inet %s {\n    flags owner\n    set %s {\n        type inet_service\n%s", table_name, set_name, rules->n ? "        elements = { " : "");
    for (size_t i = 0; i < rules->n; i++) ct_buf_printf(out, "%s%u", i ? ", " : "", rules->ports[i]);
    ct_buf_printf(out, "%s    }\n    chain %s {\n        type filter hook prerouting priority dstnat + 10; policy accept;\n", rules->n ? " }\n" : "", chain_name);
    ct_buf_text(out, "        iif \"lo\" accept\n        fib daddr type != local accept\n        socket wildcard <= 1 accept\n");
    const char *match = rules->all_but ? "!= " : "";
    if (rules->to_v4) ct_buf_printf(out, "        meta nfproto ipv4 tcp dport %s@%s tproxy ip to 127.0.0.1:%u accept\n", match, set_name, rules->to_v4);
    if (rules->to_v6) ct_buf_printf(out, "        meta nfproto ipv6 tcp dport %s@%s tproxy ip6 to [::1]:%u accept\n", match, set_name, rules->to_v6);
    ct_buf_text(out, "    }\n}\n");
}
