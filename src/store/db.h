/* The database under the war room: opening, migrating, transactions, prepared statements. All SQL of the program lies in this folder;
 * what stands above speaks of assets and findings.
 *
 * Today it is SQLite in one file (write-ahead log, foreign keys on); statements are written so that PostgreSQL can answer them:
 * no dialect in them beyond "INSERT ... ON CONFLICT" and RETURNING, times as integers (microseconds since 1970 UTC), ids as integers
 * that the database gives.
 * Several processes may work on the same database: writers queue (CT_DB_WAIT_MS), readers see the last commit. A handle belongs
 * to one thread.
 * Refuses a schema that a newer program made. Weak side: files on network file systems, where locks may not hold.
 */
#ifndef CT_STORE_DB_H
#define CT_STORE_DB_H

#include "base/alloc.h"
#include "base/blake2b.h"
#include "base/fault.h"
#include "base/str.h"

typedef struct ct_db ct_db;
typedef struct ct_query ct_query;

/* path: a file, made if need be with its schema; its folder exists. CT_ERR_UNSUPPORTED: no database of ours, or of a newer program;
 * CT_ERR_SYNTAX: damaged. */
CT_MUST_USE ct_err ct_db_open(const struct ct_alloc *alloc, const char *path, ct_db **ret_db, struct ct_fault *fault);
void ct_db_close(ct_db *db); /* null is fine; an open transaction is rolled back */

/* A transaction that will write: it holds the right to from its start, so that what was read in it is still true at its end.
 * Not nested. After a failure inside, roll back. */
CT_MUST_USE ct_err ct_db_begin(ct_db *db);
CT_MUST_USE ct_err ct_db_commit(ct_db *db);
void ct_db_rollback(ct_db *db); /* outside of one it does nothing */

/* The end of the timeline's chain as the transaction at hand sees it: read once, written once, before the commit. For store/timeline.c alone. */
struct ct_db_head {
    bool known, changed;
    uint64_t entries;
    unsigned char hash[CT_BLAKE2B_DIGEST];
};
struct ct_db_head *ct_db_head(ct_db *db); /* null: there is no transaction that it could wait for */

/* A statement by its text, which must be a literal: prepared once and kept. Parameters are "?" and count from 1, columns from 0.
 * A failure to bind shows at ct_query_next. The same statement is used once at a time. */
ct_query *ct_db_query(ct_db *db, const char *sql);
void ct_query_str(ct_query *q, int at, ct_str v);      /* text; v lives until the query is done. Null p: NULL */
void ct_query_blob(ct_query *q, int at, ct_str v);
void ct_query_i64(ct_query *q, int at, int64_t v);
void ct_query_null(ct_query *q, int at);
/* The next row, or CT_ERR_END; after anything but CT_OK the query is done. */
CT_MUST_USE ct_err ct_query_next(ct_query *q);
void ct_query_done(ct_query *q); /* ends a query of which not all rows are wanted */
/* A statement without rows, to its end. */
CT_MUST_USE ct_err ct_query_run(ct_query *q);
/* Columns of the row; text lives until the next call of ct_query_next or ct_query_done. */
ct_str ct_query_get_str(const ct_query *q, int column);
int64_t ct_query_get_i64(const ct_query *q, int column);
bool ct_query_is_null(const ct_query *q, int column);

int64_t ct_db_last_id(const ct_db *db);  /* of the last row inserted */
int64_t ct_db_changes(const ct_db *db);  /* rows that the last statement changed */
/* What the database said when a call failed; the program's own words where it had none. */
const char *ct_db_why(const ct_db *db);

/* A copy of the whole, consistent, while others go on working. to: must not exist. */
CT_MUST_USE ct_err ct_db_backup(ct_db *db, const char *to, struct ct_fault *fault);
/* The file's own structure and its references. Calls tell for each thing that is wrong; CT_ERR_SYNTAX when there was one. */
typedef void ct_db_tell(void *ctx, const char *what);
CT_MUST_USE ct_err ct_db_check(ct_db *db, ct_db_tell *tell, void *ctx);

#endif
