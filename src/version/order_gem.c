/* Gem::Version: segments of digits or letters, separated by '.' or by changing; '-' starts a pre-release (".pre.").
 *
 * Numbers sort after text, and a missing segment is 0, so what zeros mean depends on what follows them. Zeros at the end,
 * and right before the first text, are the same as none.
 *
 * Key: TEXT bytes 0 | ZEROS_TEXT count (the text follows) | END | ZEROS_NUMBER 255-count (the number follows) | NUMBER number.
 */
#include "version/order.h"

enum { TEXT = 1, ZEROS_TEXT, END, ZEROS_NUMBER, NUMBER };

struct gem {
    struct ct_key *k;
    unsigned zeros;
    bool text_seen;
};

static void write_zeros(struct gem *g, bool before_text)
{
    if (g->zeros && !(before_text && !g->text_seen)) {
        ct_key_byte(g->k, before_text ? ZEROS_TEXT : ZEROS_NUMBER);
        ct_key_byte(g->k, before_text ? g->zeros : 255 - g->zeros);
    }
    g->zeros = 0;
}

static void write_text(struct gem *g, ct_str s)
{
    write_zeros(g, true);
    ct_key_byte(g->k, TEXT);
    ct_key_text(g->k, s);
    ct_key_byte(g->k, 0);
    g->text_seen = true;
}

static void write_number(struct gem *g, ct_str s)
{
    if (ct_no_zeros(s).n == 0) {
        if (g->zeros < 254) g->zeros++;
        return;
    }
    write_zeros(g, false);
    ct_key_byte(g->k, NUMBER);
    ct_key_number(g->k, s);
}

/* N(.alnum)*(-alnum-with-hyphens(.the same)*)? */
static bool is_gem_version(ct_str v)
{
    bool dashed = false, empty = true;
    if (v.n == 0 || !ct_ascii_digit(v.p[0])) return false;
    size_t first = ct_str_chr(v, '.');
    ct_str head = ct_str_slice(v, 0, first);
    size_t dash = ct_str_chr(head, '-');
    if (dash != CT_STR_NONE) head.n = dash;
    if (ct_digits(head).n != head.n) return false;
    for (size_t i = 0; i < v.n; i++) {
        unsigned char c = v.p[i];
        if (ct_ascii_digit(c) || ct_ascii_alpha(c) || (c == '-' && dashed)) {
            empty = false;
        } else if ((c == '.' || c == '-') && !empty) {
            dashed |= c == '-';
            empty = true;
        } else {
            return false;
        }
    }
    return !empty;
}

static bool is_blank(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

ct_err ct_key_gem(struct ct_key *k, ct_str v)
{
    struct gem g = {.k = k};
    while (v.n && is_blank(v.p[0])) v = ct_skip(v, 1);
    while (v.n && is_blank(v.p[v.n - 1])) v.n--;
    if (v.n && !is_gem_version(v)) return CT_ERR_SYNTAX; /* an empty one is 0 */
    while (v.n) {
        size_t n = 1;
        if (ct_ascii_digit(v.p[0])) {
            n = ct_digits(v).n;
            write_number(&g, (ct_str){v.p, n});
        } else if (ct_ascii_alpha(v.p[0])) {
            while (n < v.n && ct_ascii_alpha(v.p[n])) n++;
            write_text(&g, (ct_str){v.p, n});
        } else if (v.p[0] == '-') {
            write_text(&g, CT_STR("pre"));
        }
        v = ct_skip(v, n);
    }
    ct_key_byte(k, END);
    return CT_OK;
}
