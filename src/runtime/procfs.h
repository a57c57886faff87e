/* What the kernel says about a process, out of the text of /proc/PID/...: pure readers, one line or one entry at a time.
 *
 * Names, paths, arguments and variables in there are chosen by whoever runs the process: they hold any byte, they lie, and
 * they are never printed from here. Every ct_str borrows from the text. What does not look as proc(5) says is passed over
 * (iterators) or refused with CT_ERR_SYNTAX (whole files).
 * Weak side: a path that really ends in " (deleted)" looks like a deleted file's; who can, asks the inode.
 */
#ifndef CT_RUNTIME_PROCFS_H
#define CT_RUNTIME_PROCFS_H

#include "base/err.h"
#include "base/str.h"

struct ct_proc_stat {
    ct_str name;          /* the kernel's short name, at most 15 bytes, any of them */
    unsigned char state;  /* 'R', 'S', ...; 'Z' and 'X': it has ended */
    uint64_t parent;
    uint64_t start_ticks; /* clock ticks since the machine started */
};
/* /proc/PID/stat: the name may hold blanks and brackets, so it ends at the last one. */
CT_MUST_USE ct_err ct_proc_stat_parse(ct_str text, struct ct_proc_stat *ret_stat);

struct ct_proc_status {
    uint64_t uid;         /* effective */
    uint64_t inner_pid;   /* its number in its own pid namespace; 0 where the kernel does not say (before 4.1) */
};
CT_MUST_USE ct_err ct_proc_status_parse(ct_str text, struct ct_proc_status *ret_status);

/* /proc/PID/cmdline and environ: entries that end with NUL. False at the end. */
bool ct_proc_entry_next(ct_str *rest, ct_str *ret_entry);
/* An entry NAME=VALUE with this name. */
bool ct_proc_entry_is(ct_str entry, ct_str name, ct_str *ret_value);

struct ct_proc_map {
    uint64_t from, to, inode;
    ct_str range;         /* "7f01-7f02" as written: the name of the entry in map_files */
    ct_str path;          /* newlines still as \012; without " (deleted)" */
    bool deleted;
};
/* /proc/PID/maps: the next line that maps a file by an absolute path. */
bool ct_proc_map_next(ct_str *rest, struct ct_proc_map *ret_map);

struct ct_proc_mount {
    uint64_t id;
    ct_str root, point;   /* still with octal escapes */
    ct_str type, source;
};
/* /proc/PID/mountinfo. */
bool ct_proc_mount_next(ct_str *rest, struct ct_proc_mount *ret_mount);

/* \040 and its like undone into `to`, which has room for s.n bytes; returns how many were written. */
size_t ct_proc_unescape(ct_str s, unsigned char *to);
/* A link of /proc/PID/fd or exe: cuts " (deleted)" off and says whether it was there. */
bool ct_proc_cut_deleted(ct_str *path);

#endif
