/* Netlink messages, the attributes of rules and of the elements of their sets, and a block of iptables-legacy's entries. */
#include "decoy/netlink.h"
#include "decoy/nft_rules.h"
#include "decoy/xt_tables.h"

#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

static void ports(void *ctx, bool udp, uint16_t first, uint16_t last)
{
    (void)ctx, (void)udp;
    if (!first || first > last) abort();
}

static void unread(void *ctx, ct_str chain)
{
    (void)ctx;
    if (chain.n > 512) abort();
}

static bool is_local(void *ctx, ct_str address)
{
    (void)ctx;
    if (address.n != 4 && address.n != 16) abort();
    return address.p[0] & 1;
}

/* Which set's are they? By name, as the kernel says; otherwise whichever is next. */
static uint32_t set_of(const struct ct_nft_rules_in *r, ct_str body, uint32_t next)
{
    struct ct_nft_set_name name;
    ct_str set = ct_nl_find(body, NFTA_SET_ELEM_LIST_SET);
    for (uint32_t i = 0; set.n && ct_nft_rules_set(r, i, &name); i++)
        if (ct_str_eq(ct_str_slice(set, 0, set.n - 1), ct_str_from(name.set))) return i;
    return ct_nft_rules_set(r, next, &name) ? next : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ct_arena *arena;
    ct_str rest = {data, size};
    struct ct_nl_message m;
    const struct ct_publish_tell tell = {ports, unread, NULL};
    uint32_t set = 0;
    if (!arena && ct_arena_new(&ct_alloc_libc, 8 << 20, &arena) != CT_OK) abort();
    ct_arena_clear(arena);
    struct ct_publish *p = ct_publish_new(arena);
    struct ct_nft_rules_in *r = p ? ct_nft_rules_new(arena, p, is_local, NULL) : NULL;
    if (!r) abort();
    if (size && data[0] == 'x') {
        (void)ct_xt_entries(p, size > 1 && data[1] & 1, CT_STR("nat"), ct_str_slice(rest, 2, size), is_local, NULL);
        (void)!ct_publish_tell(p, &tell);
        return 0;
    }
    while (ct_nl_message(&rest, &m)) {
        if (m.body.n && (m.body.p < data || m.body.p + m.body.n > data + size)) abort();
        if (m.flags & 1) {
            ct_nft_rules_rule(r, (uint8_t)(m.sequence & 7), m.body);
        } else {
            set = set_of(r, m.body, set);
            ct_nft_rules_elements(r, set, m.body);
            ct_nft_rules_set_done(r, set++, m.flags & 2);
        }
    }
    (void)!ct_nft_rules_done(r);
    (void)!ct_publish_tell(p, &tell);
    return 0;
}
