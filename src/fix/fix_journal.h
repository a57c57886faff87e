/* The journal of one run, a line per step, each on disk before the next step begins. Private to fix.
 *
 *   caltrop-fix 1
 *   file N UID GID MODE SECONDS NANOSECONDS DIGEST PATH   the original lies in the run's folder as N
 *   ready N DIGEST|-                                     the new file is about to take its place; -: the file is about to go
 *   done N
 *   undone N
 *
 * Numbers are decimal, MODE octal, digests hexadecimal, PATH percent-encoded. A last line without its end was never finished and does
 * not count. Refuses what is over a cap, out of order or malformed: what undo would do is written here. */
#ifndef CT_FIX_FIX_JOURNAL_H
#define CT_FIX_FIX_JOURNAL_H

#include "base/arena.h"
#include "base/blake2b.h"
#include "base/buf.h"
#include "base/fault.h"

#include <sys/stat.h>

struct ct_fix_entry {
    const char *path;
    struct stat was;           /* st_uid, st_gid, st_mode (permissions), st_mtim */
    unsigned char old[CT_BLAKE2B_DIGEST], now[CT_BLAKE2B_DIGEST];
    bool ready, whole, done, undone;
};

struct ct_fix_journal {
    struct ct_fix_entry *entries;
    size_t n;
};

CT_MUST_USE ct_err ct_fix_journal_read(ct_arena *arena, ct_str text, struct ct_fix_journal *ret_journal, struct ct_fault *fault);

void ct_fix_journal_file(struct ct_buf *out, size_t n, const struct stat *was, const unsigned char digest[CT_BLAKE2B_DIGEST], ct_str path);
void ct_fix_journal_ready(struct ct_buf *out, size_t n, const unsigned char *digest); /* null: the file goes */

#endif
