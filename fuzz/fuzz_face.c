/* Any face, fed in pieces: it keeps what face/face.h promises. The first byte chooses the face (and whether TLS is offered), the second how the rest is
 * cut; all first bytes also go to the guess. */
#include "face/face.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host_state {
    size_t sent, facts;
    bool closed;
    unsigned char counter;
};

static void check(bool ok)
{
    if (!ok) abort();
}

static void on_send(void *ctx, ct_str bytes)
{
    struct host_state *h = ctx;
    check(!h->closed && bytes.n <= CT_FACE_SEND_MAX);
    h->sent += bytes.n;
    check(h->sent <= CT_FACE_SEND_MAX);
    if (bytes.n) check(bytes.p[0] + bytes.p[bytes.n - 1] >= 0);
}

static void on_fact(void *ctx, enum ct_fact kind, ct_str value)
{
    struct host_state *h = ctx;
    check((unsigned)kind < CT_FACT_COUNT && value.n > 0 && value.n <= CT_FACE_BUFFER_MAX && ++h->facts <= CT_FACE_FACTS_MAX);
    unsigned sum = 0;
    for (size_t i = 0; i < value.n; i++) sum += value.p[i];
    check(sum < CT_FACE_BUFFER_MAX * 256u);
}

static void on_close(void *ctx) { ((struct host_state *)ctx)->closed = true; }
/* What follows is what would be inside. */
static void on_start_tls(void *ctx) { check(!((struct host_state *)ctx)->closed); }

static void on_random(void *ctx, unsigned char *to, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] = ((struct host_state *)ctx)->counter++;
}

/* Stands for public-key operations, which have no bearing on how bytes are read; a cipher that changes nothing lets the fuzzer see inside. */
static bool agree(void *ctx, bool x25519, ct_str peer, unsigned char *ret_own, unsigned char ret_secret[32])
{
    (void)ctx;
    check(peer.n == (x25519 ? 32u : 65u));
    memset(ret_own, 4, x25519 ? 32 : 65);
    memset(ret_secret, 1, 32);
    return peer.p[0] != 0xff;
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
    (void)bytes;
    check((key_n == 16 || key_n == 32) && n % 16 == 0 && key[0] + key[key_n - 1] >= 0);
    counter[15]++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    static const struct ct_face_crypto crypto = {.agree = agree, .sign = sign, .aes_ctr = aes_ctr};
    const struct ct_face *face = ct_faces[(data[0] & 0x3f) % ct_n_faces];
    struct ct_face_host host;
    struct host_state h = {0};
    ct_face_host_default(&host);
    if (data[0] & 0x40) host.crypto = &crypto;
    struct ct_face_io io = {.send = on_send, .fact = on_fact, .close = on_close, .random = on_random, .start_tls = data[0] & 0x80 ? on_start_tls : NULL,
                            .now_us = 1, .peer_address = CT_STR("192.0.2.7"), .host = &host, .ctx = &h};
    size_t piece = data[1] ? data[1] : size;
    ct_str rest = {data + 2, size - 2};
    (void)ct_face_guess(rest, false);
    check(ct_face_guess(rest, true) != NULL);

    unsigned char *state = calloc(1, face->state_size ? face->state_size : 1); /* exact sizes: the sanitizer sees what goes beyond */
    size_t held = 0;
    check(state != NULL);
    face->open(state, &io);
    for (;;) { /* rest: not taken yet; its first `held` bytes were given before */
        size_t more = piece < rest.n - held ? piece : rest.n - held, n = held + more < CT_FACE_BUFFER_MAX ? held + more : CT_FACE_BUFFER_MAX;
        if (n == 0 || h.closed) break;
        unsigned char *copy = malloc(n);
        check(copy != NULL);
        memcpy(copy, rest.p, n);
        h.sent = h.facts = 0;
        size_t used = face->bytes(state, &io, (ct_str){copy, n});
        free(copy);
        check(used <= n && (used || h.closed || n < CT_FACE_BUFFER_MAX));
        if (!used && n == rest.n) {
            held = n;
            break;
        }
        rest = ct_str_slice(rest, used, rest.n);
        held = n - used;
    }
    h.sent = h.facts = 0;
    if (!h.closed) face->end(state, &io, ct_str_slice(rest, 0, held));
    check(h.sent == 0);
    free(state);
    return 0;
}
