/* The promise behind evaluating few profiles: one that differs only in features which an evaluation never touched gives
 * the same answer. Over generated lines, for every pair of profiles and for single features flipped. */
#include "lookup_test.h"

#include "support/gen_lookup.h"

enum { LINES = 4000, ALL = CT_FEAT_FROM_FIRST * 2 - 1 };

/* For all evaluations of a line side by side, each of which may take what a line may. */
static ct_arena *roomy_arena(void)
{
    enum { EVALUATIONS = 64 };
    ct_arena *a = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, EVALUATIONS * (size_t)CT_LINE_ARENA_MAX, &a), CT_OK);
    return a;
}

static bool same(const struct ct_eval_result *a, const struct ct_eval_result *b)
{
    if (a->end != b->end || a->n_reached != b->n_reached || a->n_calls != b->n_calls || a->passes != b->passes
        || a->cycle != b->cycle || a->nested_context != b->nested_context || a->asks_secret != b->asks_secret
        || a->n_unknowns != b->n_unknowns || !ct_str_eq(a->text, b->text))
        return false;
    for (size_t i = 0; i < a->n_calls; i++)
        if (!ct_str_eq(a->calls[i].key, b->calls[i].key) || !ct_str_eq(a->calls[i].name, b->calls[i].name)) return false;
    return true;
}

static void untouched_features_do_not_matter(void **state)
{
    (void)state;
    struct rng rng = rng_new("lookup_touched");
    ct_arena *a = roomy_arena();
    size_t n, shared = 0;
    const struct ct_profile *p = ct_profiles(&n);
    for (unsigned i = 0; i < LINES; i++) {
        struct ct_buf b;
        ct_buf_init(&b, a, CT_WINDOW);
        gen_lookup_line(&rng, &b);
        enum ct_sink sink = (enum ct_sink)rng_below(&rng, 3);
        enum ct_values values = (enum ct_values)rng_below(&rng, 3);
        const struct ct_profile *base = &p[rng_below(&rng, (uint32_t)n)];
        struct ct_eval_result r = evaluate(a, base, sink, values, ct_buf_view(&b));
        for (size_t k = 0; k < n + 9; k++) {
            struct ct_profile other = k < n ? p[k] : *base;
            if (k >= n) other.features ^= 1u << (k - n);
            if ((other.features ^ base->features) & r.touched) continue;
            if ((other.features & CT_FEAT_FROM_FIRST) && (other.features & CT_FEAT_REPEAT_PASS)) continue; /* no release has both */
            struct ct_eval_result o = evaluate(a, &other, sink, values, ct_buf_view(&b));
            if (!same(&r, &o))
                fail_msg("features %x and %x, touched %x, sink %d, values %d: %.*s", base->features, other.features, r.touched, sink,
                         values, CT_STR_ARG(ct_buf_view(&b)));
            shared++;
        }
        ct_arena_clear(a);
    }
    print_message("%zu evaluations shared\n", shared);
    assert_true(shared > LINES);
    ct_arena_free(a);
}

static void the_first_pass_stands_for_a_profile_that_makes_no_other(void **state)
{
    (void)state;
    struct rng rng = rng_new("lookup_first_pass");
    ct_arena *a = roomy_arena();
    size_t n, differing = 0;
    const struct ct_profile *p = ct_profiles(&n);
    for (unsigned i = 0; i < LINES; i++) {
        struct ct_buf b;
        ct_buf_init(&b, a, CT_WINDOW);
        gen_lookup_line(&rng, &b);
        enum ct_values values = (enum ct_values)rng_below(&rng, 3);
        for (size_t k = 0; k < n; k++) {
            if (!(p[k].features & CT_FEAT_REPEAT_PASS)) continue;
            struct ct_profile once = p[k];
            once.features &= ~(unsigned)CT_FEAT_REPEAT_PASS;
            struct ct_eval_result all = evaluate(a, &p[k], CT_SINK_MESSAGE, values, ct_buf_view(&b));
            struct ct_eval_result first = ct_eval_first_pass(&all), o = evaluate(a, &once, CT_SINK_MESSAGE, values, ct_buf_view(&b));
            differing += !same(&all, &o);
            assert_null(first.text.p);
            first.text = o.text;
            if (!same(&first, &o) || first.touched != o.touched || first.leaks_in_name != o.leaks_in_name)
                fail_msg("features %x, values %d: %.*s", p[k].features, values, CT_STR_ARG(ct_buf_view(&b)));
        }
        ct_arena_clear(a);
    }
    print_message("%zu differed from all passes\n", differing);
    assert_true(differing > LINES / 10);
    ct_arena_free(a);
}

/* The first test above must be able to fail: each feature is touched by a line whose answer it decides. */
static void every_feature_is_touched_by_its_line(void **state)
{
    (void)state;
    static const struct {
        unsigned feature;
        const char *in;
    } table[] = {
        {CT_FEAT_NAMES_EXPAND, "${${::-j}ndi:X:a}"}, {CT_FEAT_PREFIX_FOLD, "${JNDI:X:a}"},
        {CT_FEAT_REPEAT_PASS, "${jndi:X:a}${jndi:X:b}"}, {CT_FEAT_CASE_LOOKUPS, "${lower:A}"},
        {CT_FEAT_ESCAPED_DELIM, "${jndi:\\-X:a:-b}"}, {CT_FEAT_EVENT_LOOKUP, "${event:Level}"},
        {CT_FEAT_DEFAULTS, "${a:-b}"}, {CT_FEAT_JAVA_LOOKUP, "${java:x}"}, {CT_FEAT_FROM_FIRST, "$${jndi:X:a}"},
    };
    ct_arena *a = arena_new();
    unsigned seen = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct ct_profile with = *ct_profile_find(CT_STR("2.14.1")), without = with;
        with.features |= table[i].feature;
        without.features = with.features & ~table[i].feature;
        struct ct_eval_result r = evaluate(a, &with, CT_SINK_MESSAGE, CT_VALUES_UNSET, ct_str_from(table[i].in));
        struct ct_eval_result o = evaluate(a, &without, CT_SINK_MESSAGE, CT_VALUES_UNSET, ct_str_from(table[i].in));
        assert_true(r.touched & table[i].feature);
        assert_true(o.touched & table[i].feature);
        assert_false(same(&r, &o));
        seen |= table[i].feature;
    }
    assert_int_equal(seen, ALL);
    ct_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(untouched_features_do_not_matter), cmocka_unit_test(the_first_pass_stands_for_a_profile_that_makes_no_other),
        cmocka_unit_test(every_feature_is_touched_by_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
