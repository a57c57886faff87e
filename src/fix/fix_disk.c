#include "fix/fix_disk.h"
#include "os/file.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PIECE = 256 * 1024, NAMES_MAX = 65536 }; /* XATTR_LIST_MAX */

int ct_fix_open_parent(const char *path, const char **ret_name)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) >= sizeof dir) {
        errno = slash ? ENAMETOOLONG : EINVAL;
        return -1;
    }
    memcpy(dir, path, (size_t)(slash - path));
    dir[slash - path] = 0;
    *ret_name = slash + 1;
    return ct_sys->open(*dir ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

ct_err ct_fix_copy(int from, int to, unsigned char ret_digest[CT_BLAKE2B_DIGEST], struct ct_fault *fault)
{
    static _Thread_local unsigned char piece[PIECE];
    struct ct_blake2b hash;
    ct_blake2b_init(&hash);
    for (uint64_t at = 0;;) {
        ssize_t n = ct_sys->pread(from, piece, sizeof piece, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), at, "read: %s", strerror(errno));
        if (n == 0) break;
        ct_str bytes = {piece, (size_t)n};
        ct_blake2b_add(&hash, bytes);
        if (to >= 0 && ct_file_write_all(to, bytes) != CT_OK) return ct_fault_set(fault, CT_ERR_WRITE, at, "write: %s", strerror(errno));
        at += (size_t)n;
    }
    ct_blake2b_done(&hash, ret_digest);
    return CT_OK;
}

static ct_err keep_xattrs(int from, int to, struct ct_fault *fault)
{
    char names[NAMES_MAX], value[XATTR_SIZE_MAX];
    ssize_t n = flistxattr(from, names, sizeof names);
    if (n < 0) return errno == ENOTSUP ? CT_OK : ct_fault_set(fault, CT_ERR_READ, 0, "extended attributes: %s", strerror(errno));
    for (const char *name = names; name < names + n; name += strlen(name) + 1) {
        ssize_t size = fgetxattr(from, name, value, sizeof value), there = 0;
        if (size < 0 && errno == ENODATA) continue;
        if (size >= 0 && fsetxattr(to, name, value, (size_t)size, 0) == 0) continue;
        /* A security module labels new files by itself, and lets nobody else: the same label is as good. */
        int failed = errno;
        char label[256];
        there = size >= 0 ? fgetxattr(to, name, label, sizeof label) : -1;
        if (there < 0 || there != size || memcmp(label, value, (size_t)size) != 0)
            return ct_fault_set(fault, CT_ERR_PERMISSION, 0, "its attribute %s cannot be kept: %s", name, strerror(failed));
    }
    return CT_OK;
}

ct_err ct_fix_keep_attributes(int from, int to, struct ct_fault *fault)
{
    struct stat st, now;
    if (fstat(from, &st) != 0 || fstat(to, &now) != 0) return ct_fault_set(fault, CT_ERR_READ, 0, "fstat: %s", strerror(errno));
    if ((st.st_uid != now.st_uid || st.st_gid != now.st_gid) && fchown(to, st.st_uid, st.st_gid) != 0)
        return ct_fault_set(fault, CT_ERR_PERMISSION, 0, "its owner cannot be kept: %s", strerror(errno));
    CT_TRY(keep_xattrs(from, to, fault));
    /* After the owner: changing that clears set-user-id. */
    if (fchmod(to, st.st_mode & 07777) != 0) return ct_fault_set(fault, CT_ERR_PERMISSION, 0, "its mode cannot be kept: %s", strerror(errno));
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, st.st_mtim};
    if (futimens(to, times) != 0) return ct_fault_set(fault, CT_ERR_PERMISSION, 0, "its time cannot be kept: %s", strerror(errno));
    return CT_OK;
}

static ct_err read_at(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    size_t have = 0;
    while (have < n) {
        ssize_t got = ct_sys->pread(*(int *)ctx, (char *)to + have, n - have, (off_t)(at + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return ct_sys_err(errno, CT_ERR_READ);
        if (got == 0) break;
        have += (size_t)got;
    }
    *ret_n = have;
    return CT_OK;
}

struct ct_bytes_at ct_fix_bytes(const int *fd, uint64_t size)
{
    union { const int *in; void *ctx; } u = {fd};
    return (struct ct_bytes_at){.read = read_at, .ctx = u.ctx, .size = size};
}
