/* Paths as another process sees them: below its root directory (/proc/PID/root), with links resolved inside it and ".." never
 * above it. The kernel would follow an absolute link in there into our own root.
 *
 * Nothing is opened for reading here: what comes back is a place (O_PATH), to be looked at before ct_inroot_reopen touches
 * it. Automounts are not set off. Weak side: whoever moves directories about while we walk (and runs with its own chroot)
 * may lead us out; the file is then still only read.
 */
#ifndef CT_OS_INROOT_H
#define CT_OS_INROOT_H

#include "base/arena.h"

#include <sys/stat.h>

/* path: NUL inside or longer than the system's maximum is CT_ERR_SYNTAX, CT_ERR_CAP; too many links CT_ERR_CAP. Relative paths
 * start at the root. *ret_fd: O_PATH, close it. ret_real: where it lies after all links, within the root; may be null. */
CT_MUST_USE ct_err ct_inroot_open(int root, ct_str path, ct_arena *arena, int *ret_fd, ct_str *ret_real);

/* A place (O_PATH) opened for reading, if it is a regular file: CT_ERR_UNSUPPORTED otherwise. Never waits. */
CT_MUST_USE ct_err ct_inroot_reopen(int place, int *ret_fd, struct stat *ret_stat);

/* The whole of a file whose size the kernel does not tell (/proc), or its first max bytes. ret_cut may be null. */
CT_MUST_USE ct_err ct_inroot_slurp(ct_arena *arena, int dir, const char *name, size_t max, ct_str *ret_text, bool *ret_cut);

#endif
