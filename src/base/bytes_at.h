/* Bytes that can be read at any offset: a file, a part of memory, an entry of an archive that was kept.
 *
 * For formats that point to and fro (archives with a directory at their end, databases, executables), so that a reader
 * holds what it works on and not the whole. Reads never move a position; several readers may share one. */
#ifndef CT_BASE_BYTES_AT_H
#define CT_BASE_BYTES_AT_H

#include "base/err.h"
#include "base/str.h"

struct ct_bytes_at {
    /* Up to n bytes from offset at on; fewer only at the end, 0 beyond it. */
    ct_err (*read)(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n);
    void *ctx;
    uint64_t size;             /* in bytes, as known when it was opened: a file may have become shorter */
    const unsigned char *base; /* the same bytes, where they lie in memory, or null: lets a reader go without copies */
};

/* bytes: what it points to and itself live as long as the result. */
struct ct_bytes_at ct_bytes_at_memory(const ct_str *bytes);
/* All n bytes, or CT_ERR_TRUNCATED. */
CT_MUST_USE ct_err ct_bytes_at_exact(const struct ct_bytes_at *b, uint64_t at, void *to, size_t n);

#endif
