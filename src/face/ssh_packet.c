#include "face/ssh.h"

#include <string.h>

enum { PACKET_MAX = CT_FACE_BUFFER_MAX - 64, HMAC_BLOCK = 64 };

static void hash_init(struct ct_sha *h, unsigned mac_n)
{
    if (mac_n == 20) ct_sha1_init(h);
    else ct_sha256_init(h);
}

/* HMAC (RFC 2104) over the sequence number and the bytes. */
static void mac(const struct ct_ssh_way *way, ct_str bytes, unsigned char ret_mac[32])
{
    unsigned char pad[HMAC_BLOCK] = {0}, sequence[4];
    struct ct_sha h;
    for (unsigned i = 0; i < 4; i++) sequence[i] = (unsigned char)(way->sequence >> (24 - 8 * i));
    memcpy(pad, way->mac_key, way->mac_n);
    for (unsigned i = 0; i < HMAC_BLOCK; i++) pad[i] ^= 0x36;
    hash_init(&h, way->mac_n);
    ct_sha_add(&h, (ct_str){pad, HMAC_BLOCK});
    ct_sha_add(&h, (ct_str){sequence, 4});
    ct_sha_add(&h, bytes);
    ct_sha_done(&h, ret_mac);
    for (unsigned i = 0; i < HMAC_BLOCK; i++) pad[i] ^= 0x36 ^ 0x5c;
    hash_init(&h, way->mac_n);
    ct_sha_add(&h, (ct_str){pad, HMAC_BLOCK});
    ct_sha_add(&h, (ct_str){ret_mac, way->mac_n});
    ct_sha_done(&h, ret_mac);
}

static bool crypt(struct ct_ssh_way *way, const struct ct_face_io *io, unsigned char *bytes, size_t n)
{
    const struct ct_face_crypto *c = io->host->crypto;
    return c->aes_ctr(c->ctx, way->key, way->key_n, way->counter, bytes, n);
}

/* Length and padding of a packet that is there in plain. */
static bool payload_of(const unsigned char *plain, size_t length, ct_str *ret_payload)
{
    size_t padding = plain[4];
    if (padding + 2 > length) return false;
    *ret_payload = (ct_str){plain + 5, length - 1 - padding};
    return true;
}

static bool mac_fits(const struct ct_ssh_way *way, ct_str bytes, const unsigned char *theirs)
{
    unsigned char ours[32], differs = 0;
    mac(way, bytes, ours);
    for (unsigned i = 0; i < way->mac_n; i++) differs |= (unsigned char)(ours[i] ^ theirs[i]);
    return !differs;
}

size_t ct_ssh_read(struct ct_ssh *s, const struct ct_face_io *io, ct_str in, unsigned char *plain, ct_str *ret_payload)
{
    struct ct_ssh_way *way = &s->in;
    unsigned block = way->on ? 16 : 8, mac_n = way->on ? way->mac_n : 0;
    if (in.n < block) return 0;
    memcpy(plain, in.p, block);
    struct ct_ssh_way look = *way; /* moves on only with a whole packet */
    bool whole_encrypted = way->on && !way->etm;
    if (whole_encrypted && !crypt(&look, io, plain, block)) return SIZE_MAX;
    size_t length = ct_be32(plain);
    if (length < 5 || length > PACKET_MAX || (length + (way->on && way->etm ? 0 : 4)) % block) return SIZE_MAX;
    size_t total = 4 + length + mac_n;
    if (in.n < total) return 0;
    memcpy(plain, in.p, total);
    if (way->on && way->etm) {
        if (!mac_fits(way, (ct_str){plain, 4 + length}, plain + 4 + length) || !crypt(way, io, plain + 4, length)) return SIZE_MAX;
    } else if (way->on) {
        if (!crypt(way, io, plain, 4 + length) || !mac_fits(way, (ct_str){plain, 4 + length}, plain + 4 + length)) return SIZE_MAX;
    }
    way->sequence++;
    return payload_of(plain, length, ret_payload) ? total : SIZE_MAX;
}

void ct_ssh_write(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload)
{
    struct ct_ssh_way *way = &s->out;
    struct ct_reply r = {0};
    unsigned char padding[32], code[32] = {0};
    size_t block = way->on ? 16 : 8, outside = way->on && way->etm ? 0 : 4;
    size_t pad = block - (outside + 1 + payload.n) % block;
    if (pad < 4) pad += block;
    if (way->on) io->random(io->ctx, padding, pad);
    else memset(padding, 0, pad);
    ct_reply_be32(&r, (uint32_t)(1 + payload.n + pad));
    ct_reply_u8(&r, (unsigned)pad);
    ct_reply_bytes(&r, payload);
    ct_reply_bytes(&r, (ct_str){padding, pad});
    if (way->on) {
        if (!way->etm) mac(way, (ct_str){r.b, r.n}, code);
        if (!crypt(way, io, r.b + 4 - outside, r.n - 4 + outside)) {
            io->close(io->ctx);
            return;
        }
        if (way->etm) mac(way, (ct_str){r.b, r.n}, code);
        ct_reply_bytes(&r, (ct_str){code, way->mac_n});
    }
    way->sequence++;
    ct_reply_send(&r, io);
}

bool ct_ssh_string(ct_str *rest, ct_str *ret_value)
{
    if (rest->n < 4 || ct_be32(rest->p) > rest->n - 4) return false;
    size_t n = ct_be32(rest->p);
    *ret_value = ct_str_slice(*rest, 4, 4 + n);
    *rest = ct_str_slice(*rest, 4 + n, rest->n);
    return true;
}

void ct_ssh_put_string(struct ct_reply *r, ct_str value)
{
    ct_reply_be32(r, (uint32_t)value.n);
    ct_reply_bytes(r, value);
}

void ct_ssh_put_number(struct ct_reply *r, const unsigned char big_endian[32])
{
    unsigned zeros = 0;
    while (zeros < 32 && !big_endian[zeros]) zeros++;
    bool sign = zeros < 32 && big_endian[zeros] & 0x80;
    ct_reply_be32(r, 32 - zeros + sign);
    if (sign) ct_reply_u8(r, 0);
    ct_reply_bytes(r, (ct_str){big_endian + zeros, 32 - zeros});
}
