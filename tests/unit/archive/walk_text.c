#include "walk_text.h"

#include <string.h>

const char *walk_oddity_name(enum ct_oddity o)
{
    static const char *const names[] = {
#define X(name, text, incomplete) #name,
        CT_ODDITY_LIST(X)
#undef X
    };
    return names[o];
}

static const char *err_name(ct_err e)
{
    static const char *const names[] = {
#define X(name, text, status) #name,
        CT_ERR_LIST(X)
#undef X
    };
    return names[e];
}

ct_err walk_read(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    const ct_str *s = ctx;
    size_t there = at < s->n ? s->n - (size_t)at : 0;
    if (n > there) n = there;
    if (n) memcpy(to, s->p + at, n);
    *ret_n = n;
    return CT_OK;
}

static void say(struct ct_buf *out, ct_nest *nest, const struct ct_nest_event *ev)
{
    static unsigned char block[3000];
    if (out->n && out->p[out->n - 1] != '{') ct_buf_byte(out, ' ');
    if (ev->what == CT_NEST_LEAVE) {
        if (out->n && out->p[out->n - 1] == ' ') out->n--;
        ct_buf_byte(out, '}');
        return;
    }
    if (ev->what == CT_NEST_ODDITY) {
        ct_buf_printf(out, "?%s(", walk_oddity_name(ev->oddity));
        ct_buf_add(out, ev->name);
        ct_buf_byte(out, ')');
        return;
    }
    ct_buf_add(out, ev->name);
    if (ev->kind == CT_NEST_DIR) return;
    if (ev->link.n) {
        ct_buf_byte(out, '>');
        ct_buf_add(out, ev->link);
        return;
    }
    if (ct_nest_enter(nest) == CT_OK) {
        ct_buf_byte(out, '{');
        return;
    }
    size_t n = 0, got = 0;
    ct_err e;
    while ((e = ct_nest_read(nest, block, sizeof block, &got)) == CT_OK) n += got;
    if (e == CT_ERR_END) {
        ct_buf_byte(out, ':');
        ct_buf_u64(out, n);
    } else {
        ct_buf_printf(out, "!%s", err_name(e));
    }
}

ct_err walk_text(const struct ct_alloc *alloc, ct_arena *arena, ct_str bytes, enum walk_way way, const struct ct_nest_limits *limits, ct_str *ret_text)
{
    struct ct_nest_limits with = *limits;
    struct ct_bytes_at at = {.read = walk_read, .ctx = &bytes, .size = bytes.n, .base = way == WALK_MAPPED ? bytes.p : NULL};
    struct ct_nest_event ev;
    struct ct_buf out;
    ct_nest *nest = NULL;
    if (way == WALK_STREAMED) with.hold_max = 0;
    CT_TRY(ct_nest_new(alloc, &with, &nest));
    ct_buf_init(&out, arena, 1u << 20);
    ct_err e = ct_nest_open(nest, at, CT_STR("root"), CT_FAMILIES_ALL);
    if (e == CT_OK) {
        while ((e = ct_nest_next(nest, &ev)) == CT_OK) say(&out, nest, &ev);
        if (e == CT_ERR_END) e = ct_buf_str(&out, ret_text);
    }
    ct_nest_free(nest);
    return e;
}
