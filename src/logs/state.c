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
    size_t missed_n, missed_cap;
    bool lost;                   /* the file that the last resume spoke of is gone */
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
    s->missed_n = s->missed_cap = 0;
    s->lost = false;
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

/* path is what a log was copied to before it was cut in place: that log still has its name and its inode, and other content. */
static bool is_copy_of_cut(const struct ct_state_entry *e, const char *path)
{
    struct stat st;
    if (e->at.offset == 0 || !ct_rotation_succeeds(e->path, path)) return false;
    int fd = ct_sys->open(e->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    bool there = fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == e->at.inode && st.st_dev == e->at.device;
    bool cut = there && ((uint64_t)st.st_size < e->at.offset || !ct_head_matches(fd, &e->at));
    if (fd >= 0) (void)ct_sys->close(fd);
    return cut;
}

/* What was read furthest of the file now open as fd, under whatever name: logs are renamed, copied and compressed between runs. */
static bool furthest(const ct_state *s, const char *path, int fd, const struct ct_position *now, uint64_t size, bool packed,
                     struct ct_position *ret_at)
{
    bool found = false;
    for (size_t i = 0; i < s->table.n; i++) {
        const struct ct_position *at = &s->table.v[i].at;
        bool content = at->head_n > 0 && at->head_n <= now->head_n && (same_file(at, now) || packed || is_copy_of_cut(&s->table.v[i], path));
        bool empty = at->head_n == 0 && same_file(at, now);
        if ((!content && !empty) || (!packed && at->offset > size) || (found && at->offset <= ret_at->offset)) continue;
        if (!ct_head_matches(fd, at)) continue;
        *ret_at = *at;
        found = true;
    }
    return found;
}

static ct_err look_at(const ct_state *s, const char *path, struct ct_position *ret_now, struct ct_position *ret_at,
                      bool *ret_found)
{
    ct_source *source = NULL;
    CT_TRY(ct_source_open(s->alloc, path, &source, NULL));
    bool packed = ct_source_codec(source) != CT_CODEC_PLAIN;
    uint64_t size = ct_source_size(source);
    ct_source_close(source);
    int fd = ct_sys->open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
    if (fd < 0) return ct_sys_err(errno, CT_ERR_READ);
    ct_err e = ct_position_of(fd, ret_now);
    if (e == CT_OK) {
        *ret_found = furthest(s, path, fd, ret_now, size, packed, ret_at);
        if (*ret_found) { /* the content is the same, the file may be a compressed copy of it */
            ret_now->offset = ret_at->offset;
            ret_now->line = ret_at->line;
            *ret_at = *ret_now;
        }
    }
    (void)ct_sys->close(fd);
    return e;
}

/* Files rotated after the one at `from`, of which nothing was read. What is newer than the path itself (log, of log.1) never was its own. */
static ct_err list_missed(ct_state *s, const char *path, size_t from, const struct ct_position *current)
{
    s->missed_cap = s->siblings.n;
    s->missed = ct_alloc_get(s->alloc, s->missed_cap * sizeof *s->missed);
    if (!s->missed) return CT_ERR_NOMEM;
    for (size_t i = from + 1; i < s->siblings.n; i++) {
        const struct ct_sibling *b = &s->siblings.v[i];
        struct ct_position now, at;
        bool found = false;
        if (!ct_siblings_after(&s->siblings, from, i) || (b->inode == current->inode && b->device == current->device)) continue;
        if (ct_rotation_succeeds(b->path, path)) continue;
        if (s->missed_n && ct_siblings_same_place(&s->siblings, i - 1, i))
            continue; /* log.1 and the log.1.gz being made of it */
        ct_err e = look_at(s, b->path, &now, &at, &found);
        if (e == CT_ERR_NOMEM) return e;
        if (!found && e != CT_ERR_NOT_FOUND) s->missed[s->missed_n++] = b->path; /* if it cannot be read, its reader says so */
    }
    return CT_OK;
}

ct_err ct_state_resume(ct_state *s, const char *path, struct ct_position *ret_position, const char **ret_rotated,
                       struct ct_position *ret_rotated_position)
{
    forget_answer(s);
    char full[PATH_MAX];
    CT_TRY(absolute(path, full));
    struct ct_position now = {0}, at = {0}, tail = {0};
    bool found = false;
    ct_err e = look_at(s, full, &now, &at, &found);
    if (e != CT_OK && e != CT_ERR_NOT_FOUND) return e;
    const struct ct_state_entry *was = ct_state_table_find(&s->table, ct_str_from(full));
    if (found &&
        (!was || (same_file(&was->at, &now) && was->at.offset <= at.offset))) { /* the file read last time, or its new name */
        *ret_position = at;
        *ret_rotated = NULL;
        return CT_OK;
    }
    if (!was) return CT_ERR_NOT_FOUND;
    if (!found) at = now;

    CT_TRY(ct_siblings_scan(s->alloc, full, &was->at, &s->siblings));
    size_t i = ct_siblings_find(&s->siblings, &was->at);
    const char *rotated = NULL;
    if (i < s->siblings.n) {
        struct ct_position rotated_now = {0};
        bool more = false;
        e = look_at(s, s->siblings.v[i].path, &rotated_now, &tail, &more);
        if (e == CT_ERR_NOMEM) return e;
        if (e == CT_OK) {
            if (!more) { /* a copy with an inode of its own */
                tail = rotated_now;
                tail.offset = was->at.offset;
                tail.line = was->at.line;
            }
            rotated = s->siblings.v[i].path;
            CT_TRY(list_missed(s, full, i, &now));
        }
    }
    s->lost = !rotated;
    *ret_position = at;
    *ret_rotated = rotated;
    if (rotated) *ret_rotated_position = tail;
    return CT_OK;
}

void ct_state_missed(const ct_state *s, char *const **ret_paths, size_t *ret_n)
{
    *ret_paths = s->missed;
    *ret_n = s->missed_n;
}

bool ct_state_lost(const ct_state *s) { return s->lost; }

ct_err ct_state_note(ct_state *s, const char *path, const struct ct_position *p)
{
    char full[PATH_MAX];
    CT_TRY(absolute(path, full));
    return ct_state_table_put(&s->table, ct_str_from(full), p, now_seconds());
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
