/* Any bytes as a package URL: refused with a place inside them, or canonical from the first building on. */
#include "base/limits.h"
#include "sbom/suspicion.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ct_str build(ct_arena *arena, const struct ct_purl *p)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 3 * CT_PURL_MAX + 64);
    ct_purl_build(&b, p);
    if (b.err) abort();
    return ct_buf_view(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    struct ct_purl p, q;
    struct ct_fault fault;
    ct_str name;
    if (ct_arena_new(&ct_alloc_libc, 8u << 20, &arena)) return 0;
    struct ct_suspicion s;
    if (ct_suspicion_parse(arena, (ct_str){data, size}, &s, &fault) == CT_OK) {
        bool sure;
        if (!ct_suspicion_names(&s, &s.purl)) abort();
        if (!ct_suspicion_holds(&s, CT_STR(""), &sure)) abort();
    }
    ct_err err = ct_purl_parse(arena, (ct_str){data, size}, &p, &fault);
    if (err) {
        if (fault.offset > size) abort();
        ct_arena_free(arena);
        return 0;
    }
    ct_str first = build(arena, &p);
    if (ct_purl_package(arena, &p, &name) || name.n == 0) abort();
    /* Encoded, it may be longer than what is taken. */
    if (first.n <= CT_PURL_MAX) {
        if (ct_purl_parse(arena, first, &q, NULL) || !ct_str_eq(build(arena, &q), first)) abort();
        if (!ct_str_eq(p.name, q.name) || !ct_str_eq(p.version, q.version) || !ct_str_eq(p.name_space, q.name_space)) abort();
    }
    if (ct_purl_normalise(arena, &p, NULL) || !ct_str_eq(build(arena, &p), first)) abort();
    ct_arena_free(arena);
    return 0;
}
