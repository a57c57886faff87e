/* Histogram, clients behind proxies, contacts and the herald. */
#include "text/cidr.h"
#include "pipeline/contacts.h"
#include "pipeline/herald.h"
#include "pipeline/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000000)
static const int64_t START = INT64_C(1639144800000000); /* 2021-12-10 14:00 */

static uint64_t sum(const uint32_t *v)
{
    uint64_t n = 0;
    for (int i = 0; i < CT_TALLY_BUCKETS; i++) n += v[i];
    return n;
}

static void histogram_widens_and_shifts(void **state)
{
    (void)state;
    struct ct_histogram h = {0};
    assert_int_equal(ct_histogram_last(&h), -1);
    ct_histogram_add(&h, START + 100 * MINUTE, 1, 1);
    ct_histogram_add(&h, START + 101 * MINUTE + 59999999, 1, 2);
    assert_int_equal(h.width_us, MINUTE);
    ct_histogram_add(&h, START, 1, 0); /* before the first: shifted, not widened */
    assert_int_equal(h.width_us, MINUTE);
    assert_int_equal(h.start_us, START);
    assert_int_equal(h.attempts[0], 1);
    assert_int_equal(h.attempts[100], 1);
    assert_int_equal(h.lookups[101], 2);
    ct_histogram_add(&h, START + 512 * MINUTE, 5, 0); /* one minute too far: twice as wide */
    assert_int_equal(h.width_us, 2 * MINUTE);
    assert_int_equal(h.start_us % (2 * MINUTE), 0);
    assert_int_equal(sum(h.attempts), 8);
    assert_int_equal(sum(h.lookups), 3);
    ct_histogram_add(&h, 0, 1, 1); /* 1970 */
    ct_histogram_add(&h, START * 2, 1, 1);
    assert_int_equal(sum(h.attempts), 10);
    assert_true(h.start_us <= 0 && h.start_us + CT_TALLY_BUCKETS * h.width_us > START * 2);
}

static void histogram_keeps_every_count(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 200; seed++) {
        struct ct_histogram h = {0};
        uint64_t x = seed * 0x9e3779b97f4a7c15u, n = 0;
        for (int i = 0; i < 300; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            int64_t t = START + (int64_t)((x >> 20) % ((uint64_t)MINUTE << (seed % 20))) - (int64_t)((x >> 50) % 1000) * MINUTE;
            if (t < 0) continue;
            ct_histogram_add(&h, t, 1, 2);
            n++;
            assert_true(t >= h.start_us && t < h.start_us + CT_TALLY_BUCKETS * h.width_us);
            assert_true(h.attempts[(t - h.start_us) / h.width_us] > 0);
        }
        assert_int_equal(sum(h.attempts), n);
        assert_int_equal(sum(h.lookups), 2 * n);
    }
    struct ct_histogram h = {0};
    ct_histogram_add(&h, INT64_MIN, 1, 1); /* no time; times no log can hold */
    ct_histogram_add(&h, -1, 1, 1);
    ct_histogram_add(&h, INT64_MAX, 1, 1);
    ct_histogram_add(&h, START, 0, 0);
    assert_int_equal(ct_histogram_last(&h), -1);
}

static void clients_behind_proxies(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *client, *forwarded, *want;
    } rows[] = {
        {__LINE__, "192.0.2.1", "198.51.100.1", "192.0.2.1"}, /* not ours: what it says of itself counts nothing */
        {__LINE__, "10.0.0.1", "198.51.100.1", "198.51.100.1"},
        {__LINE__, "10.0.0.1:443", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"},
        {__LINE__, "10.0.0.1", "${jndi:x}, 10.0.0.3", "10.0.0.1"},
        {__LINE__, "10.0.0.1", "198.51.100.1, evil", "10.0.0.1"},
        {__LINE__, "10.0.0.1", "", "10.0.0.1"},
        {__LINE__, "10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.1"},
        {__LINE__, "[fd00::1]:80", "\"[2001:db8::7]:1234\"", "[fd00::1]:80"},
        {__LINE__, "[fd00::1]:80", "[2001:db8::7]:1234", "2001:db8::7"},
        {__LINE__, "10.0.0.1", ",,,198.51.100.1", "198.51.100.1"},
    };
    struct ct_cidr trusted[2];
    assert_true(ct_cidr_parse(CT_STR("10.0.0.0/8"), &trusted[0]));
    assert_true(ct_cidr_parse(CT_STR("fd00::/8"), &trusted[1]));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_str got = ct_cidr_client(trusted, 2, ct_str_from(rows[i].client), ct_str_from(rows[i].forwarded));
        if (!ct_str_eq(got, ct_str_from(rows[i].want))) fail_msg("line %d: got %.*s", rows[i].line, CT_STR_ARG(got));
    }
}

static void contacts_of_any_log(void **state)
{
    (void)state;
    ct_contacts *c = NULL;
    assert_int_equal(ct_contacts_new(&ct_alloc_libc, &c), CT_OK);
    assert_false(ct_contacts_has(c, CT_STR("evil.example")));
    assert_int_equal(ct_contacts_add(c, CT_STR("client @0x1 10.0.0.3#5353 (A.evil.example): query: a.evil.example. IN A\n"
                                               "10:00 IP 10.0.0.4.5353 > 192.0.2.77.1389: Flags [S]\n"
                                               "tcp [2001:db8:0:0:0:0:0:7]:389 203.0.113.5:53\n"
                                               "leak-s3cr3t.drip.example 1.5 version\n")), CT_OK);
    static const struct {
        int line;
        const char *host;
        bool want;
    } rows[] = {
        {__LINE__, "a.EVIL.example", true},     {__LINE__, "b.evil.example", false},  {__LINE__, "evil.example", false},
        {__LINE__, "192.0.2.77", true},         {__LINE__, "2001:DB8::7", true},      {__LINE__, "203.0.113.5", true},
        {__LINE__, "203.0.113.50", false},      {__LINE__, "10.0.0.4", true},         {__LINE__, "version", false},
        {__LINE__, "${env:X}.drip.example", true}, {__LINE__, "${env:X}.other.example", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ct_contacts_has(c, ct_str_from(rows[i].host)) != rows[i].want) fail_msg("line %d: %s", rows[i].line, rows[i].host);
    assert_false(ct_contacts_full(c));
    ct_contacts_free(c);
}

struct sent {
    size_t n;
    unsigned repeats, total;
    unsigned char id;
    size_t longest;
};

static unsigned number_after(ct_str event, const char *key)
{
    size_t at = ct_str_find(event, ct_str_from(key));
    return at == CT_STR_NONE ? 0 : (unsigned)strtoul((const char *)event.p + at + strlen(key), NULL, 10);
}

static ct_err take(void *ctx, const unsigned char id[16], ct_str event)
{
    struct sent *s = ctx;
    s->n++;
    s->id = id[0];
    s->repeats = number_after(event, "\"repeats\":");
    s->total = number_after(event, "\"repeats_total\":");
    if (event.n > s->longest) s->longest = event.n;
    return CT_OK;
}

static struct ct_attempt attempt(const char *campaign, unsigned char id)
{
    return (struct ct_attempt){.id = {id}, .time_us = START, .source = CT_STR("a.log"), .line = 1, .log_format = "raw", .grade = "exploit",
                               .certainty = "certain", .campaign = ct_str_from(campaign)};
}

static void herald_widens(void **state)
{
    (void)state;
    struct sent s = {0};
    ct_herald *h = NULL;
    const int64_t second = 1000000;
    assert_int_equal(ct_herald_new(&ct_alloc_libc, 2, take, &s, &h), CT_OK);
    struct ct_attempt a = attempt("one", 1), b = attempt("two", 2), c = attempt("three", 3);
    assert_int_equal(ct_herald_attempt(h, &a, 0), CT_OK);
    assert_int_equal(s.n, 1); /* first sight: at once */
    assert_int_equal(s.repeats, 1);
    for (int i = 1; i <= 9; i++) assert_int_equal(ct_herald_attempt(h, &a, i * second), CT_OK);
    assert_int_equal(s.n, 1);
    assert_int_equal(ct_herald_tick(h, 59 * second, false), CT_OK);
    assert_int_equal(s.n, 1);
    assert_int_equal(ct_herald_tick(h, 60 * second, false), CT_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.repeats, 9);
    assert_int_equal(s.total, 10);
    assert_int_equal(ct_herald_attempt(h, &a, 100 * second), CT_OK); /* the next gap is twice as wide */
    assert_int_equal(ct_herald_tick(h, 179 * second, false), CT_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(ct_herald_tick(h, 180 * second, false), CT_OK);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.repeats, 1);
    int64_t now = 180 * second;
    for (int i = 0; i < 20; i++) { /* never wider than an hour */
        assert_int_equal(ct_herald_attempt(h, &a, now), CT_OK);
        now += 3600 * second;
        size_t before = s.n;
        assert_int_equal(ct_herald_tick(h, now, false), CT_OK);
        assert_int_equal(s.n, before + 1);
    }
    assert_int_equal(ct_herald_attempt(h, &a, now + 1), CT_OK);
    size_t before = s.n;
    assert_int_equal(ct_herald_attempt(h, &b, now + 2), CT_OK);
    assert_int_equal(ct_herald_attempt(h, &b, now + 3), CT_OK);
    assert_int_equal(ct_herald_attempt(h, &c, now + 4), CT_OK); /* the one silent longest gives way, and says its last */
    assert_int_equal(s.n, before + 3);
    assert_int_equal(ct_herald_tick(h, now + 5, true), CT_OK);
    assert_int_equal(s.n, before + 4);
    assert_int_equal(s.id, 2);
    assert_int_equal(ct_herald_tick(h, now + 6, true), CT_OK);
    assert_int_equal(s.n, before + 4);
    ct_herald_free(h);
}

static void herald_shortens_the_longest(void **state)
{
    (void)state;
    static unsigned char bytes[4096];
    struct ct_attempt_indicator many[16];
    struct sent s = {0};
    ct_herald *h = NULL;
    memset(bytes, '$', sizeof bytes);
    ct_str all = {bytes, sizeof bytes};
    for (size_t i = 0; i < 16; i++) many[i] = (struct ct_attempt_indicator){all, all, all, 1};
    struct ct_attempt a = attempt("one", 1);
    a.raw = a.normal = a.path = a.client = a.forwarded = a.target = a.method = a.status = a.waf = a.field = a.campaign = all;
    for (size_t i = 0; i < 8; i++) a.conditions[i] = all;
    a.n_conditions = 8;
    a.indicators = many;
    a.n_indicators = 16;
    assert_int_equal(ct_herald_new(&ct_alloc_libc, 2, take, &s, &h), CT_OK);
    assert_int_equal(ct_herald_attempt(h, &a, 0), CT_OK);
    assert_int_equal(s.n, 1);
    assert_true(s.longest > 10000 && s.longest < 64 * 1024);
    ct_herald_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_widens_and_shifts), cmocka_unit_test(histogram_keeps_every_count), cmocka_unit_test(clients_behind_proxies),
        cmocka_unit_test(contacts_of_any_log),         cmocka_unit_test(herald_widens),               cmocka_unit_test(herald_shortens_the_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
