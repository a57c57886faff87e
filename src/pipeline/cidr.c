#include "pipeline/cidr.h"

#include <arpa/inet.h>
#include <string.h>

/* "[::1]:80" -> "::1", "192.0.2.1:80" -> "192.0.2.1" */
static ct_str bare_address(ct_str s)
{
    s = ct_str_trim(s);
    if (s.n && s.p[0] == '[') {
        size_t close = ct_str_chr(s, ']');
        return close == CT_STR_NONE ? s : ct_str_slice(s, 1, close);
    }
    size_t colon = ct_str_chr(s, ':');
    bool one = colon != CT_STR_NONE && ct_str_chr(ct_str_slice(s, colon + 1, s.n), ':') == CT_STR_NONE;
    return one ? ct_str_slice(s, 0, colon) : s;
}

static bool parse_address(ct_str s, unsigned char to[16], bool *ret_v4)
{
    char z[INET6_ADDRSTRLEN];
    if (s.n == 0 || s.n >= sizeof z || memchr(s.p, 0, s.n)) return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    unsigned char v4[4];
    *ret_v4 = inet_pton(AF_INET, z, v4) == 1;
    if (!*ret_v4) return inet_pton(AF_INET6, z, to) == 1;
    memset(to, 0, 10);
    to[10] = to[11] = 0xff;
    memcpy(to + 12, v4, 4);
    return true;
}

bool ct_cidr_parse(ct_str s, struct ct_cidr *ret_cidr)
{
    struct ct_cidr c;
    uint64_t bits = 0;
    bool v4;
    ct_str rest = ct_str_trim(s), address = ct_str_cut(&rest, '/');
    if (!parse_address(address, c.address, &v4)) return false;
    if (rest.p) {
        if (!ct_str_u64(rest, &bits) || bits > (v4 ? 32 : 128)) return false;
        c.bits = (unsigned)bits + (v4 ? 96 : 0);
    } else {
        c.bits = 128;
    }
    *ret_cidr = c;
    return true;
}

bool ct_cidr_has(const struct ct_cidr *list, size_t n, ct_str address)
{
    unsigned char a[16];
    bool v4;
    if (n == 0 || !parse_address(bare_address(address), a, &v4)) return false;
    for (size_t i = 0; i < n; i++) {
        unsigned whole = list[i].bits / 8, rest = list[i].bits % 8;
        if (memcmp(a, list[i].address, whole) != 0) continue;
        if (rest == 0 || (a[whole] ^ list[i].address[whole]) >> (8 - rest) == 0) return true;
    }
    return false;
}

ct_str ct_cidr_client(const struct ct_cidr *trusted, size_t n, ct_str client, ct_str forwarded)
{
    if (!ct_cidr_has(trusted, n, client)) return client;
    while (forwarded.n) {
        size_t comma = ct_str_rchr(forwarded, ',');
        size_t from = comma == CT_STR_NONE ? 0 : comma + 1;
        ct_str last = ct_str_trim(ct_str_slice(forwarded, from, forwarded.n));
        unsigned char a[16];
        bool v4;
        if (!parse_address(bare_address(last), a, &v4)) break; /* what a client wrote itself is not followed further */
        if (!ct_cidr_has(trusted, n, last)) return bare_address(last);
        forwarded = ct_str_slice(forwarded, 0, from ? from - 1 : 0);
    }
    return client;
}
