/* campaign: keys, registrable domains, addresses, scanner labels. */
#include "base/limits.h"
#include "campaign/campaign.h"
#include "campaign/host.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 1u << 20, &arena) == CT_OK ? 0 : -1;
}

static int drop_arena(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static void expect(int line, ct_str got, const char *want)
{
    if (!ct_str_eq(got, ct_str_from(want))) fail_msg("line %d: want %s, got %.*s", line, want, CT_STR_ARG(got));
}

static void keys(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *scheme, *host;
        uint16_t port;
        const char *path, *normal, *want;
    } rows[] = {
        {__LINE__, "ldap", "evil.example", 1389, "/a", "", "ldap evil.example:1389 /a"},
        {__LINE__, "", "evil.example", 1389, "/a", "", "evil.example:1389 /a"},
        {__LINE__, "LDAP", "X7.Evil.Example", 1389, "/a", "", "ldap evil.example:1389 /a"},
        {__LINE__, "ldap", "c6rb3k2vtc.evil.co.uk", 389, "", "", "ldap evil.co.uk:389"},
        {__LINE__, "dns", "caltropvalue.evil.example", 0, "", "", "dns evil.example"},
        {__LINE__, "dns", "${hostName}.evil.example", 0, "", "", "dns evil.example"},
        {__LINE__, "ldap", "${sys:java.version}.x.evil.example", 0, "", "", "ldap evil.example"},
        {__LINE__, "ldap", "127.0.0.1#evil.example", 1389, "/a", "", "ldap evil.example:1389 /a"},
        {__LINE__, "ldap", "localhost@evil.example", 1389, "/a", "", "ldap evil.example:1389 /a"},
        {__LINE__, "ldap", "127.0.0.1#x@evil.example.", 1389, "/a", "", "ldap evil.example:1389 /a"},
        {__LINE__, "ldap", "2130706433", 1389, "/a", "", "ldap 127.0.0.1:1389 /a"},
        {__LINE__, "ldap", "0x7f.1", 1389, "/a", "", "ldap 127.0.0.1:1389 /a"},
        {__LINE__, "ldap", "[2001:DB8:0::1]", 1389, "/a", "", "ldap [2001:db8::1]:1389 /a"},
        {__LINE__, "ldap", "2001:db8::1", 0, "/a", "", "ldap 2001:db8::1 /a"},
        {__LINE__, "ldap", "::ffff:192.0.2.1", 0, "", "", "ldap 192.0.2.1"},
        /* folding of paths */
        {__LINE__, "ldap", "e.example", 1, "/Exploit", "", "ldap e.example:1 /Exploit"},
        {__LINE__, "ldap", "e.example", 1, "/ExploitClassRunner", "", "ldap e.example:1 /ExploitClassRunner"},
        {__LINE__, "ldap", "e.example", 1, "/Log4jRCE", "", "ldap e.example:1 /Log4jRCE"},
        {__LINE__, "ldap", "e.example", 1, "/Basic/Command/Base64/KGN1cmwgLXMgMTkyLjA=", "", "ldap e.example:1 /Basic/Command/Base64/*"},
        {__LINE__, "ldap", "e.example", 1, "/Basic/Command/Base64/KGN1/cmw+/x", "", "ldap e.example:1 /Basic/Command/Base64/*"},
        {__LINE__, "ldap", "e.example", 1, "/Basic/Command/Base64", "", "ldap e.example:1 /Basic/Command/Base64"},
        {__LINE__, "ldap", "e.example", 1, "/Basic/Command/Base64/", "", "ldap e.example:1 /Basic/Command/Base64/"},
        {__LINE__, "ldap", "e.example", 1, "/1639141000/a", "", "ldap e.example:1 /*/a"},
        {__LINE__, "ldap", "e.example", 1, "/12/a", "", "ldap e.example:1 /12/a"},
        {__LINE__, "ldap", "e.example", 1, "/deadbee", "", "ldap e.example:1 /deadbee"},
        {__LINE__, "ldap", "e.example", 1, "/deadbeef", "", "ldap e.example:1 /*"},
        {__LINE__, "ldap", "e.example", 1, "/0b9c7fb0-6a3e-4d62-8f0e-1f6f5f0a9a11", "", "ldap e.example:1 /*"},
        {__LINE__, "ldap", "e.example", 1, "/0b9c7fb06a3e.class", "", "ldap e.example:1 /*.class"},
        {__LINE__, "ldap", "e.example", 1, "/KGN1cmwgLXMg", "", "ldap e.example:1 /*"},
        {__LINE__, "ldap", "e.example", 1, "/c6rb3k2vtc000h5fejl0cg4wzaryyyyyn", "", "ldap e.example:1 /*"},
        {__LINE__, "ldap", "e.example", 1, "/${env:USER}/a", "", "ldap e.example:1 /*/a"},
        {__LINE__, "ldap", "e.example", 1, "/${env:A:-x/y}/a", "", "ldap e.example:1 /*/*/a"},
        {__LINE__, "ldap", "e.example", 1, "/u-caltropvalue/a", "", "ldap e.example:1 /*/a"},
        {__LINE__, "ldap", "e.example", 1, "/a?token=secret", "", "ldap e.example:1 /a?*"},
        /* no host: what the lookups say */
        {__LINE__, "", "", 0, "", "${env:AWS_SECRET_ACCESS_KEY}", "${env:AWS_SECRET_ACCESS_KEY}"},
        {__LINE__, "", "", 0, "", "${env:AWS_SECRET_ACCESS_KEY}&id=99421 HTTP", "${env:AWS_SECRET_ACCESS_KEY}"},
        {__LINE__, "", "", 0, "", "${ctx:loginId-99421}", "${ctx:loginId-*}"},
        {__LINE__, "", "", 0, "", "${${::-${::-$${::-99421}}}}", "${${::-${::-$${::-*}}}}"},
        {__LINE__, "", "", 0, "", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_buf b;
        ct_buf_init(&b, arena, 4096);
        ct_campaign_key(&b, ct_str_from(rows[i].scheme), ct_str_from(rows[i].host), rows[i].port, ct_str_from(rows[i].path),
                        ct_str_from(rows[i].normal));
        expect(rows[i].line, ct_buf_view(&b), rows[i].want);
    }
}

static void registrable_domains(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *host, *want;
    } rows[] = {
        {__LINE__, "a.b.evil.com", "evil.com"},
        {__LINE__, "A.B.Evil.COM", "Evil.COM"},
        {__LINE__, "evil.com", "evil.com"},
        {__LINE__, "com", "com"},
        {__LINE__, "co.uk", "co.uk"},
        {__LINE__, "a.b.co.uk.", "b.co.uk"},
        {__LINE__, "a.b.c.ck", "b.c.ck"},         /* a wildcard rule */
        {__LINE__, "a.www.ck", "www.ck"},         /* and its exception */
        {__LINE__, "a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"}, /* the list has it in Chinese */
        {__LINE__, "a.user.github.io", "user.github.io"},
        {__LINE__, "localhost", "localhost"},
        {__LINE__, "a.b.nosuchtld", "b.nosuchtld"},
        {__LINE__, "10.0.0.1", "10.0.0.1"},
        {__LINE__, "[2001:db8::1]", "2001:db8::1"},
        {__LINE__, "me@x.evil.com", "evil.com"},
        {__LINE__, ".evil.com", "evil.com"},
        {__LINE__, "a..com", "a..com"},
        {__LINE__, ".com", ".com"},
        {__LINE__, ".", ""},
        {__LINE__, "", ""},
        {__LINE__, "#", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(ct_str_from(rows[i].host));
        expect(rows[i].line, ct_registrable(e.input), rows[i].want);
        edge_free(&e);
    }
}

static void scanners(void **state)
{
    (void)state;
    assert_string_equal(ct_scanner_label(CT_STR("c6rb3k.OAST.fun")), "interactsh");
    assert_string_equal(ct_scanner_label(CT_STR("x.burpcollaborator.net.")), "Burp Collaborator");
    assert_string_equal(ct_scanner_label(CT_STR("127.0.0.1#x.oastify.com")), "Burp Collaborator");
    assert_string_equal(ct_scanner_label(CT_STR("log4shell.huntress.com")), "Huntress");
    assert_null(ct_scanner_label(CT_STR("huntress.com")));
    assert_null(ct_scanner_label(CT_STR("notoast.fun")));
    assert_null(ct_scanner_label(CT_STR("oast.fun.evil.example")));
    assert_null(ct_scanner_label(CT_STR("oast.fun@evil.example")));
    assert_null(ct_scanner_label(CT_STR("")));
}

static ct_str address_of(ct_str host, unsigned char text[CT_ADDRESS_TEXT_MAX])
{
    struct ct_address a = ct_host_address(host);
    return (ct_str){text, ct_address_text(&a, text)};
}

static void odd_addresses(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *host, *want; /* empty: no address */
    } rows[] = {
        {__LINE__, "192.0.2.1", "192.0.2.1"},
        {__LINE__, "3221225985", "192.0.2.1"},
        {__LINE__, "192.513", "192.0.2.1"},
        {__LINE__, "192.0.513", "192.0.2.1"},
        {__LINE__, "0xc0.0x0.0x2.0x1", "192.0.2.1"},
        {__LINE__, "0xC0000201", "192.0.2.1"},
        /* Java takes the zero for nothing; only what it cannot read that way reaches the system, which reads octal. */
        {__LINE__, "010.0.0.1", "10.0.0.1"},
        {__LINE__, "0377.0.0.1", "255.0.0.1"},
        {__LINE__, "0x7f.010", "127.0.0.8"},
        {__LINE__, "256.0.0.1", ""},
        {__LINE__, "4294967296", ""},
        {__LINE__, "1.2.3.4.5", ""},
        {__LINE__, "1..2", ""},
        {__LINE__, "0x", ""},
        {__LINE__, "08.0x1", ""},
        {__LINE__, "1.2.3.", ""},
        {__LINE__, "+1", ""},
        {__LINE__, "fe80::1%eth0", "fe80::1"},
        {__LINE__, "::ffff:127.0.0.1", "127.0.0.1"},
        {__LINE__, "::ffff:7f00:1", "127.0.0.1"},
        {__LINE__, "::127.0.0.1", "::7f00:1"},
        {__LINE__, "::ffff:127.1", ""},
        {__LINE__, "evil.example", ""},
        {__LINE__, "::", "::"},
        {__LINE__, ":", ""},
        {__LINE__, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char text[CT_ADDRESS_TEXT_MAX];
        struct edge e = edge_new(ct_str_from(rows[i].host));
        expect(rows[i].line, address_of(e.input, text), rows[i].want);
        edge_free(&e);
    }
}

/* The system's own inet_aton, inet_pton and inet_ntop are the reference. */
static void addresses_as_libc_reads_them(void **state)
{
    (void)state;
    struct rng r = rng_new("campaign_key");
    static const char v6[] = "0123456789abcdefABF:::::::..%";
    static const char v4[] = "0123456789abfx......";
    for (unsigned round = 0; round < 300000; round++) {
        char z[64], want[64] = "";
        bool six = rng_below(&r, 2) == 0;
        size_t n = 0;
        if (six && rng_below(&r, 2)) { /* mostly right, with a mistake now and then */
            unsigned char raw[16];
            for (size_t i = 0; i < sizeof raw; i++) raw[i] = rng_below(&r, 2) ? 0 : (unsigned char)rng_next(&r);
            assert_non_null(inet_ntop(AF_INET6, raw, z, sizeof z));
            n = strlen(z);
            if (rng_below(&r, 3) == 0) z[rng_below(&r, (uint32_t)n)] = v6[rng_below(&r, sizeof v6 - 1)];
        } else {
            n = 1 + rng_below(&r, 24);
            for (size_t i = 0; i < n; i++) z[i] = six ? v6[rng_below(&r, sizeof v6 - 1)] : v4[rng_below(&r, sizeof v4 - 1)];
        }
        z[n] = 0;
        struct in6_addr a6;
        struct in_addr a4;
        /* Where Java differs from libc on purpose: leading zeros, zones, mapped addresses; and inet_aton takes a blank. */
        if (strchr(z, '%')) continue;
        bool zeros = false;
        for (size_t i = 0; i + 1 < n; i++)
            zeros |= z[i] == '0' && ct_ascii_digit((unsigned char)z[i + 1]) && (i == 0 || z[i - 1] == '.');
        if (zeros) continue;
        if (inet_pton(AF_INET6, z, &a6) == 1) {
            if (IN6_IS_ADDR_V4MAPPED(&a6)) assert_non_null(inet_ntop(AF_INET, a6.s6_addr + 12, want, sizeof want));
            else assert_non_null(inet_ntop(AF_INET6, &a6, want, sizeof want));
            /* glibc shows ::1.2.3.4 in its old dotted form, which RFC 5952 leaves open; ours is hexadecimal. */
            if (strchr(want, '.') && !IN6_IS_ADDR_V4MAPPED(&a6)) continue;
        } else if (inet_aton(z, &a4)) {
            assert_non_null(inet_ntop(AF_INET, &a4, want, sizeof want));
        }
        unsigned char text[CT_ADDRESS_TEXT_MAX];
        ct_str got = address_of(ct_str_from(z), text);
        if (!ct_str_eq(got, ct_str_from(want))) fail_msg("%s: libc \"%s\", here \"%.*s\"", z, want, CT_STR_ARG(got));
    }
}

static void keys_are_short_and_deterministic(void **state)
{
    (void)state;
    struct rng r = rng_new("campaign_key");
    for (unsigned round = 0; round < 2000; round++) {
        static unsigned char bytes[9000];
        size_t n = rng_below(&r, sizeof bytes);
        static const char some[] = "a./?${}:-0fZ=\n\xc3%@#";
        for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)some[rng_below(&r, sizeof some)];
        struct edge e = edge_new((ct_str){bytes, n});
        struct ct_arena_mark m = ct_arena_mark(arena);
        struct ct_buf a, b;
        ct_buf_init(&a, arena, CT_CAMPAIGN_KEY_MAX);
        ct_buf_init(&b, arena, CT_CAMPAIGN_KEY_MAX);
        ct_str host = round % 3 ? e.input : CT_STR("");
        ct_campaign_key(&a, CT_STR("ldap"), host, 389, e.input, e.input);
        ct_campaign_key(&b, CT_STR("LDAP"), host, 389, e.input, e.input);
        assert_int_equal(a.err, CT_OK);
        assert_true(ct_str_eq(ct_buf_view(&a), ct_buf_view(&b)));
        ct_arena_reset(arena, m);
        edge_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(registrable_domains),
        cmocka_unit_test(scanners),
        cmocka_unit_test(odd_addresses),
        cmocka_unit_test(addresses_as_libc_reads_them),
        cmocka_unit_test(keys_are_short_and_deterministic),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
