/* Policy files of Java: what is certain never goes further than what is possible; a failure leaves the answer alone. */
#include "runtime/java_policy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool property(void *ctx, ct_str name, ct_str *ret_value)
{
    (void)ctx;
    *ret_value = CT_STR("/opt/a%b${x}");
    return name.n & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK) abort();
    static const ct_str codes[] = {CT_STR_INIT("/opt/app/lib/x.jar"), CT_STR_INIT(""), CT_STR_INIT("relative")};
    for (size_t i = 0; i < 3; i++) {
        struct ct_policy_question q = {.code = codes[i], .property = property};
        struct ct_policy_answer a = {0}, untouched = {0};
        ct_err e = ct_java_policy_ask(arena, (ct_str){data, size}, &q, &a, NULL);
        if (e != CT_OK && memcmp(&a, &untouched, sizeof a) != 0) abort();
        if (a.connect > a.may_connect || a.resolve > a.may_resolve || a.connect > a.resolve) abort();
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    return 0;
}
