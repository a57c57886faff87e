/* Tables: rows by hand, each flush against an unreadable page; what Python's csv module writes comes back in tests/e2e/respond. */
#include "support/edge.h"
#include "text/csv_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    int at;
    const char *text, *cells; /* cells: each in brackets, rows ended by '/' */
    ct_err end;
    unsigned line;            /* of the fault */
};

static void reads_tables(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {__LINE__, "a,b\n1,2\n", "[a][b]/[1][2]/", CT_ERR_END, 0},
        {__LINE__, "a,b\r\n1,2", "[a][b]/[1][2]/", CT_ERR_END, 0},
        {__LINE__, "a;b,c;d\n1;2,3;\n", "[a][b,c][d]/[1][2,3][]/", CT_ERR_END, 0},
        {__LINE__, "a;b;c\n\"1;\";2;3", "[a][b][c]/[1;][2][3]/", CT_ERR_END, 0},
        {__LINE__, "\xEF\xBB\xBF" "a\tb\n\n\n1\t2", "[a][b]/[1][2]/", CT_ERR_END, 0},
        {__LINE__, "\"a,\"\"b\"\"\",\"c\nd\"\re,\n", "[a,\"b\"][c\nd]/[e][]/", CT_ERR_END, 0},
        {__LINE__, "a\"b,c\n", "[a\"b][c]/", CT_ERR_END, 0},
        {__LINE__, "", "", CT_ERR_END, 0},
        {__LINE__, "\n\r\n", "", CT_ERR_END, 0},
        {__LINE__, "a\nb\n\"c\nd", "[a]/[b]/", CT_ERR_TRUNCATED, 3},
        {__LINE__, "a\n\"b\"c,d\n", "[a]/", CT_ERR_SYNTAX, 2},
        {__LINE__, "a\n1,2,3,4,5\n", "[a]/", CT_ERR_CAP, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        struct edge edge = edge_new(ct_str_from(r->text));
        struct ct_csv_in c;
        struct ct_fault fault = {0};
        ct_str cells[4];
        char got[200] = "";
        size_t n;
        ct_arena *arena;
        ct_err e;
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 65536, &arena), CT_OK);
        ct_csv_open(&c, edge.input);
        while ((e = ct_csv_next(&c, arena, cells, 4, &n, &fault)) == CT_OK) {
            for (size_t k = 0; k < n; k++) (void)snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s]", CT_STR_ARG(cells[k]));
            (void)snprintf(got + strlen(got), sizeof got - strlen(got), "/");
        }
        if (strcmp(got, r->cells) != 0 || e != r->end || fault.line != r->line) fail_msg("line %d: %s, %s, line %llu", r->at, got, ct_err_text(e), (unsigned long long)fault.line);
        ct_arena_free(arena);
        edge_free(&edge);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
