/* Asks the kernel for the rules of others. Nothing of theirs is ever changed. */
#include "decoy/netlink.h"
#include "decoy/nft.h"
#include "decoy/nft_rules.h"
#include "decoy/xt_tables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RULES_MEMORY = 64 << 20, TRIES = 3, ROOM = 1024 };

/* Whether a socket may be bound to an address is whether it is this host's, in every form that has. */
static bool is_local(void *ctx, ct_str address)
{
    struct sockaddr_in a4 = {.sin_family = AF_INET};
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6};
    bool v6 = address.n == 16;
    (void)ctx;
    memcpy(v6 ? (void *)&a6.sin6_addr : (void *)&a4.sin_addr, address.p, address.n);
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return true;
    int e = v6 ? bind(fd, (struct sockaddr *)&a6, sizeof a6) : bind(fd, (struct sockaddr *)&a4, sizeof a4);
    (void)close(fd);
    return e == 0;
}

static void begin(struct ct_nl *b, uint16_t type, uint16_t flags, uint8_t family)
{
    struct nfgenmsg head = {.nfgen_family = family, .version = NFNETLINK_V0};
    ct_nl_begin(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &head, sizeof head);
}

static ct_str body_of(const struct ct_nl_message *m, unsigned type)
{
    return (m->type & 0xff) == type ? ct_str_slice(m->body, sizeof(struct nfgenmsg), m->body.n) : (ct_str){NULL, 0};
}

struct dump {
    struct ct_nft_rules_in *rules;
    uint32_t set, generation;
};

static void on_rule(void *ctx, const struct ct_nl_message *m)
{
    struct dump *d = ctx;
    ct_str attributes = body_of(m, NFT_MSG_NEWRULE);
    if (attributes.p) ct_nft_rules_rule(d->rules, m->body.p[0], attributes);
}

static void on_elements(void *ctx, const struct ct_nl_message *m)
{
    struct dump *d = ctx;
    ct_nft_rules_elements(d->rules, d->set, body_of(m, NFT_MSG_NEWSETELEM));
}

static void on_generation(void *ctx, const struct ct_nl_message *m)
{
    struct dump *d = ctx;
    d->generation = ct_nl_value_be32(ct_nl_find(body_of(m, NFT_MSG_NEWGEN), NFTA_GEN_ID));
}

static ct_err read_rules(int fd, struct ct_nft_rules_in *rules, uint32_t *sequence)
{
    static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET};
    unsigned char room[ROOM];
    struct dump d = {.rules = rules};
    struct ct_nft_set_name name;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        struct ct_nl b = {.p = room, .cap = sizeof room, .sequence = *sequence};
        begin(&b, NFT_MSG_GETRULE, NLM_F_DUMP, families[i]);
        ct_nl_end(&b);
        *sequence = b.sequence;
        CT_TRY(ct_nl_dump(fd, &b, on_rule, &d));
    }
    for (; ct_nft_rules_set(rules, d.set, &name); d.set++) {
        struct ct_nl b = {.p = room, .cap = sizeof room, .sequence = *sequence};
        begin(&b, NFT_MSG_GETSETELEM, NLM_F_DUMP, name.family);
        ct_nl_text(&b, NFTA_SET_ELEM_LIST_TABLE, name.table);
        ct_nl_text(&b, NFTA_SET_ELEM_LIST_SET, name.set);
        ct_nl_end(&b);
        *sequence = b.sequence;
        ct_err e = ct_nl_dump(fd, &b, on_elements, &d);
        if (e == CT_ERR_INTERRUPTED) return e;
        ct_nft_rules_set_done(rules, d.set, e == CT_OK);
    }
    return ct_nft_rules_done(rules);
}

static ct_err attempt(int fd, ct_arena *arena, uint32_t *sequence, const struct ct_publish_tell *tell)
{
    struct ct_publish *p = ct_publish_new(arena);
    struct ct_nft_rules_in *rules = p ? ct_nft_rules_new(arena, p, is_local, NULL) : NULL;
    if (!rules) return CT_ERR_NOMEM;
    ct_err e = fd >= 0 ? read_rules(fd, rules, sequence) : CT_OK;
    if (e != CT_OK && e != CT_ERR_NOMEM) return e;
    ct_err legacy = ct_xt_read(arena, p, is_local, NULL), told = ct_publish_tell(p, tell);
    return e != CT_OK ? e : legacy != CT_OK ? legacy : told;
}

ct_err ct_nft_published(const struct ct_publish_tell *tell)
{
    ct_arena *arena;
    uint32_t sequence = 0;
    int fd = ct_nl_open(NETLINK_NETFILTER, 0); /* without it there may be the older kind all the same */
    ct_err e = ct_arena_new(&ct_alloc_libc, RULES_MEMORY, &arena);
    for (unsigned i = 0; e == CT_OK && i < TRIES; i++) {
        ct_err got = attempt(fd, arena, &sequence, tell);
        ct_arena_clear(arena);
        if (got != CT_ERR_INTERRUPTED || i + 1 == TRIES) {
            ct_arena_free(arena);
            e = got;
            break;
        }
    }
    if (fd >= 0) (void)close(fd);
    return e;
}

uint32_t ct_nft_generation(void)
{
    unsigned char room[64];
    struct dump d = {0};
    struct ct_nl b = {.p = room, .cap = sizeof room};
    int fd = ct_nl_open(NETLINK_NETFILTER, 0);
    if (fd < 0) return 0;
    begin(&b, NFT_MSG_GETGEN, NLM_F_ACK, AF_UNSPEC);
    ct_nl_end(&b);
    if (ct_nl_dump(fd, &b, on_generation, &d) != CT_OK) d.generation = 0;
    (void)close(fd);
    return d.generation;
}
