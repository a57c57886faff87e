/* Takes classes out of archives on disk, and puts everything back.
 *
 *   ct_fix_plan   what would be done per file, what is refused and why; changes nothing
 *   ct_fix_apply  does it: backup, new file beside the old one, looked at again, renamed over it
 *   ct_fix_undo   restores each file to the byte
 *
 * Each run is a folder DIR/ID with a journal and the originals, outside every class path. A file is replaced by one rename: whenever the
 * program or the machine dies, its path holds the old file or the new one, and undo knows which. Owner, mode, extended
 * attributes (access lists and security labels among them) and modification time are kept.
 *
 * Refuses, with the reason: what archive/zip_without.h cannot write anew, files with several names (hard links), files of container
 * images, read-only places, files that changed since the scan, owners that cannot be kept. undo refuses a file that somebody
 * changed since.
 * Weak sides: running programs keep the old code until they restart; a package manager or an image brings the old file back
 * (target.owner names the package where dpkg knows it).
 */
#ifndef CT_FIX_FIX_H
#define CT_FIX_FIX_H

#include "archive/zip_without.h"

#include <stdatomic.h>
#include <sys/stat.h>

/* One thing to take away: an entry of an archive, or (n_names 0) the file itself. */
struct ct_fix_cut {
    ct_str file;            /* absolute path on this host */
    const ct_str *names;    /* entry names from the outermost archive inwards */
    size_t n_names;
};

struct ct_fix_target {      /* one file on disk */
    ct_str file;
    const char *path;       /* the same, NUL-terminated */
    struct ct_zip_cut *cuts;
    size_t n_cuts;
    bool whole;             /* the file itself goes */
    bool signature;         /* a signature in it no longer covers what it names */
    char owner[128];        /* the package it came with, as far as dpkg knows; empty: none */
    char refused[256];      /* why nothing is done to it; empty: ready */
    bool done;              /* after apply */
    struct stat was;        /* as planned */
};

struct ct_fix_plan {
    struct ct_fix_target *targets; /* by path */
    size_t n;
    size_t ready;           /* of them not refused */
};

/* arena: holds the plan. dpkg_info: usually "/var/lib/dpkg/info". */
CT_MUST_USE ct_err ct_fix_plan(ct_arena *arena, const struct ct_fix_cut *cuts, size_t n, const char *dpkg_info, struct ct_fix_plan *ret_plan);

#define CT_FIX_ID_SIZE 32u
/* Does what the plan says to every target that is ready; sets done or refused of each. dir is made if need be. *ret_id is
 * filled as soon as there is something to undo, also on failure; else it is empty. An error means that the run could not be kept
 * (disk full, no permission in dir); files that could not be changed are no error. stop: looked at between files, may be null. */
CT_MUST_USE ct_err ct_fix_apply(ct_arena *arena, struct ct_fix_plan *plan, const char *dir, const atomic_bool *stop,
                                char ret_id[CT_FIX_ID_SIZE], struct ct_fault *fault);

enum ct_fix_undone {
    CT_FIX_RESTORED,
    CT_FIX_WAS_ORIGINAL,    /* the change had not reached it, or it was restored before */
    CT_FIX_KEPT,            /* somebody changed it since, or it cannot be written: left alone */
};
/* why: for CT_FIX_KEPT. backup: where the original lies. */
typedef void ct_fix_tell(void *ctx, ct_str file, enum ct_fix_undone what, const char *why, const char *backup);
/* CT_ERR_NOT_FOUND: no such run. CT_ERR_PERMISSION: some file was kept. The folder stays: it is the record of what was done. */
CT_MUST_USE ct_err ct_fix_undo(ct_arena *arena, const char *dir, const char *id, ct_fix_tell *tell, void *ctx, struct ct_fault *fault);

#endif
