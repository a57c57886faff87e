/* Internal to face: NTLMSSP messages (MS-NLMP) inside whatever carries them, for SMB and RDP: asks, and keeps what the peer answers. Nothing is verified. */
#ifndef CT_FACE_NTLM_H
#define CT_FACE_NTLM_H

#include "face/face_out.h"

enum { CT_NTLM_NONE = 0, CT_NTLM_NEGOTIATE = 1, CT_NTLM_AUTHENTICATE = 3, CT_NTLM_CHALLENGE = 8 /* bytes of a challenge */ };

/* The message in a token, raw or wrapped (SPNEGO, CredSSP): looked for by its signature, up to the token's end. CT_NTLM_NONE: there is none. */
unsigned ct_ntlm_find(ct_str token, ct_str *ret_message);
/* A CHALLENGE_MESSAGE of this host, for the NEGOTIATE message. challenge: 8 random bytes. */
void ct_ntlm_challenge(const struct ct_face_io *io, ct_str negotiate, const unsigned char challenge[CT_NTLM_CHALLENGE], struct ct_reply *to);
/* Reports DOMAIN, USER, WORKSTATION, RESPONSE of an AUTHENTICATE message. */
void ct_ntlm_report(const struct ct_face_io *io, ct_str authenticate, const unsigned char challenge[CT_NTLM_CHALLENGE]);

/* SPNEGO (RFC 4178): what a server that knows NTLM alone says first, and an answer with a token in it (empty: none yet). */
void ct_spnego_hello(struct ct_reply *to);
void ct_spnego_answer(ct_str token, struct ct_reply *to);

#endif
