/* One event as a mail (RFC 5322): ASCII headers, a plain-text body in quoted-printable, dots stuffed and the end marked as
 * SMTP's DATA wants it (RFC 5321, 4.5.2). Pure.
 *
 * The Message-ID is made of the event's id: who gets a mail twice can tell. All mails of one actor or campaign refer to one
 * Message-ID, so that they are one thread. */
#ifndef CT_OUTLET_MAIL_FORMAT_H
#define CT_OUTLET_MAIL_FORMAT_H

#include "base/limits.h"
#include "outlet/gist.h"

struct ct_mail_addresses {
    char from[255];
    char to[CT_MAIL_TO_MAX][255];
    size_t n_to;
};

/* One address: ASCII, one '@', nothing that SMTP or a header would need quoted. to takes 255 bytes. */
bool ct_mail_address(ct_str s, char *to);
void ct_mail_print(struct ct_buf *out, const struct ct_mail_addresses *a, const struct ct_gist *g, const unsigned char id[16],
                   int64_t time_us, const char *host);

#endif
