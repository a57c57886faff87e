#include "text/cidr.h"

#include "text/ip.h"

#include <string.h>

static ct_str bare_address(ct_str s)
{
    uint16_t port;
    return ct_ip_unbracket(ct_ip_cut_port(ct_str_trim(s), &port));
}

bool ct_cidr_parse(ct_str s, struct ct_cidr *ret_cidr)
{
    struct ct_cidr c;
    uint64_t bits = 0;
    ct_str rest = ct_str_trim(s), address = ct_str_cut(&rest, '/');
    bool v4 = ct_str_chr(address, ':') == CT_STR_NONE;
    if (!ct_ip_parse(address, c.address)) return false;
    if (rest.p) {
        if (!ct_str_u64(rest, &bits) || bits > (v4 ? 32 : 128)) return false;
        c.bits = (unsigned)bits + (v4 ? 96 : 0);
    } else {
        c.bits = 128;
    }
    *ret_cidr = c;
    return true;
}

bool ct_cidr_covers(const struct ct_cidr *c, const unsigned char address[16])
{
    unsigned whole = c->bits / 8, rest = c->bits % 8;
    if (memcmp(address, c->address, whole) != 0) return false;
    return rest == 0 || (address[whole] ^ c->address[whole]) >> (8 - rest) == 0;
}

bool ct_cidr_has(const struct ct_cidr *list, size_t n, ct_str address)
{
    unsigned char a[16];
    if (n == 0 || !ct_ip_parse(bare_address(address), a)) return false;
    for (size_t i = 0; i < n; i++)
        if (ct_cidr_covers(&list[i], a)) return true;
    return false;
}

ct_str ct_cidr_client(const struct ct_cidr *trusted, size_t n, ct_str client, ct_str forwarded)
{
    if (!ct_cidr_has(trusted, n, client)) return client;
    while (forwarded.n) {
        size_t comma = ct_str_rchr(forwarded, ',');
        size_t from = comma == CT_STR_NONE ? 0 : comma + 1;
        ct_str last = ct_str_trim(ct_str_slice(forwarded, from, forwarded.n));
        if (!ct_ip_parse(bare_address(last), NULL)) break; /* what a client wrote itself is not followed further */
        if (!ct_cidr_has(trusted, n, last)) return bare_address(last);
        forwarded = ct_str_slice(forwarded, 0, from ? from - 1 : 0);
    }
    return client;
}
