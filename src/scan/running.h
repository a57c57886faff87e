/* What runs: joins the processes of this host to what was found on its disks.
 *
 * Each file that a process holds open, maps or has on its class path is looked into once, by its inode, also where no walk
 * comes: deleted files, and those in the file trees of containers. What is found there becomes a finding with the process
 * beside it, or the process is added to the finding that the walk made at the same path. The state is then the worst over
 * all processes that run the component (assess/assess.h): flags and Security Managers may mitigate it, and code that was
 * replaced on disk but still runs keeps it open as fixed_on_disk.
 *
 * Files in another tree are named docker://ID/path, podman://ID/path, unit://NAME/path, or proc://PID/path.
 * Weak sides: of a file overwritten in place the old content is gone, so that any known product in it counts as old code; class
 * folders (no archive) of containers are not looked into.
 */
#ifndef CT_SCAN_RUNNING_H
#define CT_SCAN_RUNNING_H

#include "scan/inspect.h"
#include "scan/processes.h"

struct ct_running_opts {
    struct ct_processes_opts processes;
    struct ct_inspect_opts inspect;
    /* Called before each process; true: stop, and the report is interrupted. May be null. */
    bool (*between)(void *ctx, uint64_t processes);
    void *ctx;
};

typedef struct ct_running ct_running;

/* After the walk, before the report is finished: reads the processes and joins them to class evidence. CT_ERR_NOMEM only. *ret_running
 * may be null (there is no /proc), which the functions below take. */
CT_MUST_USE ct_err ct_running_new(const struct ct_alloc *alloc, const struct ct_running_opts *opts, ct_scan_report *report, ct_running **ret_running);
/* Processes beside findings that came later, by their path: their states stay. */
CT_MUST_USE ct_err ct_running_join(ct_running *r);
void ct_running_free(ct_running *r);

#endif
