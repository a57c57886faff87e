/* How it works: each file has at most one live descriptor, a queue of finished files to read before it, and a few descriptors
 * of files rotated away whose writers may not have noticed yet. A change (or a second's time) makes a file dirty; a dirty
 * file is asked for lines until it has none, and then whether its name still names it.
 *
 * What if a file is replaced several times between two looks: the old one is drained through its descriptor; files between
 * it and the present one are found beside it, as those that were not there when the old one was opened. What if it is copied
 * and cut: the copy, found by its first bytes, gives what had not been read yet.
 *
 * Limitations: a file replaced and removed between two looks was never seen; a file cut and filled again with the same first
 * 256 bytes to at least its old size is taken for one that grew; lines written between copying and cutting are lost by
 * copytruncate itself.
 */
#include "base/limits.h"
#include "logs/follow_stream.h"
#include "logs/rotated.h"
#include "logs/rotation.h"
#include "os/clock.h"
#include "os/sys.h"
#include "os/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TICK_MS       1000  /* everything is looked at this often, told or not; also the silence after which a line is final */
#define LINGER_MS     60000 /* web servers reopen their logs seconds after the rename; a minute is generous */
#define LINGERING_MAX 4u
#define KNOWN_MAX     4096u /* rotated files beside one log */

struct identity {
    uint64_t device, inode, head_hash;
    uint32_t head_n;
};

struct followed {
    char *path;
    struct ct_growing live;
    struct ct_growing old[LINGERING_MAX];
    size_t old_n;
    struct ct_finished *queue; /* CT_FOLLOW_BACKLOG_MAX of them once needed */
    size_t queue_n;
    struct identity *known; /* rotated files that were there when the live one was opened */
    size_t known_n, known_cap;
    int dir_watch;
    int64_t gone_since; /* 0: the name names something */
    bool dirty, vanished, open_failed;
    const char *notice;
};

struct ct_follow {
    const struct ct_alloc *alloc;
    struct followed *v;
    size_t n, cap, turn;
    ct_watch *watch;
    int64_t last_tick;
    unsigned char *buffer;
    const char *failed;
};

ct_err ct_follow_new(const struct ct_alloc *alloc, ct_follow **ret_follow)
{
    ct_follow *f = ct_alloc_get(alloc, sizeof *f);
    if (!f) return CT_ERR_NOMEM;
    memset(f, 0, sizeof *f);
    f->alloc = alloc;
    f->last_tick = ct_clock_mono_ms();
    f->buffer = ct_alloc_get(alloc, CT_FOLLOW_BUFFER);
    ct_err e = f->buffer ? ct_watch_new(alloc, &f->watch) : CT_ERR_NOMEM;
    if (e != CT_OK) {
        ct_follow_free(f);
        return e;
    }
    *ret_follow = f;
    return CT_OK;
}

static void followed_done(ct_follow *f, struct followed *x)
{
    ct_growing_done(f->alloc, &x->live);
    for (size_t i = 0; i < x->old_n; i++) ct_growing_done(f->alloc, &x->old[i]);
    for (size_t i = 0; i < x->queue_n; i++) ct_finished_done(f->alloc, &x->queue[i]);
    if (x->queue) ct_alloc_put(f->alloc, x->queue, CT_FOLLOW_BACKLOG_MAX * sizeof *x->queue);
    if (x->known) ct_alloc_put(f->alloc, x->known, x->known_cap * sizeof *x->known);
    if (x->path) ct_alloc_put(f->alloc, x->path, strlen(x->path) + 1);
}

void ct_follow_free(ct_follow *f)
{
    if (!f) return;
    for (size_t i = 0; i < f->n; i++) followed_done(f, &f->v[i]);
    if (f->v) ct_alloc_put(f->alloc, f->v, f->cap * sizeof *f->v);
    ct_watch_free(f->watch);
    if (f->buffer) ct_alloc_put(f->alloc, f->buffer, CT_FOLLOW_BUFFER);
    ct_alloc_put(f->alloc, f, sizeof *f);
}

/* A rotated file seen before: by inode (which may be reused: the head must fit), or as a copy, by its whole head. */
static bool is_known(const struct identity *known, size_t n, const unsigned char *head, const struct ct_position *at,
                     bool copies)
{
    for (size_t i = 0; i < n; i++) {
        struct ct_position was = {.head_n = known[i].head_n, .head_hash = known[i].head_hash};
        bool inode = known[i].inode == at->inode && known[i].device == at->device;
        if (inode && (was.head_n == 0 || ct_head_continues(head, at, &was))) return true;
        if (copies && was.head_n == at->head_n && ct_head_continues(head, at, &was)) return true;
    }
    return false;
}

static ct_err enqueue(ct_follow *f, struct followed *x, int fd, const struct ct_position *at, struct ct_fault *fault)
{
    if (!x->queue) {
        x->queue = ct_alloc_get(f->alloc, CT_FOLLOW_BACKLOG_MAX * sizeof *x->queue);
        if (!x->queue) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "queue");
    }
    if (x->queue_n == CT_FOLLOW_BACKLOG_MAX)
        return ct_fault_set(fault, CT_ERR_CAP, 0, "over %u rotated files unread", CT_FOLLOW_BACKLOG_MAX);
    char path[40]; /* by descriptor: the name may mean another file by now */
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CT_TRY(ct_finished_open(f->alloc, path, at, &x->queue[x->queue_n], fault));
    x->queue_n++;
    return CT_OK;
}

static void remember(ct_follow *f, struct followed *x, const struct ct_position *at)
{
    if (x->known_n == x->known_cap) {
        size_t cap = x->known_cap ? x->known_cap * 2 : 16;
        if (cap > KNOWN_MAX) return;
        struct identity *known = f->alloc->resize(f->alloc->ctx, x->known, x->known_cap * sizeof *known, cap * sizeof *known);
        if (!known) return; /* costs a file read twice after the next rotation, never one unread */
        x->known = known;
        x->known_cap = cap;
    }
    x->known[x->known_n++] = (struct identity){at->device, at->inode, at->head_hash, at->head_n};
}

enum look {
    LOOK_ONLY,     /* remember what is there */
    LOOK_RESUMED,  /* started from a position in a file rotated away: its rest, and what was rotated after it */
    LOOK_CUT,      /* cut in place: the rest from the copy, and what was not there before */
    LOOK_REPLACED, /* another file has the name: what was not there before; the old one is read through its descriptor */
};

struct beside {
    const struct ct_siblings *s;
    const struct ct_position *was; /* what was read last, or null */
    size_t held;                   /* the sibling that holds it now; s->n: none */
    const struct identity *known;
    size_t known_n;
    enum look why;
};

/* Queues sibling i, open as fd, if something of it is still to be read. */
static ct_err queue_unread(ct_follow *f, struct followed *x, const struct beside *b, size_t i, int fd,
                           const unsigned char *head, struct ct_position at, struct ct_fault *fault)
{
    const struct ct_siblings *s = b->s;
    if (b->why == LOOK_ONLY) return CT_OK;
    if (i == b->held) {
        if (b->why == LOOK_REPLACED || is_known(b->known, b->known_n, head, &at, false)) return CT_OK;
        at.offset = b->was->offset;
        at.line = b->was->line;
        at.tail_n = b->was->tail_n;
        at.tail_hash = b->was->tail_hash;
        return enqueue(f, x, fd, &at, fault);
    }
    if (b->why == LOOK_RESUMED && (b->held == s->n || !ct_siblings_after(s, b->held, i))) return CT_OK;
    bool being_packed = i > 0 && ct_siblings_same_place(s, i - 1, i); /* log.1 and the log.1.gz being made of it */
    bool copy = b->was && ct_head_continues(head, &at, b->was);
    if (!s->v[i].rotation || being_packed || copy || is_known(b->known, b->known_n, head, &at, true)) return CT_OK;
    return enqueue(f, x, fd, &at, fault);
}

static void empty_queue_to(ct_follow *f, struct followed *x, size_t n)
{
    while (x->queue_n > n) ct_finished_done(f->alloc, &x->queue[--x->queue_n]);
}

/* One pass over the siblings. False in *ret_steady: a name meant another file than a moment before. */
static ct_err pass_over(ct_follow *f, struct followed *x, const struct beside *b, bool *ret_steady, struct ct_fault *fault)
{
    unsigned char live[CT_HEAD_MAX], head[CT_HEAD_MAX];
    size_t live_n = 0;
    if (x->live.fd >= 0) CT_TRY(ct_head_of(x->live.fd, live, sizeof live, &live_n));
    *ret_steady = true;
    size_t renamed = 0; /* the live file itself, when it has been rotated away again; n: it still has its name */
    while (renamed < b->s->n &&
           (x->live.fd < 0 || b->s->v[renamed].inode != x->live.at.inode || b->s->v[renamed].device != x->live.at.device))
        renamed++;
    for (size_t i = 0; i < b->s->n; i++) {
        struct ct_position at;
        if (i == renamed || (renamed < b->s->n && ct_siblings_after(b->s, renamed, i)))
            continue; /* what is newer comes after it */
        if (ct_rotation_succeeds(b->s->v[i].path, x->path)) continue; /* the next day's log is a log of its own */
        int fd = ct_sibling_open(&b->s->v[i], head, &at);
        if (fd < 0) {
            struct stat st; /* one that may not be read is no reason to look again */
            if (lstat(b->s->v[i].path, &st) != 0 || st.st_ino != b->s->v[i].inode) *ret_steady = false;
            continue;
        }
        ct_err e = CT_OK;
        /* A copy of the live file, perhaps still growing, is for the day the file is cut: neither read nor remembered. */
        bool copy = at.head_n <= live_n && memcmp(head, live, at.head_n) == 0;
        if (!copy) {
            remember(f, x, &at);
            e = queue_unread(f, x, b, i, fd, head, at, fault);
        }
        (void)ct_sys->close(fd);
        CT_TRY(e);
    }
    return CT_OK;
}

/* Looks at what lies beside the file, queues what is unread of it and remembers it. was: what was read last (null: nothing). */
static ct_err look_beside(ct_follow *f, struct followed *x, const struct ct_position *was, enum look why,
                          struct ct_fault *fault)
{
    struct identity *before = x->known;
    size_t before_n = x->known_n, before_cap = x->known_cap, queued = x->queue_n;
    x->known = NULL;
    x->known_cap = 0;
    ct_err e = CT_OK;
    bool steady = false;
    for (unsigned tries = 0; e == CT_OK && !steady && tries < 8; tries++) {
        struct ct_siblings s = {0};
        empty_queue_to(f, x, queued);
        x->known_n = 0;
        e = ct_siblings_scan(f->alloc, x->path, was, &s);
        if (e != CT_OK) break;
        struct beside b = {&s, was, was ? ct_siblings_find(&s, was) : s.n, before, before_n, why};
        e = pass_over(f, x, &b, &steady, fault);
        ct_siblings_done(&s);
    }
    if (e != CT_OK && x->known_n < before_n) { /* half a look forgets nothing */
        if (x->known) ct_alloc_put(f->alloc, x->known, x->known_cap * sizeof *x->known);
        x->known = before;
        x->known_n = before_n;
        x->known_cap = before_cap;
    } else if (before) {
        ct_alloc_put(f->alloc, before, before_cap * sizeof *before);
    }
    return e;
}

static ct_err open_live(ct_follow *f, struct followed *x, struct ct_fault *fault)
{
    int fd = ct_sys->open(x->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "open: %s", strerror(errno));
    struct stat st;
    ct_err e = CT_OK;
    if (fstat(fd, &st) != 0)
        e = ct_fault_set(fault, CT_ERR_READ, 0, "fstat: %s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        e = ct_fault_set(fault, CT_ERR_UNSUPPORTED, 0, "only regular files can be followed");
    if (e != CT_OK) {
        (void)ct_sys->close(fd);
        return e;
    }
    x->live = (struct ct_growing){.fd = fd, .watch = ct_watch_file(f->watch, fd)};
    x->live.at.device = st.st_dev;
    x->live.at.inode = st.st_ino;
    ct_growing_learn_head(&x->live);
    x->gone_since = 0;
    x->vanished = x->open_failed = false;
    x->dirty = true;
    return CT_OK;
}

/* The folder may come later than the wish to follow a file in it. */
static void watch_folder(ct_follow *f, struct followed *x)
{
    const char *slash = strrchr(x->path, '/');
    size_t n = slash ? (size_t)(slash - x->path) : 0;
    if (slash && n == 0) n = 1;
    char *dir = ct_alloc_get(f->alloc, n + 2);
    if (!dir) return; /* the tick still looks */
    memcpy(dir, slash ? x->path : ".", slash ? n : 1);
    dir[slash ? n : 1] = 0;
    x->dir_watch = ct_watch_directory(f->watch, dir);
    ct_alloc_put(f->alloc, dir, n + 2);
}

static ct_err start(ct_follow *f, struct followed *x, const struct ct_position *from, struct ct_fault *fault)
{
    ct_err e = open_live(f, x, fault);
    if (e == CT_ERR_NOT_FOUND) {
        x->gone_since = ct_clock_mono_ms();
        x->vanished = true; /* so that it "appears" */
        return look_beside(f, x, from, from ? LOOK_RESUMED : LOOK_ONLY, fault);
    }
    CT_TRY(e);
    if (!from) {
        CT_TRY(ct_growing_to_end(&x->live, f->buffer, CT_FOLLOW_BUFFER, fault));
        return look_beside(f, x, NULL, LOOK_ONLY, fault);
    }
    struct stat st;
    bool same = from->device == x->live.at.device && from->inode == x->live.at.inode && fstat(x->live.fd, &st) == 0 &&
                (uint64_t)st.st_size >= from->offset && ct_head_matches(x->live.fd, from) && ct_tail_matches(x->live.fd, from);
    if (!same) return look_beside(f, x, from, LOOK_RESUMED, fault);
    x->live.at = *from;
    return look_beside(f, x, NULL, LOOK_ONLY, fault);
}

ct_err ct_follow_add(ct_follow *f, const char *path, const struct ct_position *from)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 16;
        struct followed *v = f->alloc->resize(f->alloc->ctx, f->v, f->cap * sizeof *v, cap * sizeof *v);
        if (!v) return CT_ERR_NOMEM;
        f->v = v;
        f->cap = cap;
    }
    struct followed *x = &f->v[f->n];
    *x = (struct followed){.live = {.fd = -1, .watch = -1}, .dir_watch = -1, .dirty = true};
    size_t n = strlen(path) + 1;
    x->path = ct_alloc_get(f->alloc, n);
    if (!x->path) return CT_ERR_NOMEM;
    memcpy(x->path, path, n);
    watch_folder(f, x); /* before the first look: what changes after it is told */
    ct_err e = start(f, x, from, NULL);
    if (e != CT_OK) {
        followed_done(f, x);
        return e;
    }
    f->n++;
    return CT_OK;
}

void ct_follow_drop(ct_follow *f, const char *path)
{
    for (size_t i = 0; i < f->n; i++) {
        struct followed *x = &f->v[i];
        if (strcmp(x->path, path) != 0) continue;
        f->failed = NULL;
        ct_watch_drop(f->watch, x->live.watch);
        for (size_t k = 0; k < x->old_n; k++) ct_watch_drop(f->watch, x->old[k].watch);
        followed_done(f, x);
        memmove(x, x + 1, (f->n - i - 1) * sizeof *x);
        f->n--;
        f->turn = 0;
        return;
    }
}

static void fill(const struct followed *x, const struct ct_lines *l, const struct ct_position *after,
                 struct ct_follow_chunk *ret_chunk)
{
    *ret_chunk = (struct ct_follow_chunk){.path = x->path,
                                          .p = l->p,
                                          .n = l->n,
                                          .offset = l->offset,
                                          .line = l->line + 1,
                                          .after = *after,
                                          .partial = l->partial};
}

/* Where a rerun goes on: the first file that is not read to its end yet. */
static const struct ct_position *resume_at(const struct followed *x) { return x->queue_n ? &x->queue[0].at : &x->live.at; }

bool ct_follow_position(const ct_follow *f, const char *path, struct ct_position *ret_position)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct followed *x = &f->v[i];
        if (strcmp(x->path, path) != 0) continue;
        if (x->live.fd < 0 && x->queue_n == 0) return false;
        *ret_position = *resume_at(x);
        return true;
    }
    return false;
}

static void notice(const struct followed *x, const char *what, struct ct_follow_chunk *ret_chunk)
{
    const struct ct_position *at = resume_at(x);
    *ret_chunk =
        (struct ct_follow_chunk){.path = x->path, .offset = at->offset, .line = at->line + 1, .after = *at, .notice = what};
}

/* Late lines of files rotated away: their writers may hold them open for a while. */
static ct_err read_old(ct_follow *f, struct followed *x, int64_t now, struct ct_follow_chunk *ret_chunk, struct ct_fault *fault)
{
    for (size_t i = 0; i < x->old_n; i++) {
        struct ct_growing *g = &x->old[i];
        struct ct_lines lines;
        bool cut = false;
        ct_err e = ct_growing_read(f->alloc, g, now, f->buffer, CT_FOLLOW_BUFFER, &lines, &cut, fault);
        if (e == CT_ERR_AGAIN && (cut || now - g->quiet_since >= TICK_MS) && ct_growing_flush(g, &lines)) e = CT_OK;
        if (e == CT_OK) {
            fill(x, &lines, resume_at(x), ret_chunk);
            return CT_OK;
        }
        if (e == CT_ERR_AGAIN && !cut && now < g->until) continue;
        ct_watch_drop(f->watch, g->watch);
        ct_growing_done(f->alloc, g);
        memmove(g, g + 1, (x->old_n - i - 1) * sizeof *g);
        x->old_n--;
        i--;
        if (e != CT_ERR_AGAIN) return e;
    }
    return CT_ERR_AGAIN;
}

static ct_err read_queue(ct_follow *f, struct followed *x, struct ct_follow_chunk *ret_chunk, struct ct_fault *fault)
{
    while (x->queue_n) {
        struct ct_lines lines;
        ct_err e = ct_finished_read(f->alloc, &x->queue[0], &lines, fault);
        if (e == CT_OK) {
            fill(x, &lines, &x->queue[0].at, ret_chunk);
            return CT_OK;
        }
        if (e == CT_ERR_INTERRUPTED || e == CT_ERR_NOMEM) return e;
        ct_finished_done(f->alloc, &x->queue[0]);
        x->queue_n--;
        memmove(x->queue, x->queue + 1, x->queue_n * sizeof *x->queue);
        if (e != CT_ERR_END) return e;
    }
    return CT_ERR_AGAIN;
}

/* Cut in place: first what the copy has that was not read, else the unfinished line; then from the start. The new start is
 * settled before the look, so that a second cut in between is seen by the one or the other. */
static ct_err restart(ct_follow *f, struct followed *x, struct ct_follow_chunk *ret_chunk, struct ct_fault *fault)
{
    size_t queued = x->queue_n;
    struct ct_position was = x->live.at;
    struct ct_growing old = x->live; /* only its unfinished line is of use */
    ct_growing_restart(&x->live);
    x->notice = "truncated";
    CT_TRY(look_beside(f, x, &was, LOOK_CUT, fault));
    x->notice = NULL;
    notice(x, "truncated", ret_chunk);
    struct ct_lines lines;
    if (x->queue_n > queued || !ct_growing_flush(&old, &lines)) return CT_OK;
    fill(x, &lines, resume_at(x), ret_chunk);
    ret_chunk->notice = "truncated";
    return CT_OK;
}

/* The live file has lost its name: it lingers, and what the name means now becomes the live one. */
static ct_err replace(ct_follow *f, struct followed *x, int64_t now, struct ct_follow_chunk *ret_chunk, struct ct_fault *fault)
{
    struct ct_growing old = x->live;
    bool had = old.fd >= 0;
    const char *what = !had || x->vanished ? "appeared" : "rotated";
    ct_err e = open_live(f, x, fault);
    if (e != CT_OK) {
        if (e == CT_ERR_NOT_FOUND) return CT_ERR_AGAIN;
        bool told = x->open_failed;
        x->open_failed = true;
        return told ? CT_ERR_AGAIN : e;
    }
    if (had) {
        old.until = now + LINGER_MS;
        if (x->old_n == LINGERING_MAX) {
            ct_watch_drop(f->watch, x->old[0].watch);
            ct_growing_done(f->alloc, &x->old[0]);
            memmove(&x->old[0], &x->old[1], (LINGERING_MAX - 1) * sizeof x->old[0]);
            x->old_n--;
        }
        x->old[x->old_n++] = old;
    }
    e = look_beside(f, x, had ? &old.at : NULL, LOOK_REPLACED, fault);
    x->notice = what;
    if (e != CT_OK) return e; /* the notice comes with the next call */
    x->notice = NULL;
    notice(x, what, ret_chunk);
    return CT_OK;
}

/* The live file is read to its end: does the name still name it? */
static ct_err check_name(ct_follow *f, struct followed *x, int64_t now, struct ct_follow_chunk *ret_chunk,
                         struct ct_fault *fault)
{
    struct stat st;
    bool there = stat(x->path, &st) == 0;
    struct ct_growing *g = &x->live;
    if (there && g->fd >= 0 && st.st_ino == g->at.inode && st.st_dev == g->at.device) {
        x->gone_since = 0;
        x->vanished = false;
        return CT_ERR_AGAIN;
    }
    struct ct_lines lines;
    if (g->fd >= 0 && g->tail_n) { /* an unfinished line of a file that is no longer the one: final after some silence */
        if (now - g->quiet_since < TICK_MS || !ct_growing_flush(g, &lines)) return CT_ERR_AGAIN;
        fill(x, &lines, &g->at, ret_chunk);
        return CT_OK;
    }
    if (there) return replace(f, x, now, ret_chunk, fault);
    if (x->gone_since == 0) x->gone_since = now;
    if (x->vanished || now - x->gone_since < TICK_MS) return CT_ERR_AGAIN;
    x->vanished = true;
    notice(x, "vanished", ret_chunk);
    return CT_OK;
}

static ct_err read_live(ct_follow *f, struct followed *x, int64_t now, struct ct_follow_chunk *ret_chunk,
                        struct ct_fault *fault)
{
    struct ct_growing *g = &x->live;
    struct ct_position before = g->at;
    struct ct_lines lines;
    bool cut = false;
    ct_err e = ct_growing_read(f->alloc, g, now, f->buffer, CT_FOLLOW_BUFFER, &lines, &cut, fault);
    if (cut) return restart(f, x, ret_chunk, fault);
    if (before.head_n == 0 && g->at.head_n > 0) {
        /* Empty when last looked at: it may have been filled, copied and cut before these bytes came. */
        ct_err looked = look_beside(f, x, NULL, LOOK_CUT, fault);
        if (looked != CT_OK || x->queue_n) { /* these bytes are read again after what comes before them */
            g->at.offset = before.offset;
            g->at.line = before.line;
            g->at.tail_n = before.tail_n;
            g->at.tail_hash = before.tail_hash;
            g->tail_n = 0;
            return looked != CT_OK ? looked : read_queue(f, x, ret_chunk, fault);
        }
    }
    if (e == CT_OK) fill(x, &lines, &g->at, ret_chunk);
    return e;
}

static ct_err advance(ct_follow *f, struct followed *x, int64_t now, struct ct_follow_chunk *ret_chunk, struct ct_fault *fault)
{
    if (x->dir_watch < 0) watch_folder(f, x);
    if (x->notice) {
        notice(x, x->notice, ret_chunk);
        x->notice = NULL;
        return CT_OK;
    }
    ct_err e = read_old(f, x, now, ret_chunk, fault);
    if (e == CT_ERR_AGAIN) e = read_queue(f, x, ret_chunk, fault);
    if (e != CT_ERR_AGAIN) return e;
    if (x->live.fd >= 0) {
        e = read_live(f, x, now, ret_chunk, fault);
        if (e != CT_ERR_AGAIN) return e;
    }
    return check_name(f, x, now, ret_chunk, fault);
}

static void mark(struct followed *x, const struct ct_watch_event *event)
{
    bool mine = event->id < 0 || x->dir_watch == event->id || x->live.watch == event->id;
    for (size_t i = 0; i < x->old_n; i++) mine = mine || x->old[i].watch == event->id;
    x->dirty = x->dirty || mine;
    if (event->gone && x->dir_watch == event->id) x->dir_watch = -1; /* the folder itself was removed or renamed */
    if (event->gone && x->live.watch == event->id) x->live.watch = -1;
}

static void take_events(ct_follow *f, int64_t now)
{
    struct ct_watch_event event;
    while (ct_watch_event(f->watch, &event))
        for (size_t i = 0; i < f->n; i++) mark(&f->v[i], &event);
    if (now - f->last_tick < TICK_MS) return;
    f->last_tick = now;
    for (size_t i = 0; i < f->n; i++) f->v[i].dirty = true;
}

const char *ct_follow_failed(const ct_follow *f) { return f->failed; }

ct_err ct_follow_next(ct_follow *f, int timeout_ms, struct ct_follow_chunk *ret_chunk, struct ct_fault *fault)
{
    int64_t now = ct_clock_mono_ms(), end = now + timeout_ms;
    for (;;) {
        take_events(f, now);
        for (size_t i = 0; i < f->n; i++) {
            struct followed *x = &f->v[(f->turn + i) % f->n];
            if (!x->dirty) continue;
            ct_err e = advance(f, x, now, ret_chunk, fault);
            if (e != CT_ERR_AGAIN) {
                f->turn = (f->turn + i + 1) % f->n; /* a busy file does not starve the others */
                if (e != CT_OK) x->dirty = false;   /* what fails is tried again with the next change or tick, not at once */
                f->failed = e != CT_OK ? x->path : NULL;
                return e;
            }
            x->dirty = false;
        }
        int64_t wait = f->last_tick + TICK_MS - now;
        if (timeout_ms >= 0 && end - now < wait) wait = end - now;
        if (wait <= 0 && timeout_ms >= 0 && now >= end) return CT_ERR_AGAIN;
        ct_err e = ct_watch_wait(f->watch, wait > 0 ? (int)wait : 0);
        if (e == CT_ERR_INTERRUPTED) return ct_fault_set(fault, e, 0, "interrupted");
        f->failed = NULL;
        if (e != CT_OK && e != CT_ERR_AGAIN) return ct_fault_set(fault, e, 0, "waiting for changes: %s", strerror(errno));
        now = ct_clock_mono_ms();
    }
}
