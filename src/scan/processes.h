/* The running processes of this host, one at a time: who they are, which files they hold open, map or have on their class path,
 * and what a JVM among them was told.
 *
 * Reads /proc only; a process is never stopped, attached to or written to. What it says of itself is hostile input: names and
 * paths may hold anything. Of command lines and environments only what is named here is kept, since both hold secrets.
 * Files are places, not open files: ct_process_open opens the very inode that the process uses, also one that was deleted,
 * in another mount namespace or replaced on disk. Files on network file systems are left out before they are touched.
 *
 * Weak sides: a process that ends while we look is left out; without root only the own user's processes can be read; a jar
 * that was opened, read whole and closed again leaves no trace but its place on the class path.
 */
#ifndef CT_SCAN_PROCESSES_H
#define CT_SCAN_PROCESSES_H

#include "base/arena.h"
#include "runtime/cgroup.h"
#include "runtime/java_args.h"
#include "runtime/java_policy.h"
#include "runtime/java_security.h"
#include "scan/mounts.h"

/* SUCCESSOR: not used by the process; it lies on disk where a deleted file lay that is. AGENT: named as -javaagent. */
enum ct_process_use { CT_USE_OPEN = 1, CT_USE_MAPPED = 2, CT_USE_CLASS_PATH = 4, CT_USE_SUCCESSOR = 8, CT_USE_AGENT = 16 };

struct ct_process_file {
    ct_str path;          /* in the process's own tree, without " (deleted)" */
    ct_str host_path;     /* a path in ours that leads to the same inode; empty: there is none */
    char handle[64];      /* "fd/5", "map_files/..." below its folder in /proc; empty: found by path */
    uint64_t dev, ino, size;
    int64_t modified_us, changed_us; /* content, inode */
    unsigned uses;
    bool deleted;         /* no name leads to this inode any more */
};

struct ct_process {
    uint64_t pid, uid;
    ct_str name, user;    /* user: by this host's /etc/passwd, else the number */
    int64_t started_us;
    struct ct_cgroup group;
    bool same_tree;       /* sees the same file tree as we do */
    bool jvm;
    bool unreadable;      /* not allowed to look into it */
    bool cut;             /* over a cap: there is more than is listed */
    ct_str java_version;  /* of the JDK's release file; may be empty */
    unsigned java_major;
    struct ct_java_args args;
    struct ct_java_security security;
    ct_str no_lookups_env; /* value of LOG4J_FORMAT_MSG_NO_LOOKUPS; null p: not set */
    bool environment_read;
    bool attach_socket;   /* something has attached to this JVM since it started */
    const char *hotpatch; /* a known agent is loaded or named; null: none */
    ct_str hotpatch_class; /* by this class of its; empty: by its jar's name alone */
    const struct ct_process_file *files;
    size_t n_files;
    ct_str problem;       /* what kept us from reading it whole; may be empty */
};

typedef struct ct_processes ct_processes;

struct ct_processes_opts {
    bool include_network;
};

/* CT_ERR_UNSUPPORTED: there is no /proc. */
CT_MUST_USE ct_err ct_processes_new(const struct ct_alloc *alloc, const struct ct_processes_opts *opts, ct_processes **ret_p);
void ct_processes_free(ct_processes *p);
/* The next one, or CT_ERR_END. It lives until the following call. Kernel threads and this program itself are passed over. */
CT_MUST_USE ct_err ct_processes_next(ct_processes *p, const struct ct_process **ret_process);

/* For the process that next gave last. */
CT_MUST_USE ct_err ct_process_open(ct_processes *p, const struct ct_process_file *f, int *ret_fd);
/* What its policy files grant the code at `code` (a path in its own tree; empty: any). CT_ERR_NOT_FOUND and others: some file cannot
 * be read, and the answer must not be relied on. Only for CT_JAVA_MANAGER_DEFAULT. */
CT_MUST_USE ct_err ct_process_policy(ct_processes *p, ct_str code, struct ct_policy_answer *ret_answer);

#endif
