/* Log4j's own line about a lookup that failed, among lines that only look like it. */
#include "formats/log4j_status.h"
#include "support/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SAYS "Error looking up JNDI resource ["
#define FAILED "]. javax.naming.CommunicationException: h:389 [Root exception is java.net.ConnectException: Connection refused]"
#define STAMP "2021-12-10 14:02:07,123 "

/* The name found in a line, or null. */
static void lines_and_names(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text, *name;
    } rows[] = {
        {__LINE__, STAMP "http-nio-8080-exec-1 WARN " SAYS "ldap://h/a" FAILED, "ldap://h/a"},
        {__LINE__, STAMP "WARN " SAYS "ldap://h/a" FAILED, "ldap://h/a"},                      /* 2.1 */
        {__LINE__, STAMP "main WARN " SAYS "ldap://h/a].", "ldap://h/a"},                      /* 2.5 */
        {__LINE__, STAMP "main WARN " SAYS "ldap://h/a]. b" FAILED, "ldap://h/a]. b"},
        {__LINE__, STAMP "RMI TCP Connection(2)-192.0.2.7 WARN " SAYS "rmi://h:1099/a" FAILED, "rmi://h:1099/a"},
        {__LINE__, STAMP "main WARN " SAYS "dns://h/a" FAILED, "dns://h/a"},
        {__LINE__, "web-1  | " STAMP "main WARN " SAYS "ldap://h/a" FAILED, "ldap://h/a"},
        {__LINE__, "2021-12-10T14:02:07.123456789Z stdout F " STAMP "main WARN " SAYS "ldap://h/a" FAILED, "ldap://h/a"},
        {__LINE__, "Dec 10 14:02:07 web01 tomcat9[123]: " STAMP "main WARN " SAYS "ldap://h/a" FAILED, "ldap://h/a"},
        {__LINE__, "{\"log\":\"" STAMP "main WARN " SAYS "ldap://h/a" FAILED "\\n\",\"stream\":\"stderr\"}", "ldap://h/a"},
        {__LINE__, "{\"message\":\"" STAMP "main WARN " SAYS "ldap://h/a" FAILED "\",\"host\":{\"name\":\"web01\"}}", "ldap://h/a"},
        /* a configuration's own lookup, which calls nobody */
        {__LINE__, STAMP "main WARN " SAYS "java:comp/env/app]. javax.naming.NoInitialContextException: Need to", NULL},
        {__LINE__, STAMP "main WARN " SAYS "]. javax.naming.NamingException", NULL},
        /* cut */
        {__LINE__, STAMP "main WARN " SAYS "ldap://h/a", NULL},
        /* what an application logs of a request */
        {__LINE__, STAMP "INFO shop - " SAYS "ldap://h/a" FAILED, NULL},
        {__LINE__, STAMP "INFO shop - WARN " SAYS "ldap://h/a" FAILED, NULL},
        {__LINE__, STAMP "[main] ERROR shop - " STAMP "main WARN " SAYS "ldap://h/a" FAILED, NULL},
        {__LINE__, STAMP "shop " STAMP "main WARN " SAYS "ldap://h/a" FAILED, NULL},
        {__LINE__, "14:02:07.123 [main] INFO shop - agent " STAMP "main WARN " SAYS "ldap://h/a" FAILED, NULL},
        {__LINE__, "main WARN " SAYS "ldap://h/a" FAILED, NULL},
        {__LINE__, SAYS "ldap://h/a" FAILED, NULL},
        {__LINE__, "192.0.2.7 - - [10/Dec/2021:14:02:07 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"" STAMP "main WARN " SAYS "ldap://h/a" FAILED "\"", NULL},
        {__LINE__, "{\"remote_addr\":\"192.0.2.7\",\"message\":\"" STAMP "main WARN " SAYS "ldap://h/a" FAILED "\"}", NULL},
    };
    ct_arena *arena = NULL;
    struct ct_record *r = malloc(sizeof *r);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena), CT_OK);
    assert_non_null(r);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ct_format_state formats = {.year = 2021};
        struct edge e = edge_new(ct_str_from(rows[i].text));
        ct_str line = e.input, name = {NULL, 0};
        assert_int_equal(ct_format_parse(arena, &formats, CT_FORMAT_AUTO, line, r), CT_OK);
        bool found = ct_status_name(r, &name);
        if (found != (rows[i].name != NULL)) fail_msg("row at line %d: %s", rows[i].line, found ? "found" : "not found");
        if (found && !ct_str_eq(name, ct_str_from(rows[i].name))) fail_msg("row at line %d: %.*s", rows[i].line, CT_STR_ARG(name));
        if (found) {
            assert_true(ct_status_next(line, 0) != CT_STR_NONE);
            if (!ct_status_may(line)) fail_msg("row at line %d: not asked for", rows[i].line);
        }
        edge_free(&e);
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    free(r);
}

static void logs_of_requests_are_not_asked(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "192.0.2.7 - - [10/Dec/2021:14:02:07 +0000] \"GET / HTTP/1.1\" 200 1\n" STAMP "main WARN x\n",
        "2001:db8::7 - - [10/Dec/2021:14:02:07 +0000] \"GET / HTTP/1.1\" 200 1",
        "192.0.2.7, 192.0.2.8 - - [10/Dec/2021:14:02:07 +0000] \"GET / HTTP/1.1\" 200 1",
        "shop.example:443 192.0.2.7 - - [10/Dec/2021:14:02:07 +0000] \"GET / HTTP/1.1\" 200 1",
        "{\"time\":\"2021-12-10T14:02:07+00:00\",\"remote_addr\":\"192.0.2.7\",\"request_uri\":\"/\",\"status\":200}\n{\"message\":\"x\"}",
    };
    static const char *const programs[] = {STAMP "main INFO x", "\tat org.apache.logging.log4j.core.net.JndiManager.lookup(JndiManager.java:172)", "", "\n", "x",
                                           "10-Dec-2021 14:02:07.123 INFO [main] x", "{\"level\":\"INFO\",\"message\":\"x\"}"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        if (ct_status_may(ct_str_from(requests[i]))) fail_msg("%s", requests[i]);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (!ct_status_may(ct_str_from(programs[i]))) fail_msg("%s", programs[i]);
    assert_int_equal(ct_status_next(CT_STR("JNDI JNDI resource [ JNDI resource ["), 0), 5);
    assert_int_equal(ct_status_next(CT_STR("JNDI JNDI resource [ JNDI resource ["), 6), 21);
    assert_true(ct_status_next(CT_STR("JNDI JNDI resource [ JNDI resource ["), 22) == CT_STR_NONE);
}

/* At every place of a text that is a few steps of the search long, among bytes that begin like it. */
static void found_wherever_it_stands(void **state)
{
    (void)state;
    static const char text[] = "JNDI resource [";
    enum { N = 300, TEXT = sizeof text - 1 };
    for (size_t n = TEXT; n <= N; n++) {
        unsigned char bytes[N];
        for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)"JNDJxDJN"[i % 8];
        struct edge e = edge_new((ct_str){bytes, n});
        assert_true(ct_status_next(e.input, 0) == CT_STR_NONE);
        edge_free(&e);
        for (size_t at = 0; at + TEXT <= n; at += n < 100 ? 1 : 7) {
            unsigned char with[N];
            memcpy(with, bytes, n);
            memcpy(with + at, text, TEXT);
            e = edge_new((ct_str){with, n});
            assert_int_equal(ct_status_next(e.input, 0), at);
            assert_int_equal(ct_status_next(e.input, at), at);
            assert_true(ct_status_next(e.input, at + 1) == CT_STR_NONE);
            edge_free(&e);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_names),
        cmocka_unit_test(logs_of_requests_are_not_asked),
        cmocka_unit_test(found_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
