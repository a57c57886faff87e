/* Any bytes as what a vendor says, read as each format: it ends, statements hold sound text, a refusal has a place within the text. */
#include "base/limits.h"
#include "vex/statement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static size_t sum;

static ct_err on_statement(void *ctx, const struct ct_vex_statement *s)
{
    const ct_str all[] = {s->vulnerability, s->said, s->vendor, s->product, s->versions, s->id, s->purl, s->cpe, s->component, s->justification, s->text, s->action, s->link, s->date,
                          s->author, s->document};
    const size_t *size = ctx;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t k = 0; k < all[i].n; k++) sum += all[i].p[k];
    for (size_t i = 0; i < s->n_aliases; i++) sum += s->aliases[i].n;
    if (s->line == 0 || s->line > *size + 2 || s->n_aliases > CT_VEX_ALIASES_MAX) abort();
    if (s->date.n && !ct_vex_is_date(s->date)) abort();
    return CT_OK;
}

static void on_left(void *ctx, uint64_t line, const char *why, ct_str what)
{
    const size_t *size = ctx;
    if (line == 0 || line > *size + 2 || !why) abort();
    for (size_t k = 0; k < what.n; k++) sum += what.p[k];
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const struct ct_vex_sink sink = {on_statement, on_left, &size};
    const ct_str text = {data, size};
    enum ct_vex_format format;
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK) return 0;
    (void)ct_vex_format_of(CT_STR("x"), text, &format);
    for (int f = CT_VEX_CSAF; f <= CT_VEX_TABLE; f++) {
        struct ct_fault fault = {0};
        ct_err e = ct_vex_read(arena, (enum ct_vex_format)f, text, &sink, &fault);
        if (e != CT_OK && fault.offset > size) abort();
        ct_arena_clear(arena);
    }
    ct_arena_free(arena);
    return 0;
}
