#include "base/limits.h"
#include "logs/follow_stream.h"
#include "logs/rotated.h"
#include "os/sys.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t count_lines(const unsigned char *p, size_t n)
{
    uint64_t lines = 0;
    for (const unsigned char *end = p + n; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) lines++;
    return lines;
}

/* Bytes up to and with the last newline; 0 without one. */
static size_t whole_lines(const unsigned char *p, size_t n)
{
    const unsigned char *last = n ? memrchr(p, '\n', n) : NULL;
    return last ? (size_t)(last - p) + 1 : 0;
}

static void learn_tail(struct ct_position *at, const unsigned char *p, size_t n)
{
    size_t m = n < CT_HEAD_MAX ? n : CT_HEAD_MAX;
    at->tail_n = (uint32_t)m;
    at->tail_hash = m ? ct_str_hash((ct_str){p + n - m, m}) : 0;
}

static void deliver(struct ct_position *at, const unsigned char *p, size_t n, bool partial, struct ct_lines *ret_lines)
{
    *ret_lines = (struct ct_lines){p, n, at->offset, at->line, partial};
    at->offset += n;
    at->line += count_lines(p, n);
    learn_tail(at, p, n);
}

void ct_growing_done(const struct ct_alloc *alloc, struct ct_growing *g)
{
    if (g->fd >= 0) (void)ct_sys->close(g->fd);
    if (g->tail) ct_alloc_put(alloc, g->tail, g->tail_cap);
    *g = (struct ct_growing){.fd = -1, .watch = -1};
}

static ct_err pread_some(int fd, unsigned char *to, size_t cap, uint64_t at, size_t *ret_n, struct ct_fault *fault)
{
    for (;;) {
        ssize_t got = ct_sys->pread(fd, to, cap, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return ct_fault_set(fault, CT_ERR_READ, at, "read: %s", strerror(errno));
        *ret_n = (size_t)got;
        return CT_OK;
    }
}

void ct_growing_learn_head(struct ct_growing *g)
{
    unsigned char head[CT_HEAD_MAX];
    size_t n = 0;
    if (g->at.head_n >= sizeof head || pread_some(g->fd, head, sizeof head, 0, &n, NULL) != CT_OK || n <= g->at.head_n) return;
    g->at.head_n = (uint32_t)n;
    g->at.head_hash = ct_str_hash((ct_str){head, n});
}

static int64_t nanoseconds(const struct stat *st) { return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec; }

static bool was_cut(struct ct_growing *g)
{
    struct stat st;
    if (fstat(g->fd, &st) != 0) return false;
    if ((uint64_t)st.st_size < g->at.offset + g->tail_n) return true;
    int64_t before = g->written_ns;
    g->written_ns = nanoseconds(&st);
    /* Empty as before, yet written to: filled and cut between two looks. */
    if (st.st_size == 0) return before && before != g->written_ns;
    unsigned char head[CT_HEAD_MAX];
    size_t n = 0;
    if (g->at.head_n == 0 || pread_some(g->fd, head, g->at.head_n, 0, &n, NULL) != CT_OK) return false;
    return n != g->at.head_n || ct_str_hash((ct_str){head, n}) != g->at.head_hash;
}

static ct_err keep_tail(const struct ct_alloc *alloc, struct ct_growing *g, int64_t now, const unsigned char *p, size_t n)
{
    if (n == g->tail_n) return CT_OK;
    if (n > g->tail_cap) {
        size_t cap = n < 512 ? 1024 : n * 2;
        unsigned char *tail = alloc->resize(alloc->ctx, g->tail, g->tail_cap, cap);
        if (!tail) return CT_ERR_NOMEM;
        g->tail = tail;
        g->tail_cap = cap;
    }
    if (n) memcpy(g->tail, p, n);
    g->tail_n = n;
    g->quiet_since = now;
    return CT_OK;
}

ct_err ct_growing_read(const struct ct_alloc *alloc, struct ct_growing *g, int64_t now, unsigned char *buffer, size_t cap,
                       struct ct_lines *ret_lines, bool *ret_cut, struct ct_fault *fault)
{
    size_t n = 0;
    *ret_cut = false;
    CT_TRY(pread_some(g->fd, buffer, cap, g->at.offset, &n, fault));
    /* Asked after the read: bytes read before the file was cut are good, those read after are not. */
    if (was_cut(g)) {
        *ret_cut = true;
        return CT_ERR_AGAIN;
    }
    ct_growing_learn_head(g);
    size_t whole = whole_lines(buffer, n);
    if (whole == 0 && n < cap) {
        if (keep_tail(alloc, g, now, buffer, n) != CT_OK)
            return ct_fault_set(fault, CT_ERR_NOMEM, g->at.offset, "unfinished line");
        return CT_ERR_AGAIN;
    }
    g->tail_n = 0;
    deliver(&g->at, buffer, whole ? whole : n, whole == 0, ret_lines);
    return CT_OK;
}

bool ct_growing_flush(struct ct_growing *g, struct ct_lines *ret_lines)
{
    if (g->tail_n == 0) return false;
    deliver(&g->at, g->tail, g->tail_n, true, ret_lines);
    g->tail_n = 0;
    return true;
}

ct_err ct_growing_to_end(struct ct_growing *g, unsigned char *buffer, size_t cap, struct ct_fault *fault)
{
    uint64_t read_to = 0;
    for (;;) {
        size_t n = 0;
        CT_TRY(pread_some(g->fd, buffer, cap, read_to, &n, fault));
        if (n == 0) break;
        size_t whole = whole_lines(buffer, n);
        if (whole) {
            g->at.offset = read_to + whole;
            g->at.line += count_lines(buffer, whole);
            learn_tail(&g->at, buffer, whole);
        }
        read_to += n;
    }
    ct_growing_learn_head(g);
    return CT_OK;
}

void ct_growing_restart(struct ct_growing *g)
{
    struct stat st;
    g->written_ns = fstat(g->fd, &st) == 0 ? nanoseconds(&st) : 0;
    off_t data = lseek(g->fd, 0, SEEK_DATA); /* reading is done by pread: moving the offset harms nothing */
    g->at.offset = data > 0 ? (uint64_t)data : 0;
    g->at.line = 0;
    g->at.head_n = 0;
    g->at.head_hash = 0;
    learn_tail(&g->at, NULL, 0);
    g->tail_n = 0;
    ct_growing_learn_head(g);
}

void ct_finished_done(const struct ct_alloc *alloc, struct ct_finished *f)
{
    ct_source_close(f->source);
    if (f->buffer) ct_alloc_put(alloc, f->buffer, f->cap);
    if (f->path) ct_alloc_put(alloc, f->path, strlen(f->path) + 1);
    *f = (struct ct_finished){0};
}

ct_err ct_finished_open(const struct ct_alloc *alloc, const char *path, const struct ct_position *at, struct ct_finished *ret_f,
                        struct ct_fault *fault)
{
    struct ct_finished f = {.at = *at, .skip = at->offset, .cap = CT_FOLLOW_BUFFER};
    size_t n = strlen(path) + 1;
    ct_err e = CT_OK;
    f.path = ct_alloc_get(alloc, n);
    if (!f.path)
        e = ct_fault_set(fault, CT_ERR_NOMEM, 0, "path");
    else
        memcpy(f.path, path, n);
    if (e == CT_OK) e = ct_source_open(alloc, path, &f.source, fault);
    if (e != CT_OK) {
        ct_finished_done(alloc, &f);
        return e;
    }
    *ret_f = f;
    return CT_OK;
}

ct_err ct_finished_read(const struct ct_alloc *alloc, struct ct_finished *f, struct ct_lines *ret_lines, struct ct_fault *fault)
{
    if (!f->buffer && !(f->buffer = ct_alloc_get(alloc, f->cap))) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "buffer");
    if (f->from) memmove(f->buffer, f->buffer + f->from, f->n - f->from);
    f->n -= f->from;
    f->from = 0;
    ct_err e = CT_OK;
    while (!f->ended) {
        size_t got = 0;
        e = ct_source_read(f->source, f->buffer + f->n, f->cap - f->n, &got, fault);
        if (e == CT_ERR_INTERRUPTED) return e;
        if (e != CT_OK) {
            f->ended = true;
            break;
        }
        if (f->skip) { /* nothing is held yet: what was read starts the buffer */
            size_t pass = f->skip < got ? (size_t)f->skip : got;
            f->skip -= pass;
            memmove(f->buffer, f->buffer + pass, got - pass);
            got -= pass;
        }
        f->n += got;
        size_t whole = whole_lines(f->buffer, f->n);
        if (whole == 0 && f->n < f->cap) continue;
        f->from = whole ? whole : f->n;
        deliver(&f->at, f->buffer, f->from, whole == 0, ret_lines);
        return CT_OK;
    }
    if (f->n) { /* the last line lacks its newline */
        f->from = f->n;
        deliver(&f->at, f->buffer, f->n, true, ret_lines);
        return CT_OK;
    }
    return e == CT_OK ? CT_ERR_END : e;
}
