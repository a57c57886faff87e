/* The prefilter drops nothing that a search without it finds, counts lines, and finds the same in each of its forms. */
#include "base/limits.h"
#include "detect/prefilter.h"
#include "detect/token.h"
#include "detect/verdict.h"
#include "text/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMS = 48, LAYERS = 5 };

struct search {
    ct_arena *arena;
    ct_str forms[FORMS];
    unsigned depth[FORMS];
    size_t n;
};

static void decode(struct search *s, ct_decode_fn *fn, ct_str text, unsigned depth)
{
    struct ct_buf out;
    bool changed = false;
    ct_buf_init(&out, s->arena, CT_DECODE_MAX);
    if (fn(text, &out, &changed)) abort();
    for (size_t i = 0; changed && i < s->n; i++) changed = !ct_str_eq(s->forms[i], ct_buf_view(&out));
    if (!changed || s->n == FORMS) return;
    s->forms[s->n] = ct_buf_view(&out);
    s->depth[s->n++] = depth + 1;
}

static bool holds_lookup(ct_arena *arena, ct_str text)
{
    struct search s = {.arena = arena, .forms = {text}, .n = 1};
    for (size_t i = 0; i < s.n; i++) {
        ct_str form = s.forms[i], token;
        if (ct_str_find(form, CT_STR("${")) != CT_STR_NONE) return true;
        if (s.depth[i] == LAYERS) continue;
        decode(&s, ct_decode_percent, form, s.depth[i]);
        if (ct_str_chr(form, '%') != CT_STR_NONE) decode(&s, ct_decode_form, form, s.depth[i]);
        decode(&s, ct_decode_backslash, form, s.depth[i]);
        decode(&s, ct_decode_html, form, s.depth[i]);
        for (struct ct_token_search t = {0}; ct_token_next(form, &t, &token);) decode(&s, ct_decode_base64, token, s.depth[i]);
    }
    return false;
}

static void check_form(size_t (*search)(struct ct_search *s), ct_str text, size_t hit, uint64_t lines)
{
    struct ct_search s = {.block = text};
    if (search(&s) != hit || s.lines != lines) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    ct_str text = {data, size};
    uint64_t lines = 0, newlines = 0;
    if (size > 512 || ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena)) return 0;
    size_t hit = ct_prefilter_next(text, 0, &lines);
    for (size_t i = 0; i < size && i < hit; i++) newlines += data[i] == '\n';
    if (lines != newlines || (hit != CT_STR_NONE && hit >= size)) abort();
    check_form(ct_prefilter_portable, text, hit, lines);
    if (ct_prefilter_has_avx2()) check_form(ct_prefilter_avx2, text, hit, lines);
    if (ct_prefilter_has_avx512()) check_form(ct_prefilter_avx512, text, hit, lines);
    if (hit == CT_STR_NONE && holds_lookup(arena, text)) abort();
    ct_arena_free(arena);
    return 0;
}
