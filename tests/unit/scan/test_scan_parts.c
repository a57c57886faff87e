/* The parts of a scan that keep state: inodes seen, and the report, which is bounded. */
#include "scan/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_seen(void **state)
{
    (void)state;
    struct ct_seen s;
    uint64_t first;
    ct_seen_init(&s, &ct_alloc_libc);
    for (uint64_t i = 1; i <= 5000; i++) {
        assert_int_equal(ct_seen_add(&s, i % 3, i, i + 100, &first), CT_OK);
        assert_int_equal(first, i + 100);
    }
    for (uint64_t i = 1; i <= 5000; i++) {
        assert_int_equal(ct_seen_add(&s, i % 3, i, i + 9000, &first), CT_OK);
        assert_int_equal(first, i + 100);
        assert_int_equal(ct_seen_add(&s, i % 3, i, i, &first), CT_OK); /* an earlier visit that came late */
        assert_int_equal(first, i);
        assert_int_equal(ct_seen_first(&s, i % 3, i), i);
    }
    assert_int_equal(ct_seen_first(&s, 7, 1), 0);
    ct_seen_done(&s);
}

static struct ct_scan_finding finding(const char *cve, const char *path)
{
    return (struct ct_scan_finding){.vulnerability = ct_str_from(cve), .state = "affected", .severity = "high", .source = "class",
                                    .product = CT_STR("thing"), .version = CT_STR("1"), .path = ct_str_from(path)};
}

static void test_report(void **state)
{
    (void)state;
    ct_scan_report *r;
    struct ct_seen links;
    uint64_t first;
    ct_seen_init(&links, &ct_alloc_libc);
    assert_int_equal(ct_seen_add(&links, 1, 2, 10, &first), CT_OK);
    assert_int_equal(ct_scan_report_new(&ct_alloc_libc, &r), CT_OK);
    struct ct_scan_finding b = finding("CVE-2", "/b"), a = finding("CVE-1", "/a"), again = finding("CVE-1", "/other-name");
    struct ct_scan_origin one = {1, 2, 10}, two = {1, 2, 11};
    ct_scan_report_finding(r, CT_STATE_MITIGATED, &b, NULL);
    ct_scan_report_finding(r, CT_STATE_AFFECTED, &again, &two);
    ct_scan_report_finding(r, CT_STATE_AFFECTED, &a, &one);
    ct_scan_report_finding(r, CT_STATE_AFFECTED, &a, &one);
    ct_scan_report_finding(r, CT_STATE_FIXED, &b, NULL);
    assert_int_equal(ct_scan_report_finish(r, &links), CT_OK);
    assert_int_equal(r->n_findings, 3);
    assert_int_equal(r->host.findings, 2);
    assert_int_equal(r->host.affected, 1);
    assert_true(ct_str_eq(r->findings[0]->finding.path, CT_STR("/a")));
    assert_int_equal(r->findings[2]->state, CT_STATE_FIXED);
    assert_true(r->host.complete);
    ct_scan_report_free(r);
    ct_seen_done(&links);
}

static void test_report_is_bounded(void **state)
{
    (void)state;
    ct_scan_report *r;
    char path[2000];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_int_equal(ct_scan_report_new(&ct_alloc_libc, &r), CT_OK);
    struct ct_scan_finding f = finding("CVE-1", path);
    for (unsigned i = 0; i < 40000; i++) {
        memcpy(path, &i, sizeof i); /* no two alike */
        f.path = (ct_str){(unsigned char *)path, sizeof path - 1};
        ct_scan_report_finding(r, CT_STATE_AFFECTED, &f, NULL);
    }
    for (unsigned i = 0; i < 5000; i++) ct_scan_report_note(r, CT_STR("/x"), false, "note");
    assert_int_equal(ct_scan_report_finish(r, NULL), CT_OK);
    assert_false(r->host.complete); /* and says so */
    assert_true(r->host.n_notes >= 1);
    assert_true(r->host.more_notes > 0);
    ct_scan_report_free(r);
}

/* A machine with a thousand copies of a jar, and ten vulnerabilities in each: what they share is kept once. */
static void test_report_keeps_what_is_equal_once(void **state)
{
    (void)state;
    enum { COPIES = 1000, CVES = 10, LINE = 400 };
    static unsigned char line[LINE], path[LINE];
    ct_scan_report *r;
    memset(line, 'e', LINE);
    memset(path, 'p', LINE);
    const ct_str evidence[] = {{line, LINE}, {line, LINE - 1}, {line, LINE - 2}, {line, LINE - 3}}, none[] = {{line, LINE - 4}};
    assert_int_equal(ct_scan_report_new(&ct_alloc_libc, &r), CT_OK);
    for (unsigned i = 0; i < COPIES * CVES; i++) {
        const char *cves[CVES] = {"CVE-1", "CVE-2", "CVE-3", "CVE-4", "CVE-5", "CVE-6", "CVE-7", "CVE-8", "CVE-9", "CVE-10"};
        struct ct_scan_finding f = finding(cves[i % CVES], "");
        memcpy(path, &(unsigned){i / CVES}, sizeof(unsigned));
        f.path = (ct_str){path, LINE};
        f.evidence = i % 2 ? none : evidence;
        f.n_evidence = i % 2 ? 1 : 4;
        struct ct_component c = {.name = CT_STR("thing"), .supplier = {line, LINE}, .path = f.path};
        ct_scan_report_finding(r, CT_STATE_AFFECTED, &f, NULL);
        ct_scan_report_component(r, &c, NULL);
    }
    assert_int_equal(r->lost, 0);
    assert_true(ct_arena_used(r->arena) < (size_t)16 << 20); /* 45 MiB when each has its own */
    assert_int_equal(ct_scan_report_finish(r, NULL), CT_OK);
    assert_int_equal(r->n_findings, COPIES * CVES);
    const struct ct_scan_finding *f = &r->findings[0]->finding;
    assert_int_equal(f->n_evidence, f->evidence[0].n == LINE ? 4 : 1);
    assert_true(ct_str_eq(f->evidence[f->n_evidence - 1], f->n_evidence == 4 ? evidence[3] : none[0]));
    ct_scan_report_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seen), cmocka_unit_test(test_report), cmocka_unit_test(test_report_is_bounded),
                                       cmocka_unit_test(test_report_keeps_what_is_equal_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
