#include "base/limits.h"
#include "logs/rotated.h"
#include "logs/rotation.h"
#include "logs/state_file.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A log that was not read for this long and is no longer there is forgotten, so that dated names do not pile up. */
#define KEEP_SECONDS (30u * 24u * 3600u)

struct ct_state {
    const struct ct_alloc *alloc;
    struct ct_state_table table;
    char path[PATH_MAX], lock_path[PATH_MAX];
    int lock_fd;
    struct ct_siblings siblings; /* of the last resume: owns the names it returned */
    char **missed;
    size_t missed_cap;
    struct ct_resumed resumed;
};

static uint64_t now_seconds(void) { return (uint64_t)(ct_clock_real_us() / 1000000); }

/* The lock is a file of its own, since the state file itself is replaced at every save. Who closes removes it, so after
 * taking the lock it has to be asked whether the file locked is still the one that has the name. */
static ct_err take_lock(ct_state *s, struct ct_fault *fault)
{
    for (unsigned tries = 0; tries < 100; tries++) {
        int fd = ct_sys->open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return ct_fault_set(fault, ct_sys_err(errno, CT_ERR_WRITE), 0, "lock file: %s", strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int failed = errno;
            (void)ct_sys->close(fd);
            if (failed == EINTR) continue;
            if (failed == EWOULDBLOCK)
                return ct_fault_set(fault, CT_ERR_PERMISSION, 0, "state file is in use by another process");
            return ct_fault_set(fault, CT_ERR_WRITE, 0, "lock: %s", strerror(failed));
        }
        struct stat held, named;
        if (fstat(fd, &held) == 0 && stat(s->lock_path, &named) == 0 && held.st_ino == named.st_ino &&
            held.st_dev == named.st_dev) {
            s->lock_fd = fd;
            return CT_OK;
        }
        (void)ct_sys->close(fd);
    }
    return ct_fault_set(fault, CT_ERR_PERMISSION, 0, "lock file changes all the time");
}

static void forget_old(struct ct_state_table *t)
{
    uint64_t now = now_seconds();
    for (size_t i = t->n; i-- > 0;) {
        struct stat st;
        bool old = t->v[i].noted < now && now - t->v[i].noted > KEEP_SECONDS;
        if (old && lstat(t->v[i].path, &st) != 0 && errno == ENOENT) ct_state_table_drop(t, i);
    }
}

static ct_err load(ct_state *s, struct ct_fault *fault)
{
    unsigned char *text = NULL;
    size_t n = 0;
    ct_err e = ct_file_read(s->alloc, s->path, CT_STATE_MAX, &text, &n, fault);
    if (e == CT_ERR_NOT_FOUND) return CT_OK;
    CT_TRY(e);
    if (n) e = ct_state_parse((ct_str){text, n}, &s->table, fault); /* an empty file holds nothing that could be lost */
    ct_alloc_put(s->alloc, text, n + 1);
    if (e == CT_OK) forget_old(&s->table);
    return e;
}

ct_err ct_state_open(const struct ct_alloc *alloc, const char *path, ct_state **ret_state, struct ct_fault *fault)
{
    ct_state *s = ct_alloc_get(alloc, sizeof *s);
    if (!s) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "state");
    memset(s, 0, sizeof *s);
    s->alloc = alloc;
    s->lock_fd = -1;
    ct_state_table_init(&s->table, alloc);
    int n = snprintf(s->path, sizeof s->path, "%s", path), m = snprintf(s->lock_path, sizeof s->lock_path, "%s.lock", path);
    ct_err e = n < 0 || m < 0 || (size_t)m >= sizeof s->lock_path
                   ? ct_fault_set(fault, CT_ERR_CAP, 0, "path over %d bytes", PATH_MAX)
                   : CT_OK;
    if (e == CT_OK) e = take_lock(s, fault);
    if (e == CT_OK) e = load(s, fault);
    if (e != CT_OK) {
        ct_state_close(s);
        return e;
    }
    *ret_state = s;
    return CT_OK;
}

static void forget_answer(ct_state *s)
{
    if (s->missed) ct_alloc_put(s->alloc, s->missed, s->missed_cap * sizeof *s->missed);
    s->missed = NULL;
    s->missed_cap = 0;
    s->resumed = (struct ct_resumed){0};
    if (s->siblings.alloc) ct_siblings_done(&s->siblings);
}

void ct_state_close(ct_state *s)
{
    if (!s) return;
    forget_answer(s);
    ct_state_table_done(&s->table);
    if (s->lock_fd >= 0) {
        (void)ct_sys->unlink(s->lock_path);
        (void)ct_sys->close(s->lock_fd);
    }
    ct_alloc_put(s->alloc, s, sizeof *s);
}

/* Relative paths are kept with the folder they were meant in. */
static ct_err absolute(const char *path, char to[PATH_MAX])
{
    size_t n = 0;
    if (path[0] != '/') {
        if (!getcwd(to, PATH_MAX)) return CT_ERR_CAP;
        n = strlen(to);
    }
    int m = snprintf(to + n, PATH_MAX - n, path[0] == '/' ? "%s" : "/%s", path);
    return m < 0 || (size_t)m >= PATH_MAX - n ? CT_ERR_CAP : CT_OK;
}

static bool same_file(const struct ct_position *a, const struct ct_position *b)
{
    return a->device == b->device && a->inode == b->inode;
}

/* The name that a log was read under means another file by now, or that file was cut in place: its content may lie elsewhere. */
static bool moved_on(const struct ct_state_entry *e)
{
    struct stat st;
    int fd = ct_sys->open(e->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    bool there = fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == e->at.inode && st.st_dev == e->at.device;
    bool moved = !there || (uint64_t)st.st_size < e->at.offset || !ct_head_matches(fd, &e->at) || !ct_tail_matches(fd, &e->at);
    if (fd >= 0) (void)ct_sys->close(fd);
    return moved;
}

static bool in_one_folder(const char *a, const char *b) /* absolute */
{
    size_t n = (size_t)(strrchr(a, '/') - a), m = (size_t)(strrchr(b, '/') - b);
    return n == m && memcmp(a, b, n) == 0;
}

struct candidate {
    const char *path;
    int fd;
    unsigned char head[CT_HEAD_MAX];
    struct ct_position now;
    uint64_t size;
    bool packed;
};

static bool starts_as(const struct candidate *c, const struct ct_position *at)
{
    if (at->head_n == c->now.head_n) return at->head_hash == c->now.head_hash;
    return at->head_n == 0 || ct_head_continues(c->head, &c->now, at);
}

/* A copy of what was read under e's name: by logrotate's copytruncate, by a packer, by hand. Nothing may be passed over that was
 * never read: the bytes before the position decide, or, when nothing was read yet, the folder. */
static bool is_copy(const struct ct_state_entry *e, const struct candidate *c)
{
    const struct ct_position *at = &e->at;
    if (at->head_n == 0 || !starts_as(c, at) || (!c->packed && at->offset > c->size)) return false;
    if (at->tail_n) return (c->packed || moved_on(e)) && ct_tail_matches(c->fd, at);
    return at->offset == 0 && in_one_folder(e->path, c->path) && moved_on(e);
}

static bool is_same(const struct ct_state_entry *e, const struct candidate *c)
{
    const struct ct_position *at = &e->at;
    if (!same_file(at, &c->now) || !starts_as(c, at) || (!c->packed && at->offset > c->size)) return false;
    bool named = at->head_n || strcmp(e->path, c->path) == 0 || ct_rotation_succeeds(e->path, c->path); /* inodes are used again */
    if (at->tail_n == 0 && at->tail_hash) return named && c->packed && at->tail_hash == c->size;
    return named && ct_tail_matches(c->fd, at);
}

/* Where that file was read furthest, under whatever name: logs are renamed, copied and compressed between runs. Null: nowhere. */
static const struct ct_state_entry *furthest(const ct_state *s, const struct candidate *c)
{
    const struct ct_state_entry *found = NULL;
    for (unsigned copies = 0; copies < 2 && (!found || found->at.head_n == 0); copies++)
        for (size_t i = 0; i < s->table.n; i++) {
            const struct ct_state_entry *e = &s->table.v[i];
            if (found && e->at.offset <= found->at.offset) continue;
            if (copies ? is_copy(e, c) : is_same(e, c)) found = e;
        }
    return found;
}

static const char *origin_of(const struct ct_state_entry *e, const char *path)
{
    return e->origin ? e->origin : strcmp(e->path, path) != 0 ? e->path : NULL;
}

/* *ret_origin: under which name it was read first. */
static ct_err look_at(const ct_state *s, const char *path, struct ct_position *ret_now, struct ct_position *ret_at,
                      const char **ret_origin, bool *ret_found)
{
    ct_source *source = NULL;
    struct candidate c = {.path = path};
    CT_TRY(ct_source_open(s->alloc, path, &source, NULL));
    c.packed = ct_source_codec(source) != CT_CODEC_PLAIN;
    c.size = ct_source_size(source);
    ct_source_close(source);
    c.fd = ct_sys->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (c.fd < 0) return ct_sys_err(errno, CT_ERR_READ);
    ct_err e = ct_position_and_head(c.fd, c.head, &c.now);
    if (e == CT_OK) {
        *ret_now = c.now;
        const struct ct_state_entry *found = furthest(s, &c);
        *ret_found = found != NULL;
        *ret_origin = found ? origin_of(found, path) : NULL;
        if (found) { /* the content is the same, the file may be a compressed copy of it */
            *ret_at = c.now;
            ret_at->offset = found->at.offset;
            ret_at->line = found->at.line;
            ret_at->tail_n = found->at.tail_n;
            ret_at->tail_hash = found->at.tail_hash;
            ret_at->whole = found->at.whole && same_file(&found->at, &c.now) && found->at.tail_hash == c.size;
        }
    }
    (void)ct_sys->close(c.fd);
    return e;
}

/* Files rotated after the one at `from`, of which nothing was read. What is newer than the path itself (log, of log.1) never was its own. */
static ct_err list_missed(ct_state *s, const char *path, size_t from, const struct ct_position *current)
{
    s->missed_cap = s->siblings.n;
    s->missed = ct_alloc_get(s->alloc, s->missed_cap * sizeof *s->missed);
    if (!s->missed) return CT_ERR_NOMEM;
    s->resumed.missed = s->missed;
    for (size_t i = from + 1; i < s->siblings.n; i++) {
        const struct ct_sibling *b = &s->siblings.v[i];
        struct ct_position now, at;
        const char *origin;
        bool found = false;
        if (!ct_siblings_after(&s->siblings, from, i) || (b->inode == current->inode && b->device == current->device)) continue;
        if (ct_rotation_succeeds(b->path, path)) continue;
        if (s->resumed.n_missed && ct_siblings_same_place(&s->siblings, i - 1, i))
            continue; /* log.1 and the log.1.gz being made of it */
        ct_err e = look_at(s, b->path, &now, &at, &origin, &found);
        if (e == CT_ERR_NOMEM) return e;
        if (!found && e != CT_ERR_NOT_FOUND) s->missed[s->resumed.n_missed++] = b->path; /* if it cannot be read, its reader says so */
    }
    return CT_OK;
}

static bool starts_with_head(const char *path, const struct ct_position *was)
{
    int fd = ct_sys->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    bool same = fd >= 0 && ct_head_matches(fd, was);
    if (fd >= 0) (void)ct_sys->close(fd);
    return same;
}

/* What was read of the file lies, noted as far as it was read, under a name that no rotation gives. */
static bool lies_elsewhere(const ct_state *s, const struct ct_state_entry *was)
{
    for (size_t i = 0; i < s->table.n; i++) {
        const struct ct_state_entry *e = &s->table.v[i];
        const struct ct_position *a = &e->at, *b = &was->at;
        if (e == was || !e->origin || strcmp(e->origin, was->origin ? was->origin : was->path) != 0) continue;
        bool same = a->offset == b->offset && a->line == b->line && a->tail_n == b->tail_n && a->tail_hash == b->tail_hash;
        if (same && (a->tail_n || starts_with_head(e->path, b))) return true;
    }
    return false;
}

/* Where the file read last time under `path` lies now. */
static ct_err find_rotated(ct_state *s, const char *path, const struct ct_state_entry *was, const struct ct_position *now,
                           const char **ret_rotated, struct ct_position *ret_at)
{
    *ret_rotated = NULL;
    CT_TRY(ct_siblings_scan(s->alloc, path, &was->at, &s->siblings));
    size_t i = ct_siblings_find(&s->siblings, &was->at);
    if (i == s->siblings.n) return CT_OK;
    struct ct_position there = {0}, at;
    const char *origin = NULL;
    bool known = false;
    ct_err e = look_at(s, s->siblings.v[i].path, &there, &at, &origin, &known);
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_OK) return CT_OK;
    if (!known) { /* a copy with an inode of its own */
        at = there;
        at.offset = was->at.offset;
        at.line = was->at.line;
        at.tail_n = was->at.tail_n;
        at.tail_hash = was->at.tail_hash;
    }
    *ret_at = at;
    *ret_rotated = s->siblings.v[i].path;
    s->resumed.rotated_origin = was->origin ? was->origin : was->path;
    return list_missed(s, path, i, now);
}

/* Rotation went on to the next name, and the last of them was removed: as it was meant. What was never read of it is lost. */
static bool was_the_last(const struct ct_state_entry *was, bool found)
{
    return found && was->at.offset > 0 && ct_rotation_is_away(was->path);
}

ct_err ct_state_resume(ct_state *s, const char *path, struct ct_position *ret_position, const char **ret_rotated,
                       struct ct_position *ret_rotated_position)
{
    forget_answer(s);
    char full[PATH_MAX];
    CT_TRY(absolute(path, full));
    struct ct_position now = {0}, at = {0}, tail = {0};
    const char *origin = NULL;
    bool found = false;
    ct_err e = look_at(s, full, &now, &at, &origin, &found);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    const struct ct_state_entry *was = ct_state_table_find(&s->table, ct_str_from(full));
    s->resumed.origin = origin;
    if (found &&
        (!was || (same_file(&was->at, &now) && was->at.offset <= at.offset))) { /* the file read last time, or its new name */
        s->resumed.moved_here = !was;
        *ret_position = at;
        *ret_rotated = NULL;
        return CT_OK;
    }
    if (!was) return CT_ERR_NOT_FOUND;
    if (!found) at = now;
    const char *rotated = NULL;
    CT_TRY(find_rotated(s, full, was, &now, &rotated, &tail));
    s->resumed.renewed = true;
    s->resumed.lost = !rotated && !was_the_last(was, found) && !lies_elsewhere(s, was);
    *ret_position = at;
    *ret_rotated = rotated;
    if (rotated) *ret_rotated_position = tail;
    return CT_OK;
}

const struct ct_resumed *ct_state_resumed(const ct_state *s) { return &s->resumed; }

ct_err ct_state_note(ct_state *s, const char *path, const struct ct_position *p, const char *origin)
{
    char full[PATH_MAX];
    CT_TRY(absolute(path, full));
    return ct_state_table_put(&s->table, ct_str_from(full), p, origin, now_seconds());
}

ct_err ct_state_save(ct_state *s, struct ct_fault *fault)
{
    unsigned char *text = NULL;
    size_t n = 0, cap = 0;
    ct_err e = ct_state_print(&s->table, &text, &n, &cap);
    if (e != CT_OK) return ct_fault_set(fault, e, 0, "state of %zu files", s->table.n);
    e = ct_file_write_atomic(s->path, (ct_str){text, n}, 0600, fault);
    ct_alloc_put(s->alloc, text, cap);
    return e;
}
