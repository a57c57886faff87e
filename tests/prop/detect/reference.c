#include "reference.h"

#include "detect/token.h"
#include "text/decode.h"

#include <stdlib.h>

enum { FORMS_MAX = 256 };

struct search {
    ct_arena *arena;
    ct_str wanted;
    ct_str forms[FORMS_MAX];
    unsigned depth[FORMS_MAX];
    size_t n, max;
    bool found;
};

static void add(struct search *s, ct_str text, unsigned depth)
{
    if (ct_str_find(text, s->wanted) != CT_STR_NONE) s->found = true;
    for (size_t i = 0; i < s->n; i++)
        if (ct_str_eq(s->forms[i], text)) return;
    if (s->n == s->max) return;
    s->forms[s->n] = text;
    s->depth[s->n++] = depth;
}

static void decode(struct search *s, ct_decode_fn *fn, ct_str text, unsigned depth)
{
    struct ct_buf out;
    bool changed = false;
    ct_buf_init(&out, s->arena, CT_DECODE_MAX);
    if (fn(text, &out, &changed)) abort();
    if (changed) add(s, ct_buf_view(&out), depth + 1);
}

bool reference_holds(ct_arena *arena, ct_str text, ct_str wanted, unsigned layers, size_t forms_max)
{
    static ct_decode_fn *const fns[] = {ct_decode_percent, ct_decode_backslash, ct_decode_html};
    struct search s = {.arena = arena, .wanted = wanted, .max = forms_max < FORMS_MAX ? forms_max : FORMS_MAX};
    struct ct_arena_mark mark = ct_arena_mark(arena);
    add(&s, text, 0);
    for (size_t i = 0; i < s.n && !s.found; i++) {
        ct_str form = s.forms[i], token;
        if (s.depth[i] == layers) break;
        for (size_t k = 0; k < sizeof fns / sizeof *fns; k++) decode(&s, fns[k], form, s.depth[i]);
        if (ct_str_chr(form, '%') != CT_STR_NONE) decode(&s, ct_decode_form, form, s.depth[i]);
        for (struct ct_token_search t = {0}; ct_token_next(form, &t, &token);) decode(&s, ct_decode_base64, token, s.depth[i]);
    }
    ct_arena_reset(arena, mark);
    return s.found;
}

bool reference_has_lookup(ct_arena *arena, ct_str text, unsigned layers, size_t forms_max)
{
    return reference_holds(arena, text, CT_STR("${"), layers, forms_max);
}
