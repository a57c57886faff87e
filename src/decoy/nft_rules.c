#include "decoy/nft_rules.h"

#include "decoy/netlink.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKUPS = 4, WORDS = 20, NAME = 512, TCP = 6, UDP = 17, NONE = -1 };

/* What a word (32 bits) of the registers holds the beginning of; skew: how many bytes before it. */
enum what { NOTHING, PORT, PROTOCOL, ADDRESS4, ADDRESS6, MANGLED_PORT };
struct word {
    enum what what;
    unsigned skew;
};

struct lookup {
    uint32_t set;
    int port_at, protocol_at, address_at; /* where in the key; NONE: not there */
    unsigned address_n;
    bool inverted, verdicts;
};

struct waiting {
    struct waiting *next;
    uint32_t from, target; /* CT_NAMES_NONE: leads nowhere itself */
    bool limited;          /* to these transports */
    uint8_t transports;
    struct ct_xt_ports has;
    struct lookup lookups[LOOKUPS];
    size_t n_lookups;
};

struct element {
    struct element *next;
    ct_str key, key_end, chain; /* chain: "" no jump */
    uint32_t flags;
};

struct set {
    struct element *elements;
    bool whole;
};

struct ct_nft_rules_in {
    ct_arena *arena;
    struct ct_publish *to;
    bool (*is_local)(void *ctx, ct_str address);
    void *ctx;
    struct ct_names set_names;
    struct set *sets;
    uint32_t sets_cap;
    struct waiting *waiting;
    bool full;
};

/* One rule while it is read. */
struct reading {
    struct ct_nft_rules_in *in;
    uint8_t family;
    ct_str table;
    struct word words[WORDS];
    struct waiting is;
    bool translates, elsewhere, upper_open; /* upper_open: a range's lower end came last */
};

struct ct_nft_rules_in *ct_nft_rules_new(ct_arena *arena, struct ct_publish *to, bool (*is_local)(void *ctx, ct_str address), void *ctx)
{
    struct ct_nft_rules_in *r = ct_arena_zalloc(arena, sizeof *r);
    if (r) *r = (struct ct_nft_rules_in){.arena = arena, .to = to, .is_local = is_local, .ctx = ctx, .set_names.arena = arena};
    return r;
}

static bool named(ct_str value, const char *z)
{
    size_t n = strlen(z);
    return value.n >= n + 1 && memcmp(value.p, z, n + 1) == 0;
}

static unsigned be16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }

/* "table chain 4": a chain, for people and for the graph; with NULs between: a set. */
static ct_str name_in(char room[NAME], uint8_t family, ct_str table, ct_str name, char between)
{
    size_t n = 0;
    if (table.n && !table.p[table.n - 1]) table.n--;
    if (name.n && !name.p[name.n - 1]) name.n--;
    if (table.n + name.n + 4 > NAME) return (ct_str){NULL, 0};
    if (!between) room[n++] = (char)family;
    if (table.n) memcpy(room + n, table.p, table.n);
    n += table.n;
    room[n++] = between;
    if (name.n) memcpy(room + n, name.p, name.n);
    n += name.n;
    if (between) {
        room[n++] = ' ';
        room[n++] = family == NFPROTO_IPV4 ? '4' : family == NFPROTO_IPV6 ? '6' : '*';
    } else {
        room[n++] = 0;
    }
    return (ct_str){(unsigned char *)room, n};
}

static uint32_t chain_number(struct ct_nft_rules_in *r, uint8_t family, ct_str table, ct_str chain)
{
    char room[NAME];
    return ct_publish_chain(r->to, name_in(room, family, table, chain, ' '));
}

static uint32_t set_number(struct ct_nft_rules_in *r, uint8_t family, ct_str table, ct_str set)
{
    char room[NAME];
    ct_str name = name_in(room, family, table, set, 0);
    uint32_t i = name.n ? ct_names_number(&r->set_names, name) : CT_NAMES_NONE;
    if (i != CT_NAMES_NONE && i >= r->sets_cap) {
        uint32_t cap = r->set_names.cap;
        struct set *sets = ct_arena_array(r->arena, cap, sizeof *sets);
        if (!sets) i = CT_NAMES_NONE;
        else {
            memset(sets, 0, cap * sizeof *sets);
            if (r->sets_cap) memcpy(sets, r->sets, r->sets_cap * sizeof *sets);
            r->sets = sets;
            r->sets_cap = cap;
        }
    }
    if (i == CT_NAMES_NONE) r->full = true;
    return i;
}

/* --- registers ---------------------------------------------------------------------------------------------------- */

/* Registers are named in words (NFT_REG32_00 is 8) or in blocks of four (NFT_REG_1 is 1). NONE: the verdict, or none of them. */
static int word_of(ct_str d, uint16_t attribute)
{
    uint32_t r = ct_nl_value_be32(ct_nl_find(d, attribute));
    if (r >= NFT_REG_1 && r <= NFT_REG_4) return (int)(r - NFT_REG_1) * 4;
    return r >= NFT_REG32_00 && r <= NFT_REG32_15 ? (int)(r - NFT_REG32_00) : NONE;
}

static void load(struct reading *r, int at, size_t n, enum what what, unsigned skew)
{
    for (size_t i = 0; at >= 0 && i < (n + 3) / 4 && (size_t)at + i < WORDS; i++) r->words[(size_t)at + i] = (struct word){NOTHING, 0};
    if (at >= 0) r->words[at] = (struct word){what, skew};
}

static struct word held(const struct reading *r, int at) { return at >= 0 ? r->words[at] : (struct word){NOTHING, 0}; }

static void on_payload(struct reading *r, ct_str d)
{
    uint32_t base = ct_nl_value_be32(ct_nl_find(d, NFTA_PAYLOAD_BASE)), offset = ct_nl_value_be32(ct_nl_find(d, NFTA_PAYLOAD_OFFSET));
    uint32_t n = ct_nl_value_be32(ct_nl_find(d, NFTA_PAYLOAD_LEN));
    int to = word_of(d, NFTA_PAYLOAD_DREG);
    bool network = base == NFT_PAYLOAD_NETWORK_HEADER;
    if (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset <= 2 && n <= 16 && offset + n >= 4) load(r, to, n, PORT, 2 - offset);
    else if (network && n == 1 && (offset == 9 || offset == 6)) load(r, to, n, PROTOCOL, 0);
    else if (network && ((offset == 16 && n == 4) || (offset == 12 && n == 8))) load(r, to, n, ADDRESS4, 16 - offset);
    else if (network && offset == 24 && n == 16) load(r, to, n, ADDRESS6, 0);
    else load(r, to, n <= 64 ? n : 64, NOTHING, 0);
}

static void on_meta(struct reading *r, ct_str d)
{
    uint32_t key = ct_nl_value_be32(ct_nl_find(d, NFTA_META_KEY));
    load(r, word_of(d, NFTA_META_DREG), key == NFT_META_IIFNAME || key == NFT_META_OIFNAME ? 16 : 4, key == NFT_META_L4PROTO ? PROTOCOL : NOTHING, 0);
}

static void on_ct(struct reading *r, ct_str d)
{
    uint32_t key = ct_nl_value_be32(ct_nl_find(d, NFTA_CT_KEY));
    ct_str direction = ct_nl_find(d, NFTA_CT_DIRECTION);
    bool original = direction.n == 1 && direction.p[0] == 0;
    load(r, word_of(d, NFTA_CT_DREG), 4, original && key == NFT_CT_PROTO_DST ? PORT : key == NFT_CT_PROTOCOL ? PROTOCOL : NOTHING, 0);
}

/* Arithmetic: of a port something is left that was not understood; the beginning of an address is as good as any. */
static void on_arithmetic(struct reading *r, ct_str d, uint16_t from, uint16_t to)
{
    enum what was = held(r, word_of(d, from)).what;
    load(r, word_of(d, to), 4, was == PORT || was == MANGLED_PORT ? MANGLED_PORT : NOTHING, 0);
}

/* --- what a rule says of ports ------------------------------------------------------------------------------------ */

static void add(struct ct_xt_ports *x, unsigned first, unsigned last)
{
    if (!first) first = 1;
    if (first > last) return;
    if (x->n == sizeof x->ports / sizeof *x->ports) x->unread = true;
    else x->ports[x->n++] = (struct ct_publish_ports){.first = (uint16_t)first, .last = (uint16_t)last};
}

static void add_but(struct ct_xt_ports *x, unsigned first, unsigned last)
{
    if (first) add(x, 1, first - 1);
    if (last < 65535) add(x, last + 1, 65535);
}

static void compare_port(struct reading *r, uint32_t op, unsigned port)
{
    struct ct_xt_ports *x = &r->is.has;
    bool closes = r->upper_open;
    r->upper_open = false;
    if (op == NFT_CMP_LT || op == NFT_CMP_LTE) {
        if (op == NFT_CMP_LT && port == 0) return;
        port -= op == NFT_CMP_LT;
        if (closes && x->n) x->ports[x->n - 1].last = (uint16_t)port; /* a range is told as its two ends */
        else add(x, 1, port);
    } else if (op == NFT_CMP_GT || op == NFT_CMP_GTE) {
        add(x, op == NFT_CMP_GT ? port + 1 : port, 65535);
        r->upper_open = true;
    } else if (op == NFT_CMP_NEQ) {
        add_but(x, port, port);
    } else {
        add(x, port, port);
    }
}

static void limit(struct reading *r, unsigned protocol)
{
    r->is.limited = true;
    if (protocol == TCP) r->is.transports |= CT_PUBLISH_TCP;
    if (protocol == UDP) r->is.transports |= CT_PUBLISH_UDP;
}

static bool is_elsewhere(const struct ct_nft_rules_in *in, ct_str address) { return in->is_local && !in->is_local(in->ctx, address); }

static void on_cmp(struct reading *r, ct_str d)
{
    struct word w = held(r, word_of(d, NFTA_CMP_SREG));
    uint32_t op = ct_nl_value_be32(ct_nl_find(d, NFTA_CMP_OP));
    ct_str v = ct_nl_find(ct_nl_find(d, NFTA_CMP_DATA), NFTA_DATA_VALUE);
    size_t address = w.what == ADDRESS4 ? 4 : 16;
    if (w.what == MANGLED_PORT) r->is.has.unread = true;
    if (w.what == PROTOCOL && v.n == 1 && op == NFT_CMP_EQ) limit(r, v.p[0]);
    if ((w.what == ADDRESS4 || w.what == ADDRESS6) && op == NFT_CMP_EQ && v.n >= w.skew + address)
        r->elsewhere |= is_elsewhere(r->in, ct_str_slice(v, w.skew, w.skew + address));
    if (w.what != PORT) return;
    if (v.n >= w.skew + 2 && (op == NFT_CMP_EQ || (w.skew == 0 && v.n == 2))) compare_port(r, op, be16(v.p + w.skew));
    else r->is.has.unread = true;
}

static void on_range(struct reading *r, ct_str d)
{
    struct word w = held(r, word_of(d, NFTA_RANGE_SREG));
    ct_str first = ct_nl_find(ct_nl_find(d, NFTA_RANGE_FROM_DATA), NFTA_DATA_VALUE), last = ct_nl_find(ct_nl_find(d, NFTA_RANGE_TO_DATA), NFTA_DATA_VALUE);
    if (w.what != PORT && w.what != MANGLED_PORT) return;
    if (w.what == MANGLED_PORT || w.skew || first.n != 2 || last.n != 2) r->is.has.unread = true;
    else if (ct_nl_value_be32(ct_nl_find(d, NFTA_RANGE_OP)) == NFT_RANGE_NEQ) add_but(&r->is.has, be16(first.p), be16(last.p));
    else add(&r->is.has, be16(first.p), be16(last.p));
}

static void on_lookup(struct reading *r, ct_str d)
{
    int from = word_of(d, NFTA_LOOKUP_SREG);
    ct_str to = ct_nl_find(d, NFTA_LOOKUP_DREG);
    struct lookup l = {.port_at = NONE, .protocol_at = NONE, .address_at = NONE};
    bool mangled = false;
    for (int i = from; from >= 0 && i < from + 16 && i < WORDS; i++) {
        struct word w = r->words[i];
        int at = 4 * (i - from) + (int)w.skew;
        mangled |= w.what == MANGLED_PORT && i == from;
        if (w.what == PORT && l.port_at == NONE) l.port_at = at;
        if (w.what == PROTOCOL && l.protocol_at == NONE) l.protocol_at = at;
        if ((w.what != ADDRESS4 && w.what != ADDRESS6) || l.address_at != NONE) continue;
        l.address_at = at;
        l.address_n = w.what == ADDRESS4 ? 4 : 16;
    }
    l.verdicts = to.p && ct_nl_value_be32(to) == NFT_REG_VERDICT;
    l.inverted = ct_nl_value_be32(ct_nl_find(d, NFTA_LOOKUP_FLAGS)) & NFT_LOOKUP_F_INV;
    load(r, word_of(d, NFTA_LOOKUP_DREG), 4, NOTHING, 0);
    if (mangled) r->is.has.unread = true;
    if (!l.verdicts && l.port_at == NONE) return; /* addresses, interfaces, protocols: no ports */
    if (r->is.n_lookups == LOOKUPS) r->is.has.unread = true;
    else {
        l.set = set_number(r->in, r->family, r->table, ct_nl_find(d, NFTA_LOOKUP_SET));
        r->is.lookups[r->is.n_lookups++] = l;
    }
}

static void on_immediate(struct reading *r, ct_str d)
{
    ct_str chain = ct_nl_find(ct_nl_find(ct_nl_find(d, NFTA_IMMEDIATE_DATA), NFTA_DATA_VERDICT), NFTA_VERDICT_CHAIN);
    load(r, word_of(d, NFTA_IMMEDIATE_DREG), 16, NOTHING, 0);
    if (chain.p) r->is.target = chain_number(r->in, r->family, r->table, chain);
}

static void on_expression(struct reading *r, ct_str name, ct_str d)
{
    /* Others that fill a register: name, and the attribute that says which. */
    static const struct {
        const char *name;
        uint16_t to;
    } loads[] = {{"fib", NFTA_FIB_DREG}, {"rt", NFTA_RT_DREG}, {"socket", NFTA_SOCKET_DREG}, {"osf", NFTA_OSF_DREG}, {"hash", NFTA_HASH_DREG},
                 {"numgen", NFTA_NG_DREG}, {"exthdr", NFTA_EXTHDR_DREG}, {"xfrm", NFTA_XFRM_DREG}, {"tunnel", NFTA_TUNNEL_DREG}};
    if (named(name, "payload")) on_payload(r, d);
    else if (named(name, "meta")) on_meta(r, d);
    else if (named(name, "ct")) on_ct(r, d);
    else if (named(name, "bitwise")) on_arithmetic(r, d, NFTA_BITWISE_SREG, NFTA_BITWISE_DREG);
    else if (named(name, "byteorder")) on_arithmetic(r, d, NFTA_BYTEORDER_SREG, NFTA_BYTEORDER_DREG);
    else if (named(name, "cmp")) on_cmp(r, d);
    else if (named(name, "range")) on_range(r, d);
    else if (named(name, "lookup")) on_lookup(r, d);
    else if (named(name, "immediate")) on_immediate(r, d);
    else if (named(name, "match")) ct_xt_match(&r->is.has, ct_nl_find(d, NFTA_MATCH_NAME), ct_nl_find(d, NFTA_MATCH_INFO));
    else if (named(name, "redir") || named(name, "tproxy")) r->translates = true;
    else if (named(name, "nat")) r->translates |= ct_nl_value_be32(ct_nl_find(d, NFTA_NAT_TYPE)) == NFT_NAT_DNAT;
    else if (named(name, "target")) r->translates |= ct_xt_translates(ct_nl_find(d, NFTA_TARGET_NAME));
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++)
        if (named(name, loads[i].name)) load(r, word_of(d, loads[i].to), 4, NOTHING, 0);
}

void ct_nft_rules_rule(struct ct_nft_rules_in *in, uint8_t family, ct_str attributes)
{
    ct_str table = ct_nl_find(attributes, NFTA_RULE_TABLE), list = ct_nl_find(attributes, NFTA_RULE_EXPRESSIONS);
    struct reading r = {.in = in, .family = family, .table = table, .is = {.from = CT_NAMES_NONE, .target = CT_NAMES_NONE}};
    struct ct_nl_attribute a;
    if (family == NFPROTO_INET && named(table, "caltrop_decoy")) return; /* our own */
    while (ct_nl_attribute(&list, &a))
        if (a.type == NFTA_LIST_ELEM) on_expression(&r, ct_nl_find(a.value, NFTA_EXPR_NAME), ct_nl_find(a.value, NFTA_EXPR_DATA));
    bool maps = false;
    for (size_t i = 0; i < r.is.n_lookups; i++) maps |= r.is.lookups[i].verdicts;
    if (r.elsewhere || (!r.translates && r.is.target == CT_NAMES_NONE && !maps)) return;
    if (r.translates) r.is.target = CT_PUBLISH_TRANSLATED;
    if (r.is.has.transports) {
        r.is.limited = true;
        r.is.transports |= r.is.has.transports;
    }
    if (!r.is.limited) r.is.transports = CT_PUBLISH_BOTH;
    struct waiting *w = ct_arena_alloc(in->arena, sizeof *w);
    if (!w) {
        in->full = true;
        return;
    }
    *w = r.is;
    w->from = chain_number(in, family, table, ct_nl_find(attributes, NFTA_RULE_CHAIN));
    w->next = in->waiting;
    in->waiting = w;
}

/* --- sets --------------------------------------------------------------------------------------------------------- */

bool ct_nft_rules_set(const struct ct_nft_rules_in *r, uint32_t i, struct ct_nft_set_name *ret_name)
{
    if (i >= r->set_names.n) return false;
    const char *p = (const char *)r->set_names.names[i].p;
    *ret_name = (struct ct_nft_set_name){(uint8_t)p[0], p + 1, p + 1 + strlen(p + 1) + 1};
    return true;
}

void ct_nft_rules_elements(struct ct_nft_rules_in *r, uint32_t i, ct_str attributes)
{
    struct ct_nl_attribute a;
    ct_str list = ct_nl_find(attributes, NFTA_SET_ELEM_LIST_ELEMENTS);
    if (i >= r->set_names.n || i >= r->sets_cap) return;
    while (ct_nl_attribute(&list, &a)) {
        ct_str key = ct_nl_find(ct_nl_find(a.value, NFTA_SET_ELEM_KEY), NFTA_DATA_VALUE);
        ct_str end = ct_nl_find(ct_nl_find(a.value, NFTA_SET_ELEM_KEY_END), NFTA_DATA_VALUE);
        ct_str chain = ct_nl_find(ct_nl_find(ct_nl_find(a.value, NFTA_SET_ELEM_DATA), NFTA_DATA_VERDICT), NFTA_VERDICT_CHAIN);
        struct element *e = a.type == NFTA_LIST_ELEM ? ct_arena_zalloc(r->arena, sizeof *e) : NULL;
        if (a.type != NFTA_LIST_ELEM) continue;
        if (!e || ct_arena_dup(r->arena, key, &e->key) != CT_OK || ct_arena_dup(r->arena, end, &e->key_end) != CT_OK ||
            ct_arena_dup(r->arena, chain, &e->chain) != CT_OK) {
            r->full = true;
            return;
        }
        e->flags = ct_nl_value_be32(ct_nl_find(a.value, NFTA_SET_ELEM_FLAGS));
        e->next = r->sets[i].elements;
        r->sets[i].elements = e;
    }
}

void ct_nft_rules_set_done(struct ct_nft_rules_in *r, uint32_t i, bool whole)
{
    if (i < r->set_names.n && i < r->sets_cap) r->sets[i].whole = whole;
}

/* One element, as ports. */
struct span {
    unsigned first, last;
    bool port, ends;       /* it names a port; of a set of ranges: where one has ended */
    uint8_t transports;
    ct_str chain;
};

static int by_port(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return (int)y->ends - (int)x->ends;
}

/* False: the element says nothing of what comes to this host. */
static bool span_of(const struct ct_nft_rules_in *r, const struct lookup *l, const struct element *e, struct span *ret_span)
{
    struct span s = {.transports = CT_PUBLISH_BOTH, .chain = e->chain, .ends = e->flags & NFT_SET_ELEM_INTERVAL_END};
    if (l->protocol_at >= 0 && (size_t)l->protocol_at < e->key.n) {
        unsigned protocol = e->key.p[l->protocol_at];
        s.transports = protocol == TCP ? CT_PUBLISH_TCP : protocol == UDP ? CT_PUBLISH_UDP : 0;
    }
    if (l->address_at >= 0 && (size_t)l->address_at + l->address_n <= e->key.n && !(e->flags & NFT_SET_ELEM_CATCHALL)) {
        ct_str first = ct_str_slice(e->key, (size_t)l->address_at, (size_t)l->address_at + l->address_n);
        ct_str last = ct_str_slice(e->key_end, (size_t)l->address_at, (size_t)l->address_at + l->address_n);
        if ((!last.n || ct_str_eq(first, last)) && is_elsewhere(r, first)) return false;
    }
    if (l->port_at >= 0 && (size_t)l->port_at + 2 <= e->key.n && !(e->flags & NFT_SET_ELEM_CATCHALL)) {
        s.port = true;
        s.first = s.last = be16(e->key.p + l->port_at);
        if ((size_t)l->port_at + 2 <= e->key_end.n) s.last = be16(e->key_end.p + l->port_at);
    }
    *ret_span = s;
    return s.transports != 0;
}

/* The elements of a set as spans of ports; those of a set of ranges are told as where they begin and where they have ended. Null: no memory. */
static struct span *spans_of(const struct ct_nft_rules_in *r, const struct lookup *l, size_t *ret_n)
{
    size_t n = 0, kept = 0;
    bool ranges = false;
    for (const struct element *e = r->sets[l->set].elements; e; e = e->next) n++;
    struct span *spans = ct_arena_array(r->arena, n + 1, sizeof *spans);
    if (!spans) return NULL;
    n = 0;
    for (const struct element *e = r->sets[l->set].elements; e; e = e->next) {
        if (!span_of(r, l, e, &spans[n])) continue;
        ranges |= spans[n].ends;
        n++;
    }
    *ret_n = n;
    if (!ranges) return spans;
    qsort(spans, n, sizeof *spans, by_port);
    for (size_t i = 0; i < n; i++) {
        if (spans[i].ends) continue;
        struct span s = spans[i];
        s.last = i + 1 < n ? spans[i + 1].first - (spans[i + 1].first > s.first) : 65535;
        spans[kept++] = s;
    }
    *ret_n = kept;
    return spans;
}

/* --- edges -------------------------------------------------------------------------------------------------------- */

/* What a rule names, from wherever: a set may hold more than a rule. */
struct list {
    struct ct_publish_ports *p;
    size_t n, cap;
    bool unread;
};

static void push(struct ct_nft_rules_in *r, struct list *l, unsigned first, unsigned last, uint8_t transports)
{
    if (!first) first = 1;
    if (first > last) return;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 16;
        struct ct_publish_ports *p = ct_arena_grow(r->arena, l->p, l->cap * sizeof *p, cap * sizeof *p);
        if (!p) {
            r->full = true;
            return;
        }
        l->p = p;
        l->cap = cap;
    }
    l->p[l->n++] = (struct ct_publish_ports){(uint16_t)first, (uint16_t)last, transports, false};
}

/* The ports of a set, or all but those. */
static void from_set(struct ct_nft_rules_in *r, const struct lookup *l, struct list *list)
{
    size_t n;
    unsigned next = 1;
    struct span *spans = spans_of(r, l, &n);
    if (!spans || !r->sets[l->set].whole) {
        list->unread = true;
        return;
    }
    if (n && !spans[0].port) return; /* the key ends before a port */
    if (l->inverted && n) qsort(spans, n, sizeof *spans, by_port);
    for (size_t i = 0; i < n; i++) {
        if (!l->inverted) push(r, list, spans[i].first, spans[i].last, spans[i].transports);
        else if (spans[i].first > next) push(r, list, next, spans[i].first - 1, CT_PUBLISH_BOTH);
        if (spans[i].last + 1 > next) next = spans[i].last + 1;
    }
    if (l->inverted) push(r, list, next, 65535, CT_PUBLISH_BOTH);
}

static void edges(const struct ct_nft_rules_in *r, const struct waiting *w, const struct list *list, uint32_t to, uint8_t transports)
{
    for (size_t i = 0; i < list->n; i++) {
        struct ct_publish_ports ports = list->p[i];
        ports.transports &= transports;
        ct_publish_edge(r->to, w->from, to, ports);
    }
    if (!list->n) ct_publish_edge(r->to, w->from, to, (struct ct_publish_ports){.transports = transports, .unread = list->unread});
}

static void from_map(struct ct_nft_rules_in *r, const struct waiting *w, const struct lookup *l, const struct list *list)
{
    size_t n;
    struct ct_nft_set_name name;
    struct span *spans = spans_of(r, l, &n);
    if (!spans || !r->sets[l->set].whole || !ct_nft_rules_set(r, l->set, &name)) {
        ct_publish_edge(r->to, w->from, CT_PUBLISH_TRANSLATED, (struct ct_publish_ports){.transports = CT_PUBLISH_BOTH, .unread = true});
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!spans[i].chain.n) continue;
        uint32_t to = chain_number(r, name.family, ct_str_from(name.table), spans[i].chain);
        uint8_t transports = w->transports & spans[i].transports;
        unsigned first = spans[i].first ? spans[i].first : 1;
        if (!spans[i].port) edges(r, w, list, to, transports);
        else if (first <= spans[i].last) ct_publish_edge(r->to, w->from, to, (struct ct_publish_ports){(uint16_t)first, (uint16_t)spans[i].last, transports, false});
    }
}

ct_err ct_nft_rules_done(struct ct_nft_rules_in *r)
{
    for (const struct waiting *w = r->waiting; w; w = w->next) {
        struct list list = {.unread = w->has.unread};
        for (size_t i = 0; i < w->has.n; i++) push(r, &list, w->has.ports[i].first, w->has.ports[i].last, CT_PUBLISH_BOTH);
        for (size_t i = 0; i < w->n_lookups; i++)
            if (!w->lookups[i].verdicts && w->lookups[i].set != CT_NAMES_NONE) from_set(r, &w->lookups[i], &list);
        for (size_t i = 0; i < w->n_lookups; i++)
            if (w->lookups[i].verdicts && w->lookups[i].set != CT_NAMES_NONE) from_map(r, w, &w->lookups[i], &list);
        if (w->target != CT_NAMES_NONE) edges(r, w, &list, w->target, w->transports);
    }
    return r->full ? CT_ERR_NOMEM : CT_OK;
}
