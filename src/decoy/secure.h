/* TLS around sessions: mbed TLS as a server, with a certificate made at the start. See session.h for the calls per session. */
#ifndef CT_DECOY_SECURE_H
#define CT_DECOY_SECURE_H

struct ct_worker;
struct ct_secure;

struct ct_secure *ct_secure_new(struct ct_worker *w); /* null: cannot be had */
void ct_secure_tick(struct ct_secure *t);             /* once a second: handshakes that take too long end */

#endif
