/* Address ranges: which clients are our own proxies, which sources are expected. */
#ifndef CT_TEXT_CIDR_H
#define CT_TEXT_CIDR_H

#include "base/str.h"

struct ct_cidr {
    unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;             /* 0..128 */
};

/* "10.0.0.0/8", "2001:db8::/32", "192.0.2.1"; false for anything else. */
bool ct_cidr_parse(ct_str s, struct ct_cidr *ret_cidr);
/* address: as logged, an optional port or brackets are ignored; false when it is no address. */
bool ct_cidr_has(const struct ct_cidr *list, size_t n, ct_str address);
/* The same for one range and 16 bytes of address, IPv4 as ::ffff:a.b.c.d. */
bool ct_cidr_covers(const struct ct_cidr *c, const unsigned char address[16]);
/* The client behind trusted proxies: the last address of an X-Forwarded-For value that is not itself trusted, or client when
 * client is not trusted or the value holds none. Borrows from its arguments. */
ct_str ct_cidr_client(const struct ct_cidr *trusted, size_t n, ct_str client, ct_str forwarded);

#endif
