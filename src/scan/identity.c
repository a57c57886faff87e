#include "scan/identity.h"

#include "os/file.h"

#include <string.h>
#include <sys/utsname.h>

/* A one-line file; empty when it cannot be had. */
static ct_err line_of(ct_arena *arena, const char *path, ct_str *ret_line)
{
    unsigned char *p = NULL;
    size_t n = 0;
    if (ct_file_read(&ct_alloc_libc, path, 4096, &p, &n, NULL) != CT_OK) return CT_OK;
    ct_err e = ct_arena_dup(arena, ct_str_trim((ct_str){p, n}), ret_line);
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
    return e;
}

ct_err ct_scan_identify(ct_arena *arena, struct ct_scan_identity *ret_who)
{
    struct ct_scan_identity who = {0};
    struct utsname u;
    CT_TRY(line_of(arena, "/etc/machine-id", &who.machine_id));
    if (uname(&u) == 0) {
        CT_TRY(ct_arena_dup(arena, ct_str_from(u.nodename), &who.name));
        CT_TRY(ct_arena_dup(arena, ct_str_from(u.release), &who.kernel));
        CT_TRY(ct_arena_dup(arena, ct_str_from(u.machine), &who.architecture));
    }
    *ret_who = who;
    return CT_OK;
}
