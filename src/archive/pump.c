#include "archive/level.h"

void ct_nest_fill(ct_nest *nest, struct ct_level *l, struct ct_input *in, size_t need)
{
    if (in->n >= need || in->end) return;
    if (in->random) {
        ct_input_fill(in, &nest->alloc, need);
        return;
    }
    unsigned j = l->index; /* the level whose window gets the next bytes */
    while (in->n < need && !in->end) {
        struct ct_level *below = nest->levels[j - 1];
        struct ct_input *w = j == l->index ? in : &nest->levels[j]->in;
        unsigned char *to;
        size_t room, got = 0;
        size_t want = j == l->index && need > w->n ? need : w->n + 1;
        ct_err e = ct_input_room(w, &nest->alloc, want, &to, &room);
        if (e == CT_OK) e = ct_body_step(nest, below, to, room, &got);
        if (e == CT_OK) {
            const struct ct_nest_tap *tap = &nest->levels[j]->tap;
            if (tap->bytes) tap->bytes(tap->ctx, (ct_str){to, got});
            w->n += got;
        } else if (e == CT_ERR_AGAIN) {
            struct ct_input *b = below->body.in;
            if (b->random) ct_input_fill(b, &nest->alloc, b->n + 1);
            else j--;
            continue;
        } else {
            w->end = true;
            w->err = e == CT_ERR_END ? CT_OK : e;
        }
        if (j < l->index) j++;
    }
}

void ct_nest_skip_to(ct_nest *nest, struct ct_level *l, uint64_t pos)
{
    struct ct_input *in = &l->in;
    if (in->random) {
        ct_input_seek(in, pos);
        return;
    }
    while (in->pos < pos) {
        if (in->n == 0) {
            if (in->end) return;
            ct_nest_fill(nest, l, in, 1);
            continue;
        }
        uint64_t ahead = pos - in->pos;
        ct_input_take(in, ahead < in->n ? (size_t)ahead : in->n);
    }
}

ct_err ct_nest_pull(ct_nest *nest, struct ct_level *l, unsigned char *out, size_t n, size_t *ret_n)
{
    for (;;) {
        ct_err e = ct_body_step(nest, l, out, n, ret_n);
        if (e != CT_ERR_AGAIN) return e;
        ct_nest_fill(nest, l, l->body.in, l->body.in->n + 1);
    }
}
