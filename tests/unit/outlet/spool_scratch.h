/* A folder of the test's own, and small helpers to fill and read a spool in it. */
#ifndef CT_TESTS_SCRATCH_H
#define CT_TESTS_SCRATCH_H

#include "outlet/spool.h"

/* mkdtemp below TMPDIR or /tmp; the returned text is static. Aborts when that fails. */
const char *scratch_new(void);
void scratch_remove(const char *path); /* with everything below it */

/* Event number n: {"n":N,"pad":"xxx"} of `size` bytes at least; id holds n. Both live until the next call. */
ct_str event_of(uint64_t n, size_t size);
const unsigned char *id_of(uint64_t n);
uint64_t number_of(const struct ct_spool_record *r); /* from the id; aborts when the event's text says otherwise */

/* Path of the k-th segment file (oldest first) of the spool folder; false: no such. */
bool segment_file(const char *folder, size_t k, char *out, size_t n);

#endif
