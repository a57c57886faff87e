/* The timeline: what happened, in order, and proof that none of it was altered or is missing.
 *
 * Every change of the store appends its entry in its own transaction. Each entry's hash (BLAKE2b over its fields, each with
 * its length, and the hash before it) chains it to all earlier ones, and the head keeps their number and the last hash.
 * Weak side: whoever can write the file can write a whole new chain; a hash that was noted elsewhere (a report prints it) shows that.
 */
#ifndef CT_STORE_TIMELINE_H
#define CT_STORE_TIMELINE_H

#include "base/blake2b.h"
#include "store/db.h"

struct ct_timeline_entry {
    int64_t id, at;              /* at: microseconds since 1970 UTC */
    ct_str actor, kind, subject;
    int64_t asset, vulnerability; /* 0: none */
    ct_str was, now;             /* null p: nothing */
    ct_str why;
    unsigned char hash[CT_BLAKE2B_DIGEST];
};

/* Within a transaction. id and hash of e are not looked at. */
CT_MUST_USE ct_err ct_timeline_append(ct_db *db, const struct ct_timeline_entry *e);

CT_MUST_USE ct_err ct_timeline_keep_head(ct_db *db, const struct ct_db_head *head); /* for ct_db_commit */

struct ct_timeline_filter {
    int64_t since, until;        /* at >= since and at < until */
    int64_t asset, vulnerability; /* 0: any */
    int64_t after;               /* later entries than this one; 0: all */
};
/* The number of the last entry; 0: there is none. */
CT_MUST_USE ct_err ct_timeline_last(ct_db *db, int64_t *ret_id);
/* In order. e lives during the call; an error from it ends the reading and comes back. */
typedef ct_err ct_timeline_tell(void *ctx, const struct ct_timeline_entry *e);
CT_MUST_USE ct_err ct_timeline_read(ct_db *db, const struct ct_timeline_filter *filter, ct_timeline_tell *tell, void *ctx);

/* CT_ERR_CHECKSUM: fault says which entry is altered or missing. ret_entries: how many were looked at. */
CT_MUST_USE ct_err ct_timeline_verify(ct_db *db, uint64_t *ret_entries, unsigned char ret_head[CT_BLAKE2B_DIGEST], struct ct_fault *fault);

#endif
