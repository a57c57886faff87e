#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/asn1.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ct_tls {
    const struct ct_alloc *alloc;
    const char *host;
    unsigned char ip[16];
    size_t ip_n; /* 0: host is a name */
    int fd;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt authorities;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
};

/* Where distributions keep the bundle: Debian, Fedora, Alpine and the BSDs. */
static const char *const SYSTEM_BUNDLES[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
};

static ct_err library_fault(struct ct_fault *fault, ct_err err, const char *what, int code)
{
    char text[128];
    mbedtls_strerror(code, text, sizeof text);
    return ct_fault_set(fault, code == MBEDTLS_ERR_SSL_ALLOC_FAILED ? CT_ERR_NOMEM : err, 0, "%s: %s", what, text);
}

static int bio_send(void *ctx, const unsigned char *p, size_t n)
{
    ct_tls *t = ctx;
    ssize_t sent = send(t->fd, p, n, MSG_NOSIGNAL);
    if (sent >= 0) return (int)sent;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int bio_recv(void *ctx, unsigned char *p, size_t n)
{
    ct_tls *t = ctx;
    ssize_t got = recv(t->fd, p, n, 0);
    if (got >= 0) return (int)got;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* mbed TLS 2.28 compares names only; an address must stand in the leaf's IP entries (RFC 5280, 4.2.1.6: tag 7). */
static int verify_address(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    const ct_tls *t = ctx;
    if (depth != 0 || t->ip_n == 0) return 0;
    if (crt->ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)
        for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s; s = s->next)
            if (s->buf.tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7) && s->buf.len == t->ip_n &&
                memcmp(s->buf.p, t->ip, t->ip_n) == 0)
                return 0;
    *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return 0;
}

static ct_err load_authorities(ct_tls *t, const char *ca_file, struct ct_fault *fault)
{
    if (ca_file) {
        int code = mbedtls_x509_crt_parse_file(&t->authorities, ca_file);
        if (code == 0) return CT_OK;
        if (access(ca_file, R_OK) != 0)
            return ct_fault_set(fault, CT_ERR_NOT_FOUND, 0, "cannot read the CA file %.100s: %s", ca_file, strerror(errno));
        if (code > 0) return ct_fault_set(fault, CT_ERR_SYNTAX, 0, "%d certificates of the CA file are malformed", code);
        return library_fault(fault, CT_ERR_SYNTAX, "CA file", code);
    }
    for (size_t i = 0; i < sizeof SYSTEM_BUNDLES / sizeof *SYSTEM_BUNDLES; i++)
        /* A positive number counts certificates of kinds this library does not know; the others serve. */
        if (mbedtls_x509_crt_parse_file(&t->authorities, SYSTEM_BUNDLES[i]) >= 0 && t->authorities.version != 0) return CT_OK;
    return ct_fault_set(fault, CT_ERR_NOT_FOUND, 0, "no CA certificates on this system: name a CA file");
}

static ct_err set_up(ct_tls *t, const char *ca_file, struct ct_fault *fault)
{
    CT_TRY(load_authorities(t, ca_file, fault));
    int code = mbedtls_ctr_drbg_seed(&t->random, mbedtls_entropy_func, &t->entropy, (const unsigned char *)"caltrop", 7);
    if (code != 0) return library_fault(fault, CT_ERR_NOMEM, "random numbers", code);
    code = mbedtls_ssl_config_defaults(&t->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                       MBEDTLS_SSL_PRESET_DEFAULT);
    if (code != 0) return library_fault(fault, CT_ERR_NOMEM, "TLS", code);
    mbedtls_ssl_conf_min_version(&t->config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_authmode(&t->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&t->config, &t->authorities, NULL);
    mbedtls_ssl_conf_verify(&t->config, verify_address, t);
    mbedtls_ssl_conf_rng(&t->config, mbedtls_ctr_drbg_random, &t->random);
    code = mbedtls_ssl_setup(&t->ssl, &t->config);
    /* A null name sends no SNI, as RFC 6066 wants for addresses; verify_address does the comparing then. */
    if (code == 0) code = mbedtls_ssl_set_hostname(&t->ssl, t->ip_n ? NULL : t->host);
    if (code != 0) return library_fault(fault, CT_ERR_NOMEM, "TLS", code);
    mbedtls_ssl_set_bio(&t->ssl, t, bio_send, bio_recv, NULL);
    return CT_OK;
}

ct_err ct_tls_new(const struct ct_alloc *alloc, const char *host, bool literal, const char *ca_file, ct_tls **ret_tls,
                  struct ct_fault *fault)
{
    ct_tls *t = ct_alloc_get(alloc, sizeof *t);
    if (!t) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    memset(t, 0, sizeof *t);
    t->alloc = alloc;
    t->host = host;
    t->fd = -1;
    if (literal && inet_pton(AF_INET, host, t->ip) == 1) t->ip_n = 4;
    else if (literal && inet_pton(AF_INET6, host, t->ip) == 1) t->ip_n = 16;
    mbedtls_entropy_init(&t->entropy);
    mbedtls_ctr_drbg_init(&t->random);
    mbedtls_x509_crt_init(&t->authorities);
    mbedtls_ssl_config_init(&t->config);
    mbedtls_ssl_init(&t->ssl);
    ct_err err = set_up(t, ca_file, fault);
    if (err != CT_OK) {
        ct_tls_free(t);
        return err;
    }
    *ret_tls = t;
    return CT_OK;
}

void ct_tls_free(ct_tls *t)
{
    if (!t) return;
    mbedtls_ssl_free(&t->ssl);
    mbedtls_ssl_config_free(&t->config);
    mbedtls_x509_crt_free(&t->authorities);
    mbedtls_ctr_drbg_free(&t->random);
    mbedtls_entropy_free(&t->entropy);
    ct_alloc_put(t->alloc, t, sizeof *t);
}

/* CT_OK: the library wants another go. */
static ct_err wait_for_it(ct_tls *t, int code, const struct ct_deadline *d, const char *what, struct ct_fault *fault)
{
    if (code == MBEDTLS_ERR_SSL_WANT_READ) return ct_wait_fd(t->fd, POLLIN, d, fault);
    if (code == MBEDTLS_ERR_SSL_WANT_WRITE) return ct_wait_fd(t->fd, POLLOUT, d, fault);
    if (code == MBEDTLS_ERR_SSL_INTERNAL_ERROR || code == MBEDTLS_ERR_SSL_CONN_EOF || code == 0)
        return ct_fault_set(fault, CT_ERR_NETWORK, 0, "%s: the connection broke off", what);
    return library_fault(fault, CT_ERR_NETWORK, what, code);
}

static ct_err verification_fault(ct_tls *t, struct ct_fault *fault)
{
    char text[256] = "";
    (void)mbedtls_x509_crt_verify_info(text, sizeof text, "", mbedtls_ssl_get_verify_result(&t->ssl));
    text[strcspn(text, "\n")] = '\0';
    return ct_fault_set(fault, CT_ERR_NETWORK, 0, "certificate refused: %.150s", text);
}

ct_err ct_tls_handshake(ct_tls *t, int fd, const struct ct_deadline *d, struct ct_fault *fault)
{
    t->fd = fd;
    int code = mbedtls_ssl_session_reset(&t->ssl);
    if (code != 0) return library_fault(fault, CT_ERR_NETWORK, "TLS", code);
    while ((code = mbedtls_ssl_handshake(&t->ssl)) != 0) {
        if (code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) return verification_fault(t, fault);
        CT_TRY(wait_for_it(t, code, d, "TLS handshake", fault));
    }
    /* VERIFY_REQUIRED has ended the handshake already if this were not zero; asked again, since so much hangs on it. */
    return mbedtls_ssl_get_verify_result(&t->ssl) == 0 ? CT_OK : verification_fault(t, fault);
}

ct_err ct_tls_send_all(ct_tls *t, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault)
{
    while (bytes.n) {
        int n = mbedtls_ssl_write(&t->ssl, bytes.p, bytes.n);
        if (n > 0) bytes = ct_str_slice(bytes, (size_t)n, bytes.n);
        else CT_TRY(wait_for_it(t, n, d, "TLS send", fault));
    }
    return CT_OK;
}

ct_err ct_tls_recv(ct_tls *t, unsigned char *to, size_t n, const struct ct_deadline *d, size_t *ret_n, struct ct_fault *fault)
{
    for (;;) {
        int got = mbedtls_ssl_read(&t->ssl, to, n);
        if (got > 0 || got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
            *ret_n = got > 0 ? (size_t)got : 0;
            return CT_OK;
        }
        CT_TRY(wait_for_it(t, got, d, "TLS receive", fault));
    }
}

bool ct_tls_has_pending(const ct_tls *t) { return mbedtls_ssl_check_pending(&t->ssl) != 0; }

void ct_tls_goodbye(ct_tls *t) { (void)mbedtls_ssl_close_notify(&t->ssl); }
