/* A database of each earlier schema, with rows in it: opening it brings it to today's, the same as one that was made today, with its rows as they were and every
 * reference whole. */
#include "store/db.h"
#include "store/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.40s/caltrop-steps-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/caltrop.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

static const char rows[] =
    "INSERT INTO asset (id, name, environment, exposure, owner, criticality, machine_id, hardware_id, added) VALUES (1, 'web-1', 'production', 'public', '', '', '', '', 5);"
    "INSERT INTO look (id, asset, kind, digest, started, ended, taken, complete, roots, exclusions, processes, families, reporter) "
    "VALUES (1, 1, 'scan', x'00', 5, 6, 7, 1, '[\"/\"]', '[]', 2, 'all', '{}');"
    "INSERT INTO component (id, purl, version, ecosystem, name) VALUES (1, 'pkg:npm/a@1', '1', 'npm', 'a'), (2, 'pkg:npm/b@1', '1', 'npm', 'b');"
    "INSERT INTO instance (id, asset, component, path, source, first_seen, seen, look, gone) "
    "VALUES (7, 1, 1, '/a', 'npm', 5, 6, 1, NULL), (9, 1, 2, '/b', 'npm', 5, 6, 1, 8), (12, 1, 1, '/c', 'class evidence', 5, 6, 1, NULL);"
    "INSERT INTO vulnerability (id, name, severity) VALUES (1, 'CVE-2021-1', 'high');"
    "INSERT INTO observation (instance, vulnerability, look, source, state, reason, fix, evidence, processes) VALUES (12, 1, 1, 'class', 'affected', 'r', 'f', '[]', '[]');"
    "INSERT INTO finding (id, asset, component, vulnerability, state, reason, conflict, opened, rule) VALUES (1, 1, 1, 1, 'affected', 'r', 0, 7, '');";

/* By SQLite itself: what a program of that time left. */
static void make_old(size_t steps)
{
    sqlite3 *db;
    char *why = NULL, version[96];
    (void)snprintf(version, sizeof version, "PRAGMA user_version = %zu; PRAGMA application_id = 1130458228", steps);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < steps; i++)
        if (sqlite3_exec(db, ct_schema[i], NULL, NULL, &why) != SQLITE_OK) fail_msg("step %zu: %s", i + 1, why);
    if (steps && sqlite3_exec(db, rows, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s", why);
    if (steps) assert_int_equal(sqlite3_exec(db, version, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

static void tell(void *ctx, const char *what)
{
    (void)ctx;
    print_message("%s\n", what);
}

/* All columns of all rows, as text. */
static void read_all(ct_db *db, const char *sql, int columns, char *to, size_t cap)
{
    size_t n = 0;
    ct_query *q = ct_db_query(db, sql);
    ct_err e;
    to[0] = 0;
    while ((e = ct_query_next(q)) == CT_OK)
        for (int i = 0; i < columns; i++) {
            ct_str s = ct_query_get_str(q, i);
            n += (size_t)snprintf(to + n, cap - n, "%.*s%s", (int)s.n, s.p ? (const char *)s.p : "", i + 1 < columns ? "|" : "\n");
            assert_true(n < cap);
        }
    assert_int_equal(e, CT_ERR_END);
}

static void each_schema_becomes_todays(void **state)
{
    (void)state;
    enum { SCHEMA_MAX = 64 << 10 };
    static char today[SCHEMA_MAX], schema[SCHEMA_MAX], text[1024];
    for (size_t steps = 0; steps <= ct_schema_n; steps++) {
        ct_db *db = NULL;
        struct ct_fault fault = {0};
        (void)unlink(path);
        make_old(steps);
        if (ct_db_open(&ct_alloc_libc, path, &db, &fault) != CT_OK) fail_msg("schema %zu: %s", steps, fault.detail);
        assert_int_equal(ct_db_check(db, tell, NULL), CT_OK);
        read_all(db, "SELECT name, sql FROM sqlite_schema ORDER BY name", 2, schema, sizeof schema);
        if (steps == 0) memcpy(today, schema, sizeof today);
        assert_string_equal(schema, today);
        read_all(db, "PRAGMA foreign_keys", 1, text, sizeof text);
        assert_string_equal(text, "1\n");
        read_all(db, "SELECT i.id, i.asset, i.component, i.path, i.source, i.first_seen, i.seen, i.look, i.gone, o.state FROM instance i LEFT JOIN observation o ON o.instance = i.id "
                     "ORDER BY i.id", 10, text, sizeof text);
        assert_string_equal(text, steps ? "7|1|1|/a|npm|5|6|1||\n9|1|2|/b|npm|5|6|1|8|\n12|1|1|/c|class evidence|5|6|1||affected\n" : "");
        ct_db_close(db);
    }
}

static void a_place_is_there_once_and_refers_to_what_is(void **state)
{
    (void)state;
    ct_db *db = NULL;
    (void)unlink(path);
    make_old(1);
    assert_int_equal(ct_db_open(&ct_alloc_libc, path, &db, NULL), CT_OK);
    ct_query *again = ct_db_query(db, "INSERT INTO instance (asset, component, path, source, first_seen, seen, look) VALUES (1, 1, '/a', 'x', 1, 1, 1)");
    assert_int_not_equal(ct_query_run(again), CT_OK);
    ct_query *nowhere = ct_db_query(db, "INSERT INTO observation (instance, vulnerability, look, source, state, reason, fix, evidence, processes) VALUES (8, 1, 1, '', '', '', '', '', '')");
    assert_int_not_equal(ct_query_run(nowhere), CT_OK);
    ct_query *nobody = ct_db_query(db, "INSERT INTO instance (asset, component, path, source, first_seen, seen, look) VALUES (1, 99, '/a', 'x', 1, 1, 1)");
    assert_int_not_equal(ct_query_run(nobody), CT_OK);
    ct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_schema_becomes_todays), cmocka_unit_test(a_place_is_there_once_and_refers_to_what_is)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
