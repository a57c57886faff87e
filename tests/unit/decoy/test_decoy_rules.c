/* Other people's rules, as a kernel listed them (the seeds of the fuzzer, made by nft and iptables): what they publish, cut anywhere, and without memory. */
#include "decoy/netlink.h"
#include "decoy/nft_rules.h"
#include "decoy/xt_tables.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct told {
    unsigned char tcp[65536], udp[65536];
    unsigned unread;
    char chain[128];
};

static void ports(void *ctx, bool udp, uint16_t first, uint16_t last)
{
    struct told *t = ctx;
    assert_true(first && first <= last);
    for (uint32_t i = first; i <= last; i++) (udp ? t->udp : t->tcp)[i] = 1;
}

static void unread(void *ctx, ct_str chain)
{
    struct told *t = ctx;
    t->unread++;
    (void)snprintf(t->chain, sizeof t->chain, "%.*s", CT_STR_ARG(chain));
}

static bool is_local(void *ctx, ct_str address)
{
    static const unsigned char v4[] = {10, 9, 0, 1}, v6[16] = {0xfd, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    (void)ctx;
    return address.n == 4 ? memcmp(address.p, v4, 4) == 0 : memcmp(address.p, v6, 16) == 0;
}

/* Of which set are they? */
static void elements(struct ct_nft_rules_in *r, ct_str body)
{
    struct ct_nft_set_name name;
    ct_str table = ct_nl_find(body, NFTA_SET_ELEM_LIST_TABLE), set = ct_nl_find(body, NFTA_SET_ELEM_LIST_SET);
    for (uint32_t i = 0; table.n && set.n && ct_nft_rules_set(r, i, &name); i++) {
        if (!ct_str_eq(ct_str_slice(table, 0, table.n - 1), ct_str_from(name.table)) || !ct_str_eq(ct_str_slice(set, 0, set.n - 1), ct_str_from(name.set))) continue;
        ct_nft_rules_elements(r, i, body);
        ct_nft_rules_set_done(r, i, true);
    }
}

/* As the fuzzer has them: rules with flag 1 and their family as sequence; then elements, set by set. */
static ct_err read_all(const struct ct_alloc *alloc, ct_str in, struct told *t)
{
    const struct ct_publish_tell tell = {ports, unread, t};
    struct ct_nl_message m;
    ct_arena *arena;
    CT_TRY(ct_arena_new(alloc, 16 << 20, &arena));
    struct ct_publish *p = ct_publish_new(arena);
    struct ct_nft_rules_in *r = p ? ct_nft_rules_new(arena, p, is_local, NULL) : NULL;
    ct_err e = r ? CT_OK : CT_ERR_NOMEM;
    if (r && in.n > 1 && in.p[0] == 'x') {
        if (!ct_xt_entries(p, in.p[1] & 1, CT_STR("nat"), ct_str_slice(in, 2, in.n), is_local, NULL)) e = CT_ERR_SYNTAX;
    } else if (r) {
        while (ct_nl_message(&in, &m)) {
            if (m.flags & 1) ct_nft_rules_rule(r, (uint8_t)m.sequence, m.body);
            else elements(r, m.body);
        }
        e = ct_nft_rules_done(r);
    }
    if (r) {
        ct_err told = ct_publish_tell(p, &tell);
        if (e == CT_OK) e = told;
    }
    ct_arena_free(arena);
    return e;
}

static unsigned char file[65536];

static ct_str seed(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "../fuzz/corpus/decoy_netlink/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(file, 1, sizeof file, f);
    (void)fclose(f);
    assert_true(n > 0);
    return (ct_str){file, n};
}

static const char *const seeds[] = {"nft_plain", "nft_plain6", "nft_proxy", "nft_netavark", "nft_kube_proxy", "nft_docker_bridges", "nft_maps", "legacy_nat", "legacy_nat6"};
enum { SEEDS = sizeof seeds / sizeof *seeds };

static void test_what_is_published(void **state)
{
    static const struct {
        int line;
        const char *seed;
        uint16_t first, last; /* of TCP, no more and no less within ten on both sides */
    } rows[] = {
        {__LINE__, "nft_plain", 1000, 1000},       {__LINE__, "nft_plain", 1002, 1007},     {__LINE__, "nft_plain", 1020, 1023},
        {__LINE__, "nft_kube_proxy", 1131, 1131},  {__LINE__, "nft_kube_proxy", 1134, 1134}, {__LINE__, "nft_docker_bridges", 1140, 1140},
        {__LINE__, "nft_maps", 1150, 1152},        {__LINE__, "nft_maps", 1160, 1162},      {__LINE__, "nft_netavark", 1120, 1120},
        {__LINE__, "nft_proxy", 1110, 1110},       {__LINE__, "nft_plain6", 1100, 1103},    {__LINE__, "legacy_nat", 2000, 2000},
        {__LINE__, "legacy_nat", 2012, 2014},      {__LINE__, "legacy_nat", 2020, 2020},    {__LINE__, "legacy_nat6", 2100, 2100},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct told t;
        t = (struct told){0};
        struct edge e = edge_new(seed(rows[i].seed));
        assert_int_equal(read_all(&ct_alloc_libc, e.input, &t), CT_OK);
        edge_free(&e);
        if (strcmp(rows[i].seed, "legacy_nat") == 0) continue; /* it holds a rule for all ports, too */
        for (unsigned port = rows[i].first; port <= rows[i].last; port++)
            if (!t.tcp[port]) fail_msg("line %d: %u is not", rows[i].line, port);
        if (t.unread || t.tcp[999] || t.tcp[3000]) fail_msg("line %d", rows[i].line);
    }
}

/* Cut anywhere: never read beyond, and what the kernel would not send is not believed. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEEDS; i++) {
        ct_str in = seed(seeds[i]);
        for (size_t n = 0; n < in.n; n += in.n > 4000 ? 61 : 7) {
            static struct told t;
            struct edge e = edge_new(ct_str_slice(in, 0, n));
            (void)!read_all(&ct_alloc_libc, e.input, &t);
            edge_free(&e);
        }
    }
}

static void test_without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEEDS; i++) {
        ct_str in = seed(seeds[i]);
        for (int persistent = 0; persistent < 2; persistent++)
            for (unsigned n = 0;; n++) {
                static struct told t;
                struct fault_alloc f;
                fault_alloc_init(&f, n, persistent);
                ct_err e = read_all(&f.alloc, in, &t);
                assert_int_equal(f.live, 0);
                if (!f.failed) break;
                assert_int_equal(e, CT_ERR_NOMEM);
            }
    }
}

/* A set that nothing was heard of: said, by the name of the chain that looks it up. */
static void test_a_set_that_is_not_told(void **state)
{
    static struct told t;
    (void)state;
    ct_str in = seed("nft_kube_proxy"), rest = in;
    struct ct_nl_message m;
    const unsigned char *end = in.p;
    while (ct_nl_message(&rest, &m) && m.flags & 1) end = m.body.p + m.body.n;
    assert_int_equal(read_all(&ct_alloc_libc, (ct_str){in.p, (size_t)(end - in.p)}, &t), CT_OK);
    assert_true(t.unread >= 2);
    assert_non_null(strstr(t.chain, "kube-proxy"));
}

static void test_the_graph(void **state)
{
    static struct told t;
    const struct ct_publish_tell tell = {ports, unread, &t};
    const struct ct_publish_ports any = {.transports = CT_PUBLISH_BOTH};
    ct_arena *arena;
    char name[16];
    (void)state;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    struct ct_publish *p = ct_publish_new(arena);
    uint32_t a = ct_publish_chain(p, CT_STR("a")), b = ct_publish_chain(p, CT_STR("b")), c = ct_publish_chain(p, CT_STR("c"));
    for (int i = 0; i < 1000; i++) { /* names are told apart however many there are */
        (void)snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(ct_publish_chain(p, ct_str_from(name)), c + 1 + (uint32_t)i);
    }
    assert_int_equal(ct_publish_chain(p, CT_STR("b")), b);
    ct_publish_edge(p, a, b, (struct ct_publish_ports){80, 80, CT_PUBLISH_TCP, false});
    ct_publish_edge(p, b, a, any); /* round and round */
    ct_publish_edge(p, a, b, any);
    assert_int_equal(ct_publish_tell(p, &tell), CT_OK);
    assert_int_equal(t.tcp[80], 0);
    ct_publish_edge(p, b, c, any);
    ct_publish_edge(p, c, CT_PUBLISH_TRANSLATED, any);
    assert_int_equal(ct_publish_tell(p, &tell), CT_OK);
    assert_int_equal(t.tcp[80], 1);
    assert_int_equal(t.udp[80], 0);
    ct_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_published), cmocka_unit_test(test_cut),       cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_a_set_that_is_not_told), cmocka_unit_test(test_the_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
