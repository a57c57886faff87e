#include "respond/vex_weigh.h"

#include "base/buf.h"

enum { WORDS_MAX = 16 << 10, TEXT_SHOWN = 600 };

struct loading {
    ct_arena *arena;
    struct ct_vex_list list;
    size_t cap;
};

static ct_err on_row(void *ctx, const struct ct_vex_row *r)
{
    struct loading *l = ctx;
    if (l->list.n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 16;
        struct ct_vex_row *grown = ct_arena_grow(l->arena, l->list.rows, l->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        l->list.rows = grown;
        l->cap = cap;
    }
    struct ct_vex_row *to = &l->list.rows[l->list.n];
    *to = *r;
    ct_str *const texts[] = {&to->status, &to->said, &to->vendor, &to->product, &to->versions, &to->product_id, &to->purl, &to->component, &to->justification, &to->text,
                             &to->action, &to->refused, &to->purl_key, &to->component_key, &to->source, &to->document_name};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) CT_TRY(ct_arena_dup(l->arena, *texts[i], texts[i]));
    l->list.n++;
    return CT_OK;
}

ct_err ct_vex_load(ct_db *db, ct_arena *arena, int64_t vulnerability, int64_t component, struct ct_vex_list *ret_list)
{
    struct loading l = {.arena = arena};
    CT_TRY(ct_vex_about(db, vulnerability, component, on_row, &l));
    *ret_list = l.list;
    return CT_OK;
}

static bool same_subject(const struct ct_vex_row *a, const struct ct_vex_row *b)
{
    return ct_str_eq(a->source, b->source) && ct_str_eq(a->purl_key, b->purl_key) && ct_str_eq(a->product, b->product) && ct_str_eq(a->component_key, b->component_key);
}

static void part(struct ct_buf *b, const char *before, ct_str text)
{
    if (text.n == 0) return;
    ct_buf_text(b, before);
    ct_buf_add(b, ct_str_slice(text, 0, TEXT_SHOWN));
    if (text.n > TEXT_SHOWN) ct_buf_text(b, "...");
}

/* "NAME says not_affected (component_not_present: ...)" */
static ct_err words(ct_arena *arena, const struct ct_vex_row *r, bool pinned, ct_str *ret_words)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, WORDS_MAX);
    ct_buf_add(&b, ct_str_slice(r->source, 0, 200));
    part(&b, " says ", r->status);
    part(&b, " of ", r->product.n ? r->product : r->purl);
    part(&b, ": ", r->justification);
    part(&b, ": ", r->text);
    part(&b, "; ", r->action);
    bool safe = ct_str_eq(r->status, CT_STR("not_affected")) || ct_str_eq(r->status, CT_STR("fixed"));
    if (safe && !pinned) ct_buf_text(&b, "; it names no version, and makes nothing safer");
    return ct_buf_str(&b, ret_words);
}

/* Does it speak of this asset, and of this very version? */
static ct_err applies(ct_db *db, const struct ct_vex_row *r, int64_t asset, bool *ret_applies, bool *ret_pinned)
{
    bool exact = false;
    *ret_applies = r->asset == 0 || r->asset == asset;
    *ret_pinned = r->exact || r->asset != 0;
    if (r->asset || r->component_key.n == 0 || r->purl_key.n == 0) return CT_OK;
    CT_TRY(ct_vex_product_on(db, r->id, asset, ret_applies, &exact));
    *ret_pinned |= exact;
    return CT_OK;
}

static ct_err add(ct_arena *arena, const struct ct_vex_row *r, bool pinned, struct ct_vex_opinion *o)
{
    enum ct_state state, before;
    ct_str why, name;
    struct ct_buf b;
    if (!ct_state_named(r->status, &state)) return CT_OK;
    CT_TRY(words(arena, r, pinned, &why));
    if (state == CT_STATE_AFFECTED) {
        if (!o->affected) o->affected_why = why;
        o->affected = true;
    } else if (state == CT_STATE_UNDER_INVESTIGATION) {
        if (!o->investigating) o->investigating_why = why;
        o->investigating = true;
    } else if (pinned) {
        if (!o->safe || state < o->safe_state) o->safe_state = state, o->safe_why = why;
        o->safe = true;
    }
    ct_buf_init(&b, arena, 1024);
    ct_buf_text(&b, "vex ");
    ct_buf_add(&b, ct_str_slice(r->source, 0, 200));
    CT_TRY(ct_buf_str(&b, &name));
    for (size_t i = 0; i < o->n; i++) {
        if (!ct_str_eq(o->verdicts[i].source, name)) continue;
        if (ct_state_named(o->verdicts[i].state, &before) && state < before) o->verdicts[i].state = ct_str_from(ct_state_name(state)), o->verdicts[i].reason = why;
        return CT_OK;
    }
    if (o->n < CT_VEX_SOURCES) o->verdicts[o->n++] = (struct ct_finding_verdict){name, ct_str_from(ct_state_name(state)), why};
    return CT_OK;
}

ct_err ct_vex_ask(ct_db *db, ct_arena *arena, const struct ct_vex_list *list, int64_t asset, struct ct_vex_opinion *ret_opinion)
{
    struct ct_vex_opinion o = {.n = 0};
    const struct ct_vex_row *newest = NULL;
    for (size_t i = 0; i < list->n; i++) {
        const struct ct_vex_row *r = &list->rows[i];
        bool speaks, pinned;
        CT_TRY(applies(db, r, asset, &speaks, &pinned));
        if (!speaks) continue;
        bool first = !newest || !same_subject(newest, r);
        if (first) newest = r;
        if (r->at == newest->at) CT_TRY(add(arena, r, pinned, &o));
    }
    *ret_opinion = o;
    return CT_OK;
}
