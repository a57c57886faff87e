/* store: opening, migrating, several writers at once, the timeline's chain. What it says is checked against SQLite's own shell of calls. */
#include "store/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.40s/caltrop-store-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/caltrop.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const endings[] = {"", "-wal", "-shm", ".copy", ".copy-wal", ".copy-shm"};
    char file[128];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        (void)snprintf(file, sizeof file, "%s%s", path, endings[i]);
        (void)unlink(file);
    }
    return rmdir(folder);
}

/* By SQLite itself, past our layer. */
static void behind_its_back(const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s", why);
    (void)sqlite3_close(db);
}

static ct_db *must_open(void)
{
    ct_db *db = NULL;
    struct ct_fault fault = {0};
    if (ct_db_open(&ct_alloc_libc, path, &db, &fault) != CT_OK) fail_msg("%s", fault.detail);
    return db;
}

static void append(ct_db *db, int64_t at, const char *subject)
{
    struct ct_timeline_entry e = {.at = at, .actor = CT_STR("tester"), .kind = CT_STR("asset.added"), .subject = ct_str_from(subject),
                                  .now = CT_STR("{\"a\":1}"), .why = CT_STR("")};
    assert_int_equal(ct_timeline_append(db, &e), CT_OK);
}

static void opens_its_own_and_no_other(void **state)
{
    (void)state;
    struct ct_fault fault = {0};
    struct stat st;
    ct_db *db = must_open();
    ct_db_close(db);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ct_db_close(must_open()); /* again: there is nothing to do */

    behind_its_back("PRAGMA user_version = 1000");
    assert_int_equal(ct_db_open(&ct_alloc_libc, path, &db, &fault), CT_ERR_UNSUPPORTED);
    assert_non_null(strstr(fault.detail, "newer"));
    behind_its_back("PRAGMA user_version = 1; PRAGMA application_id = 7");
    assert_int_equal(ct_db_open(&ct_alloc_libc, path, &db, &fault), CT_ERR_UNSUPPORTED);
    assert_non_null(strstr(fault.detail, "another program"));

    FILE *f = fopen(path, "wb");
    for (int i = 0; i < 1000; i++) assert_true(fprintf(f, "this is no database %d\n", i) > 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(ct_db_open(&ct_alloc_libc, path, &db, &fault), CT_ERR_UNSUPPORTED);
    assert_int_equal(ct_db_open(&ct_alloc_libc, "/nonexistent/x.db", &db, &fault), CT_ERR_NOT_FOUND);
    assert_non_null(strstr(fault.detail, "No such file"));
}

static void what_is_rolled_back_is_gone(void **state)
{
    (void)state;
    ct_db *db = must_open();
    uint64_t n;
    unsigned char head[CT_BLAKE2B_DIGEST];
    assert_int_equal(ct_db_begin(db), CT_OK);
    append(db, 1, "one");
    assert_int_equal(ct_db_commit(db), CT_OK);
    assert_int_equal(ct_db_begin(db), CT_OK);
    append(db, 2, "two");
    ct_db_rollback(db);
    assert_int_equal(ct_timeline_verify(db, &n, head, NULL), CT_OK);
    assert_int_equal(n, 1);
    /* A failing statement says why. */
    ct_query *q = ct_db_query(db, "INSERT INTO asset_tag (asset, tag) VALUES (4711, 'x')");
    assert_int_not_equal(ct_query_run(q), CT_OK);
    assert_non_null(strstr(ct_db_why(db), "FOREIGN KEY"));
    ct_db_close(db);
}

/* A reader, and whoever opens the store, waits for no writer; within a transaction the chain is whole too. */
static void readers_wait_for_nobody(void **state)
{
    (void)state;
    ct_db *writer = must_open(), *reader;
    uint64_t n;
    int64_t last;
    unsigned char head[CT_BLAKE2B_DIGEST], before[CT_BLAKE2B_DIGEST];
    assert_int_equal(ct_db_begin(writer), CT_OK);
    append(writer, 1, "one");
    assert_int_equal(ct_db_commit(writer), CT_OK);
    assert_int_equal(ct_db_begin(writer), CT_OK);
    for (int i = 2; i <= 5; i++) append(writer, i, "more");
    assert_int_equal(ct_timeline_verify(writer, &n, head, NULL), CT_OK);
    assert_int_equal(n, 5);
    reader = must_open(); /* as long as the writer goes on: by its lock it would end in CT_ERR_AGAIN */
    assert_int_equal(ct_timeline_last(reader, &last), CT_OK);
    assert_int_equal(last, 1);
    ct_db_rollback(writer);
    assert_int_equal(ct_timeline_verify(writer, &n, before, NULL), CT_OK);
    assert_int_equal(n, 1);
    /* and what another one appends in between is counted */
    assert_int_equal(ct_db_begin(reader), CT_OK);
    append(reader, 6, "theirs");
    assert_int_equal(ct_db_commit(reader), CT_OK);
    append(writer, 7, "outside of a transaction");
    assert_int_equal(ct_db_begin(writer), CT_OK);
    append(writer, 8, "ours");
    assert_int_equal(ct_db_commit(writer), CT_OK);
    assert_int_equal(ct_timeline_verify(reader, &n, head, NULL), CT_OK);
    assert_int_equal(n, 4);
    ct_db_close(reader);
    ct_db_close(writer);
}

/* Four processes append side by side, one of them is killed in the middle of a transaction: a whole chain, nothing lost that was
 * committed, nothing there that was not. */
static void writers_queue(void **state)
{
    (void)state;
    enum { WRITERS = 4, EACH = 25 };
    ct_db_close(must_open());
    pid_t pids[WRITERS];
    for (int w = 0; w < WRITERS; w++) {
        pids[w] = fork();
        if (pids[w] != 0) continue;
        ct_db *db = must_open();
        for (int i = 0; i < EACH; i++) {
            if (ct_db_begin(db) != CT_OK) _exit(1);
            append(db, i, "side by side");
            if (w == 0 && i == EACH - 1) _exit(0); /* without commit */
            if (ct_db_commit(db) != CT_OK) _exit(1);
        }
        ct_db_close(db);
        _exit(0);
    }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
        assert_int_equal(status, 0);
    }
    ct_db *db = must_open();
    uint64_t n;
    unsigned char head[CT_BLAKE2B_DIGEST];
    assert_int_equal(ct_timeline_verify(db, &n, head, NULL), CT_OK);
    assert_int_equal(n, WRITERS * EACH - 1);
    ct_db_close(db);
}

static void every_alteration_shows(void **state)
{
    (void)state;
    static const char *const alterations[] = {
        "UPDATE timeline SET why = 'x' WHERE id = 3",
        "UPDATE timeline SET at = at + 1 WHERE id = 1",
        "UPDATE timeline SET was = '' WHERE id = 2",
        "UPDATE timeline SET now = NULL WHERE id = 5",
        "UPDATE timeline SET subject = subject || 'x', actor = substr(actor, 1, 5) WHERE id = 4",
        "UPDATE timeline SET asset = 1 WHERE id = 4",
        "DELETE FROM timeline WHERE id = 1",
        "DELETE FROM timeline WHERE id = 3",
        "DELETE FROM timeline WHERE id = 5",
        "DELETE FROM timeline; DELETE FROM timeline_head WHERE 0",
        "UPDATE timeline SET id = 100 WHERE id = 2; UPDATE timeline SET id = 2 WHERE id = 3; UPDATE timeline SET id = 3 WHERE id = 100",
        "INSERT INTO timeline SELECT 6, at, actor, kind, subject, asset, vulnerability, was, now, why, hash FROM timeline WHERE id = 5",
    };
    for (size_t i = 0; i < sizeof alterations / sizeof *alterations; i++) {
        uint64_t n;
        unsigned char head[CT_BLAKE2B_DIGEST];
        struct ct_fault fault = {0};
        ct_db *db = must_open();
        assert_int_equal(ct_db_begin(db), CT_OK);
        for (int k = 0; k < 5; k++) append(db, k, "entry");
        assert_int_equal(ct_db_commit(db), CT_OK);
        assert_int_equal(ct_timeline_verify(db, &n, head, &fault), CT_OK);
        ct_db_close(db);
        behind_its_back(alterations[i]);
        db = must_open();
        if (ct_timeline_verify(db, &n, head, &fault) != CT_ERR_CHECKSUM) fail_msg("not noticed: %s", alterations[i]);
        assert_string_not_equal(fault.detail, "");
        ct_db_close(db);
        assert_int_equal(unlink(path), 0);
    }
}

static ct_err count(void *ctx, const struct ct_timeline_entry *e)
{
    int64_t *sum = ctx;
    *sum += e->at;
    return CT_OK;
}

static void reads_what_was_asked_for(void **state)
{
    (void)state;
    ct_db *db = must_open();
    int64_t sum = 0;
    assert_int_equal(ct_db_begin(db), CT_OK);
    for (int k = 1; k <= 16; k *= 2) append(db, k, "entry");
    assert_int_equal(ct_db_commit(db), CT_OK);
    struct ct_timeline_filter filter = {.since = 2, .until = 16};
    assert_int_equal(ct_timeline_read(db, &filter, count, &sum), CT_OK);
    assert_int_equal(sum, 2 + 4 + 8);
    filter.asset = 9;
    assert_int_equal(ct_timeline_read(db, &filter, count, &sum), CT_OK);
    assert_int_equal(sum, 2 + 4 + 8);
    ct_db_close(db);
}

static void collect(void *ctx, const char *what)
{
    (void)snprintf(ctx, 256, "%s", what);
}

static void backs_up_and_checks(void **state)
{
    (void)state;
    char copy[128], wrong[256] = "";
    struct ct_fault fault = {0};
    uint64_t n;
    unsigned char head[CT_BLAKE2B_DIGEST];
    (void)snprintf(copy, sizeof copy, "%s.copy", path);
    ct_db *db = must_open(), *second;
    assert_int_equal(ct_db_begin(db), CT_OK);
    append(db, 1, "entry");
    assert_int_equal(ct_db_commit(db), CT_OK);
    assert_int_equal(ct_db_backup(db, copy, &fault), CT_OK);
    assert_int_equal(ct_db_backup(db, copy, &fault), CT_ERR_USAGE);
    assert_int_equal(ct_db_open(&ct_alloc_libc, copy, &second, &fault), CT_OK);
    assert_int_equal(ct_timeline_verify(second, &n, head, &fault), CT_OK);
    assert_int_equal(n, 1);
    ct_db_close(second);
    assert_int_equal(ct_db_check(db, collect, wrong), CT_OK);
    ct_db_close(db);
    behind_its_back("PRAGMA foreign_keys = OFF; INSERT INTO asset_tag (asset, tag) VALUES (4711, 'x')");
    db = must_open();
    assert_int_equal(ct_db_check(db, collect, wrong), CT_ERR_SYNTAX);
    assert_non_null(strstr(wrong, "asset"));
    ct_db_close(db);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        T(opens_its_own_and_no_other), T(what_is_rolled_back_is_gone), T(readers_wait_for_nobody), T(writers_queue), T(every_alteration_shows), T(reads_what_was_asked_for),
        T(backs_up_and_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
