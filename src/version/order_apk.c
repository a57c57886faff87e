/* apk-tools 2: N(.N)*[letter](_suffix[N])*[-rN].
 *
 * Numbers behind the first that start with zeros are fractions: more zeros sort lower ("1.05" is below "1.5"). Where two
 * versions part in kind, the order is: alpha, beta, pre, rc; the end; a revision; a suffix's number; other suffixes; a letter;
 * a number.
 *
 * Key: one token after the other, each its rank in that order and its value; at last END.
 */
#include "version/order.h"

enum { PRE_SUFFIX = 1, END, REVISION, SUFFIX_NUMBER, SUFFIX, LETTER, NUMBER, FRACTION };
enum { ZEROS = 1, PLAIN };

static const ct_str pre_suffixes[] = {CT_STR_INIT("alpha"), CT_STR_INIT("beta"), CT_STR_INIT("pre"), CT_STR_INIT("rc")};
static const ct_str suffixes[] = {CT_STR_INIT("cvs"), CT_STR_INIT("svn"), CT_STR_INIT("git"), CT_STR_INIT("hg"), CT_STR_INIT("p")};

static bool take_word(struct ct_key *k, ct_str *s, const ct_str *words, unsigned n, unsigned rank)
{
    for (unsigned i = 0; i < n; i++) {
        if (!ct_str_starts(*s, words[i])) continue;
        ct_key_byte(k, rank);
        ct_key_byte(k, i);
        *s = ct_skip(*s, words[i].n);
        return true;
    }
    return false;
}

static void take_number(struct ct_key *k, ct_str *s, unsigned rank)
{
    ct_str number = ct_digits(*s);
    ct_key_byte(k, rank);
    ct_key_number(k, number);
    *s = ct_skip(*s, number.n);
}

static void take_fraction(struct ct_key *k, ct_str *s)
{
    size_t zeros = 0;
    while (zeros < s->n && s->p[zeros] == '0') zeros++;
    ct_key_byte(k, FRACTION);
    ct_key_byte(k, zeros ? ZEROS : PLAIN);
    if (zeros) {
        ct_key_byte(k, (unsigned)(255 - (zeros < 255 ? zeros : 255)));
        *s = ct_skip(*s, zeros);
        if (s->n) take_number(k, s, NUMBER);
    } else {
        ct_str number = ct_digits(*s);
        ct_key_number(k, number);
        *s = ct_skip(*s, number.n);
    }
}

ct_err ct_key_apk(struct ct_key *k, ct_str s)
{
    if (ct_digits(s).n == 0) return CT_ERR_SYNTAX;
    take_number(k, &s, NUMBER);
    while (s.n > 1 && s.p[0] == '.' && ct_ascii_digit(s.p[1])) {
        s = ct_skip(s, 1);
        take_fraction(k, &s);
    }
    while (s.n && s.p[0] >= 'a' && s.p[0] <= 'z') {
        ct_key_byte(k, LETTER);
        ct_key_byte(k, s.p[0]);
        s = ct_skip(s, 1);
        if (s.n && ct_ascii_digit(s.p[0])) take_number(k, &s, NUMBER);
        else break;
    }
    while (s.n && s.p[0] == '_') {
        s = ct_skip(s, 1);
        if (!take_word(k, &s, pre_suffixes, 4, PRE_SUFFIX) && !take_word(k, &s, suffixes, 5, SUFFIX)) return CT_ERR_SYNTAX;
        if (s.n && ct_ascii_digit(s.p[0])) take_number(k, &s, SUFFIX_NUMBER);
    }
    if (s.n > 1 && s.p[0] == '-' && s.p[1] == 'r') {
        s = ct_skip(s, 2);
        take_number(k, &s, REVISION);
    }
    if (s.n) return CT_ERR_SYNTAX;
    ct_key_byte(k, END);
    return CT_OK;
}
