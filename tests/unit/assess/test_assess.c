/* assess: every row of the table of mitigations, how sources are combined, and that more evidence never makes things safer. */
#include "assess/assess.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 8u << 20, &arena) == CT_OK ? 0 : -1;
}

static int drop_arena(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

#define NONE CT_STATE_COUNT /* this source says nothing */

static struct ct_assessment judge(const char *cve, const char *version, enum ct_state classes, enum ct_state metadata, enum ct_state advisory,
                                  const struct ct_process_evidence *p)
{
    struct ct_assess_input in = {.cve = ct_str_from(cve), .version = ct_str_from(version), .process = p, .classes_reason = CT_STR("by classes"),
                                 .metadata_reason = CT_STR("by metadata"), .advisory_reason = CT_STR("by advisory")};
    if (classes != NONE) in.classes = &classes;
    if (metadata != NONE) in.metadata = &metadata;
    if (advisory != NONE) in.advisory = &advisory;
    struct ct_assessment out;
    assert_int_equal(ct_assess(arena, &in, &out), CT_OK);
    return out;
}

static void expect(int line, enum ct_state got, enum ct_state want)
{
    if (got != want) fail_msg("line %d: want %s, got %s", line, ct_state_name(want), ct_state_name(got));
}

static void names(void **state)
{
    (void)state;
    for (unsigned s = 0; s < CT_STATE_COUNT; s++) {
        enum ct_state back;
        assert_true(ct_state_named(ct_str_from(ct_state_name((enum ct_state)s)), &back));
        assert_int_equal(back, s);
    }
    enum ct_state back = CT_STATE_FIXED;
    assert_false(ct_state_named(CT_STR("unknown"), &back));
    assert_false(ct_state_named(CT_STR(""), &back));
    assert_int_equal(back, CT_STATE_FIXED);
    assert_string_equal(ct_assess_source_name(CT_ASSESS_PROCESS), "running process");
    assert_int_equal(ct_state_worst(CT_STATE_MITIGATED, CT_STATE_AFFECTED), CT_STATE_AFFECTED);
}

/* What works where: the switch, the Security Manager, the JRE's setting, the agent, by CVE. */
static void mitigations(void **state)
{
    (void)state;
    static const char *const cves[] = {"CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-44832"};
    static const struct {
        int line;
        const char *version, *property, *env;
        enum ct_security_manager manager;
        bool agent, jre;
        const char *want; /* per CVE: m mitigated, a affected */
    } rows[] = {
        {__LINE__, "2.14.1", NULL, NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.14.1", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "maaa"},
        {__LINE__, "2.14.1", NULL, "true", CT_SECURITY_MANAGER_NONE, false, false, "maaa"},
        {__LINE__, "2.10.0", "TRUE", NULL, CT_SECURITY_MANAGER_NONE, false, false, "maaa"},
        {__LINE__, "2.10.0-2.11.2", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "maaa"},
        {__LINE__, "2.12.0-2.12.1, 2.13.0", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "maaa"},
        {__LINE__, "2.9.0-2.9.1", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.9.1", "true", "true", CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.8-2.12.1", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.12.0 or later", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.0-beta9", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.15.0", "true", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.14.1", "1", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.14.1", "", NULL, CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.14.1", "yes", "1", CT_SECURITY_MANAGER_NONE, false, false, "aaaa"},
        {__LINE__, "2.14.1", "false", "true", CT_SECURITY_MANAGER_NONE, false, false, "maaa"},
        {__LINE__, "2.14.1", NULL, NULL, CT_SECURITY_MANAGER_DENIES, false, false, "mmaa"},
        {__LINE__, "2.5", NULL, NULL, CT_SECURITY_MANAGER_RESOLVES, false, false, "mmaa"},
        {__LINE__, "2.14.1", NULL, NULL, CT_SECURITY_MANAGER_GRANTS, false, false, "aaaa"},
        {__LINE__, "2.14.1", NULL, NULL, CT_SECURITY_MANAGER_UNKNOWN, false, false, "aaaa"},
        {__LINE__, "2.14.1", NULL, NULL, CT_SECURITY_MANAGER_NONE, true, false, "mmaa"},
        {__LINE__, "2.14.1", NULL, NULL, CT_SECURITY_MANAGER_NONE, false, true, "aaaa"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_process_evidence p = {.security_manager = rows[i].manager, .hotpatch_agent = rows[i].agent, .trust_url_codebase_off = rows[i].jre};
        if (rows[i].property) p.no_lookups_property = (ct_str){(const unsigned char *)rows[i].property, strlen(rows[i].property)};
        if (rows[i].env) p.no_lookups_env = ct_str_from(rows[i].env);
        for (size_t k = 0; k < 4; k++) {
            struct ct_assessment a = judge(cves[k], rows[i].version, CT_STATE_AFFECTED, NONE, NONE, &p);
            expect(rows[i].line, a.state, rows[i].want[k] == 'm' ? CT_STATE_MITIGATED : CT_STATE_AFFECTED);
            if (a.state == CT_STATE_MITIGATED && (!a.controls.n || a.n_verdicts != 2)) fail_msg("line %d: a control without a word", rows[i].line);
        }
    }
}

static void sources(void **state)
{
    (void)state;
    enum { A = CT_STATE_AFFECTED, M = CT_STATE_MITIGATED, F = CT_STATE_FIXED, N = CT_STATE_NOT_AFFECTED, U = CT_STATE_UNDER_INVESTIGATION };
    static const struct {
        int line;
        unsigned classes, metadata, advisory, want;
        bool conflict;
    } rows[] = {
        {__LINE__, NONE, NONE, NONE, U, false},
        {__LINE__, A, NONE, NONE, A, false},
        {__LINE__, A, F, F, A, true},      /* the pom lies */
        {__LINE__, A, NONE, N, A, true},
        {__LINE__, F, A, A, F, false},     /* 2.3.1: the published range is too wide, the classes settle it */
        {__LINE__, N, NONE, A, N, false},  /* 2.0-beta8 */
        {__LINE__, M, A, A, M, false},     /* JndiLookup removed */
        {__LINE__, U, A, A, A, false},
        {__LINE__, U, F, F, U, false},
        {__LINE__, NONE, A, NONE, A, false},
        {__LINE__, NONE, F, A, A, true},
        {__LINE__, NONE, A, F, A, true},
        {__LINE__, NONE, NONE, F, F, false},
        {__LINE__, NONE, U, A, A, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_assessment a = judge("CVE-2021-44228", "2.14.1", rows[i].classes, rows[i].metadata, rows[i].advisory, NULL);
        expect(rows[i].line, a.state, rows[i].want);
        if (a.conflict != rows[i].conflict) fail_msg("line %d: conflict %d", rows[i].line, a.conflict);
        size_t spoke = (size_t)(rows[i].classes != NONE) + (rows[i].metadata != NONE) + (rows[i].advisory != NONE);
        if (a.n_verdicts != spoke || !a.reason.n) fail_msg("line %d: %zu verdicts", rows[i].line, a.n_verdicts);
    }
}

static void old_code(void **state)
{
    (void)state;
    struct ct_process_evidence p = {.old_code = true, .old_code_how = CT_STR("holds the deleted file open")};
    struct ct_assessment a = judge("CVE-2021-44228", "2.17.1", CT_STATE_FIXED, NONE, NONE, &p);
    assert_int_equal(a.state, CT_STATE_FIXED_ON_DISK);
    assert_true(ct_str_find(a.reason, CT_STR("holds the deleted file open")) != CT_STR_NONE);
    assert_int_equal(judge("CVE-2021-44228", "2.14.1", CT_STATE_MITIGATED, NONE, NONE, &p).state, CT_STATE_FIXED_ON_DISK);
    assert_int_equal(judge("CVE-2021-44228", "2.14.1", CT_STATE_AFFECTED, NONE, NONE, &p).state, CT_STATE_AFFECTED);
    p.old_state_known = true;
    p.old_state = CT_STATE_NOT_AFFECTED;
    assert_int_equal(judge("CVE-2021-44228", "2.17.1", CT_STATE_FIXED, NONE, NONE, &p).state, CT_STATE_FIXED);
    p.old_state = CT_STATE_AFFECTED;
    assert_int_equal(judge("CVE-2021-44228", "2.17.1", CT_STATE_FIXED, NONE, NONE, &p).state, CT_STATE_FIXED_ON_DISK);
    p.no_lookups_property = CT_STR("true"); /* of a release that is not the old code's: does not count */
    assert_int_equal(judge("CVE-2021-44228", "2.17.1", CT_STATE_FIXED, NONE, NONE, &p).state, CT_STATE_FIXED_ON_DISK);
    p.hotpatch_agent = true;
    assert_int_equal(judge("CVE-2021-44228", "2.17.1", CT_STATE_FIXED, NONE, NONE, &p).state, CT_STATE_MITIGATED);
}

static enum ct_state pick(struct rng *r) { return rng_below(r, 3) == 0 ? NONE : (enum ct_state)rng_below(r, CT_STATE_COUNT); }

/* One more source that says affected, or a process that runs affected old code, never makes the answer safer. */
static void more_evidence_is_never_safer(void **state)
{
    (void)state;
    static const char *const cves[] = {"CVE-2021-44228", "CVE-2021-45046", "CVE-2021-45105", "CVE-2021-4104"};
    static const char *const versions[] = {"2.14.1", "2.9.1", "", "2.10.0-2.11.2"};
    struct rng r = rng_new("more_evidence_is_never_safer");
    for (unsigned i = 0; i < 20000; i++) {
        struct ct_arena_mark mark = ct_arena_mark(arena);
        const char *cve = cves[rng_below(&r, 4)], *version = versions[rng_below(&r, 4)];
        enum ct_state s[3] = {pick(&r), pick(&r), pick(&r)};
        struct ct_process_evidence p = {.security_manager = rng_below(&r, 5), .hotpatch_agent = rng_below(&r, 4) == 0};
        if (rng_below(&r, 2)) p.no_lookups_env = CT_STR("true");
        bool running = rng_below(&r, 2);
        enum ct_state before = judge(cve, version, s[0], s[1], s[2], running ? &p : NULL).state, after;
        if (rng_below(&r, 4)) {
            s[rng_below(&r, 3)] = CT_STATE_AFFECTED;
        } else {
            p.old_code = true;
            running = running || !(p.security_manager || p.hotpatch_agent || p.no_lookups_env.p);
        }
        after = judge(cve, version, s[0], s[1], s[2], running ? &p : NULL).state;
        if (after > before) fail_msg("%s %s: from %s to %s", cve, version, ct_state_name(before), ct_state_name(after));
        ct_arena_reset(arena, mark);
    }
}

static void faults(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        ct_arena *a = NULL;
        enum ct_state s = CT_STATE_AFFECTED;
        struct ct_process_evidence p = {.hotpatch_agent = true, .old_code = true};
        struct ct_assess_input in = {.cve = CT_STR("CVE-2021-44228"), .classes = &s, .process = &p};
        struct ct_assessment out = {.state = CT_STATE_COUNT};
        fault_alloc_init(&f, n, true);
        ct_err err = ct_arena_new(&f.alloc, 1u << 20, &a);
        if (!err) err = ct_assess(a, &in, &out);
        ct_arena_free(a);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
        assert_int_equal(err, CT_ERR_NOMEM);
        assert_int_equal(out.state, CT_STATE_COUNT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(mitigations), cmocka_unit_test(sources), cmocka_unit_test(old_code),
        cmocka_unit_test(more_evidence_is_never_safer), cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
