/* Callback hosts: which part of one names its owner.
 *
 * A host that an attacker wrote may be a name, an address in any spelling that a JVM accepts, or a trick that shows one
 * host and dials another ("127.0.0.1#evil.example"). Nothing is resolved.
 */
#ifndef CT_CAMPAIGN_HOST_H
#define CT_CAMPAIGN_HOST_H

#include "base/str.h"

enum ct_address_kind { CT_ADDRESS_NONE, CT_ADDRESS_V4, CT_ADDRESS_V6 };

struct ct_address {
    enum ct_address_kind kind;
    unsigned char b[16]; /* network order; 4 of them for V4 */
};

/* What is dialled: behind the last '#' or '@', without brackets and without dots at the end. Borrows from host. */
ct_str ct_host_core(ct_str host);

/* The address that host spells, kind NONE when it is a name. An IPv4 address mapped into IPv6 counts as IPv4, and a
 * zone ("%eth0") is dropped, since that is what a JVM makes of them. */
struct ct_address ct_host_address(ct_str host);

enum { CT_ADDRESS_TEXT_MAX = 40 };
/* Dotted quad, or RFC 5952 text; returns the length. */
size_t ct_address_text(const struct ct_address *a, unsigned char ret_text[CT_ADDRESS_TEXT_MAX]);

#endif
