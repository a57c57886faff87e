/* PHP's version_compare, which Composer's versions sort by: parts of digits or of letters; known words have ranks, unknown
 * ones come first and are equal to one another. A leading "v" and what follows '+' do not count.
 *
 * Key: one rank per part, NUMBER with the number; at last END.
 */
#include "version/order.h"

enum { UNKNOWN = 1, DEV, ALPHA, BETA, RC, END, NUMBER, PATCH };

/* A word counts when one of these starts it. */
static const struct {
    ct_str word;
    unsigned rank;
} words[] = {
#define W(word, rank) {CT_STR_INIT(word), rank}
    W("dev", DEV), W("alpha", ALPHA), W("a", ALPHA), W("beta", BETA), W("b", BETA), W("RC", RC), W("rc", RC), W("pl", PATCH), W("p", PATCH),
#undef W
};

static unsigned rank_of(ct_str s)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (ct_str_starts(s, words[i].word)) return words[i].rank;
    return UNKNOWN;
}

static bool is_separator(unsigned char c) { return c == '.' || c == '-' || c == '_' || c == '+'; }

ct_err ct_key_composer(struct ct_key *k, ct_str v)
{
    if (v.n && ct_ascii_lower(v.p[0]) == 'v') v = ct_skip(v, 1);
    if (v.n == 0) return CT_ERR_SYNTAX;
    while (v.n) {
        size_t n = ct_digits(v).n;
        if (n) {
            ct_key_byte(k, NUMBER);
            ct_key_number(k, (ct_str){v.p, n});
        } else if (is_separator(v.p[0])) {
            n = 1;
        } else {
            while (n < v.n && !ct_ascii_digit(v.p[n]) && !is_separator(v.p[n])) n++;
            ct_key_byte(k, rank_of((ct_str){v.p, n}));
        }
        v = ct_skip(v, n);
    }
    ct_key_byte(k, END);
    return CT_OK;
}
