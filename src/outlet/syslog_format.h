/* One RFC 5424 message: <PRI>1 TIME HOST caltrop PID event - MSG. Facility local0; MSG is the event's JSON as it is, so it
 * carries no byte order mark. Pure. */
#ifndef CT_OUTLET_SYSLOG_FORMAT_H
#define CT_OUTLET_SYSLOG_FORMAT_H

#include "base/str.h"

#define CT_SYSLOG_HEAD_MAX 384u /* 5424's own caps: 5 + 2 + 28 + 256 + 8 + 11 + 6 + 2, rounded up */

struct ct_syslog_origin {
    char host[256]; /* printable ASCII without blanks, or "-" */
    unsigned pid;
};

/* "emerg" ... "debug", their usual long forms, or "0" ... "7". */
bool ct_syslog_severity(ct_str name, unsigned *ret_severity);
/* A host name with every byte that 5424 does not allow replaced by '?'; "-" when empty. */
void ct_syslog_host(const char *name, char ret_host[256]);
/* Writes the head, the blank before MSG included; returns its length. time_us below 0: the nil value. */
size_t ct_syslog_head(const struct ct_syslog_origin *o, unsigned severity, int64_t time_us, char ret_head[CT_SYSLOG_HEAD_MAX]);
/* How much of msg fits: all of it, or (ret_cut) so much that CT_SYSLOG_CUT_MARK fits behind it, cut between characters. */
size_t ct_syslog_fit(ct_str msg, size_t room, bool *ret_cut);

#define CT_SYSLOG_CUT_MARK "...[cut]"

#endif
