/* Any text as a policy: it is refused with words, or it answers for every combination of a few facts, and prints. */
#include "policy/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct ct_policy p;
    struct ct_fault fault = {0};
    struct ct_buf b;
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 16u << 20, &arena) != CT_OK) return 0;
    ct_err e = ct_policy_read(arena, (ct_str){data, size}, &p, &fault);
    if (e != CT_OK) {
        if (e != CT_ERR_NOMEM && !*fault.detail) abort();
    } else {
        if (p.n_rules == 0 || !p.name.n) abort();
        for (unsigned i = 0; i < 64; i++) {
            const unsigned facts[CT_POLICY_FACTS] = {[CT_POLICY_SEVERITY] = i & 3, [CT_POLICY_EXPOSURE] = i >> 2 & 3, [CT_POLICY_EXPLOITED] = i >> 4 & 1, [CT_POLICY_IMPACT] = i >> 5};
            struct ct_policy_answer a = ct_policy_due(&p, facts, 1639144800 * (int64_t)1000000);
            if (a.due && !a.rule) abort();
        }
        ct_buf_init(&b, arena, 8u << 20);
        ct_policy_print(&b, &p);
        if (ct_str_find(ct_buf_view(&b), CT_STR("${")) != CT_STR_NONE) abort();
    }
    ct_arena_free(arena);
    return 0;
}
