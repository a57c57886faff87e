/* Faces that talk in lines: telnet, ftp, smtp, redis. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define S(lit) CT_STR(lit)

struct row {
    int line;
    ct_str in;
    const char *learnt; /* a fact, or null */
    ct_str said;
    bool closed;
};

static void run(const char *face, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct talk *t = talk_open(face, NULL, false);
        talk_in(t, rows[i].in);
        if ((rows[i].learnt && !talk_learnt(t, rows[i].learnt)) || !talk_said(t, rows[i].said) || t->closed != rows[i].closed)
            fail_msg("row of line %d: closed %d", rows[i].line, t->closed);
        assert_null(strstr(t->sent, "${")); /* no attack comes back */
        talk_free(t);
    }
}

#define ROW(in, learnt, said, closed) {__LINE__, CT_STR_INIT(in), learnt, CT_STR_INIT(said), closed}

static const char LONG_ENVIRON[] = "\xff\xfb\x27\xff\xfa\x27\x00\x03USER\x01-f ${jndi:x}\x00TERM\x01vt\xff\xf0";

static void telnet(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        ROW("\r\n", NULL, "\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27" "Debian GNU/Linux 12\r\napp02 login: app02 login: ", false),
        ROW("root\r\n", "user=root", "app02 login: \xff\xfb\x01Password: ", false),
        ROW("root\r\0s3cret\r\0", "password=s3cret", "Password: \xff\xfc\x01\r\nLogin incorrect\r\napp02 login: ", false),
        ROW("root\ns3cret\n", "password=s3cret", "Login incorrect", false),
        ROW("root\rs3cret\r", "password=s3cret", "Login incorrect", false),
        ROW("${jndi:ldap://a/b}\r\n", "payload=${jndi:ldap://a/b}", "Password: ", false),
        ROW("ro\xff\xf6ot\r\n", "user=root", "Password: ", false), /* "are you there" in between */
        ROW("\xff\xfb\x18\xff\xfa\x18\x00xterm-256color\xff\xf0", "client_software=xterm-256color", "\xff\xfa\x18\x01\xff\xf0", false),
        ROW("\xff\xfd\x05", NULL, "\xff\xfc\x05", false),
        ROW("\xff\xfb\x27\xff\xfa\x27\x00\x03USER\x01-f root\xff\xf0", "user=-f root", "\xff\xfa\x27\x01\xff\xf0", false),
        ROW("a\nb\na\nb\na\nb\na\nb\na\nb\na\nb\n", "password=b", "Maximum number of tries exceeded (5)\r\n", true),
    };
    run("telnet", rows, sizeof rows / sizeof *rows);
    struct talk *t = talk_open("telnet", NULL, false);
    for (int i = 0; i < 100; i++) talk_in(t, S("aaaaaaaaaaaaa"));
    talk_in(t, S("${jndi:long}\n"));
    assert_true(strstr(t->facts, "${jndi:long}") && !t->closed);
    talk_free(t);
    t = talk_open("telnet", NULL, false);
    talk_in(t, S("half a na"));
    talk_end(t);
    assert_true(talk_learnt(t, "payload=half a na"));
    talk_free(t);
}

static void ftp(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        ROW("QUIT\r\n", "command=QUIT", "220 (vsFTPd 3.0.3)\r\n221 Goodbye.\r\n", true),
        ROW("USER anonymous\r\nPASS me@${jndi:x}\r\n", "password=me@${jndi:x}", "331 Please specify the password.\r\n530 Login incorrect.\r\n", false),
        ROW("user joe\r\npass a b \r\n", "password=a b", "530 Login incorrect.\r\n", false),
        ROW("PASS x\r\n", "password=x", "503 Login with USER first.\r\n", false),
        ROW("RETR ../${jndi:y}\r\n", "command=RETR ../${jndi:y}", "530 Please login with USER and PASS.\r\n", false),
        ROW("AUTH TLS\r\n", "payload=AUTH TLS", "530 Please login", false),
        ROW("FEAT\n", "command=FEAT", "211-Features:\r\n EPRT\r\n", false),
        ROW("USER a\r\nPASS b\r\nUSER a\r\nPASS c\r\nUSER a\r\nPASS d\r\nUSER a\r\n", "password=d", "530", true),
    };
    run("ftp", rows, sizeof rows / sizeof *rows);
    struct talk *t = talk_open("ftp", NULL, true);
    talk_in(t, S("AUTH TLS\r\nUSER smuggled\r\n"));
    assert_true(t->tls && talk_said(t, S("234 Proceed with negotiation.\r\n")) && !strstr(t->facts, "smuggled"));
    talk_free(t);
}

static void smtp(void **unused)
{
    (void)unused;
#define TO "MAIL FROM:<a@b>\r\nRCPT TO:<root@CORP.internal>\r\nDATA\r\n"
    static const struct row rows[] = {
        ROW("EHLO ${jndi:dns://e}\r\n", "payload=${jndi:dns://e}", "220 app02.corp.internal ESMTP Postfix (Debian/GNU)\r\n250-app02.corp.internal\r\n250-PIPELINING\r\n", false),
        ROW("HELO x\r\n", "workstation=x", "250 app02.corp.internal\r\n", false),
        ROW("AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n", "password=secret", "535 5.7.8 Error", false),
        ROW("AUTH PLAIN\r\nAGpvZQBzZWNyZXQ=\r\n", "user=joe", "334 \r\n535 5.7.8 Error", false),
        ROW("AUTH LOGIN\r\nam9l\r\nc2VjcmV0\r\n", "password=secret", "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n535", false),
        ROW("AUTH LOGIN am9l\r\nc2VjcmV0\r\n", "user=joe", "334 UGFzc3dvcmQ6\r\n535", false),
        ROW("MAIL FROM:<a@b>\r\nRCPT TO:<x@elsewhere>\r\nDATA\r\n", "command=RCPT TO:<x@elsewhere>", "554 5.7.1 Relay access denied\r\n554 5.5.1 Error: no valid recipients\r\n", false),
        ROW("RCPT TO:<root@corp.internal>\r\n", NULL, "503 5.5.1 Error", false),
        ROW(TO "Subject: ${jndi:s}\r\n\r\nbody\r\n.\r\nQUIT\r\n", "payload=Subject: ${jndi:s}\\x0d\\x0a\\x0d\\x0abody", "451 4.3.0 Error: queue file write error\r\n221 2.0.0 Bye\r\n", true),
        ROW(TO ".\r\nNOOP\r\n", "command=NOOP", "451 4.3.0 Error: queue file write error\r\n250 2.0.0 Ok\r\n", false),
        ROW("GET / HTTP/1.1\r\n", "command=GET / HTTP/1.1", "221 2.7.0 Error", true),
        ROW("FOO\r\n", "payload=FOO", "502 5.5.2 Error: command not recognized\r\n", false),
        ROW("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", NULL, "421 4.7.0 Error: too many errors\r\n", true),
        ROW("STARTTLS\r\n", NULL, "502", false),
    };
    run("smtp", rows, sizeof rows / sizeof *rows);
    struct talk *t = talk_open("smtp", NULL, true);
    talk_in(t, S("EHLO x\r\nSTARTTLS\r\n"));
    assert_true(t->tls && talk_said(t, S("250-STARTTLS\r\n")));
    talk_free(t);
    /* a long mail: what lies across the edge of the buffer is whole somewhere */
    static char text[60001];
    t = talk_open("smtp", NULL, false);
    memset(text, 'm', sizeof text - 1);
    memcpy(text + 16380, "${jndi:ldap://edge}", 19);
    talk_in(t, S(TO));
    talk_in(t, ct_str_from(text));
    talk_in(t, S("\r\n.\r\n"));
    assert_true(strstr(t->facts, "${jndi:ldap://edge}") && talk_said(t, S("451 4.3.0")));
    talk_free(t);
}

static void redis(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        ROW("*1\r\n$4\r\ninfo\r\n", "command=info", "# Server\r\nredis_version:7.0.15\r\n", false),
        ROW("PING\r\n", "command=PING", "+PONG\r\n", false),
        ROW("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9\r\n${jndi:r}\r\n", "payload=SET k ${jndi:r}", "+OK\r\n", false),
        ROW("*2\r\n$4\r\nAUTH\r\n$3\r\npw1\r\n", "password=pw1", "-ERR AUTH <password> called without", false),
        ROW("*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$3\r\npw2\r\n", "password=pw2", "-WRONGPASS", false),
        ROW("CONFIG GET dir\r\nCONFIG SET dir /x\r\n", "command=CONFIG SET dir /x", "*0\r\n+OK\r\n", false),
        ROW("GET\r\n", "command=GET", "-ERR wrong number of arguments for 'get' command\r\n", false),
        ROW("frobnicate 1\r\n", "command=frobnicate 1", "-ERR unknown command 'frobnicate'", false),
        ROW("${jndi:x} 1\r\n", "payload=${jndi:x} 1", "-ERR unknown command ''", false),
        ROW("*x\r\n", "first_bytes=*x\\x0d\\x0a", "-ERR Protocol error", true),
        ROW("*1\r\n$99999\r\n", "first_bytes=*1\\x0d\\x0a$99999\\x0d\\x0a", "-ERR Protocol error", true),
        ROW("*1\r\n:5\r\n", NULL, "-ERR Protocol error", true),
        ROW("POST / HTTP/1.1\r\nx", "command=POST / HTTP/1.1", "", true),
        ROW("QUIT\r\n", "command=QUIT", "+OK\r\n", true),
    };
    run("redis", rows, sizeof rows / sizeof *rows);
    struct talk *t = talk_open("redis", NULL, false);
    talk_in(t, S("auth hidden\r\n"));
    assert_true(talk_learnt(t, "command=auth") && !strstr(t->facts, "command=auth hidden"));
    talk_free(t);
}

static void pieces_and_nonsense(void **unused)
{
    (void)unused;
    struct rng r = rng_new("lines");
    const struct {
        const char *face;
        ct_str in;
    } rows[] = {
        {"telnet", {(const unsigned char *)LONG_ENVIRON, sizeof LONG_ENVIRON - 1}},
        {"telnet", S("\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0ro\xff\xf1ot\r\npass\r\0bob\npw\r\n")},
        {"ftp", S("USER a\r\nPASS b\r\nFEAT\r\nSYST\r\nQUIT\r\n")},
        {"smtp", S("EHLO x\r\nAUTH LOGIN\r\nam9l\r\nc2VjcmV0\r\n" TO "Subject: a\r\n\r\nbody\r\n.\r\n" TO ".\r\nRSET\r\nQUIT\r\n")},
        {"redis", S("*1\r\n$4\r\ninfo\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*0\r\nQUIT\r\n")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        talk_same_in_pieces(rows[i].face, NULL, rows[i].in, &r);
        talk_nonsense(rows[i].face, NULL, rows[i].in, &r);
    }
}

/* A password is reported right behind its name, although the two came in different messages. */
static void pairs(void **unused)
{
    (void)unused;
    static const struct {
        const char *face;
        ct_str in;
    } rows[] = {{"ftp", CT_STR_INIT("USER joe\r\nPASS pw\r\n")}, {"telnet", CT_STR_INIT("joe\r\npw\r\n")}, {"smtp", CT_STR_INIT("AUTH LOGIN\r\nam9l\r\ncHc=\r\n")}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk *t = talk_open(rows[i].face, NULL, false);
        talk_in(t, rows[i].in);
        assert_non_null(strstr(t->facts, "user=joe\npassword=pw\n"));
        talk_free(t);
    }
    struct talk *t = talk_open("ftp", NULL, false);
    talk_in(t, S("USER joe\r\nPASS pw\r\nPASS other\r\n"));
    assert_null(strstr(t->facts, "user=joe\npassword=other\n"));
    talk_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(telnet), cmocka_unit_test(ftp), cmocka_unit_test(smtp), cmocka_unit_test(redis), cmocka_unit_test(pairs),
                                       cmocka_unit_test(pieces_and_nonsense)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
