#include "store/db.h"
#include "base/limits.h"
#include "store/schema.h"
#include "store/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATEMENTS = 1024 }; /* a power of two, well above the number of literals in this folder */

struct ct_query {
    ct_db *db;
    const char *sql;      /* the literal: its address is the key */
    sqlite3_stmt *statement;
    int bound;            /* first failure to bind or prepare, an SQLITE_ code */
};

struct ct_db {
    const struct ct_alloc *alloc;
    sqlite3 *handle;
    bool in_transaction;
    struct ct_db_head head;
    char why[200];
    struct ct_query queries[STATEMENTS];
};

static ct_err err_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return CT_OK;
    case SQLITE_NOMEM: return CT_ERR_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return CT_ERR_AGAIN;
    case SQLITE_CORRUPT: return CT_ERR_SYNTAX;
    case SQLITE_NOTADB: return CT_ERR_UNSUPPORTED;
    case SQLITE_CANTOPEN: return CT_ERR_NOT_FOUND;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: return CT_ERR_PERMISSION;
    case SQLITE_TOOBIG: return CT_ERR_CAP;
    case SQLITE_INTERRUPT: return CT_ERR_INTERRUPTED;
    default: return CT_ERR_WRITE;
    }
}

static ct_err keep_why(ct_db *db, int code)
{
    if (err_of(code) != CT_OK) (void)snprintf(db->why, sizeof db->why, "%s", db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code));
    return err_of(code);
}

const char *ct_db_why(const ct_db *db) { return *db->why ? db->why : "the database failed"; }

static ct_err execute(ct_db *db, const char *sql) { return keep_why(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL)); }

ct_query *ct_db_query(ct_db *db, const char *sql)
{
    size_t at = ((uintptr_t)sql >> 4) & (STATEMENTS - 1);
    while (db->queries[at].sql && db->queries[at].sql != sql) at = (at + 1) & (STATEMENTS - 1);
    ct_query *q = &db->queries[at];
    q->db = db;
    q->sql = sql;
    q->bound = SQLITE_OK;
    if (!q->statement) q->bound = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->statement, NULL);
    else (void)sqlite3_reset(q->statement);
    return q;
}

static void note(ct_query *q, int code)
{
    if (q->bound == SQLITE_OK) q->bound = code;
}

void ct_query_str(ct_query *q, int at, ct_str v)
{
    if (!v.p) ct_query_null(q, at);
    else note(q, sqlite3_bind_text64(q->statement, at, (const char *)v.p, v.n, SQLITE_STATIC, SQLITE_UTF8));
}

void ct_query_blob(ct_query *q, int at, ct_str v) { note(q, sqlite3_bind_blob64(q->statement, at, v.p ? v.p : (const void *)"", v.n, SQLITE_STATIC)); }
void ct_query_i64(ct_query *q, int at, int64_t v) { note(q, sqlite3_bind_int64(q->statement, at, v)); }
void ct_query_null(ct_query *q, int at) { note(q, sqlite3_bind_null(q->statement, at)); }

void ct_query_done(ct_query *q)
{
    (void)sqlite3_reset(q->statement);
    (void)sqlite3_clear_bindings(q->statement);
}

ct_err ct_query_next(ct_query *q)
{
    int code = q->bound != SQLITE_OK ? q->bound : sqlite3_step(q->statement);
    if (code == SQLITE_ROW) return CT_OK;
    ct_err err = code == SQLITE_DONE ? CT_ERR_END : keep_why(q->db, code);
    if (q->statement) ct_query_done(q);
    return err;
}

ct_err ct_query_run(ct_query *q)
{
    ct_err err;
    while ((err = ct_query_next(q)) == CT_OK) continue;
    return err == CT_ERR_END ? CT_OK : err;
}

ct_str ct_query_get_str(const ct_query *q, int column)
{
    const void *p = sqlite3_column_blob(q->statement, column);
    return (ct_str){p, (size_t)sqlite3_column_bytes(q->statement, column)};
}

int64_t ct_query_get_i64(const ct_query *q, int column) { return sqlite3_column_int64(q->statement, column); }
bool ct_query_is_null(const ct_query *q, int column) { return sqlite3_column_type(q->statement, column) == SQLITE_NULL; }
int64_t ct_db_last_id(const ct_db *db) { return sqlite3_last_insert_rowid(db->handle); }
int64_t ct_db_changes(const ct_db *db) { return sqlite3_changes64(db->handle); }

ct_err ct_db_begin(ct_db *db)
{
    CT_TRY(execute(db, "BEGIN IMMEDIATE"));
    db->in_transaction = true;
    db->head = (struct ct_db_head){.known = false};
    return CT_OK;
}

struct ct_db_head *ct_db_head(ct_db *db) { return db->in_transaction ? &db->head : NULL; }

ct_err ct_db_commit(ct_db *db)
{
    if (db->head.changed) CT_TRY(ct_timeline_keep_head(db, &db->head));
    db->head.changed = false;
    CT_TRY(execute(db, "COMMIT"));
    db->in_transaction = false;
    return CT_OK;
}

void ct_db_rollback(ct_db *db)
{
    if (!db->in_transaction) return;
    for (size_t i = 0; i < STATEMENTS; i++)
        if (db->queries[i].statement) (void)sqlite3_reset(db->queries[i].statement);
    (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* fails only where the failure itself rolled back */
    db->in_transaction = false;
}

static ct_err version_of(ct_db *db, int64_t *ret_version, int64_t *ret_application)
{
    ct_query *q = ct_db_query(db, "PRAGMA user_version");
    CT_TRY(ct_query_next(q));
    *ret_version = ct_query_get_i64(q, 0);
    ct_query_done(q);
    q = ct_db_query(db, "PRAGMA application_id");
    CT_TRY(ct_query_next(q));
    *ret_application = ct_query_get_i64(q, 0);
    ct_query_done(q);
    return CT_OK;
}

/* 'C' 'a' 'l' 't': so that `file` and we know what this is. */
#define APPLICATION "1130458228"
enum { APPLICATION_ID = 1130458228 };

/* Each step is a transaction of its own with its new number: killed in between, the next start goes on there. Who only reads waits for no writer. */
static ct_err migrate(ct_db *db, struct ct_fault *fault)
{
    int64_t version, application;
    CT_TRY(version_of(db, &version, &application));
    if (application == APPLICATION_ID && version == (int64_t)ct_schema_n) return CT_OK;
    for (;;) {
        CT_TRY(ct_db_begin(db));
        CT_TRY(version_of(db, &version, &application));
        if (application != APPLICATION_ID && (application != 0 || version != 0))
            return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "it is a database of another program");
        if (version > (int64_t)ct_schema_n)
            return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "a newer Caltrop made it (schema %lld; this program knows %zu): update this program",
                                (long long)version, ct_schema_n);
        if (version == (int64_t)ct_schema_n) return ct_db_commit(db);
        char number[64];
        (void)snprintf(number, sizeof number, "PRAGMA user_version = %lld; PRAGMA application_id = " APPLICATION, (long long)version + 1);
        CT_TRY(execute(db, ct_schema[version]));
        CT_TRY(execute(db, number));
        CT_TRY(ct_db_commit(db));
    }
}

static ct_err set_up(ct_db *db, struct ct_fault *fault)
{
    /* A database may come from anywhere: nothing in its schema is trusted to call functions or to lie about its pages. */
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_busy_timeout(db->handle, CT_DB_WAIT_MS);
    CT_TRY(execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536"));
    CT_TRY(migrate(db, fault)); /* a step may make a table anew that others refer to */
    return execute(db, "PRAGMA foreign_keys = ON");
}

/* SQLite's count of its own memory takes a lock at each allocation, and nobody reads it. */
static void set_up_library(void) { (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

ct_err ct_db_open(const struct ct_alloc *alloc, const char *path, ct_db **ret_db, struct ct_fault *fault)
{
    ct_db *db = ct_alloc_get(alloc, sizeof *db);
    if (!db) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "%s", path);
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, set_up_library);
    memset(db, 0, sizeof *db);
    db->alloc = alloc;
    /* For its owner alone from its birth: it says where a company is vulnerable. SQLite's own files beside it follow its mode. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) (void)close(fd);
    int code = fd < 0 ? SQLITE_CANTOPEN : sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (fd < 0) (void)snprintf(db->why, sizeof db->why, "%s", strerror(errno));
    struct ct_fault own = {0};
    ct_err err = code == SQLITE_OK ? set_up(db, &own) : fd < 0 ? err_of(code) : keep_why(db, code);
    if (err == CT_OK) {
        *ret_db = db;
        return CT_OK;
    }
    if (own.err == CT_OK) (void)ct_fault_set(&own, err, 0, "%s", ct_db_why(db));
    if (fault) *fault = own;
    ct_db_close(db);
    return err;
}

void ct_db_close(ct_db *db)
{
    if (!db) return;
    ct_db_rollback(db);
    for (size_t i = 0; i < STATEMENTS; i++) (void)sqlite3_finalize(db->queries[i].statement);
    (void)sqlite3_close(db->handle);
    ct_alloc_put(db->alloc, db, sizeof *db);
}

ct_err ct_db_backup(ct_db *db, const char *to, struct ct_fault *fault)
{
    if (access(to, F_OK) == 0) return ct_fault_set(fault, CT_ERR_USAGE, 0, "%s exists: name a file that does not", to);
    ct_query *q = ct_db_query(db, "VACUUM INTO ?");
    ct_query_str(q, 1, ct_str_from(to));
    ct_err err = ct_query_run(q);
    return err == CT_OK ? CT_OK : ct_fault_set(fault, err, 0, "%s: %s", to, err == CT_ERR_NOT_FOUND ? "cannot be made there" : ct_db_why(db));
}

ct_err ct_db_check(ct_db *db, ct_db_tell *tell, void *ctx)
{
    char text[256];
    bool wrong = false;
    ct_err err;
    ct_query *q = ct_db_query(db, "PRAGMA integrity_check");
    while ((err = ct_query_next(q)) == CT_OK) {
        ct_str s = ct_query_get_str(q, 0);
        if (ct_str_eq(s, CT_STR("ok"))) continue;
        (void)snprintf(text, sizeof text, "%.*s", s.n < 200 ? (int)s.n : 200, (const char *)s.p);
        tell(ctx, text);
        wrong = true;
    }
    if (err != CT_ERR_END) return err;
    q = ct_db_query(db, "PRAGMA foreign_key_check");
    while ((err = ct_query_next(q)) == CT_OK) {
        ct_str table = ct_query_get_str(q, 0), other = ct_query_get_str(q, 2);
        (void)snprintf(text, sizeof text, "row %lld of %.60s refers to a row of %.60s that is not there", (long long)ct_query_get_i64(q, 1),
                       (const char *)table.p, (const char *)other.p);
        tell(ctx, text);
        wrong = true;
    }
    if (err != CT_ERR_END) return err;
    return wrong ? CT_ERR_SYNTAX : CT_OK;
}
