/* The file of contacts: one JSON object a line, appended with one write per turn of the loop, before anything is answered.
 *
 * When the disk is full, or the file cannot be written, lines wait in memory up to a cap, are tried again, and beyond the cap are
 * counted as lost: the newest, so that what stands in the file stays in order. The rest of a line that was
 * written in part comes first. Weak side: it does not fsync; what was written survives the program, not a power failure. */
#ifndef CT_DECOY_CONTACT_FILE_H
#define CT_DECOY_CONTACT_FILE_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

struct ct_record;

CT_MUST_USE ct_err ct_record_new(const struct ct_alloc *alloc, size_t max, struct ct_record **ret_record);
void ct_record_free(struct ct_record *r); /* closes the descriptor; null is fine */
void ct_record_use(struct ct_record *r, int fd); /* owned from now on; the one before is closed */
void ct_record_add(struct ct_record *r, ct_str line); /* with its newline */
/* Writes what waits. False: not all of it went. */
bool ct_record_flush(struct ct_record *r);

struct ct_record_stats {
    uint64_t lines, written, lost, waiting; /* lines; waiting: now */
    bool fails;
};
void ct_record_stats(const struct ct_record *r, struct ct_record_stats *ret_stats);

#endif
