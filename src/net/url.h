/* The URL of a web service: http or https, host, port, request target.
 *
 * Refuses: user information (a password in a URL ends in process lists), fragments, blanks, control bytes and bytes above
 * 0x7e (percent-encode them), port 0, and anything over the fixed sizes below. Names are taken as written: no IDNA, no
 * trailing dot removal.
 */
#ifndef CT_NET_URL_H
#define CT_NET_URL_H

#include "base/fault.h"

struct ct_url {
    bool tls;              /* https */
    bool literal;          /* host is an address, not a name; IPv6 without its brackets */
    char host[256];
    char authority[272];   /* as the Host header wants it: brackets kept, the port only when it is not the scheme's own */
    char target[2048];     /* path and query, begins with '/' */
    uint16_t port;
};

CT_MUST_USE ct_err ct_url_parse(ct_str text, struct ct_url *ret_url, struct ct_fault *fault);

/* HOST, HOST:PORT, [V6] or [V6]:PORT; a host holds letters, digits, '-', '_', '.' (in brackets also ':').
 * ret_host takes at least 256 bytes. */
CT_MUST_USE ct_err ct_host_port_parse(ct_str text, uint16_t default_port, char *ret_host, uint16_t *ret_port, bool *ret_literal,
                                      struct ct_fault *fault);

/* "localhost", 127.0.0.0/8 and ::1 as text; other names may lead to loopback too, but say nothing about it. */
bool ct_host_is_loopback(const char *host);

#endif
