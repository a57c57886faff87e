/* TLS around sessions: mbed TLS as a server, with a certificate of its own that stays the same as long as the installation's secret does, and the
 * public-key operations of the SSH face. What it has to send goes into the session's queue, so that the client's hello is written down before
 * it is answered. Internal to this folder; see session.h for the calls per session.
 *
 * Refuses: more than CT_DECOY_TLS_MAX sessions at once (the longest idle one ends), and more handshakes a second than CT_DECOY_HANDSHAKES: a
 * signature takes a millisecond, and the loop belongs to everybody. Weak side: TLS 1.2 at most, with mbed TLS 2.28. */
#ifndef CT_DECOY_SECURE_H
#define CT_DECOY_SECURE_H

struct ct_worker;
struct ct_secure;

struct ct_secure *ct_secure_new(struct ct_worker *w); /* null: cannot be had. Fills in w->host.crypto, too */

#endif
