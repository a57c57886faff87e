/* Policies: what the shipped ones say of known cases, what is refused and where, and that not knowing never buys time. */
#include "policy/policy.h"

#include "formats/record.h"
#include "support/edge.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ct_arena *arena;

static int setup(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 16u << 20, &arena) == CT_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static int64_t at(const char *stamp)
{
    int64_t t = ct_time_iso(ct_str_from(stamp));
    assert_true(t != CT_TIME_NONE);
    return t;
}

static struct ct_policy preset(const char *name)
{
    struct ct_policy p = {.name = {NULL, 0}};
    for (size_t i = 0; i < ct_policy_presets_n; i++)
        if (ct_str_eq(ct_policy_presets[i].name, ct_str_from(name))) assert_int_equal(ct_policy_read(arena, ct_policy_presets[i].yaml, &p, NULL), CT_OK);
    assert_true(ct_str_eq(p.name, ct_str_from(name)));
    return p;
}

/* "critical production public yes no partial": severity environment exposure exploited automatable impact; "-": not known */
static struct ct_policy_answer ask(const struct ct_policy *p, const char *facts_text, const char *anchor)
{
    static const enum ct_policy_fact order[] = {CT_POLICY_SEVERITY, CT_POLICY_ENVIRONMENT, CT_POLICY_EXPOSURE, CT_POLICY_EXPLOITED, CT_POLICY_AUTOMATABLE, CT_POLICY_IMPACT};
    unsigned facts[CT_POLICY_FACTS] = {0};
    ct_str rest = ct_str_from(facts_text);
    for (size_t i = 0; rest.p && i < 6; i++) facts[order[i]] = ct_policy_fact_value(order[i], ct_str_cut(&rest, ' '));
    return ct_policy_due(p, facts, at(anchor));
}

static void test_presets(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *policy, *facts, *anchor, *due, *rule;
        bool forensics;
    } rows[] = {
        {__LINE__, "mailgun", "critical production public yes", "2021-12-10T09:15:00Z", "2021-12-12T09:15:00Z", "critical", false},
        {__LINE__, "mailgun", "critical development internal no", "2021-12-10T09:15:00Z", "2021-12-12T09:15:00Z", "critical", false},
        {__LINE__, "mailgun", "high staging internal no", "2021-12-10T09:15:30Z", "2021-12-17T09:15:30Z", "high", false},
        {__LINE__, "mailgun", "medium production public no", "2021-12-10T09:15:30Z", NULL, NULL, false},
        {__LINE__, "mailgun", "- production public no", "2021-12-10T09:15:00Z", "2021-12-12T09:15:00Z", "critical", false}, /* not graded yet: the worst */
        {__LINE__, "mailgun-incident", "critical production public yes", "2021-12-10T09:00:00Z", "2021-12-10T21:00:00Z", "reachable", false},
        {__LINE__, "mailgun-incident", "critical production - yes", "2021-12-10T09:00:00Z", "2021-12-10T21:00:00Z", "reachable", false},
        {__LINE__, "mailgun-incident", "critical production internal yes", "2021-12-10T09:00:00Z", "2021-12-11T09:00:00Z", "production", false},
        {__LINE__, "common", "low production public no", "2021-01-01T00:00:00Z", "2021-05-01T00:00:00Z", "low", false},
        {__LINE__, "fedramp-vdr", "critical production public yes", "2021-12-10T00:00:00Z", "2021-12-14T00:00:00Z", "exploitable and reachable", false},
        {__LINE__, "fedramp-vdr", "critical production internal yes", "2021-12-10T00:00:00Z", "2021-12-24T00:00:00Z", "exploitable", false},
        {__LINE__, "fedramp-vdr", "critical production public no", "2021-12-10T00:00:00Z", "2022-01-09T00:00:00Z", "reachable", false},
        {__LINE__, "cisa-ed-22-02", "critical production public yes", "2021-12-10T00:00:00Z", "2021-12-23T22:00:00Z", "reached by the internet", false},
        {__LINE__, "cisa-ed-22-02", "critical production internal yes", "2021-12-10T00:00:00Z", "2021-12-28T22:00:00Z", "the others", false},
        /* the sixteen rows of CISA's table */
        {__LINE__, "cisa-bod-26-04", "- - internal no no partial", "2026-07-01T00:00:00Z", NULL, "row 0", false},
        {__LINE__, "cisa-bod-26-04", "- - internal yes no partial", "2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z", "row 1", false},
        {__LINE__, "cisa-bod-26-04", "- - public no no partial", "2026-07-01T00:00:00Z", "2026-08-30T00:00:00Z", "row 2", false},
        {__LINE__, "cisa-bod-26-04", "- - internal no yes partial", "2026-07-01T00:00:00Z", "2026-08-30T00:00:00Z", "row 3", false},
        {__LINE__, "cisa-bod-26-04", "- - internal no no total", "2026-07-01T00:00:00Z", NULL, "row 4", false},
        {__LINE__, "cisa-bod-26-04", "- - public yes no partial", "2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z", "row 5", false},
        {__LINE__, "cisa-bod-26-04", "- - internal yes yes partial", "2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z", "row 6", false},
        {__LINE__, "cisa-bod-26-04", "- - public no yes partial", "2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z", "row 7", false},
        {__LINE__, "cisa-bod-26-04", "- - internal yes no total", "2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z", "row 8", false},
        {__LINE__, "cisa-bod-26-04", "- - public no no total", "2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z", "row 9", false},
        {__LINE__, "cisa-bod-26-04", "- - internal no yes total", "2026-07-01T00:00:00Z", "2026-08-30T00:00:00Z", "row 10", false},
        {__LINE__, "cisa-bod-26-04", "- - public yes yes partial", "2026-07-01T00:00:00Z", "2026-07-04T00:00:00Z", "row 11", false},
        {__LINE__, "cisa-bod-26-04", "- - receives-public-input yes no total", "2026-07-01T00:00:00Z", "2026-07-04T00:00:00Z", "row 12", true},
        {__LINE__, "cisa-bod-26-04", "- - internal yes yes total", "2026-07-01T00:00:00Z", "2026-07-04T00:00:00Z", "row 13", true},
        {__LINE__, "cisa-bod-26-04", "- - public no yes total", "2026-07-01T00:00:00Z", "2026-07-04T00:00:00Z", "row 14", false},
        {__LINE__, "cisa-bod-26-04", "- - public yes yes total", "2026-07-01T00:00:00Z", "2026-07-04T00:00:00Z", "row 15", true},
        {__LINE__, "cisa-bod-26-04", "- - - yes - -", "2026-07-01T00:00:00Z", "2026-07-04T00:00:00Z", "row 11", true}, /* nothing known but that it is exploited */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_policy p = preset(rows[i].policy);
        struct ct_policy_answer a = ask(&p, rows[i].facts, rows[i].anchor);
        if (a.due != (rows[i].due ? at(rows[i].due) : 0)) fail_msg("line %d: due %lld", rows[i].line, (long long)a.due);
        if ((a.rule != NULL) != (rows[i].rule != NULL) || (a.rule && !ct_str_eq(a.rule->name, ct_str_from(rows[i].rule))))
            fail_msg("line %d: rule %.*s", rows[i].line, a.rule ? (int)a.rule->name.n : 4, a.rule ? (const char *)a.rule->name.p : "none");
        if (a.forensics != rows[i].forensics) fail_msg("line %d: forensics", rows[i].line);
    }
    struct ct_policy incident = preset("mailgun-incident");
    assert_int_equal(incident.n_clocks, 2);
    assert_int_equal(ct_policy_after(&incident, incident.clocks[0].length, incident.clocks[0].us, 0), 2 * 3600 * (int64_t)1000000);
}

static void test_anchors(void **state)
{
    (void)state;
    static const struct {
        int line;
        struct ct_policy_times t;
        int64_t want[CT_POLICY_ANCHORS]; /* later, publication, notification, first sight */
    } rows[] = {
        {__LINE__, {100, 200, 300, 400}, {300, 100, 200, 400}}, {__LINE__, {100, 200, 50, 400}, {100, 100, 200, 400}}, {__LINE__, {0, 200, 300, 400}, {300, 200, 200, 400}},
        {__LINE__, {100, 0, 300, 400}, {300, 100, 100, 400}},   {__LINE__, {0, 0, 300, 400}, {400, 400, 400, 400}},    {__LINE__, {0, 0, 0, 400}, {400, 400, 400, 400}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int a = 0; a < CT_POLICY_ANCHORS; a++)
            if (ct_policy_anchor_of((enum ct_policy_anchor)a, &rows[i].t) != rows[i].want[a]) fail_msg("line %d: %s", rows[i].line, ct_policy_anchor_name((enum ct_policy_anchor)a));
}

#define RULE "rules: [{name: all, within: 3bd}]\n"

static void test_working_days(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *head, *from, *due;
    } rows[] = {
        {__LINE__, "name: n\n", "2021-12-06T10:00:00Z", "2021-12-09T10:00:00Z"},                                 /* Monday */
        {__LINE__, "name: n\n", "2021-12-10T10:00:00Z", "2021-12-15T10:00:00Z"},                                 /* over a weekend */
        {__LINE__, "name: n\n", "2021-12-11T10:00:00Z", "2021-12-15T10:00:00Z"},                                 /* from a Saturday */
        {__LINE__, "name: n\nholidays: [2021-12-13, 2021-12-14]\n", "2021-12-10T10:00:00Z", "2021-12-17T10:00:00Z"},
        {__LINE__, "name: n\nzone: \"+13:00\"\n", "2021-12-09T12:00:00Z", "2021-12-14T12:00:00Z"},               /* there it is Friday already */
        {__LINE__, "name: n\nzone: \"-05:00\"\n", "2021-12-11T03:00:00Z", "2021-12-16T03:00:00Z"},               /* and here still Friday */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_policy p;
        struct ct_fault fault = {0};
        char text[256];
        (void)snprintf(text, sizeof text, "%s%s", rows[i].head, RULE);
        if (ct_policy_read(arena, ct_str_from(text), &p, &fault) != CT_OK) fail_msg("line %d: %s", rows[i].line, fault.detail);
        struct ct_policy_answer a = ask(&p, "- - - - - -", rows[i].from);
        if (a.due != at(rows[i].due)) fail_msg("line %d: off by %lld s", rows[i].line, (long long)((a.due - at(rows[i].due)) / 1000000));
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        uint64_t at;
        const char *says;
    } rows[] = {
        {__LINE__, "", 1, "nothing"},
        {__LINE__, "name: a\n", 0, "no rules"},
        {__LINE__, RULE, 0, "no name"},
        {__LINE__, "name: a\nname: b\n" RULE, 2, "twice"},
        {__LINE__, "name: a\nnmae: b\n" RULE, 2, "knows"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 3 days\n", 4, "length"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 0h\n", 4, "length"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 99999999999999999999h\n", 4, "length"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 4000d\n", 4, "length"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    by: 2021-12-23T17:00:00\n", 4, "zone"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    by: tomorrow\n", 4, "zone"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 4h\n    by: 2021-12-23T17:00:00Z\n", 0, "either"},
        {__LINE__, "name: a\nrules:\n  - name: x\n", 0, "either"},
        {__LINE__, "name: a\nrules:\n  - within: 4h\n", 0, "no name"},
        {__LINE__, "name: a\nrules:\n  - {name: x, within: 4h}\n  - {name: x, within: 5h}\n", 4, "two rules"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 4h\n    when: {severity: grave}\n", 5, "none of those"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 4h\n    when: {severity: []}\n", 5, "empty"},
        {__LINE__, "name: a\nrules:\n  - name: x\n    within: 4h\n    when: {weather: fine}\n", 5, "'when' knows"},
        {__LINE__, "name: a\nanchor: yesterday\n" RULE, 2, "not one of"},
        {__LINE__, "name: a\nzone: CET\n" RULE, 2, "distance"},
        {__LINE__, "name: a\nholidays: [24.12.]\n" RULE, 2, "date"},
        {__LINE__, "name: a\nclocks: [{name: c, within: upgrade}]\n" RULE, 0, "clock"},
        {__LINE__, "name: a\nclocks: [{name: c, within: 2h, from: Monday}]\n" RULE, 2, "notification"},
        {__LINE__, "name: &x a\n" RULE, 1, "anchors"},
        {__LINE__, "name: a\nabout: *x\n" RULE, 2, "aliases"},
        {__LINE__, "name: a\n" RULE "---\nname: b\n", 0, "second"},
        {__LINE__, "name: a\nrules: [", 0, ""},
        {__LINE__, "- a\n", 1, "KEY"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(ct_str_from(rows[i].text));
        struct ct_policy p;
        struct ct_fault fault = {0};
        ct_err got = ct_policy_read(arena, e.input, &p, &fault);
        if (got == CT_OK) fail_msg("line %d: taken", rows[i].line);
        if (!strstr(fault.detail, rows[i].says)) fail_msg("line %d: says '%s'", rows[i].line, fault.detail);
        if (rows[i].at && fault.line != rows[i].at) fail_msg("line %d: line %llu", rows[i].line, (unsigned long long)fault.line);
        edge_free(&e);
    }
}

static void test_too_many_rules(void **state)
{
    (void)state;
    char *text = malloc(65536);
    assert_non_null(text);
    size_t n = (size_t)snprintf(text, 65536, "name: a\nrules:\n");
    for (int i = 0; i < 257; i++) n += (size_t)snprintf(text + n, 65536 - n, "- {name: r%d, within: 1h}\n", i);
    struct ct_policy p;
    struct ct_fault fault = {0};
    assert_int_equal(ct_policy_read(arena, (ct_str){(unsigned char *)text, n}, &p, &fault), CT_ERR_SYNTAX);
    assert_int_equal(fault.line, 259);
    free(text);
    char *long_text = malloc(70000);
    assert_non_null(long_text);
    memset(long_text, '#', 70000);
    assert_int_equal(ct_policy_read(arena, (ct_str){(unsigned char *)long_text, 70000}, &p, &fault), CT_ERR_CAP);
    free(long_text);
}

/* Over random facts and every shipped policy: hiding a fact never makes the due time later. */
static void test_not_knowing_never_buys_time(void **state)
{
    (void)state;
    struct rng r = rng_new("policy");
    for (size_t i = 0; i < ct_policy_presets_n; i++) {
        struct ct_policy p;
        assert_int_equal(ct_policy_read(arena, ct_policy_presets[i].yaml, &p, NULL), CT_OK);
        for (int round = 0; round < 3000; round++) {
            unsigned facts[CT_POLICY_FACTS];
            for (int f = 0; f < CT_POLICY_FACTS; f++) {
                unsigned n = 0;
                while (ct_policy_fact_word((enum ct_policy_fact)f, n)) n++;
                facts[f] = rng_below(&r, n);
            }
            struct ct_policy_answer known = ct_policy_due(&p, facts, 1000000);
            facts[rng_below(&r, CT_POLICY_FACTS)] = 0;
            struct ct_policy_answer hidden = ct_policy_due(&p, facts, 1000000);
            if (known.due && (!hidden.due || hidden.due > known.due)) fail_msg("%.*s", CT_STR_ARG(p.name));
            if (known.forensics && !hidden.forensics && known.due) fail_msg("%.*s: forensics", CT_STR_ARG(p.name));
        }
    }
}

static void test_words_for_people(void **state)
{
    (void)state;
    struct ct_buf b;
    struct ct_policy p = preset("cisa-bod-26-04");
    size_t all;
    ct_buf_init(&b, arena, 65536);
    ct_policy_print(&b, &p);
    assert_true(ct_str_find(ct_buf_view(&b), CT_STR("  row 12: 3 d, and a forensic investigation, when exposure receives-public-input or public; exploited yes; automatable no; impact total\n")) != CT_STR_NONE);
    assert_true(ct_str_find(ct_buf_view(&b), CT_STR("row 0: with the next upgrade when")) != CT_STR_NONE);
    assert_int_equal(ct_policy_uncovered(&p, &all), 0);
    assert_int_equal(all, 5 * 3 * 3 * 4 * 2 * 2 * 2);
    p = preset("mailgun");
    assert_int_equal(ct_policy_uncovered(&p, &all), all * 3 / 5); /* none, low, medium */
    b.n = 0;
    p = preset("cisa-ed-22-02");
    ct_policy_print(&b, &p);
    assert_true(ct_str_find(ct_buf_view(&b), CT_STR("by 2021-12-23T22:00:00Z when")) != CT_STR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_presets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_anchors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_working_days, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_knowing_never_buys_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_for_people, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
