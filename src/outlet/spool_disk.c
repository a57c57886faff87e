#include "outlet/spool_impl.h"

#include "os/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POSITION_MAGIC 0x50535443u /* "CTSP" */
#define POSITION_SIZE  64u         /* two of them lie in the file and are written in turn: a torn one leaves the other */

#define SEQ_MAX        (UINT64_MAX / 2) /* beyond lies no honest file, and counting on cannot overflow */

static void path_of(const ct_spool *s, const char *name, char *out, size_t n)
{
    (void)snprintf(out, n, "%s/%s", s->path, name);
}

static void segment_path(const ct_spool *s, uint64_t seq, char *out, size_t n)
{
    (void)snprintf(out, n, "%s/%016" PRIx64 ".seg", s->path, seq);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) (void)ct_sys->close(*fd);
    *fd = -1;
}

static void load_position(ct_spool *s)
{
    unsigned char p[2 * POSITION_SIZE] = {0};
    if (s->position_fd < 0 || ct_sys->pread(s->position_fd, p, sizeof p, 0) < (ssize_t)POSITION_SIZE) return;
    for (const unsigned char *q = p; q < p + sizeof p; q += POSITION_SIZE) {
        uint64_t generation = ct_get_u64(q + 8);
        if (ct_get_u64(q + 16) > SEQ_MAX || generation == UINT64_MAX) continue;
        if (ct_get_u32(q) != POSITION_MAGIC || ct_get_u32(q + 4) != ct_spool_crc((ct_str){q + 8, POSITION_SIZE - 8})) continue;
        if (generation < s->position.generation) continue;
        s->position.generation = generation;
        s->position.seq = ct_get_u64(q + 16);
        s->position.offset = ct_get_u64(q + 24);
        s->counts.dropped = ct_get_u64(q + 32);
        s->counts.refused = ct_get_u64(q + 40);
        s->counts.damaged = ct_get_u64(q + 48);
    }
}

void ct_spool_save_position(ct_spool *s)
{
    unsigned char p[POSITION_SIZE] = {0};
    s->position.generation++;
    ct_put_u32(p, POSITION_MAGIC);
    ct_put_u64(p + 8, s->position.generation);
    ct_put_u64(p + 16, s->position.seq);
    ct_put_u64(p + 24, s->position.offset);
    ct_put_u64(p + 32, s->counts.dropped);
    ct_put_u64(p + 40, s->counts.refused);
    ct_put_u64(p + 48, s->counts.damaged);
    ct_put_u32(p + 4, ct_spool_crc((ct_str){p + 8, POSITION_SIZE - 8}));
    /* A failure costs no event: the older position delivers some of them again. */
    off_t at = (off_t)(s->position.generation % 2 * POSITION_SIZE);
    if (s->position_fd >= 0 && lseek(s->position_fd, at, SEEK_SET) == at) {
        ssize_t n = ct_sys->write(s->position_fd, p, sizeof p);
        (void)n;
    }
}

static ct_err read_at(int fd, unsigned char *to, size_t n, uint64_t at, size_t *ret_n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = ct_sys->pread(fd, to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return CT_ERR_READ;
        if (got == 0) break;
        done += (size_t)got;
    }
    *ret_n = done;
    return CT_OK;
}

/* CT_ERR_CHECKSUM: no whole record at this very offset. */
static ct_err read_record(ct_spool *s, int fd, uint64_t size, uint64_t at, struct ct_spool_record *ret_record)
{
    struct ct_spool_record r;
    size_t n = 0, first = size - at < 4096 ? (size_t)(size - at) : 4096;
    if (!ct_spool_bytes_reserve(s, &s->in, 4096)) return CT_ERR_NOMEM;
    CT_TRY(read_at(fd, s->in.p, first, at, &n));
    if (n < CT_SPOOL_HEADER || !ct_spool_decode_header(s->in.p, &r)) return CT_ERR_CHECKSUM;
    size_t whole = CT_SPOOL_HEADER + r.event.n;
    if (whole > size - at) return CT_ERR_CHECKSUM;
    if (whole > n) {
        if (!ct_spool_bytes_reserve(s, &s->in, whole)) return CT_ERR_NOMEM;
        CT_TRY(read_at(fd, s->in.p, whole, at, &n));
        if (n < whole) return CT_ERR_CHECKSUM;
    }
    if (!ct_spool_event_is_whole(&r, s->in.p + CT_SPOOL_HEADER)) return CT_ERR_CHECKSUM;
    r.event.p = s->in.p + CT_SPOOL_HEADER;
    *ret_record = r;
    return CT_OK;
}

static ct_err find_magic(int fd, uint64_t size, uint64_t *at)
{
    unsigned char block[4096];
    while (*at < size) {
        size_t n = 0, want = size - *at < sizeof block ? (size_t)(size - *at) : sizeof block;
        CT_TRY(read_at(fd, block, want, *at, &n));
        if (n == 0) break;
        size_t hit = ct_spool_find_magic((ct_str){block, n}, 0);
        *at += hit;
        if (hit < n) return CT_OK;
    }
    *at = size;
    return CT_OK;
}

ct_err ct_spool_find(ct_spool *s, int fd, uint64_t size, uint64_t *offset, struct ct_spool_record *ret_record, bool *ret_gap)
{
    uint64_t at = *offset;
    while (at < size) {
        ct_err err = read_record(s, fd, size, at, ret_record);
        if (err != CT_ERR_CHECKSUM) {
            if (err == CT_OK) *ret_gap = at != *offset, *offset = at;
            return err;
        }
        at++;
        CT_TRY(find_magic(fd, size, &at));
    }
    *ret_gap = *offset < size;
    return CT_ERR_END;
}

/* Counts what waits in a segment; the newest one is cut behind its last whole record, as it will be appended to. */
static ct_err load_segment(ct_spool *s, struct ct_spool_segment *seg, bool newest, struct ct_fault *fault)
{
    char path[4096];
    struct stat st;
    segment_path(s, seg->seq, path, sizeof path);
    int fd = ct_sys->open(path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0 || fstat(fd, &st) != 0) {
        ct_err err = ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "%.150s: %s", path, strerror(errno));
        close_fd(&fd);
        return err;
    }
    uint64_t size = (uint64_t)st.st_size;
    uint64_t offset = seg->seq == s->position.seq ? s->position.offset : 0;
    if (offset > size) offset = size;
    struct ct_spool_record r;
    bool gap = false;
    ct_err err;
    while ((err = ct_spool_find(s, fd, size, &offset, &r, &gap)) == CT_OK) {
        seg->waiting++;
        offset += CT_SPOOL_HEADER + r.event.n;
    }
    seg->size = size;
    if (err == CT_ERR_END && newest && gap && ftruncate(fd, (off_t)offset) == 0) {
        seg->size = offset;
        s->counts.damaged++;
    }
    close_fd(&fd);
    if (err == CT_ERR_NOMEM) return ct_fault_set(fault, err, 0, "%.150s: %s", path, ct_err_text(err));
    /* A bad sector must not keep the program from starting: peek tries again, and gives the segment up if it has to. At least
     * one record is beyond it. */
    if (err == CT_ERR_READ) seg->waiting++;
    return CT_OK;
}

static int by_seq(const void *a, const void *b)
{
    const struct ct_spool_segment *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static bool seq_of(const char *name, uint64_t *ret_seq)
{
    uint64_t seq = 0;
    if (strlen(name) != 20 || strcmp(name + 16, ".seg") != 0) return false;
    for (int i = 0; i < 16; i++) {
        int v = ct_hex_value((unsigned char)name[i]);
        if (v < 0) return false;
        seq = seq << 4 | (uint64_t)v;
    }
    *ret_seq = seq;
    return seq <= SEQ_MAX;
}

static ct_err list_segments(ct_spool *s, struct ct_fault *fault)
{
    DIR *d = opendir(s->path);
    if (!d) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "%.150s: %s", s->path, strerror(errno));
    ct_err err = CT_OK;
    for (struct dirent *e; err == CT_OK && (e = readdir(d));) {
        uint64_t seq;
        char path[4096];
        if (!seq_of(e->d_name, &seq)) continue;
        if (seq < s->position.seq) { /* delivered: killed before it was removed */
            segment_path(s, seq, path, sizeof path);
            (void)ct_sys->unlink(path);
        } else if (s->n_segments == CT_SPOOL_SEGMENTS_MAX) {
            err = ct_fault_set(fault, CT_ERR_CAP, 0, "%.150s holds too many segments", s->path);
        } else {
            s->segments[s->n_segments++] = (struct ct_spool_segment){.seq = seq};
        }
    }
    (void)closedir(d);
    qsort(s->segments, s->n_segments, sizeof *s->segments, by_seq);
    return err;
}

ct_err ct_spool_load(ct_spool *s, struct ct_fault *fault)
{
    char path[4096];
    path_of(s, "position", path, sizeof path);
    s->position_fd = ct_sys->open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    load_position(s);
    CT_TRY(list_segments(s, fault));
    s->next_seq = s->position.seq;
    for (size_t i = 0; i < s->n_segments; i++) CT_TRY(load_segment(s, &s->segments[i], i + 1 == s->n_segments, fault));
    if (s->n_segments) s->next_seq = s->segments[s->n_segments - 1].seq + 1;
    uint64_t first = s->n_segments ? s->segments[0].seq : s->next_seq;
    if (s->position.seq != first || s->n_segments == 0) s->position.offset = 0;
    else if (s->position.offset > s->segments[0].size) s->position.offset = s->segments[0].size;
    s->position.seq = first;
    return CT_OK;
}

ct_err ct_spool_open_to_read(ct_spool *s, uint64_t seq)
{
    char path[4096];
    if (s->read_fd >= 0 && s->read_seq == seq) return CT_OK;
    close_fd(&s->read_fd);
    segment_path(s, seq, path, sizeof path);
    s->read_fd = ct_sys->open(path, O_RDONLY | O_CLOEXEC, 0);
    if (s->read_fd < 0) return errno == ENOENT ? CT_ERR_NOT_FOUND : CT_ERR_READ;
    s->read_seq = seq;
    return CT_OK;
}

void ct_spool_remove_oldest(ct_spool *s)
{
    char path[4096];
    struct ct_spool_segment gone = s->segments[0];
    if (s->current == CT_SPOOL_ON_DISK) s->current = CT_SPOOL_LOST;
    s->counts.dropped += gone.waiting;
    s->n_segments--;
    memmove(s->segments, s->segments + 1, s->n_segments * sizeof *s->segments);
    if (s->n_segments == 0) close_fd(&s->write_fd);
    if (s->read_seq == gone.seq) close_fd(&s->read_fd);
    s->position.seq = s->n_segments ? s->segments[0].seq : s->next_seq;
    s->position.offset = 0;
    s->read_failures = 0;
    /* First the position, then the file: killed in between, the file is older than the position and goes at the next start. */
    ct_spool_save_position(s);
    segment_path(s, gone.seq, path, sizeof path);
    (void)ct_sys->unlink(path);
}

static ct_err open_to_write(ct_spool *s, size_t n)
{
    char path[4096];
    struct ct_spool_segment *last = s->n_segments ? &s->segments[s->n_segments - 1] : NULL;
    bool fits = last && (last->size == 0 || last->size + n <= s->segment_max);
    if (s->write_fd >= 0 && fits) return CT_OK;
    if (s->write_fd >= 0) (void)ct_sys->fsync(s->write_fd);
    close_fd(&s->write_fd);
    if (s->n_segments == CT_SPOOL_SEGMENTS_MAX) ct_spool_remove_oldest(s);
    segment_path(s, s->next_seq, path, sizeof path);
    s->write_fd = ct_sys->open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->write_fd < 0 && errno != EEXIST) return CT_ERR_WRITE;
    s->next_seq++;
    if (s->write_fd < 0) return CT_ERR_WRITE;
    if (s->n_segments == 0) s->position.seq = s->next_seq - 1, s->position.offset = 0;
    s->segments[s->n_segments++] = (struct ct_spool_segment){.seq = s->next_seq - 1};
    return CT_OK;
}

/* Continues the newest segment of an earlier process once; later ones are opened by open_to_write. */
static void reopen_newest(ct_spool *s)
{
    char path[4096];
    if (s->write_fd >= 0 || s->n_segments == 0) return;
    struct stat st;
    const struct ct_spool_segment *last = &s->segments[s->n_segments - 1];
    segment_path(s, last->seq, path, sizeof path);
    s->write_fd = ct_sys->open(path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    if (s->write_fd >= 0 && (fstat(s->write_fd, &st) != 0 || (uint64_t)st.st_size != last->size)) close_fd(&s->write_fd);
}

static ct_err write_record(ct_spool *s, ct_str record)
{
    CT_TRY(open_to_write(s, record.n));
    struct ct_spool_segment *last = &s->segments[s->n_segments - 1];
    for (ct_str rest = record; rest.n;) {
        ssize_t n = ct_sys->write(s->write_fd, rest.p, rest.n);
        if (n > 0) {
            rest = ct_str_slice(rest, (size_t)n, rest.n);
            continue;
        }
        if (n < 0 && errno == EINTR) continue;
        int why = n < 0 ? errno : EIO;
        /* What stands behind `size` is never read, and never appended to: without the cut this segment ends here. */
        if (ftruncate(s->write_fd, (off_t)last->size) != 0) close_fd(&s->write_fd);
        errno = why;
        return CT_ERR_WRITE;
    }
    last->size += record.n;
    last->waiting++;
    return CT_OK;
}

ct_err ct_spool_append(ct_spool *s, ct_str record)
{
    uint64_t total = 0;
    for (size_t i = 0; i < s->n_segments; i++) total += s->segments[i].size;
    while (s->n_segments && total + record.n > s->max) {
        total -= s->segments[0].size;
        ct_spool_remove_oldest(s);
    }
    reopen_newest(s);
    if (write_record(s, record) == CT_OK) return CT_OK;
    /* A segment that was delivered to its end still takes room on the full disk. */
    s->disk_error = errno;
    if (s->n_segments == 0 || s->segments[0].waiting != 0 || s->segments[0].size == 0) return CT_ERR_WRITE;
    ct_spool_remove_oldest(s);
    return write_record(s, record);
}

void ct_spool_set_aside(ct_spool *s, ct_str event)
{
    char path[4096], old[4096];
    struct stat st;
    path_of(s, "refused.ndjson", path, sizeof path);
    path_of(s, "refused.old.ndjson", old, sizeof old);
    if (stat(path, &st) == 0 && (uint64_t)st.st_size + event.n + 1 > CT_OUTLET_REFUSED_MAX) (void)ct_sys->rename(path, old);
    int fd = ct_sys->open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    bool written = false;
    if (fd >= 0 && fstat(fd, &st) == 0 && ct_spool_bytes_reserve(s, &s->out, event.n + 1)) {
        memcpy(s->out.p, event.p, event.n);
        s->out.p[event.n] = '\n';
        written = ct_sys->write(fd, s->out.p, event.n + 1) == (ssize_t)event.n + 1;
        if (!written && ftruncate(fd, st.st_size) != 0) s->counts.damaged++; /* half a line stays behind */
    }
    close_fd(&fd);
    if (written) s->counts.refused++;
    else s->counts.dropped++;
}
