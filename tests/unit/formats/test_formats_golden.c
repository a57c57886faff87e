/* Sample logs and what is read from them. CT_GOLDEN_WRITE=1 rewrites the expectations. */
#include "dump.h"
#include "text/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void dump_sample(struct ct_buf *out, ct_arena *work, ct_str log)
{
    struct ct_format_state state = {0};
    for (uint64_t n = 1; log.n; n++) {
        ct_str line = ct_str_cut(&log, '\n');
        struct ct_record r;
        bool noted = ct_format_note(&state, line);
        assert_int_equal(ct_format_parse(work, &state, CT_FORMAT_AUTO, line, &r), CT_OK);
        ct_buf_printf(out, "%lu%s ", (unsigned long)n, noted ? " (noted)" : "");
        ct_print_text(out, line);
        ct_buf_byte(out, '\n');
        dump_record(out, &r);
        ct_arena_clear(work);
    }
}

static void show_first_difference(const char *sample, ct_str want, ct_str have)
{
    while (want.p && have.p) {
        ct_str w = ct_str_cut(&want, '\n'), h = ct_str_cut(&have, '\n');
        if (ct_str_eq(w, h)) continue;
        fprintf(stderr, "%s differs\n  expected: %.*s\n  have:     %.*s\n", sample, CT_STR_ARG(w), CT_STR_ARG(h));
        return;
    }
}

static void samples_read_as_expected(void **state)
{
    (void)state;
    ct_arena *work = NULL, *keep = NULL;
    bool rewrite = getenv("CT_GOLDEN_WRITE") != NULL, same = true;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &work), CT_OK);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 8u << 20, &keep), CT_OK);
    for (size_t i = 0; dump_samples[i]; i++) {
        size_t log_n, want_n;
        char *log = dump_read(dump_samples[i], "log", &log_n);
        struct ct_buf out;
        ct_buf_init(&out, keep, 4u << 20);
        dump_sample(&out, work, (ct_str){(const unsigned char *)log, log_n});
        assert_int_equal(out.err, CT_OK);
        if (rewrite) {
            char path[200];
            dump_path(path, sizeof path, dump_samples[i], "expected");
            FILE *f = fopen(path, "wbe");
            assert_non_null(f);
            assert_int_equal(fwrite(out.p, 1, out.n, f), out.n);
            assert_int_equal(fclose(f), 0);
        } else {
            char *want = dump_read(dump_samples[i], "expected", &want_n);
            ct_str expected = {(const unsigned char *)want, want_n};
            if (!ct_str_eq(expected, ct_buf_view(&out))) {
                same = false;
                show_first_difference(dump_samples[i], expected, ct_buf_view(&out));
            }
            free(want);
        }
        free(log);
    }
    ct_arena_free(work);
    ct_arena_free(keep);
    assert_true(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_read_as_expected)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
