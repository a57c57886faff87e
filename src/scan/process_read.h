/* Shared by the files that read processes; not for others. Everything of one process lives in `arena`, cleared before the next. */
#ifndef CT_SCAN_PROCESS_READ_H
#define CT_SCAN_PROCESS_READ_H

#include "base/buf.h"
#include "base/bytes_at.h"
#include "base/limits.h"
#include "scan/processes.h"
#include "scan/seen.h"

#include <dirent.h>
#include <sys/stat.h>

struct ct_processes {
    const struct ct_alloc *alloc;
    struct ct_processes_opts opts;
    ct_arena *arena, *scratch; /* of the process at hand: what is handed out, what is not */
    ct_arena *kept;          /* of all */
    DIR *list;               /* of /proc */
    int proc;
    uint64_t own_pid;
    int64_t boot_us;         /* when the machine started, on today's clock */
    long ticks;              /* a second */
    ct_str own_tree;         /* name of our mount namespace */
    struct stat own_root;
    ct_mounts *own_mounts;
    ct_str passwd;
    /* the process at hand */
    int dir, root;           /* its folder in /proc, its root; -1: none */
    ct_mounts *mounts;       /* of its tree; null: ours */
    struct ct_process now;
    struct ct_process_file *files;
    size_t n_files, cap_files;
    struct ct_seen seen;     /* inodes of files, with index + 1 */
    ct_str maps, cwd, libjvm, java_home, user_home;
};

/* CT_ERR_NOMEM only; what cannot be read is said in now.problem. */
CT_MUST_USE ct_err ct_process_read_java(ct_processes *p);
CT_MUST_USE ct_err ct_process_read_files(ct_processes *p);
/* Agents that patch: of the files that are known by then. */
CT_MUST_USE ct_err ct_process_read_agents(ct_processes *p);

/* What passwd says of a user: its n-th field; null p: nothing. */
ct_str ct_process_passwd(ct_str passwd, uint64_t uid, unsigned n);
/* "a" in cwd "/b" -> "/b/a"; absolute paths as they are. */
CT_MUST_USE ct_err ct_process_absolute(ct_processes *p, ct_str path, ct_str *ret_path);
/* May we touch it, by its mount? */
bool ct_process_is_near(const ct_processes *p, ct_str path);
/* A small file of the process's tree, which is not on a network file system. changed_us may be null. */
CT_MUST_USE ct_err ct_process_file_text(ct_processes *p, ct_str path, size_t max, ct_str *ret_text, int64_t *ret_changed_us);
/* A file that is open, for as long as *fd is there. */
struct ct_bytes_at ct_process_bytes(int *fd, uint64_t size);
void ct_process_problem(ct_processes *p, const char *text);

#endif
