/* Reading one SMTP reply (RFC 5321, 4.2) from a stream of pieces of any size, without allocating: "250-first", "250 last".
 *
 * Refuses what is no reply line, codes that change within a reply, control bytes, and everything over the caps of
 * base/limits.h. A bare LF ends a line as CRLF does: there is nothing to smuggle in a reply. */
#ifndef CT_OUTLET_SMTP_REPLY_H
#define CT_OUTLET_SMTP_REPLY_H

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"

struct ct_smtp_reply {
    bool done;
    ct_err err;          /* sticky */
    unsigned code;       /* 200 to 599; valid once done */
    bool starttls;       /* a line said so */
    bool auth_plain, auth_login;
    char text[120];      /* the first line's, printable ASCII */
    /* the reader's own */
    unsigned lines;
    size_t n;
    unsigned char line[CT_SMTP_LINE_MAX];
};

void ct_smtp_reply_init(struct ct_smtp_reply *r);
/* Reads on; ret_used < in.n when the reply is done, or refused. */
CT_MUST_USE ct_err ct_smtp_reply_feed(struct ct_smtp_reply *r, ct_str in, size_t *ret_used);

#endif
