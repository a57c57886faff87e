/* Inside src/version: the orderings write keys, byte strings that memcmp puts in the order of the versions (Maven's are
 * walked instead). What makes that work: ranks as bytes, numbers as their length and then their digits, text ended by a
 * byte below all text. */
#ifndef CT_VERSION_ORDER_H
#define CT_VERSION_ORDER_H

#include "version/version.h"

#include <string.h>

struct ct_key {
    unsigned char *p;
    size_t n, room;
    bool full;
};

static inline void ct_key_byte(struct ct_key *k, unsigned c)
{
    if (k->n < k->room) k->p[k->n++] = (unsigned char)c;
    else k->full = true;
}

static inline void ct_key_text(struct ct_key *k, ct_str s)
{
    if (s.n > k->room - k->n) {
        k->full = true;
    } else if (s.n) {
        memcpy(k->p + k->n, s.p, s.n);
        k->n += s.n;
    }
}

/* The digits at the start of s. */
static inline ct_str ct_digits(ct_str s)
{
    size_t n = 0;
    while (n < s.n && ct_ascii_digit(s.p[n])) n++;
    return (ct_str){s.p, n};
}

static inline ct_str ct_skip(ct_str s, size_t n)
{
    if (n) s.p += n; /* an empty text may have a null p */
    s.n -= n;
    return s;
}

static inline ct_str ct_no_zeros(ct_str digits)
{
    while (digits.n && digits.p[0] == '0') digits = ct_skip(digits, 1);
    return digits;
}

_Static_assert(CT_VERSION_MAX <= 255, "lengths in keys are one byte");

/* digits: decimal, leading zeros and nothing at all (0) allowed. */
static inline void ct_key_number(struct ct_key *k, ct_str digits)
{
    digits = ct_no_zeros(digits);
    ct_key_byte(k, (unsigned)digits.n);
    ct_key_text(k, digits);
}

ct_err ct_key_maven(struct ct_key *k, ct_str v);
int ct_key_cmp_maven(ct_str a, ct_str b);
ct_err ct_key_semver(struct ct_key *k, ct_str v);
ct_err ct_key_nuget(struct ct_key *k, ct_str v);
ct_err ct_key_pep440(struct ct_key *k, ct_str v);
ct_err ct_key_deb(struct ct_key *k, ct_str v);
ct_err ct_key_rpm(struct ct_key *k, ct_str v);
ct_err ct_key_apk(struct ct_key *k, ct_str v);
ct_err ct_key_gem(struct ct_key *k, ct_str v);
ct_err ct_key_composer(struct ct_key *k, ct_str v);

#endif
