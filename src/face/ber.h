/* Internal to face: tag-length-value as LDAP, SPNEGO and CredSSP use it (X.690 with definite lengths).
 *
 * Reading: ct_ber_next takes one element off the front of *rest. Lengths of up to four bytes, long forms need not be minimal (nmap and Java send
 * 0x84). Refuses indefinite lengths, tags of more than one byte, and what reaches beyond the input. */
#ifndef CT_FACE_BER_H
#define CT_FACE_BER_H

#include "face/face_out.h"

enum { CT_BER_INTEGER = 0x02, CT_BER_OCTETS = 0x04, CT_BER_OID = 0x06, CT_BER_ENUM = 0x0a, CT_BER_SEQUENCE = 0x30 };

/* What the length of the element at the front of in says: bytes with its header; 0: the header is not whole; SIZE_MAX: none, or over max. */
size_t ct_ber_size(ct_str in, size_t max);
bool ct_ber_next(ct_str *rest, unsigned *ret_tag, ct_str *ret_value);
/* The same, and it must have this tag. */
bool ct_ber_want(ct_str *rest, unsigned tag, ct_str *ret_value);
/* A number of one to four bytes, 0 for anything else. */
uint32_t ct_ber_number(ct_str value);

/* Writing: from the inside out, minimal lengths. */
void ct_ber_put(struct ct_reply *r, unsigned tag, ct_str value);
void ct_ber_text(struct ct_reply *r, unsigned tag, const char *value);

#endif
