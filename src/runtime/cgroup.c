#include "runtime/cgroup.h"

#include "runtime/procfs.h"

static bool hex_digits(ct_str s, size_t n)
{
    if (s.n != n) return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (!ct_ascii_digit(c) && (c < 'a' || c > 'f')) return false;
    }
    return true;
}

static bool hex_id(ct_str s) { return hex_digits(s, 64); }

/* <PREFIX><id>.scope, as the systemd driver of each runtime names it, or <PREFIX><id> without the ending. */
static const struct {
    ct_str prefix;
    const char *runtime;
    bool hex; /* the id is hexadecimal; else any name */
} NAMED[] = {
    {CT_STR_INIT("docker-"), "docker", true},
    {CT_STR_INIT("cri-containerd-"), "containerd", true},
    {CT_STR_INIT("crio-"), "cri-o", true},
    {CT_STR_INIT("libpod-payload-"), "podman", true},
    {CT_STR_INIT("libpod-"), "podman", true},
    {CT_STR_INIT("lxc.payload."), "lxc", false},
    {CT_STR_INIT("machine-"), "nspawn", false},
};

static bool named_container(ct_str part, struct ct_cgroup *g)
{
    const ct_str scope = CT_STR(".scope");
    ct_str id = part;
    bool is_scope = ct_str_ends(part, scope);
    if (is_scope) id = ct_str_slice(part, 0, part.n - scope.n);
    for (size_t i = 0; i < sizeof NAMED / sizeof NAMED[0]; i++) {
        if (!ct_str_starts(id, NAMED[i].prefix) || (!NAMED[i].hex && ct_str_eq(NAMED[i].prefix, CT_STR("machine-")) && !is_scope))
            continue;
        ct_str rest = ct_str_slice(id, NAMED[i].prefix.n, id.n);
        if (NAMED[i].hex ? !hex_id(rest) : rest.n == 0) continue;
        g->container = rest;
        g->runtime = NAMED[i].runtime;
        return true;
    }
    return false;
}

/* "pod1f2e...": "kubepods-burstable-pod1f2e....slice" and "pod1f2e..." */
static void pod_of(ct_str part, struct ct_cgroup *g)
{
    const ct_str slice = CT_STR(".slice"), pod = CT_STR("pod");
    if (ct_str_ends(part, slice)) {
        if (!ct_str_starts(part, CT_STR("kubepods"))) return;
        part = ct_str_slice(part, 0, part.n - slice.n);
        size_t at = ct_str_find(part, CT_STR("-pod"));
        if (at == CT_STR_NONE) return;
        g->pod = ct_str_slice(part, at + 4, part.n);
    } else if (ct_str_starts(part, pod) && part.n >= pod.n + 32) g->pod = ct_str_slice(part, pod.n, part.n);
}

static bool is_unit(ct_str part)
{
    static const ct_str endings[] = {CT_STR_INIT(".service"), CT_STR_INIT(".scope"), CT_STR_INIT(".socket"), CT_STR_INIT(".mount"),
                                     CT_STR_INIT(".swap")};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (part.n > endings[i].n && ct_str_ends(part, endings[i])) return true;
    return false;
}

/* One path from its root to its leaf: what stands deeper wins, so that a service inside a container is the one named. */
static void take_path(ct_str path, struct ct_cgroup *g)
{
    ct_str unit = {0}, before = {0};
    bool kube = false;
    while (path.p) {
        ct_str part = ct_str_cut(&path, '/');
        if (part.n == 0) continue;
        if (ct_str_starts(part, CT_STR("kubepods"))) kube = true;
        if (kube) pod_of(part, g);
        if (named_container(part, g)) {
            if (ct_str_ends(part, CT_STR(".scope"))) unit = (ct_str){0};
        } else if (hex_id(part) || (ct_str_eq(before, CT_STR("ecs")) && hex_digits(part, 32))) {
            g->container = part;
            g->runtime = ct_str_eq(before, CT_STR("docker")) ? "docker" : ct_str_eq(before, CT_STR("ecs")) ? "ecs"
                         : kube ? "kubernetes" : g->runtime;
        } else if (ct_str_eq(before, CT_STR("lxc"))) {
            g->container = part;
            g->runtime = "lxc";
        } else if (is_unit(part)) unit = part;
        before = part;
    }
    if (unit.n) g->unit = unit;
}

void ct_cgroup_parse(ct_str text, struct ct_cgroup *ret_group)
{
    struct ct_cgroup g = {.runtime = ""}, unified = {.runtime = ""};
    bool named = false;
    while (text.p) {
        ct_str line = ct_str_cut(&text, '\n'), rest = line;
        ct_str number = ct_str_cut(&rest, ':'), controllers = ct_str_cut(&rest, ':');
        if (!rest.p) continue;
        struct ct_cgroup one = {.runtime = ""};
        take_path(rest, &one);
        bool systemd = ct_str_eq(controllers, CT_STR("name=systemd"));
        /* Units: systemd's own hierarchy, and the unified one where systemd has none. Containers: any line that knows one. */
        if (systemd && one.unit.n) {
            g.unit = one.unit;
            named = true;
        }
        if (ct_str_eq(number, CT_STR("0")) && controllers.n == 0) unified = one;
        if (one.container.n && (!g.container.n || systemd)) {
            g.container = one.container;
            g.runtime = one.runtime;
        }
        if (one.pod.n) g.pod = one.pod;
    }
    if (!named) g.unit = unified.unit;
    *ret_group = g;
}

/* What a runtime puts below its own state: .../containers/<id>/hostname */
static const struct {
    ct_str before;
    const char *runtime;
} STATE[] = {
    {CT_STR_INIT("/docker/containers/"), "docker"},
    {CT_STR_INIT("/overlay-containers/"), "podman"},
    {CT_STR_INIT("/sandboxes/"), "containerd"},
};

void ct_cgroup_from_mounts(ct_str mountinfo, struct ct_cgroup *group)
{
    struct ct_proc_mount m;
    while (!group->container.n && ct_proc_mount_next(&mountinfo, &m)) {
        if (!ct_str_eq(m.point, CT_STR("/etc/hostname")) && !ct_str_eq(m.point, CT_STR("/etc/hosts")) &&
            !ct_str_eq(m.point, CT_STR("/etc/resolv.conf")))
            continue;
        for (size_t i = 0; i < sizeof STATE / sizeof STATE[0]; i++) {
            size_t at = ct_str_find(m.root, STATE[i].before);
            if (at == CT_STR_NONE) continue;
            ct_str rest = ct_str_slice(m.root, at + STATE[i].before.n, m.root.n), id = ct_str_cut(&rest, '/');
            if (!hex_id(id)) continue;
            group->container = id;
            group->runtime = STATE[i].runtime;
            break;
        }
    }
}
