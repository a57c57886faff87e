/* The evaluator on any text, for any profile, sink and value policy: it ends within its budget, its answers are
 * consistent, and evaluating twice gives the same. The first byte chooses the profile, the second sink and values. */
#include "base/limits.h"
#include "lookup/eval.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)           \
    do {                      \
        if (!(cond)) abort(); \
    } while (0)

static void check(const struct ct_eval_result *r, uint64_t left)
{
    CHECK(r->n_calls <= CT_EVAL_CALLS_MAX && r->n_calls <= r->n_reached && r->n_unknowns <= 16);
    CHECK(r->end != CT_EVAL_SPENT || left == 0);
    CHECK(!r->cycle || r->end == CT_EVAL_THREW);
    CHECK(!r->leaks_in_name || r->n_reached); /* the name of the host is no secret until it is sent */
    for (size_t i = 0; i < r->n_calls; i++) {
        const struct ct_eval_call *c = &r->calls[i];
        CHECK(ct_str_ends(c->name, c->key) && c->pass >= 1 && c->pass <= r->passes);
        CHECK(ct_str_chr(c->name, ':') != CT_STR_NONE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > CT_WINDOW) return 0;
    size_t n;
    const struct ct_profile *profiles = ct_profiles(&n);
    const struct ct_profile *p = &profiles[data[0] % n];
    ct_str text = {data + 2, size - 2};
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 4 * (size_t)CT_LINE_ARENA_MAX, &arena)) return 0;
    struct ct_eval_result r[2];
    for (unsigned k = 0; k < 2; k++) {
        uint64_t work = CT_EVAL_WORK_BASE + (uint64_t)CT_EVAL_WORK_PER_BYTE * text.n;
        struct ct_eval_opts opts = {.sink = (enum ct_sink)(data[1] % 3), .values = (enum ct_values)(data[1] / 3 % 3), .work = &work};
        CHECK(ct_eval(arena, p, &opts, text, &r[k]) == CT_OK);
        check(&r[k], work);
    }
    CHECK(r[0].end == r[1].end && r[0].n_reached == r[1].n_reached && ct_str_eq(r[0].text, r[1].text));
    ct_arena_free(arena);
    return 0;
}
