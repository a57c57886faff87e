/* The evaluator against golden.txt: what the real Log4j said, without Java. */
#include "golden.h"
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define CASES_MIN 1000 /* a file that was cut off must not pass */

static void every_case_is_answered_as_log4j_did(void **state)
{
    (void)state;
    FILE *f = fopen(CT_DIFFERENTIAL_SOURCE "/golden.txt", "re");
    assert_non_null(f);
    ct_arena *arena = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 256u << 20, &arena), CT_OK);
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0, cases = 0, wrong = 0;
    for (ssize_t n; (n = getline(&line, &room, f)) > 0;) {
        struct golden_case c;
        bool blank;
        char why[1024] = "";
        ct_arena_clear(arena);
        number++;
        if (!golden_read(arena, ct_str_trim((ct_str){(const unsigned char *)line, (size_t)n}), &c, &blank)) {
            if (!blank) fail_msg("golden.txt:%u: malformed", number);
            continue;
        }
        for (ct_str rest = c.releases; rest.p;) {
            ct_str release = ct_str_cut(&rest, ',');
            const struct ct_profile *profile = ct_profile_find(release);
            if (!profile) fail_msg("golden.txt:%u: no profile", number);
            cases++;
            if (judge(arena, profile, &c.q, &c.a, why, sizeof why) == JUDGED_SAME) continue;
            wrong++;
            print_message("golden.txt:%u: %.*s: %s\n", number, CT_STR_ARG(release), why);
        }
    }
    free(line);
    (void)fclose(f);
    ct_arena_free(arena);
    assert_int_equal(wrong, 0);
    assert_true(cases >= CASES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_is_answered_as_log4j_did)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
