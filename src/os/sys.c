#include "os/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int sys_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static int sys_openat(int dir, const char *name, int flags, mode_t mode) { return openat(dir, name, flags, mode); }
static ssize_t sys_getdents(int fd, void *to, size_t n) { return getdents64(fd, to, n); }

const struct ct_sys ct_sys_kernel = {
    .open = sys_open,
    .close = close,
    .read = read,
    .pread = pread,
    .write = write,
    .fsync = fsync,
    .rename = rename,
    .unlink = unlink,
    .renameat = renameat,
    .unlinkat = unlinkat,
    .openat = sys_openat,
    .getdents = sys_getdents,
};

const struct ct_sys *ct_sys = &ct_sys_kernel;

ct_err ct_sys_err(int error_number, ct_err otherwise)
{
    switch (error_number) {
    case ENOENT:
    case ENOTDIR: return CT_ERR_NOT_FOUND;
    case EACCES:
    case EPERM: return CT_ERR_PERMISSION;
    case ENOMEM: return CT_ERR_NOMEM;
    case EINTR: return CT_ERR_INTERRUPTED;
    default: return otherwise;
    }
}
