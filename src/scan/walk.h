/* Walking file trees for a scan: every regular file below the roots, once, in the order of the directories.
 *
 * Symbolic links are never followed, save a root that is one; those that lead out of the roots are noted. Directories are
 * opened one below the other (openat, no link in between), so that nobody who renames things while we look can lead us away.
 * FIFOs, devices and sockets are counted and never opened. Network and virtual file systems are left out and named, unless
 * asked for; a directory that is mounted at two places is walked once. Any depth: file descriptors of far ancestors are given
 * back and had again through "..".
 *
 * ct_walk_next may be called by several threads: each gets files of its own, a batch at a time.
 * Weak sides: a file renamed within the tree while it is walked may be missed or seen twice; the order within a directory is
 * the file system's.
 */
#ifndef CT_SCAN_WALK_H
#define CT_SCAN_WALK_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"
#include "scan/mounts.h"

#include <stdatomic.h>
#include <sys/types.h>

/* What the walk has to say. Called under the walk's lock. */
enum ct_walk_say {
    CT_WALK_UNREADABLE,  /* could not be opened or listed: the answer is incomplete */
    CT_WALK_LEFT_OUT,    /* on purpose: a file system, an exclusion, a special file named as a root */
    CT_WALK_LINK_OUT,    /* a symbolic link that leads out of the roots */
};
typedef void ct_walk_say_fn(void *ctx, enum ct_walk_say what, ct_str path, const char *text);

struct ct_walk_opts {
    const char *const *roots; /* absolute, without links: see ct_walk_resolve */
    size_t n_roots;
    const char *const *exclude; /* globs: with a slash against the whole path, else against the last name */
    size_t n_exclude;
    bool include_network;
    bool skip_overlays;       /* of containers: their layers are files of this host, and are read as such */
    bool note_links;          /* look where symbolic links lead */
    ct_walk_say_fn *say;
    void *ctx;
    const ct_mounts *mounts;
};

struct ct_walk_dir {          /* an open directory, shared by those that still open files in it */
    int fd;
    atomic_uint refs;
};

enum { CT_WALK_BATCH = 32 };
struct ct_walk_batch {
    struct ct_walk_dir *dir;  /* open files with openat(dir->fd, name); fd may be AT_FDCWD */
    size_t n;
    size_t at_name[CT_WALK_BATCH]; /* offsets in text of NUL-terminated names */
    uint64_t visit[CT_WALK_BATCH]; /* numbers of the files, from 1, growing with the walk */
    ct_str directory;         /* its path with a slash at the end, in text */
    size_t used;
    char text[24 * 1024];
};

typedef struct ct_walk ct_walk;

CT_MUST_USE ct_err ct_walk_new(const struct ct_alloc *alloc, const struct ct_walk_opts *opts, ct_walk **ret_walk);
void ct_walk_free(ct_walk *w);
/* Fills the batch, which must be zeroed at first, or handed in again; CT_ERR_END when nothing is left. */
CT_MUST_USE ct_err ct_walk_next(ct_walk *w, struct ct_walk_batch *batch);
void ct_walk_batch_done(ct_walk *w, struct ct_walk_batch *batch);

struct ct_walk_counts {
    uint64_t directories, files, special, links, again; /* again: directories met before */
    double done;              /* share of the tree behind us, 0 to 1; an estimate that only grows */
};
void ct_walk_counts(ct_walk *w, struct ct_walk_counts *ret_counts);

/* Is this path below one that is left out by an exclusion? */
bool ct_walk_excluded(const struct ct_walk_opts *opts, const char *path);

#endif
