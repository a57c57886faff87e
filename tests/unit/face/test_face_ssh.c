/* The SSH face from inside: fingerprints, the way to a password in any pieces, and what ends a connection. That the key exchange is right is for real
 * clients to say (tests/e2e/faces); here its operations are stand-ins, and the keys are taken from the server's state. */
#include "face/md5.h"
#include "face/ssh.h"
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define S(lit) CT_STR(lit)

static bool agree(void *ctx, bool x25519, ct_str peer, unsigned char *ret_own, unsigned char ret_secret[32])
{
    (void)ctx;
    memset(ret_own, 9, x25519 ? 32 : 65);
    memset(ret_secret, 0x80, 32);
    return peer.p[0] != 0;
}

static bool sign(void *ctx, const unsigned char digest[32], unsigned char ret_r[32], unsigned char ret_s[32])
{
    (void)ctx;
    memcpy(ret_r, digest, 32);
    memset(ret_s, 0, 32);
    return true;
}

static bool aes_ctr(void *ctx, const unsigned char *key, size_t key_n, unsigned char counter[16], unsigned char *bytes, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= (unsigned char)(key[i % key_n] ^ counter[15]);
        if (i % 16 == 15) counter[15]++;
    }
    return true;
}

static const struct ct_face_crypto crypto = {.agree = agree, .sign = sign, .aes_ctr = aes_ctr};
static struct ct_face_host host;

static void md5_vectors(void **unused)
{
    (void)unused;
    /* RFC 1321, A.5 */
    static const struct {
        const char *in, *hex;
    } rows[] = {{"", "d41d8cd98f00b204e9800998ecf8427e"}, {"abc", "900150983cd24fb0d6963f7d28e17f72"},
                {"12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"},
                {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char digest[16];
        char hex[33];
        ct_md5(ct_str_from(rows[i].in), digest);
        for (unsigned k = 0; k < 16; k++) (void)snprintf(hex + 2 * k, 3, "%02x", digest[k]);
        assert_string_equal(hex, rows[i].hex);
    }
}

/* A client: what it would send, put together by the code that the server reads with. */
struct client {
    struct ct_ssh s;
    unsigned char bytes[16384];
    size_t n;
};

static void on_send(void *ctx, ct_str bytes)
{
    struct client *c = ctx;
    assert_true(bytes.n <= sizeof c->bytes - c->n);
    memcpy(c->bytes + c->n, bytes.p, bytes.n);
    c->n += bytes.n;
}

static void on_random(void *ctx, unsigned char *to, size_t n)
{
    (void)ctx;
    memset(to, 7, n);
}

static void client_send(struct client *c, const struct ct_reply *r)
{
    struct ct_face_io io = {.send = on_send, .random = on_random, .ctx = c, .host = &host};
    ct_ssh_write(&c->s, &io, (ct_str){r->b, r->n});
}

static void client_kexinit(struct client *c, const char *kex, const char *cipher, const char *mac, bool guess)
{
    const char *const lists[] = {kex, "ecdsa-sha2-nistp256", cipher, cipher, mac, mac, "none", "none", "", ""};
    struct ct_reply r = {0};
    ct_reply_u8(&r, SSH_KEXINIT);
    ct_reply_zero(&r, 16);
    for (unsigned i = 0; i < 10; i++) ct_ssh_put_string(&r, ct_str_from(lists[i]));
    ct_reply_u8(&r, guess);
    ct_reply_zero(&r, 4);
    client_send(c, &r);
}

static void client_ecdh(struct client *c, size_t point, unsigned fill)
{
    unsigned char q[65];
    struct ct_reply r = {0};
    memset(q, (int)fill, sizeof q);
    ct_reply_u8(&r, SSH_ECDH_INIT);
    ct_ssh_put_string(&r, (ct_str){q, point});
    client_send(c, &r);
}

static void client_code(struct client *c, unsigned type)
{
    struct ct_reply r = {0};
    ct_reply_u8(&r, type);
    client_send(c, &r);
}

static void client_auth(struct client *c, const char *user, const char *method, ct_str first, ct_str second)
{
    struct ct_reply r = {0};
    ct_reply_u8(&r, SSH_AUTH_REQUEST);
    ct_ssh_put_string(&r, ct_str_from(user));
    ct_ssh_put_string(&r, S("ssh-connection"));
    ct_ssh_put_string(&r, ct_str_from(method));
    if (first.p) ct_reply_u8(&r, 0);
    if (first.p) ct_ssh_put_string(&r, first);
    if (second.p) ct_ssh_put_string(&r, second);
    client_send(c, &r);
}

/* All that a client sends up to `tries` wrong passwords. */
static void whole_login(struct client *c, const char *kex, const char *cipher, const char *mac, bool wrong_guess, unsigned tries)
{
    static const ct_str none;
    memset(c, 0, sizeof *c);
    on_send(c, S("SSH-2.0-Test_1\r\n"));
    client_kexinit(c, wrong_guess ? "other,curve25519-sha256" : kex, cipher, mac, wrong_guess);
    if (wrong_guess) client_code(c, SSH_ECDH_INIT);
    client_ecdh(c, strstr(kex, "curve") ? 32 : 65, 4);
    client_code(c, SSH_NEWKEYS);
    struct talk *t = talk_open("ssh", &host, false);
    talk_in(t, (ct_str){c->bytes, c->n});
    assert_false(t->closed);
    struct ct_ssh server;
    memcpy(&server, t->state, sizeof server);
    uint32_t sequence = c->s.out.sequence;
    c->s.out = server.in; /* what it reads with is what we write with */
    assert_true(c->s.out.on && c->s.out.sequence == (strstr(kex, "kex-strict") ? 0 : sequence));
    talk_free(t);
    struct ct_reply r = {0};
    ct_reply_u8(&r, SSH_SERVICE_REQUEST);
    ct_ssh_put_string(&r, S("ssh-userauth"));
    client_send(c, &r);
    client_auth(c, "root", "none", none, none);
    client_auth(c, "root", "publickey", S("ssh-ed25519"), S("a public key"));
    for (unsigned i = 0; i < tries; i++) client_auth(c, "root", "password", S("${jndi:ldap://p/w}"), none);
}

static void login(void **unused)
{
    (void)unused;
    static const struct {
        const char *kex, *cipher, *mac;
    } rows[] = {{"curve25519-sha256", "aes128-ctr", "hmac-sha2-256-etm@openssh.com"}, {"ecdh-sha2-nistp256", "aes256-ctr", "hmac-sha1"},
                {"curve25519-sha256@libssh.org", "aes256-ctr", "hmac-sha2-256"}, {"ecdh-sha2-nistp256", "aes128-ctr", "hmac-sha1-etm@openssh.com"},
                {"curve25519-sha256,kex-strict-c-v00@openssh.com", "aes128-ctr", "hmac-sha2-256"}};
    static struct client c;
    struct rng r = rng_new("ssh");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned guess = 0; guess < 2; guess++) {
            if (guess && strcmp(rows[i].kex, "curve25519-sha256") != 0) continue;
            whole_login(&c, rows[i].kex, rows[i].cipher, rows[i].mac, guess, 2);
            struct talk *t = talk_open("ssh", &host, false);
            talk_in(t, (ct_str){c.bytes, c.n});
            assert_true(talk_learnt(t, "user=root") && talk_learnt(t, "password=${jndi:ldap://p/w}") && talk_learnt(t, "payload=${jndi:ldap://p/w}"));
            /* printf 'a public key' | sha256sum, as base64 */
            assert_true(talk_learnt(t, "key=ssh-ed25519 SHA256:C3NI+gOJcMSOwHzXO2JX857IEPYPFu5zti48biYQq8Y"));
            assert_false(t->closed);
            talk_free(t);
            talk_same_in_pieces("ssh", &host, (ct_str){c.bytes, c.n}, &r);
        }
    whole_login(&c, rows[0].kex, rows[0].cipher, rows[0].mac, false, 9);
    struct talk *t = talk_open("ssh", &host, false);
    talk_in(t, (ct_str){c.bytes, c.n});
    assert_true(t->closed); /* too many */
    talk_free(t);
    /* one wrong bit anywhere ends it */
    whole_login(&c, rows[0].kex, rows[0].cipher, rows[0].mac, false, 1);
    c.bytes[c.n - 40] ^= 1;
    t = talk_open("ssh", &host, false);
    talk_in(t, (ct_str){c.bytes, c.n});
    assert_true(t->closed && !strstr(t->facts, "password="));
    talk_free(t);
    whole_login(&c, rows[0].kex, rows[0].cipher, rows[0].mac, false, 3);
    talk_nonsense("ssh", &host, (ct_str){c.bytes, c.n}, &r);
}

/* What lies between KEXINIT and NEWKEYS is borne, unless both sides have promised not to. */
static void strict(void **unused)
{
    (void)unused;
    static struct client c;
    for (int way = 0; way < 2; way++) {
        memset(&c, 0, sizeof c);
        on_send(&c, S("SSH-2.0-x\r\n"));
        client_kexinit(&c, way ? "curve25519-sha256,kex-strict-c-v00@openssh.com" : "curve25519-sha256", "aes128-ctr", "hmac-sha1", false);
        client_code(&c, SSH_IGNORE);
        struct talk *t = talk_open("ssh", &host, false);
        talk_in(t, (ct_str){c.bytes, c.n});
        assert_int_equal(t->closed, way);
        talk_free(t);
    }
}

/* md5 of "curve25519-sha256;aes128-ctr;hmac-sha2-256;none" by md5sum */
static void hassh(void **unused)
{
    (void)unused;
    static struct client c;
    memset(&c, 0, sizeof c);
    on_send(&c, S("SSH-2.0-Go\n"));
    client_kexinit(&c, "curve25519-sha256", "aes128-ctr", "hmac-sha2-256", false);
    struct talk *t = talk_open("ssh", NULL, false); /* without crypto it ends here, with what it has */
    talk_in(t, (ct_str){c.bytes, c.n});
    assert_true(talk_learnt(t, "hassh=e97d07603350d1111ec2b64bf25413c9") && talk_learnt(t, "client_software=SSH-2.0-Go") && t->closed);
    assert_true(talk_said(t, S("SSH-2.0-OpenSSH_9.2p1")));
    talk_free(t);
}

static void refuses(void **unused)
{
    (void)unused;
    static char endless[400] = "SSH-2.0-";
    memset(endless + 8, 'x', sizeof endless - 9);
    const char *const banners[] = {"GET / HTTP/1.0\r\n\r\n", "SSH-1.5-old\r\n", "\x16\x03\x01", endless};
    for (size_t i = 0; i < sizeof banners / sizeof *banners; i++) {
        struct talk *t = talk_open("ssh", &host, false);
        talk_in(t, ct_str_from(banners[i]));
        assert_true(t->closed && talk_said(t, S("Invalid SSH identification string.\r\n")) && strstr(t->facts, "first_bytes="));
        talk_free(t);
    }
    static struct client c;
    static const struct {
        const char *kex, *cipher;
        unsigned fill;
        size_t point;
    } rows[] = {{"diffie-hellman-group14-sha1", "aes128-ctr", 4, 32}, {"curve25519-sha256", "chacha20-poly1305@openssh.com", 4, 32},
                {"curve25519-sha256", "aes128-ctr", 0, 32}, {"curve25519-sha256", "aes128-ctr", 4, 31}, {"ecdh-sha2-nistp256", "aes128-ctr", 4, 32}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(&c, 0, sizeof c);
        on_send(&c, S("SSH-2.0-x\r\n"));
        client_kexinit(&c, rows[i].kex, rows[i].cipher, "hmac-sha1", false);
        client_ecdh(&c, rows[i].point, rows[i].fill);
        struct talk *t = talk_open("ssh", &host, false);
        talk_in(t, (ct_str){c.bytes, c.n});
        if (!t->closed || !strstr(t->facts, "hassh=")) fail_msg("row %zu", i);
        talk_free(t);
    }
}

int main(void)
{
    ct_face_host_default(&host);
    host.crypto = &crypto;
    const struct CMUnitTest tests[] = {cmocka_unit_test(md5_vectors), cmocka_unit_test(login), cmocka_unit_test(strict), cmocka_unit_test(hassh), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
