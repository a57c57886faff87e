#include "base/limits.h"
#include "fix/fix.h"
#include "fix/fix_disk.h"
#include "fix/fix_journal.h"
#include "fix/fix_verify.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct run {
    ct_arena *arena;
    const char *id;
    int folder, journal;
    struct ct_fault *fault;
};

/* A target on the way: its folder, the file as it is, the new one. */
struct work {
    struct ct_fix_target *t;
    size_t number;
    int dir, old, new;
    const char *name;
    char temporary[NAME_MAX + 1];
};

#define REFUSE(w, ...) ((void)snprintf((w)->t->refused, sizeof(w)->t->refused, __VA_ARGS__))

static ct_err note(struct run *r, struct ct_buf *line)
{
    ct_str text;
    CT_TRY(ct_buf_str(line, &text));
    if (ct_file_write_all(r->journal, text) != CT_OK || ct_sys->fsync(r->journal) != 0)
        return ct_fault_set(r->fault, CT_ERR_WRITE, 0, "the journal cannot be written: %s", strerror(errno));
    return CT_OK;
}

static ct_err note_done(struct run *r, size_t n)
{
    struct ct_buf line;
    ct_buf_init(&line, r->arena, 64);
    ct_buf_printf(&line, "done %zu\n", n);
    return note(r, &line);
}

static ct_err back_up(struct run *r, struct work *w)
{
    unsigned char digest[CT_BLAKE2B_DIGEST];
    char name[24];
    struct ct_buf line;
    (void)snprintf(name, sizeof name, "%zu", w->number);
    int to = ct_sys->openat(r->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0) return ct_fault_set(r->fault, CT_ERR_WRITE, 0, "the backup cannot be written: %s", strerror(errno));
    ct_err err = ct_fix_copy(w->old, to, digest, r->fault);
    /* As much as that place can keep: undo takes the rest from the journal and from the file in place. */
    if (err == CT_OK && ct_fix_keep_attributes(w->old, to, NULL) != CT_OK) (void)fchmod(to, 0600);
    if (err == CT_OK && (ct_sys->fsync(to) != 0 || ct_sys->fsync(r->folder) != 0))
        err = ct_fault_set(r->fault, CT_ERR_WRITE, 0, "the backup cannot be written: %s", strerror(errno));
    (void)ct_sys->close(to);
    CT_TRY(err);
    ct_buf_init(&line, r->arena, 4 * PATH_MAX);
    ct_fix_journal_file(&line, w->number, &w->t->was, digest, w->t->file);
    return note(r, &line);
}

struct sink {
    int fd;
    int failed;
};

static ct_err to_file(void *ctx, const void *p, size_t n)
{
    struct sink *s = ctx;
    ct_err err = ct_file_write_all(s->fd, (ct_str){p, n});
    if (err != CT_OK) s->failed = errno;
    return err;
}

/* The new file beside the old one, complete and looked at. Not CT_OK: w->t->refused says why, or r->fault. */
static ct_err write_new(struct run *r, struct work *w, unsigned char digest[CT_BLAKE2B_DIGEST])
{
    struct ct_fault fault = {0};
    struct ct_zip_without_result result;
    struct ct_arena_mark mark = ct_arena_mark(r->arena);
    struct ct_bytes_at in = ct_fix_bytes(&w->old, (uint64_t)w->t->was.st_size);
    if (snprintf(w->temporary, sizeof w->temporary, ".caltrop-%s-%zu", r->id, w->number) < 0) return CT_ERR_CAP;
    w->new = ct_sys->openat(w->dir, w->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (w->new < 0) {
        REFUSE(w, "no file can be made beside it: %s", strerror(errno));
        return CT_ERR_WRITE;
    }
    struct sink sink = {.fd = w->new};
    ct_err err = ct_zip_without(r->arena, &in, w->t->cuts, w->t->n_cuts, to_file, &sink, &result, &fault);
    ct_arena_reset(r->arena, mark);
    if (err != CT_OK) {
        REFUSE(w, "%s", sink.failed ? strerror(sink.failed) : fault.detail[0] ? fault.detail : ct_err_text(err));
        return err;
    }
    if ((err = ct_fix_copy(w->new, -1, digest, &fault)) == CT_OK) err = ct_fix_verify(w->old, w->new, w->t->cuts, w->t->n_cuts, &fault);
    if (err == CT_OK) err = ct_fix_keep_attributes(w->old, w->new, &fault);
    if (err == CT_OK && ct_sys->fsync(w->new) != 0) err = ct_fault_set(&fault, CT_ERR_WRITE, 0, "fsync: %s", strerror(errno));
    if (err != CT_OK) REFUSE(w, "%s", fault.detail);
    return err;
}

/* The one step that counts. */
static ct_err put_in_place(struct run *r, struct work *w)
{
    struct stat st;
    if (fstatat(w->dir, w->name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_ino != w->t->was.st_ino || st.st_dev != w->t->was.st_dev) {
        REFUSE(w, "it was replaced meanwhile");
        return CT_ERR_WRITE;
    }
    int failed = w->t->whole ? ct_sys->unlinkat(w->dir, w->name, 0) : ct_sys->renameat(w->dir, w->temporary, w->dir, w->name);
    if (failed != 0) {
        REFUSE(w, "%s", strerror(errno));
        return CT_ERR_WRITE;
    }
    w->temporary[0] = 0;
    w->t->done = true;
    /* Some file systems cannot sync a directory and say EINVAL; there the rename is all there is. */
    if (ct_sys->fsync(w->dir) != 0 && errno != EINVAL)
        return ct_fault_set(r->fault, CT_ERR_WRITE, 0, "fsync of the folder: %s", strerror(errno));
    return CT_OK;
}

/* An error is the run's; the target's own troubles are in w->t->refused. */
static ct_err change(struct run *r, struct work *w)
{
    unsigned char digest[CT_BLAKE2B_DIGEST];
    struct ct_buf line;
    struct stat st;
    w->old = ct_sys->openat(w->dir, w->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
    if (w->old < 0 || fstat(w->old, &st) != 0) {
        REFUSE(w, "it cannot be opened: %s", strerror(errno));
        return CT_OK;
    }
    const struct stat *was = &w->t->was;
    if (st.st_ino != was->st_ino || st.st_dev != was->st_dev || st.st_size != was->st_size || st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
        st.st_mtim.tv_nsec != was->st_mtim.tv_nsec) {
        REFUSE(w, "it changed since it was looked at");
        return CT_OK;
    }
    CT_TRY(back_up(r, w));
    if (!w->t->whole && write_new(r, w, digest) != CT_OK) return CT_OK;
    ct_buf_init(&line, r->arena, 128);
    ct_fix_journal_ready(&line, w->number, w->t->whole ? NULL : digest);
    CT_TRY(note(r, &line));
    ct_err err = put_in_place(r, w);
    if (!w->t->done) return CT_OK;
    CT_TRY(err);
    return note_done(r, w->number);
}

static ct_err change_one(struct run *r, struct ct_fix_target *t, size_t number)
{
    struct work w = {.t = t, .number = number, .old = -1, .new = -1};
    w.dir = ct_fix_open_parent(t->path, &w.name);
    if (w.dir < 0) {
        REFUSE(&w, "its folder cannot be opened: %s", strerror(errno));
        return CT_OK;
    }
    ct_err err = change(r, &w);
    if (w.new >= 0 && w.temporary[0]) (void)ct_sys->unlinkat(w.dir, w.temporary, 0);
    if (w.new >= 0) (void)ct_sys->close(w.new);
    if (w.old >= 0) (void)ct_sys->close(w.old);
    (void)ct_sys->close(w.dir);
    return err;
}

/* The run's folder and journal; id is set once there is one. */
static ct_err begin(struct run *r, const char *dir, char id[CT_FIX_ID_SIZE])
{
    unsigned char noise[2] = {0};
    char name[CT_FIX_ID_SIZE], path[PATH_MAX];
    time_t now = (time_t)(ct_clock_real_us() / 1000000);
    struct tm tm;
    struct ct_buf line;
    if (getrandom(noise, sizeof noise, 0) != (ssize_t)sizeof noise) noise[0] = (unsigned char)getpid();
    (void)gmtime_r(&now, &tm);
    size_t n = strftime(name, sizeof name, "%Y%m%dT%H%M%SZ", &tm);
    (void)snprintf(name + n, sizeof name - n, "-%02x%02x", noise[0], noise[1]);
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) return ct_fault_set(r->fault, CT_ERR_CAP, 0, "the path of the data directory is too long");
    if ((mkdir(dir, 0700) != 0 && errno != EEXIST) || mkdir(path, 0700) != 0)
        return ct_fault_set(r->fault, ct_sys_err(errno, CT_ERR_WRITE), 0, "%s: %s", path, strerror(errno));
    r->folder = ct_sys->open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    r->journal = r->folder < 0 ? -1 : ct_sys->openat(r->folder, "journal", O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (r->journal < 0) return ct_fault_set(r->fault, ct_sys_err(errno, CT_ERR_WRITE), 0, "%s: %s", path, strerror(errno));
    memcpy(id, name, sizeof name);
    ct_buf_init(&line, r->arena, 64);
    ct_buf_text(&line, "caltrop-fix 1\n");
    return note(r, &line);
}

ct_err ct_fix_apply(ct_arena *arena, struct ct_fix_plan *plan, const char *dir, const atomic_bool *stop, char ret_id[CT_FIX_ID_SIZE],
                    struct ct_fault *fault)
{
    struct run r = {.arena = arena, .id = ret_id, .folder = -1, .journal = -1, .fault = fault};
    ret_id[0] = 0;
    ct_err err = begin(&r, dir, ret_id);
    size_t number = 0;
    for (size_t i = 0; i < plan->n && err == CT_OK; i++) {
        if (plan->targets[i].refused[0]) continue;
        if (stop && atomic_load(stop)) err = CT_ERR_INTERRUPTED;
        else if (number == CT_FIX_FILES_MAX) err = ct_fault_set(fault, CT_ERR_CAP, 0, "more than %u files in one run", CT_FIX_FILES_MAX);
        else err = change_one(&r, &plan->targets[i], number++);
    }
    if (r.journal >= 0) (void)ct_sys->close(r.journal);
    if (r.folder >= 0) (void)ct_sys->close(r.folder);
    return err;
}
