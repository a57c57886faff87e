/* Events of `caltrop detect --json` into the store: attempts, their campaigns, and what they would do.
 *
 * An event that was taken before (by its id) changes nothing. Lines that are no attempt (events of scans) are counted and passed over, and so are those that
 * are no JSON: `unread`, with the first such line. The caller holds the transaction; ct_attempts_done appends the timeline's entry, when there is news.
 * Weak side: whose log it is is known only where the caller says so, or routes do.
 */
#ifndef CT_RESPOND_ATTEMPTS_IMPORT_H
#define CT_RESPOND_ATTEMPTS_IMPORT_H

#include "store/asset.h"
#include "store/attempt_row.h"
#include "store/who.h"

struct ct_attempts_import {
    ct_db *db;
    ct_arena *arena;             /* one line */
    const struct ct_who *who;
    const struct ct_asset *asset; /* whose logs these are; null: not said */
    uint64_t taken, again, other, unread, first_unread; /* first_unread: its line, from 1, of its text */
    /* its own */
    int64_t campaign;            /* the one of the line before */
    ct_arena *keep;
    ct_str campaign_key;
    int64_t campaign_grade;
};
CT_MUST_USE ct_err ct_attempts_begin(struct ct_attempts_import *in, ct_db *db, const struct ct_who *who, const struct ct_asset *asset);
CT_MUST_USE ct_err ct_attempts_add(struct ct_attempts_import *in, ct_str text);
CT_MUST_USE ct_err ct_attempts_done(struct ct_attempts_import *in);
void ct_attempts_free(struct ct_attempts_import *in);

#endif
