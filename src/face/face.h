/* Faces: what a decoy answers with, one small protocol each. Bytes in; bytes to send and facts about the peer out.
 *
 * A face is pure: no I/O, no clock, no globals, no heap. All that it may do to a connection is in struct ct_face_io, which the session
 * host fills in; all that it remembers is state_size zeroed bytes, which hold no pointers and may be moved or dropped at any time.
 *
 *   open(state, io)              once, when the connection stands (inside TLS for faces with .tls); a face with .speaks_first greets
 *   n = bytes(state, io, in)     takes at most one message off the front of in and says how many bytes that was. 0: it is not whole yet, the
 *                                same bytes come again with more behind them. The host calls again at once while n > 0 and bytes are left, but
 *                                not before what was queued for sending has drained below a few KiB: pipelined requests cost no memory.
 *                                A face never wants more than CT_FACE_BUFFER_MAX bytes at once: a host that holds that many and gets 0 ends it.
 *   end(state, io, left)         the peer closed, reset or was evicted; left: what came and was not taken. Reports it; nothing can be sent any more.
 *                                Not called after the face itself closed.
 *
 * Order: what a call reports by fact() is recorded before what it queues by send() goes out: recorded first, answered second.
 * What may carry a payload (header, path, body, DN, user name, greeting, command, first bytes) is reported as itself and as CT_FACT_PAYLOAD.
 * Secrets: PASSWORD and RESPONSE are; a PAYLOAD may hold them (a form, a header), and PATH in its query: show those only when they were graded, or
 * through ct_mask_secrets. COMMAND never does.
 * One call sends at most CT_FACE_SEND_MAX bytes and reports at most CT_FACE_FACTS_MAX facts, each of at most CT_FACE_BUFFER_MAX bytes.
 *
 * Refuses to dial, resolve or fetch: it has no means. Sends attacker bytes back only where the real server does (an SSH or NTLM exchange,
 * "530 Login incorrect" and not the name), and then never a live lookup.
 * Weak side: each stops where a login would succeed; who talks further meets a refusal.
 */
#ifndef CT_FACE_FACE_H
#define CT_FACE_FACE_H

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

/*        kind             name in events and tables   what it is */
#define CT_FACT_LIST(X)                                                                                                        \
    X(CLIENT_SOFTWARE, "client_software") /* User-Agent, SSH banner, EHLO's software, CLIENT SETNAME ... */                    \
    X(USER,            "user")            /* a name tried */                                                                   \
    X(PASSWORD,        "password")        /* in clear: secret, the host keeps a keyed hash. Follows the USER it belongs to in  \
                                             the same call, also when that one was reported before */                          \
    X(RESPONSE,        "response")        /* an answer to our challenge (NTLM, MySQL, VNC), as the text "scheme:hex...":       \
                                             may be cracked to a password, so as secret as one */                              \
    X(METHOD,          "method")          /* GET; bind, search; lookup */                                                      \
    X(PATH,            "path")            /* request target, share, file */                                                    \
    X(HOST,            "host")            /* the name the peer asked for (Host:) */                                            \
    X(DOMAIN,          "domain")          /* Windows or mail domain */                                                         \
    X(WORKSTATION,     "workstation")     /* the peer's own name, as it says */                                                \
    X(SNI,             "sni")                                                                                                  \
    X(ALPN,            "alpn")            /* the first one offered */                                                          \
    X(JA4,             "ja4")                                                                                                  \
    X(HASSH,           "hassh")           /* 32 hexadecimal digits */                                                          \
    X(KEY,             "key")             /* SSH public key tried: "type SHA256:base64" */                                     \
    X(COMMAND,         "command")         /* one command line; binary protocols: its name and what it is about */              \
    X(DATABASE,        "database")                                                                                             \
    X(CALLBACK,        "callback")        /* what a JNDI client asks for: base DN of an LDAP search, name of an RMI lookup;    \
                                             a canary is found by this */                                                      \
    X(FIRST_BYTES,     "first_bytes")     /* what came first, where no face knows better; also of nonsense on a face's port */ \
    X(PAYLOAD,         "payload")         /* for the verdict core */

enum ct_fact {
#define X(kind, name) CT_FACT_##kind,
    CT_FACT_LIST(X)
#undef X
    CT_FACT_COUNT
};
const char *ct_fact_name(enum ct_fact kind);

/* The machine that the faces play, the same for all of them and for as long as the decoy lives. Filled by ct_face_host_default, then changed by
 * who knows better. Borrowed strings, printable ASCII, at most CT_FACE_NAME_MAX bytes. */
struct ct_face_host {
    ct_str name;        /* host name without domain, lower case */
    ct_str domain;      /* DNS domain, lower case; its first label in upper case is also the Windows domain */
    ct_str realm;       /* what the login page calls itself */
    uint64_t seed;      /* secret, of this host: decides what differs between real machines (uptimes, UUIDs) */
    unsigned char own[2 * CT_FACE_NAME_MAX]; /* what name and domain point to after ct_face_host_be */
    const struct ct_face_crypto *crypto; /* null: no SSH key exchange (it stops after the banner and KEXINIT) */
};
void ct_face_host_default(struct ct_face_host *ret_host);
/* Makes a default one this machine's, so that no two decoys look alike: names as the machine calls itself ("web3.example.net"; what it does not say is
 * chosen by the seed, which is set before), the login page's by the seed. Do not copy host afterwards: its strings lie in it. */
void ct_face_host_be(struct ct_face_host *host, ct_str fqdn);

/* Public-key operations and the cipher for SSH, implemented in crypt/ by mbed TLS, so that the faces stay pure. Big-endian numbers. */
struct ct_face_crypto {
    /* Curve25519 (x25519 true: peer and own are 32 bytes) or NIST P-256 (65 bytes, uncompressed): makes an ephemeral key, gives its public half
     * and the shared secret (32 bytes). False: peer's is no point, or no memory. */
    bool (*agree)(void *ctx, bool x25519, ct_str peer, unsigned char *ret_own, unsigned char ret_secret[32]);
    /* ECDSA P-256 over a SHA-256 digest, with the host's long-lived key. */
    bool (*sign)(void *ctx, const unsigned char digest[32], unsigned char ret_r[32], unsigned char ret_s[32]);
    unsigned char host_key[65]; /* its public half, uncompressed */
    /* AES-256 or AES-128 (key_n 32 or 16) in counter mode over whole blocks of 16 bytes, in place; counter moves on. */
    bool (*aes_ctr)(void *ctx, const unsigned char *key, size_t key_n, unsigned char counter[16], unsigned char *bytes, size_t n);
    void *ctx;
};

/* What a face may do to the connection. */
struct ct_face_io {
    void (*send)(void *ctx, ct_str bytes);                    /* queued, copied */
    void (*fact)(void *ctx, enum ct_fact kind, ct_str value); /* attacker bytes, copied or judged before it returns */
    void (*close)(void *ctx);                                 /* after what is queued was sent; bytes() is not called again */
    void (*random)(void *ctx, unsigned char *to, size_t n);   /* of cryptographic quality */
    /* After what is queued was sent, TLS begins and bytes() gets its inside (RDP, STARTTLS). Null where TLS cannot be had: faces then do not offer
     * it. What of `in` a face has not consumed when it asks for this is dropped (plain text smuggled ahead of TLS). */
    void (*start_tls)(void *ctx);
    int64_t now_us;                   /* wall clock, Unix time, of this call */
    ct_str peer_address, own_address; /* as text, without port */
    uint16_t peer_port, own_port;
    const struct ct_face_host *host;
    void *ctx;
};

enum ct_claim { CT_CLAIM_NO, CT_CLAIM_MORE /* perhaps, with more bytes */, CT_CLAIM_YES };

struct ct_face {
    const char *name;      /* "http": network.protocol in events, and what options call it */
    const uint16_t *ports; /* answered by default, the most tempting first */
    size_t n_ports;
    bool tls;              /* the host wraps TLS around it (https, ldaps); it reports JA4, SNI and ALPN by face/ja4.h */
    bool speaks_first;
    size_t state_size;     /* at most CT_FACE_STATE_MAX */
    /* On a port that no face has: are these first bytes mine? Null: cannot tell (those who speak first). */
    enum ct_claim (*claims)(ct_str first);
    void (*open)(void *state, const struct ct_face_io *io);
    size_t (*bytes)(void *state, const struct ct_face_io *io, ct_str in);
    void (*end)(void *state, const struct ct_face_io *io, ct_str left);
};

/* face/faces.c: one row per face; the last is "raw", which takes everything. */
extern const struct ct_face *const ct_faces[];
extern const size_t ct_n_faces;

const struct ct_face *ct_face_by_name(ct_str name); /* null: no such */
const struct ct_face *ct_face_for_port(uint16_t port); /* by default; null: none, so bytes first and ct_face_guess */
/* Whose bytes are these? Null: too few to tell, wait for more (never when `last`: no more come, or patience is at its end: then "raw" at worst). A
 * TLS ClientHello is no face's: ask ct_tls_claims of face/ja4.h first, unwrap, then guess again among the rest with what is inside. */
const struct ct_face *ct_face_guess(ct_str first, bool last);

#endif
