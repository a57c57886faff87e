/* campaign: the set of campaigns, its counts, its order, its memory. */
#include "base/limits.h"
#include "campaign/campaign.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Counts the bytes alive. */
struct meter {
    struct ct_alloc alloc;
    size_t now, peak;
};

static void *metered(void *ctx, void *p, size_t old_n, size_t n)
{
    struct meter *m = ctx;
    void *q = ct_alloc_libc.resize(NULL, p, old_n, n);
    if (n == 0 || q) m->now += n - (p ? old_n : 0);
    if (m->now > m->peak) m->peak = m->now;
    return q;
}

static struct ct_campaign_hit hit_of(const char *key, const char *client, unsigned grade, int64_t time_us)
{
    return (struct ct_campaign_hit){.key = ct_str_from(key), .client = ct_str_from(client), .normal = ct_str_from(key),
                                    .callback = CT_STR("evil.example:1"), .time_us = time_us, .grade = grade, .status_class = 2};
}

static void attempts_gather_by_key(void **state)
{
    (void)state;
    ct_campaigns *set = NULL;
    const struct ct_campaign *c = NULL;
    bool fresh = false;
    assert_int_equal(ct_campaigns_new(&ct_alloc_libc, 10, &set), CT_OK);
    struct ct_campaign_hit h = hit_of("a", "192.0.2.1", 3, 500);
    assert_true(ct_campaigns_samples(set, h.key, h.grade)); /* not known yet */
    assert_int_equal(ct_campaigns_add(set, &h, &c, &fresh), CT_OK);
    assert_true(fresh);
    assert_false(ct_campaigns_samples(set, h.key, h.grade));
    assert_true(ct_campaigns_samples(set, h.key, h.grade + 1));
    assert_true(ct_campaigns_samples(set, CT_STR("b"), h.grade));
    assert_true(ct_str_eq(c->sample_normal, CT_STR("a")));
    h.time_us = 100;
    h.grade = 6;
    h.normal = CT_STR("better");
    h.scanner = "label";
    h.status_class = 9;
    assert_int_equal(ct_campaigns_add(set, &h, &c, &fresh), CT_OK);
    assert_false(fresh);
    h.grade = 1;
    h.client = CT_STR("192.0.2.2");
    h.normal = CT_STR("worse");
    h.time_us = INT64_MIN;
    h.contacted = true;
    h.status_class = 5;
    assert_false(ct_campaigns_samples(set, h.key, h.grade));
    assert_int_equal(ct_campaigns_add(set, &h, &c, NULL), CT_OK);
    h.client = CT_STR(""); /* not known: no source */
    assert_int_equal(ct_campaigns_add(set, &h, &c, NULL), CT_OK);
    assert_int_equal(c->n, 4);
    assert_int_equal(c->n_sources, 2);
    assert_int_equal(c->first_us, 100);
    assert_int_equal(c->last_us, 500);
    assert_int_equal(c->grade, 6);
    assert_true(c->contacted);
    assert_string_equal(c->scanner, "label");
    assert_true(ct_str_eq(c->sample_normal, CT_STR("better")));
    assert_true(ct_str_eq(c->callback, CT_STR("evil.example:1")));
    assert_int_equal(c->by_status[2], 1);
    assert_int_equal(c->by_status[0], 1);
    assert_int_equal(c->by_status[5], 2);
    ct_campaigns_free(set);
}

static void what_is_too_many_becomes_others(void **state)
{
    (void)state;
    ct_campaigns *set = NULL;
    assert_int_equal(ct_campaigns_new(&ct_alloc_libc, 3, &set), CT_OK);
    unsigned fresh_ones = 0;
    for (unsigned round = 0; round < 2; round++)
        for (char k = 'a'; k < 'k'; k++) {
            char key[2] = {k, 0};
            bool fresh = false;
            struct ct_campaign_hit h = hit_of(key, key, 1, 1);
            h.scanner = "label";
            assert_int_equal(ct_campaigns_add(set, &h, NULL, &fresh), CT_OK);
            fresh_ones += fresh;
        }
    assert_int_equal(fresh_ones, 4);
    const struct ct_campaign **list = NULL;
    size_t n = 0;
    assert_int_equal(ct_campaigns_sorted(set, &list, &n), CT_OK);
    assert_int_equal(n, 4);
    assert_true(ct_str_eq(list[0]->key, CT_STR("(others)"))); /* equal grades: by count */
    assert_int_equal(list[0]->n, 14);
    assert_int_equal(list[0]->n_sources, 7);
    assert_null(list[0]->scanner);
    assert_int_equal(list[1]->n, 2);
    ct_campaigns_free(set);

    assert_int_equal(ct_campaigns_new(&ct_alloc_libc, 0, &set), CT_OK);
    struct ct_campaign_hit h = hit_of("a", "b", 1, 1);
    assert_int_equal(ct_campaigns_add(set, &h, NULL, NULL), CT_OK);
    assert_int_equal(ct_campaigns_sorted(set, &list, &n), CT_OK);
    assert_int_equal(n, 1);
    ct_campaigns_free(set);
    assert_int_equal(ct_campaigns_new(&ct_alloc_libc, SIZE_MAX, &set), CT_ERR_CAP);
    ct_campaigns_free(NULL);
}

static void many_are_each_found_again(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    ct_campaigns *set = NULL;
    assert_int_equal(ct_campaigns_new(&ct_alloc_libc, MANY, &set), CT_OK);
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < MANY; i++) {
            char key[16];
            (void)snprintf(key, sizeof key, "%u", i);
            bool fresh = false;
            const struct ct_campaign *c = NULL;
            struct ct_campaign_hit h = hit_of(key, key, 1, 1);
            assert_int_equal(ct_campaigns_add(set, &h, &c, &fresh), CT_OK);
            assert_int_equal(fresh, round == 0);
            assert_int_equal(c->n, round + 1);
            assert_true(ct_str_eq(c->key, h.key));
        }
    ct_campaigns_free(set);
}

static void order_is_grade_contact_count(void **state)
{
    (void)state;
    struct rng r = rng_new("campaign_set");
    ct_campaigns *set = NULL;
    assert_int_equal(ct_campaigns_new(&ct_alloc_libc, 500, &set), CT_OK);
    for (unsigned i = 0; i < 3000; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "k%u", rng_below(&r, 500));
        struct ct_campaign_hit h = hit_of(key, "x", rng_below(&r, 7), 1);
        h.contacted = rng_below(&r, 40) == 0;
        assert_int_equal(ct_campaigns_add(set, &h, NULL, NULL), CT_OK);
    }
    const struct ct_campaign **list = NULL;
    size_t n = 0;
    uint64_t sum = 0;
    assert_int_equal(ct_campaigns_sorted(set, &list, &n), CT_OK);
    for (size_t i = 0; i < n; i++) {
        sum += list[i]->n;
        if (i == 0) continue;
        const struct ct_campaign *a = list[i - 1], *b = list[i];
        assert_true(a->grade >= b->grade);
        if (a->grade == b->grade) assert_true(a->contacted >= b->contacted);
        if (a->grade == b->grade && a->contacted == b->contacted) assert_true(a->n >= b->n);
    }
    assert_int_equal(sum, 3000);
    ct_campaigns_free(set);
}

/* Sources come several times each, in an order that shows nothing. Four standard errors of 3.3 % are allowed. */
static void sources_are_exact_then_estimated(void **state)
{
    (void)state;
    ct_campaigns *set = NULL;
    const struct ct_campaign *c = NULL;
    assert_int_equal(ct_campaigns_new(&ct_alloc_libc, 10, &set), CT_OK);
    uint64_t before = 0;
    for (uint32_t i = 0; i < 300000; i++) {
        char client[32];
        for (unsigned again = 0; again < 2; again++) {
            uint32_t v = again ? i / 2 : i;
            (void)snprintf(client, sizeof client, "%u.%u.%u.%u", 10 + v % 3, v >> 16 & 255, v >> 8 & 255, v & 255);
            struct ct_campaign_hit h = hit_of("a", client, 1, 1);
            assert_int_equal(ct_campaigns_add(set, &h, &c, NULL), CT_OK);
        }
        uint64_t exact = (uint64_t)i + 1;
        assert_true(c->n_sources >= before);
        before = c->n_sources;
        if (exact <= CT_CAMPAIGN_SOURCES_EXACT) assert_int_equal(c->n_sources, exact);
        else if ((exact & (exact - 1)) == 0 || exact % 10000 == 0) {
            double off = ((double)c->n_sources - (double)exact) / (double)exact;
            if (off < -0.13 || off > 0.13) fail_msg("%" PRIu64 " sources counted as %" PRIu64, exact, c->n_sources);
        }
    }
    ct_campaigns_free(set);
}

/* The worst an attacker can do: as many campaigns as are kept, all strings at their longest, and so many clients each
 * that the budget for lists is spent and every campaign needs registers. */
static void worst_case_stays_under_24_mib(void **state)
{
    (void)state;
    struct meter m = {{metered, &m}, 0, 0};
    ct_campaigns *set = NULL;
    static unsigned char text[2000];
    memset(text, 'x', sizeof text);
    assert_int_equal(ct_campaigns_new(&m.alloc, 10000, &set), CT_OK);
    for (unsigned source = 0; source < 40; source++)
        for (unsigned k = 0; k < 10100; k++) {
            (void)snprintf((char *)text, 16, "%05u", k);
            char client[16];
            (void)snprintf(client, sizeof client, "%u", source);
            struct ct_campaign_hit h = {.key = {text, sizeof text}, .normal = {text, sizeof text}, .callback = {text, sizeof text},
                                        .client = ct_str_from(client), .time_us = 1};
            assert_int_equal(ct_campaigns_add(set, &h, NULL, NULL), CT_OK);
        }
    const struct ct_campaign **list = NULL;
    size_t n = 0;
    assert_int_equal(ct_campaigns_sorted(set, &list, &n), CT_OK);
    assert_int_equal(n, 10001);
    for (size_t i = 0; i < n; i++) assert_in_range(list[i]->n_sources, 33, 47); /* 40, exact or estimated */
    printf("worst case: %zu bytes\n", m.peak);
    assert_true(m.peak < 24u << 20);
    ct_campaigns_free(set);
    assert_int_equal(m.now, 0);
}

/* Few campaigns with many clients each: the lists share their budget, and who finds it spent is estimated. */
static void lists_of_clients_share_a_budget(void **state)
{
    (void)state;
    enum { CAMPAIGNS = 400, CLIENTS = 1100 };
    struct meter m = {{metered, &m}, 0, 0};
    ct_campaigns *set = NULL;
    assert_int_equal(ct_campaigns_new(&m.alloc, CAMPAIGNS, &set), CT_OK);
    for (unsigned i = 0; i < CAMPAIGNS * CLIENTS; i++) {
        char key[16], client[16];
        (void)snprintf(key, sizeof key, "k%u", i % CAMPAIGNS);
        (void)snprintf(client, sizeof client, "%u", i / CAMPAIGNS);
        struct ct_campaign_hit h = hit_of(key, client, 1, 1);
        assert_int_equal(ct_campaigns_add(set, &h, NULL, NULL), CT_OK);
    }
    const struct ct_campaign **list = NULL;
    size_t n = 0, exact = 0;
    assert_int_equal(ct_campaigns_sorted(set, &list, &n), CT_OK);
    for (size_t i = 0; i < n; i++) {
        assert_in_range(list[i]->n_sources, CLIENTS * 87 / 100, CLIENTS * 113 / 100);
        exact += list[i]->n_sources == CLIENTS;
    }
    assert_true(exact < n); /* 32 KiB of list each would be 12.5 MiB */
    assert_true(m.peak < CT_CAMPAIGN_SOURCES_BYTES + (1u << 20));
    ct_campaigns_free(set);
    assert_int_equal(m.now, 0);
}

static ct_err some_work(const struct ct_alloc *alloc, uint64_t *ret_counted, uint64_t *ret_failed)
{
    ct_campaigns *set = NULL;
    CT_TRY(ct_campaigns_new(alloc, 40, &set));
    ct_err first = CT_OK;
    for (unsigned i = 0; i < 60; i++) {
        char key[8], client[8];
        (void)snprintf(key, sizeof key, "k%u", i % 50);
        (void)snprintf(client, sizeof client, "c%u", i);
        struct ct_campaign_hit h = hit_of(key, client, i / 10, 1);
        ct_err e = ct_campaigns_add(set, &h, NULL, NULL);
        *ret_failed += e != CT_OK;
        if (!first) first = e;
    }
    const struct ct_campaign **list = NULL;
    size_t n = 0;
    assert_int_equal(ct_campaigns_sorted(set, &list, &n), CT_OK);
    uint64_t sources = 0;
    for (size_t i = 0; i < n; i++) {
        *ret_counted += list[i]->n;
        sources += list[i]->n_sources;
    }
    assert_int_equal(sources, *ret_counted); /* every client is another: counted both ways or not at all */
    ct_campaigns_free(set);
    return first;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            uint64_t counted = 0, failed = 0;
            fault_alloc_init(&f, n, persistent);
            ct_err e = some_work(&f.alloc, &counted, &failed);
            assert_int_equal(f.live, 0);
            assert_int_equal(e, f.failed ? CT_ERR_NOMEM : CT_OK);
            if (counted || failed) assert_int_equal(counted + failed, 60);
            if (!f.failed) break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_gather_by_key),
        cmocka_unit_test(what_is_too_many_becomes_others),
        cmocka_unit_test(many_are_each_found_again),
        cmocka_unit_test(order_is_grade_contact_count),
        cmocka_unit_test(sources_are_exact_then_estimated),
        cmocka_unit_test(worst_case_stays_under_24_mib),
        cmocka_unit_test(lists_of_clients_share_a_budget),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
