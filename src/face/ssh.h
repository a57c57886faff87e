/* Internal to face: the parts of SSH (RFC 4251, 4253, 5656, 8731): packets, and the key exchange. The conversation is in face_ssh.c. */
#ifndef CT_FACE_SSH_H
#define CT_FACE_SSH_H

#include "base/sha.h"
#include "face/face_out.h"

#define CT_SSH_BANNER "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3"

enum { SSH_DISCONNECT = 1, SSH_IGNORE = 2, SSH_UNIMPLEMENTED = 3, SSH_DEBUG = 4, SSH_SERVICE_REQUEST = 5, SSH_SERVICE_ACCEPT = 6, SSH_EXT_INFO = 7,
       SSH_KEXINIT = 20, SSH_NEWKEYS = 21, SSH_ECDH_INIT = 30, SSH_ECDH_REPLY = 31, SSH_AUTH_REQUEST = 50, SSH_AUTH_FAILURE = 51 };

/* One direction. */
struct ct_ssh_way {
    uint32_t sequence;
    bool on;               /* NEWKEYS has passed */
    bool etm;              /* MAC over the encrypted packet, its length in clear (OpenSSH's -etm) */
    unsigned char key_n;   /* 16 or 32 */
    unsigned char mac_n;   /* 32: HMAC-SHA-256; 20: HMAC-SHA-1 */
    unsigned char key[32], counter[16], mac_key[32];
};

struct ct_ssh {
    unsigned char phase, logins;
    bool x25519, ext_info, skip_next; /* skip_next: the client guessed the key exchange wrong, and sent its packet for it */
    bool strict;                      /* both sides count anew behind NEWKEYS and bear nothing else before it (OpenSSH's kex-strict) */
    struct ct_ssh_way in, out;
    unsigned char cookie[16];         /* of our KEXINIT */
    struct ct_sha hash;               /* the exchange hash so far; then digest */
    unsigned char session[32];
};

/* The packet at the front of in. Returns what it takes, 0: not whole, SIZE_MAX: not a packet. plain has CT_FACE_BUFFER_MAX bytes and holds what
 * *ret_payload points to. */
size_t ct_ssh_read(struct ct_ssh *s, const struct ct_face_io *io, ct_str in, unsigned char *plain, ct_str *ret_payload);
void ct_ssh_write(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload);

/* Strings as SSH has them, with a length of four bytes ahead. */
bool ct_ssh_string(ct_str *rest, ct_str *ret_value);
void ct_ssh_put_string(struct ct_reply *r, ct_str value);
void ct_ssh_put_number(struct ct_reply *r, const unsigned char big_endian[32]); /* as mpint */

void ct_ssh_hash_string(struct ct_sha *h, ct_str value);
void ct_ssh_send_kexinit(struct ct_ssh *s, const struct ct_face_io *io);
/* The client's KEXINIT: HASSH is reported, methods are chosen, the exchange hash goes on. False: nothing in common. */
bool ct_ssh_take_kexinit(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload);
/* Its KEX_ECDH_INIT: answers, sends NEWKEYS, makes the keys. False: no such point. */
bool ct_ssh_take_ecdh(struct ct_ssh *s, const struct ct_face_io *io, ct_str payload);

#endif
