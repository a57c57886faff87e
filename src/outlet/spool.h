/* The spool: a bounded first-in first-out queue of events on disk that outlives kill -9.
 *
 * A folder holds append-only segments (NNNNNNNNNNNNNNNN.seg), a "position" file (how far has been delivered, and counters that
 * survive restarts) and "refused.ndjson" (events the receiver will not take). A record is written with one write() and is
 * safe from a killed process once that returns; fsync happens when a segment is full and at close, so a power failure may
 * lose the end of the newest segment. The position is not synced either: after a power failure events may be delivered again.
 *
 * Full: the oldest segment goes, and what it held undelivered is counted. Disk full or failing: events wait in memory,
 * CT_OUTLET_MEMORY_MAX bytes of them, the oldest going first (counted); they move to the disk as soon as it takes them.
 * Damage: what a crash left torn at the end is cut off; damaged stretches elsewhere are passed over; each is counted.
 *
 * A folder is locked by the process that uses it; the next process takes the next of CT_SPOOL_SLOTS folders, and at
 * opening what others left behind is taken over (which may reorder events of different processes).
 *
 * Not thread-safe, save that what peek returned may be read while others add.
 * Weak side: file I/O on a hung network file system hangs the caller; keep the spool on a local disk.
 */
#ifndef CT_OUTLET_SPOOL_H
#define CT_OUTLET_SPOOL_H

#include "base/alloc.h"
#include "base/fault.h"
#include "outlet/spool_record.h"

typedef struct ct_spool ct_spool;

struct ct_spool_counts {
    uint64_t dropped, refused, damaged; /* since the folder was made */
    uint64_t waiting, in_memory; /* in_memory: of those waiting, what the disk has not taken */
    int disk_error;              /* errno of its last refusal; 0: none yet */
};

/* dir is made if missing (not its parents); name: a file name. max 0: CT_SPOOL_DEFAULT. */
CT_MUST_USE ct_err ct_spool_open(const struct ct_alloc *alloc, const char *dir, const char *name, uint64_t max,
                                 ct_spool **ret_spool, struct ct_fault *fault);
/* A try at the disk for what is in memory, when nobody delivers any more. */
void ct_spool_flush(ct_spool *s);
/* Null is fine. What is still in memory gets a last try at the disk. */
void ct_spool_close(ct_spool *s);

/* CT_OK: on disk or in memory. CT_ERR_CAP: larger than an event or the spool may be; counted as dropped. */
CT_MUST_USE ct_err ct_spool_add(ct_spool *s, const unsigned char id[16], int64_t time_us, ct_str event);
/* The oldest waiting event, valid until the next peek or close. CT_ERR_END: none. CT_ERR_READ: try again later. */
CT_MUST_USE ct_err ct_spool_peek(ct_spool *s, struct ct_spool_record *ret_record);
/* What peek returned last was delivered; or the receiver refuses it for good, and it goes to the refused file. */
void ct_spool_take(ct_spool *s);
void ct_spool_refuse(ct_spool *s);
void ct_spool_counts(const ct_spool *s, struct ct_spool_counts *ret_counts);

#endif
