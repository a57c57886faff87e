#include "detect/forms.h"

#include <string.h>

static ct_decode_fn *const decoders[CT_LAYER_COUNT] = {
    [CT_LAYER_PERCENT] = ct_decode_percent, [CT_LAYER_FORM] = ct_decode_form,     [CT_LAYER_BACKSLASH] = ct_decode_backslash,
    [CT_LAYER_HTML] = ct_decode_html,       [CT_LAYER_BASE64] = ct_decode_base64,
    [CT_LAYER_WORDS] = ct_decode_words,     [CT_LAYER_QUOTED] = ct_decode_quoted, [CT_LAYER_HASH] = ct_decode_hash,
    [CT_LAYER_QUOTES] = ct_decode_quotes,
};

ct_decode_fn *ct_forms_decoder(enum ct_layer layer) { return decoders[layer]; }

/* Eight bytes at a time: forms are long, and most are met again. */
static uint64_t hash_of(ct_str s)
{
    uint64_t h = s.n, w;
    size_t i = 0;
    for (; s.n - i >= sizeof w; i += sizeof w) {
        memcpy(&w, s.p + i, sizeof w);
        h = (h ^ w) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    for (; i < s.n; i++) h = (h ^ s.p[i]) * 0x100000001b3u;
    return h;
}

static bool charge(struct ct_forms *f, size_t n)
{
    bool enough = *f->work >= n;
    if (enough) *f->work -= n;
    else f->spent = true;
    return enough;
}

/* Takes over text (in the arena) as a form behind `from` and `layer`, unless it is known. */
static void add(struct ct_forms *f, const struct ct_form *from, enum ct_layer layer, ct_str text)
{
    uint64_t hash = hash_of(text);
    for (size_t i = 0; i < f->n; i++)
        if (f->list[i].hash == hash && ct_str_eq(f->list[i].text, text)) return;
    if (f->n == CT_FORMS_MAX || from->n_chain == CT_LAYERS_MAX) {
        f->spent = true;
        return;
    }
    struct ct_form *form = &f->list[f->n++];
    *form = *from;
    form->text = text;
    form->hash = hash;
    form->lookup = ct_has_lookup(text);
    form->chain[form->n_chain++] = layer;
}

/* "$#7b" */
static bool holds_hash_brace(ct_str s)
{
    for (size_t at = 0, step; (step = ct_str_chr(ct_str_slice(s, at, s.n), '#')) != CT_STR_NONE; at += step + 1) {
        const unsigned char *p = s.p + at + step;
        if (at + step > 0 && p[-1] == '$' && s.n - (at + step) > 2 && p[1] == '7' && (p[2] | 0x20) == 'b') return true;
    }
    return false;
}

/* Is it a lookup, or can decoding make it one? */
static bool is_worth_a_look(const struct ct_forms *f, ct_str text)
{
    return ct_has_lookup(text) || ct_prefilter(text) || ct_mail_next(text, 0, f->mail) != CT_STR_NONE || ct_str_find(text, CT_STR("$\\{")) != CT_STR_NONE;
}

static ct_err decode(struct ct_forms *f, const struct ct_form *from, enum ct_layer layer, ct_str text)
{
    struct ct_arena_mark mark = ct_arena_mark(f->arena);
    struct ct_buf out;
    if (!charge(f, CT_FORMS_WORK_FORM + text.n)) return CT_OK;
    ct_buf_init(&out, f->arena, CT_DECODE_MAX);
    bool changed = false;
    ct_err e = decoders[layer](text, &out, &changed);
    if (e == CT_ERR_CAP) f->spent = true;
    else if (e != CT_OK) return e;
    else if (changed && is_worth_a_look(f, ct_buf_view(&out))) {
        size_t before = f->n;
        add(f, from, layer, ct_buf_view(&out));
        if (f->n > before) return CT_OK;
    }
    ct_arena_reset(f->arena, mark);
    return CT_OK;
}

/* Each base64 value. Half of the room is for what comes of them. */
static ct_err take_values(struct ct_forms *f, const struct ct_form *form, struct ct_token_search search, bool worded)
{
    enum { VALUES_BESIDE_WORDS = 4, ROOM = CT_FORMS_MAX / 2 };
    ct_str token;
    size_t paid = search.seen;
    for (size_t n = 0; ct_token_next(form->text, &search, &token); n++) {
        if (!charge(f, (search.seen - paid) / 2)) break;
        paid = search.seen;
        /* The text of a word is such a value too, and a letter has many: but what a sender makes look like a word may be none. */
        if (worded && n == VALUES_BESIDE_WORDS) {
            f->spent = true;
            break;
        }
        CT_TRY(decode(f, form, CT_LAYER_BASE64, token));
        if (f->n < ROOM || f->waits || worded) continue;
        f->waits = true;
        f->waiting = *form;
        f->rest = search;
        break;
    }
    return CT_OK;
}

static ct_err expand(struct ct_forms *f, const struct ct_form *form)
{
    ct_str t = form->text;
    bool full = f->n == CT_FORMS_MAX && f->spent; /* and that is said */
    if (full || !charge(f, 2 * t.n)) return CT_OK;
    bool mail = ct_mail_next(t, 0, f->mail) != CT_STR_NONE;
    if (ct_str_chr(t, '%') != CT_STR_NONE) {
        /* Is a '+' a blank? It is in a form; it is not in a path or inside base64. */
        if (ct_str_chr(t, '+') != CT_STR_NONE) CT_TRY(decode(f, form, CT_LAYER_FORM, t));
        CT_TRY(decode(f, form, CT_LAYER_PERCENT, t));
    }
    if (ct_str_chr(t, '\\') != CT_STR_NONE) CT_TRY(decode(f, form, CT_LAYER_BACKSLASH, t));
    if (ct_str_chr(t, '&') != CT_STR_NONE) CT_TRY(decode(f, form, CT_LAYER_HTML, t));
    /* HAProxy's captures in a line of other shape than its own: a '#' alone is part of an address. */
    if (holds_hash_brace(t)) CT_TRY(decode(f, form, CT_LAYER_HASH, t));
    /* A statement that a database logs: quotes matter in the patterns of dates alone. */
    if (form->lookup && ct_str_find(t, CT_STR("''")) != CT_STR_NONE && ct_str_find_fold(t, CT_STR("date")) != CT_STR_NONE)
        CT_TRY(decode(f, form, CT_LAYER_QUOTES, t));
    size_t before = f->n;
    if (mail) CT_TRY(decode(f, form, CT_LAYER_WORDS, t));
    bool worded = f->n > before;
    if (mail && f->mail) CT_TRY(decode(f, form, CT_LAYER_QUOTED, t));
    return take_values(f, form, (struct ct_token_search){0}, worded);
}

ct_err ct_forms_start(struct ct_forms *f, ct_arena *arena, ct_str text, uint64_t *work, bool mail)
{
    *f = (struct ct_forms){.arena = arena, .work = work, .mail = mail};
    f->list = ct_arena_array(arena, work ? CT_FORMS_MAX : 1, sizeof *f->list);
    if (!f->list) return CT_ERR_NOMEM;
    f->list[0] = (struct ct_form){.text = text, .hash = hash_of(text), .lookup = ct_has_lookup(text)};
    f->n = 1;
    f->next = 0;
    if (!work) f->next = SIZE_MAX;
    return CT_OK;
}

ct_err ct_forms_next(struct ct_forms *f, const struct ct_form **ret_form)
{
    if (f->next == SIZE_MAX) { /* no decoding: the text alone, once */
        *ret_form = f->n ? &f->list[0] : NULL;
        f->n = 0;
        return CT_OK;
    }
    /* The form before is expanded only now, when the caller wants more. */
    if (f->next > 0 && !f->passed) CT_TRY(expand(f, &f->list[f->next - 1]));
    f->passed = false;
    while (f->next == f->n && f->waits) {
        f->waits = false;
        f->list[0] = f->waiting;
        f->n = f->next = 1;
        CT_TRY(take_values(f, &f->list[0], f->rest, false));
    }
    *ret_form = f->next < f->n ? &f->list[f->next] : NULL;
    f->next += f->next < f->n;
    return CT_OK;
}
