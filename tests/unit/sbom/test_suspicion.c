/* What somebody suspects: package and range in one text. */
#include "sbom/suspicion.h"
#include "support/edge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static void rows_hold(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *suspect, *purl, *want; /* "in", "out", "maybe", "other" */
    } rows[] = {
#define R(suspect, purl, want) {__LINE__, suspect, purl, want}
        R("pkg:maven/org.example/thing@[1.0,2.3)", "pkg:maven/org.example/thing@2.2?type=jar", "in"),
        R("pkg:maven/org.example/thing@[1.0,2.3)", "pkg:maven/org.example/thing@2.3", "out"),
        R("pkg:maven/org.example/thing@[1.0,2.3)", "pkg:maven/org.example/thing", "maybe"),
        R("pkg:maven/org.example/thing@[1.0,2.3)", "pkg:maven/org.example/other@2.2", "other"),
        R("pkg:maven/org.example/thing@vers:maven/>=2.0|<2.3", "pkg:maven/org.example/thing@2.0", "in"),
        R("pkg:npm/@a/b@>=1.2 <2", "pkg:npm/%40a/b@1.5.0", "in"),
        R("pkg:npm/@a/b@>=1.2 <2", "pkg:npm/%40a/b@odd", "maybe"),
        R("pkg:npm/%40a/b", "pkg:npm/@A/B@odd", "in"),
        R("pkg:npm/a@*", "pkg:npm/a", "in"),
        R("pkg:pypi/Foo_Bar@%3C2", "pkg:pypi/foo-bar@1", "in"),
        R("pkg:deb/debian/a@<1:2.0-1", "pkg:deb/debian/a@1:1.9-1?arch=amd64", "in"),
        R("pkg:generic/a@1.0", "pkg:generic/a@1.0", "in"),
        R("pkg:generic/a@1.0", "pkg:generic/a@1.0.0", "out"),
        R("pkg:generic/a@1.0", "pkg:generic/a", "maybe"),
        R("pkg:generic/a", "pkg:generic/a", "in"),
        R("pkg:maven/g/a@1.0", "pkg:maven/g/a@1", "in"),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(ct_str_from(rows[i].suspect));
        struct ct_suspicion s;
        struct ct_purl p;
        struct ct_fault f = {0};
        bool sure;
        if (ct_suspicion_parse(arena, e.input, &s, &f)) fail_msg("line %d: %s at %u", rows[i].line, f.detail, (unsigned)f.offset);
        assert_int_equal(ct_purl_parse(arena, ct_str_from(rows[i].purl), &p, NULL), CT_OK);
        const char *have = !ct_suspicion_names(&s, &p) ? "other" : !ct_suspicion_holds(&s, p.version, &sure) ? "out" : sure ? "in" : "maybe";
        if (strcmp(have, rows[i].want)) fail_msg("line %d: %s", rows[i].line, have);
        edge_free(&e);
        ct_arena_clear(arena);
    }
}

static void refusals_have_a_place(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        unsigned offset;
    } rows[] = {
        {__LINE__, "org.example:thing", 0}, {__LINE__, "pkg:maven/thing@1", 10}, {__LINE__, "pkg:maven/g/a@[1.0,2.3", 22}, {__LINE__, "pkg:maven/g/a@[2,1]", 14},
        {__LINE__, "pkg:npm/a@>=1 <x", 15}, {__LINE__, "pkg:npm/a@^1", 10},     {__LINE__, "pkg:npm/a@%5E1", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_suspicion s;
        struct ct_fault f = {0};
        ct_err err = ct_suspicion_parse(arena, ct_str_from(rows[i].text), &s, &f);
        if (err != CT_ERR_SYNTAX || f.offset != rows[i].offset) fail_msg("line %d: %d, %s at %u", rows[i].line, err, f.detail, (unsigned)f.offset);
        ct_arena_clear(arena);
    }
}

int main(void)
{
    if (ct_arena_new(&ct_alloc_libc, 1u << 20, &arena)) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_hold), cmocka_unit_test(refusals_have_a_place)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ct_arena_free(arena);
    return failed;
}
