/* Zips that lie, hide, break off and repeat themselves: what the walk makes of each, in every way to read. */
#include "build_zip.h"
#include "walk_text.h"

#include "base/limits.h"
#include "support/edge.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static int set_up(void **state)
{
    (void)state;
    return ct_arena_new(&ct_alloc_libc, 256u << 20, &arena) == CT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ct_arena_free(arena);
    return 0;
}

static unsigned differing;

/* All rows are looked at before the test fails. */
static void same(ct_str have, const char *want, int line, enum walk_way way)
{
    if (ct_str_eq(have, ct_str_from(want))) return;
    print_error("%s:%d: way %d\n  have: %.*s\n  want: %s\n", __FILE__, line, (int)way, CT_STR_ARG(have), want);
    differing++;
}

#define D(text) {(const unsigned char *)("" text), sizeof(text) - 1}
#define FIVE D("hello")
#define LONG D("the same words again and again, the same words again and again.")

struct row {
    int line;
    const char *want;        /* read by the directory */
    const char *stream;      /* as an inner zip that is streamed; null: the same */
    struct zip_part parts[4];
    struct zip_form form;
};

static const struct row rows[] = {
    {__LINE__, "a:5 d/ b:63", NULL, {{.name = "a", .data = FIVE, .method = 8}, {.name = "d/", .data = D(""), .method = 0}, {.name = "b", .data = LONG, .method = 8}}, {.count_lie = 0}},
    {__LINE__, "a:5 b:63", NULL, {{.name = "a", .data = FIVE, .method = 0}, {.name = "b", .data = LONG, .method = 8}}, {.comment = D("a comment")}},
    {__LINE__, "a:5", NULL, {{.name = "a", .data = FIVE, .method = 8}}, {.prefix = D("#!/bin/sh\nexec java -jar $0\n")}},
    {__LINE__, "a:5", NULL, {{.name = "a", .data = FIVE, .method = 8}}, {.prefix = D("#!/bin/sh\nexec java -jar $0\n"), .absolute = true}},
    {__LINE__, "a:5", NULL, {{.name = "a", .data = FIVE, .method = 8}}, {.prefix = D("MZ stub"), .comment = D("and a comment")}},
    {__LINE__, "a:5", NULL, {{.name = "a", .data = FIVE, .method = 8}}, {.prefix = D("JM\1\0")}},
    {__LINE__, "b:63 a:5", "a:5 b:63", {{.name = "a", .data = FIVE, .method = 8}, {.name = "b", .data = LONG, .method = 8}}, {.reverse = true}},
    {__LINE__, "a:5 b:63", NULL, {{.name = "a", .data = FIVE, .method = 8, .wide = true}, {.name = "b", .data = LONG, .method = 8, .wide = true}}, {.wide_end = true}},
    /* sizes behind the data */
    {__LINE__, "a:5 b:63", NULL, {{.name = "a", .data = FIVE, .method = 8, .descriptor = true}, {.name = "b", .data = LONG, .method = 8, .descriptor = true}}, {.count_lie = 0}},
    {__LINE__, "a:5 b:63", NULL, {{.name = "a", .data = FIVE, .method = 8, .descriptor = true, .bare = true}, {.name = "b", .data = LONG, .method = 8, .descriptor = true, .bare = true}}, {.count_lie = 0}},
    {__LINE__, "a:5 b:63", NULL, {{.name = "a", .data = FIVE, .method = 0, .descriptor = true}, {.name = "b", .data = LONG, .method = 0, .descriptor = true}}, {.count_lie = 0}},
    {__LINE__, "a:5 b:63", NULL, {{.name = "a", .data = FIVE, .method = 0, .descriptor = true, .bare = true}, {.name = "b", .data = LONG, .method = 0, .descriptor = true, .bare = true}}, {.count_lie = 0}},
    {__LINE__, "a:5 b:63", NULL, {{.name = "a", .data = FIVE, .method = 8, .descriptor = true, .wide = true}, {.name = "b", .data = LONG, .method = 0, .descriptor = true, .wide = true}}, {.count_lie = 0}},
    {__LINE__, "a:0 b:5", NULL, {{.name = "a", .data = D(""), .method = 0, .descriptor = true}, {.name = "b", .data = FIVE, .method = 8}}, {.count_lie = 0}},
    /* lies */
    {__LINE__, "a!CHECKSUM ?CHECKSUM(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 8, .crc_lie = true}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a:63 ?SIZE(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 8, .size_lie = -3}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a:63 ?SIZE(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 8, .size_lie = 1000000000}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a:63 ?SIZE(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 0, .size_lie = 7}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a:63 ?LOCAL_DIFFERS(a) b:5", "a:63 ?SIZE(a) b:5", {{.name = "a", .data = LONG, .method = 8, .local_size_lie = 7}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a:63 ?LOCAL_DIFFERS(a) b:5", "x:63 b:5 ?LOCAL_DIFFERS() ?HIDDEN()", {{.name = "a", .data = LONG, .method = 8, .local_name = "x"}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a:63 ?LOCAL_DIFFERS(a) b:5", "a!UNSUPPORTED ?METHOD(a) b:5", {{.name = "a", .data = LONG, .method = 8, .local_method = 6}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a!UNSUPPORTED ?METHOD(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 97}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a!UNSUPPORTED ?METHOD(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 6, .descriptor = true}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a!UNSUPPORTED ?ENCRYPTED(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 8, .flags = 1}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a!UNSUPPORTED ?ENCRYPTED(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 8, .flags = 1, .descriptor = true}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a!SYNTAX ?DAMAGED(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 8, .raw = D("\xff\xff\xff\xff\xff\xff")}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "a!TRUNCATED ?TRUNCATED(a) b:5", NULL, {{.name = "a", .data = LONG, .method = 8, .raw = D("\x2b\xc9\x48")}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "?SIZE() a:5 b:5", "a:5 b:5", {{.name = "a", .data = FIVE, .method = 0}, {.name = "b", .data = FIVE, .method = 0}}, {.count_lie = 3}},
    /* hidden, missing, overlapping */
    {__LINE__, "a:5 c:5 b:63 ?HIDDEN(b)", "a:5 b:63 c:5 ?HIDDEN()", {{.name = "a", .data = FIVE, .method = 0}, {.name = "b", .data = LONG, .method = 8, .hidden = true}, {.name = "c", .data = FIVE, .method = 8}}, {.count_lie = 0}},
    {__LINE__, "b:63 a:5 ?HIDDEN(a)", "a:5 b:63 ?HIDDEN()", {{.name = "a", .data = FIVE, .method = 0, .hidden = true}, {.name = "b", .data = LONG, .method = 8}}, {.count_lie = 0}},
    {__LINE__, "a:5 b:63 ?HIDDEN(b)", "a:5 b:63 ?HIDDEN()", {{.name = "a", .data = FIVE, .method = 0}, {.name = "b", .data = LONG, .method = 8, .hidden = true}}, {.count_lie = 0}},
    {__LINE__, "a:5 c:5 b:63 ?HIDDEN(b)", "a:5 b:63 c:5 ?HIDDEN()",
     {{.name = "a", .data = FIVE, .method = 8, .pad = 40, .descriptor = true}, {.name = "b", .data = LONG, .method = 8, .hidden = true}, {.name = "c", .data = FIVE, .method = 8}}, {.reverse = false}},
    {__LINE__, "c:5 a:5 b:63 ?HIDDEN(b)", "a:5 b:63 c:5 ?HIDDEN()", {{.name = "a", .data = FIVE, .method = 8}, {.name = "b", .data = LONG, .method = 8, .hidden = true}, {.name = "c", .data = FIVE, .method = 8}}, {.reverse = true}},
    {__LINE__, "a:5 g!SYNTAX ?MISSING(g) b:5", "a:5 b:5 ?MISSING()", {{.name = "a", .data = FIVE, .method = 0}, {.name = "g", .data = FIVE, .method = 0, .ghost = true}, {.name = "b", .data = FIVE, .method = 8}}, {.count_lie = 0}},
    {__LINE__, "?OVERLAP() a:63 b:63 ?LOCAL_DIFFERS(b)", "a:63 ?LOCAL_DIFFERS()", {{.name = "a", .data = LONG, .method = 8}, {.name = "b", .data = LONG, .method = 8, .same_as = 1}}, {.count_lie = 0}},
    /* names */
    {__LINE__, "../a:5 ?NAME_DOTDOT(../a) /b:5 ?NAME_ABSOLUTE(/b) a/../../c:5 ?NAME_DOTDOT(a/../../c)", NULL,
     {{.name = "../a", .data = FIVE, .method = 0}, {.name = "/b", .data = FIVE, .method = 0}, {.name = "a/../../c", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    {__LINE__, "..\\a:5 ?NAME_DOTDOT(..\\a) C:\\b:5 ?NAME_ABSOLUTE(C:\\b) a..b/...:5 :5 ?NAME_EMPTY()", NULL,
     {{.name = "..\\a", .data = FIVE, .method = 0}, {.name = "C:\\b", .data = FIVE, .method = 0}, {.name = "a..b/...", .data = FIVE, .method = 0}, {.name = "", .data = FIVE, .method = 0}}, {.count_lie = 0}},
    /* cut and damaged as a whole */
    {__LINE__, "?NO_DIRECTORY() a:5 b:63", "a:5 b:63 ?TRUNCATED()", {{.name = "a", .data = FIVE, .method = 0}, {.name = "b", .data = LONG, .method = 8}}, {.no_directory = true}},
    {__LINE__, "?NO_DIRECTORY() a:5 b:63", "a:5 b:63 ?TRUNCATED()", {{.name = "a", .data = FIVE, .method = 0}, {.name = "b", .data = LONG, .method = 8}}, {.no_end = true}},
    {__LINE__, "a:5 b:63", "a:5 b:63", {{.name = "a", .data = FIVE, .method = 0}, {.name = "b", .data = LONG, .method = 8}}, {.directory_lie = 5}},
    {__LINE__, "?TRAILING() a:5", "a:5 ?TRAILING()", {{.name = "a", .data = FIVE, .method = 0}}, {.suffix = D("something else")}},
    {__LINE__, "a:5", "a:5", {{.name = "a", .data = FIVE, .method = 0}}, {.suffix = D("\0\0\0\0\0\0")}},
};

static ct_str built(const struct row *r)
{
    size_t n = 0;
    struct ct_buf b;
    while (n < 4 && r->parts[n].name) n++;
    ct_buf_init(&b, arena, 1u << 20);
    build_zip(&b, r->parts, n, &r->form);
    ct_str s = {NULL, 0};
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

/* The bytes as the only entry of another zip. */
static ct_str wrapped(ct_str bytes, unsigned method, bool descriptor)
{
    struct zip_part part = {.name = "in", .data = bytes, .method = method, .descriptor = descriptor};
    struct ct_buf b;
    ct_buf_init(&b, arena, 64u << 20);
    build_zip(&b, &part, 1, NULL);
    return ct_buf_view(&b);
}

static void walked(ct_str bytes, enum walk_way way, const char *want, int line)
{
    struct edge e = edge_new(bytes);
    ct_str text = {NULL, 0};
    ct_err err = walk_text(&ct_alloc_libc, arena, e.input, way, &ct_nest_limits_default, &text);
    if (err != CT_OK) {
        text = ct_str_from(ct_err_text(err));
    }
    same(text, want, line, way);
    edge_free(&e);
}

static void rows_are_walked(void **state)
{
    (void)state;
    differing = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        ct_str bytes = built(r);
        walked(bytes, WALK_MAPPED, r->want, r->line);
        walked(bytes, WALK_PIECES, r->want, r->line);
        ct_arena_clear(arena);
    }
    assert_int_equal(differing, 0);
}

/* Within another zip: stored it is a part of the root, deflated and small it is held whole; the answer is the same. Held by
 * nobody it streams. */
static void rows_are_walked_inside(void **state)
{
    (void)state;
    differing = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        ct_str bytes = built(r);
        char want[1024];
        (void)snprintf(want, sizeof want, "in{%s}", r->want);
        for (unsigned k = 0; k < 3; k++) {
            ct_str outer = wrapped(bytes, k ? 8 : 0, k == 2);
            walked(outer, WALK_MAPPED, want, r->line);
            walked(outer, WALK_PIECES, want, r->line);
            if (k == 0) walked(outer, WALK_STREAMED, want, r->line);
        }
        if (r->form.prefix.n && r->form.prefix.p[0] != 'J') continue; /* such a zip must be held to be found */
        (void)snprintf(want, sizeof want, "in{%s}", r->stream ? r->stream : r->want);
        walked(wrapped(bytes, 8, false), WALK_STREAMED, want, r->line);
        walked(wrapped(bytes, 8, true), WALK_STREAMED, want, r->line);
        ct_arena_clear(arena);
    }
    assert_int_equal(differing, 0);
}

/* Cut anywhere, damaged anywhere: the walk ends, and never reads over the edge. */
static void cut_and_damaged(void **state)
{
    (void)state;
    struct rng r = rng_new("zip cut and damaged");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_str bytes = built(&rows[i]), text;
        for (unsigned k = 0; k < 60; k++) {
            struct edge e = edge_new(ct_str_slice(bytes, 0, rng_below(&r, (uint32_t)bytes.n + 1)));
            unsigned char *p = e.map + (e.input.p - e.map);
            if (e.input.n && k % 2) p[rng_below(&r, (uint32_t)e.input.n)] ^= (unsigned char)(1u << rng_below(&r, 8));
            for (enum walk_way way = 0; way < WALK_WAYS; way++) {
                ct_err err = walk_text(&ct_alloc_libc, arena, e.input, way, &ct_nest_limits_default, &text);
                if (err != CT_OK) assert_int_equal(err, CT_ERR_NOT_FOUND);
            }
            edge_free(&e);
        }
        ct_arena_clear(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_walked),
        cmocka_unit_test(rows_are_walked_inside),
        cmocka_unit_test(cut_and_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
