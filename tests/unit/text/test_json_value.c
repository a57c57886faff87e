/* JSON documents as nested values: rows by hand, each flush against an unreadable page. */
#include "support/edge.h"
#include "text/json_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ID, LIST, N };
static const char *const names[N] = {"id", "list"};

struct row {
    int at;
    const char *text, *got; /* id, then the items of list, each in brackets with its line */
    ct_err err;
    unsigned line;
};

static const struct row rows[] = {
    {__LINE__, "{\"id\": \"x\", \"other\": {\"id\": \"y\"}, \"list\": [1, \"a\\u0062\",\n{\"id\": [2]}, []]}", "x[1@1][ab@1][{\"id\": [2]}@2][[]@2]", CT_OK, 0},
    {__LINE__, "\xef\xbb\xbf {\"list\": null, \"\\u0069d\": \"esc\"} \n", "esc", CT_OK, 0},
    {__LINE__, "{\"id\": 7, \"list\": {}}", "", CT_OK, 0},
    {__LINE__, "[1]", "", CT_OK, 0},
    {__LINE__, "{\"id\": \"a\",\n\"id\": \"b\"}", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "{\"id\": \"a\",\n\"\\u0069\\u0064\": \"b\"}", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "{\"iD\": \"a\", \"id2\": \"b\", \"\\u01d0\": \"c\"}", "", CT_OK, 0},
    {__LINE__, "{\"other\": {\"id\": 1, \"id\": 2}}", "", CT_OK, 0},
    {__LINE__, "", "", CT_ERR_TRUNCATED, 1},
    {__LINE__, "{\"id\":\n", "", CT_ERR_TRUNCATED, 2},
    {__LINE__, "{\"id\": \"a\"}\n}", "", CT_ERR_SYNTAX, 2},
    {__LINE__, "{\"id\": nul}", "", CT_ERR_SYNTAX, 1},
};

static ct_err walk(ct_arena *arena, ct_str text, char *got, size_t size, struct ct_fault *fault)
{
    struct ct_json_value root, f[N], v;
    struct ct_json_lines lines = {0};
    ct_str id, s;
    ct_err e;
    CT_TRY(ct_json_document(text, &root, fault));
    CT_TRY(ct_json_fields(&root, names, N, f, fault));
    CT_TRY(ct_json_text(arena, &f[ID], &id));
    (void)snprintf(got, size, "%.*s", (int)id.n, id.n ? (const char *)id.p : "");
    struct ct_json_items it = ct_json_items(&f[LIST]);
    while ((e = ct_json_item(&it, &v)) == CT_OK) {
        size_t n = strlen(got);
        CT_TRY(ct_json_text(arena, &v, &s));
        if (!s.p) s = v.text;
        (void)snprintf(got + n, size - n, "[%.*s@%llu]", (int)s.n, (const char *)s.p, (unsigned long long)ct_json_line(&lines, &v));
    }
    return e == CT_ERR_END ? CT_OK : e;
}

static void reads_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge edge = edge_new(ct_str_from(rows[i].text));
        struct ct_fault fault = {0};
        ct_arena *arena;
        char got[200] = "";
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 65536, &arena), CT_OK);
        ct_err e = walk(arena, edge.input, got, sizeof got, &fault);
        if (e != rows[i].err || (e == CT_OK && strcmp(got, rows[i].got) != 0) || fault.line != rows[i].line)
            fail_msg("line %d: %s, line %llu: %s", rows[i].at, ct_err_text(e), (unsigned long long)fault.line, got);
        ct_arena_free(arena);
        edge_free(&edge);
    }
}

/* Lines are the same in whatever order they are asked for. */
static void lines_in_any_order(void **state)
{
    (void)state;
    struct ct_json_value root, v[4];
    struct ct_json_lines lines = {0};
    ct_err e = ct_json_document(CT_STR("[1,\n2,\n\n3, 4]"), &root, NULL);
    struct ct_json_items it = ct_json_items(&root);
    for (size_t i = 0; i < 4 && e == CT_OK; i++) e = ct_json_item(&it, &v[i]);
    assert_int_equal(e, CT_OK);
    static const struct {
        size_t item;
        uint64_t line;
    } asked[] = {{2, 4}, {0, 1}, {1, 2}, {3, 4}, {3, 4}, {0, 1}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) assert_int_equal(ct_json_line(&lines, &v[asked[i].item]), asked[i].line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_documents), cmocka_unit_test(lines_in_any_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
