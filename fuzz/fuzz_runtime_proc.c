/* Text of /proc and release files: nothing outside the input is read, and what comes out lies inside it. */
#include "runtime/cgroup.h"
#include "runtime/procfs.h"
#include "runtime/release_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(ct_str all, ct_str part)
{
    if (part.n && (part.p < all.p || part.p + part.n > all.p + all.n)) abort();
}

static void iterate(ct_str all)
{
    struct ct_proc_map map;
    struct ct_proc_mount mount;
    ct_str rest = all, entry, value;
    size_t n = 0;
    while (ct_proc_map_next(&rest, &map)) {
        inside(all, map.path);
        inside(all, map.range);
        if (++n > all.n) abort();
    }
    for (rest = all; ct_proc_mount_next(&rest, &mount);) {
        inside(all, mount.point);
        inside(all, mount.type);
        if (++n > 2 * all.n) abort();
    }
    for (rest = all; ct_proc_entry_next(&rest, &entry);) {
        inside(all, entry);
        if (ct_proc_entry_is(entry, CT_STR("A"), &value)) inside(all, value);
        if (++n > 4 * all.n) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_str all = {data, size};
    struct ct_proc_stat stat;
    struct ct_proc_status status;
    struct ct_cgroup group;
    if (ct_proc_stat_parse(all, &stat) == CT_OK) inside(all, stat.name);
    if (ct_proc_status_parse(all, &status) != CT_OK) status.uid = 0;
    iterate(all);
    ct_cgroup_parse(all, &group);
    inside(all, group.unit);
    inside(all, group.container);
    inside(all, group.pod);
    group = (struct ct_cgroup){.runtime = ""};
    ct_cgroup_from_mounts(all, &group);
    inside(all, group.container);

    unsigned char *to = malloc(size ? size : 1);
    if (!to || ct_proc_unescape(all, to) > size) abort();
    free(to);
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 4 * size + (1 << 16), &arena) != CT_OK) abort();
    ct_str value;
    if (ct_release_value(arena, all, CT_STR("ID"), &value) == CT_OK && value.n > size) abort();
    (void)ct_java_major(all);
    ct_arena_free(arena);
    return 0;
}
