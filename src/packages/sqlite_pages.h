/* SQLite database files, as far as rpm's needs: the rows of one table, in order, page by page, with the write-ahead log laid
 * over.
 *
 * A reader of our own and not the library: it needs no file to open and no virtual file system, links into the static sensor
 * with some kilobytes, runs no SQL of a hostile schema, and sees a log that was left behind (the library would write to the
 * file to do so). Refuses (CT_ERR_UNSUPPORTED): text that is not UTF-8, WITHOUT ROWID tables. Damaged cells are noted and
 * skipped. Source: the SQLite file format description, sections 1.3 to 1.6, 2 and 4.
 */
#ifndef CT_PACKAGES_SQLITE_PAGES_H
#define CT_PACKAGES_SQLITE_PAGES_H

#include "packages/emit.h"

struct ct_sqlite_frame {
    uint32_t page;
    uint64_t at; /* of the page's bytes in the log */
};

struct ct_sqlite {
    struct ct_emitter *e;
    const struct ct_bytes_at *in, *wal;
    uint32_t page_n, usable, pages;
    struct ct_sqlite_frame *frames; /* committed ones by page, the newest of each */
    size_t frames_n;
    unsigned char *page, *link; /* a b-tree page, an overflow page */
    uint64_t budget;            /* payload bytes still to be read: cells that share overflow pages are no database */
    uint64_t visits;            /* b-tree pages still to be visited: the same for loops */
};

/* A column: type and bytes. */
struct ct_sqlite_column {
    uint64_t type; /* serial type */
    ct_str bytes;
};

/* wal may be null. */
CT_MUST_USE ct_err ct_sqlite_open(struct ct_sqlite *s, struct ct_emitter *e, const struct ct_bytes_at *in,
                                  const struct ct_bytes_at *wal);
/* Reads the log's committed frames into s. A log that does not belong to the database is none. */
CT_MUST_USE ct_err ct_sqlite_read_wal(struct ct_sqlite *s);
/* Calls row for each row of the table whose b-tree begins at root; record: the row's bytes, for the call only. */
typedef ct_err (*ct_sqlite_row)(struct ct_sqlite *s, ct_str record, uint64_t at, void *ctx);
CT_MUST_USE ct_err ct_sqlite_rows(struct ct_sqlite *s, uint32_t root, ct_sqlite_row row, void *ctx);
/* Column no of a record, from 0; false where the record is malformed or shorter. */
bool ct_sqlite_column(ct_str record, unsigned no, struct ct_sqlite_column *ret_column);

#endif
