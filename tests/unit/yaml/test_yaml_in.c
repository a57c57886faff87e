/* YAML as tokens: rows by hand, each flush against an unreadable page. */
#include "base/limits.h"
#include "support/edge.h"
#include "yaml/yaml_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    int at;
    const char *text, *tokens;
    ct_err end;
    unsigned line; /* of the fault */
};

/* {, }, [, ], key:, =plain, "quoted, each with its line where it is not the first */
static ct_err walk(ct_str text, char *got, size_t size, struct ct_fault *fault)
{
    ct_yaml_in *y;
    struct ct_yaml_token t;
    ct_err e = ct_yaml_open(text, &y);
    got[0] = 0;
    if (e != CT_OK) return e;
    while ((e = ct_yaml_next(y, &t, fault)) == CT_OK) {
        static const char *const marks[] = {"{", "}", "[", "]", "", ""};
        size_t n = strlen(got);
        (void)snprintf(got + n, size - n, "%s%s%.*s%s@%llu ", marks[t.kind], t.kind == CT_YAML_SCALAR ? t.quoted ? "\"" : "=" : "", (int)t.text.n,
                       t.text.n ? (const char *)t.text.p : "", t.kind == CT_YAML_KEY ? ":" : "", (unsigned long long)t.line);
    }
    ct_yaml_close(y);
    return e;
}

static void reads_documents(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {__LINE__, "", "", CT_ERR_END, 0},
        {__LINE__, "a: 1\nb:\n  - x\n  - 'y'\n", "{@1 a:@1 =1@1 b:@2 [@3 =x@3 \"y@4 ]@5 }@5 ", CT_ERR_END, 0},
        {__LINE__, "---\n{a: [], b: {}, c: }\n", "{@2 a:@2 [@2 ]@2 b:@2 {@2 }@2 c:@2 =@2 }@2 ", CT_ERR_END, 0},
        {__LINE__, "- {a: b}\n- |\n  two\n  lines\n", "[@1 {@1 a:@1 =b@1 }@1 \"two\nlines\n@2 ]@5 ", CT_ERR_END, 0},
        {__LINE__, "# only\n", "", CT_ERR_END, 0},
        {__LINE__, "a: &x 1\n", "{@1 a:@1 ", CT_ERR_UNSUPPORTED, 1},
        {__LINE__, "a: 1\nb: *x\n", "{@1 a:@1 =1@1 b:@2 ", CT_ERR_UNSUPPORTED, 2},
        {__LINE__, "a: !!python/object:os.system x\n", "{@1 a:@1 ", CT_ERR_UNSUPPORTED, 1},
        {__LINE__, "? [a]\n: b\n", "{@1 ", CT_ERR_UNSUPPORTED, 1},
        {__LINE__, "a: 1\n---\nb: 2\n", "{@1 a:@1 =1@1 }@2 ", CT_ERR_UNSUPPORTED, 2},
        {__LINE__, "a: 1\n\tb: 2\n", "{@1 a:@1 ", CT_ERR_SYNTAX, 2},
        {__LINE__, "a: [1, 2\n", "{@1 a:@1 [@1 =1@1 =2@1 ", CT_ERR_SYNTAX, 2},
        {__LINE__, "a: \xff\n", "", CT_ERR_SYNTAX, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge edge = edge_new(ct_str_from(rows[i].text));
        struct ct_fault fault = {0};
        char got[400];
        ct_err e = walk(edge.input, got, sizeof got, &fault);
        edge_free(&edge);
        if (e != rows[i].end || strcmp(got, rows[i].tokens) != 0 || fault.line != rows[i].line)
            fail_msg("line %d: %s, %s, line %llu, %s", rows[i].at, got, ct_err_text(e), (unsigned long long)fault.line, fault.detail);
    }
}

static void depth_ends(void **state)
{
    (void)state;
    static char text[20000], got[400];
    struct ct_fault fault = {0};
    memset(text, '[', sizeof text - 1);
    assert_int_equal(walk(ct_str_from(text), got, sizeof got, &fault), CT_ERR_CAP);
    assert_int_equal(fault.line, 1);
}

/* A document of the billion laughs: nothing of it is multiplied. */
static void nothing_multiplies(void **state)
{
    (void)state;
    char got[400];
    struct ct_fault fault = {0};
    ct_str text = CT_STR("a: &a [lol, lol]\nb: &b [*a, *a]\nc: [*b, *b]\n");
    assert_int_equal(walk(text, got, sizeof got, &fault), CT_ERR_UNSUPPORTED);
}

static void skipping(void **state)
{
    (void)state;
    ct_yaml_in *y;
    struct ct_yaml_token t;
    assert_int_equal(ct_yaml_open(CT_STR("a: {b: [1, {c: 2}]}\nd: ~\n"), &y), CT_OK);
    for (int i = 0; i < 3; i++) assert_int_equal(ct_yaml_next(y, &t, NULL), CT_OK);
    assert_int_equal(t.kind, CT_YAML_MAP);
    assert_int_equal(ct_yaml_skip(y, &t, NULL), CT_OK);
    assert_int_equal(ct_yaml_next(y, &t, NULL), CT_OK);
    assert_true(ct_str_eq(t.text, CT_STR("d")) && t.kind == CT_YAML_KEY);
    assert_int_equal(ct_yaml_next(y, &t, NULL), CT_OK);
    assert_true(ct_yaml_is_null(&t));
    ct_yaml_close(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_documents), cmocka_unit_test(depth_ends), cmocka_unit_test(nothing_multiplies), cmocka_unit_test(skipping)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
