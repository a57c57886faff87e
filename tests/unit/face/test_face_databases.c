/* mysql, postgresql and mongodb. Bytes of logins are built here from the protocols' descriptions; what real clients send is in tests/e2e/faces. */
#include "face/face_out.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define S(lit) CT_STR(lit)

static ct_str packet(struct ct_reply *to, const struct ct_reply *body, unsigned sequence)
{
    ct_reply_u8(to, (unsigned)body->n & 0xff);
    ct_reply_u8(to, (unsigned)body->n >> 8);
    ct_reply_u8(to, 0);
    ct_reply_u8(to, sequence);
    ct_reply_bytes(to, (ct_str){body->b, body->n});
    return (ct_str){to->b, to->n};
}

enum { CAPS = 0x00baa288 | 1 << 3 | 1 << 9 | 1 << 15 | 1 << 19 | 1 << 20 };

static void put_login(struct ct_reply *r, const char *user, ct_str response, const char *plugin)
{
    ct_reply_le32(r, CAPS & ~(1u << 11));
    ct_reply_le32(r, 1 << 24);
    ct_reply_u8(r, 45);
    ct_reply_zero(r, 23);
    ct_reply_text(r, user);
    ct_reply_zero(r, 1);
    ct_reply_u8(r, (unsigned)response.n);
    ct_reply_bytes(r, response);
    ct_reply_text(r, "shop");
    ct_reply_zero(r, 1);
    ct_reply_text(r, plugin);
    ct_reply_zero(r, 1);
    ct_reply_u8(r, 31);
    ct_reply_text(r, "\x03_os\x05Linux\x0cprogram_name\x07${jndi}");
}

static void mysql_login(void **unused)
{
    (void)unused;
    struct ct_reply login = {0}, wire = {0};
    put_login(&login, "root", S("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\xff"), "mysql_native_password");
    ct_str in = packet(&wire, &login, 1);
    struct talk *t = talk_open("mysql", NULL, false);
    assert_memory_equal(t->sent + 3, "\x00\x0a" "5.5.5-10.11.6-MariaDB-0+deb12u1", 33);
    assert_int_equal((unsigned char)t->sent[0] + 4, (int)t->sent_n);
    talk_in(t, in);
    assert_true(talk_learnt(t, "user=root") && talk_learnt(t, "database=shop") && talk_learnt(t, "client_software=${jndi} on Linux"));
    /* the challenge is made of the counting random bytes 0, 1, 2 ... */
    assert_true(talk_learnt(t, "response=mysql_native_password:2122232425262728292a2b2c2d2e2f3031323334:0102030405060708090a0b0c0d0e0f10111213ff"));
    assert_true(talk_said(t, S("\x02\xff\x15\x04#28000Access denied for user 'root'@'192.0.2.7' (using password: YES)")) && t->closed);
    talk_free(t);
    struct rng r = rng_new("mysql");
    talk_same_in_pieces("mysql", NULL, in, &r);
    talk_nonsense("mysql", NULL, in, &r);
}

static void mysql_other_ways(void **unused)
{
    (void)unused;
    struct ct_reply login = {0}, wire = {0}, second = {0}, wire2 = {0};
    put_login(&login, "${jndi:u}", S("\x05\x06"), "caching_sha2_password");
    struct talk *t = talk_open("mysql", NULL, false);
    talk_in(t, packet(&wire, &login, 1));
    assert_true(talk_said(t, S("\xfemysql_native_password\0")) && !t->closed && talk_learnt(t, "payload=${jndi:u}"));
    ct_reply_bytes(&second, S("twenty bytes of that"));
    talk_in(t, packet(&wire2, &second, 3));
    assert_true(talk_said(t, S("\x04\xff\x15\x04#28000Access denied for user ''@")) && t->closed && strstr(t->facts, "7477656e7479"));
    talk_free(t);
    t = talk_open("mysql", NULL, false);
    talk_in(t, S("GET / HTTP/1.1\r\n"));
    assert_true(t->closed && talk_said(t, S("#08S01Bad handshake")));
    talk_free(t);
    /* TLS is asked for by a login that ends behind its fixed part */
    struct ct_reply ssl = {0}, wire3 = {0};
    ct_reply_le32(&ssl, CAPS | 1u << 11);
    ct_reply_zero(&ssl, 28);
    ct_str in = packet(&wire3, &ssl, 1);
    for (int offered = 0; offered < 2; offered++) {
        t = talk_open("mysql", NULL, offered);
        talk_in(t, in);
        assert_true(offered ? t->tls && !t->closed : t->closed);
        talk_free(t);
    }
}

#define STARTUP "\0\0\0\x26\0\x03\0\0user\0joe\0database\0shop\0a\0${}\0\0"
#define PASSWORD "p\0\0\0\x0bs3cret\0"

static void postgres(void **unused)
{
    (void)unused;
    static const struct {
        int line;
        ct_str in;
        const char *learnt;
        ct_str said;
        bool closed;
    } rows[] = {
        {__LINE__, CT_STR_INIT("\0\0\0\x08\x04\xd2\x16\x2f" STARTUP), "user=joe", CT_STR_INIT("NR\0\0\0\x08\0\0\0\x03"), false},
        {__LINE__, CT_STR_INIT(STARTUP PASSWORD), "password=s3cret", CT_STR_INIT("SFATAL\0VFATAL\0" "C28P01\0Mpassword authentication failed for user \"joe\"\0Fauth.c\0"), true},
        {__LINE__, CT_STR_INIT(STARTUP "X\0\0\0\x04"), "database=shop", CT_STR_INIT("R\0\0\0\x08\0\0\0\x03"), true},
        {__LINE__, CT_STR_INIT(STARTUP "Q\0\0\0\x0c${jndi:}"), "command=${jndi:}", CT_STR_INIT("C08P01\0"), true},
        {__LINE__, CT_STR_INIT("\0\0\0\xa4\xffSMBr"), "first_bytes=\\x00\\x00\\x00\\xa4\\xffSMBr", CT_STR_INIT("Munsupported frontend protocol 65363.19778: server supports 3.0 to 3.0\0Fpostmaster.c\0L2194\0RProcessStartupPacket\0\0"), true},
        {__LINE__, CT_STR_INIT("GET / HTTP/1.1\r\n"), "payload=GET / HTTP/1.1\\x0d\\x0a", CT_STR_INIT("C0A000\0"), true},
        {__LINE__, CT_STR_INIT("\0\0\0\x09\0\x03\0\0\0"), NULL, CT_STR_INIT("C28000\0"), true},
        {__LINE__, CT_STR_INIT("\0\0\0\x07\0\x03\0\0"), NULL, CT_STR_INIT(""), true},
        {__LINE__, CT_STR_INIT("\0\0\x7f\x07\0\x03\0\0"), NULL, CT_STR_INIT(""), true},
    };
    struct rng r = rng_new("postgres");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct talk *t = talk_open("postgresql", NULL, false);
        talk_in(t, rows[i].in);
        if ((rows[i].learnt && !talk_learnt(t, rows[i].learnt)) || !talk_said(t, rows[i].said) || t->closed != rows[i].closed)
            fail_msg("row of line %d: closed %d", rows[i].line, t->closed);
        const unsigned char *error = (const unsigned char *)t->sent + (t->sent[0] == 'R' ? 9 : 0);
        size_t n = t->sent_n - (size_t)(error - (const unsigned char *)t->sent);
        if (t->closed && n) assert_true(error[0] == 'E' && ct_be32(error + 1) + 1 == n);
        talk_free(t);
    }
    talk_same_in_pieces("postgresql", NULL, S("\0\0\0\x08\x04\xd2\x16\x30\0\0\0\x08\x04\xd2\x16\x2f" STARTUP PASSWORD), &r);
    talk_nonsense("postgresql", NULL, S(STARTUP PASSWORD), &r);
    struct talk *t = talk_open("postgresql", NULL, true);
    talk_in(t, S("\0\0\0\x08\x04\xd2\x16\x2f" STARTUP));
    assert_true(t->tls && t->sent_n == 1 && t->sent[0] == 'S' && t->facts_n == 0);
    talk_free(t);
}

/* --- mongodb --- */

static void put_message(struct ct_reply *to, bool query, const struct ct_reply *elements)
{
    size_t document = elements->n + 5, between = query ? 4 + 11 + 8 : 5;
    ct_reply_le32(to, (uint32_t)(16 + between + document));
    ct_reply_le32(to, 7);
    ct_reply_le32(to, 0);
    ct_reply_le32(to, query ? 2004 : 2013);
    if (query) ct_reply_bytes(to, S("\0\0\0\0admin.$cmd\0\0\0\0\0\xff\xff\xff\xff"));
    else ct_reply_zero(to, 5);
    ct_reply_le32(to, (uint32_t)document);
    ct_reply_bytes(to, (ct_str){elements->b, elements->n});
    ct_reply_u8(to, 0);
}

static void put_element(struct ct_reply *r, unsigned type, const char *name, ct_str value)
{
    ct_reply_u8(r, type);
    ct_reply_text(r, name);
    ct_reply_u8(r, 0);
    if (type == 2) ct_reply_le32(r, (uint32_t)value.n + 1);
    if (type == 5) ct_reply_le32(r, (uint32_t)value.n), ct_reply_u8(r, 0);
    if (type == 3) ct_reply_le32(r, (uint32_t)value.n + 5);
    ct_reply_bytes(r, value);
    if (type == 2 || type == 3) ct_reply_u8(r, 0);
}

static void put_conversation(struct ct_reply *to)
{
    struct ct_reply driver = {0}, client = {0}, hello = {0}, sasl = {0}, list = {0};
    put_element(&driver, 2, "name", S("PyMongo"));
    put_element(&driver, 2, "version", S("${jndi}"));
    put_element(&client, 3, "driver", (ct_str){driver.b, driver.n});
    put_element(&hello, 16, "isMaster", S("\x01\0\0\0"));
    put_element(&hello, 3, "client", (ct_str){client.b, client.n});
    put_message(to, true, &hello);
    put_element(&sasl, 16, "saslStart", S("\x01\0\0\0"));
    put_element(&sasl, 2, "mechanism", S("SCRAM-SHA-256"));
    put_element(&sasl, 5, "payload", S("n,,n=admin,r=abcd"));
    put_element(&sasl, 2, "$db", S("shop"));
    put_message(to, false, &sasl);
    put_element(&list, 16, "listDatabases", S("\x01\0\0\0"));
    put_message(to, false, &list);
}

static void mongodb(void **unused)
{
    (void)unused;
    struct ct_reply in = {0};
    put_conversation(&in);
    struct talk *t = talk_open("mongodb", NULL, false);
    talk_in(t, (ct_str){in.b, in.n});
    assert_true(talk_learnt(t, "client_software=PyMongo ${jndi}") && talk_learnt(t, "user=admin") && talk_learnt(t, "database=shop") && talk_learnt(t, "command=listDatabases"));
    assert_true(talk_said(t, S("\x08ismaster\0\x01")) && talk_said(t, S("Authentication failed.\0")) && talk_said(t, S("command listDatabases requires authentication\0")));
    for (size_t at = 0, n; at < t->sent_n; at += n) { /* each answer is as long as it says, and answers 7 */
        n = ct_le32((const unsigned char *)t->sent + at);
        assert_true(n >= 16 && n <= t->sent_n - at && ct_le32((const unsigned char *)t->sent + at + 8) == 7);
    }
    assert_false(t->closed);
    talk_free(t);
    static const ct_str bad[] = {CT_STR_INIT("GET / HTTP/1.1\r\n\r\n"), CT_STR_INIT("\x10\0\0\0aaaabbbb\xdd\x07\0\0"), CT_STR_INIT("\xff\xff\xff\xff" "aaaabbbb\xdd\x07\0\0"),
                                 CT_STR_INIT("\x1a\0\0\0aaaabbbb\xdd\x07\0\0\0\0\0\0\0\x05\0\0\0\x01"), CT_STR_INIT("\x11\0\0\0aaaabbbb\xd4\x07\0\0x")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        t = talk_open("mongodb", NULL, false);
        talk_in(t, bad[i]);
        if (!t->closed || t->sent_n) fail_msg("row %zu", i);
        talk_free(t);
    }
    struct rng r = rng_new("mongodb");
    talk_same_in_pieces("mongodb", NULL, (ct_str){in.b, in.n}, &r);
    talk_nonsense("mongodb", NULL, (ct_str){in.b, in.n}, &r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mysql_login), cmocka_unit_test(mysql_other_ways), cmocka_unit_test(postgres), cmocka_unit_test(mongodb)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
