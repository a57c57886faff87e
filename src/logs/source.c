#include "logs/codec.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum phase {
    SNIFFING, /* a pipe whose first bytes have not come yet */
    PLAIN,
    IN_FRAME,
    BETWEEN_FRAMES,
    ENDED,
};

struct ct_source {
    const struct ct_alloc *alloc;
    int fd;
    bool own_fd, regular, seekable_plain;
    bool at_eof, looked_inside;
    enum phase phase;
    enum ct_codec codec;
    const struct ct_codec_ops *ops;
    void *decoder;
    uint64_t size, padding;
    uint64_t offset;            /* of the next byte to read from the descriptor */
    _Atomic uint64_t consumed;  /* a progress bar may look from another thread */
    size_t in_at, in_n, in_cap; /* unread input is in[in_at..in_n) */
    unsigned char *in;
    unsigned char head[CT_CODEC_SNIFF]; /* serves as `in` until a codec is known */
    ct_err end;
    struct ct_fault why;
};

static uint64_t input_offset(const ct_source *s) { return s->offset - (s->in_n - s->in_at); }

/* Waits until something can be read; a FIFO without a writer would read as ended. The signals that end a program end this wait,
 * held back or not: who holds them back before he asks whether to stop misses none. empty: what said that it can be read had nothing
 * (/proc/kmsg), so it is not asked for a moment. False: a signal came. */
static bool await_input(const ct_source *s, bool empty)
{
    static const struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    sigset_t set;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &set);
    (void)sigdelset(&set, SIGINT);
    (void)sigdelset(&set, SIGTERM);
    (void)sigdelset(&set, SIGHUP);
    return ppoll(&p, !empty, empty ? &moment : NULL, &set) >= 0 || errno != EINTR;
}

/* One read from the descriptor; 0 bytes is the end. CT_ERR_INTERRUPTED leaves everything as it was. */
static ct_err read_raw(ct_source *s, unsigned char *to, size_t cap, size_t *ret_n, struct ct_fault *fault)
{
    for (bool empty = false;; empty = true) {
        if ((!s->regular || empty) && !await_input(s, empty)) return ct_fault_set(fault, CT_ERR_INTERRUPTED, s->offset, "interrupted");
        ssize_t got = ct_sys->read(s->fd, to, cap);
        if (got >= 0) {
            s->offset += (uint64_t)got;
            *ret_n = (size_t)got;
            return CT_OK;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) continue;
        int failed = errno;
        ct_err e = ct_sys_err(failed, CT_ERR_READ);
        return ct_fault_set(fault, e, s->offset, "read: %s", strerror(failed));
    }
}

/* More input behind what is unread; at_eof when there is none. */
static ct_err fill(ct_source *s, struct ct_fault *fault)
{
    if (s->in_at) memmove(s->in, s->in + s->in_at, s->in_n - s->in_at);
    s->in_n -= s->in_at;
    s->in_at = 0;
    size_t got = 0;
    CT_TRY(read_raw(s, s->in + s->in_n, s->in_cap - s->in_n, &got, fault));
    s->in_n += got;
    s->at_eof = got == 0;
    return CT_OK;
}

static ct_err start_frame(ct_source *s, struct ct_fault *fault)
{
    ct_err e = s->ops->start(s->decoder);
    if (e != CT_OK) return ct_fault_set(fault, e, input_offset(s), "%s: cannot start", ct_codec_name(s->codec));
    s->phase = IN_FRAME;
    return CT_OK;
}

/* The codec is known: a decoder and an input buffer for it, which takes over what was sniffed from a pipe. */
static ct_err start_codec(ct_source *s, enum ct_codec codec, struct ct_fault *fault)
{
    unsigned char *in = ct_alloc_get(s->alloc, CT_SOURCE_INPUT);
    if (!in) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "%u bytes", CT_SOURCE_INPUT);
    memcpy(in, s->in, s->in_n);
    s->in = in;
    s->in_cap = CT_SOURCE_INPUT;
    s->codec = codec;
    s->ops = ct_codec_ops_of(codec);
    ct_err e = s->ops->open(s->alloc, &s->decoder);
    if (e != CT_OK) return ct_fault_set(fault, e, 0, "%s decoder", ct_codec_name(codec));
    return start_frame(s, fault);
}

static ct_err decide(ct_source *s, enum ct_sniff sniff, enum ct_codec codec, const char *what, struct ct_fault *fault)
{
    if (sniff == CT_SNIFF_REFUSED) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "%s", what);
    if (sniff == CT_SNIFF_FRAME) return start_codec(s, codec, fault);
    s->phase = PLAIN;
    return CT_OK;
}

/* A pipe's first bytes come when they come: as few as the decision needs, so that a slow writer's short line is not held. */
static ct_err sniff_pipe(ct_source *s, struct ct_fault *fault)
{
    enum ct_codec codec = CT_CODEC_PLAIN;
    const char *what = NULL;
    enum ct_sniff sniff;
    while ((sniff = s->in_n || s->at_eof ? ct_codec_sniff((ct_str){s->in, s->in_n}, s->at_eof, &codec, &what)
                                         : CT_SNIFF_MORE) == CT_SNIFF_MORE)
        CT_TRY(fill(s, fault));
    return decide(s, sniff, codec, what, fault);
}

/* A file's first bytes are looked at without moving its offset, so that a plain one can be read by pread from the start. */
static ct_err sniff_file(ct_source *s, struct ct_fault *fault)
{
    unsigned char head[CT_CODEC_SNIFF];
    ssize_t got;
    do got = ct_sys->pread(s->fd, head, sizeof head, (off_t)s->offset);
    while (got < 0 && errno == EINTR);
    if (got < 0) return ct_fault_set(fault, CT_ERR_READ, s->offset, "read: %s", strerror(errno));
    enum ct_codec codec = CT_CODEC_PLAIN;
    const char *what = NULL;
    enum ct_sniff sniff = ct_codec_sniff((ct_str){head, (size_t)got}, true, &codec, &what);
    return decide(s, sniff, codec, what, fault);
}

static ct_err open_descriptor(ct_source *s, const char *path, struct ct_fault *fault)
{
    if (strcmp(path, "-") == 0) {
        s->fd = STDIN_FILENO;
        return CT_OK;
    }
    s->fd = ct_sys->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (s->fd < 0) {
        struct stat st;
        int failed = errno;
        if (failed == ENXIO && stat(path, &st) == 0 && S_ISSOCK(st.st_mode)) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "is a socket");
        return ct_fault_set(fault, ct_sys_err(failed, CT_ERR_READ), 0, "open: %s", strerror(failed));
    }
    s->own_fd = true;
    return CT_OK;
}

static ct_err look_at(ct_source *s, struct ct_fault *fault)
{
    struct stat st;
    if (fstat(s->fd, &st) != 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "fstat: %s", strerror(errno));
    if (S_ISDIR(st.st_mode)) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "is a directory");
    if (S_ISBLK(st.st_mode)) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "is a block device");
    if (!S_ISREG(st.st_mode)) return CT_OK;
    s->regular = true;
    s->size = (uint64_t)st.st_size;
    off_t at = lseek(s->fd, 0, SEEK_CUR); /* the shell may hand over a file half read */
    s->offset = at > 0 ? (uint64_t)at : 0;
    (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    CT_TRY(sniff_file(s, fault));
    /* Files of /proc and /sys say size 0 and have content: only read knows where they end. */
    s->seekable_plain = s->codec == CT_CODEC_PLAIN && s->offset == 0 && s->size > 0;
    return CT_OK;
}

ct_err ct_source_open(const struct ct_alloc *alloc, const char *path, ct_source **ret_source, struct ct_fault *fault)
{
    ct_source *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "source");
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    s->fd = -1;
    s->in = s->head;
    s->in_cap = sizeof s->head;
    ct_err e = open_descriptor(s, path, fault);
    if (e == CT_OK) e = look_at(s, fault);
    if (e != CT_OK) {
        ct_source_close(s);
        return e;
    }
    atomic_store_explicit(&s->consumed, s->offset, memory_order_relaxed);
    *ret_source = s;
    return CT_OK;
}

void ct_source_close(ct_source *s)
{
    if (!s) return;
    if (s->decoder) s->ops->close(s->decoder);
    if (s->in != s->head) ct_alloc_put(s->alloc, s->in, s->in_cap);
    if (s->own_fd) (void)ct_sys->close(s->fd);
    ct_alloc_put(s->alloc, s, sizeof *s);
}

static ct_err read_plain(ct_source *s, unsigned char *to, size_t cap, size_t *ret_n, struct ct_fault *fault)
{
    size_t n = s->in_n - s->in_at;
    if (n) { /* what the sniff took from a pipe */
        if (n > cap) n = cap;
        memcpy(to, s->in + s->in_at, n);
        s->in_at += n;
    } else if (!s->at_eof) {
        CT_TRY(read_raw(s, to, cap, &n, fault));
    }
    if (n == 0) return CT_ERR_END;
    *ret_n = n;
    return CT_OK;
}

/* One step of the decoder; *ret_moved: it took or gave something. */
static ct_err decode_step(ct_source *s, unsigned char *to, size_t room, size_t *ret_given, bool *ret_moved,
                          struct ct_fault *fault)
{
    struct ct_codec_io io = {.in = s->in + s->in_at, .in_n = s->in_n - s->in_at, .out = to, .out_n = room};
    size_t in_n = io.in_n;
    ct_err e = s->ops->step(s->decoder, &io);
    *ret_given = room - io.out_n;
    *ret_moved = *ret_given || io.in_n != in_n;
    s->in_at = s->in_n - io.in_n;
    if (e == CT_ERR_END) {
        s->phase = BETWEEN_FRAMES;
        *ret_moved = true;
        return CT_OK;
    }
    return e == CT_OK ? CT_OK : ct_fault_set(fault, e, input_offset(s), "%s", io.why);
}

/* Behind a frame: another one, zeros (tape and block padding), the end, or garbage. *ret_more: look again with more input. */
static ct_err next_frame(ct_source *s, bool *ret_more, struct ct_fault *fault)
{
    while (s->in_at < s->in_n && s->in[s->in_at] == 0) {
        s->in_at++;
        s->padding++;
    }
    *ret_more = false;
    ct_str rest = {s->in + s->in_at, s->in_n - s->in_at};
    if (rest.n == 0) {
        *ret_more = !s->at_eof;
        return s->at_eof ? CT_ERR_END : CT_OK;
    }
    enum ct_codec codec = CT_CODEC_PLAIN;
    const char *what = NULL;
    enum ct_sniff sniff = ct_codec_sniff(rest, s->at_eof, &codec, &what);
    *ret_more = sniff == CT_SNIFF_MORE;
    if (*ret_more) return CT_OK;
    if (sniff == CT_SNIFF_FRAME && codec == s->codec) return start_frame(s, fault);
    return ct_fault_set(fault, CT_ERR_SYNTAX, input_offset(s), "%s: trailing garbage behind the compressed data",
                        ct_codec_name(s->codec));
}

/* Decodes until `to` is full, or until going on means reading more while there is something to deliver. */
static ct_err read_compressed(ct_source *s, unsigned char *to, size_t cap, size_t *ret_n, struct ct_fault *fault)
{
    size_t n = 0;
    ct_err e = CT_OK;
    while (n < cap) {
        size_t given = 0;
        bool moved = false, more = false;
        if (s->phase == BETWEEN_FRAMES) {
            e = next_frame(s, &more, fault);
            moved = !more;
        } else {
            e = decode_step(s, to + n, cap - n, &given, &moved, fault);
            n += given;
            more = !moved;
        }
        if (e != CT_OK || (more && n)) break;
        if (!more || moved) continue;
        if (s->at_eof && s->codec == CT_CODEC_UTF16 && ct_codec_utf16_may_end(s->decoder)) {
            e = CT_ERR_END;
            break;
        }
        if (s->at_eof) {
            e = ct_fault_set(fault, CT_ERR_TRUNCATED, input_offset(s), "%s: the file ends within %s", ct_codec_name(s->codec),
                             s->codec == CT_CODEC_UTF16 ? "a character" : "the compressed data");
            break;
        }
        e = fill(s, fault);
        if (e != CT_OK) break;
    }
    *ret_n = n;
    return e;
}

/* What was compressed must be lines: a log that is compressed twice, or is UTF-16 below, would only seem to hold nothing. */
static ct_err look_inside(ct_source *s, ct_str first, struct ct_fault *fault)
{
    enum ct_codec codec = CT_CODEC_PLAIN;
    const char *what = NULL;
    s->looked_inside = true;
    enum ct_sniff sniff = ct_codec_sniff(ct_str_slice(first, 0, CT_CODEC_SNIFF), true, &codec, &what);
    if (sniff == CT_SNIFF_PLAIN) return CT_OK;
    return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "%s holds %s: unpack it first", ct_codec_name(s->codec),
                        sniff == CT_SNIFF_REFUSED ? "what is no log" : ct_codec_name(codec));
}

ct_err ct_source_read(ct_source *s, unsigned char *to, size_t cap, size_t *ret_n, struct ct_fault *fault)
{
    struct ct_fault why = {0};
    ct_err e = CT_OK;
    size_t n = 0;
    if (s->phase == SNIFFING) e = sniff_pipe(s, &why);
    if (s->phase == ENDED || e != CT_OK) goto ended;
    if (cap == 0) {
        *ret_n = 0;
        return CT_OK;
    }
    e = s->phase == PLAIN ? read_plain(s, to, cap, &n, &why) : read_compressed(s, to, cap, &n, &why);
    if (n && s->codec != CT_CODEC_PLAIN && s->codec != CT_CODEC_UTF16 && !s->looked_inside) {
        ct_err inside = look_inside(s, (ct_str){to, n}, &why);
        if (inside != CT_OK) {
            e = inside;
            n = 0;
        }
    }
    atomic_store_explicit(&s->consumed, input_offset(s), memory_order_relaxed);

ended:
    *ret_n = n;
    if (e == CT_ERR_INTERRUPTED) {
        if (n) return CT_OK;
        if (fault) *fault = why;
        return e;
    }
    if (e != CT_OK && s->phase != ENDED) { /* what was decoded before the error comes first, the error with the next call */
        s->phase = ENDED;
        s->end = e;
        s->why = why;
    }
    if (n || s->phase != ENDED) return CT_OK;
    if (fault && s->end != CT_ERR_END) *fault = s->why;
    return s->end;
}

ct_err ct_source_pread(const ct_source *s, unsigned char *to, size_t n, uint64_t offset, size_t *ret_n, struct ct_fault *fault)
{
    size_t have = 0;
    while (have < n) {
        ssize_t got = ct_sys->pread(s->fd, to + have, n - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            int failed = errno;
            *ret_n = have;
            return ct_fault_set(fault, ct_sys_err(failed, CT_ERR_READ), offset + have, "read: %s", strerror(failed));
        }
        if (got == 0) break;
        have += (size_t)got;
    }
    *ret_n = have;
    return CT_OK;
}

ct_err ct_source_seek(ct_source *s, uint64_t offset)
{
    if (!s->seekable_plain || lseek(s->fd, (off_t)offset, SEEK_SET) < 0) return CT_ERR_READ;
    s->offset = offset;
    atomic_store_explicit(&s->consumed, offset, memory_order_relaxed);
    return CT_OK;
}

enum ct_codec ct_source_codec(const ct_source *s) { return s->codec; }
bool ct_source_is_plain(const ct_source *s) { return s->seekable_plain; }
uint64_t ct_source_size(const ct_source *s) { return s->size; }
uint64_t ct_source_consumed(const ct_source *s) { return atomic_load_explicit(&s->consumed, memory_order_relaxed); }
bool ct_source_was_cut(const ct_source *s)
{
    struct stat st; /* what the size was is no proof alone: files of /sys say 4096 and hold less */
    return s->seekable_plain && ct_source_consumed(s) < s->size && fstat(s->fd, &st) == 0 && (uint64_t)st.st_size < s->size;
}

uint64_t ct_source_padding(const ct_source *s) { return s->padding; }
