#include "base/limits.h"
#include "logs/rotation.h"
#include "logs/source.h"
#include "os/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

struct found {
    char *path;
    dev_t device;
    ino_t inode;
};

struct walk {
    const struct ct_alloc *alloc;
    struct ct_path_list list;
    size_t list_cap, problems_cap;
    struct found *found; /* of the argument at hand */
    size_t n, cap;
    struct found *seen; /* open-addressed by inode; empty slots have no path */
    size_t seen_n, seen_cap;
    char **stack; /* directories still to be read */
    size_t stack_n, stack_cap;
};

/* Room for one more item; arrays of the result are shrunk to fit at the end, so that free knows their size. */
static ct_err grow(const struct ct_alloc *alloc, void **items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return CT_OK;
    size_t bigger = *cap ? *cap * 2 : 16, bytes;
    if (__builtin_mul_overflow(bigger, size, &bytes)) return CT_ERR_NOMEM;
    void *p = alloc->resize(alloc->ctx, *items, *cap * size, bytes);
    if (!p) return CT_ERR_NOMEM;
    *items = p;
    *cap = bigger;
    return CT_OK;
}
#define GROW(w, field, n, cap) grow((w)->alloc, (void **)&(w)->field, n, &(w)->cap, sizeof *(w)->field)

static char *copy(const struct ct_alloc *alloc, const char *z)
{
    size_t n = strlen(z) + 1;
    char *p = ct_alloc_get(alloc, n);
    if (p) memcpy(p, z, n);
    return p;
}

static void drop(const struct ct_alloc *alloc, char *z)
{
    if (z) ct_alloc_put(alloc, z, strlen(z) + 1);
}

static ct_err add_problem(struct walk *w, const char *path, ct_err err, const char *detail)
{
    CT_TRY(GROW(w, list.problems, w->list.n_problems, problems_cap));
    struct ct_path_problem *p = &w->list.problems[w->list.n_problems];
    p->path = copy(w->alloc, path);
    if (!p->path) return CT_ERR_NOMEM;
    p->err = err;
    (void)snprintf(p->detail, sizeof p->detail, "%s", detail);
    w->list.n_problems++;
    return CT_OK;
}

static ct_err add_errno(struct walk *w, const char *path, int failed)
{
    return add_problem(w, path, ct_sys_err(failed, CT_ERR_READ), strerror(failed));
}

/* Takes path over. */
static ct_err add_found(struct walk *w, char *path, const struct stat *st)
{
    if (!path) return CT_ERR_NOMEM;
    if (w->list.n + w->n >= CT_PATHS_MAX) {
        drop(w->alloc, path);
        return CT_ERR_CAP;
    }
    if (GROW(w, found, w->n, cap) != CT_OK) {
        drop(w->alloc, path);
        return CT_ERR_NOMEM;
    }
    w->found[w->n++] = (struct found){path, st->st_dev, st->st_ino};
    return CT_OK;
}

static ct_err push(struct walk *w, char *path)
{
    if (!path) return CT_ERR_NOMEM;
    if (GROW(w, stack, w->stack_n, stack_cap) != CT_OK) {
        drop(w->alloc, path);
        return CT_ERR_NOMEM;
    }
    w->stack[w->stack_n++] = path;
    return CT_OK;
}

static char *join(const struct ct_alloc *alloc, const char *dir, const char *name)
{
    size_t d = strlen(dir), n = strlen(name);
    bool slash = d && dir[d - 1] == '/';
    char *p = ct_alloc_get(alloc, d + !slash + n + 1);
    if (!p) return NULL;
    memcpy(p, dir, d);
    if (!slash) p[d] = '/';
    memcpy(p + d + !slash, name, n + 1);
    return p;
}

/* Left out for its name? One note for each kind and directory, not for each file. */
static ct_err left_out(struct walk *w, const char *dir, const char *name, const char **io_noted, bool *ret_out)
{
    const char *why = NULL;
    *ret_out = ct_rotation_no_log(ct_str_from(name), &why);
    if (!*ret_out || !why || *io_noted == why) return CT_OK;
    *io_noted = why;
    return add_problem(w, dir, CT_OK, why);
}

static ct_err look_at_entry(struct walk *w, int dir_fd, const char *dir, const char *name, const char **io_noted)
{
    struct stat st, target;
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return CT_OK; /* gone since it was listed */
    if (S_ISDIR(st.st_mode)) return push(w, join(w->alloc, dir, name));
    if (S_ISLNK(st.st_mode)) {
        if (fstatat(dir_fd, name, &target, 0) != 0) return CT_OK; /* a link into nothing names no file */
        st = target;
    }
    if (!S_ISREG(st.st_mode)) return CT_OK;
    bool out = false;
    CT_TRY(left_out(w, dir, name, io_noted, &out));
    return out ? CT_OK : add_found(w, join(w->alloc, dir, name), &st);
}

/* What the kernel makes up there is no log, and some of it waits when it is read (/proc/kmsg). By the numbers of statfs(2): proc,
 * sysfs, cgroup, cgroup2, debugfs, tracefs, securityfs, pstore, bpf, configfs, selinuxfs, efivarfs, binfmt_misc, fusectl. */
static bool is_made_up(int fd)
{
    static const unsigned long kinds[] = {0x9fa0,     0x62656572, 0x27e0eb,   0x63677270, 0x64626720, 0x74726163, 0x73636673,
                                          0x6165676c, 0xcafe4a11, 0x62656570, 0xf97cff8c, 0xde5e81e4, 0x42494e4d, 0x65735543};
    struct statfs fs;
    if (fstatfs(fd, &fs) != 0) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (((unsigned long)fs.f_type & 0xffffffffu) == kinds[i]) return true;
    return false;
}

/* *io_device: of the directory that was named, 0 for itself. Who names /proc gets it. */
static ct_err read_directory(struct walk *w, const char *dir, dev_t *io_device)
{
    DIR *d = opendir(dir);
    if (!d) return add_errno(w, dir, errno);
    struct stat st;
    if (fstat(dirfd(d), &st) == 0) {
        if (*io_device == 0) *io_device = st.st_dev;
        if (st.st_dev != *io_device && is_made_up(dirfd(d))) {
            (void)closedir(d);
            return add_problem(w, dir, CT_OK, "files that the kernel makes up: name the folder to read them");
        }
    }
    const char *noted = NULL;
    ct_err e = CT_OK;
    int failed = 0;
    while (e == CT_OK) {
        errno = 0;
        struct dirent *entry = readdir(d);
        if (!entry) {
            failed = errno;
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            e = look_at_entry(w, dirfd(d), dir, entry->d_name, &noted);
    }
    (void)closedir(d);
    if (e == CT_OK && failed) e = add_errno(w, dir, failed);
    return e;
}

static ct_err walk_directory(struct walk *w, const char *root)
{
    dev_t device = 0;
    CT_TRY(push(w, copy(w->alloc, root)));
    while (w->stack_n) {
        char *dir = w->stack[--w->stack_n];
        ct_err e = read_directory(w, dir, &device);
        drop(w->alloc, dir);
        CT_TRY(e);
    }
    return CT_OK;
}

static ct_str directory_of(ct_str path, ct_str *ret_name)
{
    size_t slash = ct_str_rchr(path, '/');
    *ret_name = slash == CT_STR_NONE ? path : ct_str_slice(path, slash + 1, path.n);
    return ct_str_slice(path, 0, slash == CT_STR_NONE ? 0 : slash + 1);
}

static int oldest_first(const void *x, const void *y)
{
    const struct found *a = x, *b = y;
    ct_str a_name, b_name;
    int order = ct_natural_cmp(directory_of(ct_str_from(a->path), &a_name), directory_of(ct_str_from(b->path), &b_name));
    if (order) return order;
    struct ct_rotation a_rotation = ct_rotation_of(a_name), b_rotation = ct_rotation_of(b_name);
    order = ct_rotation_cmp(&a_rotation, &b_rotation);
    return order ? order : strcmp(a->path, b->path);
}

static size_t slot_of(const struct found *table, size_t cap, dev_t device, ino_t inode)
{
    size_t i = (size_t)(((uint64_t)inode * 0x9e3779b97f4a7c15u) ^ (uint64_t)device) & (cap - 1);
    while (table[i].path && (table[i].inode != inode || table[i].device != device)) i = (i + 1) & (cap - 1);
    return i;
}

static ct_err grow_seen(struct walk *w)
{
    if (w->seen_n * 2 < w->seen_cap) return CT_OK;
    size_t cap = w->seen_cap ? w->seen_cap * 2 : 64;
    struct found *table = ct_alloc_get(w->alloc, cap * sizeof *table); /* bounded by CT_PATHS_MAX */
    if (!table) return CT_ERR_NOMEM;
    memset(table, 0, cap * sizeof *table);
    for (size_t i = 0; i < w->seen_cap; i++)
        if (w->seen[i].path) table[slot_of(table, cap, w->seen[i].device, w->seen[i].inode)] = w->seen[i];
    ct_alloc_put(w->alloc, w->seen, w->seen_cap * sizeof *w->seen);
    w->seen = table;
    w->seen_cap = cap;
    return CT_OK;
}

/* The argument's files, sorted, go into the list; an inode seen before is dropped. */
static ct_err settle(struct walk *w)
{
    if (w->n) qsort(w->found, w->n, sizeof *w->found, oldest_first);
    for (size_t i = 0; i < w->n; i++) {
        struct found *f = &w->found[i];
        CT_TRY(grow_seen(w));
        size_t slot = slot_of(w->seen, w->seen_cap, f->device, f->inode);
        if (w->seen[slot].path) {
            drop(w->alloc, f->path);
        } else {
            CT_TRY(GROW(w, list.paths, w->list.n, list_cap));
            w->list.paths[w->list.n++] = f->path;
            w->seen[slot] = *f;
            w->seen_n++;
        }
        f->path = NULL;
    }
    w->n = 0;
    return CT_OK;
}

static ct_err add_named(struct walk *w, const char *path, const struct stat *st)
{
    if (!S_ISDIR(st->st_mode)) return add_found(w, copy(w->alloc, path), st);
    size_t before = w->n, problems = w->list.n_problems;
    CT_TRY(walk_directory(w, path));
    if (w->n > before || w->list.n_problems > problems) return CT_OK;
    return add_problem(w, path, CT_ERR_NOT_FOUND, "no file in this directory");
}

static ct_err add_glob(struct walk *w, const char *pattern)
{
    glob_t g;
    int r = glob(pattern, GLOB_NOSORT, NULL, &g);
    if (r == GLOB_NOSPACE) return CT_ERR_NOMEM;
    if (r != 0) return add_problem(w, pattern, CT_ERR_NOT_FOUND, "no file matches");
    const char *noted = NULL;
    ct_err e = CT_OK;
    size_t before = w->n, problems = w->list.n_problems;
    for (size_t i = 0; e == CT_OK && i < g.gl_pathc; i++) {
        struct stat st;
        ct_str name;
        ct_str dir = directory_of(ct_str_from(g.gl_pathv[i]), &name);
        bool out = false;
        if (stat(g.gl_pathv[i], &st) != 0) { /* a link into nothing names no file here either */
            if (errno != ENOENT && errno != ELOOP) e = add_errno(w, g.gl_pathv[i], errno);
            continue;
        }
        if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) continue; /* nobody asked to wait for that pipe */
        if (S_ISREG(st.st_mode)) e = left_out(w, pattern, g.gl_pathv[i] + dir.n, &noted, &out);
        if (e == CT_OK && !out) e = add_named(w, g.gl_pathv[i], &st);
    }
    globfree(&g);
    if (e == CT_OK && w->n == before && w->list.n_problems == problems) e = add_problem(w, pattern, CT_ERR_NOT_FOUND, "no file matches");
    return e;
}

static ct_err add_argument(struct walk *w, const char *arg)
{
    struct stat st;
    if (strcmp(arg, "-") == 0) {
        if (fstat(STDIN_FILENO, &st) != 0) return add_errno(w, arg, errno);
        return add_found(w, copy(w->alloc, arg), &st);
    }
    if (stat(arg, &st) == 0) return add_named(w, arg, &st); /* also a file whose name holds a star */
    int failed = errno;
    if ((failed == ENOENT || failed == ENOTDIR) && strpbrk(arg, "*?[")) return add_glob(w, arg);
    return add_errno(w, arg, failed);
}

/* The list's arrays at exactly their size. Shrinking cannot be refused in earnest; if it is, the work failed. */
static ct_err fit(const struct ct_alloc *alloc, void **items, size_t n, size_t cap, size_t size)
{
    if (n == cap) return CT_OK;
    if (n == 0) {
        ct_alloc_put(alloc, *items, cap * size);
        *items = NULL;
        return CT_OK;
    }
    void *p = alloc->resize(alloc->ctx, *items, cap * size, n * size);
    if (!p) return CT_ERR_NOMEM;
    *items = p;
    return CT_OK;
}

static void clear_stack(struct walk *w)
{
    while (w->stack_n) drop(w->alloc, w->stack[--w->stack_n]);
}

static void done(struct walk *w)
{
    clear_stack(w);
    for (size_t i = 0; i < w->n; i++) drop(w->alloc, w->found[i].path);
    ct_alloc_put(w->alloc, w->found, w->cap * sizeof *w->found);
    ct_alloc_put(w->alloc, w->stack, w->stack_cap * sizeof *w->stack);
    ct_alloc_put(w->alloc, w->seen, w->seen_cap * sizeof *w->seen);
}

static void free_items(const struct ct_alloc *alloc, struct ct_path_list *list, size_t paths_cap, size_t problems_cap)
{
    for (size_t i = 0; i < list->n; i++) drop(alloc, list->paths[i]);
    for (size_t i = 0; i < list->n_problems; i++) drop(alloc, list->problems[i].path);
    ct_alloc_put(alloc, list->paths, paths_cap * sizeof *list->paths);
    ct_alloc_put(alloc, list->problems, problems_cap * sizeof *list->problems);
    *list = (struct ct_path_list){0};
}

ct_err ct_paths_expand(const struct ct_alloc *alloc, const char *const *args, size_t n_args, struct ct_path_list *ret_list)
{
    struct walk w = {.alloc = alloc};
    ct_err e = CT_OK;
    for (size_t i = 0; e == CT_OK && i < n_args; i++) {
        e = add_argument(&w, args[i]);
        clear_stack(&w);
        if (e == CT_ERR_CAP) e = add_problem(&w, args[i], CT_ERR_CAP, "too many files: the rest is left out");
        if (e == CT_OK) e = settle(&w);
    }
    if (e == CT_OK) {
        e = fit(alloc, (void **)&w.list.paths, w.list.n, w.list_cap, sizeof *w.list.paths);
        if (e == CT_OK) w.list_cap = w.list.n;
    }
    if (e == CT_OK) {
        e = fit(alloc, (void **)&w.list.problems, w.list.n_problems, w.problems_cap, sizeof *w.list.problems);
        if (e == CT_OK) w.problems_cap = w.list.n_problems;
    }
    done(&w);
    if (e != CT_OK) {
        free_items(alloc, &w.list, w.list_cap, w.problems_cap);
        return e;
    }
    *ret_list = w.list;
    return CT_OK;
}

void ct_paths_free(const struct ct_alloc *alloc, struct ct_path_list *list)
{
    free_items(alloc, list, list->n, list->n_problems);
}
