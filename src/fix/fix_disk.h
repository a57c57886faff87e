/* Files as fix handles them: by name within an opened directory, so that nobody can move the ground away below; whole copies with
 * everything that belongs to them. Private to fix. */
#ifndef CT_FIX_FIX_DISK_H
#define CT_FIX_FIX_DISK_H

#include "base/blake2b.h"
#include "base/bytes_at.h"
#include "base/fault.h"

#include <sys/stat.h>

/* The folder of path, opened, and its last component. -1 and errno when it cannot be had. */
int ct_fix_open_parent(const char *path, const char **ret_name);

/* Copies from the start of one to the other; ret_digest is that of the bytes written. to -1: only the digest. */
CT_MUST_USE ct_err ct_fix_copy(int from, int to, unsigned char ret_digest[CT_BLAKE2B_DIGEST], struct ct_fault *fault);

/* Owner, extended attributes, mode and modification time of one file to another, in the order in which none undoes the one before. */
CT_MUST_USE ct_err ct_fix_keep_attributes(int from, int to, struct ct_fault *fault);

/* fd: a regular file. */
struct ct_bytes_at ct_fix_bytes(const int *fd, uint64_t size);

#endif
