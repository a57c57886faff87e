#include "scan/process_read.h"

#include "os/inroot.h"
#include "os/sys.h"
#include "runtime/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ct_err link_text(ct_arena *arena, int dir, const char *name, ct_str *ret_text)
{
    char text[PATH_MAX];
    ssize_t n = readlinkat(dir, name, text, sizeof text);
    if (n < 0) return ct_sys_err(errno, CT_ERR_READ);
    return ct_arena_dup(arena, (ct_str){(unsigned char *)text, (size_t)n}, ret_text);
}

static int64_t since_epoch_us(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 : 0;
}

ct_err ct_processes_new(const struct ct_alloc *alloc, const struct ct_processes_opts *opts, ct_processes **ret_p)
{
    ct_processes *p = ct_alloc_get(alloc, sizeof *p);
    if (!p) return CT_ERR_NOMEM;
    memset(p, 0, sizeof *p);
    p->alloc = alloc;
    p->opts = *opts;
    p->dir = p->root = -1;
    p->own_pid = (uint64_t)getpid();
    p->ticks = sysconf(_SC_CLK_TCK);
    p->boot_us = since_epoch_us(CLOCK_REALTIME) - since_epoch_us(CLOCK_BOOTTIME);
    ct_seen_init(&p->seen, alloc);
    p->proc = ct_sys->open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    int copy = p->proc >= 0 ? dup(p->proc) : -1;
    if (copy >= 0) p->list = fdopendir(copy);
    ct_err e = p->list ? CT_OK : CT_ERR_UNSUPPORTED;
    if (!p->list && copy >= 0) (void)ct_sys->close(copy);
    if (e == CT_OK) e = ct_arena_new(alloc, CT_PROCESS_ARENA_MAX, &p->arena);
    if (e == CT_OK) e = ct_arena_new(alloc, CT_PROCESS_ARENA_MAX, &p->scratch);
    if (e == CT_OK) e = ct_arena_new(alloc, CT_PROCESS_ARENA_MAX, &p->kept);
    if (e == CT_OK) e = ct_mounts_new(alloc, "/proc/self/mountinfo", &p->own_mounts);
    if (e == CT_OK) {
        ct_err tree = link_text(p->kept, p->proc, "self/ns/mnt", &p->own_tree);
        if (tree == CT_ERR_NOT_FOUND) tree = CT_ERR_UNSUPPORTED; /* not the /proc of our own pid namespace, or none at all */
        if (tree == CT_ERR_NOMEM || tree == CT_ERR_UNSUPPORTED) e = tree;
    }
    if (e == CT_OK && stat("/", &p->own_root) != 0) e = CT_ERR_UNSUPPORTED;
    if (e == CT_OK && ct_inroot_slurp(p->kept, AT_FDCWD, "/etc/passwd", CT_PROCESS_TEXT_MAX, &p->passwd, NULL) == CT_ERR_NOMEM) e = CT_ERR_NOMEM;
    if (e == CT_OK) *ret_p = p;
    else ct_processes_free(p);
    return e;
}

static void leave(ct_processes *p)
{
    if (p->dir >= 0) (void)ct_sys->close(p->dir);
    if (p->root >= 0) (void)ct_sys->close(p->root);
    p->dir = p->root = -1;
    ct_mounts_free(p->mounts);
    p->mounts = NULL;
    ct_seen_done(&p->seen);
    ct_seen_init(&p->seen, p->alloc);
    if (p->arena) ct_arena_clear(p->arena);
    if (p->scratch) ct_arena_clear(p->scratch);
    p->now = (struct ct_process){0};
    p->files = NULL;
    p->n_files = p->cap_files = 0;
    p->maps = p->cwd = p->libjvm = p->java_home = p->user_home = (ct_str){0};
}

void ct_processes_free(ct_processes *p)
{
    if (!p) return;
    leave(p);
    if (p->list) (void)closedir(p->list);
    if (p->proc >= 0) (void)ct_sys->close(p->proc);
    ct_mounts_free(p->own_mounts);
    ct_arena_free(p->arena);
    ct_arena_free(p->scratch);
    ct_arena_free(p->kept);
    ct_alloc_put(p->alloc, p, sizeof *p);
}

void ct_process_problem(ct_processes *p, const char *text)
{
    if (!p->now.problem.n) p->now.problem = ct_str_from(text);
}

ct_str ct_process_passwd(ct_str passwd, uint64_t uid, unsigned n)
{
    while (passwd.p) {
        ct_str line = ct_str_cut(&passwd, '\n'), field[7] = {{0}};
        unsigned got = 0;
        for (ct_str rest = line; rest.p && got < 7;) field[got++] = ct_str_cut(&rest, ':');
        uint64_t id;
        if (got == 7 && ct_str_u64(field[2], &id) && id == uid) return field[n];
    }
    return (ct_str){0};
}

bool ct_process_is_near(const ct_processes *p, ct_str path)
{
    ct_str type;
    const ct_mounts *m = p->mounts ? p->mounts : p->own_mounts;
    if (!ct_mounts_of(m, path, &type)) return true;
    enum ct_mount_class class = ct_mount_class_of(type);
    return class == CT_MOUNT_LOCAL || class == CT_MOUNT_OVERLAY || (class == CT_MOUNT_NETWORK && p->opts.include_network);
}

ct_err ct_process_absolute(ct_processes *p, ct_str path, ct_str *ret_path)
{
    struct ct_buf b;
    if (path.n && path.p[0] == '/') {
        *ret_path = path;
        return CT_OK;
    }
    ct_buf_init(&b, p->arena, PATH_MAX);
    ct_buf_add(&b, p->cwd);
    ct_buf_byte(&b, '/');
    ct_buf_add(&b, path);
    return ct_buf_str(&b, ret_path);
}

ct_err ct_process_file_text(ct_processes *p, ct_str path, size_t max, ct_str *ret_text, int64_t *ret_changed_us)
{
    int place, fd;
    struct stat st;
    char name[64];
    if (p->root < 0) return CT_ERR_PERMISSION;
    CT_TRY(ct_process_absolute(p, path, &path));
    if (!ct_process_is_near(p, path)) return CT_ERR_UNSUPPORTED;
    CT_TRY(ct_inroot_open(p->root, path, p->arena, &place, NULL));
    ct_err e = ct_inroot_reopen(place, &fd, &st);
    (void)ct_sys->close(place);
    if (e != CT_OK) return e;
    bool cut = false;
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    e = (uint64_t)st.st_size > max ? CT_ERR_CAP : ct_inroot_slurp(p->arena, AT_FDCWD, name, max, ret_text, &cut);
    (void)ct_sys->close(fd);
    if (e == CT_OK && ret_changed_us) *ret_changed_us = (int64_t)st.st_ctim.tv_sec * 1000000 + st.st_ctim.tv_nsec / 1000;
    return e == CT_OK && cut ? CT_ERR_CAP : e;
}

/* CT_ERR_NOT_FOUND: it has ended, or is none of ours to look at. */
static ct_err read_stat(ct_processes *p)
{
    ct_str text;
    struct ct_proc_stat stat;
    struct ct_proc_status status;
    CT_TRY(ct_inroot_slurp(p->arena, p->dir, "stat", 4096, &text, NULL));
    CT_TRY(ct_proc_stat_parse(text, &stat));
    CT_TRY(ct_inroot_slurp(p->arena, p->dir, "status", 16384, &text, NULL));
    CT_TRY(ct_proc_status_parse(text, &status));
    if (stat.state == 'Z' || stat.state == 'X') return CT_ERR_NOT_FOUND;
    if (stat.parent == 2 || p->now.pid == 2) return CT_ERR_NOT_FOUND; /* threads of the kernel */
    p->now.name = stat.name;
    p->now.uid = status.uid;
    p->now.started_us = p->boot_us + (int64_t)(stat.start_ticks * 1000000 / (uint64_t)p->ticks);
    p->now.user = ct_process_passwd(p->passwd, status.uid, 0);
    if (!p->now.user.n) {
        struct ct_buf b;
        ct_buf_init(&b, p->arena, 32);
        ct_buf_u64(&b, status.uid);
        CT_TRY(ct_buf_str(&b, &p->now.user));
    }
    return CT_OK;
}

static ct_err read_group(ct_processes *p)
{
    ct_str text;
    p->now.group.runtime = "";
    ct_err e = ct_inroot_slurp(p->arena, p->dir, "cgroup", CT_PROCESS_TEXT_MAX, &text, NULL);
    if (e == CT_OK) ct_cgroup_parse(text, &p->now.group);
    if (e == CT_ERR_NOMEM || p->now.same_tree || p->now.group.container.n) return e == CT_ERR_NOMEM ? e : CT_OK;
    e = ct_inroot_slurp(p->arena, p->dir, "mountinfo", CT_PROCESS_TEXT_MAX, &text, NULL);
    if (e == CT_OK) ct_cgroup_from_mounts(text, &p->now.group);
    return e == CT_ERR_NOMEM ? e : CT_OK;
}

/* Its root and its mounts. */
static ct_err enter_tree(ct_processes *p)
{
    ct_str tree = {0};
    struct stat st;
    char path[64];
    ct_err e = link_text(p->arena, p->dir, "ns/mnt", &tree);
    if (e == CT_ERR_NOMEM) return e;
    p->root = e == CT_OK ? ct_sys->openat(p->dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC, 0) : -1;
    if (p->root < 0) { /* not ours to look at, or gone in the meantime */
        if (e == CT_OK) e = ct_sys_err(errno, CT_ERR_READ);
        p->now.unreadable = e == CT_ERR_PERMISSION;
        return p->now.unreadable ? CT_OK : CT_ERR_NOT_FOUND;
    }
    bool same_root = fstat(p->root, &st) == 0 && st.st_dev == p->own_root.st_dev && st.st_ino == p->own_root.st_ino;
    p->now.same_tree = same_root && ct_str_eq(tree, p->own_tree);
    if (!p->now.same_tree) {
        (void)snprintf(path, sizeof path, "/proc/%llu/mountinfo", (unsigned long long)p->now.pid);
        CT_TRY(ct_mounts_new(p->alloc, path, &p->mounts));
    }
    e = link_text(p->arena, p->dir, "cwd", &p->cwd);
    if (e == CT_OK) (void)ct_proc_cut_deleted(&p->cwd);
    return e == CT_ERR_NOMEM ? e : CT_OK;
}

static ct_err read_one(ct_processes *p, const char *name)
{
    if (!ct_str_u64(ct_str_from(name), &p->now.pid) || p->now.pid == p->own_pid) return CT_ERR_NOT_FOUND;
    p->dir = ct_sys->openat(p->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (p->dir < 0) return CT_ERR_NOT_FOUND;
    CT_TRY(read_stat(p));
    CT_TRY(enter_tree(p));
    CT_TRY(read_group(p));
    if (p->now.unreadable) return CT_OK;
    CT_TRY(ct_process_read_java(p));
    CT_TRY(ct_process_read_files(p));
    p->now.files = p->files;
    p->now.n_files = p->n_files;
    return CT_OK;
}

ct_err ct_processes_next(ct_processes *p, const struct ct_process **ret_process)
{
    for (;;) {
        leave(p);
        errno = 0;
        const struct dirent *d = readdir(p->list);
        if (!d) return CT_ERR_END;
        ct_err e = read_one(p, d->d_name);
        if (e == CT_ERR_NOMEM) { /* over its arena: what is known by then is shown, as cut */
            if (!p->now.name.p) continue;
            p->now.cut = true;
            p->now.files = p->files;
            p->now.n_files = p->n_files;
            ct_process_problem(p, "too much to keep of its files or arguments");
        } else if (e != CT_OK) continue;
        *ret_process = &p->now;
        return CT_OK;
    }
}

ct_err ct_process_open(ct_processes *p, const struct ct_process_file *f, int *ret_fd)
{
    int place = -1, fd;
    struct stat st;
    if (f->handle[0]) {
        place = ct_sys->openat(p->dir, f->handle, O_PATH | O_CLOEXEC, 0);
        if (place < 0) return ct_sys_err(errno, CT_ERR_READ);
    } else CT_TRY(ct_inroot_open(p->root, f->path, p->arena, &place, NULL));
    ct_err e = ct_inroot_reopen(place, &fd, &st);
    (void)ct_sys->close(place);
    if (e != CT_OK) return e;
    if (st.st_dev != f->dev || st.st_ino != f->ino) { /* the descriptor, or the name, means another file by now */
        (void)ct_sys->close(fd);
        return CT_ERR_NOT_FOUND;
    }
    *ret_fd = fd;
    return CT_OK;
}
