/* What Log4j itself says when a lookup failed: the one line that proves that a text was evaluated on the host that wrote it.
 *
 *   2021-12-10 14:02:07,123 http-nio-8080-exec-1 WARN Error looking up JNDI resource [ldap://h/a]. javax.naming.CommunicationException: h:389 ...
 *
 * log4j-core 2.1 to 2.14.1 write it (2.1 without the thread; 2.15.0 for addresses of the host itself), to standard error, where the
 * configuration has status="WARN" or a lower level; earlier releases say nothing, later ones ask JNDI for nothing that connects. A lookup
 * that succeeded leaves no such line.
 *
 * No lead of the prefilter is in it. The logs whose search must cost least, those of requests, cannot hold it: a block is asked for the
 * text only when its first line is none of a request.
 * Weak sides: whoever can write whole lines into a log, or what follows a bare stamp, can write this one; a block that begins with a line of a request, as in a log of
 * both, is not asked.
 */
#ifndef CT_FORMATS_LOG4J_STATUS_H
#define CT_FORMATS_LOG4J_STATUS_H

#include "formats/record.h"

/* Is such a line looked for in this block? By its first line: a request's begins with an address, or a virtual host and one, or is
 * JSON without a message. */
bool ct_status_may(ct_str block);
/* Where one may be at or after `from`, or CT_STR_NONE. */
size_t ct_status_next(ct_str block, size_t from);
/* The name that JNDI was asked for, when this line of a program is Log4j's own word and the name is one that connects; borrowed from
 * the record's fields. */
bool ct_status_name(const struct ct_record *record, ct_str *ret_name);

#endif
