#include "base/limits.h"
#include "packages/emit.h"

/* The reader stopped with err, or came to the end with a fault on the way. */
static ct_err finish(struct ct_emitter *e, struct ct_arena_mark mark, ct_err err)
{
    ct_arena_reset(e->arena, mark);
    return err ? err : e->first;
}

ct_err ct_packages_read(ct_arena *arena, const struct ct_packages_in *in, ct_str bytes, ct_packages_emit emit, void *ctx,
                        struct ct_fault *fault)
{
    if (ct_packages_is_random(in->kind)) {
        struct ct_bytes_at at = ct_bytes_at_memory(&bytes);
        return ct_packages_read_at(arena, in, &at, emit, ctx, fault);
    }
    struct ct_emitter e = {.arena = arena, .in = in, .emit = emit, .ctx = ctx, .fault = fault};
    struct ct_arena_mark mark = ct_arena_mark(arena);
    if (bytes.n > ct_packages_max(in->kind))
        return ct_fault_set(fault, CT_ERR_CAP, 0, "a package record of %zu bytes", bytes.n);
    switch (in->kind) {
    case CT_PACKAGES_DPKG:
    case CT_PACKAGES_DPKG_D: return finish(&e, mark, ct_read_dpkg(&e, bytes));
    case CT_PACKAGES_APK: return finish(&e, mark, ct_read_apk(&e, bytes));
    case CT_PACKAGES_PYTHON: return finish(&e, mark, ct_read_python(&e, bytes));
    case CT_PACKAGES_NPM: return finish(&e, mark, ct_read_npm(&e, bytes));
    case CT_PACKAGES_NPM_LOCK: return finish(&e, mark, ct_read_npm_lock(&e, bytes));
    default: return ct_fault_set(fault, CT_ERR_USAGE, 0, "no reader for this kind of package record");
    }
}

ct_err ct_packages_read_sqlite(ct_arena *arena, const struct ct_packages_in *in, const struct ct_bytes_at *bytes,
                               const struct ct_bytes_at *wal, ct_packages_emit emit, void *ctx, struct ct_fault *fault)
{
    struct ct_emitter e = {.arena = arena, .in = in, .emit = emit, .ctx = ctx, .fault = fault};
    struct ct_arena_mark mark = ct_arena_mark(arena);
    return finish(&e, mark, ct_read_rpm_sqlite(&e, bytes, wal));
}

ct_err ct_packages_read_at(ct_arena *arena, const struct ct_packages_in *in, const struct ct_bytes_at *bytes,
                           ct_packages_emit emit, void *ctx, struct ct_fault *fault)
{
    struct ct_emitter e = {.arena = arena, .in = in, .emit = emit, .ctx = ctx, .fault = fault};
    struct ct_arena_mark mark = ct_arena_mark(arena);
    switch (in->kind) {
    case CT_PACKAGES_RPM_SQLITE: return finish(&e, mark, ct_read_rpm_sqlite(&e, bytes, NULL));
    case CT_PACKAGES_RPM_NDB: return finish(&e, mark, ct_read_rpm_ndb(&e, bytes));
    case CT_PACKAGES_RPM_BDB: return finish(&e, mark, ct_read_rpm_bdb(&e, bytes));
    case CT_PACKAGES_GO: return finish(&e, mark, ct_read_go(&e, bytes));
    default: break;
    }
    size_t max = ct_packages_max(in->kind);
    if (bytes->size > max)
        return ct_fault_set(fault, CT_ERR_CAP, 0, "a package record of %llu bytes", (unsigned long long)bytes->size);
    unsigned char *p = ct_arena_alloc(arena, (size_t)bytes->size);
    if (!p) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "a package record");
    ct_err err = ct_bytes_at_exact(bytes, 0, p, (size_t)bytes->size);
    if (!err) err = ct_packages_read(arena, in, (ct_str){p, (size_t)bytes->size}, emit, ctx, fault);
    ct_arena_reset(arena, mark);
    return err;
}
