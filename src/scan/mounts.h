/* Which file systems a scan enters: read from the mount table before anything on them is touched (a dead filer hangs whoever
 * looks), and by statfs where the table does not know.
 *
 * Weak sides: without /proc the table is empty and the first look at a mount point already touches it; a FUSE file system that
 * the table does not name counts as one that may lie on another machine.
 */
#ifndef CT_SCAN_MOUNTS_H
#define CT_SCAN_MOUNTS_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

enum ct_mount_class { CT_MOUNT_LOCAL, CT_MOUNT_NETWORK, CT_MOUNT_VIRTUAL, CT_MOUNT_OVERLAY };

typedef struct ct_mounts ct_mounts;

/* path: /proc/self/mountinfo, or another file in its format. A table that cannot be read is an empty one. */
CT_MUST_USE ct_err ct_mounts_new(const struct ct_alloc *alloc, const char *path, ct_mounts **ret_mounts);
void ct_mounts_free(ct_mounts *m);

/* Is path a mount point? Then its file system's name ("nfs4", "fuse.sshfs"), which lives as long as m. */
bool ct_mounts_at(const ct_mounts *m, ct_str path, ct_str *ret_type);
/* The file system that path lies on. */
bool ct_mounts_of(const ct_mounts *m, ct_str path, ct_str *ret_type);
enum ct_mount_class ct_mount_class_of(ct_str type);
/* By the magic number of statfs, for what the table does not know. ret_type: its name, or "0x..." is left to the caller when
 * empty. */
enum ct_mount_class ct_mount_class_by_magic(uint64_t magic, ct_str *ret_type);

#endif
