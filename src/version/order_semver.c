/* Semantic Versioning 2.0.0 section 11, and NuGet's use of it.
 *
 * Wider than the standard where versions in the field are: "v1.2.3", "1.2", "1.2.3.4"; a missing number is 0.
 * Build metadata is checked and does not count.
 *
 * Key: (MORE number)* LAST, then RELEASE, or PRE and its parts: (NUMERIC number | TEXT bytes 0)* END.
 */
#include "version/order.h"

enum { LAST = 1, MORE };
enum { PRE = 1, RELEASE };
enum { END = 1, NUMERIC, TEXT };

static bool is_part_byte(unsigned char c) { return ct_ascii_digit(c) || ct_ascii_alpha(c) || c == '-'; }

/* Up to the byte stop: dot-separated parts of letters, digits and hyphens, none of them empty. */
static ct_err check_parts(ct_str s)
{
    size_t length = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && length > 0) length = 0;
        else if (is_part_byte(s.p[i])) length++;
        else return CT_ERR_SYNTAX;
    }
    return length > 0 ? CT_OK : CT_ERR_SYNTAX;
}

static void write_parts(struct ct_key *k, ct_str pre, bool fold)
{
    for (ct_str rest = pre; rest.p;) {
        ct_str part = ct_str_cut(&rest, '.');
        if (ct_digits(part).n == part.n) {
            ct_key_byte(k, NUMERIC);
            ct_key_number(k, part);
            continue;
        }
        ct_key_byte(k, TEXT);
        for (size_t i = 0; i < part.n; i++) ct_key_byte(k, fold ? ct_ascii_lower(part.p[i]) : part.p[i]);
        ct_key_byte(k, 0);
    }
    ct_key_byte(k, END);
}

static ct_err write_version(struct ct_key *k, ct_str v, size_t most, bool fold)
{
    v = ct_str_trim(v);
    if (v.n && (v.p[0] == '=' || ct_ascii_lower(v.p[0]) == 'v')) v = ct_skip(v, 1);
    size_t plus = ct_str_chr(v, '+');
    if (plus != CT_STR_NONE) {
        CT_TRY(check_parts(ct_str_slice(v, plus + 1, SIZE_MAX)));
        v.n = plus;
    }
    size_t dash = ct_str_chr(v, '-');
    ct_str pre = {NULL, 0};
    if (dash != CT_STR_NONE) {
        pre = ct_skip(v, dash + 1);
        CT_TRY(check_parts(pre));
        v.n = dash;
    }
    size_t numbers = 0, kept = k->n;
    for (ct_str rest = v;;) {
        ct_str number = ct_digits(rest);
        if (number.n == 0 || ++numbers > most) return CT_ERR_SYNTAX;
        ct_key_byte(k, MORE);
        ct_key_number(k, number);
        if (ct_no_zeros(number).n) kept = k->n; /* zeros at the end are the same as none */
        rest = ct_skip(rest, number.n);
        if (rest.n == 0) break;
        if (rest.p[0] != '.') return CT_ERR_SYNTAX;
        rest = ct_skip(rest, 1);
    }
    k->n = kept;
    ct_key_byte(k, LAST);
    ct_key_byte(k, pre.p ? PRE : RELEASE);
    if (pre.p) write_parts(k, pre, fold);
    return CT_OK;
}

ct_err ct_key_semver(struct ct_key *k, ct_str v) { return write_version(k, v, SIZE_MAX, false); }
ct_err ct_key_nuget(struct ct_key *k, ct_str v) { return write_version(k, v, 4, true); }
