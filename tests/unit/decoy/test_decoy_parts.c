#include "decoy/canary.h"
#include "decoy/hear.h"
#include "decoy/netlink.h"
#include "decoy/nft.h"
#include "decoy/owned.h"
#include "decoy/plan.h"
#include "decoy/procnet.h"
#include "decoy/wire.h"
#include "support/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* --- packets ------------------------------------------------------------------------------------------------------ */

static size_t tcp4(unsigned char *p, unsigned flags)
{
    static const unsigned char packet[40] = {0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1, 0x0f, 0xa0, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50};
    memcpy(p, packet, sizeof packet);
    p[33] = (unsigned char)flags;
    return sizeof packet;
}

static void test_techniques(void **state)
{
    static const struct {
        int line;
        unsigned flags;
        int technique; /* -1: none */
    } rows[] = {
        {__LINE__, 0x02, CT_TECHNIQUE_SYN},  {__LINE__, 0x00, CT_TECHNIQUE_NULL}, {__LINE__, 0x01, CT_TECHNIQUE_FIN},
        {__LINE__, 0x29, CT_TECHNIQUE_XMAS}, {__LINE__, 0x09, CT_TECHNIQUE_XMAS}, {__LINE__, 0x03, CT_TECHNIQUE_XMAS},
        {__LINE__, 0xc2, CT_TECHNIQUE_SYN}, /* with ECN */
        {__LINE__, 0x10, -1}, {__LINE__, 0x12, -1}, {__LINE__, 0x11, -1}, {__LINE__, 0x04, -1}, {__LINE__, 0x14, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char p[64];
        struct ct_touch t;
        ct_str payload;
        struct edge e = edge_new((ct_str){p, tcp4(p, rows[i].flags)});
        bool got = ct_sniff_parse(e.input, &t, &payload);
        if (got != (rows[i].technique >= 0) || (got && (int)t.technique != rows[i].technique)) fail_msg("line %d", rows[i].line);
        if (got) {
            assert_int_equal(t.source_port, 4000);
            assert_int_equal(t.dest_port, 80);
            assert_memory_equal(t.source, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x09\x00\x02", 16);
        }
        edge_free(&e);
        for (size_t n = 0; n < 34; n++) { /* cut short: never read beyond */
            struct edge cut = edge_new((ct_str){p, n});
            assert_false(ct_sniff_parse(cut.input, &t, &payload));
            edge_free(&cut);
        }
    }
}

/* nmap -f: eight bytes of the TCP header, and the flags in the next packet. */
static void test_a_header_in_two(void **state)
{
    unsigned char p[64];
    struct ct_touch t;
    ct_str payload;
    (void)state;
    (void)tcp4(p, 2);
    p[3] = 28;
    assert_false(ct_sniff_parse((ct_str){p, 28}, &t, &payload)); /* no fragment: merely short */
    p[6] = 0x20;
    struct edge e = edge_new((ct_str){p, 28});
    assert_true(ct_sniff_parse(e.input, &t, &payload));
    assert_int_equal(t.technique, CT_TECHNIQUE_NULL);
    assert_int_equal(t.dest_port, 80);
    edge_free(&e);
    assert_true(ct_sniff_parse((ct_str){p, 46}, &t, &payload)); /* padded by the wire: that is no header */
    assert_int_equal(t.technique, CT_TECHNIQUE_NULL);
    p[3] = 40; /* the whole header, and a fragment all the same */
    assert_true(ct_sniff_parse((ct_str){p, 40}, &t, &payload));
    assert_int_equal(t.technique, CT_TECHNIQUE_SYN);
    p[33] = 0x10;
    assert_false(ct_sniff_parse((ct_str){p, 40}, &t, &payload));
    p[6] = 0, p[7] = 1, p[3] = 32; /* the second */
    assert_false(ct_sniff_parse((ct_str){p, 32}, &t, &payload));
}

static void test_pings(void **state)
{
    static const unsigned char heard[] = {8, 13, 17}, not_heard[] = {0, 3, 5, 11, 14, 18, 128};
    unsigned char p[28] = {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1};
    struct ct_touch t;
    ct_str payload;
    (void)state;
    for (size_t i = 0; i < sizeof heard; i++) {
        p[20] = heard[i];
        assert_true(ct_sniff_parse((ct_str){p, sizeof p}, &t, &payload));
        assert_int_equal(t.technique, CT_TECHNIQUE_PING);
    }
    for (size_t i = 0; i < sizeof not_heard; i++) {
        p[20] = not_heard[i];
        assert_false(ct_sniff_parse((ct_str){p, sizeof p}, &t, &payload));
    }
}

static void test_datagrams(void **state)
{
    unsigned char p[64] = {0x45, 0, 0, 33, 0, 1, 0, 0, 64, 17, 0, 0, 10, 9, 0, 2, 224, 0, 0, 251, 0x14, 0xe9, 0x14, 0xe9, 0, 13, 0, 0, 'h', 'e', 'l', 'l', 'o', 'x', 'x'};
    struct ct_touch t;
    ct_str payload;
    (void)state;
    assert_true(ct_sniff_parse((ct_str){p, 40}, &t, &payload)); /* padded by the wire */
    assert_int_equal(payload.n, 5);
    assert_true(t.to_many);
    assert_int_equal(t.technique, CT_TECHNIQUE_UDP);
    p[6] = 0x00, p[7] = 0x04; /* a later fragment */
    assert_false(ct_sniff_parse((ct_str){p, 40}, &t, &payload));
}

static void test_extension_headers(void **state)
{
    unsigned char p[128] = {0x60, 0, 0, 0, 0, 28, 0, 64};
    struct ct_touch t;
    ct_str payload;
    (void)state;
    p[23] = 2, p[39] = 1;
    p[40] = 6; /* hop-by-hop, then TCP */
    (void)tcp4(p + 28, 2); /* its TCP header lands at 48 */
    memset(p + 28, 0, 20);
    p[23] = 2, p[39] = 1, p[40] = 6;
    struct edge e = edge_new((ct_str){p, 68});
    assert_true(ct_sniff_parse(e.input, &t, &payload));
    assert_int_equal(t.dest_port, 80);
    edge_free(&e);
    p[40] = 44; /* a chain without an end stops at its cap */
    for (int i = 48; i < 120; i++) p[i] = (unsigned char)(i % 8 == 0 ? 44 : 0);
    assert_false(ct_sniff_parse((ct_str){p, 128}, &t, &payload));
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

static void test_text_of_rules(void **state)
{
    static const uint16_t ports[] = {22, 80};
    struct ct_nft_rules rules = {ports, 2, false, 4711, 4712};
    ct_arena *arena;
    struct ct_buf b;
    (void)state;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    ct_buf_init(&b, arena, 65536);
    ct_nft_print(&b, &rules);
    ct_str text = ct_buf_view(&b);
    assert_true(ct_str_find(text, CT_STR("elements = { 22, 80 }")) != CT_STR_NONE);
    assert_true(ct_str_find(text, CT_STR("tcp dport @ports tproxy ip to 127.0.0.1:4711 accept")) != CT_STR_NONE);
    rules.all_but = true;
    rules.n = 0;
    b.n = 0;
    ct_nft_print(&b, &rules);
    assert_true(ct_str_find(ct_buf_view(&b), CT_STR("elements")) == CT_STR_NONE);
    assert_true(ct_str_find(ct_buf_view(&b), CT_STR("tcp dport != @ports tproxy ip6 to [::1]:4712 accept")) != CT_STR_NONE);
    ct_arena_free(arena);
}

/* --- ports -------------------------------------------------------------------------------------------------------- */

static void test_proc_rows(void **state)
{
    static const char listens[] = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0";
    struct ct_procnet_row r;
    (void)state;
    assert_true(ct_procnet_row(ct_str_from(listens), &r));
    assert_int_equal(r.port, 8080);
    assert_int_equal(r.state, 10);
    assert_int_equal(r.inode, 12345);
    assert_true(r.loopback);
    assert_false(ct_procnet_row(CT_STR("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"), &r));
    for (size_t n = 0; n < sizeof listens - 40; n++) { /* cut anywhere before the inode: no row */
        struct edge e = edge_new((ct_str){(const unsigned char *)listens, n});
        assert_false(ct_procnet_row(e.input, &r));
        edge_free(&e);
    }
}

static void test_virtual_services(void **state)
{
    static const struct {
        int line;
        const char *text;
        int port; /* -1: none */
        bool udp;
    } rows[] = {
        {__LINE__, "TCP  0A000001:01BB rr \n", 443, false},      {__LINE__, "UDP  0A000001:0035 wlc", 53, true},
        {__LINE__, "TCP  [fd09:0000::0001]:1F90 rr ", 8080, false}, {__LINE__, "FWM  00000001 wlc", 0, false},
        {__LINE__, "Prot LocalAddress:Port Scheduler Flags", -1, false}, {__LINE__, "  -> 0A000002:01BB      Masq    1      0          0", -1, false},
        {__LINE__, "IP Virtual Server version 1.2.1 (size=4096)", -1, false}, {__LINE__, "TCP", -1, false}, {__LINE__, "TCP 0A000001:1FFFF rr", -1, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool udp = false;
        uint16_t port = 0;
        bool got = ct_procnet_ipvs(ct_str_from(rows[i].text), &udp, &port);
        if (got != (rows[i].port >= 0) || (got && (port != rows[i].port || udp != rows[i].udp))) fail_msg("line %d", rows[i].line);
    }
}

/* Rules that are not understood are kept as port 0, and nothing is answered, unless somebody has named ports. */
static void test_rules_that_are_not_understood(void **state)
{
    static const uint16_t ports[] = {80, 8080}, spared[] = {80};
    static uint16_t room[65536];
    struct ct_decoy_opts opts = {.ports = ports, .n_ports = 2};
    static struct ct_plan p;
    static struct ct_wire_owned bits;
    struct ct_owned *o;
    (void)state;
    assert_int_equal(ct_owned_new(&ct_alloc_libc, &o), CT_OK);
    ct_owned_parse(o, CT_STR("tcp 0 listens 1764000000\ntcp 9 unread 1764000000\n"), 1764100000);
    assert_false(ct_owned_has(o, false, 0) || ct_owned_has(o, false, 9));
    ct_owned_parse(o, CT_STR("tcp 0 unread 1764000000\n"), 1764100000);
    assert_true(ct_owned_has(o, false, 0));
    ct_owned_bits(o, &bits);
    assert_int_equal(bits.tcp[0], 0);
    p.spared = room;
    ct_plan_make(&p, &opts, o, true, 1);
    for (size_t i = 0; i < p.n; i++) assert_int_equal(p.rows[i].how, CT_PLAN_SPARED);
    opts.answer = CT_ANSWER_ALL;
    ct_plan_make(&p, &opts, o, true, 1);
    assert_false(p.all);
    opts.spared = spared, opts.n_spared = 1;
    ct_plan_make(&p, &opts, o, true, 1);
    assert_true(p.all);
    assert_int_equal(p.n_spared, 0); /* of the ports of rules; what is said is owned, and comes with that */
    ct_owned_free(o);
}

static void test_owned_for_thirty_days(void **state)
{
    const int64_t now = 1764100000, day = 86400;
    struct ct_owned *o;
    (void)state;
    assert_int_equal(ct_owned_new(&ct_alloc_libc, &o), CT_OK);
    ct_owned_parse(o, CT_STR("tcp 22 listens 1764000000\ntcp 23 listens 1761507999\nudp 53 published 1764000000\nnonsense\ntcp x listens 1\ntcp 80 listens 1999999999\n"), now);
    assert_true(ct_owned_has(o, false, 22));
    assert_false(ct_owned_has(o, false, 23)); /* 30 days and a second */
    assert_true(ct_owned_has(o, true, 53));
    assert_false(ct_owned_has(o, false, 53));
    assert_true(ct_owned_has(o, false, 80)); /* from the future: as of now */
    /* The clock is set forward by a year: what was seen stays as old as it was. */
    ct_owned_shift(o, 365 * day);
    assert_int_equal(ct_owned_look(o, now + 365 * day + 60, false, NULL, 0), CT_OK);
    assert_true(ct_owned_has(o, false, 22));
    assert_int_equal(ct_owned_look(o, now + 365 * day + 31 * day, false, NULL, 0), CT_OK);
    assert_false(ct_owned_has(o, false, 22) && !ct_owned_list(o, &(size_t){0})->now);
    /* A port that the kernel gave to a client is nobody's when it is closed; a service's low one is. */
    ct_owned_parse(o, CT_STR("udp 45678 listens 1764100000\nudp 161 listens 1764100000\n"), now);
    assert_int_equal(ct_owned_look(o, now + 60, false, NULL, 0), CT_OK);
    assert_false(ct_owned_has(o, true, 45678));
    assert_true(ct_owned_has(o, true, 161));
    ct_owned_free(o);
}

static void test_lists_of_ports(void **state)
{
    uint16_t ports[CT_DECOY_PORTS_MAX];
    size_t n = ct_plan_default_ports(ports), all = n;
    (void)state;
    assert_true(n > 20);
    assert_null(ct_plan_parse_ports("+9999,-22", ports, &n));
    assert_int_equal(n, all); /* one more, one less */
    assert_int_equal(ports[n - 1], 9999);
    assert_null(ct_plan_parse_ports("22,80", ports, &n));
    assert_int_equal(n, 2);
    assert_non_null(ct_plan_parse_ports("22,", ports, &n));
    assert_non_null(ct_plan_parse_ports("0", ports, &n));
    assert_non_null(ct_plan_parse_ports("65536", ports, &n));
    assert_non_null(ct_plan_parse_ports("http", ports, &n));
}

static void test_a_plan_spares_what_is_owned(void **state)
{
    static const uint16_t ports[] = {22, 80, 8080};
    static uint16_t spared[65536];
    struct ct_decoy_opts opts = {.ports = ports, .n_ports = 3};
    static struct ct_plan p;
    struct ct_owned *o;
    (void)state;
    assert_int_equal(ct_owned_new(&ct_alloc_libc, &o), CT_OK);
    ct_owned_add(o, false, 80, 80, CT_OWNED_PUBLISHED, 1764100000);
    p.spared = spared;
    ct_plan_make(&p, &opts, o, true, 1);
    assert_int_equal(p.n, 3);
    assert_int_equal(p.rows[0].how, CT_PLAN_DIVERTED);
    assert_int_equal(p.rows[1].how, CT_PLAN_SPARED);
    assert_string_equal(p.rows[1].why, "published for a container");
    ct_plan_make(&p, &opts, o, false, 1024);
    for (size_t i = 0; i < p.n; i++) assert_int_equal(p.rows[i].how, p.rows[i].port == 8080 ? CT_PLAN_PLAIN : CT_PLAN_SPARED);
    opts.answer = CT_ANSWER_ALL;
    ct_plan_make(&p, &opts, o, true, 1);
    assert_true(p.all);
    assert_int_equal(p.n_spared, 1);
    assert_int_equal(p.spared[0], 80);
    ct_owned_free(o);
}

/* --- canaries, messages ------------------------------------------------------------------------------------------- */

static void test_canaries(void **state)
{
    const unsigned char key[32] = {1}, other[32] = {2};
    char name[CT_CANARY_NAME_SIZE], dn[128];
    struct ct_canary_hit hit;
    (void)state;
    assert_int_equal(ct_canary_name(key, CT_STR("web-1.Login"), name), CT_OK);
    for (int upper = 0; upper < 2; upper++) {
        int n = snprintf(dn, sizeof dn, "cn=%s,dc=x", name);
        for (int i = 3; upper && i < n - 5; i++)
            if (dn[i] >= 'a' && dn[i] <= 'z') dn[i] = (char)(dn[i] - 32);
        struct edge e = edge_new((ct_str){(unsigned char *)dn, (size_t)n});
        assert_true(ct_canary_find(key, e.input, &hit));
        assert_true(ct_str_eq_fold(hit.label, CT_STR("web-1.login")));
        assert_false(ct_canary_find(other, e.input, &hit));
        edge_free(&e);
    }
    name[strlen(name) - 1] ^= 1;
    assert_false(ct_canary_find(key, ct_str_from(name), &hit));
    assert_int_equal(ct_canary_name(key, CT_STR(""), name), CT_ERR_USAGE);
    assert_int_equal(ct_canary_name(key, CT_STR("a/b"), name), CT_ERR_USAGE);
    assert_int_equal(ct_canary_name(key, CT_STR("${x}"), name), CT_ERR_USAGE);
}

/* The first call at once, then at widening intervals with all that came between; each source and canary by itself, whatever the case. */
static void test_canaries_that_call_all_day(void **state)
{
    static struct ct_canary_calls m;
    struct ct_contact c = {.touch.source = {1}};
    struct ct_canary_hit a = {CT_STR("Web-1")}, same = {CT_STR("web-1")}, b = {CT_STR("web-2")};
    uint64_t calls = 0;
    unsigned told = 0;
    (void)state;
    assert_true(ct_canary_called(&m, &a, &c, 1000, &calls));
    assert_int_equal(calls, 1);
    assert_false(ct_canary_called(&m, &same, &c, 60999, &calls));
    assert_true(ct_canary_called(&m, &a, &c, 61000, &calls));
    assert_int_equal(calls, 3);
    assert_true(ct_canary_called(&m, &b, &c, 61000, &calls));
    c.touch.source[0] = 2;
    assert_true(ct_canary_called(&m, &a, &c, 61000, &calls));
    c.touch.source[0] = 1;
    for (int64_t s = 61; s < 24 * 3600; s++) told += ct_canary_called(&m, &a, &c, s * 1000, &calls);
    assert_int_equal(told, 6); /* after 5, 35, 155, 515, 875 and 1235 minutes */
    /* A crowd: who was silent for longest is forgotten, who calls is not. */
    for (unsigned i = 0; i < 1000; i++) {
        struct ct_contact other = {.touch.source = {3, (unsigned char)i, (unsigned char)(i >> 8)}};
        assert_true(ct_canary_called(&m, &a, &other, 90000000 + i, &calls));
        assert_false(ct_canary_called(&m, &a, &c, 90000000 + i, &calls));
    }
    assert_int_equal(calls, 3 + 24 * 3600 - 61 + 1000);
}

static void test_messages(void **state)
{
    int fds[2], handed[2];
    static unsigned char room[CT_WIRE_MAX + 64], big[CT_WIRE_MAX];
    struct ct_wire_message m;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(pipe(handed), 0);
    assert_int_equal(ct_wire_receive(fds[1], room, sizeof room, &m), CT_ERR_AGAIN);
    assert_int_equal(ct_wire_send(fds[0], CT_WIRE_RECORD, CT_STR("ab"), CT_STR("c"), handed[1]), CT_OK);
    assert_int_equal(ct_wire_receive(fds[1], room, sizeof room, &m), CT_OK);
    assert_int_equal(m.kind, CT_WIRE_RECORD);
    assert_true(ct_str_eq(m.body, CT_STR("abc")));
    assert_int_equal(write(m.fd, "x", 1), 1);
    assert_int_equal(read(handed[0], room, 8), 1);
    (void)close(m.fd);
    /* The longest goes through; longer is refused; a full queue says so and loses nothing. */
    assert_int_equal(ct_wire_send(fds[0], CT_WIRE_EVENT, (ct_str){big, sizeof big}, CT_STR(""), -1), CT_OK);
    assert_int_equal(ct_wire_send(fds[0], CT_WIRE_EVENT, (ct_str){big, sizeof big}, CT_STR("x"), -1), CT_ERR_CAP);
    unsigned sent = 1, got = 0;
    while (ct_wire_send(fds[0], CT_WIRE_EVENT, (ct_str){big, sizeof big}, CT_STR(""), -1) == CT_OK) sent++;
    while (ct_wire_receive(fds[1], room, sizeof room, &m) == CT_OK) got += m.body.n == sizeof big;
    assert_int_equal(sent, got);
    assert_int_equal(send(fds[0], "x", 1, 0), 1);
    assert_int_equal(ct_wire_receive(fds[1], room, sizeof room, &m), CT_ERR_SYNTAX);
    (void)close(fds[0]);
    assert_int_equal(ct_wire_receive(fds[1], room, sizeof room, &m), CT_ERR_END);
    (void)close(fds[1]), (void)close(handed[0]), (void)close(handed[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_techniques), cmocka_unit_test(test_a_header_in_two), cmocka_unit_test(test_pings), cmocka_unit_test(test_datagrams), cmocka_unit_test(test_extension_headers),
        cmocka_unit_test(test_text_of_rules), cmocka_unit_test(test_proc_rows), cmocka_unit_test(test_virtual_services), cmocka_unit_test(test_rules_that_are_not_understood), cmocka_unit_test(test_owned_for_thirty_days),
        cmocka_unit_test(test_lists_of_ports), cmocka_unit_test(test_a_plan_spares_what_is_owned), cmocka_unit_test(test_canaries), cmocka_unit_test(test_canaries_that_call_all_day),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
