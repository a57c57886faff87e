/* What a TLS client shows before anything is encrypted: server name, ALPN, and its JA4 fingerprint (FoxIO's definition, BSD-licensed part).
 *
 * Reads the first bytes of a connection: records of handshake type that hold a ClientHello (RFC 8446, 4.1.2), whole or split over records. Refuses what
 * is longer than CT_FACE_BUFFER_MAX, and SSL 2 hellos. Lists beyond LIST_MAX (ja4.c) are fingerprinted by their beginning. */
#ifndef CT_FACE_JA4_H
#define CT_FACE_JA4_H

#include "face/face.h"

enum { CT_JA4_TEXT = 36, CT_TLS_NAME_MAX = 255 };

struct ct_tls_hello {
    unsigned char sni_n, alpn_n; /* 0: not sent; longer ones are cut */
    unsigned char sni[CT_TLS_NAME_MAX], alpn[CT_TLS_NAME_MAX]; /* as sent; ALPN: the first protocol */
    char ja4[CT_JA4_TEXT + 1];   /* "t13d1516h2_8daaf6152771_e5627efa2ab1" */
};

/* Do these first bytes open a TLS connection? At most 6 bytes decide. */
enum ct_claim ct_tls_claims(ct_str first);
/* CT_CLAIM_YES: read; MORE: it goes on; NO: it is malformed or too long, *ret_hello is as it was. */
enum ct_claim ct_tls_hello(ct_str first, struct ct_tls_hello *ret_hello);
/* Reports it: SNI, ALPN, JA4. */
void ct_tls_report(const struct ct_tls_hello *hello, const struct ct_face_io *io);

#endif
