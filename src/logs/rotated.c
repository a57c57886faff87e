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

bool ct_head_continues(const unsigned char *head, const struct ct_position *at, const struct ct_position *was)
{
    return was->head_n && was->head_n <= at->head_n && ct_str_hash((ct_str){head, was->head_n}) == was->head_hash;
}

static ct_err position_and_head(int fd, unsigned char head[CT_HEAD_MAX], struct ct_position *ret_position)
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
    return position_and_head(fd, head, ret_position);
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
    bool same = ct_head_matches(fd, was);
    (void)ct_sys->close(fd);
    return same;
}

static bool is_packed(const char *path)
{
    ct_source *s = NULL;
    if (ct_source_open(&ct_alloc_libc, path, &s, NULL) != CT_OK) return false;
    bool packed = ct_source_codec(s) != CT_CODEC_PLAIN;
    ct_source_close(s);
    return packed;
}

size_t ct_siblings_find(const struct ct_siblings *s, const struct ct_position *was)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].inode == was->inode && s->v[i].device == was->device && s->v[i].size >= was->offset && holds(&s->v[i], was))
            return i;
    if (was->head_n == 0) return s->n;
    for (size_t i = s->n; i-- > 0;) { /* the newest: what was read last was rotated last */
        if (!holds(&s->v[i], was) || (s->v[i].size < was->offset && !is_packed(s->v[i].path))) continue;
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
    if (position_and_head(fd, head, &at) == CT_OK && at.inode == s->inode && at.device == s->device) {
        *ret_position = at;
        return fd;
    }
    (void)ct_sys->close(fd);
    return -1;
}
