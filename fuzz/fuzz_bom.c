/* Any bytes as a bill of materials: it ends; texts are sound; a refusal has a place within the text and words. */
#include "sbom/bom_in.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static size_t sum;

static ct_err on_component(void *ctx, const struct ct_bom_component *c)
{
    const ct_str all[] = {c->type, c->group, c->name, c->version, c->purl, c->cpe, c->place, c->inside};
    uint64_t *n = ctx;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t k = 0; k < all[i].n; k++) sum += all[i].p[k];
    for (size_t i = 0; i < c->n_places; i++) sum += c->places[i].n;
    if (c->n_places && c->places[0].p != c->place.p) abort();
    if (c->name.n == 0 && c->purl.n == 0) abort();
    ++*n;
    return CT_OK;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    uint64_t n = 0;
    const struct ct_bom_sink sink = {on_component, &n};
    struct ct_bom_about about;
    struct ct_fault fault = {0};
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK) return 0;
    ct_err e = ct_bom_read(arena, (ct_str){data, size}, &sink, &about, &fault);
    if (e == CT_OK && about.components != n + about.files) abort();
    if (e != CT_OK && (fault.offset > size || fault.line == 0 || !*fault.detail)) abort();
    ct_arena_free(arena);
    return 0;
}
