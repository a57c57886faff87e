#include "archive/zip_without.h"
#include "support/edge.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A zip of stored entries "a" (inner, a zip of "x" and "y") and "b", put together here so that no tool is needed. */
struct maker {
    unsigned char p[1024], directory[512];
    size_t n, directory_n, count;
};

static void le(unsigned char *p, uint32_t v, size_t n)
{
    for (size_t i = 0; i < n; i++) p[i] = (unsigned char)(v >> 8 * i);
}

static uint32_t crc_of(ct_str s)
{
    uint32_t c = ~0u;
    for (size_t i = 0; i < s.n; i++) {
        c ^= s.p[i];
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    }
    return ~c;
}

static void add(struct maker *m, const char *name, ct_str data)
{
    unsigned char *l = m->p + m->n, *d = m->directory + m->directory_n;
    size_t name_n = strlen(name);
    le(l, 0x04034b50, 4);
    le(d, 0x02014b50, 4);
    le(l + 14, crc_of(data), 4);
    le(l + 18, (uint32_t)data.n, 4);
    le(l + 22, (uint32_t)data.n, 4);
    le(l + 26, (uint32_t)name_n, 2);
    memcpy(d + 16, l + 14, 14);
    le(d + 42, (uint32_t)m->n, 4);
    memcpy(l + 30, name, name_n);
    memcpy(d + 46, name, name_n);
    memcpy(l + 30 + name_n, data.p, data.n);
    m->n += 30 + name_n + data.n;
    m->directory_n += 46 + name_n;
    m->count++;
}

static ct_str finish(struct maker *m)
{
    unsigned char *e = m->p + m->n + m->directory_n;
    memcpy(m->p + m->n, m->directory, m->directory_n);
    le(e, 0x06054b50, 4);
    le(e + 8, (uint32_t)m->count, 2);
    le(e + 10, (uint32_t)m->count, 2);
    le(e + 12, (uint32_t)m->directory_n, 4);
    le(e + 16, (uint32_t)m->n, 4);
    return (ct_str){m->p, m->n + m->directory_n + 22};
}

static ct_err into(void *ctx, const void *p, size_t n)
{
    struct maker *out = ctx;
    if (n > sizeof out->p - out->n) return CT_ERR_WRITE;
    memcpy(out->p + out->n, p, n);
    out->n += n;
    return CT_OK;
}

static const ct_str x_chain[] = {CT_STR_INIT("a"), CT_STR_INIT("x")};
static const struct ct_zip_cut cut_x = {x_chain, 2};

static ct_str nested(struct maker *outer, const char *second)
{
    static struct maker inner;
    inner = (struct maker){0};
    add(&inner, "x", CT_STR("first"));
    if (second) add(&inner, second, CT_STR("second"));
    *outer = (struct maker){0};
    add(outer, "a", finish(&inner));
    add(outer, "b", CT_STR("bbb"));
    return finish(outer);
}

/* What is left is what an archive made without the entry looks like: byte for byte, since nothing here is compressed. */
static void equals_one_made_without(void **state)
{
    (void)state;
    struct maker with, out = {0}, inner = {0}, want = {0};
    struct ct_zip_without_result r;
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    ct_str in = nested(&with, "y");
    struct ct_bytes_at at = ct_bytes_at_memory(&in);
    assert_int_equal(ct_zip_without(arena, &at, &cut_x, 1, into, &out, &r, NULL), CT_OK);
    assert_int_equal(r.removed, 1);
    add(&inner, "y", CT_STR("second"));
    add(&want, "a", finish(&inner));
    add(&want, "b", CT_STR("bbb"));
    ct_str wanted = finish(&want);
    assert_int_equal(out.n, wanted.n);
    assert_memory_equal(out.p, wanted.p, wanted.n);
    ct_arena_free(arena);
}

/* Every cut of the file and every flipped byte: an answer, and never a byte read beyond the end. */
static void survives_damage(void **state)
{
    (void)state;
    struct maker with;
    ct_str whole = nested(&with, "y");
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 8 << 20, &arena), CT_OK);
    for (size_t i = 0; i < 2 * whole.n; i++) {
        struct edge e = edge_new(i < whole.n ? ct_str_slice(whole, 0, i) : whole);
        if (i >= whole.n) e.map[(size_t)(e.input.p - e.map) + i - whole.n] ^= 0xff;
        struct maker out = {0};
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
    struct maker with;
    ct_str in = nested(&with, "META-INF/a.sf");
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        fault_alloc_init(&f, n, false);
        struct maker out = {0};
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
