#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

void scratch_enter(void)
{
    (void)snprintf(directory, sizeof directory, "/tmp/caltrop-test-XXXXXX");
    if (!mkdtemp(directory) || chdir(directory) != 0) abort();
}

void scratch_leave(void)
{
    if (chdir("/") != 0) abort();
    must_sh("rm -rf '%s'", directory);
}

const char *scratch_path(void) { return directory; }

static void put_with(const char *path, ct_str content, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
    if (fd < 0) abort();
    while (content.n) {
        ssize_t n = write(fd, content.p, content.n);
        if (n <= 0) abort();
        content = ct_str_slice(content, (size_t)n, content.n);
    }
    if (close(fd) != 0) abort();
}

void put_file(const char *path, ct_str content) { put_with(path, content, O_TRUNC); }
void append_file(const char *path, const char *text) { put_with(path, ct_str_from(text), O_APPEND); }

ct_str get_file(const char *path)
{
    FILE *f = fopen(path, "rbe");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0) abort();
    size_t n = (size_t)st.st_size;
    unsigned char *p = malloc(n + 1);
    if (!p || fread(p, 1, n, f) != n) abort();
    (void)fclose(f);
    return (ct_str){p, n};
}

void drop_str(ct_str *s)
{
    union { const unsigned char *p; void *v; } u = {s->p};
    free(u.v);
    *s = (ct_str){0};
}

static int sh_v(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));
static int sh_v(const char *fmt, va_list args)
{
    char command[4096];
    int n = vsnprintf(command, sizeof command, fmt, args);
    if (n < 0 || (size_t)n >= sizeof command) abort();
    int status = system(command);
    return status < 0 || !WIFEXITED(status) ? 127 : WEXITSTATUS(status);
}

int sh(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int status = sh_v(fmt, args);
    va_end(args);
    return status;
}

void must_sh(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int status = sh_v(fmt, args);
    va_end(args);
    if (status != 0) {
        fprintf(stderr, "failed with %d: %s\n", status, fmt);
        abort();
    }
}

void need_tools(const char *const *tools, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sh("command -v %s >/dev/null 2>&1", tools[i]) == 0) continue;
        const char *require = getenv("REQUIRE");
        bool all = require && strcmp(require, "all") == 0;
        fprintf(stderr, "%s: %s is not installed\n", all ? "failed" : "skipped", tools[i]);
        exit(all ? 1 : 77);
    }
}

ct_str log_lines(size_t n, uint64_t seed)
{
    unsigned char *p = malloc(n + 512);
    if (!p) abort();
    size_t at = 0;
    for (uint64_t i = 0; at < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(seed >> 33);
        at += (size_t)snprintf((char *)p + at, 512,
                               "10.%u.%u.%u - - [10/Dec/2021:06:25:%02u +0000] \"GET /item/%u?q=%x HTTP/1.1\" %u %u \"-\" \"agent/%u\"\n",
                               r % 7, r % 251, r % 256, (unsigned)i % 60, r % 100000, r, r % 9 ? 200u : 404u, r % 65536, r % 50);
    }
    return (ct_str){p, at};
}

static struct {
    unsigned which, countdown;
    bool persistent, failed;
    int error_number;
} plan;

static bool fails(unsigned kind)
{
    if (!(plan.which & kind)) return false;
    if (plan.countdown > 0) {
        plan.countdown--;
        return false;
    }
    if (plan.failed && !plan.persistent) return false;
    plan.failed = true;
    errno = plan.error_number;
    return true;
}

static int failing_open(const char *path, int flags, mode_t mode)
{
    return fails(FAIL_OPEN) ? -1 : ct_sys_kernel.open(path, flags, mode);
}
static int failing_openat(int dir, const char *name, int flags, mode_t mode)
{
    return fails(FAIL_OPEN) ? -1 : ct_sys_kernel.openat(dir, name, flags, mode);
}
static ssize_t failing_getdents(int fd, void *to, size_t n) { return fails(FAIL_READ) ? -1 : ct_sys_kernel.getdents(fd, to, n); }
static int failing_close(int fd)
{
    bool f = fails(FAIL_CLOSE);
    int r = ct_sys_kernel.close(fd); /* a close that fails has closed all the same */
    if (!f) return r;
    errno = plan.error_number;
    return -1;
}
static ssize_t failing_read(int fd, void *to, size_t n) { return fails(FAIL_READ) ? -1 : ct_sys_kernel.read(fd, to, n); }
static ssize_t failing_pread(int fd, void *to, size_t n, off_t at)
{
    return fails(FAIL_READ) ? -1 : ct_sys_kernel.pread(fd, to, n, at);
}
static ssize_t failing_write(int fd, const void *from, size_t n)
{
    if (!fails(FAIL_WRITE)) return ct_sys_kernel.write(fd, from, n);
    if (n > 1) (void)ct_sys_kernel.write(fd, from, n / 2); /* a full disk takes a part first */
    errno = plan.error_number;
    return -1;
}
static int failing_fsync(int fd) { return fails(FAIL_FSYNC) ? -1 : ct_sys_kernel.fsync(fd); }
static int failing_rename(const char *from, const char *to) { return fails(FAIL_RENAME) ? -1 : ct_sys_kernel.rename(from, to); }

static const struct ct_sys failing = {
    .open = failing_open,
    .openat = failing_openat,
    .getdents = failing_getdents,
    .close = failing_close,
    .read = failing_read,
    .pread = failing_pread,
    .write = failing_write,
    .fsync = failing_fsync,
    .rename = failing_rename,
    .unlink = unlink,
};

void failing_sys(unsigned which, unsigned at, bool persistent, int error_number)
{
    plan.which = which;
    plan.countdown = at;
    plan.persistent = persistent;
    plan.failed = false;
    plan.error_number = error_number;
    ct_sys = &failing;
}

bool failing_sys_done(void)
{
    ct_sys = &ct_sys_kernel;
    return plan.failed;
}
