/* base: strings, arena, buffer. */
#include "base/buf.h"
#include "base/bytes_at.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void cut_walks_every_part(void **state)
{
    (void)state;
    ct_str rest = CT_STR("a,,b,");
    const char *want[] = {"a", "", "b", ""};
    size_t i = 0;
    while (rest.p) {
        assert_true(i < 4);
        assert_true(ct_str_eq(ct_str_cut(&rest, ','), ct_str_from(want[i])));
        i++;
    }
    assert_int_equal(i, 4);
}

static void numbers_refuse_overflow(void **state)
{
    (void)state;
    uint64_t v = 7;
    assert_true(ct_str_u64(CT_STR("18446744073709551615"), &v));
    assert_true(v == UINT64_MAX);
    assert_false(ct_str_u64(CT_STR("18446744073709551616"), &v));
    assert_false(ct_str_u64(CT_STR("99999999999999999999"), &v));
    assert_false(ct_str_u64(CT_STR(""), &v));
    assert_false(ct_str_u64(CT_STR("1 "), &v));
    assert_true(v == UINT64_MAX);
}

static void find_sees_hits_at_both_ends(void **state)
{
    (void)state;
    assert_int_equal(ct_str_find(CT_STR("abcabd"), CT_STR("abd")), 3);
    assert_int_equal(ct_str_find(CT_STR("abcabd"), CT_STR("abc")), 0);
    assert_true(ct_str_find(CT_STR("ab"), CT_STR("abc")) == CT_STR_NONE);
    assert_int_equal(ct_str_find_fold(CT_STR("xJnDi"), CT_STR("jndi")), 1);
}

static void arena_reset_gives_back_and_keeps_the_limit(void **state)
{
    (void)state;
    ct_arena *a = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &a), CT_OK);
    for (int round = 0; round < 100; round++) {
        struct ct_arena_mark m = ct_arena_mark(a);
        for (int i = 0; i < 50; i++) {
            unsigned char *p = ct_arena_alloc(a, 10000);
            assert_non_null(p);
            memset(p, round, 10000);
        }
        ct_arena_reset(a, m);
    }
    assert_null(ct_arena_alloc(a, 2u << 20));
    assert_true(ct_arena_used(a) <= 1u << 20);
    ct_arena_clear(a);
    for (int i = 0; i < 30; i++) assert_non_null(ct_arena_alloc(a, 20000));
    assert_true(ct_arena_used(a) > 300000);
    ct_arena_clear(a);
    ct_arena_trim(a, 300000);
    assert_in_range(ct_arena_used(a), 1, 300000);
    for (int i = 0; i < 30; i++) assert_non_null(memset(ct_arena_alloc(a, 20000), i, 20000));
    ct_arena_clear(a);
    ct_arena_trim(a, 0);
    assert_int_equal(ct_arena_used(a), 0);
    assert_non_null(ct_arena_alloc(a, 1));
    ct_arena_free(a);
}

static void buffer_error_is_sticky(void **state)
{
    (void)state;
    ct_arena *a = NULL;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &a), CT_OK);
    struct ct_buf b;
    ct_buf_init(&b, a, 5);
    ct_buf_text(&b, "abc");
    ct_buf_text(&b, "def");
    ct_buf_byte(&b, 'g');
    ct_str s = CT_STR("untouched");
    assert_int_equal(ct_buf_str(&b, &s), CT_ERR_CAP);
    assert_true(ct_str_eq(s, CT_STR("untouched")));
    ct_arena_free(a);
}

static ct_err fill(const struct ct_alloc *alloc)
{
    ct_arena *a = NULL;
    CT_TRY(ct_arena_new(alloc, 1u << 24, &a));
    struct ct_buf b;
    ct_buf_init(&b, a, 1u << 20);
    for (int i = 0; i < 200000; i++) ct_buf_printf(&b, "%d", i % 10);
    ct_err e = b.err;
    ct_arena_free(a);
    return e;
}

static void reads_at_an_offset_end_where_the_bytes_do(void **state)
{
    (void)state;
    ct_str text = CT_STR("abcdef");
    struct ct_bytes_at b = ct_bytes_at_memory(&text);
    unsigned char to[8] = {0};
    size_t n = 99;
    assert_int_equal(b.size, 6);
    assert_int_equal(b.read(b.ctx, 4, to, sizeof to, &n), CT_OK);
    assert_int_equal(n, 2);
    assert_memory_equal(to, "ef", 2);
    assert_int_equal(b.read(b.ctx, UINT64_MAX, to, sizeof to, &n), CT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(ct_bytes_at_exact(&b, 2, to, 4), CT_OK);
    assert_memory_equal(to, "cdef", 4);
    assert_int_equal(ct_bytes_at_exact(&b, 3, to, 4), CT_ERR_TRUNCATED);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            fault_alloc_init(&f, n, persistent);
            ct_err e = fill(&f.alloc);
            assert_int_equal(f.live, 0);
            assert_int_equal(e, f.failed ? CT_ERR_NOMEM : CT_OK);
            if (!f.failed) break;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_walks_every_part),
        cmocka_unit_test(numbers_refuse_overflow),
        cmocka_unit_test(find_sees_hits_at_both_ends),
        cmocka_unit_test(arena_reset_gives_back_and_keeps_the_limit),
        cmocka_unit_test(buffer_error_is_sticky),
        cmocka_unit_test(reads_at_an_offset_end_where_the_bytes_do),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
