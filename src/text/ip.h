/* IP addresses as text: one strict reader for logs, events and address ranges. What a JVM or a resolver accepts beyond it
 * (127.1, 0x7f.1) is campaign/host.h's business. */
#ifndef CT_TEXT_IP_H
#define CT_TEXT_IP_H

#include "base/str.h"

/* Dotted quad, decimal, no leading zeros; network order. */
bool ct_ip4_parse(ct_str s, unsigned char ret_b[4]);
/* RFC 4291 text: no brackets, no zone, no port. */
bool ct_ip6_parse(ct_str s, unsigned char ret_b[16]);
/* Either; IPv4 as ::ffff:a.b.c.d. ret_b may be null. */
bool ct_ip_parse(ct_str s, unsigned char ret_b[16]);

/* The other way, as RFC 5952 wants it: ::ffff:a.b.c.d as a.b.c.d, scope (0: none) behind a '%'. */
enum { CT_IP_TEXT_MAX = 64 };
ct_str ct_ip_text(const unsigned char b[16], uint32_t scope, char to[CT_IP_TEXT_MAX]);

/* "host:80", "[::1]:80" -> the host (brackets kept) and the port; without a port all of s and 0. A bare IPv6 address, which
 * ends in digits too, stays whole. */
ct_str ct_ip_cut_port(ct_str s, uint16_t *ret_port);
/* Without its brackets, if it has both. */
ct_str ct_ip_unbracket(ct_str s);

#endif
