/* TLS client over a connected socket: mbed TLS, version 1.2 at least, the server's certificate always verified against the
 * authorities given and against the host that was asked for (a name, or an address in the certificate's IP entries).
 * There is no switch that turns verification off.
 *
 * One ct_tls serves one host and one connection at a time. Its memory comes from mbed TLS's own allocator, not from the
 * table, since that library takes only a process-wide hook.
 * Weak sides: no revocation check; no TLS 1.3 with mbed TLS 2.28; the whole system bundle is held in memory (1 MiB).
 */
#ifndef CT_NET_TLS_H
#define CT_NET_TLS_H

#include "base/alloc.h"
#include "net/deadline.h"

typedef struct ct_tls ct_tls;

/* ca_file: PEM, null for the system's authorities. host must outlive the ct_tls; literal: it is an address. */
CT_MUST_USE ct_err ct_tls_new(const struct ct_alloc *alloc, const char *host, bool literal, const char *ca_file, ct_tls **ret_tls,
                              struct ct_fault *fault);
void ct_tls_free(ct_tls *t); /* null is fine; the socket stays open */

/* fd: connected and non-blocking; borrowed until the next handshake or ct_tls_free. */
CT_MUST_USE ct_err ct_tls_handshake(ct_tls *t, int fd, const struct ct_deadline *d, struct ct_fault *fault);
CT_MUST_USE ct_err ct_tls_send_all(ct_tls *t, ct_str bytes, const struct ct_deadline *d, struct ct_fault *fault);
/* ret_n 0: the peer has closed in good order; a connection that merely breaks off is CT_ERR_NETWORK. */
CT_MUST_USE ct_err ct_tls_recv(ct_tls *t, unsigned char *to, size_t n, const struct ct_deadline *d, size_t *ret_n,
                               struct ct_fault *fault);
bool ct_tls_has_pending(const ct_tls *t); /* decrypted bytes that poll() cannot see */
void ct_tls_goodbye(ct_tls *t);           /* close-notify, without waiting */

#endif
