/* Common to the tests of src/lookup. */
#ifndef CT_TESTS_LOOKUP_TEST_H
#define CT_TESTS_LOOKUP_TEST_H

#include "base/limits.h"
#include "lookup/eval.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static inline ct_arena *arena_new(void)
{
    ct_arena *a = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &a), CT_OK);
    return a;
}

static inline struct ct_eval_result evaluate(ct_arena *a, const struct ct_profile *p, enum ct_sink sink, enum ct_values values,
                                             ct_str text)
{
    uint64_t work = CT_EVAL_WORK_MAX;
    struct ct_eval_opts opts = {.sink = sink, .values = values, .work = &work};
    struct ct_eval_result r;
    assert_int_equal(ct_eval(a, p, &opts, text, &r), CT_OK);
    return r;
}

#endif
