/* A disk under a whole program that fails, or takes the program with it: loaded by LD_PRELOAD, it counts what is written to the store's files.
 *
 *   DISK_FAILS_AT   which write, sync, truncation or removal, from 0; not set: none
 *   DISK_FAILS      "kill": half of the bytes are written, then the program gets SIGKILL; "once", or "always" from then on: no space is left, syncs fail
 *   DISK_COUNTS     a file that at the end holds how many there were; a program that was killed writes none
 *
 * Files of the store are those whose name has "caltrop.db" in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#pragma GCC visibility push(default) /* what takes the place of libc's */
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at);
int fdatasync(int fd);
int fsync(int fd);
int ftruncate64(int fd, off64_t n);
int unlink(const char *path);
#pragma GCC visibility pop

static unsigned count;

static bool ours(int fd)
{
    char link[64], name[512];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    if (n <= 0) return false;
    name[n] = 0;
    return strstr(name, "caltrop.db") != NULL;
}

/* Whether this one fails. */
static bool fails(bool *ret_kill)
{
    const char *at = getenv("DISK_FAILS_AT"), *how = getenv("DISK_FAILS");
    unsigned mine = count++;
    if (!at || !how) return false;
    unsigned wanted = (unsigned)strtoul(at, NULL, 10);
    *ret_kill = strcmp(how, "kill") == 0;
    return strcmp(how, "always") == 0 ? mine >= wanted : mine == wanted;
}

static int refuse(bool dies, int error)
{
    if (dies) (void)kill(getpid(), SIGKILL);
    errno = error;
    return -1;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    bool dies = false;
    if (ours(fd) && fails(&dies)) {
        if (n > 1) (void)syscall(SYS_pwrite64, fd, p, n / 2, at);
        return refuse(dies, ENOSPC);
    }
    return syscall(SYS_pwrite64, fd, p, n, at);
}

int fdatasync(int fd)
{
    bool dies = false;
    return ours(fd) && fails(&dies) ? refuse(dies, EIO) : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    bool dies = false;
    return ours(fd) && fails(&dies) ? refuse(dies, EIO) : (int)syscall(SYS_fsync, fd);
}

int ftruncate64(int fd, off64_t n)
{
    bool dies = false;
    return ours(fd) && fails(&dies) ? refuse(dies, EIO) : (int)syscall(SYS_ftruncate, fd, n);
}

int unlink(const char *path)
{
    bool dies = false;
    return strstr(path, "caltrop.db") && fails(&dies) ? refuse(dies, EIO) : (int)syscall(SYS_unlink, path);
}

__attribute__((destructor)) static void tell(void)
{
    char text[32];
    const char *path = getenv("DISK_COUNTS");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd < 0) return;
    int n = snprintf(text, sizeof text, "%u\n", count);
    if (write(fd, text, (size_t)n) != n) (void)syscall(SYS_unlink, path);
    (void)close(fd);
}
