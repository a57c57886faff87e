/* Byte strings: a pointer and a length, passed by value.
 *
 * A ct_str borrows its bytes: it lives exactly as long as the buffer or arena it points into. It may hold NUL and any
 * other byte; it is not terminated. NUL-terminated text appears only at the libc, SQLite and terminal edges.
 * An empty string may have a null p.
 */
#ifndef CT_BASE_STR_H
#define CT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct ct_str {
    const unsigned char *p;
    size_t n;
} ct_str;

/* A compound literal is not a constant expression, so tables need the second form. */
#define CT_STR(lit) ((ct_str){(const unsigned char *)("" lit), sizeof(lit) - 1})
#define CT_STR_INIT(lit) {(const unsigned char *)("" lit), sizeof(lit) - 1}

/* For printf("%.*s"): only for text that is already safe to print. */
#define CT_STR_ARG(s) (int)(s).n, (const char *)(s).p

ct_str ct_str_from(const char *z);               /* z: NUL-terminated, may be null */
ct_str ct_str_slice(ct_str s, size_t from, size_t to); /* clamped to s; empty when from >= to */

bool ct_str_eq(ct_str a, ct_str b);
bool ct_str_eq_fold(ct_str a, ct_str b);         /* ASCII case folding */
int ct_str_cmp(ct_str a, ct_str b);              /* byte order, like memcmp then length */
bool ct_str_starts(ct_str s, ct_str prefix);
bool ct_str_starts_fold(ct_str s, ct_str prefix);
bool ct_str_ends(ct_str s, ct_str suffix);

/* Searches return the offset, or CT_STR_NONE. */
#define CT_STR_NONE SIZE_MAX
size_t ct_str_find(ct_str s, ct_str needle);
size_t ct_str_find_fold(ct_str s, ct_str needle); /* ASCII case folding */
static inline size_t ct_str_chr(ct_str s, unsigned char c);
size_t ct_str_rchr(ct_str s, unsigned char c);

ct_str ct_str_trim(ct_str s);                    /* ASCII blanks, both ends */

/* Cuts *rest at the first sep: returns what stood before it and moves *rest behind it. Without sep the whole of *rest
 * is returned and *rest becomes empty with a null p, which ends a loop: while (rest.p) { part = ct_str_cut(&rest, ','); } */
static inline ct_str ct_str_cut(ct_str *rest, unsigned char sep);

/* Decimal digits only, no sign, no blanks; false on overflow or anything else. */
bool ct_str_u64(ct_str s, uint64_t *ret_value);

uint64_t ct_str_hash(ct_str s);                  /* FNV-1a, stable across runs and machines; not keyed */

static inline unsigned char ct_ascii_lower(unsigned char c) { return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c); }
enum { CT_ASCII_WORD = 8 };
/* Are the CT_ASCII_WORD bytes at p all ASCII? */
static inline bool ct_ascii_word(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, CT_ASCII_WORD);
    return (w & UINT64_C(0x8080808080808080)) == 0;
}
static inline bool ct_ascii_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static inline bool ct_ascii_alpha(unsigned char c) { return (unsigned char)((c | 0x20) - 'a') < 26; }
/* 0..15, or -1 when c is no hexadecimal digit. */
static inline int ct_hex_value(unsigned char c)
{
    if (ct_ascii_digit(c)) return c - '0';
    unsigned char l = (unsigned char)(c | 0x20);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* Called for every few bytes of a judged line. */
static inline size_t ct_str_chr(ct_str s, unsigned char c)
{
    const unsigned char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
    return hit ? (size_t)(hit - s.p) : CT_STR_NONE;
}

static inline ct_str ct_str_cut(ct_str *rest, unsigned char sep)
{
    ct_str part = *rest;
    size_t at = ct_str_chr(*rest, sep);
    if (at == CT_STR_NONE) {
        *rest = (ct_str){NULL, 0};
        return part;
    }
    part.n = at;
    *rest = (ct_str){rest->p + at + 1, rest->n - at - 1};
    return part;
}

#endif
