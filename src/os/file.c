#include "os/file.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ct_err read_open_file(const struct ct_alloc *alloc, int fd, size_t max, unsigned char **ret_p, size_t *ret_n,
                             struct ct_fault *fault)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return ct_fault_set(fault, CT_ERR_READ, 0, "fstat: %s", strerror(errno));
    if (!S_ISREG(st.st_mode)) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "not a regular file");
    if ((uint64_t)st.st_size > max) return ct_fault_set(fault, CT_ERR_CAP, 0, "over %zu bytes", max);
    size_t n = (size_t)st.st_size, at = 0;
    unsigned char *p = ct_alloc_get(alloc, n + 1);
    if (!p) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "%zu bytes", n + 1);
    while (at < n) {
        ssize_t got = ct_sys->read(fd, p + at, n - at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            int failed = errno;
            ct_alloc_put(alloc, p, n + 1);
            if (got == 0) return ct_fault_set(fault, CT_ERR_TRUNCATED, at, "the file shrank while it was read");
            return ct_fault_set(fault, ct_sys_err(failed, CT_ERR_READ), at, "read: %s", strerror(failed));
        }
        at += (size_t)got;
    }
    p[n] = 0;
    *ret_p = p;
    *ret_n = n;
    return CT_OK;
}

ct_err ct_file_read(const struct ct_alloc *alloc, const char *path, size_t max, unsigned char **ret_p, size_t *ret_n,
                    struct ct_fault *fault)
{
    int fd = ct_sys->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "open: %s", strerror(errno));
    ct_err e = read_open_file(alloc, fd, max, ret_p, ret_n, fault);
    (void)ct_sys->close(fd);
    return e;
}

ct_err ct_file_read_stream(const struct ct_alloc *alloc, int fd, size_t max, unsigned char **ret_p, size_t *ret_n, struct ct_fault *fault)
{
    unsigned char *p = NULL;
    size_t n = 0, cap = 0;
    ct_err e = CT_OK;
    for (;;) {
        if (n + 1 >= cap) {
            size_t more = cap ? cap * 2 : 65536;
            unsigned char *grown = n > max ? NULL : alloc->resize(alloc->ctx, p, cap, more);
            if (!grown) {
                e = n > max ? ct_fault_set(fault, CT_ERR_CAP, n, "over %zu bytes", max) : ct_fault_set(fault, CT_ERR_NOMEM, n, "%zu bytes", more);
                break;
            }
            p = grown;
            cap = more;
        }
        ssize_t got = ct_sys->read(fd, p + n, cap - n - 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) e = ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), n, "read: %s", strerror(errno));
        if (got <= 0) break;
        n += (size_t)got;
    }
    if (e == CT_OK && n > max) e = ct_fault_set(fault, CT_ERR_CAP, n, "over %zu bytes", max);
    unsigned char *fitting = e == CT_OK ? alloc->resize(alloc->ctx, p, cap, n + 1) : NULL;
    if (e == CT_OK && !fitting) e = ct_fault_set(fault, CT_ERR_NOMEM, n, "%zu bytes", n);
    if (e != CT_OK) {
        ct_alloc_put(alloc, p, cap);
        return e;
    }
    fitting[n] = 0;
    *ret_p = fitting;
    *ret_n = n;
    return CT_OK;
}

ct_err ct_file_write_all(int fd, ct_str content)
{
    while (content.n) {
        ssize_t put = ct_sys->write(fd, content.p, content.n);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return CT_ERR_WRITE;
        content = ct_str_slice(content, (size_t)put, content.n);
    }
    return CT_OK;
}

/* A rename reaches the disk only with its directory. */
static ct_err sync_directory_of(const char *path, struct ct_fault *fault)
{
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (n >= sizeof dir) return ct_fault_set(fault, CT_ERR_CAP, 0, "path over %d bytes", PATH_MAX);
    if (slash && n == 0) n = 1; /* "/file" lies in "/" */
    memcpy(dir, slash ? path : ".", slash ? n : 1);
    dir[slash ? n : 1] = 0;

    int fd = ct_sys->open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0) return ct_fault_set(fault, CT_ERR_WRITE, 0, "open %s: %s", dir, strerror(errno));
    /* Some file systems cannot sync a directory and say EINVAL; there the rename is all there is. */
    int failed = ct_sys->fsync(fd) != 0 && errno != EINVAL ? errno : 0;
    (void)ct_sys->close(fd);
    return failed ? ct_fault_set(fault, CT_ERR_WRITE, 0, "fsync %s: %s", dir, strerror(failed)) : CT_OK;
}

static ct_err write_new(const char *path, ct_str content, unsigned mode, struct ct_fault *fault)
{
    int fd = ct_sys->open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, (mode_t)mode);
    if (fd < 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_WRITE), 0, "open %s: %s", path, strerror(errno));
    const char *step = "write";
    ct_err e = ct_file_write_all(fd, content);
    int failed = errno;
    if (e == CT_OK && ct_sys->fsync(fd) != 0) {
        e = CT_ERR_WRITE;
        step = "fsync";
        failed = errno;
    }
    if (ct_sys->close(fd) != 0 && e == CT_OK) {
        e = CT_ERR_WRITE;
        step = "close";
        failed = errno;
    }
    return e == CT_OK ? CT_OK : ct_fault_set(fault, e, 0, "%s: %s", step, strerror(failed));
}

ct_err ct_file_write_atomic(const char *path, ct_str content, unsigned mode, struct ct_fault *fault)
{
    char tmp[PATH_MAX];
    int n = snprintf(tmp, sizeof tmp, "%s.tmp", path);
    if (n < 0 || (size_t)n >= sizeof tmp) return ct_fault_set(fault, CT_ERR_CAP, 0, "path over %d bytes", PATH_MAX);
    ct_err e = write_new(tmp, content, mode, fault);
    if (e == CT_OK && ct_sys->rename(tmp, path) != 0) e = ct_fault_set(fault, CT_ERR_WRITE, 0, "rename: %s", strerror(errno));
    if (e != CT_OK) {
        (void)ct_sys->unlink(tmp);
        return e;
    }
    return sync_directory_of(path, fault);
}
