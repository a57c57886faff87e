#include "base/limits.h"
#include "fix/fix.h"
#include "fix/fix_disk.h"
#include "fix/fix_journal.h"
#include "os/file.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct back {
    const char *folder;     /* path of the run */
    const char *id;
    int folder_fd, journal;
    struct ct_fix_entry *e;
    size_t number;
    int dir, now;           /* now: the file in place, or -1 */
    const char *name;
    char why[200];
};

static enum ct_fix_undone keep(struct back *b, const char *why)
{
    (void)snprintf(b->why, sizeof b->why, "%s", why);
    return CT_FIX_KEPT;
}

/* Owner, mode and time as the journal has them, over what the file in place or the backup could say. */
static ct_err give_attributes(const struct back *b, int backup, int to, struct ct_fault *fault)
{
    CT_TRY(ct_fix_keep_attributes(b->now >= 0 ? b->now : backup, to, fault));
    const struct stat *was = &b->e->was;
    struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, was->st_mtim};
    if (fchown(to, was->st_uid, was->st_gid) != 0 || fchmod(to, was->st_mode) != 0 || futimens(to, times) != 0)
        return ct_fault_set(fault, CT_ERR_PERMISSION, 0, "its owner, mode and time cannot be restored: %s", strerror(errno));
    return CT_OK;
}

static ct_err copy_back(const struct back *b, int backup, int to, struct ct_fault *fault)
{
    unsigned char digest[CT_BLAKE2B_DIGEST];
    CT_TRY(ct_fix_copy(backup, to, digest, fault));
    if (memcmp(digest, b->e->old, sizeof digest) != 0) return ct_fault_set(fault, CT_ERR_CHECKSUM, 0, "the backup is damaged");
    CT_TRY(give_attributes(b, backup, to, fault));
    if (ct_sys->fsync(to) != 0) return ct_fault_set(fault, CT_ERR_WRITE, 0, "fsync: %s", strerror(errno));
    return CT_OK;
}

static enum ct_fix_undone restore(struct back *b)
{
    char number[24], temporary[NAME_MAX + 1];
    struct ct_fault fault = {0};
    (void)snprintf(number, sizeof number, "%zu", b->number);
    (void)snprintf(temporary, sizeof temporary, ".caltrop-%s-%zu", b->id, b->number);
    int backup = ct_sys->openat(b->folder_fd, number, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (backup < 0) return keep(b, "the backup is gone");
    int to = ct_sys->openat(b->dir, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    ct_err err = to < 0 ? ct_fault_set(&fault, CT_ERR_WRITE, 0, "no file can be made beside it: %s", strerror(errno)) : copy_back(b, backup, to, &fault);
    if (err == CT_OK && ct_sys->renameat(b->dir, temporary, b->dir, b->name) != 0)
        err = ct_fault_set(&fault, CT_ERR_WRITE, 0, "rename: %s", strerror(errno));
    if (err != CT_OK && to >= 0) (void)ct_sys->unlinkat(b->dir, temporary, 0);
    if (err == CT_OK) (void)ct_sys->fsync(b->dir);
    if (to >= 0) (void)ct_sys->close(to);
    (void)ct_sys->close(backup);
    return err == CT_OK ? CT_FIX_RESTORED : keep(b, fault.detail);
}

static enum ct_fix_undone look_and_restore(struct back *b)
{
    unsigned char digest[CT_BLAKE2B_DIGEST];
    struct ct_fault fault = {0};
    struct stat st;
    if (b->now < 0) return errno != ENOENT ? keep(b, strerror(errno)) : b->e->whole ? restore(b) : keep(b, "it is gone: somebody removed it since");
    if (fstat(b->now, &st) != 0 || !S_ISREG(st.st_mode)) return keep(b, "something that is no regular file lies there now");
    if (ct_fix_copy(b->now, -1, digest, &fault) != CT_OK) return keep(b, fault.detail);
    if (memcmp(digest, b->e->old, sizeof digest) == 0) return CT_FIX_WAS_ORIGINAL;
    if (b->e->whole || memcmp(digest, b->e->now, sizeof digest) != 0) return keep(b, "somebody changed it since");
    return restore(b);
}

static enum ct_fix_undone undo_one(struct back *b)
{
    char temporary[NAME_MAX + 1];
    b->dir = ct_fix_open_parent(b->e->path, &b->name);
    if (b->dir < 0) return b->e->ready ? keep(b, strerror(errno)) : CT_FIX_WAS_ORIGINAL;
    /* What a killed run may have left. */
    (void)snprintf(temporary, sizeof temporary, ".caltrop-%s-%zu", b->id, b->number);
    (void)ct_sys->unlinkat(b->dir, temporary, 0);
    enum ct_fix_undone what = CT_FIX_WAS_ORIGINAL;
    if (b->e->ready) {
        b->now = ct_sys->openat(b->dir, b->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
        what = look_and_restore(b);
        if (b->now >= 0) (void)ct_sys->close(b->now);
    }
    (void)ct_sys->close(b->dir);
    return what;
}

static ct_err undo_all(ct_arena *arena, struct back *b, struct ct_fix_journal *j, ct_fix_tell *tell, void *ctx, struct ct_fault *fault)
{
    bool kept = false;
    for (size_t i = j->n; i-- > 0;) {
        struct ct_buf line;
        char backup[PATH_MAX + 24];
        b->e = &j->entries[i];
        b->number = i;
        b->why[0] = 0;
        enum ct_fix_undone what = undo_one(b);
        (void)snprintf(backup, sizeof backup, "%s/%zu", b->folder, i);
        tell(ctx, ct_str_from(b->e->path), what, b->why, backup);
        kept |= what == CT_FIX_KEPT;
        if (what != CT_FIX_RESTORED) continue;
        ct_buf_init(&line, arena, 64);
        ct_buf_printf(&line, "undone %zu\n", i);
        if (ct_file_write_all(b->journal, ct_buf_view(&line)) != CT_OK || ct_sys->fsync(b->journal) != 0)
            return ct_fault_set(fault, CT_ERR_WRITE, 0, "the journal cannot be written: %s", strerror(errno));
    }
    return kept ? CT_ERR_PERMISSION : CT_OK;
}

ct_err ct_fix_undo(ct_arena *arena, const char *dir, const char *id, ct_fix_tell *tell, void *ctx, struct ct_fault *fault)
{
    char folder[PATH_MAX], path[PATH_MAX + 16];
    unsigned char *text = NULL;
    size_t n = 0;
    struct ct_fix_journal j;
    if (!*id || strlen(id) >= CT_FIX_ID_SIZE || strchr(id, '/') || id[0] == '.') return ct_fault_set(fault, CT_ERR_NOT_FOUND, 0, "'%.40s' is no id of a run", id);
    if (snprintf(folder, sizeof folder, "%s/%s", dir, id) >= (int)sizeof folder) return ct_fault_set(fault, CT_ERR_CAP, 0, "the path of the data directory is too long");
    (void)snprintf(path, sizeof path, "%s/journal", folder);
    CT_TRY(ct_file_read(&ct_alloc_libc, path, CT_FIX_JOURNAL_MAX, &text, &n, fault));
    ct_err err = ct_fix_journal_read(arena, (ct_str){text, n}, &j, fault);
    /* A killed run may have left a piece of a line: it goes, so that what is added stands for itself. */
    size_t whole = n;
    while (whole > 0 && text[whole - 1] != '\n') whole--;
    ct_alloc_put(&ct_alloc_libc, text, n + 1);
    CT_TRY(err);
    struct back b = {.folder = folder, .id = id, .dir = -1, .now = -1};
    b.folder_fd = ct_sys->open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    b.journal = b.folder_fd < 0 ? -1 : ct_sys->openat(b.folder_fd, "journal", O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    err = b.journal < 0 || ftruncate(b.journal, (off_t)whole) != 0 ? ct_fault_set(fault, ct_sys_err(errno, CT_ERR_READ), 0, "%s: %s", path, strerror(errno)) : undo_all(arena, &b, &j, tell, ctx, fault);
    if (b.journal >= 0) (void)ct_sys->close(b.journal);
    if (b.folder_fd >= 0) (void)ct_sys->close(b.folder_fd);
    return err;
}
