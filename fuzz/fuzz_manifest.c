/* Manifests and property files: every step moves on, and lines stay lines. */
#include "archive/manifest.h"
#include "base/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena = NULL;
    ct_str in = {data, size}, name, value;
    check(ct_arena_new(&ct_alloc_libc, 16u << 20, &arena) == CT_OK);
    struct ct_manifest m;
    struct ct_properties p;
    ct_err e;
    size_t at = 0;
    ct_manifest_open(&m, in);
    while ((e = ct_manifest_next(&m, arena, &name, &value)) == CT_OK || e == CT_ERR_CAP) {
        check(m.at > at && m.at <= size);
        at = m.at;
        if (e == CT_ERR_CAP) continue;
        check(name.n && ct_str_chr(name, '\n') == CT_STR_NONE && ct_str_chr(value, '\n') == CT_STR_NONE && ct_str_chr(name, ':') == CT_STR_NONE);
        check(name.n + value.n <= CT_MANIFEST_LINE_MAX);
        ct_arena_clear(arena);
    }
    check(e == CT_ERR_END);
    at = 0;
    ct_properties_open(&p, in);
    while ((e = ct_properties_next(&p, arena, &name, &value)) == CT_OK || e == CT_ERR_CAP) {
        check(p.at > at && p.at <= size);
        at = p.at;
        if (e == CT_OK) check(name.n + value.n <= 2 * size);
        ct_arena_clear(arena);
    }
    check(e == CT_ERR_END);
    ct_arena_free(arena);
    return 0;
}
