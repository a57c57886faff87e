/* What a JNDI name makes a JVM do: does it connect, and to whom?
 *
 * Answers for Java 8, 11 and 17 together: a name that connects on any of them connects. Nothing is resolved or dialled.
 */
#ifndef CT_LOOKUP_JNDI_H
#define CT_LOOKUP_JNDI_H

#include "base/err.h"
#include "base/str.h"

enum ct_connects {
    CT_CONNECTS_NO,
    CT_CONNECTS_LOCAL, /* to localhost, or for dns: to the resolver of the host: no host named */
    CT_CONNECTS_HOST,  /* to the host named */
};

struct ct_jndi_target {
    enum ct_connects connects;
    ct_str scheme;   /* as written, without ':' ; empty when there is none */
    ct_str host;     /* as written, brackets of IPv6 dropped; best effort also when it does not connect */
    uint16_t port;   /* as written, else the scheme's default; 0 unknown */
    bool port_given;
    ct_str path;     /* from '/' on */
};

/* Borrows from name. */
struct ct_jndi_target ct_jndi_target(ct_str name);
/* A name that names no server ("connects" is LOCAL) may name a host all the same: "dns:h.example", which the host's own resolver
 * is asked for, or "ldap:/h.example/a", which is what servers that merge slashes leave of an address. Sets host, port and path;
 * leaves them where it is no name with a dot. */
void ct_jndi_name_meant(struct ct_jndi_target *target);
/* Does 2.15.0's allow-list let the name pass (and 2.16.0's)? */
bool ct_jndi_allowed_2_15(ct_str name);

#endif
