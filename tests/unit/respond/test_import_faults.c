/* An import whose disk fails at each of its writes, and whose memory fails: the store opens, is whole, and holds all of the import or none. */
#include "respond/advisory_import.h"
#include "respond/attempts_import.h"
#include "respond/control.h"
#include "respond/route.h"
#include "respond/sbom_import.h"
#include "respond/scan_import.h"
#include "respond/vex_import.h"
#include "store/timeline.h"
#include "support/failing_vfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[64], path[96], template_path[96];

#define COMMON "\"host\":{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"name\":\"web-1\"},"
#define COMPONENT(n) "{" COMMON "\"event\":{\"dataset\":\"caltrop.scan.component\"},\"package\":{\"name\":\"c" n "\",\"version\":\"1\"}," \
                     "\"caltrop\":{\"source\":\"pom\",\"purl\":\"pkg:maven/org.example/c" n "@1\",\"path\":\"/srv/" n ".jar\"}}\n"
static const char report[] =
    COMPONENT("1") COMPONENT("2") COMPONENT("3") COMPONENT("4") COMPONENT("5")
    "{" COMMON "\"event\":{\"dataset\":\"caltrop.scan.finding\",\"id\":\"00\"},\"vulnerability\":{\"id\":[\"CVE-2021-44228\"],\"severity\":\"critical\"},"
    "\"package\":{\"name\":\"log4j-core\",\"version\":\"2.14.1\"},\"caltrop\":{\"state\":\"affected\",\"source\":\"class\","
    "\"purl\":\"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1\",\"path\":\"/srv/l.jar\",\"reason\":\"r\",\"evidence\":[\"e\"]}}\n"
    "{" COMMON "\"event\":{\"dataset\":\"caltrop.scan.host\",\"start\":\"2021-12-10T13:00:00Z\",\"end\":\"2021-12-10T13:00:00Z\"},"
    "\"caltrop\":{\"complete\":true,\"roots\":[\"/\"],\"exclusions\":[],\"families\":\"all\",\"processes\":\"yes\",\"counts\":{}}}\n";
static const char advisory[] =
    "{\"id\":\"GHSA-1\",\"aliases\":[\"CVE-2021-1\"],\"modified\":\"2021-12-10T13:00:00Z\",\"affected\":[{\"package\":{\"ecosystem\":\"Maven\",\"name\":\"org.example:c1\"},"
    "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"2\"}]}]}]}";

#define ATTEMPT(n, payload) "{\"@timestamp\":\"2021-12-10T13:20:0" n "Z\",\"event\":{\"dataset\":\"caltrop.attempt\",\"id\":\"0000000000000000000000000000000" n "\"}," \
                            "\"log\":{\"file\":{\"path\":\"/l\"}},\"caltrop\":{\"grade\":\"exploit\",\"certainty\":\"certain\",\"campaign\":\"" payload "\"," \
                            "\"fires\":[{\"versions\":\"2.8-2.14.1\",\"sink\":\"message\",\"setting\":\"\"}]}}\n"
static const char attempts[] = ATTEMPT("1", "a") ATTEMPT("2", "b");
static const char routes[] = "service,log,asset,role\nshop,/l,web-1,serves\nshop,/l,web-1,reads\n";

/* More than go into one statement. */
#define PART(n) "{\"name\":\"a" n "\",\"purl\":\"pkg:npm/a" n "@1\"},"
#define PARTS(n) PART(n "0") PART(n "1") PART(n "2") PART(n "3") PART(n "4") PART(n "5") PART(n "6") PART(n "7") PART(n "8")
static const char bill[] = "{\"bomFormat\":\"CycloneDX\",\"components\":[" PARTS("1") PARTS("2") PARTS("3") "{\"name\":\"b\"}]}";
static const char vex[] = "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"V\",\"timestamp\":\"2021-12-10T13:00:00Z\",\"statements\":[{\"vulnerability\":{\"name\":\"CVE-2021-1\"},"
                          "\"products\":[{\"@id\":\"pkg:maven/org.example/c1@1\"}],\"status\":\"affected\",\"action_statement\":\"update\"}]}";

static void remove_store(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char file[128];
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, endings[i]);
        (void)unlink(file);
    }
}

static ct_db *must_open(void)
{
    ct_db *db = NULL;
    struct ct_fault fault = {0};
    if (ct_db_open(&ct_alloc_libc, path, &db, &fault) != CT_OK) fail_msg("%s", fault.detail);
    return db;
}

static int make(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.40s/caltrop-import-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/caltrop.db", folder);
    (void)snprintf(template_path, sizeof template_path, "%s/template.db", folder);
    failing_vfs_install();
    ct_db *db = must_open();
    ct_err e = ct_db_backup(db, template_path, NULL);
    ct_db_close(db);
    return e == CT_OK ? 0 : -1;
}

static int clear(void **state)
{
    (void)state;
    remove_store();
    (void)unlink(template_path);
    return rmdir(folder);
}

static void fresh_store(void)
{
    unsigned char bytes[65536];
    size_t n;
    remove_store();
    FILE *from = fopen(template_path, "rb"), *to = fopen(path, "wb");
    assert_non_null(from);
    assert_non_null(to);
    while ((n = fread(bytes, 1, sizeof bytes, from)) > 0) assert_int_equal(fwrite(bytes, 1, n, to), n);
    (void)fclose(from);
    assert_int_equal(fclose(to), 0);
}

static void on_collision(void *ctx, ct_str words)
{
    (void)ctx, (void)words;
}

static const struct ct_who who = {.actor = CT_STR_INIT("tester"), .why = CT_STR_INIT(""), .now_us = 1639144800000000};

static ct_err take_attempts(ct_db *db)
{
    struct ct_attempts_import in;
    ct_err e = ct_attempts_begin(&in, db, &who, NULL);
    if (e == CT_OK) e = ct_attempts_add(&in, ct_str_from(attempts));
    if (e == CT_OK) e = ct_attempts_done(&in);
    ct_attempts_free(&in);
    struct ct_route_counts counts = {0};
    return e == CT_OK ? ct_routes_import(db, ct_str_from(routes), &who, &counts, NULL) : e;
}

static ct_err on_control(void *ctx, const struct ct_control_row *c)
{
    (void)c;
    *(bool *)ctx = true;
    return CT_OK;
}

static ct_err protect(ct_db *db, ct_arena *arena)
{
    struct ct_asset a;
    struct ct_derived derived = {0};
    bool any = false;
    int64_t id;
    CT_TRY(ct_controls_each(db, 0, true, on_control, &any));
    if (any) return CT_OK;
    CT_TRY(ct_asset_find(db, arena, CT_STR("web-1"), (ct_str){NULL, 0}, &a));
    const struct ct_control_new n = {.asset = &a, .kind = CT_CONTROL_HOT_PATCH, .evidence = CT_STR("e")};
    return ct_control_add(db, arena, &n, &who, &id, &derived, NULL);
}

static void on_unknown(void *ctx, const struct ct_bom_component *c, const char *why)
{
    (void)ctx, (void)c, (void)why;
}

static ct_err take_documents(ct_db *db, ct_arena *arena)
{
    struct ct_asset a;
    struct ct_sbom_taken taken;
    struct ct_vex_import in;
    CT_TRY(ct_asset_find(db, arena, CT_STR("web-1"), (ct_str){NULL, 0}, &a));
    CT_TRY(ct_sbom_import(db, arena, &a, ct_str_from(bill), false, &who, on_unknown, NULL, &taken, NULL));
    ct_err e = ct_vex_import_begin(&in, db, &who);
    if (e == CT_OK) e = ct_vex_import_document(&in, CT_STR("v"), ct_str_from(vex), NULL);
    if (e == CT_OK) e = ct_vex_import_done(&in);
    ct_vex_import_free(&in);
    return e;
}

static ct_err work(ct_db *db)
{
    ct_arena *arena;
    struct ct_old_reports reports;
    struct ct_scan_counts counts = {.reports = 0};
    struct ct_advisory_import in;
    CT_TRY(ct_arena_new(&ct_alloc_libc, 64u << 20, &arena));
    ct_old_reports_init(&reports, arena);
    reports.with_components = true;
    ct_err e = ct_old_reports_add(&reports, CT_STR("r"), ct_str_from(report));
    if (e == CT_OK) e = ct_scan_import(db, &reports, &who, on_collision, NULL, &counts, NULL);
    if (e == CT_OK) {
        e = ct_advisory_import_begin(&in, db, &who, (ct_str){NULL, 0});
        if (e == CT_OK) e = ct_advisory_import_osv(&in, ct_str_from(advisory), NULL);
        if (e == CT_OK) e = ct_advisory_import_done(&in);
        ct_advisory_import_free(&in);
    }
    if (e == CT_OK) e = take_attempts(db);
    if (e == CT_OK) e = protect(db, arena);
    if (e == CT_OK) e = take_documents(db, arena);
    ct_arena_free(arena);
    return e;
}

/* As a command does it. */
static ct_err import(void)
{
    ct_db *db = NULL;
    CT_TRY(ct_db_open(&ct_alloc_libc, path, &db, NULL));
    ct_err e = ct_db_begin(db);
    if (e == CT_OK) e = work(db);
    if (e == CT_OK) e = ct_db_commit(db);
    ct_db_close(db);
    return e;
}

static void tell(void *ctx, const char *what)
{
    (void)ctx;
    print_error("%s\n", what);
}

/* By SQLite itself. */
static int64_t count(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(q, 0);
    (void)sqlite3_finalize(q);
    (void)sqlite3_close(db);
    return n;
}

static bool all_or_none(void)
{
    uint64_t entries;
    unsigned char head[CT_BLAKE2B_DIGEST];
    ct_db *db = must_open();
    assert_int_equal(ct_db_check(db, tell, NULL), CT_OK);
    assert_int_equal(ct_timeline_verify(db, &entries, head, NULL), CT_OK);
    ct_db_close(db);
    int64_t n = count("SELECT count(*) FROM instance");
    assert_int_equal(count("SELECT count(*) FROM finding"), n ? 2 : 0);
    assert_int_equal(count("SELECT count(*) FROM asset"), n ? 1 : 0);
    assert_int_equal(count("SELECT count(*) FROM advisory"), n ? 1 : 0);
    assert_int_equal(count("SELECT count(*) FROM attempt"), n ? 2 : 0);
    assert_int_equal(count("SELECT count(*) FROM campaign"), n ? 2 : 0);
    assert_int_equal(count("SELECT count(*) FROM attempt_shape"), n ? 1 : 0);
    assert_int_equal(count("SELECT count(*) FROM route"), n ? 2 : 0);
    assert_int_equal(count("SELECT count(*) FROM control"), n ? 1 : 0);
    assert_int_equal(count("SELECT count(*) FROM finding WHERE state = 'mitigated'"), n ? 1 : 0);
    assert_int_equal(count("SELECT count(*) FROM vex_statement"), n ? 1 : 0);
    assert_int_equal(count("SELECT count(*) FROM vex_match"), n ? 1 : 0);
    assert_int_equal(count("SELECT count(*) FROM look"), n ? 2 : 0);
    assert_int_equal(entries > 0, n > 0);
    if (n) assert_int_equal(n, 34);
    return n > 0;
}

static void each_write_fails(bool for_good)
{
    unsigned failures = 0, none = 0;
    for (unsigned n = 0;; n++) {
        fresh_store();
        failing_vfs_arm(n, for_good);
        ct_err e = import();
        bool failed = failing_vfs_disarm();
        bool all = all_or_none();
        if (e == CT_OK) assert_true(all); /* what was said to be done is there */
        if (!failed) break;
        failures++;
        none += !all;
        assert_true(n < 5000);
    }
    assert_true(failures > 20);
    assert_true(none > 10);
    /* and again on the same store: nothing is there twice */
    assert_int_equal(import(), CT_OK);
    assert_true(all_or_none());
}

static void a_disk_that_fails_once(void **state)
{
    (void)state;
    each_write_fails(false);
}

static void a_disk_that_fails_for_good(void **state)
{
    (void)state;
    each_write_fails(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_disk_that_fails_once), cmocka_unit_test(a_disk_that_fails_for_good)};
    return cmocka_run_group_tests(tests, make, clear);
}
