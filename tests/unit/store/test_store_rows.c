/* Rows of the store: assets that are put, vulnerabilities that are merged. What is written is read back by SQLite itself. */
#include "store/asset.h"
#include "store/finding_row.h"
#include "store/timeline.h"
#include "store/vulnerability.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[64], path[96];
static const struct ct_who who = {.actor = CT_STR_INIT("tester"), .why = CT_STR_INIT("because"), .now_us = 1000};

static int make_folder(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.40s/caltrop-rows-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/caltrop.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const endings[] = {"", "-wal", "-shm"};
    char file[128];
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, endings[i]);
        (void)unlink(file);
    }
    return rmdir(folder);
}

static ct_db *must_open(void)
{
    ct_db *db = NULL;
    struct ct_fault fault = {0};
    if (ct_db_open(&ct_alloc_libc, path, &db, &fault) != CT_OK) fail_msg("%s", fault.detail);
    return db;
}

/* The rows of a query by SQLite itself: cells with '|' between, rows with newlines. */
static int on_row(void *ctx, int n, char **cells, char **names)
{
    char *to = ctx;
    (void)names;
    for (int i = 0; i < n; i++) (void)snprintf(to + strlen(to), 1024 - strlen(to), "%s%s", i ? "|" : "", cells[i] ? cells[i] : "-");
    (void)snprintf(to + strlen(to), 1024 - strlen(to), "\n");
    return 0;
}

static void by_sqlite(const char *sql, const char *want)
{
    sqlite3 *db;
    char got[1024] = "", *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, on_row, got, &why) != SQLITE_OK) fail_msg("%s", why);
    (void)sqlite3_close(db);
    if (want) assert_string_equal(got, want);
}

static void assets(void **state)
{
    (void)state;
    static const unsigned char big[2000];
    ct_arena *arena;
    ct_db *db = must_open();
    enum ct_put put;
    struct ct_fault fault = {0};
    const ct_str tags[] = {CT_STR("b"), CT_STR("a"), CT_STR("b")}, huge = {big, sizeof big};
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 4u << 20, &arena), CT_OK);
    struct ct_asset a = {.name = CT_STR("web-1"), .environment = CT_STR("PROD"), .exposure = CT_STR(""), .tags = tags, .n_tags = 3}, same, other = {.name = huge};
    assert_int_equal(ct_db_begin(db), CT_OK);
    assert_int_equal(ct_asset_put(db, arena, &a, &who, &put, &fault), CT_OK);
    assert_int_equal(put, CT_PUT_ADDED);
    assert_int_equal(ct_asset_find(db, arena, CT_STR("web-1"), CT_STR("production"), &same), CT_OK);
    assert_int_equal(ct_asset_put(db, arena, &same, &who, &put, &fault), CT_OK);
    assert_int_equal(put, CT_PUT_SAME);
    same.owner = CT_STR("o\0p");
    assert_int_equal(ct_asset_put(db, arena, &same, &who, &put, &fault), CT_OK);
    assert_int_equal(put, CT_PUT_CHANGED);
    assert_int_equal(ct_asset_put(db, arena, &other, &who, &put, &fault), CT_ERR_CAP);
    other = (struct ct_asset){.name = CT_STR("x"), .exposure = CT_STR("moon")};
    assert_int_equal(ct_asset_put(db, arena, &other, &who, &put, &fault), CT_ERR_USAGE);
    assert_non_null(strstr(fault.detail, "moon"));
    other = (struct ct_asset){.name = CT_STR("web-1"), .environment = CT_STR("production")};
    assert_int_equal(ct_asset_put(db, arena, &other, &who, &put, &fault), CT_ERR_USAGE);
    assert_int_equal(ct_asset_find(db, arena, CT_STR("web-2"), CT_STR(""), &other), CT_ERR_NOT_FOUND);
    assert_int_equal(ct_db_commit(db), CT_OK);
    by_sqlite("SELECT name, environment, exposure, length(CAST(owner AS BLOB)), added FROM asset", "web-1|production|unknown|3|1000\n");
    by_sqlite("SELECT tag FROM asset_tag ORDER BY tag", "a\nb\n");
    by_sqlite("SELECT kind, subject, actor, why FROM timeline", "asset.added|web-1 (production)|tester|because\nasset.changed|web-1 (production)|tester|because\n");
    ct_arena_free(arena);
    ct_db_close(db);
}

/* Two vulnerabilities with findings about one component of one asset, and each with one of its own: everything is kept once, with the earlier times. */
static void merging(void **state)
{
    (void)state;
    ct_db *db = must_open();
    ct_arena *arena;
    struct ct_vulnerability v;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), CT_OK);
    by_sqlite("INSERT INTO component (id, purl, version, ecosystem, name) VALUES (1,'p','1','',''), (2,'p','2','',''), (3,'p','3','','');"
              "INSERT INTO vulnerability (id, name, severity) VALUES (1,'LOCAL-1','low'), (2,'CVE-1','high');"
              "INSERT INTO alias VALUES ('LOCAL-1',1), ('CVE-1',2);"
              "INSERT INTO advisory (id, source, name, vulnerability, severity, taken, digest, record) VALUES (1,'local','LOCAL-1',1,'',0,x'',x''), (2,'ghsa','G',2,'',0,x'',x'');"
              "INSERT INTO match VALUES (1,1,1,'affected','',''), (1,2,2,'affected','','');"
              "INSERT INTO finding (asset, component, vulnerability, state, reason, conflict, opened, anchor, due, rule, breached) VALUES "
              "(1,1,1,'affected','',0,50,7,NULL,'',60), (1,1,2,'affected','',0,40,NULL,90,'',NULL), (1,2,1,'affected','',0,10,NULL,NULL,'',NULL), (1,3,2,'fixed','',0,20,NULL,NULL,'',NULL);"
              "INSERT INTO control (id, kind, asset, evidence, who, since) VALUES (1,'isolated',1,'','',0);"
              "INSERT INTO control_covers VALUES (1,1,0), (1,2,1);"
              "INSERT INTO acceptance (asset, vulnerability, approver, reason, since, until) VALUES (1,1,'a','r',0,1)", NULL);
    assert_int_equal(ct_db_begin(db), CT_OK);
    assert_int_equal(ct_vulnerability_merge(db, 1, 2), CT_OK);
    assert_int_equal(ct_vulnerability_learn(db, 2, CT_STR("low"), 5), CT_OK);
    assert_int_equal(ct_vulnerability_learn(db, 2, CT_STR("critical"), 9), CT_OK);
    assert_int_equal(ct_db_commit(db), CT_OK);
    assert_int_equal(ct_vulnerability_find(db, arena, CT_STR("LOCAL-1"), &v), CT_OK);
    assert_int_equal(v.id, 2);
    assert_true(ct_str_eq(v.severity, CT_STR("critical")));
    by_sqlite("SELECT component, vulnerability, opened, anchor, due, breached FROM finding ORDER BY component", "1|2|40|7|90|60\n2|2|10|-|-|-\n3|2|20|-|-|-\n");
    by_sqlite("SELECT alias, vulnerability FROM alias ORDER BY alias", "CVE-1|2\nLOCAL-1|2\n");
    by_sqlite("SELECT count(*), min(vulnerability), max(vulnerability) FROM match", "2|2|2\n");
    by_sqlite("SELECT control, vulnerability FROM control_covers", "1|2\n");
    by_sqlite("SELECT vulnerability FROM acceptance", "2\n");
    by_sqlite("SELECT id FROM vulnerability", "2\n");
    by_sqlite("PRAGMA foreign_key_check", "");
    ct_arena_free(arena);
    ct_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(assets), cmocka_unit_test(merging)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
