/* file:PATH. Whole lines, each by one O_APPEND write, so several processes may share a file. Not synced: delivered means
 * that the kernel has it. A line that a full disk cut is cut off again, or, when another writer has appended since, ended
 * with a newline before the event is written anew. */
#include "outlet/sink.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES (CT_OUTLET_EVENT_MAX + 2u)

struct file_sink {
    struct ct_sink base;
    int fd;          /* -1: not open */
    bool regular;
    bool torn;       /* the file does not end with a newline */
    dev_t dev;
    ino_t ino;
    unsigned char *line; /* LINE_MAX_BYTES */
    char path[4096];
};

ct_err ct_sink_path(ct_str rest, char *out, size_t n, struct ct_fault *fault)
{
    if (ct_str_starts(rest, CT_STR("//"))) {
        rest = ct_str_slice(rest, 2, rest.n);
        if (rest.n == 0 || rest.p[0] != '/') return ct_fault_set(fault, CT_ERR_USAGE, 0, "a path behind // must be absolute");
    }
    if (rest.n == 0 || rest.n >= n) return ct_fault_set(fault, CT_ERR_USAGE, 0, "the path is empty or too long");
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] < ' ') return ct_fault_set(fault, CT_ERR_USAGE, 0, "the path holds a control byte");
    memcpy(out, rest.p, rest.n);
    out[rest.n] = '\0';
    return CT_OK;
}

static enum ct_delivery failed(struct ct_fault *fault, const char *what, int code)
{
    (void)ct_fault_set(fault, CT_ERR_WRITE, 0, "%s: %s", what, strerror(code));
    return CT_DELIVERY_FAILED;
}

static void shut(struct file_sink *f)
{
    if (f->fd >= 0) (void)ct_sys->close(f->fd);
    f->fd = -1;
}

/* A process killed while it wrote, or a full disk, left half a line. A file that cannot be read is taken as whole. */
static bool ends_torn(const char *path, off_t size)
{
    char last = '\n';
    int fd = size > 0 ? ct_sys->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0) : -1;
    if (fd < 0) return false;
    ssize_t n = ct_sys->pread(fd, &last, 1, size - 1);
    (void)ct_sys->close(fd);
    return n == 1 && last != '\n';
}

static bool open_file(struct file_sink *f)
{
    struct stat st;
    /* Non-blocking for the sake of a FIFO that nobody reads; regular files do not mind. */
    f->fd = ct_sys->open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
    if (f->fd < 0) return false;
    if (fstat(f->fd, &st) != 0) {
        shut(f);
        return false;
    }
    f->regular = S_ISREG(st.st_mode);
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    f->torn = f->regular && ends_torn(f->path, st.st_size);
    return true;
}

/* logrotate moved the file away, or somebody removed it. */
static bool is_moved(const struct file_sink *f)
{
    struct stat st;
    return stat(f->path, &st) != 0 || st.st_dev != f->dev || st.st_ino != f->ino;
}

/* n > 0 bytes of a line were written and no more can be. */
static void mend(struct file_sink *f, size_t n)
{
    struct stat st;
    off_t end = f->regular ? lseek(f->fd, 0, SEEK_CUR) : -1;
    f->torn = end < (off_t)n || fstat(f->fd, &st) != 0 || st.st_size != end || ftruncate(f->fd, end - (off_t)n) != 0;
}

static enum ct_delivery deliver(struct ct_sink *sink, const struct ct_spool_record *r, int64_t *ret_retry_after_ms,
                                struct ct_fault *fault)
{
    struct file_sink *f = (struct file_sink *)sink;
    (void)ret_retry_after_ms;
    if (f->fd >= 0 && is_moved(f)) shut(f);
    if (f->fd < 0 && !open_file(f)) return failed(fault, "open", errno);
    size_t n = 0;
    bool was_torn = f->torn;
    if (was_torn) f->line[n++] = '\n';
    memcpy(f->line + n, r->event.p, r->event.n);
    n += r->event.n;
    f->line[n++] = '\n';
    for (size_t done = 0; done < n;) {
        ssize_t got = ct_sys->write(f->fd, f->line + done, n - done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            int code = got < 0 ? errno : EIO;
            if (done) {
                mend(f, done);
                /* Cut back to where an earlier torn line still waits for its end. */
                if (was_torn) f->torn = true;
            }
            return failed(fault, "write", code);
        }
        done += (size_t)got;
    }
    f->torn = false;
    return CT_DELIVERED;
}

static void sink_free(struct ct_sink *sink)
{
    struct file_sink *f = (struct file_sink *)sink;
    const struct ct_alloc *alloc = sink->alloc;
    shut(f);
    ct_alloc_put(alloc, f->line, LINE_MAX_BYTES);
    ct_alloc_put(alloc, f, sizeof *f);
}

ct_err ct_sink_file_new(const struct ct_sink_env *env, ct_str rest, struct ct_sink **ret_sink, struct ct_fault *fault)
{
    struct file_sink *f = ct_alloc_get(env->alloc, sizeof *f);
    unsigned char *line = f ? ct_alloc_get(env->alloc, LINE_MAX_BYTES) : NULL;
    if (!line) {
        ct_alloc_put(env->alloc, f, sizeof *f);
        return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    }
    *f = (struct file_sink){.base = {.deliver = deliver, .free = sink_free, .alloc = env->alloc}, .fd = -1, .line = line};
    ct_err err = ct_sink_path(rest, f->path, sizeof f->path, fault);
    if (err != CT_OK) {
        sink_free(&f->base);
        return err;
    }
    *ret_sink = &f->base;
    return CT_OK;
}
