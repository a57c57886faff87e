#include "scan/walk.h"

#include "base/limits.h"
#include "os/sys.h"
#include "scan/seen.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { ENTRIES = 32 * 1024, NAME_BYTES = 256 };

/* A directory that was entered. Its own files come first; the names of its directories wait in ct_walk.names. */
struct frame {
    struct ct_walk_dir *dir; /* null: the descriptor was given back; the top frame always has one */
    uint64_t dev, ino;
    size_t path_n;           /* of its path in ct_walk.path, slash included */
    size_t names_from;
    uint64_t subdirs, entered;
};

struct ct_walk {
    const struct ct_alloc *alloc;
    struct ct_walk_opts opts;
    pthread_mutex_t lock;
    struct frame *frames;
    size_t depth, cap_frames;
    bool listing;            /* the top frame is not listed to its end yet */
    char path[CT_WALK_PATH_MAX + NAME_BYTES + 2];
    char *names;             /* NUL-terminated, one behind the other: a stack */
    size_t n_names, cap_names;
    size_t next_root;
    struct ct_seen seen;
    uint64_t visits, directories;
    struct ct_walk_counts counts;
    int flags;               /* for opening directories */
    struct ct_walk_dir here; /* AT_FDCWD, for roots that are files */
    size_t n_entries, at_entry;
    _Alignas(struct dirent64) unsigned char entries[ENTRIES];
};

ct_err ct_walk_new(const struct ct_alloc *alloc, const struct ct_walk_opts *opts, ct_walk **ret_walk)
{
    ct_walk *w = ct_alloc_get(alloc, sizeof *w);
    if (!w) return CT_ERR_NOMEM;
    memset(w, 0, sizeof *w);
    w->alloc = alloc;
    w->opts = *opts;
    /* Looking leaves no trace in access times where the system lets us. */
    w->flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (geteuid() == 0 ? O_NOATIME : 0);
    w->here.fd = AT_FDCWD;
    w->here.refs = 1;
    if (pthread_mutex_init(&w->lock, NULL) != 0) {
        ct_alloc_put(alloc, w, sizeof *w);
        return CT_ERR_NOMEM;
    }
    ct_seen_init(&w->seen, alloc);
    *ret_walk = w;
    return CT_OK;
}

static void release(ct_walk *w, struct ct_walk_dir *dir)
{
    if (!dir || atomic_fetch_sub(&dir->refs, 1) != 1) return;
    (void)ct_sys->close(dir->fd);
    ct_alloc_put(w->alloc, dir, sizeof *dir);
}

void ct_walk_free(ct_walk *w)
{
    if (!w) return;
    while (w->depth) release(w, w->frames[--w->depth].dir);
    if (w->frames) ct_alloc_put(w->alloc, w->frames, w->cap_frames * sizeof *w->frames);
    if (w->names) ct_alloc_put(w->alloc, w->names, w->cap_names);
    ct_seen_done(&w->seen);
    (void)pthread_mutex_destroy(&w->lock);
    ct_alloc_put(w->alloc, w, sizeof *w);
}

static void say(ct_walk *w, enum ct_walk_say what, size_t path_n, const char *text)
{
    if (path_n > 1 && w->path[path_n - 1] == '/') path_n--;
    w->opts.say(w->opts.ctx, what, (ct_str){(unsigned char *)w->path, path_n}, text);
}

bool ct_walk_excluded(const struct ct_walk_opts *o, const char *path)
{
    const char *last = strrchr(path, '/');
    for (size_t i = 0; i < o->n_exclude; i++) {
        const char *pattern = o->exclude[i];
        if (fnmatch(pattern, strchr(pattern, '/') || !last ? path : last + 1, 0) == 0) return true;
    }
    return false;
}

/* Whether the file system is left out, and then why. */
static bool left_out(const ct_walk *w, enum ct_mount_class class, ct_str type, char *why, size_t size)
{
    switch (class) {
    case CT_MOUNT_LOCAL: return false;
    case CT_MOUNT_NETWORK:
        (void)snprintf(why, size, "network file system (%.*s); --include-network reads it", CT_STR_ARG(type));
        return !w->opts.include_network;
    case CT_MOUNT_VIRTUAL: (void)snprintf(why, size, "virtual file system (%.*s)", CT_STR_ARG(type)); return true;
    case CT_MOUNT_OVERLAY:
        (void)snprintf(why, size, "view of a container (%.*s); its layers are read where they lie", CT_STR_ARG(type));
        return w->opts.skip_overlays;
    }
    return false;
}

/* By the table: nothing is touched. */
static bool mount_left_out(ct_walk *w, size_t path_n, bool is_root, char *why, size_t size)
{
    ct_str type, path = {(unsigned char *)w->path, path_n};
    if (!(is_root ? ct_mounts_of(w->opts.mounts, path, &type) : ct_mounts_at(w->opts.mounts, path, &type))) return false;
    enum ct_mount_class class = ct_mount_class_of(type);
    if (is_root && class == CT_MOUNT_OVERLAY) return false;
    return left_out(w, class, type, why, size);
}

static ct_err make_dir(ct_walk *w, int fd, struct ct_walk_dir **ret_dir)
{
    struct ct_walk_dir *dir = ct_alloc_get(w->alloc, sizeof *dir);
    if (!dir) {
        (void)ct_sys->close(fd);
        return CT_ERR_NOMEM;
    }
    dir->fd = fd;
    dir->refs = 1;
    *ret_dir = dir;
    return CT_OK;
}

static ct_err push(ct_walk *w, int fd, const struct stat *st, size_t path_n)
{
    if (w->depth == w->cap_frames) {
        size_t cap = w->cap_frames ? 2 * w->cap_frames : 32;
        struct frame *frames = w->alloc->resize(w->alloc->ctx, w->frames, w->cap_frames * sizeof *frames, cap * sizeof *frames);
        if (!frames) {
            (void)ct_sys->close(fd);
            return CT_ERR_NOMEM;
        }
        w->frames = frames;
        w->cap_frames = cap;
    }
    struct ct_walk_dir *dir;
    CT_TRY(make_dir(w, fd, &dir));
    w->path[path_n] = '/';
    if (path_n == 1 && w->path[0] == '/') path_n = 0; /* the root's path is its slash */
    w->frames[w->depth++] = (struct frame){.dir = dir, .dev = st->st_dev, .ino = st->st_ino, .path_n = path_n + 1, .names_from = w->n_names};
    if (w->depth > CT_WALK_FDS_MAX) {
        struct frame *far = &w->frames[w->depth - 1 - CT_WALK_FDS_MAX];
        release(w, far->dir);
        far->dir = NULL;
    }
    w->listing = true;
    w->n_entries = w->at_entry = 0;
    w->counts.directories++;
    return CT_OK;
}

/* An open directory, path in w->path: enters it unless it is known or left out. */
static ct_err enter_open(ct_walk *w, int fd, size_t path_n, const struct frame *parent)
{
    struct stat st;
    struct statfs fs;
    char why[160];
    ct_str type;
    uint64_t first, visit = ++w->directories;
    if (fstat(fd, &st) != 0) {
        say(w, CT_WALK_UNREADABLE, path_n, strerror(errno));
        (void)ct_sys->close(fd);
        return CT_OK;
    }
    bool crosses = !parent || parent->dev != st.st_dev;
    if (crosses && fstatfs(fd, &fs) == 0) {
        enum ct_mount_class class = ct_mount_class_by_magic((uint64_t)fs.f_type, &type);
        ct_str named;
        if (ct_mounts_of(w->opts.mounts, (ct_str){(unsigned char *)w->path, path_n}, &named)) class = ct_mount_class_of(type = named);
        if (!(class == CT_MOUNT_OVERLAY && !parent) && left_out(w, class, type, why, sizeof why)) {
            say(w, parent ? CT_WALK_LEFT_OUT : CT_WALK_UNREADABLE, path_n, why);
            (void)ct_sys->close(fd);
            return CT_OK;
        }
    }
    ct_err e = ct_seen_add(&w->seen, st.st_dev, st.st_ino, visit, &first);
    if (e != CT_OK || first != visit) {
        w->counts.again += e == CT_OK;
        (void)ct_sys->close(fd);
        return e;
    }
    return push(w, fd, &st, path_n);
}

static void pop(ct_walk *w)
{
    struct frame *f = &w->frames[w->depth - 1];
    struct frame *above = w->depth > 1 ? &w->frames[w->depth - 2] : NULL;
    if (above && !above->dir) {
        struct stat st;
        int fd = ct_sys->openat(f->dir->fd, "..", w->flags, 0);
        bool same = fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == above->dev && st.st_ino == above->ino;
        if (fd >= 0 && !same) (void)ct_sys->close(fd);
        if (!same || make_dir(w, fd, &above->dir) != CT_OK) {
            say(w, CT_WALK_UNREADABLE, above->path_n, "moved while it was walked: what it still holds was not looked at");
            w->n_names = above->names_from;
            above->dir = f->dir; /* any open directory will do: nothing more is opened through it */
            f->dir = NULL;
        }
    }
    release(w, f->dir);
    w->n_names = f->names_from;
    w->depth--;
}

/* The last name that waits in the top frame. */
static ct_err enter_next(ct_walk *w)
{
    struct frame *top = &w->frames[w->depth - 1];
    size_t end = w->n_names - 1, from = end;
    char why[160];
    while (from > top->names_from && w->names[from - 1]) from--;
    size_t n = end - from;
    memcpy(w->path + top->path_n, w->names + from, n + 1);
    w->n_names = from;
    top->entered++;
    size_t path_n = top->path_n + n;
    const char *name = w->path + top->path_n;
    if (ct_walk_excluded(&w->opts, w->path)) return CT_OK;
    if (mount_left_out(w, path_n, false, why, sizeof why)) {
        say(w, CT_WALK_LEFT_OUT, path_n, why);
        return CT_OK;
    }
    if (path_n + 1 > CT_WALK_PATH_MAX || w->depth == CT_WALK_DEPTH_MAX) {
        say(w, CT_WALK_UNREADABLE, path_n, "nested too deep to be walked");
        return CT_OK;
    }
    int fd = ct_sys->openat(top->dir->fd, name, w->flags, 0);
    if (fd < 0 && errno == EPERM && (w->flags & O_NOATIME)) fd = ct_sys->openat(top->dir->fd, name, w->flags & ~O_NOATIME, 0);
    if (fd < 0) {
        /* Gone, or made into something else meanwhile: there is no directory to read any more. */
        if (errno != ENOENT && errno != ELOOP && errno != ENOTDIR) say(w, CT_WALK_UNREADABLE, path_n, strerror(errno));
        return CT_OK;
    }
    struct frame parent = *top;
    return enter_open(w, fd, path_n, &parent);
}

static ct_err add_name(ct_walk *w, const char *name, size_t n)
{
    if (w->n_names + n + 1 > w->cap_names) {
        size_t cap = w->cap_names ? 2 * w->cap_names : 16384;
        if (cap > CT_WALK_NAMES_MAX) {
            struct frame *top = &w->frames[w->depth - 1];
            say(w, CT_WALK_UNREADABLE, top->path_n, "too many directories: not all of them were entered");
            return CT_OK;
        }
        char *names = w->alloc->resize(w->alloc->ctx, w->names, w->cap_names, cap);
        if (!names) return CT_ERR_NOMEM;
        w->names = names;
        w->cap_names = cap;
    }
    memcpy(w->names + w->n_names, name, n + 1);
    w->n_names += n + 1;
    w->frames[w->depth - 1].subdirs++;
    return CT_OK;
}

/* "a/./b/../c" -> "a/c", in place, for absolute paths. */
static size_t normalise(char *p, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n;) {
        while (i < n && p[i] == '/') i++;
        size_t end = i;
        while (end < n && p[end] != '/') end++;
        size_t len = end - i;
        if (len == 2 && p[i] == '.' && p[i + 1] == '.') {
            while (to > 0 && p[to - 1] != '/') to--;
            if (to > 0) to--;
        } else if (len && !(len == 1 && p[i] == '.')) {
            p[to++] = '/';
            memmove(p + to, p + i, len);
            to += len;
        }
        i = end;
    }
    if (to == 0) p[to++] = '/';
    return to;
}

/* Where a link leads is read as text: following it could wake a filer that is dead. */
static void note_link(ct_walk *w, const char *name, size_t n)
{
    struct frame *top = &w->frames[w->depth - 1];
    char target[2 * CT_WALK_PATH_MAX], text[4200];
    w->counts.links++;
    if (!w->opts.note_links || top->path_n + n > CT_WALK_PATH_MAX) return;
    ssize_t got = readlinkat(top->dir->fd, name, text, sizeof text - 1);
    if (got <= 0) return;
    text[got] = 0;
    size_t size = 0;
    if (text[0] != '/') {
        memcpy(target, w->path, top->path_n);
        size = top->path_n;
    }
    memcpy(target + size, text, (size_t)got);
    size = normalise(target, size + (size_t)got);
    for (size_t i = 0; i < w->opts.n_roots; i++) {
        size_t root = strlen(w->opts.roots[i]);
        if (root == 1 || (size >= root && memcmp(target, w->opts.roots[i], root) == 0 && (size == root || target[root] == '/'))) return;
    }
    target[size] = 0;
    memcpy(w->path + top->path_n, name, n + 1);
    say(w, CT_WALK_LINK_OUT, top->path_n + n, target);
}

static bool add_file(ct_walk *w, struct ct_walk_batch *b, const char *name, size_t n)
{
    struct frame *top = &w->frames[w->depth - 1];
    if (w->opts.n_exclude && top->path_n + n < sizeof w->path) {
        memcpy(w->path + top->path_n, name, n + 1);
        if (ct_walk_excluded(&w->opts, w->path)) return true;
    }
    if (b->n == CT_WALK_BATCH || b->used + n + 1 > sizeof b->text) return false;
    if (b->n == 0) {
        b->dir = top->dir;
        atomic_fetch_add(&top->dir->refs, 1);
        memcpy(b->text, w->path, top->path_n);
        b->directory = (ct_str){(unsigned char *)b->text, top->path_n};
        b->used = top->path_n;
    }
    b->at_name[b->n] = b->used;
    b->visit[b->n++] = ++w->visits;
    memcpy(b->text + b->used, name, n + 1);
    b->used += n + 1;
    w->counts.files++;
    return true;
}

static unsigned char type_of(const ct_walk *w, const struct dirent64 *d)
{
    struct stat st;
    if (d->d_type != DT_UNKNOWN) return d->d_type;
    if (fstatat(w->frames[w->depth - 1].dir->fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return DT_UNKNOWN;
    return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : S_ISLNK(st.st_mode) ? DT_LNK : DT_FIFO;
}

/* Goes on listing the top frame until the batch is full or the directory at its end. */
static ct_err list(ct_walk *w, struct ct_walk_batch *b)
{
    struct frame *top = &w->frames[w->depth - 1];
    for (;;) {
        if (w->at_entry == w->n_entries) {
            ssize_t got = ct_sys->getdents(top->dir->fd, w->entries, sizeof w->entries);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0 && errno != ENOENT) say(w, CT_WALK_UNREADABLE, top->path_n, strerror(errno)); /* ENOENT: removed since it was opened */
            w->n_entries = got > 0 ? (size_t)got : 0;
            w->at_entry = 0;
            if (got <= 0) {
                w->listing = false;
                return CT_OK;
            }
        }
        const struct dirent64 *d = (const struct dirent64 *)(const void *)(w->entries + w->at_entry);
        size_t n = strlen(d->d_name);
        bool dots = d->d_name[0] == '.' && (n == 1 || (n == 2 && d->d_name[1] == '.'));
        unsigned char type = dots ? DT_UNKNOWN : type_of(w, d);
        if (type == DT_REG && !add_file(w, b, d->d_name, n)) return CT_OK;
        if (type == DT_DIR && !dots) CT_TRY(add_name(w, d->d_name, n));
        if (type == DT_LNK) note_link(w, d->d_name, n);
        if (type == DT_FIFO || type == DT_SOCK || type == DT_CHR || type == DT_BLK) w->counts.special++;
        w->at_entry += d->d_reclen;
    }
}

static ct_err begin_root(ct_walk *w, struct ct_walk_batch *b)
{
    const char *root = w->opts.roots[w->next_root++];
    size_t n = strlen(root);
    struct stat st;
    char why[160];
    if (n + 2 > CT_WALK_PATH_MAX || n + 2 > sizeof b->text) return CT_ERR_CAP;
    memcpy(w->path, root, n + 1);
    if (mount_left_out(w, n, true, why, sizeof why)) {
        say(w, CT_WALK_UNREADABLE, n, why);
        return CT_OK;
    }
    if (lstat(root, &st) != 0) {
        say(w, CT_WALK_UNREADABLE, n, strerror(errno));
    } else if (S_ISREG(st.st_mode)) {
        b->dir = &w->here;
        atomic_fetch_add(&w->here.refs, 1);
        memcpy(b->text, root, n + 1);
        b->directory = (ct_str){(unsigned char *)b->text, 0};
        b->at_name[0] = 0;
        b->visit[0] = ++w->visits;
        b->used = n + 1;
        b->n = 1;
        w->counts.files++;
    } else if (!S_ISDIR(st.st_mode)) {
        say(w, CT_WALK_UNREADABLE, n, "neither a file nor a directory: such things are never opened");
    } else {
        int fd = ct_sys->openat(AT_FDCWD, root, w->flags, 0);
        if (fd < 0 && errno == EPERM) fd = ct_sys->openat(AT_FDCWD, root, w->flags & ~O_NOATIME, 0);
        if (fd < 0) say(w, CT_WALK_UNREADABLE, n, strerror(errno));
        else return enter_open(w, fd, n, NULL);
    }
    return CT_OK;
}

void ct_walk_batch_done(ct_walk *w, struct ct_walk_batch *b)
{
    release(w, b->dir);
    b->dir = NULL;
    b->n = b->used = 0;
}

ct_err ct_walk_next(ct_walk *w, struct ct_walk_batch *b)
{
    ct_err e = CT_OK;
    ct_walk_batch_done(w, b);
    (void)pthread_mutex_lock(&w->lock);
    while (e == CT_OK && b->n == 0) {
        if (w->depth && w->listing) {
            e = list(w, b);
        } else if (w->depth) {
            if (w->n_names > w->frames[w->depth - 1].names_from) e = enter_next(w);
            else pop(w);
        } else if (w->next_root < w->opts.n_roots) {
            e = begin_root(w, b);
        } else {
            e = CT_ERR_END;
        }
    }
    (void)pthread_mutex_unlock(&w->lock);
    return e;
}

void ct_walk_counts(ct_walk *w, struct ct_walk_counts *ret_counts)
{
    (void)pthread_mutex_lock(&w->lock);
    double weight = w->opts.n_roots ? 1.0 / (double)w->opts.n_roots : 1.0;
    double done = w->next_root ? weight * (double)(w->next_root - (w->depth ? 1 : 0)) : 0;
    for (size_t i = 0; i < w->depth; i++) {
        const struct frame *f = &w->frames[i];
        bool top = i + 1 == w->depth;
        double parts = (double)f->subdirs + 1;
        uint64_t behind = f->entered + 1 - (top ? w->listing : 1); /* one of those entered is still under way */
        done += weight * (double)behind / parts;
        weight /= parts;
    }
    if (done > w->counts.done) w->counts.done = done > 1 ? 1 : done;
    *ret_counts = w->counts;
    (void)pthread_mutex_unlock(&w->lock);
}
