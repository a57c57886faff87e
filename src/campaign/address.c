/* Addresses as a JVM reads them.
 *
 * Java takes one to four decimal parts first ("2130706433", "127.1"; a leading zero means nothing); what it cannot read
 * so goes to the system's resolver, which also knows hexadecimal and octal parts ("0x7f.1", "0377.1"). Source: the
 * address parser of OpenJDK 8 to 17, and inet_aton(3).
 */
#include "campaign/host.h"

#include "text/ip.h"

#include <string.h>

/* One part in the base its spelling says (octal and hexadecimal only when odd spellings count). */
static bool part_value(ct_str s, bool odd, uint64_t *ret_value)
{
    unsigned base = 10;
    if (odd && s.n > 1 && s.p[0] == '0') {
        base = (s.p[1] | 0x20) == 'x' ? 16 : 8;
        s = ct_str_slice(s, base == 16 ? 2 : 1, s.n);
    }
    if (s.n == 0) return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        int digit = ct_hex_value(s.p[i]);
        if (digit < 0 || (unsigned)digit >= base) return false;
        v = v * base + (unsigned)digit;
        if (v > UINT32_MAX) return false;
    }
    *ret_value = v;
    return true;
}

static bool parse_v4(ct_str s, bool odd, unsigned char ret_b[4])
{
    uint64_t parts[4];
    unsigned n = 0;
    for (ct_str rest = s; rest.p;) {
        ct_str part = ct_str_cut(&rest, '.');
        if (n == 4 || !part_value(part, odd, &parts[n])) return false;
        n++;
    }
    /* The last part fills what the ones before it leave. */
    if (n == 0 || parts[n - 1] >> (8 * (5 - n))) return false;
    uint32_t v = (uint32_t)parts[n - 1];
    for (unsigned i = 0; i + 1 < n; i++) {
        if (parts[i] > 255) return false;
        v |= (uint32_t)parts[i] << (24 - 8 * i);
    }
    for (unsigned i = 0; i < 4; i++) ret_b[i] = (unsigned char)(v >> (24 - 8 * i));
    return true;
}

struct ct_address ct_host_address(ct_str host)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct ct_address a = {.kind = CT_ADDRESS_NONE};
    if (host.n == 0) return a;
    if (parse_v4(host, false, a.b) || parse_v4(host, true, a.b)) {
        a.kind = CT_ADDRESS_V4;
        return a;
    }
    size_t zone = ct_str_chr(host, '%');
    unsigned char b[16];
    if (!ct_ip6_parse(ct_str_slice(host, 0, zone), b)) return a;
    if (memcmp(b, mapped, sizeof mapped) == 0) {
        a.kind = CT_ADDRESS_V4;
        memcpy(a.b, b + 12, 4);
    } else {
        a.kind = CT_ADDRESS_V6;
        memcpy(a.b, b, 16);
    }
    return a;
}

static size_t put_decimal(unsigned char *to, unsigned v)
{
    size_t n = v >= 100 ? 3 : v >= 10 ? 2 : 1;
    for (size_t i = n; i-- > 0; v /= 10) to[i] = (unsigned char)('0' + v % 10);
    return n;
}

static size_t put_hex(unsigned char *to, unsigned v)
{
    size_t n = v > 0xfff ? 4 : v > 0xff ? 3 : v > 0xf ? 2 : 1;
    for (size_t i = n; i-- > 0; v >>= 4) to[i] = (unsigned char)"0123456789abcdef"[v & 15];
    return n;
}

size_t ct_address_text(const struct ct_address *a, unsigned char ret_text[CT_ADDRESS_TEXT_MAX])
{
    size_t n = 0;
    if (a->kind == CT_ADDRESS_NONE) return 0;
    if (a->kind == CT_ADDRESS_V4) {
        for (unsigned i = 0; i < 4; i++) {
            if (i) ret_text[n++] = '.';
            n += put_decimal(ret_text + n, a->b[i]);
        }
        return n;
    }
    /* RFC 5952: the longest run of two or more zero groups, the first of equals, becomes "::". */
    unsigned group[8], best = 8, best_n = 1;
    for (unsigned i = 0; i < 8; i++) group[i] = (unsigned)a->b[2 * i] << 8 | a->b[2 * i + 1];
    for (unsigned i = 0, run = 0; i < 8; i++) {
        run = group[i] ? 0 : run + 1;
        if (run > best_n) {
            best_n = run;
            best = i + 1 - run;
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            ret_text[n++] = ':';
            if (i == 0) ret_text[n++] = ':';
            i += best_n - 1;
            continue;
        }
        n += put_hex(ret_text + n, group[i]);
        if (i < 7) ret_text[n++] = ':';
    }
    return n;
}
