#include "decoy/contact_file.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>

enum { FIRST = 16 * 1024 };

struct ct_record {
    const struct ct_alloc *alloc;
    size_t max, n, cap, at; /* bytes at..n wait */
    unsigned char *p;
    int fd;
    bool fails;
    uint64_t lines, written, lost, pending; /* pending: lines that wait, also one whose beginning was written */
};

ct_err ct_record_new(const struct ct_alloc *alloc, size_t max, struct ct_record **ret_record)
{
    struct ct_record *r = ct_alloc_get(alloc, sizeof *r);
    if (!r) return CT_ERR_NOMEM;
    *r = (struct ct_record){.alloc = alloc, .max = max, .fd = -1};
    *ret_record = r;
    return CT_OK;
}

void ct_record_free(struct ct_record *r)
{
    if (!r) return;
    if (r->fd >= 0) (void)ct_sys->close(r->fd);
    ct_alloc_put(r->alloc, r->p, r->cap);
    ct_alloc_put(r->alloc, r, sizeof *r);
}

void ct_record_use(struct ct_record *r, int fd)
{
    if (r->fd >= 0) (void)ct_sys->close(r->fd);
    r->fd = fd;
}

/* Room for n more bytes behind what waits. */
static bool room(struct ct_record *r, size_t n)
{
    if (r->at && (r->at == r->n || r->n + n > r->cap)) {
        memmove(r->p, r->p + r->at, r->n - r->at);
        r->n -= r->at;
        r->at = 0;
    }
    if (r->n + n <= r->cap) return true;
    size_t cap = r->cap ? r->cap : FIRST;
    while (cap < r->n + n) cap *= 2;
    if (cap > r->max) cap = r->max;
    if (cap < r->n + n) return false;
    void *p = r->alloc->resize(r->alloc->ctx, r->p, r->cap, cap);
    if (!p) return false;
    r->p = p;
    r->cap = cap;
    return true;
}

void ct_record_add(struct ct_record *r, ct_str line)
{
    r->lines++;
    if (!line.n || !room(r, line.n)) {
        r->lost++;
        return;
    }
    memcpy(r->p + r->n, line.p, line.n);
    r->n += line.n;
    r->pending++;
}

static uint64_t count_lines(const unsigned char *p, size_t n)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < n; i++) lines += p[i] == '\n';
    return lines;
}

bool ct_record_flush(struct ct_record *r)
{
    while (r->at < r->n) {
        ssize_t n = -1;
        errno = EBADF;
        if (r->fd >= 0) n = ct_sys->write(r->fd, r->p + r->at, r->n - r->at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            r->fails = true;
            return false;
        }
        r->at += (size_t)n;
        uint64_t left = r->at == r->n ? 0 : count_lines(r->p + r->at, r->n - r->at);
        r->written += r->pending - left;
        r->pending = left;
    }
    r->fails = false;
    r->at = r->n = 0;
    if (r->cap > 4 * FIRST) { /* a flood's buffer goes back */
        ct_alloc_put(r->alloc, r->p, r->cap);
        r->p = NULL;
        r->cap = 0;
    }
    return true;
}

void ct_record_stats(const struct ct_record *r, struct ct_record_stats *ret_stats)
{
    *ret_stats = (struct ct_record_stats){.lines = r->lines, .written = r->written, .lost = r->lost,
                                          .waiting = r->pending, .fails = r->fails};
}
