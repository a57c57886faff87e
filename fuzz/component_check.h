/* What every component that a package reader emits must keep, whatever it read. */
#ifndef CT_FUZZ_COMPONENT_CHECK_H
#define CT_FUZZ_COMPONENT_CHECK_H

#include "packages/packages.h"
#include "sbom/purl.h"
#include "base/limits.h"

#include <stdlib.h>

static ct_err check_component(void *ctx, const struct ct_component *c)
{
    ct_arena *scratch = ctx;
    if (c->name.n == 0 || c->name.n > CT_PACKAGES_TEXT_MAX || c->version.n > CT_VERSION_MAX) abort();
    if (c->source >= CT_COMPONENT_SOURCES || c->path.n == 0) abort();
    struct ct_arena_mark mark = ct_arena_mark(scratch);
    struct ct_component copy;
    if (ct_component_dup(scratch, c, &copy) == CT_OK && ct_component_cmp(c, &copy) != 0) abort();
    struct ct_purl purl;
    if (c->purl.n && c->purl.n <= CT_PURL_MAX) {
        ct_err err = ct_purl_parse(scratch, c->purl, &purl, NULL);
        if (err && err != CT_ERR_NOMEM) abort();
        if (!err && ct_purl_ecosystem(&purl) != c->ecosystem) abort();
    }
    ct_arena_reset(scratch, mark);
    return CT_OK;
}

/* One file through its reader; the log goes with rpmdb.sqlite only. */
static inline void read_packages(const char *path, enum ct_packages_kind kind, ct_str bytes, const ct_str *log)
{
    ct_arena *arena, *scratch;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena)) return;
    if (ct_arena_new(&ct_alloc_libc, 4u << 20, &scratch)) abort();
    struct ct_packages_os os = {.id = CT_STR("debian"), .version_id = CT_STR("12")};
    struct ct_packages_in in = {.kind = kind, .path = ct_str_from(path), .os = bytes.n & 1 ? &os : NULL};
    struct ct_fault fault;
    struct ct_bytes_at at = ct_bytes_at_memory(&bytes), wal;
    if (log) wal = ct_bytes_at_memory(log);
    ct_err err = kind == CT_PACKAGES_RPM_SQLITE
                     ? ct_packages_read_sqlite(arena, &in, &at, log ? &wal : NULL, check_component, scratch, &fault)
                     : ct_packages_read(arena, &in, bytes, check_component, scratch, &fault);
    if (err == CT_ERR_END || err == CT_ERR_USAGE) abort();
    ct_arena_free(arena);
    ct_arena_free(scratch);
}

#endif
