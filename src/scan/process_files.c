#include "scan/process_read.h"

#include "archive/manifest.h"
#include "archive/nest.h"
#include "os/inroot.h"
#include "os/sys.h"
#include "runtime/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t us(struct timespec t) { return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000; }

/* Names under which Java keeps classes. */
static bool jar_name(ct_str path)
{
    static const char *const endings[] = {".jar", ".war", ".ear", ".sar", ".par", ".rar", ".aar", ".jmod", ".hpi", ".zip"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        ct_str ending = ct_str_from(endings[i]);
        if (path.n > ending.n && ct_str_eq_fold(ct_str_slice(path, path.n - ending.n, path.n), ending)) return true;
    }
    return false;
}

/* What a JVM holds open by the hundred and what is no archive for certain. */
static bool passed_over(ct_str path)
{
    static const char *const starts[] = {"/dev/", "/proc/", "/sys/", "/memfd:", "/SYSV"};
    static const char *const ends[] = {".so", ".jsa", "/lib/modules", ".log"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (ct_str_starts(path, ct_str_from(starts[i]))) return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (ct_str_ends(path, ct_str_from(ends[i]))) return true;
    return false;
}

/* The file in our own tree, if its name leads to the same inode there. */
static ct_str host_path(const ct_processes *p, ct_str path, const struct stat *st)
{
    char z[PATH_MAX];
    struct stat mine;
    if (!p->now.same_tree || path.n >= sizeof z || ct_str_chr(path, 0) != CT_STR_NONE) return (ct_str){0};
    memcpy(z, path.p, path.n);
    z[path.n] = 0;
    return stat(z, &mine) == 0 && mine.st_dev == st->st_dev && mine.st_ino == st->st_ino ? path : (ct_str){0};
}

static ct_err add(ct_processes *p, ct_str path, const char *handle, const struct stat *st, unsigned use, bool deleted)
{
    uint64_t first;
    if (p->n_files == CT_PROCESS_FILES_MAX) {
        p->now.cut = true;
        return CT_OK;
    }
    CT_TRY(ct_seen_add(&p->seen, st->st_dev, st->st_ino, p->n_files + 1, &first));
    if (first <= p->n_files) {
        p->files[first - 1].uses |= use;
        return CT_OK;
    }
    if (p->n_files == p->cap_files) {
        size_t cap = p->cap_files ? p->cap_files * 2 : 32;
        struct ct_process_file *grown = ct_arena_grow(p->arena, p->files, p->cap_files * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        p->files = grown;
        p->cap_files = cap;
    }
    struct ct_process_file f = {.dev = st->st_dev, .ino = st->st_ino, .size = (uint64_t)st->st_size, .modified_us = us(st->st_mtim),
                                .changed_us = us(st->st_ctim), .uses = use, .deleted = deleted || st->st_nlink == 0};
    (void)snprintf(f.handle, sizeof f.handle, "%s", handle);
    CT_TRY(ct_arena_dup(p->arena, path, &f.path));
    if (!f.deleted) f.host_path = host_path(p, f.path, st);
    p->files[p->n_files++] = f;
    return CT_OK;
}

/* What now has the name of a deleted file. */
static ct_err add_successor(ct_processes *p, ct_str path)
{
    int place;
    struct stat st;
    ct_str real;
    ct_err e = ct_inroot_open(p->root, path, p->arena, &place, &real);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK;
    bool file = fstat(place, &st) == 0 && S_ISREG(st.st_mode);
    (void)ct_sys->close(place);
    return file ? add(p, path, "", &st, CT_USE_SUCCESSOR, false) : CT_OK;
}

static ct_err open_file(ct_processes *p, const char *fd)
{
    char name[64], target[PATH_MAX];
    struct stat st;
    if (snprintf(name, sizeof name, "fd/%s", fd) >= (int)sizeof name) return CT_OK;
    ssize_t n = readlinkat(p->dir, name, target, sizeof target);
    if (n <= 0 || target[0] != '/') return CT_OK;
    ct_str path = {(unsigned char *)target, (size_t)n};
    bool marked = ct_proc_cut_deleted(&path);
    if (passed_over(path) || (!p->now.jvm && !jar_name(path)) || !ct_process_is_near(p, path)) return CT_OK;
    if (fstatat(p->dir, name, &st, 0) != 0 || !S_ISREG(st.st_mode)) return CT_OK;
    /* A name may really end in " (deleted)": the inode knows. Overlay file systems may keep a link to what was deleted. */
    CT_TRY(add(p, path, name, &st, CT_USE_OPEN, marked));
    return p->now.jvm && (marked || st.st_nlink == 0) ? add_successor(p, path) : CT_OK;
}

static ct_err open_files(ct_processes *p)
{
    int fd = ct_sys->openat(p->dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        p->now.unreadable = fd >= 0 || errno == EACCES || errno == EPERM;
        if (fd >= 0) (void)ct_sys->close(fd);
        return p->now.unreadable ? CT_OK : CT_ERR_NOT_FOUND;
    }
    ct_err e = CT_OK;
    const struct dirent *entry;
    while (e == CT_OK && (entry = readdir(d)))
        if (entry->d_name[0] != '.') e = open_file(p, entry->d_name);
    (void)closedir(d);
    return e;
}

static ct_err mapped_files(ct_processes *p, ct_str maps)
{
    struct ct_proc_map m;
    while (ct_proc_map_next(&maps, &m)) {
        char name[64];
        struct stat st;
        unsigned char plain[PATH_MAX];
        if (!jar_name(m.path) || m.path.n > sizeof plain) continue;
        ct_str path = {plain, ct_proc_unescape(m.path, plain)};
        if (!ct_process_is_near(p, path)) continue;
        (void)snprintf(name, sizeof name, "map_files/%.*s", (int)(m.range.n < 48 ? m.range.n : 48), (const char *)m.range.p);
        if (fstatat(p->dir, name, &st, 0) == 0 && S_ISREG(st.st_mode)) CT_TRY(add(p, path, name, &st, CT_USE_MAPPED, m.deleted));
    }
    return CT_OK;
}

/* Places still to be looked at: class path entries, and what manifests add to them. */
struct queue {
    ct_processes *p;
    ct_str *v;
    size_t n, cap;
    ct_nest *nest;
};

static ct_err push(struct queue *q, ct_str path)
{
    if (q->n == CT_PROCESS_FILES_MAX) {
        q->p->now.cut = true;
        return CT_OK;
    }
    if (q->n == q->cap) {
        size_t cap = q->cap ? q->cap * 2 : 64;
        ct_str *v = ct_arena_grow(q->p->arena, q->v, q->cap * sizeof *v, cap * sizeof *v);
        if (!v) return CT_ERR_NOMEM;
        q->v = v;
        q->cap = cap;
    }
    q->v[q->n++] = path;
    return CT_OK;
}

static ct_err push_path(struct queue *q, ct_str list)
{
    if (list.n == 0) return CT_OK;
    while (list.p) {
        ct_str path;
        CT_TRY(ct_process_absolute(q->p, ct_str_cut(&list, ':'), &path));
        CT_TRY(push(q, path));
    }
    return CT_OK;
}

static ct_err join(ct_arena *arena, ct_str folder, ct_str name, ct_str *ret_path)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 2 * PATH_MAX);
    ct_buf_add(&b, folder);
    ct_buf_byte(&b, '/');
    ct_buf_add(&b, name);
    return ct_buf_str(&b, ret_path);
}

/* The jars of a folder: "lib/" followed by a star, or a folder of modules. */
static ct_err push_folder(struct queue *q, int place, ct_str path)
{
    char name[64];
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", place);
    int fd = ct_sys->open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d && fd >= 0) (void)ct_sys->close(fd);
    ct_err e = CT_OK;
    const struct dirent *entry;
    while (d && e == CT_OK && (entry = readdir(d))) {
        ct_str file = ct_str_from(entry->d_name), full;
        if (file.n < 5 || !ct_str_eq_fold(ct_str_slice(file, file.n - 4, file.n), CT_STR(".jar"))) continue;
        e = join(q->p->arena, path, file, &full);
        if (e == CT_OK) e = push(q, full);
    }
    if (d) (void)closedir(d);
    return e;
}

static ct_err read_fd(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    ssize_t got;
    do got = ct_sys->pread(*(int *)ctx, to, n, (off_t)at);
    while (got < 0 && errno == EINTR);
    if (got < 0) return CT_ERR_READ;
    *ret_n = (size_t)got;
    return CT_OK;
}

struct ct_bytes_at ct_process_bytes(int *fd, uint64_t size) { return (struct ct_bytes_at){.read = read_fd, .ctx = fd, .size = size}; }

/* Class-Path of a manifest: places beside the jar, parted by blanks. */
static ct_err push_manifest(struct queue *q, ct_str manifest, ct_str jar)
{
    struct ct_manifest m;
    ct_str name, value, folder = ct_str_slice(jar, 0, ct_str_rchr(jar, '/'));
    ct_manifest_open(&m, manifest);
    for (;;) {
        ct_err e = ct_manifest_next(&m, q->p->scratch, &name, &value);
        if (e == CT_ERR_NOMEM) return e;
        if (e != CT_OK) return CT_OK;
        if (!ct_str_eq_fold(name, CT_STR("Class-Path"))) continue;
        while (value.p) {
            ct_str part = ct_str_cut(&value, ' '), path = part;
            if (part.n == 0) continue;
            if (ct_str_starts(part, CT_STR("file:"))) path = ct_str_slice(part, 5, part.n);
            if (path.n && path.p[0] != '/') CT_TRY(join(q->p->arena, folder, path, &path));
            else CT_TRY(ct_arena_dup(q->p->arena, path, &path));
            CT_TRY(push(q, path));
        }
    }
}

static ct_err look_for_manifest(struct queue *q, int fd, uint64_t size, ct_str jar)
{
    if (ct_nest_open(q->nest, ct_process_bytes(&fd, size), jar, CT_FAMILY_ZIP) != CT_OK) return CT_OK;
    struct ct_nest_event ev;
    for (;;) {
        ct_err e = ct_nest_next(q->nest, &ev);
        if (e == CT_ERR_NOMEM) return e;
        if (e != CT_OK) return CT_OK;
        if (ev.what != CT_NEST_ENTRY || !ct_str_eq(ev.name, CT_STR("META-INF/MANIFEST.MF"))) continue;
        ct_str text;
        e = ct_nest_load(q->nest, q->p->scratch, CT_PROCESS_TEXT_MAX, &text);
        return e == CT_OK ? push_manifest(q, text, jar) : e == CT_ERR_NOMEM ? e : CT_OK;
    }
}

static ct_err class_path_place(struct queue *q, ct_str path, bool modules, unsigned use)
{
    ct_processes *p = q->p;
    int place, fd;
    struct stat st;
    ct_str real;
    bool star = ct_str_ends(path, CT_STR("/*"));
    if (star) path = ct_str_slice(path, 0, path.n - 2);
    if (!ct_process_is_near(p, path)) return CT_OK;
    ct_err e = ct_inroot_open(p->root, path, p->arena, &place, &real);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK; /* class paths name much that is not there */
    size_t before = p->n_files;
    if (fstat(place, &st) != 0) st.st_mode = 0;
    if (S_ISDIR(st.st_mode) && (star || modules)) e = push_folder(q, place, real);
    else if (S_ISREG(st.st_mode) && !star) e = add(p, real, "", &st, use, false);
    if (e == CT_OK && p->n_files > before && ct_inroot_reopen(place, &fd, &st) == CT_OK) {
        e = look_for_manifest(q, fd, (uint64_t)st.st_size, real);
        (void)ct_sys->close(fd);
    }
    (void)ct_sys->close(place);
    return e;
}

static ct_err class_path(ct_processes *p)
{
    struct queue q = {.p = p};
    CT_TRY(ct_nest_new(p->alloc, &ct_nest_limits_default, &q.nest));
    ct_err e = push_path(&q, p->now.args.module_path);
    size_t modules = q.n;
    if (e == CT_OK) e = push_path(&q, p->now.args.class_path);
    size_t agents = q.n;
    for (size_t i = 0; e == CT_OK && i < p->now.args.n_agents; i++) {
        ct_str path;
        e = ct_process_absolute(p, p->now.args.agents[i], &path);
        if (e == CT_OK) e = push(&q, path);
    }
    size_t further = q.n;
    for (size_t i = 0; e == CT_OK && i < q.n; i++)
        e = class_path_place(&q, q.v[i], i < modules, i >= agents && i < further ? CT_USE_CLASS_PATH | CT_USE_AGENT : CT_USE_CLASS_PATH);
    ct_nest_free(q.nest);
    return e;
}

ct_err ct_process_read_files(ct_processes *p)
{
    CT_TRY(open_files(p));
    if (!p->now.jvm) return CT_OK;
    CT_TRY(mapped_files(p, p->maps));
    CT_TRY(class_path(p));
    return ct_process_read_agents(p);
}
