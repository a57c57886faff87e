/* rpm: epoch:version-release, compared as rpmvercmp does.
 *
 * Runs of letters and of digits are compared one by one; other bytes only separate. '~' sorts before the end, '^' right
 * after it, letters before digits. A missing epoch is 0, a missing release comes before any.
 *
 * Key: tokens of the epoch, of the version, then NONE, or SOME and tokens of the release.
 */
#include "version/order.h"

enum { TILDE = 1, END, CARET, LETTERS, NUMBER };
enum { NONE = 1, SOME };

static void write_tokens(struct ct_key *k, ct_str s)
{
    while (s.n) {
        unsigned char c = s.p[0];
        size_t n = 1;
        if (c == '~') {
            ct_key_byte(k, TILDE);
        } else if (c == '^') {
            ct_key_byte(k, CARET);
        } else if (ct_ascii_digit(c)) {
            ct_str number = ct_digits(s);
            ct_key_byte(k, NUMBER);
            ct_key_number(k, number);
            n = number.n;
        } else if (ct_ascii_alpha(c)) {
            while (n < s.n && ct_ascii_alpha(s.p[n])) n++;
            ct_key_byte(k, LETTERS);
            ct_key_text(k, (ct_str){s.p, n});
            ct_key_byte(k, 0);
        }
        s = ct_skip(s, n);
    }
    ct_key_byte(k, END);
}

ct_err ct_key_rpm(struct ct_key *k, ct_str v)
{
    if (v.n == 0) return CT_ERR_SYNTAX;
    ct_str epoch = ct_digits(v);
    bool has_epoch = epoch.n < v.n && v.p[epoch.n] == ':';
    write_tokens(k, has_epoch && epoch.n ? epoch : CT_STR("0"));
    if (has_epoch) v = ct_skip(v, epoch.n + 1);
    size_t dash = ct_str_rchr(v, '-');
    write_tokens(k, dash == CT_STR_NONE ? v : (ct_str){v.p, dash});
    ct_key_byte(k, dash == CT_STR_NONE ? NONE : SOME);
    if (dash != CT_STR_NONE) write_tokens(k, ct_skip(v, dash + 1));
    return CT_OK;
}
