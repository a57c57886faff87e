/* ct_judge on any bytes: one field, or fields parted by NUL. It never fails but for memory, keeps its own rules, answers the
 * same twice, and finds in a field what it finds in the field alone. The first byte chooses. */
#include "detect/verdict.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok) abort();
}

static void inside(ct_str s)
{
    unsigned sum = 0;
    for (size_t i = 0; i < s.n; i++) sum += s.p[i]; /* the sanitizer sees a string that outlived its memory */
    require(sum <= 255u * s.n);
}

static void check(const struct ct_verdict *v)
{
    bool reached = v->grade >= CT_GRADE_REACH;
    require(v->grade <= CT_GRADE_EXPLOIT && v->grade != CT_GRADE_RULE && v->certainty <= CT_UNKNOWN);
    require(reached == (v->n_fires > 0));
    require(v->n_fires <= CT_FIRES_MAX && v->n_indicators <= CT_INDICATORS_MAX && v->n_conditions <= CT_CONDITIONS_MAX);
    require(v->n_chain <= CT_LAYERS_MAX);
    require(v->grade == CT_GRADE_NONE || v->has_lookup);
    require(v->has_lookup || !v->raw_lookup);
    require(v->certainty != CT_CONDITIONAL || v->traits & CT_TRAIT_CONDITIONAL);
    require(!(v->traits & CT_TRAIT_BUDGET) || v->grade == CT_GRADE_EXPLOIT || v->certainty == CT_UNKNOWN);
    inside(v->decoded);
    inside(v->normal);
    for (unsigned i = 0; i < v->n_conditions; i++) inside(v->conditions[i]);
    for (unsigned i = 0; i < v->n_indicators; i++) {
        inside(v->indicators[i].scheme);
        inside(v->indicators[i].host);
        inside(v->indicators[i].path);
    }
}

static struct ct_verdict judge(ct_arena *arena, const struct ct_judge_opts *opts, const struct ct_field *fields, size_t n)
{
    struct ct_verdict v;
    require(ct_judge(arena, opts, fields, n, &v) == CT_OK);
    check(&v);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    struct ct_field fields[8];
    size_t n = 0, n_profiles;
    if (size < 1 || size > 8192 || ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena)) return 0;
    const struct ct_profile *profiles = ct_profiles(&n_profiles);
    unsigned kind = data[0];
    struct ct_judge_opts opts = {.no_decode = kind & 1, .truncated = kind & 2, .mail = size & 1};
    ct_str rest = {data + 1, size - 1};
    if (kind & 4 && (kind >> 4) < n_profiles) opts.only = &profiles[kind >> 4];
    if (kind & 8)
        while (rest.p && n < 7) fields[n++] = (struct ct_field){CT_STR("f"), ct_str_cut(&rest, 0)};
    if (rest.p) fields[n++] = (struct ct_field){CT_STR("f"), rest};
    struct ct_verdict v = judge(arena, &opts, fields, n), again = judge(arena, &opts, fields, n);
    require(v.grade == again.grade && v.traits == again.traits && v.n_fires == again.n_fires && v.n_calls == again.n_calls);
    for (size_t i = 0; i < n && n > 1; i++) {
        struct ct_verdict alone = judge(arena, &opts, &fields[i], 1);
        require(v.grade >= alone.grade || v.traits & CT_TRAIT_BUDGET);
    }
    ct_arena_free(arena);
    return 0;
}
