/* Whole small files: read with a cap, written so that a reader and a crash see the old content or the new, never a mix.
 *
 * Refuses: files over the cap, and anything that is not a regular file. Weak side: two writers of the same path at once
 * share one temporary name; who may have two takes a lock first.
 */
#ifndef CT_OS_FILE_H
#define CT_OS_FILE_H

#include "base/alloc.h"
#include "base/fault.h"

/* The content in memory from alloc, n bytes with a NUL behind them: give back with ct_alloc_put(alloc, *ret_p, *ret_n + 1).
 * CT_ERR_NOT_FOUND, CT_ERR_CAP, CT_ERR_UNSUPPORTED (no regular file), ... */
CT_MUST_USE ct_err ct_file_read(const struct ct_alloc *alloc, const char *path, size_t max, unsigned char **ret_p,
                                size_t *ret_n, struct ct_fault *fault);

/* The same of an open pipe or socket, to its end. */
CT_MUST_USE ct_err ct_file_read_stream(const struct ct_alloc *alloc, int fd, size_t max, unsigned char **ret_p, size_t *ret_n,
                                       struct ct_fault *fault);

/* Writes PATH.tmp, fsync, rename, fsync of the directory. After an error the old content stands, save for a failure of the
 * very last step, where the new content stands but may not have reached the disk. A symbolic link at path is replaced. */
CT_MUST_USE ct_err ct_file_write_atomic(const char *path, ct_str content, unsigned mode, struct ct_fault *fault);

/* All of it, or CT_ERR_WRITE; goes on after a signal. */
CT_MUST_USE ct_err ct_file_write_all(int fd, ct_str content);

#endif
