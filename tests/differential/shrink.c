#include "shrink.h"

#include <string.h>

#define CANDIDATES_MAX 128u
#define ROUNDS_MAX 400u

static size_t border(ct_str s, size_t i)
{
    while (i < s.n && (s.p[i] & 0xC0) == 0x80) i++;
    return i < s.n ? i : s.n;
}

/* text without from..to, or with the letter a in its place */
static ct_str candidate(ct_arena *arena, ct_str text, size_t from, size_t to, bool replace)
{
    struct ct_buf b;
    ct_str s = text;
    ct_buf_init(&b, arena, 1u << 20);
    ct_buf_add(&b, ct_str_slice(text, 0, from));
    if (replace) ct_buf_byte(&b, 'a');
    ct_buf_add(&b, ct_str_slice(text, to, text.n));
    return ct_buf_str(&b, &s) == CT_OK ? s : text;
}

/* Asks about up to CANDIDATES_MAX texts; the index of the first that still differs, or n. False: the oracle died. */
static bool first_different(struct oracle *o, ct_arena *arena, const struct ct_profile *profile, const struct question *q, size_t n,
                            size_t *ret_first, char *why, size_t why_n)
{
    struct answer answers[CANDIDATES_MAX];
    *ret_first = n;
    if (n == 0) return true;
    if (!oracle_ask(o, q, n, arena, answers)) return false;
    for (size_t i = 0; i < n; i++) {
        char this_why[1024];
        if (judge(arena, profile, &q[i], &answers[i], this_why, sizeof this_why) != JUDGED_DIFFERENT) continue;
        *ret_first = i;
        (void)memcpy(why, this_why, why_n < sizeof this_why ? why_n : sizeof this_why);
        why[why_n - 1] = 0;
        return true;
    }
    return true;
}

/* One sweep with stretches of size bytes: true in *ret_smaller when one could go. */
static bool sweep(struct oracle *o, ct_arena *arena, const struct ct_profile *profile, struct question *q, size_t size, bool replace,
                  bool *ret_smaller, char *why, size_t why_n)
{
    struct question tries[CANDIDATES_MAX];
    size_t n = 0;
    *ret_smaller = false;
    for (size_t at = 0; at < q->text.n;) {
        size_t to = border(q->text, at + size);
        if (!replace || (!memchr("a${}:-", q->text.p[at], 6) && to > at)) {
            tries[n] = *q;
            tries[n].text = candidate(arena, q->text, at, to, replace);
            if (judge_affordable(arena, profile, &tries[n])) n++;
        }
        at = to;
        if (n < CANDIDATES_MAX && at < q->text.n) continue;
        size_t first;
        if (!first_different(o, arena, profile, tries, n, &first, why, why_n)) return false;
        if (first < n) {
            q->text = tries[first].text;
            *ret_smaller = true;
            return true;
        }
        n = 0;
    }
    return true;
}

bool shrink(struct oracle *o, ct_arena *arena, const struct ct_profile *profile, struct question *q, char *why, size_t n)
{
    size_t size = q->text.n / 2 > 0 ? q->text.n / 2 : 1;
    bool replace = false;
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        bool smaller;
        if (!sweep(o, arena, profile, q, size, replace, &smaller, why, n)) return false;
        if (smaller) continue;
        if (size > 1) size /= 2;
        else if (!replace) replace = true;
        else break;
    }
    return true;
}
