/* Ignore and background lists: what is read, what is refused and with which words, what is written and read again. */
#include "actor/background.h"
#include "actor/ignore.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"
#include "text/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) == CT_OK ? 0 : -1;
}

static int drop_arena(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static struct ct_touch touch(const char *source, uint16_t port, enum ct_transport transport)
{
    static const enum ct_technique techniques[] = {CT_TECHNIQUE_SYN, CT_TECHNIQUE_UDP, CT_TECHNIQUE_PING};
    struct ct_touch t = {.dest_port = port, .transport = transport, .technique = techniques[transport]};
    assert_true(ct_ip_parse(ct_str_from(source), t.source));
    return t;
}

static void rules_match_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *source;
        enum ct_transport transport;
        uint16_t port;
        bool serious, matches;
    } rows[] = {
        {"10.0.0.5", "10.0.0.5", CT_TRANSPORT_TCP, 22, false, true},
        {"10.0.0.5", "10.0.0.5", CT_TRANSPORT_ICMP, 0, false, true},
        {"10.0.0.5", "10.0.0.6", CT_TRANSPORT_TCP, 22, false, false},
        {"10.0.0.5", "::a00:5", CT_TRANSPORT_TCP, 22, false, false},
        {"10.0.0.5", "10.0.0.5", CT_TRANSPORT_TCP, 22, true, false},
        {"10.0.0.5 with-payloads", "10.0.0.5", CT_TRANSPORT_TCP, 22, true, true},
        {"10.0.0.0/8 tcp", "10.255.0.1", CT_TRANSPORT_TCP, 65535, false, true},
        {"10.0.0.0/8 tcp", "10.255.0.1", CT_TRANSPORT_UDP, 53, false, false},
        {"10.0.0.0/8 tcp udp/53", "10.255.0.1", CT_TRANSPORT_UDP, 53, false, true},
        {"fd00::/8 ping", "fd12::1", CT_TRANSPORT_ICMP, 0, false, true},
        {"fd00::/8 ping", "fd12::1", CT_TRANSPORT_TCP, 0, false, false},
        {"any tcp/80,443,8000-8002", "192.0.2.1", CT_TRANSPORT_TCP, 8001, false, true},
        {"any tcp/80,443,8000-8002", "192.0.2.1", CT_TRANSPORT_TCP, 8003, false, false},
        {"any tcp/80,443,8000-8002", "2001:db8::1", CT_TRANSPORT_TCP, 443, false, true},
        {"10.0.0.5 until 2023-11-14T22:13:21Z", "10.0.0.5", CT_TRANSPORT_TCP, 1, false, true},
        {"10.0.0.5 until 2023-11-14T22:13:20Z", "10.0.0.5", CT_TRANSPORT_TCP, 1, false, false}, /* now: it has run out */
        {"10.0.0.5 until 2023-11-14T23:13:21+01:00", "10.0.0.5", CT_TRANSPORT_TCP, 1, false, true},
        {"10.0.0.5 until 2023-11-14", "10.0.0.5", CT_TRANSPORT_TCP, 1, false, false},
        {"10.0.0.5\tTCP/22  # a scanner ${x}", "10.0.0.5", CT_TRANSPORT_TCP, 22, false, true},
        {"10.0.0.5 # until the end", "10.0.0.5", CT_TRANSPORT_TCP, 22, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_ignore *list = NULL;
        struct ct_fault fault = {0};
        struct edge e = edge_new(ct_str_from(rows[i].rule));
        if (ct_ignore_parse(arena, e.input, &list, &fault) != CT_OK) fail_msg("%s: %s", rows[i].rule, fault.detail);
        edge_free(&e);
        assert_int_equal(ct_ignore_count(list), 1);
        struct ct_touch t = touch(rows[i].source, rows[i].port, rows[i].transport);
        bool got = ct_ignore_match(list, &t, rows[i].serious, true, INT64_C(1700000000000000)) != NULL;
        if (got != rows[i].matches) fail_msg("%s with %s %u: %d", rows[i].rule, rows[i].source, rows[i].port, got);
        assert_int_equal(ct_ignore_at(list, 0)->hits, got);
    }
}

static void wrong_rules_are_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *detail;
    } rows[] = {
        {"host.example", "\"host.example\" is neither an address, nor ADDRESS/BITS, nor \"any\""},
        {"10.0.0.5/33", "\"10.0.0.5/33\" is neither an address"},
        {"10.0.0", "is neither an address"},
        {"fe80::1%2", "is neither an address"},
        {"any", "the line would silence everything"},
        {"any with-payloads", "would silence everything"},
        {"::/0", "would silence everything"},
        {"0.0.0.0/0", "would silence everything"},
        {"10.0.0.5 http", "\"http\" is none of tcp, udp, ping"},
        {"10.0.0.5 tcp/0", "names no port"},
        {"10.0.0.5 tcp/65536", "names no port"},
        {"10.0.0.5 tcp/90-80", "names no port"},
        {"10.0.0.5 tcp/", "names no port"},
        {"10.0.0.5 tcp/80,", "names no port"},
        {"10.0.0.5 ping/1", "a ping has none"},
        {"10.0.0.5 tcp/1,2,3,4,5,6,7,8,9", "more than 8 ranges"},
        {"10.0.0.5 until", "\"until\" is no time"},
        {"10.0.0.5 until tomorrow", "\"tomorrow\" is no time"},
        {"10.0.0.5 until 2026-12-01T08:00:00", "is no time"}, /* whose? */
        {"10.0.0.5 until 2026-13-01", "is no time"},
        {"10.0.0.5 until 2026-12-01 until 2027-12-01", "\"until\" is there twice"},
        {"10.0.0.5 with-payload", "is none of"},
        {"10.0.0.5 tcp \x1b[2J", "holds a control byte"},
        {"10.0.0.5 tcp # \xff", "is no UTF-8"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200];
        struct ct_ignore *list = NULL;
        struct ct_fault fault = {0};
        (void)snprintf(text, sizeof text, "# a list\r\n\r\n10.0.0.1 # fine\r\n%s\r\n10.0.0.2\r\n", rows[i].text);
        ct_err err = ct_ignore_parse(arena, ct_str_from(text), &list, &fault);
        if (err != CT_ERR_SYNTAX || fault.line != 4 || !strstr(fault.detail, rows[i].detail))
            fail_msg("%s: %d, line %d, %s", rows[i].text, (int)err, (int)fault.line, fault.detail);
        assert_null(list);
    }
}

static void background_as_a_person_edits_it(void **state)
{
    (void)state;
    struct ct_background *b = NULL;
    struct ct_fault fault = {0};
    assert_int_equal(ct_background_new(&ct_alloc_libc, 0, 1, &b), CT_OK);
    ct_str file = CT_STR("# comment\n"
                         "learned 10.0.0.7 tcp/8080 count=1440 first=2026-11-25T20:00:00Z last=2026-11-25T21:00:00.5Z\n"
                         "confirmed 10.0.0.0/24 udp/161 # SNMP \"poller\" \\ of ops\n"
                         "rejected 10.0.0.9 udp/161\n"
                         "confirmed any ping\n"
                         "rejected fd00::/64 ping\n"
                         "confirmed fe80::1%3 tcp/1-100\n");
    assert_int_equal(ct_background_parse(b, file, &fault), CT_OK);
    static const struct {
        const char *source;
        enum ct_transport transport;
        uint16_t port;
        uint32_t scope;
        bool expected;
    } rows[] = {
        {"10.0.0.7", CT_TRANSPORT_TCP, 8080, 0, true},   {"10.0.0.7", CT_TRANSPORT_TCP, 8081, 0, false},
        {"10.0.0.8", CT_TRANSPORT_UDP, 161, 0, true},    {"10.0.0.9", CT_TRANSPORT_UDP, 161, 0, false},
        {"10.0.1.8", CT_TRANSPORT_UDP, 161, 0, false},   {"192.0.2.1", CT_TRANSPORT_ICMP, 0, 0, true},
        {"fd00::5", CT_TRANSPORT_ICMP, 0, 0, false},     {"fd00:0:0:1::5", CT_TRANSPORT_ICMP, 0, 0, true},
        {"fe80::1", CT_TRANSPORT_TCP, 99, 3, true},      {"fe80::1", CT_TRANSPORT_TCP, 99, 4, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_touch t = touch(rows[i].source, rows[i].port, rows[i].transport);
        t.scope = rows[i].scope;
        if (ct_background_has(b, &t, false, 0) != rows[i].expected) fail_msg("row %zu", i);
    }
    /* Written, read, written: the same. */
    struct ct_buf one, two;
    ct_buf_init(&one, arena, 1u << 20);
    ct_buf_init(&two, arena, 1u << 20);
    ct_background_print(b, &one);
    struct ct_background *again = NULL;
    assert_int_equal(ct_background_new(&ct_alloc_libc, 0, 2, &again), CT_OK);
    assert_int_equal(ct_background_parse(again, ct_buf_view(&one), &fault), CT_OK);
    ct_background_print(again, &two);
    assert_true(ct_str_eq(ct_buf_view(&one), ct_buf_view(&two)));
    assert_true(ct_str_find(ct_buf_view(&one), CT_STR("SNMP \"poller\" \\ of ops\n")) != CT_STR_NONE);
    assert_true(ct_str_find(ct_buf_view(&one), CT_STR("first=2026-11-25T20:00:00Z last=2026-11-25T21:00:00.500000Z\n")) != CT_STR_NONE);
    /* The person changes a word: the daemon that has counted on takes it. */
    struct ct_touch t = touch("10.0.0.7", 8080, CT_TRANSPORT_TCP);
    assert_true(ct_background_has(b, &t, true, 5));
    assert_int_equal(ct_background_parse(b, CT_STR("rejected 10.0.0.7 tcp/8080\nconfirmed 10.0.0.0/24 udp/161\n"), &fault), CT_OK);
    assert_false(ct_background_has(b, &t, true, 6));
    assert_int_equal(ct_background_count(b, CT_BACKGROUND_REJECTED), 3);
    assert_int_equal(ct_background_count(b, CT_BACKGROUND_CONFIRMED), 3);
    ct_background_free(again);
    ct_background_free(b);
}

static void a_bad_line_changes_nothing(void **state)
{
    (void)state;
    static const char *const lines[] = {"expected 10.0.0.1 tcp/1", "learned host tcp/1", "learned 10.0.0.1 http", "learned 10.0.0.1 tcp/0",
                                        "learned 10.0.0.1 ping/3", "learned 10.0.0.1", "learned 10.0.0.1 tcp/1 count=many",
                                        "learned 10.0.0.1 tcp/1 first=now", "learned 10.0.0.1 tcp/1 a comment"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct ct_background *b = NULL;
        struct ct_fault fault = {0};
        char text[200];
        assert_int_equal(ct_background_new(&ct_alloc_libc, 0, 1, &b), CT_OK);
        (void)snprintf(text, sizeof text, "learned 10.0.0.1 tcp/22\n%s\n", lines[i]);
        assert_int_equal(ct_background_parse(b, ct_str_from(text), &fault), CT_ERR_SYNTAX);
        assert_int_equal(fault.line, 2);
        assert_int_equal(ct_background_count(b, CT_BACKGROUND_LEARNED), 0);
        ct_background_free(b);
    }
}

/* Learned, taken back, learned again, thousands of times, beside a list of plain rows. */
static void learning_keeps_its_cap(void **state)
{
    (void)state;
    struct rng rng = rng_new("learning");
    struct ct_background *b = NULL;
    assert_int_equal(ct_background_new(&ct_alloc_libc, 1000, 1, &b), CT_OK);
    static bool have[3000];
    size_t n = 0;
    for (unsigned k = 0; k < 60000; k++) {
        unsigned who = rng_below(&rng, 3000);
        char source[32];
        (void)snprintf(source, sizeof source, "10.0.%u.%u", who / 256, who % 256);
        struct ct_touch t = touch(source, 80, CT_TRANSPORT_TCP);
        assert_int_equal(ct_background_has(b, &t, false, 0), have[who]);
        if (rng_below(&rng, 3)) {
            bool learned = ct_background_learn(b, &t, (struct ct_moment){0, 10});
            assert_int_equal(learned, !have[who] && n < 2048);
            if (learned) have[who] = true, n++;
        } else {
            assert_int_equal(ct_background_take_back(b, &t), have[who]);
            n -= have[who];
            have[who] = false;
        }
        assert_int_equal(ct_background_count(b, CT_BACKGROUND_LEARNED), n);
    }
    struct ct_touch t = touch("10.1.1.1", 80, CT_TRANSPORT_TCP);
    assert_false(ct_background_learn(b, &t, (struct ct_moment){0, 1000})); /* the window is over */
    ct_background_free(b);
}

static void without_memory(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        ct_arena *a = NULL;
        struct ct_ignore *list = NULL;
        struct ct_background *b = NULL;
        char text[4000];
        size_t at = 0;
        for (unsigned i = 0; i < 40; i++) at += (size_t)snprintf(text + at, sizeof text - at, "10.0.0.%u tcp/%u # c\n", i, i + 1);
        fault_alloc_init(&f, n, false);
        ct_err err = ct_arena_new(&f.alloc, 1u << 20, &a);
        if (err == CT_OK) err = ct_ignore_parse(a, ct_str_from(text), &list, NULL);
        ct_arena_free(a);
        if (err == CT_OK) err = ct_background_new(&f.alloc, 1000, 1, &b);
        for (unsigned i = 0; b && i < 40; i++) {
            struct ct_touch t = touch("10.0.0.1", (uint16_t)(i + 1), CT_TRANSPORT_TCP);
            if (!ct_background_learn(b, &t, (struct ct_moment){0, 0})) err = CT_ERR_NOMEM;
        }
        ct_background_free(b);
        assert_int_equal(f.live, 0);
        assert_int_equal(err, f.failed ? CT_ERR_NOMEM : CT_OK);
        if (!f.failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_match_what_they_say),
        cmocka_unit_test(wrong_rules_are_refused_by_line),
        cmocka_unit_test(background_as_a_person_edits_it),
        cmocka_unit_test(a_bad_line_changes_nothing),
        cmocka_unit_test(learning_keeps_its_cap),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
