#include "crypt/crypt.h"

#include <mbedtls/aes.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <string.h>

static int rng(void *ctx, unsigned char *to, size_t n)
{
    struct ct_crypt *c = ctx;
    c->random(c->random_ctx, to, n);
    return 0;
}

static bool agree(void *ctx, bool x25519, ct_str peer, unsigned char *ret_own, unsigned char ret_secret[32])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point own, theirs;
    mbedtls_mpi secret_key, shared;
    unsigned char public_key[65], secret[32], any = 0;
    size_t n = x25519 ? 32 : 65, written = 0;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&own);
    mbedtls_ecp_point_init(&theirs);
    mbedtls_mpi_init(&secret_key);
    mbedtls_mpi_init(&shared);
    bool ok = peer.n == n && mbedtls_ecp_group_load(&group, x25519 ? MBEDTLS_ECP_DP_CURVE25519 : MBEDTLS_ECP_DP_SECP256R1) == 0 &&
              mbedtls_ecp_point_read_binary(&group, &theirs, peer.p, peer.n) == 0 && mbedtls_ecp_check_pubkey(&group, &theirs) == 0 &&
              mbedtls_ecdh_gen_public(&group, &secret_key, &own, rng, ctx) == 0 &&
              mbedtls_ecp_point_write_binary(&group, &own, MBEDTLS_ECP_PF_UNCOMPRESSED, &written, public_key, sizeof public_key) == 0 && written == n &&
              mbedtls_ecdh_compute_shared(&group, &shared, &theirs, &secret_key, rng, ctx) == 0 &&
              /* RFC 8731: the 32 bytes of X25519, which are little-endian, are read as if they were not. */
              (x25519 ? mbedtls_mpi_write_binary_le(&shared, secret, 32) : mbedtls_mpi_write_binary(&shared, secret, 32)) == 0;
    mbedtls_mpi_free(&shared);
    mbedtls_mpi_free(&secret_key);
    mbedtls_ecp_point_free(&theirs);
    mbedtls_ecp_point_free(&own);
    mbedtls_ecp_group_free(&group);
    for (unsigned i = 0; ok && i < 32; i++) any |= secret[i];
    if (!ok || !any) return false;
    memcpy(ret_own, public_key, n);
    memcpy(ret_secret, secret, 32);
    return true;
}

static bool sign(void *ctx, const unsigned char digest[32], unsigned char ret_r[32], unsigned char ret_s[32])
{
    struct ct_crypt *c = ctx;
    mbedtls_ecp_group group;
    mbedtls_mpi key, r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_mpi_init(&key);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    bool ok = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0 && mbedtls_mpi_read_binary(&key, c->key, CT_CRYPT_KEY) == 0 &&
              mbedtls_ecdsa_sign(&group, &r, &s, &key, digest, 32, rng, c) == 0 && mbedtls_mpi_write_binary(&r, ret_r, 32) == 0 &&
              mbedtls_mpi_write_binary(&s, ret_s, 32) == 0;
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&key);
    mbedtls_ecp_group_free(&group);
    return ok;
}

/* The key schedule is made anew each time: cheaper than keeping 300 bytes per session, at these amounts. */
static bool aes_ctr(void *ctx, const unsigned char *key, size_t key_n, unsigned char counter[16], unsigned char *bytes, size_t n)
{
    (void)ctx;
    mbedtls_aes_context aes;
    unsigned char stream[16];
    size_t offset = 0;
    mbedtls_aes_init(&aes);
    bool ok = n % 16 == 0 && mbedtls_aes_setkey_enc(&aes, key, (unsigned)key_n * 8) == 0 &&
              mbedtls_aes_crypt_ctr(&aes, n, &offset, counter, stream, bytes, bytes) == 0;
    mbedtls_aes_free(&aes);
    return ok;
}

static ct_err public_of(struct ct_crypt *c, bool fresh, unsigned char ret_public[65])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi key;
    size_t n = 0;
    ct_err err = CT_ERR_NOMEM;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&key);
    if (mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) != 0) goto out;
    if (fresh ? mbedtls_ecp_gen_privkey(&group, &key, rng, c) != 0 || mbedtls_mpi_write_binary(&key, c->key, CT_CRYPT_KEY) != 0
              : mbedtls_mpi_read_binary(&key, c->key, CT_CRYPT_KEY) != 0)
        goto out;
    err = CT_ERR_SYNTAX;
    if (mbedtls_ecp_check_privkey(&group, &key) != 0) goto out;
    err = CT_ERR_NOMEM;
    if (mbedtls_ecp_mul(&group, &point, &key, &group.G, rng, c) == 0 &&
        mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &n, ret_public, 65) == 0 && n == 65)
        err = CT_OK;
out:
    mbedtls_mpi_free(&key);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return err;
}

ct_err ct_crypt_init(const unsigned char *key, void (*random)(void *ctx, unsigned char *to, size_t n), void *random_ctx,
                     struct ct_crypt *ret_crypt, struct ct_face_crypto *ret_table)
{
    struct ct_crypt c = {.random = random, .random_ctx = random_ctx};
    struct ct_face_crypto table = {.agree = agree, .sign = sign, .aes_ctr = aes_ctr, .ctx = ret_crypt};
    if (key) memcpy(c.key, key, CT_CRYPT_KEY);
    CT_TRY(public_of(&c, !key, table.host_key));
    *ret_crypt = c;
    *ret_table = table;
    return CT_OK;
}
