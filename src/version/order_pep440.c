/* PEP 440 as the library "packaging" reads and sorts it.
 *
 *   [v][N!]N(.N)*[{a|b|rc}N][.postN][.devN][+local], with the many spellings that its appendix B allows
 *
 * Key: epoch, (MORE number)* LAST, pre, post, dev, local.
 */
#include "version/order.h"

enum { LAST = 1, MORE };
enum { PRE_DEV = 1, PRE_A, PRE_B, PRE_RC, PRE_NONE }; /* a development release of nothing else sorts before everything */
enum { POST_NONE = 1, POST };
enum { DEV = 1, DEV_NONE };
enum { LOCAL_NONE = 1, LOCAL_END, LOCAL_TEXT, LOCAL_NUMBER };

struct word {
    ct_str text;
    unsigned rank;
};

/* Longer spellings first where one starts another. */
static const struct word pre_words[] = {
#define W(text, rank) {CT_STR_INIT(text), rank}
    W("alpha", PRE_A), W("a", PRE_A), W("beta", PRE_B), W("b", PRE_B), W("preview", PRE_RC), W("pre", PRE_RC), W("c", PRE_RC), W("rc", PRE_RC),
};
static const struct word post_words[] = {W("post", POST), W("rev", POST), W("r", POST)};
static const struct word dev_words[] = {W("dev", DEV)};
#undef W

static bool is_separator(unsigned char c) { return c == '-' || c == '_' || c == '.'; }

static ct_str skip_separator(ct_str s) { return s.n && is_separator(s.p[0]) ? ct_skip(s, 1) : s; }

/* [sep] word [sep] [digits] at the start of *rest: its rank, or 0. */
static unsigned take(ct_str *rest, const struct word *words, size_t n, ct_str *ret_number)
{
    ct_str s = skip_separator(*rest);
    for (size_t i = 0; i < n; i++) {
        if (!ct_str_starts_fold(s, words[i].text)) continue;
        s = skip_separator(ct_skip(s, words[i].text.n));
        *ret_number = ct_digits(s);
        *rest = ct_skip(s, ret_number->n);
        return words[i].rank;
    }
    return 0;
}

static ct_err write_release(struct ct_key *k, ct_str *rest)
{
    ct_str number = ct_digits(*rest);
    if (number.n && number.n < rest->n && rest->p[number.n] == '!') {
        ct_key_number(k, number);
        *rest = ct_skip(*rest, number.n + 1);
        number = ct_digits(*rest);
    } else {
        ct_key_number(k, CT_STR("0"));
    }
    if (number.n == 0) return CT_ERR_SYNTAX;
    size_t kept = k->n;
    for (;;) {
        ct_key_byte(k, MORE);
        ct_key_number(k, number);
        if (ct_no_zeros(number).n) kept = k->n; /* zeros at the end are the same as none */
        *rest = ct_skip(*rest, number.n);
        if (rest->n < 2 || rest->p[0] != '.' || !ct_ascii_digit(rest->p[1])) break;
        *rest = ct_skip(*rest, 1);
        number = ct_digits(*rest);
    }
    k->n = kept;
    ct_key_byte(k, LAST);
    return CT_OK;
}

static ct_err write_local(struct ct_key *k, ct_str s)
{
    for (size_t from = 0; from <= s.n;) {
        size_t to = from, digits = 0;
        while (to < s.n && !is_separator(s.p[to])) {
            if (!ct_ascii_digit(s.p[to]) && !ct_ascii_alpha(s.p[to])) return CT_ERR_SYNTAX;
            digits += ct_ascii_digit(s.p[to++]);
        }
        if (to == from) return CT_ERR_SYNTAX;
        bool number = digits == to - from;
        ct_key_byte(k, number ? LOCAL_NUMBER : LOCAL_TEXT);
        if (number) ct_key_number(k, (ct_str){s.p + from, to - from});
        for (size_t i = from; !number && i < to; i++) ct_key_byte(k, ct_ascii_lower(s.p[i]));
        if (!number) ct_key_byte(k, 0);
        from = to + 1;
    }
    ct_key_byte(k, LOCAL_END);
    return CT_OK;
}

ct_err ct_key_pep440(struct ct_key *k, ct_str v)
{
    while (v.n && (v.p[0] == ' ' || (v.p[0] >= '\t' && v.p[0] <= '\r'))) v = ct_skip(v, 1);
    while (v.n && (v.p[v.n - 1] == ' ' || (v.p[v.n - 1] >= '\t' && v.p[v.n - 1] <= '\r'))) v.n--;
    if (v.n && ct_ascii_lower(v.p[0]) == 'v') v = ct_skip(v, 1);
    CT_TRY(write_release(k, &v));
    ct_str pre_n, post_n = {NULL, 0}, dev_n;
    unsigned pre = take(&v, pre_words, sizeof pre_words / sizeof *pre_words, &pre_n);
    bool post = v.n > 1 && v.p[0] == '-' && ct_ascii_digit(v.p[1]); /* "1.0-1" */
    if (post) {
        post_n = ct_digits(ct_skip(v, 1));
        v = ct_skip(v, 1 + post_n.n);
    } else {
        post = take(&v, post_words, sizeof post_words / sizeof *post_words, &post_n) != 0;
    }
    bool dev = take(&v, dev_words, 1, &dev_n) != 0;
    ct_key_byte(k, pre ? pre : dev && !post ? PRE_DEV : PRE_NONE);
    if (pre) ct_key_number(k, pre_n);
    ct_key_byte(k, post ? POST : POST_NONE);
    if (post) ct_key_number(k, post_n);
    ct_key_byte(k, dev ? DEV : DEV_NONE);
    if (dev) ct_key_number(k, dev_n);
    if (v.n == 0) {
        ct_key_byte(k, LOCAL_NONE);
        return CT_OK;
    }
    return v.p[0] == '+' ? write_local(k, ct_skip(v, 1)) : CT_ERR_SYNTAX;
}
