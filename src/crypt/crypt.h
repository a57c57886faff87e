/* The public-key operations and the cipher that the SSH face needs (struct ct_face_crypto), by mbed TLS.
 *
 * Allocates a few KiB inside a call and frees them before it returns; makes no system call but for memory. Random bytes come from the caller.
 * Weak side: a signature takes milliseconds; who offers this to strangers limits how many exchanges run. */
#ifndef CT_CRYPT_CRYPT_H
#define CT_CRYPT_CRYPT_H

#include "base/err.h"
#include "face/face.h"

enum { CT_CRYPT_KEY = 32 };

/* Lives as long as the table that points to it. */
struct ct_crypt {
    unsigned char key[CT_CRYPT_KEY]; /* the host's private key: a number below the order of P-256, big-endian */
    void (*random)(void *ctx, unsigned char *to, size_t n);
    void *random_ctx;
};

/* key: 32 bytes that were kept from an earlier run (or derived from a secret), or null for a new one, which ret_crypt->key then holds.
 * CT_ERR_SYNTAX: no key of this curve; CT_ERR_NOMEM. */
CT_MUST_USE ct_err ct_crypt_init(const unsigned char *key, void (*random)(void *ctx, unsigned char *to, size_t n), void *random_ctx,
                                 struct ct_crypt *ret_crypt, struct ct_face_crypto *ret_table);

#endif
