#include "judge.h"

#include "base/limits.h"

#include <inttypes.h>
#include <stdio.h>

static ct_err evaluate(ct_arena *arena, const struct ct_profile *profile, const struct question *q, struct ct_eval_result *ret_result)
{
    uint64_t work = CT_EVAL_WORK_MAX;
    struct ct_eval_opts opts = {.sink = q->sink, .values = q->set ? CT_VALUES_SET : CT_VALUES_UNSET, .work = &work};
    return ct_eval(arena, profile, &opts, q->text, ret_result);
}

bool judge_affordable(ct_arena *arena, const struct ct_profile *profile, const struct question *q)
{
    struct ct_arena_mark mark = ct_arena_mark(arena);
    struct ct_eval_result r;
    ct_err e = evaluate(arena, profile, q, &r);
    ct_arena_reset(arena, mark);
    return e == CT_OK && r.end != CT_EVAL_SPENT;
}

/* Equal but for the two small sigmas: which one Java makes of a capital at a word's end hangs on its tables of word breaks. */
static bool same_text(ct_str a, ct_str b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++) {
        bool sigma = i > 0 && a.p[i - 1] == 0xCF && (a.p[i] == 0x82 || a.p[i] == 0x83) && (b.p[i] == 0x82 || b.p[i] == 0x83);
        if (a.p[i] != b.p[i] && !sigma) return false;
    }
    return true;
}

/* Could the text nest deeper than the cap without referring to itself? */
static bool deep(ct_str text)
{
    size_t opens = 0;
    for (size_t i = 0; i + 1 < text.n; i++) opens += text.p[i] == '$' && text.p[i + 1] == '{';
    return opens >= CT_EVAL_DEPTH_MAX / 2;
}

/* The i-th call. The evaluator keeps the calls of a pass that repeats without change once, and counts them in
 * n_reached: past the end the last pass starts over. */
static const struct ct_eval_call *call_at(const struct ct_eval_result *r, size_t i)
{
    if (i < r->n_calls) return &r->calls[i];
    if (r->n_calls == 0 || r->n_calls == CT_EVAL_CALLS_MAX) return NULL;
    size_t first = r->n_calls - 1;
    while (first > 0 && r->calls[first - 1].pass == r->calls[r->n_calls - 1].pass) first--;
    return &r->calls[first + (i - r->n_calls) % (r->n_calls - first)];
}

static bool names_differ(const struct ct_eval_result *r, const struct answer *a, bool overflowed, char *why, size_t n)
{
    bool counts = overflowed ? (r->n_reached > 0) == (a->n_calls > 0) : r->n_reached == a->n_calls;
    if (!counts) {
        (void)snprintf(why, n, "log4j makes %" PRIu32 " calls, we %" PRIu64 " (kept %zu)", a->n_calls, r->n_reached, r->n_calls);
        return true;
    }
    for (size_t i = 0; i < a->n_keys; i++) {
        const struct ct_eval_call *call = overflowed && i >= r->n_calls ? NULL : call_at(r, i);
        if (!call) break;
        if (same_text(call->key, a->keys[i])) continue;
        (void)snprintf(why, n, "call %zu: log4j looks up <%.*s>, we <%.*s>", i + 1, CT_STR_ARG(a->keys[i]), CT_STR_ARG(call->key));
        return true;
    }
    return false;
}

static const char *const ends[] = {"done", "threw", "overflowed"};

/* The release leaves such a text alone. */
static bool literal(const struct ct_profile *profile, const struct question *q)
{
    return q->sink == CT_SINK_CONTEXT ? !profile->context_expands : profile->message == CT_MSG_NEVER;
}

static bool judge_literal(const struct question *q, const struct answer *a, char *why, size_t n)
{
    bool same = a->end == ANSWER_DONE && a->n_calls == 0 && a->text_n == q->text.n && ct_str_eq(ct_str_slice(q->text, 0, a->text.n), a->text);
    if (!same) (void)snprintf(why, n, "the profile says the text stays; log4j %s, %" PRIu32 " calls", ends[a->end], a->n_calls);
    return same;
}

static bool text_differs(const struct ct_eval_result *r, const struct answer *a, char *why, size_t n)
{
    if (r->text.n == a->text_n && same_text(ct_str_slice(r->text, 0, a->text.n), a->text)) return false;
    (void)snprintf(why, n, "log4j renders <%.*s>, we <%.*s>", (int)(a->text.n < 300 ? a->text.n : 300), (const char *)a->text.p,
                   (int)(r->text.n < 300 ? r->text.n : 300), (const char *)r->text.p);
    return true;
}

static enum judgement compare(const struct ct_profile *profile, const struct question *q, const struct answer *a,
                              struct ct_eval_result *r, char *why, size_t n)
{
    if (profile->jndi == CT_JNDI_STUB) r->n_calls = 0, r->n_reached = 0;
    if ((int)r->end != (int)a->end) {
        (void)snprintf(why, n, "log4j %s (%.*s: %.*s), we %s", ends[a->end], CT_STR_ARG(a->thrown), CT_STR_ARG(a->why), ends[r->end]);
        return r->end == CT_EVAL_OVERFLOWED && deep(q->text) ? JUDGED_DEEP : JUDGED_DIFFERENT;
    }
    if (names_differ(r, a, r->end == CT_EVAL_OVERFLOWED, why, n)) return JUDGED_DIFFERENT;
    return r->end == CT_EVAL_DONE && text_differs(r, a, why, n) ? JUDGED_DIFFERENT : JUDGED_SAME;
}

enum judgement judge(ct_arena *arena, const struct ct_profile *profile, const struct question *q, const struct answer *a, char *why, size_t n)
{
    struct ct_arena_mark mark = ct_arena_mark(arena);
    struct ct_eval_result r;
    enum judgement verdict = JUDGED_SAME;
    if (literal(profile, q)) return judge_literal(q, a, why, n) ? JUDGED_SAME : JUDGED_DIFFERENT;
    if (evaluate(arena, profile, q, &r) != CT_OK || r.end == CT_EVAL_SPENT) {
        verdict = JUDGED_SPENT;
    } else if (!q->self) {
        verdict = compare(profile, q, a, &r, why, n);
    } else if (a->end == ANSWER_OVERFLOWED && !r.nested_context && !deep(q->text)) {
        verdict = JUDGED_DIFFERENT;
        (void)snprintf(why, n, "a context value that refers to itself overflows log4j, and nested_context is not set");
    }
    ct_arena_reset(arena, mark);
    return verdict;
}
