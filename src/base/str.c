#include "base/str.h"

#include <string.h>

ct_str ct_str_from(const char *z) { return (ct_str){(const unsigned char *)z, z ? strlen(z) : 0}; }

ct_str ct_str_slice(ct_str s, size_t from, size_t to)
{
    if (to > s.n) to = s.n;
    if (from >= to) return (ct_str){s.p, 0};
    return (ct_str){s.p + from, to - from};
}

bool ct_str_eq(ct_str a, ct_str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

bool ct_str_eq_fold(ct_str a, ct_str b) { return a.n == b.n && ct_str_starts_fold(a, b); }

int ct_str_cmp(ct_str a, ct_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool ct_str_starts(ct_str s, ct_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool ct_str_starts_fold(ct_str s, ct_str prefix)
{
    if (s.n < prefix.n) return false;
    for (size_t i = 0; i < prefix.n; i++)
        if (ct_ascii_lower(s.p[i]) != ct_ascii_lower(prefix.p[i])) return false;
    return true;
}

bool ct_str_ends(ct_str s, ct_str suffix)
{
    return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

size_t ct_str_find(ct_str s, ct_str needle)
{
    if (needle.n == 0) return 0;
    bool once = needle.n > 1 && needle.p[1] != needle.p[0]; /* of "$$$${" only the last '$' may begin "${" */
    for (size_t i = 0; i + needle.n <= s.n; i++) {
        if (s.p[i] != needle.p[0]) {
            const unsigned char *hit = memchr(s.p + i, needle.p[0], s.n - needle.n + 1 - i);
            if (!hit) break;
            i = (size_t)(hit - s.p);
        }
        while (once && i + needle.n < s.n && s.p[i + 1] == needle.p[0]) i++;
        if (s.p[i + needle.n - 1] == needle.p[needle.n - 1] && memcmp(s.p + i, needle.p, needle.n) == 0) return i;
    }
    return CT_STR_NONE;
}

size_t ct_str_find_fold(ct_str s, ct_str needle)
{
    for (size_t i = 0; i + needle.n <= s.n; i++)
        if (ct_str_starts_fold((ct_str){s.p + i, s.n - i}, needle)) return i;
    return CT_STR_NONE;
}

size_t ct_str_rchr(ct_str s, unsigned char c)
{
    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == c) return i;
    return CT_STR_NONE;
}

static bool is_blank(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

ct_str ct_str_trim(ct_str s)
{
    while (s.n && is_blank(s.p[0])) s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1])) s.n--;
    return s;
}

bool ct_str_u64(ct_str s, uint64_t *ret_value)
{
    uint64_t v = 0;
    if (s.n == 0) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ct_ascii_digit(s.p[i])) return false;
        if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v)) return false;
    }
    *ret_value = v;
    return true;
}

uint64_t ct_str_hash(ct_str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++) h = (h ^ s.p[i]) * 0x100000001b3u;
    return h;
}
