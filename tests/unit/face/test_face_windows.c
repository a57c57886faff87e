/* smb, rdp and vnc, with NTLM inside. Requests are put together here from the protocols' descriptions; real clients are in tests/e2e/faces. */
#include "face/face_out.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define S(lit) CT_STR(lit)

static ct_str view(const struct ct_reply *r) { return (ct_str){r->b, r->n}; }

static void put_wide(struct ct_reply *r, const char *text)
{
    for (; *text; text++) ct_reply_le16(r, (unsigned char)*text);
}

static void put_negotiate_ntlm(struct ct_reply *r) { ct_reply_bytes(r, S("NTLMSSP\0\x01\0\0\0\x15\x82\x08\x62\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")); }

/* Fields in the order of their payload; every offset is from the message's start. */
static void put_authenticate(struct ct_reply *r, const char *domain, const char *user, const char *workstation, ct_str response)
{
    const char *const texts[3] = {domain, user, workstation};
    size_t at = 72, lengths[3];
    for (unsigned i = 0; i < 3; i++) lengths[i] = ct_str_from(texts[i]).n * 2;
    ct_reply_bytes(r, S("NTLMSSP\0\x03\0\0\0"));
    ct_reply_le16(r, 0), ct_reply_le16(r, 0), ct_reply_le32(r, 72);
    size_t response_at = at + lengths[0] + lengths[1] + lengths[2];
    ct_reply_le16(r, (unsigned)response.n), ct_reply_le16(r, (unsigned)response.n), ct_reply_le32(r, (uint32_t)response_at);
    for (unsigned i = 0; i < 3; i++) {
        ct_reply_le16(r, (unsigned)lengths[i]), ct_reply_le16(r, (unsigned)lengths[i]), ct_reply_le32(r, (uint32_t)at);
        at += lengths[i];
    }
    ct_reply_zero(r, 8);
    ct_reply_le32(r, 0x62088215);
    ct_reply_zero(r, 8);
    for (unsigned i = 0; i < 3; i++) put_wide(r, texts[i]);
    ct_reply_bytes(r, response);
}

static void put_header(struct ct_reply *r, unsigned command, unsigned message)
{
    ct_reply_bytes(r, S("\xfeSMB\x40\0\0\0\0\0\0\0"));
    ct_reply_le16(r, command);
    ct_reply_le16(r, 31);
    ct_reply_zero(r, 8);
    ct_reply_le64(r, message);
    ct_reply_zero(r, 32);
}

static void put_framed(struct ct_reply *to, const struct ct_reply *message)
{
    ct_reply_be32(to, (uint32_t)message->n);
    ct_reply_bytes(to, view(message));
}

static void put_smb_negotiate(struct ct_reply *to, const unsigned *dialects, unsigned n)
{
    struct ct_reply m = {0};
    put_header(&m, 0, 0);
    ct_reply_le16(&m, 36);
    ct_reply_le16(&m, n);
    ct_reply_zero(&m, 32);
    for (unsigned i = 0; i < n; i++) ct_reply_le16(&m, dialects[i]);
    put_framed(to, &m);
}

static void put_session_setup(struct ct_reply *to, ct_str token, unsigned message)
{
    struct ct_reply m = {0};
    put_header(&m, 1, message);
    ct_reply_le16(&m, 25);
    ct_reply_zero(&m, 10);
    ct_reply_le16(&m, 88);
    ct_reply_le16(&m, (unsigned)token.n);
    ct_reply_zero(&m, 8);
    ct_reply_bytes(&m, token);
    put_framed(to, &m);
}

static void put_smb_login(struct ct_reply *to)
{
    static const unsigned dialects[] = {0x0202, 0x0210, 0x0300, 0x0302, 0x0311};
    struct ct_reply first = {0}, second = {0};
    put_smb_negotiate(to, dialects, 5);
    put_negotiate_ntlm(&first);
    put_session_setup(to, view(&first), 1);
    put_authenticate(&second, "CORP", "${jndi:ldap://u}", "KALI", S("an answer of sixteen and more bytes"));
    put_session_setup(to, view(&second), 2);
}

static void smb_login(void **unused)
{
    (void)unused;
    struct ct_reply in = {0};
    struct talk *t = talk_open("smb", NULL, false);
    put_smb_login(&in);
    talk_in(t, view(&in));
    assert_true(talk_learnt(t, "domain=CORP") && talk_learnt(t, "user=${jndi:ldap://u}") && talk_learnt(t, "payload=${jndi:ldap://u}") && talk_learnt(t, "workstation=KALI"));
    /* random bytes count up: 32 of salt, then the challenge */
    assert_true(talk_learnt(t, "response=ntlm:2021222324252627:616e20616e73776572206f66207369787465656e20616e64206d6f7265206279746573"));
    assert_true(talk_said(t, S("\x41\0\x01\0\x11\x03\x01\0")));                       /* negotiate: dialect 3.1.1, one context */
    assert_true(talk_said(t, S("\x16\0\0\xc0\x01\0")) && talk_said(t, S("NTLMSSP\0\x02\0\0\0"))); /* more processing required, challenge */
    assert_true(talk_said(t, S("\x6d\0\0\xc0\x01\0")) && !t->closed);                 /* logon failure */
    assert_true(talk_said(t, S("a\0p\0p\0" "0\0" "2\0.\0c\0o\0r\0p\0.\0i\0n\0t\0e\0r\0n\0a\0l\0")));
    assert_null(strstr(t->sent, "${"));
    talk_free(t);
    struct rng r = rng_new("smb");
    talk_same_in_pieces("smb", NULL, view(&in), &r);
    talk_nonsense("smb", NULL, view(&in), &r);
}

static void smb_dialects(void **unused)
{
    (void)unused;
    static const struct {
        unsigned offered[2];
        ct_str said;
    } rows[] = {{{0x0202, 0x0210}, CT_STR_INIT("\x41\0\x01\0\x10\x02")}, {{0x0302, 0x0300}, CT_STR_INIT("\x41\0\x01\0\x02\x03")}, {{0x0202, 0x7777}, CT_STR_INIT("\x41\0\x01\0\x02\x02")},
                {{0x9999, 0x7777}, CT_STR_INIT("\xbb\0\0\xc0")}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_reply in = {0};
        struct talk *t = talk_open("smb", NULL, false);
        put_smb_negotiate(&in, rows[i].offered, 2);
        talk_in(t, view(&in));
        assert_true(talk_said(t, rows[i].said));
        talk_free(t);
    }
    /* nmap's SMB 1 probe, as far as it matters, and the answer that names Samba */
#define SMB1(dialects, n) "\0\0\0" n "\xffSMB\x72\0\0\0\0\x08\x01\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\x06\0\0\x01\0\0" dialects
    struct talk *t = talk_open("smb", NULL, false);
    talk_in(t, S(SMB1("\x0c\0\x02NT LM 0.12\0", "\x2f")));
    assert_true(t->closed && t->sent_n == 4 + 32 + 5 && memcmp(t->sent, "\0\0\0\x25\xffSMBr\0\0\0\0\x88", 14) == 0);
    assert_memory_equal(t->sent + 16, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0@\x06\0\0\x01\0\x01\xff\xff\0\0", 25);
    talk_free(t);
    t = talk_open("smb", NULL, false);
    talk_in(t, S(SMB1("\x18\0\x02NT LM 0.12\0\x02SMB 2.???\0", "\x3a")));
    assert_true(!t->closed && talk_said(t, S("\x41\0\x01\0\xff\x02")));
    talk_free(t);
    t = talk_open("smb", NULL, false);
    talk_in(t, S("\x81\0\0\x04name\x85\0\0\0"));
    assert_true(!t->closed && t->sent_n == 4 && (unsigned char)t->sent[0] == 0x82);
    talk_free(t);
}

static void smb_refuses(void **unused)
{
    (void)unused;
    static const ct_str bad[] = {CT_STR_INIT("GET / HTTP/1.1\r\n"), CT_STR_INIT("\0\x7f\xff\xff"), CT_STR_INIT("\0\0\0\x04" "abcd"), CT_STR_INIT("\0\0\0\x20\xffSMB\x73\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct talk *t = talk_open("smb", NULL, false);
        talk_in(t, bad[i]);
        if (!t->closed || !strstr(t->facts, "first_bytes=")) fail_msg("row %zu", i);
        talk_free(t);
    }
    /* a share asked for without a login: seen, refused */
    struct ct_reply m = {0}, in = {0};
    put_header(&m, 3, 5);
    ct_reply_le16(&m, 9), ct_reply_le16(&m, 0), ct_reply_le16(&m, 72), ct_reply_le16(&m, 14);
    put_wide(&m, "\\\\h\\c$x");
    put_framed(&in, &m);
    struct talk *t = talk_open("smb", NULL, false);
    talk_in(t, view(&in));
    assert_true(talk_learnt(t, "path=\\\\h\\c$x") && talk_said(t, S("\x03\x02\0\xc0")));
    talk_free(t);
    /* fields that point outside */
    struct ct_reply evil = {0}, wire = {0};
    put_authenticate(&evil, "D", "U", "W", S("r"));
    evil.b[40] = evil.b[41] = evil.b[42] = evil.b[43] = 0xff;
    static const unsigned dialects[] = {0x0210};
    put_smb_negotiate(&wire, dialects, 1);
    put_session_setup(&wire, view(&evil), 1);
    t = talk_open("smb", NULL, false);
    talk_in(t, view(&wire));
    assert_true(talk_learnt(t, "domain=D") && !strstr(t->facts, "user=") && talk_said(t, S("\x0d\0\0\xc0")));
    talk_free(t);
}

#define COOKIE "\x03\0\0*%\xe0\0\0\0\0\0Cookie: mstshash=nmap\r\n\x01\0\x08\0\x03\0\0\0"

static void rdp(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("rdp", NULL, false);
    talk_in(t, S(COOKIE));
    assert_true(talk_learnt(t, "user=nmap") && t->sent_n == 19 && memcmp(t->sent, "\x03\0\0\x13\x0e\xd0\0\0\0\0\0\x02\0\x08\0\0\0\0\0", 19) == 0);
    struct ct_reply core = {0};
    ct_reply_bytes(&core, S("\x03\0\0\x4f\x02\xf0\x80\x7f\x65 and so on \x01\xc0\x38\0\x04\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\x63\x45\0\0"));
    put_wide(&core, "WS-${jndi}");
    ct_reply_zero(&core, 79 - core.n);
    talk_in(t, view(&core));
    assert_true(talk_learnt(t, "workstation=WS-${jndi}") && talk_learnt(t, "client_software=RDP build 17763") && t->closed);
    talk_free(t);
    t = talk_open("rdp", NULL, false);
    talk_in(t, S("\x03\0\0\x0b\x06\xe0\0\0\0\0\0"));
    assert_true(t->sent_n == 11 && memcmp(t->sent, "\x03\0\0\x0b\x06\xd0\0\0\0\0\0", 11) == 0);
    talk_free(t);
    static const ct_str bad[] = {CT_STR_INIT("GET"), CT_STR_INIT("\x03\0\0\x06"), CT_STR_INIT("\x03\x01\0\x10"), CT_STR_INIT("\x03\0\0\x08\x02\xf0\x80\x7f")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        t = talk_open("rdp", NULL, false);
        talk_in(t, bad[i]);
        if (!t->closed) fail_msg("row %zu", i);
        talk_free(t);
    }
    struct rng r = rng_new("rdp");
    struct ct_reply whole = {0};
    ct_reply_bytes(&whole, S(COOKIE));
    ct_reply_bytes(&whole, view(&core));
    talk_same_in_pieces("rdp", NULL, view(&whole), &r);
    talk_nonsense("rdp", NULL, view(&whole), &r);
}

/* TSRequest: version, and one token. */
static void put_credssp(struct ct_reply *to, const struct ct_reply *token)
{
    unsigned n = (unsigned)token->n;
    assert_true(n > 127 || n < 100);
    ct_reply_bytes(to, S("\x30\x82"));
    ct_reply_be16(to, n + 5 + 16);
    ct_reply_bytes(to, S("\xa0\x03\x02\x01\x06\xa1\x82"));
    ct_reply_be16(to, n + 12);
    ct_reply_bytes(to, S("\x30\x82"));
    ct_reply_be16(to, n + 8);
    ct_reply_bytes(to, S("\xa0\x82"));
    ct_reply_be16(to, n + 4);
    ct_reply_bytes(to, S("\x04\x82"));
    ct_reply_be16(to, n);
    ct_reply_bytes(to, view(token));
}

static void rdp_nla(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("rdp", NULL, true);
    struct ct_reply a = {0}, b = {0}, token = {0};
    talk_in(t, S(COOKIE));
    assert_true(t->tls && t->sent[15] == 2);
    t->tls = false; /* the host has TLS up */
    put_negotiate_ntlm(&token);
    put_credssp(&a, &token);
    talk_in(t, view(&a));
    assert_true(talk_said(t, S("NTLMSSP\0\x02\0\0\0")) && !t->closed);
    token.n = 0;
    put_authenticate(&token, "CORP", "administrator", "KALI", S("an answer of sixteen and more bytes"));
    put_credssp(&b, &token);
    talk_in(t, view(&b));
    assert_true(talk_learnt(t, "user=administrator") && talk_learnt(t, "domain=CORP") && strstr(t->facts, "response=ntlm:0001020304050607:616e20") && t->closed);
    assert_true(talk_said(t, S("\xa4\x06\x02\x04\xc0\0\0\x6d")));
    talk_free(t);
    t = talk_open("rdp", NULL, true);
    talk_in(t, S(COOKIE));
    t->tls = false;
    talk_in(t, S("\x30\x03\x02\x01\x01"));
    assert_true(t->closed);
    talk_free(t);
}

static void vnc(void **unused)
{
    (void)unused;
    struct talk *t = talk_open("vnc", NULL, false);
    talk_in(t, S("RFB 003.008\n\x02" "sixteen answering"));
    assert_true(talk_learnt(t, "response=vnc:000102030405060708090a0b0c0d0e0f:7369787465656e20616e73776572696e") && t->closed);
    assert_true(talk_said(t, S("RFB 003.008\n\x01\x02")) && talk_said(t, S("\0\0\0\x01\0\0\0\x17" "Authentication failure\n")));
    talk_free(t);
    t = talk_open("vnc", NULL, false);
    talk_in(t, S("RFB 003.003\n" "sixteen answering"));
    assert_true(talk_said(t, S("\0\0\0\x02\0\x01\x02\x03")) && t->closed);
    talk_free(t);
    t = talk_open("vnc", NULL, false);
    talk_in(t, S("GET /"));
    assert_true(t->closed && talk_learnt(t, "first_bytes=GET /"));
    talk_free(t);
    struct rng r = rng_new("vnc");
    talk_same_in_pieces("vnc", NULL, S("RFB 003.007\n\x02" "sixteen answering"), &r);
    talk_nonsense("vnc", NULL, S("RFB 003.008\n\x02" "sixteen answering"), &r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(smb_login), cmocka_unit_test(smb_dialects), cmocka_unit_test(smb_refuses), cmocka_unit_test(rdp),
                                       cmocka_unit_test(rdp_nla), cmocka_unit_test(vnc)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
