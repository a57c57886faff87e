/* The letter to a vendor, and the same as a mail file (RFC 5322): headers in ASCII, encoded words where a subject needs them (RFC 2047), the text in
 * quoted-printable (RFC 2045), lines of at most 76 columns that end with CR LF; those of addresses, which are never folded, may be longer. Any byte may
 * come in: no line break of it reaches a header. */
#ifndef CT_RESPOND_LETTER_H
#define CT_RESPOND_LETTER_H

#include "base/buf.h"

struct ct_letter {
    ct_str vendor, from, to;      /* from, to: addresses that were looked at (ct_letter_address); to may be empty in the text alone */
    ct_str data;                  /* what they hold of ours; may be empty */
    const ct_str *vulnerabilities, *products;
    size_t n_vulnerabilities, n_products;
    int64_t now_us, due;          /* due: when we want the answer; 0: none */
    int64_t asked;                /* of a reminder: when we asked first; 0: this is the first letter */
    ct_str message, refers_to;    /* ids of this mail and of the one that it follows, without brackets; the latter may be empty */
};

/* ASCII, one '@', no blanks, no brackets, no "${", at most 254 bytes. */
bool ct_letter_address(ct_str s);
/* "subject" of it, then the text, with LF. */
void ct_letter_subject(struct ct_buf *out, const struct ct_letter *l);
void ct_letter_text(struct ct_buf *out, const struct ct_letter *l);
void ct_letter_mail(struct ct_buf *out, const struct ct_letter *l);

#endif
