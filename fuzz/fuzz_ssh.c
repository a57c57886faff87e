/* The SSH face behind its key exchange, where a fuzzer does not come by itself: the input is cut into payloads (a length byte, then bytes), each wrapped
 * as a client with the right keys would. The first byte chooses what has happened before. */
#include "face/ssh.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct wire {
    unsigned char bytes[CT_FACE_SEND_MAX];
    size_t n;
    bool closed;
};

static void to_wire(void *ctx, ct_str bytes)
{
    struct wire *w = ctx;
    if (bytes.n > sizeof w->bytes - w->n) abort();
    memcpy(w->bytes + w->n, bytes.p, bytes.n);
    w->n += bytes.n;
}

static void on_send(void *ctx, ct_str bytes)
{
    (void)ctx;
    if (bytes.n > CT_FACE_SEND_MAX) abort();
}

static void on_fact(void *ctx, enum ct_fact kind, ct_str value)
{
    (void)ctx;
    unsigned sum = (unsigned)kind;
    for (size_t i = 0; i < value.n; i++) sum += value.p[i];
    if (!value.n || sum == 0x7fffffff) abort();
}

static void on_close(void *ctx) { ((struct wire *)ctx)->closed = true; }

static void on_random(void *ctx, unsigned char *to, size_t n)
{
    (void)ctx;
    memset(to, 0, n);
}

static bool agree(void *ctx, bool x25519, ct_str peer, unsigned char *ret_own, unsigned char ret_secret[32])
{
    (void)ctx;
    memset(ret_own, 4, x25519 ? 32 : 65);
    memset(ret_secret, 1, 32);
    return peer.n == (x25519 ? 32u : 65u);
}

static bool sign(void *ctx, const unsigned char digest[32], unsigned char ret_r[32], unsigned char ret_s[32])
{
    (void)ctx;
    memcpy(ret_r, digest, 32);
    memset(ret_s, 3, 32);
    return true;
}

static bool aes_ctr(void *ctx, const unsigned char *key, size_t key_n, unsigned char counter[16], unsigned char *bytes, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++) bytes[i] ^= key[i % key_n];
    counter[15]++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    static const struct ct_face_crypto crypto = {.agree = agree, .sign = sign, .aes_ctr = aes_ctr};
    struct ct_face_host host;
    struct ct_ssh server = {0}, client = {0};
    struct wire wire = {0}, session = {0};
    ct_face_host_default(&host);
    host.crypto = &crypto;
    struct ct_face_io io = {.send = on_send, .fact = on_fact, .close = on_close, .random = on_random, .ctx = &session, .host = &host};
    struct ct_face_io write = {.send = to_wire, .close = on_close, .random = on_random, .ctx = &wire, .host = &host};
    server.phase = 1 + data[0] % 5;
    server.x25519 = data[0] & 0x20;
    server.in = (struct ct_ssh_way){.on = server.phase > 3, .etm = data[0] & 0x40, .key_n = 16, .mac_n = data[0] & 0x80 ? 32 : 20, .key = {1, 2, 3}};
    server.out = server.in;
    client.out = server.in;
    ct_sha256_init(&server.hash);
    const struct ct_face *face = ct_face_by_name(CT_STR("ssh"));
    for (size_t at = 1; at < size && !session.closed;) {
        size_t n = data[at++];
        if (n == 255) n = 1500;
        if (n > size - at) n = size - at;
        wire.n = 0;
        ct_ssh_write(&client, &write, (ct_str){data + at, n});
        at += n;
        unsigned char *copy = malloc(wire.n);
        if (!copy) return 0;
        memcpy(copy, wire.bytes, wire.n);
        size_t used = face->bytes(&server, &io, (ct_str){copy, wire.n});
        if (!session.closed && used != wire.n) abort(); /* what a client wraps is a packet */
        free(copy);
        client.out.on = server.in.on; /* NEWKEYS has passed */
        if (server.phase == 3) client.out = server.in;
        client.out.sequence = server.in.sequence;
    }
    return 0;
}
