#include "archive/zip_without.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/zip_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ct_err into(void *ctx, const void *p, size_t n)
{
    struct zip_maker *out = ctx;
    if (n > sizeof out->p - out->n) return CT_ERR_WRITE;
    memcpy(out->p + out->n, p, n);
    out->n += n;
    return CT_OK;
}

/* "a", a zip of "x" and `second`, and "b". */
static const ct_str x_chain[] = {CT_STR_INIT("a"), CT_STR_INIT("x")};
static const struct ct_zip_cut cut_x = {x_chain, 2};

static ct_str nested(struct zip_maker *outer, const char *second)
{
    static struct zip_maker inner;
    inner = (struct zip_maker){0};
    zip_maker_add(&inner, "x", CT_STR("first"));
    if (second) zip_maker_add(&inner, second, CT_STR("second"));
    *outer = (struct zip_maker){0};
    zip_maker_add(outer, "a", zip_maker_finish(&inner));
    zip_maker_add(outer, "b", CT_STR("bbb"));
    return zip_maker_finish(outer);
}

/* What is left is what an archive made without the entry looks like: byte for byte, since nothing here is compressed. */
static void equals_one_made_without(void **state)
{
    (void)state;
    struct zip_maker with, out = {0}, inner = {0}, want = {0};
    struct ct_zip_without_result r;
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    ct_str in = nested(&with, "y");
    struct ct_bytes_at at = ct_bytes_at_memory(&in);
    assert_int_equal(ct_zip_without(arena, &at, &cut_x, 1, into, &out, &r, NULL), CT_OK);
    assert_int_equal(r.removed, 1);
    zip_maker_add(&inner, "y", CT_STR("second"));
    zip_maker_add(&want, "a", zip_maker_finish(&inner));
    zip_maker_add(&want, "b", CT_STR("bbb"));
    ct_str wanted = zip_maker_finish(&want);
    assert_int_equal(out.n, wanted.n);
    assert_memory_equal(out.p, wanted.p, wanted.n);
    ct_arena_free(arena);
}

/* Every cut of the file and every flipped byte: an answer, and never a byte read beyond the end. */
static void survives_damage(void **state)
{
    (void)state;
    struct zip_maker with;
    ct_str whole = nested(&with, "y");
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 8 << 20, &arena), CT_OK);
    for (size_t i = 0; i < 2 * whole.n; i++) {
        struct edge e = edge_new(i < whole.n ? ct_str_slice(whole, 0, i) : whole);
        if (i >= whole.n) e.map[(size_t)(e.input.p - e.map) + i - whole.n] ^= 0xff;
        struct zip_maker out = {0};
        struct ct_zip_without_result r;
        struct ct_bytes_at at = ct_bytes_at_memory(&e.input);
        ct_err err = ct_zip_without(arena, &at, &cut_x, 1, into, &out, &r, NULL);
        if (i < whole.n) assert_int_not_equal(err, CT_OK);
        ct_arena_clear(arena);
        edge_free(&e);
    }
    ct_arena_free(arena);
}

static void memory_fails_at_each_call(void **state)
{
    (void)state;
    struct zip_maker with;
    ct_str in = nested(&with, "META-INF/a.sf");
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        fault_alloc_init(&f, n, false);
        struct zip_maker out = {0};
        struct ct_zip_without_result r = {0};
        struct ct_bytes_at at = ct_bytes_at_memory(&in);
        ct_arena *arena = NULL;
        ct_err err = ct_arena_new(&f.alloc, 1 << 20, &arena);
        if (err == CT_OK) err = ct_zip_without(arena, &at, &cut_x, 1, into, &out, &r, NULL);
        ct_arena_free(arena);
        assert_int_equal(f.live, 0);
        if (!f.failed) {
            assert_int_equal(err, CT_OK);
            assert_true(r.signature);
            break;
        }
        assert_int_equal(err, CT_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_one_made_without),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(memory_fails_at_each_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
