/* Whole verdicts, every part of them, as text: golden/verdict/texts holds one text a line, golden/verdict/expected what is
 * said of each. CT_GOLDEN_WRITE=1 rewrites the expectations; read the difference before it is committed. */
#include "base/limits.h"
#include "verdict_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static ct_arena *arena, *line;

static ct_str read_file(const char *path)
{
    struct ct_buf b;
    FILE *f = fopen(path, "rbe");
    ct_buf_init(&b, arena, 1u << 20);
    for (int c; f && (c = getc(f)) != EOF;) ct_buf_byte(&b, (unsigned char)c);
    if (f) (void)fclose(f);
    assert_int_equal(b.err, CT_OK);
    return ct_buf_view(&b);
}

static void verdicts_are_as_written(void **state)
{
    static const char *const path = "golden/verdict/expected";
    (void)state;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 16u << 20, &arena), CT_OK);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &line), CT_OK);
    ct_str rest = read_file("golden/verdict/texts"), want = read_file(path);
    unsigned n = 0, differ = 0;
    struct ct_buf all;
    ct_buf_init(&all, arena, 1u << 20);
    while (rest.p) {
        ct_str text = ct_str_cut(&rest, '\n');
        if (text.n == 0) continue;
        size_t start = all.n;
        ct_arena_clear(line);
        struct ct_verdict v = verdict_of(line, text);
        ct_buf_add(&all, text);
        ct_buf_byte(&all, '\n');
        verdict_put(&all, &v);
        n++;
        ct_str got = ct_str_slice(ct_buf_view(&all), start, all.n);
        if (ct_str_find(want, got) == CT_STR_NONE && differ++ < 5 && !getenv("CT_GOLDEN_WRITE")) print_error("now:\n%.*s", CT_STR_ARG(got));
    }
    assert_int_equal(all.err, CT_OK);
    if (getenv("CT_GOLDEN_WRITE")) {
        FILE *f = fopen(path, "wbe");
        assert_non_null(f);
        assert_int_equal(fwrite(all.p, 1, all.n, f), all.n);
        assert_int_equal(fclose(f), 0);
    } else if (!ct_str_eq(ct_buf_view(&all), want)) {
        fail_msg("%u of %u verdicts differ", differ, n);
    }
    print_message("%u verdicts\n", n);
    ct_arena_free(line);
    ct_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts_are_as_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
