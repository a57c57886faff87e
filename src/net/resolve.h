/* Names to addresses, with a deadline.
 *
 * getaddrinfo() cannot be told when to give up, so a name is looked up by a detached helper thread; when the deadline
 * passes the answer is no longer waited for, and the helper ends by itself when the system's resolver does. Addresses
 * written as such never leave this thread.
 * A statically linked program (the sensor) uses the resolvers that are part of the C library: /etc/hosts and DNS by
 * /etc/resolv.conf; other sources of nsswitch.conf (mDNS, LDAP) do not exist there. In an empty root only addresses and
 * "localhost" have an answer.
 */
#ifndef CT_NET_RESOLVE_H
#define CT_NET_RESOLVE_H

#include "net/deadline.h"

#include <sys/socket.h>

#define CT_ADDRS_MAX 8u /* a host with more addresses than this is not more reachable for it */

struct ct_addrs {
    struct sockaddr_storage at[CT_ADDRS_MAX];
    socklen_t len[CT_ADDRS_MAX];
    size_t n;
};

CT_MUST_USE ct_err ct_resolve(const char *host, uint16_t port, const struct ct_deadline *d, struct ct_addrs *ret_addrs,
                              struct ct_fault *fault);
bool ct_addr_is_loopback(const struct sockaddr_storage *a);

#endif
