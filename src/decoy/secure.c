#include "decoy/secure.h"

#include "actor/actor.h"
#include "crypt/crypt.h"
#include "decoy/chance.h"
#include "decoy/session.h"
#include "face/ja4.h"

#include <errno.h>
#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { CERTIFICATE = 4096 };

struct ct_tls_session {
    mbedtls_ssl_context ssl;
    struct ct_session *s;
    struct ct_secure *t;
    unsigned char *first; /* what came first, until the hello was read from it; also what was read before TLS was known to be TLS */
    size_t first_n, first_cap, taken;
    bool hello_done, established;
};

struct ct_secure {
    struct ct_worker *w;
    mbedtls_ssl_config config;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    struct ct_tls_session *sessions[CT_DECOY_TLS_MAX];
    struct ct_crypt crypt;
    struct ct_face_crypto table, inner;
    int64_t second;
    unsigned handshakes; /* in that second */
};

static int random_bytes(void *ctx, unsigned char *to, size_t n)
{
    (void)ctx;
    ct_chance(to, n);
    return 0;
}

static void crypt_random(void *ctx, unsigned char *to, size_t n) { (void)random_bytes(ctx, to, n); }

/* Bytes that are the same in each run of one installation, and nobody else knows. */
struct stream {
    const unsigned char *key;
    const char *what;
    unsigned n;
};

static int derived(void *ctx, unsigned char *to, size_t n)
{
    struct stream *s = ctx;
    while (n) {
        char text[64], hex[33];
        int length = snprintf(text, sizeof text, "%s %u", s->what, s->n++);
        ct_secret_hash(s->key, (ct_str){(unsigned char *)text, (size_t)length}, hex);
        for (unsigned i = 0; i < 16 && n; i++, n--)
            *to++ = (unsigned char)((unsigned)ct_hex_value((unsigned char)hex[2 * i]) << 4 | (unsigned)ct_hex_value((unsigned char)hex[2 * i + 1]));
    }
    return 0;
}

static bool may_exchange(struct ct_secure *t)
{
    int64_t second = t->w->now.mono_ms / 1000;
    if (second != t->second) {
        t->second = second;
        t->handshakes = 0;
    }
    return t->handshakes++ < CT_DECOY_HANDSHAKES;
}

static bool agree(void *ctx, bool x25519, ct_str peer, unsigned char *ret_own, unsigned char ret_secret[32])
{
    struct ct_secure *t = ctx;
    return may_exchange(t) && t->inner.agree(t->inner.ctx, x25519, peer, ret_own, ret_secret);
}

static bool sign(void *ctx, const unsigned char digest[32], unsigned char ret_r[32], unsigned char ret_s[32])
{
    struct ct_secure *t = ctx;
    return t->inner.sign(t->inner.ctx, digest, ret_r, ret_s);
}

static bool aes_ctr(void *ctx, const unsigned char *key, size_t key_n, unsigned char counter[16], unsigned char *bytes, size_t n)
{
    struct ct_secure *t = ctx;
    return t->inner.aes_ctr(t->inner.ctx, key, key_n, counter, bytes, n);
}

/* The key of the SSH face. */
static void make_crypt(struct ct_secure *t)
{
    struct stream secret = {t->w->opts->key, "ssh host key", 0};
    unsigned char key[CT_CRYPT_KEY];
    for (unsigned i = 0; i < 8; i++) { /* nearly every number is a key */
        (void)derived(&secret, key, sizeof key);
        if (ct_crypt_init(key, crypt_random, NULL, &t->crypt, &t->inner) != CT_OK) continue;
        t->table = t->inner;
        t->table.agree = agree;
        t->table.sign = sign;
        t->table.aes_ctr = aes_ctr;
        t->table.ctx = t;
        t->w->host.crypto = &t->table;
        return;
    }
}

static bool make_certificate(struct ct_secure *t)
{
    const struct ct_face_host *h = &t->w->host;
    struct stream secret = {t->w->opts->key, "certificate", 0};
    static unsigned char der[CERTIFICATE];
    unsigned char serial_bytes[8] = {0};
    char name[256];
    mbedtls_x509write_cert c;
    mbedtls_mpi serial;
    mbedtls_x509write_crt_init(&c);
    mbedtls_mpi_init(&serial);
    (void)snprintf(name, sizeof name, "CN=%.*s.%.*s,O=%.*s", CT_STR_ARG(h->name), CT_STR_ARG(h->domain), CT_STR_ARG(h->domain));
    mbedtls_x509write_crt_set_version(&c, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&c, MBEDTLS_MD_SHA256);
    int n = -1;
    bool ok = mbedtls_pk_setup(&t->key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0 &&
              mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(t->key), derived, &secret) == 0 && derived(&secret, serial_bytes, 8) == 0;
    serial_bytes[0] &= 0x7f;
    ok = ok && mbedtls_mpi_read_binary(&serial, serial_bytes, sizeof serial_bytes) == 0 && mbedtls_x509write_crt_set_serial(&c, &serial) == 0 &&
         mbedtls_x509write_crt_set_subject_name(&c, name) == 0 && mbedtls_x509write_crt_set_issuer_name(&c, name) == 0 &&
         mbedtls_x509write_crt_set_validity(&c, "20240117093211", "20340114093211") == 0;
    mbedtls_x509write_crt_set_subject_key(&c, &t->key);
    mbedtls_x509write_crt_set_issuer_key(&c, &t->key);
    if (ok) n = mbedtls_x509write_crt_der(&c, der, sizeof der, random_bytes, NULL);
    mbedtls_x509write_crt_free(&c);
    mbedtls_mpi_free(&serial);
    return n > 0 && mbedtls_x509_crt_parse_der(&t->certificate, der + sizeof der - n, (size_t)n) == 0;
}

struct ct_secure *ct_secure_new(struct ct_worker *w)
{
    struct ct_secure *t = ct_alloc_get(w->alloc, sizeof *t);
    if (!t) return NULL;
    memset(t, 0, sizeof *t);
    t->w = w;
    make_crypt(t);
    mbedtls_ssl_config_init(&t->config);
    mbedtls_x509_crt_init(&t->certificate);
    mbedtls_pk_init(&t->key);
    if (!make_certificate(t) ||
        mbedtls_ssl_config_defaults(&t->config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
        mbedtls_ssl_conf_own_cert(&t->config, &t->certificate, &t->key) != 0)
        return NULL; /* what was made stays with the process */
    mbedtls_ssl_conf_rng(&t->config, random_bytes, NULL);
    mbedtls_ssl_conf_authmode(&t->config, MBEDTLS_SSL_VERIFY_NONE);
    return t;
}

/* --- one session -------------------------------------------------------------------------------------------------- */

static int out(void *ctx, const unsigned char *p, size_t n)
{
    struct ct_tls_session *x = ctx;
    return ct_session_queue(x->t->w, x->s, (ct_str){p, n}) ? (int)n : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static void told(struct ct_tls_session *x)
{
    x->hello_done = true;
    if (x->taken < x->first_n) return; /* not all of it was given to TLS yet */
    ct_alloc_put(x->t->w->alloc, x->first, x->first_cap);
    x->first = NULL;
    x->first_n = x->first_cap = x->taken = 0;
}

/* Keeps n more of the first bytes, and reads the hello from them. */
static void look(struct ct_tls_session *x, const unsigned char *p, size_t n)
{
    const struct ct_alloc *alloc = x->t->w->alloc;
    struct ct_tls_hello hello;
    if (x->first_n + n > x->first_cap) {
        size_t cap = x->first_n + n < 1024 ? 1024 : x->first_n + n;
        void *bigger = cap <= CT_FACE_BUFFER_MAX ? alloc->resize(alloc->ctx, x->first, x->first_cap, cap) : NULL;
        if (!bigger) {
            told(x);
            return;
        }
        x->first = bigger;
        x->first_cap = cap;
    }
    if (p) memcpy(x->first + x->first_n, p, n);
    x->first_n += n;
    enum ct_claim claim = ct_tls_hello((ct_str){x->first, x->first_n}, &hello);
    if (claim == CT_CLAIM_MORE) return;
    if (claim == CT_CLAIM_YES) ct_session_hello(x->t->w, x->s, &hello);
    told(x);
}

static int in(void *ctx, unsigned char *to, size_t n)
{
    struct ct_tls_session *x = ctx;
    if (x->taken < x->first_n) { /* read before it was known to be TLS */
        size_t left = x->first_n - x->taken, take = left < n ? left : n;
        memcpy(to, x->first + x->taken, take);
        x->taken += take;
        if (x->hello_done) told(x);
        return (int)take;
    }
    ssize_t got = recv(x->s->item.fd, to, n, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
    if (got == 0) return MBEDTLS_ERR_SSL_CONN_EOF;
    if (!x->hello_done) {
        look(x, to, (size_t)got);
        x->taken = x->first_n;
        if (x->hello_done) told(x);
    }
    return (int)got;
}

static struct ct_tls_session **slot(struct ct_secure *t)
{
    struct ct_tls_session **oldest = &t->sessions[0];
    for (size_t i = 0; i < CT_DECOY_TLS_MAX; i++) {
        if (!t->sessions[i]) return &t->sessions[i];
        if (t->sessions[i]->s->active_ms < (*oldest)->s->active_ms) oldest = &t->sessions[i];
    }
    t->w->counts.evicted++;
    ct_session_over(t->w, (*oldest)->s); /* gives its slot back */
    return oldest;
}

bool ct_secure_begin(struct ct_secure *t, struct ct_session *s, ct_str already)
{
    if (!may_exchange(t)) {
        t->w->counts.refused++;
        return false;
    }
    struct ct_tls_session **at = slot(t), *x = ct_alloc_get(t->w->alloc, sizeof *x);
    if (!x) return false;
    memset(x, 0, sizeof *x);
    x->s = s;
    x->t = t;
    mbedtls_ssl_init(&x->ssl);
    if (mbedtls_ssl_setup(&x->ssl, &t->config) != 0) {
        mbedtls_ssl_free(&x->ssl);
        ct_alloc_put(t->w->alloc, x, sizeof *x);
        return false;
    }
    mbedtls_ssl_set_bio(&x->ssl, x, out, in, NULL);
    *at = s->tls = x;
    t->w->counts.tls_sessions++;
    if (already.n) look(x, already.p, already.n);
    return true;
}

void ct_secure_end(struct ct_secure *t, struct ct_session *s)
{
    struct ct_tls_session *x = s->tls;
    for (size_t i = 0; i < CT_DECOY_TLS_MAX; i++)
        if (t->sessions[i] == x) t->sessions[i] = NULL;
    mbedtls_ssl_free(&x->ssl);
    ct_alloc_put(t->w->alloc, x->first, x->first_cap);
    ct_alloc_put(t->w->alloc, x, sizeof *x);
    s->tls = NULL;
    t->w->counts.tls_sessions--;
}

ssize_t ct_secure_receive(struct ct_secure *t, struct ct_session *s, unsigned char *to, size_t n)
{
    (void)t;
    int got = s->tls->established ? 0 : mbedtls_ssl_handshake(&s->tls->ssl);
    if (got == 0) {
        s->tls->established = true;
        got = mbedtls_ssl_read(&s->tls->ssl, to, n);
    }
    if (got > 0) return got;
    if (got == MBEDTLS_ERR_SSL_WANT_READ || got == MBEDTLS_ERR_SSL_WANT_WRITE) {
        errno = EAGAIN;
        return -1;
    }
    if (got == 0 || got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || got == MBEDTLS_ERR_SSL_CONN_EOF) return 0;
    errno = EPROTO;
    return -1;
}

bool ct_secure_established(const struct ct_session *s) { return s->tls->established; }
bool ct_secure_pending(const struct ct_session *s) { return mbedtls_ssl_get_bytes_avail(&s->tls->ssl) > 0; }

bool ct_secure_send(struct ct_session *s, ct_str bytes)
{
    while (bytes.n) {
        int n = mbedtls_ssl_write(&s->tls->ssl, bytes.p, bytes.n);
        if (n <= 0) return false;
        bytes = ct_str_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

void ct_secure_goodbye(struct ct_session *s)
{
    if (s->tls->established) (void)mbedtls_ssl_close_notify(&s->tls->ssl);
}
