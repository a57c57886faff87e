#include "logs/rotated.h"
#include "logs/rotation.h"
#include "os/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static ct_err plain_head(int fd, unsigned char *to, size_t cap, size_t *ret_n)
{
    size_t n = 0;
    while (n < cap) {
        ssize_t got = ct_sys->pread(fd, to + n, cap - n, (off_t)n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return CT_ERR_READ;
        if (got == 0) break;
        n += (size_t)got;
    }
    *ret_n = n;
    return CT_OK;
}

ct_err ct_head_of(int fd, unsigned char *to, size_t cap, size_t *ret_n)
{
    /* Opened anew, so that the descriptor given keeps its offset; this also reaches a file that has lost its name. */
    char path[40];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ct_source *s = NULL;
    if (ct_source_open(&ct_alloc_libc, path, &s, NULL) != CT_OK) return plain_head(fd, to, cap, ret_n);
    if (ct_source_codec(s) == CT_CODEC_PLAIN) {
        ct_source_close(s);
        return plain_head(fd, to, cap, ret_n);
    }
    size_t n = 0, got = 0;
    while (n < cap && ct_source_read(s, to + n, cap - n, &got, NULL) == CT_OK) n += got;
    ct_source_close(s);
    *ret_n = n;
    return CT_OK;
}

bool ct_head_matches(int fd, const struct ct_position *was)
{
    unsigned char head[CT_HEAD_MAX];
    size_t n = 0;
    if (was->head_n > sizeof head || ct_head_of(fd, head, was->head_n, &n) != CT_OK) return false;
    return n == was->head_n && (n == 0 || ct_str_hash((ct_str){head, n}) == was->head_hash);
}

/* Of the decompressed bytes: n at `from`, fewer only where they end. */
static size_t bytes_at(int fd, uint64_t from, unsigned char *to, size_t n)
{
    char path[40];
    unsigned char passed[16384];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ct_source *s = NULL;
    size_t have = 0, got = 0;
    if (ct_source_open(&ct_alloc_libc, path, &s, NULL) != CT_OK) return 0;
    if (ct_source_is_plain(s)) {
        if (ct_source_pread(s, to, n, from, &have, NULL) != CT_OK) have = 0;
    } else {
        while (from && ct_source_read(s, passed, from < sizeof passed ? (size_t)from : sizeof passed, &got, NULL) == CT_OK) from -= got;
        while (!from && have < n && ct_source_read(s, to + have, n - have, &got, NULL) == CT_OK) have += got;
    }
    ct_source_close(s);
    return have;
}

bool ct_tail_matches(int fd, const struct ct_position *was)
{
    unsigned char tail[CT_HEAD_MAX];
    if (was->tail_n == 0) return true;
    if (was->tail_n > sizeof tail || was->tail_n > was->offset) return false;
    size_t n = bytes_at(fd, was->offset - was->tail_n, tail, was->tail_n);
    return n == was->tail_n && ct_str_hash((ct_str){tail, n}) == was->tail_hash;
}

static enum ct_codec codec_of(const char *path, uint64_t *ret_size)
{
    ct_source *s = NULL;
    *ret_size = 0;
    if (ct_source_open(&ct_alloc_libc, path, &s, NULL) != CT_OK) return CT_CODEC_PLAIN;
    enum ct_codec c = ct_source_codec(s);
    *ret_size = ct_source_size(s);
    ct_source_close(s);
    return c;
}

static bool is_packed(const char *path)
{
    uint64_t size;
    return codec_of(path, &size) != CT_CODEC_PLAIN;
}

void ct_position_learn_tail(int fd, struct ct_position *p)
{
    char path[40];
    unsigned char tail[CT_HEAD_MAX];
    size_t want = p->offset < sizeof tail ? (size_t)p->offset : sizeof tail;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    uint64_t size;
    enum ct_codec codec = codec_of(path, &size);
    p->tail_n = 0;
    p->tail_hash = codec == CT_CODEC_PLAIN || codec == CT_CODEC_UTF16 ? 0 : size;
    if (codec != CT_CODEC_PLAIN || want == 0 || bytes_at(fd, p->offset - want, tail, want) != want) return;
    p->tail_n = (uint32_t)want;
    p->tail_hash = ct_str_hash((ct_str){tail, want});
}

bool ct_head_continues(const unsigned char *head, const struct ct_position *at, const struct ct_position *was)
{
    return was->head_n && was->head_n <= at->head_n && ct_str_hash((ct_str){head, was->head_n}) == was->head_hash;
}

ct_err ct_position_and_head(int fd, unsigned char head[CT_HEAD_MAX], struct ct_position *ret_position)
{
    struct stat st;
    size_t n = 0;
    if (fstat(fd, &st) != 0) return ct_sys_err(errno, CT_ERR_READ);
    CT_TRY(ct_head_of(fd, head, CT_HEAD_MAX, &n));
    *ret_position = (struct ct_position){.device = st.st_dev, .inode = st.st_ino, .head_n = (uint32_t)n};
    if (n) ret_position->head_hash = ct_str_hash((ct_str){head, n});
    return CT_OK;
}

ct_err ct_position_of(int fd, struct ct_position *ret_position)
{
    unsigned char head[CT_HEAD_MAX];
    return ct_position_and_head(fd, head, ret_position);
}

static ct_str name_of(const char *path)
{
    ct_str s = ct_str_from(path);
    size_t slash = ct_str_rchr(s, '/');
    return slash == CT_STR_NONE ? s : ct_str_slice(s, slash + 1, s.n);
}

static char *beside(const struct ct_alloc *alloc, const char *path, const char *name)
{
    size_t dir = strlen(path) - name_of(path).n, n = strlen(name);
    char *p = ct_alloc_get(alloc, dir + n + 1);
    if (!p) return NULL;
    memcpy(p, path, dir);
    memcpy(p + dir, name, n + 1);
    return p;
}

static ct_err add(struct ct_siblings *s, char *path, bool rotation, const struct stat *st)
{
    if (!path) return CT_ERR_NOMEM;
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct ct_sibling *v = s->alloc->resize(s->alloc->ctx, s->v, s->cap * sizeof *v, cap * sizeof *v);
        if (!v) {
            ct_alloc_put(s->alloc, path, strlen(path) + 1);
            return CT_ERR_NOMEM;
        }
        s->v = v;
        s->cap = cap;
    }
    int64_t written = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
    s->v[s->n++] = (struct ct_sibling){path, rotation, st->st_dev, st->st_ino, (uint64_t)st->st_size, written};
    return CT_OK;
}

static int oldest_first(const void *x, const void *y)
{
    const struct ct_sibling *a = x, *b = y;
    struct ct_rotation p = ct_rotation_of(name_of(a->path)), q = ct_rotation_of(name_of(b->path));
    int order = ct_rotation_cmp(&p, &q);
    return order ? order : strcmp(a->path, b->path);
}

static ct_err scan_once(const struct ct_alloc *alloc, const char *path, const struct ct_position *was,
                        struct ct_siblings *ret_siblings)
{
    struct ct_siblings s = {.alloc = alloc};
    ct_str base = name_of(path);
    struct ct_rotation stem = ct_rotation_of(base);
    char *dir = beside(alloc, path, ".");
    if (!dir) return CT_ERR_NOMEM;
    DIR *d = opendir(dir);
    ct_alloc_put(alloc, dir, strlen(dir) + 1);
    ct_err e = CT_OK;
    for (struct dirent *entry; d && e == CT_OK && (entry = readdir(d));) {
        ct_str name = ct_str_from(entry->d_name);
        struct ct_rotation r = ct_rotation_of(name);
        struct stat st;
        if (ct_str_eq(name, base) || fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        bool the_one = was && was->head_n && st.st_ino == was->inode && st.st_dev == was->device;
        bool rotation = ct_rotation_same_stem(&r, &stem);
        if (the_one || rotation) e = add(&s, beside(alloc, path, entry->d_name), rotation, &st);
    }
    if (d) (void)closedir(d);
    if (e != CT_OK) {
        ct_siblings_done(&s);
        return e;
    }
    if (s.n) qsort(s.v, s.n, sizeof *s.v, oldest_first);
    *ret_siblings = s;
    return CT_OK;
}

static bool same_siblings(const struct ct_siblings *a, const struct ct_siblings *b)
{
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->v[i].inode != b->v[i].inode || a->v[i].device != b->v[i].device || strcmp(a->v[i].path, b->v[i].path) != 0)
            return false;
    return true;
}

ct_err ct_siblings_scan(const struct ct_alloc *alloc, const char *path, const struct ct_position *was,
                        struct ct_siblings *ret_siblings)
{
    struct ct_siblings s = {0};
    CT_TRY(scan_once(alloc, path, was, &s));
    for (unsigned tries = 0; tries < 8; tries++) {
        struct ct_siblings again = {0};
        ct_err e = scan_once(alloc, path, was, &again);
        bool same = e == CT_OK && same_siblings(&s, &again);
        if (s.alloc) ct_siblings_done(&s);
        if (e != CT_OK) return e;
        s = again;
        if (same) break;
    }
    *ret_siblings = s;
    return CT_OK;
}

void ct_siblings_done(struct ct_siblings *s)
{
    for (size_t i = 0; i < s->n; i++) ct_alloc_put(s->alloc, s->v[i].path, strlen(s->v[i].path) + 1);
    if (s->v) ct_alloc_put(s->alloc, s->v, s->cap * sizeof *s->v);
    *s = (struct ct_siblings){0};
}

bool ct_siblings_same_place(const struct ct_siblings *s, size_t a, size_t b)
{
    struct ct_rotation p = ct_rotation_of(name_of(s->v[a].path)), q = ct_rotation_of(name_of(s->v[b].path));
    return ct_rotation_cmp(&p, &q) == 0;
}

bool ct_siblings_after(const struct ct_siblings *s, size_t held, size_t i)
{
    return i > held && s->v[i].rotation && s->v[i].written_ns >= s->v[held].written_ns && !ct_siblings_same_place(s, held, i);
}

static bool holds(const struct ct_sibling *s, const struct ct_position *was)
{
    int fd = ct_sys->open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
    if (fd < 0) return false;
    bool same = ct_head_matches(fd, was) && ct_tail_matches(fd, was);
    (void)ct_sys->close(fd);
    return same;
}

/* Large enough to have been read that far; what was compressed then is neither plain now nor of another size. */
static bool may_hold(const struct ct_sibling *s, const struct ct_position *was)
{
    bool was_packed = was->tail_n == 0 && was->tail_hash;
    if (was_packed) return s->size == was->tail_hash && is_packed(s->path);
    return s->size >= was->offset || is_packed(s->path);
}

size_t ct_siblings_find(const struct ct_siblings *s, const struct ct_position *was)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].inode == was->inode && s->v[i].device == was->device && may_hold(&s->v[i], was) && holds(&s->v[i], was))
            return i;
    if (was->head_n == 0) return s->n;
    for (size_t i = s->n; i-- > 0;) { /* the newest: what was read last was rotated last */
        if (!may_hold(&s->v[i], was) || !holds(&s->v[i], was)) continue;
        /* While log.1.gz is being made, log.1 is the whole one; it sorts just before. */
        return i > 0 && ct_siblings_same_place(s, i - 1, i) && holds(&s->v[i - 1], was) ? i - 1 : i;
    }
    return s->n;
}

int ct_sibling_open(const struct ct_sibling *s, unsigned char head[CT_HEAD_MAX], struct ct_position *ret_position)
{
    int fd = ct_sys->open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0);
    if (fd < 0) return -1;
    struct ct_position at;
    if (ct_position_and_head(fd, head, &at) == CT_OK && at.inode == s->inode && at.device == s->device) {
        *ret_position = at;
        return fd;
    }
    (void)ct_sys->close(fd);
    return -1;
}
