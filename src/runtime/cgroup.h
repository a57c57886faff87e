/* Which systemd unit and which container a process belongs to, by the names of its control groups (/proc/PID/cgroup, both
 * versions) and, where a cgroup namespace hides those, by what its runtime mounted into it (mountinfo).
 *
 * Names only: whoever may make control groups may choose them, so they say where to look and prove nothing.
 */
#ifndef CT_RUNTIME_CGROUP_H
#define CT_RUNTIME_CGROUP_H

#include "base/str.h"

struct ct_cgroup {
    ct_str unit;          /* "tomcat9.service"; empty: none, or only the container's own scope */
    ct_str container;     /* id as the runtime has it, mostly 64 hex digits */
    const char *runtime;  /* "docker", "podman", "containerd", "cri-o", "kubernetes", "lxc", "nspawn", "ecs", ""; */
    ct_str pod;           /* Kubernetes pod uid, with '_' or '-' as the driver writes it */
};

void ct_cgroup_parse(ct_str text, struct ct_cgroup *ret_group); /* all empty where nothing is recognised */
/* Fills container and runtime from a mountinfo where they are still empty. Also for /proc/self of this program. */
void ct_cgroup_from_mounts(ct_str mountinfo, struct ct_cgroup *group);

#endif
