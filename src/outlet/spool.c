#include "outlet/spool_impl.h"

#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_MIN 1024u                  /* smaller files would be all metadata */
#define SEGMENT_MAX (8u * 1024u * 1024u)   /* what is lost at once when a large spool is full */
#define READ_FAILURES_MAX 3u               /* then the segment is given up: one bad sector must not hold up the rest */

bool ct_spool_bytes_reserve(ct_spool *s, struct ct_spool_bytes *b, size_t n)
{
    if (n <= b->cap) return true;
    size_t cap = n < 16384 ? 16384 : n;
    unsigned char *p = s->alloc->resize(s->alloc->ctx, b->p, b->cap, cap);
    if (!p) return false;
    b->p = p;
    b->cap = cap;
    return true;
}

static void let_go(ct_spool *s)
{
    int *fds[] = {&s->write_fd, &s->read_fd, &s->position_fd, &s->dir_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (*fds[i] >= 0) (void)ct_sys->close(*fds[i]);
    ct_alloc_put(s->alloc, s->in.p, s->in.cap);
    ct_alloc_put(s->alloc, s->out.p, s->out.cap);
    ct_alloc_put(s->alloc, s->memory.p, CT_OUTLET_MEMORY_MAX);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static uint64_t segment_limit(uint64_t max)
{
    uint64_t n = max / CT_SPOOL_PARTS;
    if (n > SEGMENT_MAX) n = SEGMENT_MAX;
    /* Two neighbours together are larger than one segment's limit, so this many can never be there. */
    if (n < max / (CT_SPOOL_SEGMENTS_MAX / 2 - 1)) n = max / (CT_SPOOL_SEGMENTS_MAX / 2 - 1);
    return n < SEGMENT_MIN ? SEGMENT_MIN : n;
}

/* CT_ERR_AGAIN: another process has it. make: otherwise a folder that is missing is CT_ERR_NOT_FOUND. */
static ct_err lock_folder(ct_spool *s, bool make, struct ct_fault *fault)
{
    if (make && mkdir(s->path, 0700) != 0 && errno != EEXIST)
        return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_WRITE), 0, "%.150s: %s", s->path, strerror(errno));
    s->dir_fd = ct_sys->open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (s->dir_fd < 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "%.150s: %s", s->path, strerror(errno));
    if (flock(s->dir_fd, LOCK_EX | LOCK_NB) == 0) return CT_OK;
    return ct_fault_set(fault, errno == EWOULDBLOCK ? CT_ERR_AGAIN : CT_ERR_READ, 0, "%.150s: %s", s->path, strerror(errno));
}

static ct_err open_slot(const struct ct_alloc *alloc, const char *dir, const char *name, unsigned slot, bool make, uint64_t max,
                        ct_spool **ret_spool, struct ct_fault *fault)
{
    ct_spool *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    s->max = max;
    s->segment_max = segment_limit(max);
    s->dir_fd = s->position_fd = s->write_fd = s->read_fd = -1;
    char suffix[16] = "";
    if (slot) (void)snprintf(suffix, sizeof suffix, "-%u", slot);
    int n = snprintf(s->path, sizeof s->path, "%s/%s%s", dir, name, suffix);
    ct_err err = n > 0 && (size_t)n < sizeof s->path
                     ? lock_folder(s, make, fault)
                     : ct_fault_set(fault, CT_ERR_CAP, 0, "the spool folder's name is too long");
    if (err == CT_OK) err = ct_spool_load(s, fault);
    if (err != CT_OK) {
        let_go(s);
        return err;
    }
    *ret_spool = s;
    return CT_OK;
}

/* Moves what an earlier process left in another slot. Killed in between, some events are in both: they merge by id. */
static void take_over(ct_spool *s, const char *dir, const char *name, unsigned slot)
{
    ct_spool *other = NULL;
    struct ct_spool_record r;
    if (open_slot(s->alloc, dir, name, slot, false, s->max, &other, NULL) != CT_OK) return;
    while (s->memory.n == 0 && ct_spool_peek(other, &r) == CT_OK) {
        if (ct_spool_add(s, r.id, r.time_us, r.event) != CT_OK) break;
        ct_spool_take(other);
    }
    s->counts.dropped += other->counts.dropped;
    s->counts.refused += other->counts.refused;
    s->counts.damaged += other->counts.damaged;
    ct_spool_save_position(s);
    other->counts = (struct ct_spool_counts){0};
    ct_spool_close(other);
}

ct_err ct_spool_open(const struct ct_alloc *alloc, const char *dir, const char *name, uint64_t max, ct_spool **ret_spool,
                     struct ct_fault *fault)
{
    if (max == 0) max = CT_SPOOL_DEFAULT;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_WRITE), 0, "%.150s: %s", dir, strerror(errno));
    ct_spool *s = NULL;
    ct_err err = CT_ERR_AGAIN;
    unsigned own = 0;
    for (unsigned slot = 0; err == CT_ERR_AGAIN && slot < CT_SPOOL_SLOTS; slot++) {
        err = open_slot(alloc, dir, name, slot, true, max, &s, fault);
        own = slot;
    }
    if (err == CT_ERR_AGAIN)
        return ct_fault_set(fault, CT_ERR_CAP, 0, "%u other programs use this outlet already", CT_SPOOL_SLOTS);
    if (err != CT_OK) return err;
    for (unsigned slot = 0; slot < CT_SPOOL_SLOTS; slot++)
        if (slot != own) take_over(s, dir, name, slot);
    *ret_spool = s;
    return CT_OK;
}

void ct_spool_flush(ct_spool *s)
{
    s->current = CT_SPOOL_NOWHERE;
    ct_spool_memory_flush(s);
}

void ct_spool_close(ct_spool *s)
{
    if (!s) return;
    ct_spool_flush(s);
    s->counts.dropped += s->memory.n;
    bool waiting = false;
    for (size_t i = 0; i < s->n_segments; i++) waiting = waiting || s->segments[i].waiting;
    if (s->write_fd >= 0 && waiting) (void)ct_sys->fsync(s->write_fd);
    while (!waiting && s->n_segments) ct_spool_remove_oldest(s);
    ct_spool_save_position(s);
    if (s->position_fd >= 0) (void)ct_sys->fsync(s->position_fd);
    if (s->dir_fd >= 0) (void)ct_sys->fsync(s->dir_fd);
    let_go(s);
}

ct_err ct_spool_add(ct_spool *s, const unsigned char id[16], int64_t time_us, ct_str event)
{
    struct ct_spool_record r = {.time_us = time_us, .event = event};
    memcpy(r.id, id, sizeof r.id);
    size_t n = CT_SPOOL_HEADER + event.n;
    ct_err err = event.n == 0 || event.n > CT_OUTLET_EVENT_MAX || n > s->max ? CT_ERR_CAP : CT_OK;
    if (err == CT_OK && !ct_spool_bytes_reserve(s, &s->out, n)) err = CT_ERR_NOMEM;
    if (err != CT_OK) {
        s->counts.dropped++;
        ct_spool_save_position(s);
        return err;
    }
    ct_spool_encode(&r, s->out.p);
    ct_spool_memory_flush(s);
    if (s->memory.n || ct_spool_append(s, (ct_str){s->out.p, n}) != CT_OK) ct_spool_memory_push(s, (ct_str){s->out.p, n});
    return CT_OK;
}

static ct_err peek_memory(ct_spool *s, struct ct_spool_record *ret_record)
{
    struct ct_spool_record r;
    ct_str front = ct_spool_memory_front(s);
    if (front.n == 0) return CT_ERR_END;
    /* A copy: adding may move or drop what is in the queue. */
    if (!ct_spool_bytes_reserve(s, &s->in, front.n)) return CT_ERR_NOMEM;
    memcpy(s->in.p, front.p, front.n);
    if (!ct_spool_decode_header(s->in.p, &r)) return CT_ERR_END;
    r.event.p = s->in.p + CT_SPOOL_HEADER;
    s->current = CT_SPOOL_IN_MEMORY;
    s->current_n = front.n;
    *ret_record = r;
    return CT_OK;
}

/* The front of the oldest segment. CT_ERR_END: it holds no more. */
static ct_err peek_segment(ct_spool *s, struct ct_spool_record *ret_record)
{
    struct ct_spool_segment *seg = &s->segments[0];
    uint64_t offset = s->position.offset;
    bool gap = false;
    struct ct_spool_record r;
    if (offset >= seg->size) return CT_ERR_END;
    CT_TRY(ct_spool_open_to_read(s, seg->seq));
    ct_err err = ct_spool_find(s, s->read_fd, seg->size, &offset, &r, &gap);
    if (err != CT_OK && err != CT_ERR_END) return err;
    s->read_failures = 0;
    s->counts.damaged += gap;
    if (err == CT_ERR_END) return err;
    s->position.offset = offset;
    s->current = CT_SPOOL_ON_DISK;
    s->current_n = CT_SPOOL_HEADER + r.event.n;
    *ret_record = r;
    return CT_OK;
}

ct_err ct_spool_peek(ct_spool *s, struct ct_spool_record *ret_record)
{
    s->current = CT_SPOOL_NOWHERE;
    while (s->n_segments) {
        ct_err err = peek_segment(s, ret_record);
        if (err == CT_OK || err == CT_ERR_NOMEM) return err;
        struct ct_spool_segment *seg = &s->segments[0];
        if (err == CT_ERR_READ && ++s->read_failures < READ_FAILURES_MAX) return err;
        if (err == CT_ERR_END) {
            /* Records that were counted at the start and are unreadable now. */
            s->counts.damaged += seg->waiting;
            seg->waiting = 0;
            s->position.offset = seg->size;
            if (s->n_segments == 1) break; /* still being written */
        }
        ct_spool_remove_oldest(s);
    }
    return peek_memory(s, ret_record);
}

/* Leaves the current record behind; false: it was dropped before. */
static bool pass(ct_spool *s)
{
    enum ct_spool_place place = s->current;
    s->current = CT_SPOOL_NOWHERE;
    if (place == CT_SPOOL_IN_MEMORY) ct_spool_memory_pop(s);
    if (place != CT_SPOOL_ON_DISK) return place == CT_SPOOL_IN_MEMORY;
    s->position.offset += s->current_n;
    if (s->segments[0].waiting) s->segments[0].waiting--;
    return true;
}

static void settle(ct_spool *s)
{
    if (s->n_segments > 1 && s->position.offset >= s->segments[0].size) ct_spool_remove_oldest(s);
    else ct_spool_save_position(s);
}

void ct_spool_take(ct_spool *s)
{
    if (s->current == CT_SPOOL_NOWHERE) return;
    if (!pass(s)) s->counts.dropped--;
    settle(s);
}

void ct_spool_refuse(ct_spool *s)
{
    struct ct_spool_record r;
    if (s->current == CT_SPOOL_NOWHERE || !ct_spool_decode_header(s->in.p, &r)) return;
    if (!pass(s)) s->counts.dropped--;
    ct_spool_set_aside(s, (ct_str){s->in.p + CT_SPOOL_HEADER, r.event.n});
    settle(s);
}

void ct_spool_counts(const ct_spool *s, struct ct_spool_counts *ret_counts)
{
    struct ct_spool_counts counts = s->counts;
    counts.waiting = counts.in_memory = s->memory.n;
    counts.disk_error = s->disk_error;
    for (size_t i = 0; i < s->n_segments; i++) counts.waiting += s->segments[i].waiting;
    *ret_counts = counts;
}
