#include "fix/fix.h"
#include "base/limits.h"
#include "fix/fix_disk.h"
#include "os/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int by_file(const void *a, const void *b)
{
    const struct ct_fix_cut *x = a, *y = b;
    int c = ct_str_cmp(x->file, y->file);
    if (c != 0) return c;
    for (size_t i = 0; i < x->n_names && i < y->n_names; i++)
        if ((c = ct_str_cmp(x->names[i], y->names[i])) != 0) return c;
    return x->n_names < y->n_names ? -1 : x->n_names > y->n_names;
}

/* Folders in which container engines keep unpacked images: a change there changes what other containers share. */
static bool in_image(ct_str file)
{
    static const ct_str folders[] = {
        CT_STR_INIT("/var/lib/docker/overlay2/"), CT_STR_INIT("/var/lib/docker/aufs/"), CT_STR_INIT("/var/lib/containers/storage/"),
        CT_STR_INIT("/var/lib/containerd/"), CT_STR_INIT("/var/lib/kubelet/"), CT_STR_INIT("/snap/"), CT_STR_INIT("/proc/")};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (ct_str_starts(file, folders[i])) return true;
    return false;
}

static ct_err to_nowhere(void *ctx, const void *p, size_t n)
{
    (void)ctx, (void)p, (void)n;
    return CT_OK;
}

#define REFUSE(t, ...) ((void)snprintf((t)->refused, sizeof(t)->refused, __VA_ARGS__))

static void look_at_place(struct ct_fix_target *t, int dir, int fd)
{
    struct statvfs fs;
    int flags = 0;
    if (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY)) REFUSE(t, "it lies on a read-only file system");
    else if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 && (flags & (FS_IMMUTABLE_FL | FS_APPEND_FL))) REFUSE(t, "it is marked as immutable (chattr)");
    else if (faccessat(dir, ".", W_OK, AT_EACCESS) != 0) REFUSE(t, "its folder cannot be written to: %s", strerror(errno));
    else if (geteuid() != 0 && t->was.st_uid != geteuid()) REFUSE(t, "it belongs to another user: run as root to keep its owner");
}

static ct_err look_inside(struct ct_fix_target *t, int fd)
{
    ct_arena *arena;
    struct ct_fault fault = {0};
    struct ct_zip_without_result r;
    struct ct_bytes_at in = ct_fix_bytes(&fd, (uint64_t)t->was.st_size);
    CT_TRY(ct_arena_new(&ct_alloc_libc, CT_FIX_MEMORY_MAX, &arena));
    ct_err err = ct_zip_without(arena, &in, t->cuts, t->n_cuts, to_nowhere, NULL, &r, &fault);
    ct_arena_free(arena);
    if (err == CT_OK) t->signature = r.signature;
    else REFUSE(t, "%s", fault.detail[0] ? fault.detail : err == CT_ERR_NOMEM ? "it takes too much memory" : ct_err_text(err));
    return CT_OK;
}

static ct_err look_at(struct ct_fix_target *t)
{
    const char *name;
    if (in_image(t->file)) {
        REFUSE(t, "it belongs to a container image or another process's view: change the image, not the copy");
        return CT_OK;
    }
    int dir = ct_fix_open_parent(t->path, &name);
    int fd = dir < 0 ? -1 : ct_sys->openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    ct_err err = CT_OK;
    if (fd < 0 || fstat(fd, &t->was) != 0) REFUSE(t, "it cannot be opened: %s", strerror(errno));
    else if (!S_ISREG(t->was.st_mode)) REFUSE(t, "it is no regular file");
    else if (t->was.st_nlink > 1) REFUSE(t, "it has %lu names (hard links), and the others would keep the old content", (unsigned long)t->was.st_nlink);
    else look_at_place(t, dir, fd);
    if (!t->refused[0] && !t->whole) err = look_inside(t, fd);
    if (fd >= 0) (void)ct_sys->close(fd);
    if (dir >= 0) (void)ct_sys->close(dir);
    return err;
}

/* dpkg keeps the files of PACKAGE, one a line, in PACKAGE.list. */
static void find_owners(struct ct_fix_plan *plan, const char *dpkg_info)
{
    DIR *d = opendir(dpkg_info);
    char *line = NULL;
    size_t room = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n < 6 || strcmp(e->d_name + n - 5, ".list") != 0) continue;
        int fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
        if (!f && fd >= 0) (void)close(fd);
        for (ssize_t got; f && (got = getline(&line, &room, f)) > 0;) {
            ct_str path = {(const unsigned char *)line, (size_t)got - (line[got - 1] == '\n')};
            for (size_t i = 0; i < plan->n; i++)
                if (ct_str_eq(path, plan->targets[i].file)) (void)snprintf(plan->targets[i].owner, sizeof plan->targets[i].owner, "%.*s", (int)n - 5, e->d_name);
        }
        if (f) (void)fclose(f);
    }
    free(line);
    if (d) (void)closedir(d);
}

ct_err ct_fix_plan(ct_arena *arena, const struct ct_fix_cut *cuts, size_t n, const char *dpkg_info, struct ct_fix_plan *ret_plan)
{
    struct ct_fix_cut *sorted = ct_arena_array(arena, n, sizeof *sorted);
    struct ct_zip_cut *all = ct_arena_array(arena, n, sizeof *all);
    struct ct_fix_plan plan = {.targets = ct_arena_array(arena, n, sizeof *plan.targets)};
    if (!sorted || !all || !plan.targets) return CT_ERR_NOMEM;
    if (n) memcpy(sorted, cuts, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_file);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && by_file(&sorted[i - 1], &sorted[i]) == 0) continue;
        struct ct_fix_target *t = plan.n ? &plan.targets[plan.n - 1] : NULL;
        if (!t || !ct_str_eq(t->file, sorted[i].file)) {
            char *path = ct_arena_alloc(arena, sorted[i].file.n + 1);
            if (!path) return CT_ERR_NOMEM;
            memcpy(path, sorted[i].file.p, sorted[i].file.n);
            path[sorted[i].file.n] = 0;
            t = &plan.targets[plan.n++];
            *t = (struct ct_fix_target){.file = {(unsigned char *)path, sorted[i].file.n}, .path = path, .cuts = &all[i]};
        }
        if (sorted[i].n_names == 0) t->whole = true;
        else t->cuts[t->n_cuts++] = (struct ct_zip_cut){sorted[i].names, sorted[i].n_names};
    }
    for (size_t i = 0; i < plan.n; i++) {
        CT_TRY(look_at(&plan.targets[i]));
        plan.ready += !plan.targets[i].refused[0];
    }
    find_owners(&plan, dpkg_info);
    *ret_plan = plan;
    return CT_OK;
}
