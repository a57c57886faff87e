/* What a name connects to; the rows with numeric hosts were measured on JDK 17 with listeners on loopback. */
#include "lookup_test.h"

#include "lookup/jndi.h"
#include "support/edge.h"

#define NO CT_CONNECTS_NO
#define LOCAL CT_CONNECTS_LOCAL
#define HOST CT_CONNECTS_HOST

static const struct row {
    int line;
    const char *name;
    enum ct_connects connects;
    const char *scheme, *host;
    unsigned port;
    bool given;
    const char *path;
} rows[] = {
#define R(...) {__LINE__, __VA_ARGS__}
    R("ldap://127.0.0.1:1389", HOST, "ldap", "127.0.0.1", 1389, true, ""),
    R("ldap://127.0.0.1:1389/a", HOST, "ldap", "127.0.0.1", 1389, true, "/a"),
    R("ldap://evil.example/a", HOST, "ldap", "evil.example", 389, false, "/a"),
    R("ldaps://evil.example/a", HOST, "ldaps", "evil.example", 636, false, "/a"),
    R("ldap://[::ffff:127.0.0.1]:1389", HOST, "ldap", "::ffff:127.0.0.1", 1389, true, ""),
    R("ldap://2130706433:1389/a", HOST, "ldap", "2130706433", 1389, true, "/a"),
    R("ldap://127.0.0.1:1389/a b", HOST, "ldap", "127.0.0.1", 1389, true, "/a b"),
    R("ldap://127.0.0.1:1389/${env:X}", HOST, "ldap", "127.0.0.1", 1389, true, "/${env:X}"),
    R("ldap://127.0.0.1:0/a", HOST, "ldap", "127.0.0.1", 389, false, "/a"),
    R("ldap://127.0.0.1:/a", HOST, "ldap", "127.0.0.1", 389, false, "/a"),
    R("ldap://127.0.0.1:+1389/a", HOST, "ldap", "127.0.0.1", 1389, true, "/a"),
    R("ldap://127.0.0.1:\xef\xbc\x91\xef\xbc\x92/a", HOST, "ldap", "127.0.0.1", 12, true, "/a"),
    R("ldap://127.0.0.1:1389/%zz", NO, "ldap", "127.0.0.1", 1389, true, "/%zz"),
    R("ldap://127.0.0.1:1389/%+f", HOST, "ldap", "127.0.0.1", 1389, true, "/%+f"),
    R("ldap://127.0.0.1:1389/a?b", NO, "ldap", "127.0.0.1", 1389, true, "/a?b"),
    R("ldap://127.0.0.1:1389?a", NO, "ldap", "127.0.0.1", 389, false, ""),
    R("ldap://127.0.0.1:1389#x", NO, "ldap", "127.0.0.1", 389, false, ""),
    R("ldap://127.0.0.1:65536/a", NO, "ldap", "127.0.0.1", 389, false, "/a"),
    R("ldap://127.0.0.1:x/a", NO, "ldap", "127.0.0.1", 389, false, "/a"),
    R("ldap://127.0.0.1:99999999999999999999/a", NO, "ldap", "127.0.0.1", 389, false, "/a"),
    R("ldap://127.0.0.1#evil.example/a", HOST, "ldap", "127.0.0.1#evil.example", 389, false, "/a"),
    R("ldap://127.0.0.1#evil.example:1389/a", HOST, "ldap", "127.0.0.1#evil.example", 1389, true, "/a"),
    R("ldap://u@evil.example/a", HOST, "ldap", "u@evil.example", 389, false, "/a"),
    R("ldap://h {x}/a", NO, "ldap", "h {x}", 389, false, "/a"),
    R("ldap://${env:H}/a", NO, "ldap", "${env", 389, false, "/a"),
    R("ldap://h\t/a", NO, "ldap", "h\t", 389, false, "/a"),
    R("ldap://[::1/a", NO, "ldap", "", 389, false, "/a"),
    R("ldap:/h/a", LOCAL, "ldap", "", 389, false, "/h/a"),
    R("ldap:h/a", LOCAL, "ldap", "", 389, false, "h/a"),
    R("ldap:", LOCAL, "ldap", "", 389, false, ""),
    R("ldap:///h/a", LOCAL, "ldap", "", 389, false, "/h/a"),
    R("ldap://:1389/a", LOCAL, "ldap", "", 1389, true, "/a"),
    R("rmi://127.0.0.1:1389/a", HOST, "rmi", "127.0.0.1", 1389, true, "/a"),
    R("rmi://127.0.0.1:1389", NO, "rmi", "127.0.0.1", 1389, true, ""),
    R("rmi://127.0.0.1:1389/", NO, "rmi", "127.0.0.1", 1389, true, "/"),
    R("rmi://127.0.0.1:1389//", HOST, "rmi", "127.0.0.1", 1389, true, "//"),
    R("rmi://127.0.0.1:1389#x", HOST, "rmi", "127.0.0.1", 1389, true, "#x"),
    R("rmi://127.0.0.1:1389?x/y", HOST, "rmi", "127.0.0.1", 1389, true, "?x/y"),
    R("rmi://127.0.0.1 :1389/a", NO, "rmi", "127.0.0.1 ", 1389, true, "/a"),
    R("rmi:/h", LOCAL, "rmi", "", 1099, false, "/h"),
    R("rmi:", NO, "rmi", "", 1099, false, ""),
    R("rmi://127.0.0.1:1389/%zz", HOST, "rmi", "127.0.0.1", 1389, true, "/%zz"),
    R("dns://127.0.0.1:1389", HOST, "dns", "127.0.0.1", 1389, true, ""),
    R("dns://127.0.0.1:1389/a.example", HOST, "dns", "127.0.0.1", 1389, true, "/a.example"),
    R("dns://127.0.0.1:1389?x", HOST, "dns", "127.0.0.1", 1389, true, "?x"),
    R("dns://127.0.0.1:1389#x", NO, "dns", "127.0.0.1", 53, false, ""),
    R("dns://127.0.0.1:1389/a..b", NO, "dns", "127.0.0.1", 1389, true, "/a..b"),
    R("dns://127.0.0.1:1389/.", HOST, "dns", "127.0.0.1", 1389, true, "/."),
    R("dns://127.0.0.1:1389/..", NO, "dns", "127.0.0.1", 1389, true, "/.."),
    R("dns://127.0.0.1:1389/%zz", NO, "dns", "127.0.0.1", 1389, true, "/%zz"),
    R("dns://127.0.0.1:1389/%+1", HOST, "dns", "127.0.0.1", 1389, true, "/%+1"),
    R("dns:evil.example", LOCAL, "dns", "", 53, false, "evil.example"),
    R("dns:///evil.example", LOCAL, "dns", "", 53, false, "/evil.example"),
    /* Java 8 only: from the sources of its providers */
    R("iiop://evil.example:900/a", HOST, "iiop", "evil.example", 900, true, "/a"),
    R("iiop://evil.example", HOST, "iiop", "evil.example", 900, false, ""),
    R("iiop:evil.example", NO, "iiop", "", 900, false, "evil.example"),
    R("iiopname://1.2@evil.example:9,other/a", HOST, "iiopname", "evil.example", 9, true, "/a"),
    R("corbaname::evil.example:2809#a", HOST, "corbaname", "evil.example", 2809, true, "#a"),
    R("corbaname:iiop:1.2@evil.example/NameService#a", HOST, "corbaname", "evil.example", 2809, false, "/NameService#a"),
    R("corbaname:rir:#a", NO, "corbaname", "", 2809, false, "#a"),
    /* no factory, or no scheme */
    R("LDAP://127.0.0.1:1389/a", NO, "LDAP", "127.0.0.1", 1389, true, "/a"),
    R(" ldap://127.0.0.1:1389/a", NO, " ldap", "127.0.0.1", 1389, true, "/a"),
    R("http://127.0.0.1:1389/a", NO, "http", "127.0.0.1", 1389, true, "/a"),
    R("nis://127.0.0.1/a", NO, "nis", "127.0.0.1", 0, false, "/a"),
    R("java:comp/env/a", NO, "java", "", 0, false, "comp/env/a"),
    R("a/b:ldap", NO, "", "", 0, false, ""),
    R("://h", NO, "", "", 0, false, ""),
    R("", NO, "", "", 0, false, ""),
#undef R
};

static void targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *w = &rows[i];
        struct edge e = edge_new(ct_str_from(w->name));
        struct ct_jndi_target t = ct_jndi_target(e.input);
        if (t.connects != w->connects || !ct_str_eq(t.scheme, ct_str_from(w->scheme)) || !ct_str_eq(t.host, ct_str_from(w->host))
            || t.port != w->port || t.port_given != w->given || !ct_str_eq(t.path, ct_str_from(w->path)))
            fail_msg("line %d: %s: %d %.*s host '%.*s' port %u%s path '%.*s'", w->line, w->name, t.connects, CT_STR_ARG(t.scheme),
                     CT_STR_ARG(t.host), t.port, t.port_given ? " given" : "", CT_STR_ARG(t.path));
        edge_free(&e);
    }
}

static void allow_list(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *name;
        bool allowed;
    } table[] = {
        {__LINE__, "java:comp/env/a", true},
        {__LINE__, "JAVA:a", true},
        {__LINE__, "ldap://127.0.0.1#evil.example/a", true},
        {__LINE__, "ldap://127.0.0.1#evil.example:1389/a", true},
        {__LINE__, "ldap://localhost:1389/a", true},
        {__LINE__, "ldaps://u:p@localhost?x#y", true},
        {__LINE__, "ldap://127.0.0.1:", true},
        {__LINE__, "ldap://127.0.0.1:99999/a", true},
        {__LINE__, "ldap://evil.example/a", false},
        {__LINE__, "ldap://127.0.0.1.evil.example/a", false},
        {__LINE__, "ldap://127.0.0.1@evil.example/a", false},
        {__LINE__, "ldap://LOCALHOST/a", false},
        {__LINE__, "ldap:///a", false},
        {__LINE__, "ldap:127.0.0.1/a", false},
        {__LINE__, "ldap://127.0.0.1/a b", false},
        {__LINE__, "ldap://127.0.0.1/${x}", false},
        {__LINE__, "ldap://127.0.0.1/%zz", false},
        {__LINE__, "ldap://127.0.0.1:x/a", false},
        {__LINE__, "rmi://127.0.0.1/a", false},
        {__LINE__, "dns://127.0.0.1/a", false},
        {__LINE__, "java:", false},
        {__LINE__, ":a", false},
        {__LINE__, "1a:b", false},
        {__LINE__, "a/b:c", true},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct edge e = edge_new(ct_str_from(table[i].name));
        if (ct_jndi_allowed_2_15(e.input) != table[i].allowed) fail_msg("line %d: %s", table[i].line, table[i].name);
        edge_free(&e);
    }
}

/* Which host a name means that names no server. */
static void meant(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *name, *host;
        unsigned port;
        const char *path;
    } names[] = {
#define N(...) {__LINE__, __VA_ARGS__}
        N("ldap:/evil.example/a", "evil.example", 389, "/a"),   N("ldap:/evil.example:1389/a", "evil.example", 1389, "/a"),
        N("ldap:evil.example/a", "evil.example", 389, "/a"),    N("ldap:///evil.example/a", "evil.example", 389, "/a"),
        N("rmi:/192.0.2.7:1099/a", "192.0.2.7", 1099, "/a"),    N("dns:x.evil.example", "x.evil.example", 53, ""),
        N("dns:/x.evil.example", "x.evil.example", 53, ""),     N("dns:///x.evil.example", "x.evil.example", 53, ""),
        N("ldap://evil.example/b.c", "evil.example", 389, "/b.c"), /* names one already */
        N("ldap:/a", "", 389, "/a"),                            N("ldap:/1.5/a", "", 389, "/1.5/a"),
        N("ldap:/dc=a.b,dc=c", "", 389, "/dc=a.b,dc=c"),        N("ldap:/.a/b", "", 389, "/.a/b"),
        N("ldap:/a.b:x/c", "", 389, "/a.b:x/c"),                N("ldap:", "", 389, ""),
        N("http:/evil.example/a", "", 0, "/evil.example/a"),    N("java:a.b/c", "", 0, "a.b/c"),
#undef N
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct edge e = edge_new(ct_str_from(names[i].name));
        struct ct_jndi_target t = ct_jndi_target(e.input);
        ct_jndi_name_meant(&t);
        bool same = ct_str_eq(t.host, ct_str_from(names[i].host)) && t.port == names[i].port && ct_str_eq(t.path, ct_str_from(names[i].path));
        if (!same) print_error("line %d: %.*s %u %.*s\n", names[i].line, CT_STR_ARG(t.host), t.port, CT_STR_ARG(t.path));
        assert_true(same);
        edge_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(targets), cmocka_unit_test(meant), cmocka_unit_test(allow_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
