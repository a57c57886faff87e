/* base: strings, arena, buffer. */
#include "base/buf.h"
#include "base/bytes_at.h"
#include "base/intern.h"
#include "base/sha.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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
    assert_int_equal(ct_str_find(CT_STR("$$$${"), CT_STR("${")), 3);
    assert_int_equal(ct_str_find(CT_STR("$$a$${$"), CT_STR("${")), 4);
    assert_int_equal(ct_str_find(CT_STR("aaab"), CT_STR("aab")), 1);
    assert_int_equal(ct_str_find(CT_STR("aaaa"), CT_STR("aa")), 0);
    assert_true(ct_str_find(CT_STR("$$$$"), CT_STR("${")) == CT_STR_NONE);
    assert_true(ct_str_find(CT_STR("a$"), CT_STR("${")) == CT_STR_NONE);
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

/* Published vectors, and lengths around the block's end with what another implementation says (Python's hashlib). */
static void digests_are_the_published_ones(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *sha1, *sha256;
    } rows[] = {
        {0, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {1, "bf8b4530d8d246dd74ac53a13471bba17941dff7", "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"},
        {55, "04f893eac3e6c3714b48ab7525103f7327b45271", "d604dc83c754bb5890ec011f3fa0552324cb1412205b5a5e83fd17cd4afe57ed"},
        {56, "5b05376842a5618186792e2ba9882a47ab8a8f61", "0371e3fd4911ce4109ac9aaddc0ebdfe28431802ef70a966cb245da585f2a37e"},
        {57, "11b78e8f44314c4c2fca00c65e6167899b45eb90", "bdce47d7bad9c7849a36531ae5ac19e3c4413c87c20f5d00ccda7dcd7c57bdb1"},
        {63, "bc8885075e915702462e23b6c0f2c099b9d721ca", "de8f546e5d44d4fb35d25af2748ed9b6644d200d56b6b0b6e71b095b44348dc6"},
        {64, "6304fccb5005d7307678d2013e0e243c3054db5c", "35eb8c80b4af970a05040dd151d5edad6172957c1ded27e521fdcf526178feb3"},
        {65, "044772bb5a735b181623d9a5b4d4e55dcda6e0b4", "c96988663bcd3779da5b1c0e499742ff48bf6148d5c044326ce3e5845a80e6ab"},
        {119, "cd5b017eba674e96bddd0b78cbbada2dfe731030", "7fb3869648ad8420f2e1a20812a61ba45c3db01dc7b391d48c2a8c1d6f41be35"},
        {120, "8d376d7d411a376cb262704eb6cdfb956839ac8f", "9db2bb35e3e98f502b654e82f0051eebfa45015e36ed8c3a28d44586eff7372b"},
        {128, "def0a6760ecba9b705b0eb5b458c81af717db1f9", "086e64af3be4bef59202dea267776bbbbe6264ad9ff0b46345743fffc446238e"},
        {1000, "7f9bb0e12f465c85f91c9d1d61070d1af6e7182c", "e66c6563e3797f84573ef7dfe3a460d5d579967297ef20150d89f0c6e358221e"},
    };
    static unsigned char bytes[1000];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t k = 0; k < rows[i].n; k++) bytes[k] = (unsigned char)((k * 7 + rows[i].n) % 251);
        for (size_t turn = 0; turn < 8; turn++) {
            /* Less than a block, more, several; by the processor's own instructions where it has them, and without. */
            static const size_t steps[] = {1, 65, 129, 500};
            size_t step = steps[turn / 2];
            struct ct_sha s[2];
            unsigned char digest[2][CT_SHA256_DIGEST];
            ct_sha1_init(&s[0]);
            ct_sha256_init(&s[1]);
            for (unsigned k = 0; k < 2; k++) {
                s[k].by_processor = s[k].by_processor && turn % 2;
                for (size_t at = 0; at < rows[i].n; at += step)
                    ct_sha_add(&s[k], ct_str_slice((ct_str){bytes, rows[i].n}, at, at + step));
                ct_sha_done(&s[k], digest[k]);
                const char *want = k ? rows[i].sha256 : rows[i].sha1;
                for (unsigned d = 0; d < (k ? CT_SHA256_DIGEST : CT_SHA1_DIGEST); d++)
                    assert_int_equal(digest[k][d], ct_hex_value((unsigned char)want[2 * d]) << 4 |
                                                       ct_hex_value((unsigned char)want[2 * d + 1]));
            }
        }
    }
    struct ct_sha abc;
    unsigned char digest[CT_SHA1_DIGEST];
    ct_sha1_init(&abc);
    ct_sha_add(&abc, CT_STR("abc"));
    ct_sha_done(&abc, digest);
    assert_memory_equal(digest, "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d", 20);
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

static void equal_texts_are_kept_once(void **state)
{
    (void)state;
    ct_arena *arena;
    struct ct_intern in;
    ct_str copies[5000], again;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    ct_intern_init(&in, &ct_alloc_libc, arena);
    size_t used = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 5000; i++) {
            char text[32];
            ct_str s = {(unsigned char *)text, (size_t)snprintf(text, sizeof text, "text number %zu", i)};
            assert_int_equal(ct_intern_str(&in, s, &again), CT_OK);
            assert_true(ct_str_eq(again, s));
            assert_int_equal((uintptr_t)again.p % 16, 0);
            if (round == 0) copies[i] = again;
            else assert_ptr_equal(again.p, copies[i].p);
        }
        if (round == 0) used = ct_arena_used(arena);
    }
    assert_int_equal(ct_arena_used(arena), used);
    assert_int_equal(ct_intern_str(&in, (ct_str){NULL, 0}, &again), CT_OK);
    assert_int_equal(again.n, 0);
    assert_non_null(again.p);
    ct_intern_done(&in);
    assert_true(ct_str_eq(copies[4999], CT_STR("text number 4999")));
    ct_arena_free(arena);
}

/* The table is a help only: without memory for it, and in a table that some other texts fill, texts are copied. */
static void texts_are_kept_without_a_table(void **state)
{
    (void)state;
    struct fault_alloc f;
    ct_arena *arena;
    struct ct_intern in;
    ct_str a, b;
    fault_alloc_init(&f, 0, true);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 17, &arena), CT_OK);
    ct_intern_init(&in, &f.alloc, arena);
    assert_int_equal(ct_intern_str(&in, CT_STR("one"), &a), CT_OK);
    assert_int_equal(ct_intern_str(&in, CT_STR("one"), &b), CT_OK);
    assert_true(ct_str_eq(a, CT_STR("one")) && ct_str_eq(b, a));
    assert_true(a.p != b.p);
    ct_err e = CT_OK;
    for (unsigned i = 0; i < 1 << 17 && e == CT_OK; i++) e = ct_intern_str(&in, CT_STR("one"), &a);
    assert_int_equal(e, CT_ERR_NOMEM); /* the arena's limit holds */
    ct_intern_done(&in);
    ct_arena_free(arena);
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
        cmocka_unit_test(digests_are_the_published_ones),
        cmocka_unit_test(reads_at_an_offset_end_where_the_bytes_do),
        cmocka_unit_test(equal_texts_are_kept_once),
        cmocka_unit_test(texts_are_kept_without_a_table),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
