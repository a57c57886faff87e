/* dpkg: epoch:upstream-revision, deb-version(7).
 *
 * Each of the two texts is a run of pairs, non-digits and then digits. In the non-digits '~' sorts before the end, letters
 * after it, everything else after letters. A missing number is 0.
 *
 * Key: epoch number, then for upstream and revision: (non-digits STOP number)+ STOP. A non-digit is TILDE, the letter
 * itself, or OTHER and the byte.
 */
#include "version/order.h"

enum { TILDE = 1, STOP = 2, OTHER = 0xff };

static void write_text(struct ct_key *k, ct_str s)
{
    do {
        for (; s.n && !ct_ascii_digit(s.p[0]); s = ct_skip(s, 1)) {
            if (s.p[0] != '~' && !ct_ascii_alpha(s.p[0])) ct_key_byte(k, OTHER);
            ct_key_byte(k, s.p[0] == '~' ? TILDE : s.p[0]);
        }
        ct_key_byte(k, STOP);
        ct_str number = ct_digits(s);
        ct_key_number(k, number);
        s = ct_skip(s, number.n);
    } while (s.n);
    ct_key_byte(k, STOP);
}

static bool is_blank(unsigned char c) { return c == ' ' || c == '\t'; }

/* dpkg reads it with strtol: a sign is taken, and the number must fit an int. */
static ct_err write_epoch(struct ct_key *k, ct_str s)
{
    bool minus = s.n && s.p[0] == '-';
    uint64_t epoch;
    if (s.n && (minus || s.p[0] == '+')) s = ct_skip(s, 1);
    ct_str number = ct_no_zeros(s);
    if (s.n == 0 || ct_digits(s).n != s.n) return CT_ERR_SYNTAX;
    if (number.n && (!ct_str_u64(number, &epoch) || epoch > INT32_MAX || minus)) return CT_ERR_SYNTAX;
    ct_key_number(k, number);
    return CT_OK;
}

ct_err ct_key_deb(struct ct_key *k, ct_str v)
{
    while (v.n && is_blank(v.p[0])) v = ct_skip(v, 1);
    while (v.n && is_blank(v.p[v.n - 1])) v.n--;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] <= ' ' || v.p[i] > '~') return CT_ERR_SYNTAX;
    size_t colon = ct_str_chr(v, ':');
    if (colon != CT_STR_NONE) {
        CT_TRY(write_epoch(k, ct_str_slice(v, 0, colon)));
        v = ct_skip(v, colon + 1);
    } else {
        ct_key_number(k, CT_STR("0"));
    }
    size_t dash = ct_str_rchr(v, '-');
    ct_str revision = {NULL, 0};
    if (dash != CT_STR_NONE) {
        revision = ct_skip(v, dash + 1);
        if (revision.n == 0) return CT_ERR_SYNTAX;
        v.n = dash;
    }
    if (v.n == 0) return CT_ERR_SYNTAX;
    write_text(k, v);
    write_text(k, revision);
    return CT_OK;
}
