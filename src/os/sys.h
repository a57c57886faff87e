/* The system calls that can fail in ways a program has to survive, behind one table, so that a test can fail the n-th
 * read, write, fsync or rename and look at what is left.
 *
 * The table in use is process-wide: a test swaps it while nothing else runs; programs never do. Calls keep the kernel's
 * conventions (-1 and errno) and are not retried here: whether EINTR means "again" or "stop" is the caller's to say.
 */
#ifndef CT_OS_SYS_H
#define CT_OS_SYS_H

#include "base/err.h"

#include <sys/types.h>

struct ct_sys {
    int (*open)(const char *path, int flags, mode_t mode);
    int (*close)(int fd);
    ssize_t (*read)(int fd, void *to, size_t n);
    ssize_t (*pread)(int fd, void *to, size_t n, off_t at);
    ssize_t (*write)(int fd, const void *from, size_t n);
    int (*fsync)(int fd);
    int (*rename)(const char *from, const char *to);
    int (*unlink)(const char *path);
    int (*renameat)(int from_dir, const char *from, int to_dir, const char *to);
    int (*unlinkat)(int dir, const char *name, int flags);
    int (*openat)(int dir, const char *name, int flags, mode_t mode);
    ssize_t (*getdents)(int fd, void *to, size_t n); /* struct dirent64 after struct dirent64 */
};

extern const struct ct_sys ct_sys_kernel; /* the real calls; a failing table fills its other entries from here */
extern const struct ct_sys *ct_sys;       /* the table in use; starts as ct_sys_kernel */

/* What an errno means to the user; `otherwise` for those that say no more than "failed" (CT_ERR_READ, CT_ERR_WRITE). */
ct_err ct_sys_err(int error_number, ct_err otherwise);

#endif
