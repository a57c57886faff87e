#include "archive/input.h"

#include "base/limits.h"

#include <string.h>

/* Most entries are only sniffed at; those of a jar follow one another, some to a read. */
enum { FIRST_READ = 4096, AHEAD_READ = 32 * 1024 };

static void clamp(const struct ct_bytes_at *at, uint64_t *start, uint64_t *size)
{
    if (*start > at->size) *start = at->size;
    if (*size > at->size - *start) *size = at->size - *start;
}

void ct_input_random(struct ct_input *in, const struct ct_bytes_at *at, uint64_t start, uint64_t size)
{
    clamp(at, &start, &size);
    *in = (struct ct_input){.random = true, .at = *at, .start = start, .size = size, .buf = in->buf, .cap = in->cap};
    ct_input_seek(in, 0);
}

void ct_input_part(struct ct_input *in, const struct ct_bytes_at *at, uint64_t start, uint64_t size)
{
    uint64_t first = in->start + in->pos, have = in->n + in->more; /* both from where the window is */
    bool same = in->random && !at->base && !in->at.base && in->at.read == at->read && in->at.ctx == at->ctx && in->at.size == at->size && have && !in->err;
    clamp(at, &start, &size);
    if (!same || start < first || start - first > have + FIRST_READ) {
        ct_input_random(in, at, start, size);
        return;
    }
    size_t skip = (size_t)(start - first), left = skip < have ? (size_t)have - skip : 0;
    in->win = left ? in->win + skip : in->buf;
    in->n = left < size ? left : (size_t)size;
    in->more = left - in->n;
    in->start = start;
    in->size = size;
    in->pos = 0;
    in->end = in->n == size;
    in->warm = in->ahead = true;
}

void ct_input_stream(struct ct_input *in)
{
    *in = (struct ct_input){.size = CT_INPUT_UNKNOWN, .buf = in->buf, .cap = in->cap, .win = in->buf};
}

void ct_input_done(struct ct_input *in, const struct ct_alloc *alloc)
{
    ct_alloc_put(alloc, in->buf, in->cap);
    *in = (struct ct_input){0};
}

void ct_input_seek(struct ct_input *in, uint64_t pos)
{
    if (pos > in->size) pos = in->size;
    in->err = CT_OK;
    if (in->at.base) {
        in->win = in->at.base + in->start + pos;
        in->n = (size_t)(in->size - pos);
        in->end = true;
    } else if (pos >= in->pos && pos - in->pos <= in->n && in->n) {
        size_t ahead = (size_t)(pos - in->pos);
        in->win += ahead;
        in->n -= ahead;
        in->end = in->size - pos <= in->n;
    } else {
        in->win = in->buf;
        in->n = in->more = 0;
        in->warm = false;
        in->end = pos >= in->size;
    }
    in->pos = pos;
}

ct_err ct_input_room(struct ct_input *in, const struct ct_alloc *alloc, size_t need, unsigned char **ret_to, size_t *ret_n)
{
    size_t want = need < CT_NEST_WINDOW ? CT_NEST_WINDOW : need;
    if (want > in->cap) {
        size_t cap = in->cap * 2 > want ? in->cap * 2 : want;
        unsigned char *p = ct_alloc_get(alloc, cap);
        if (!p) return CT_ERR_NOMEM;
        if (in->n) memcpy(p, in->win, in->n);
        ct_alloc_put(alloc, in->buf, in->cap);
        in->buf = p;
        in->cap = cap;
    } else if (in->n && in->win != in->buf) {
        memmove(in->buf, in->win, in->n);
    }
    in->win = in->buf;
    *ret_to = in->buf + in->n;
    *ret_n = in->cap - in->n;
    return CT_OK;
}

void ct_input_fill(struct ct_input *in, const struct ct_alloc *alloc, size_t need)
{
    while (in->n < need && !in->end) {
        unsigned char *to;
        size_t room, got = 0;
        ct_err e = ct_input_room(in, alloc, need, &to, &room);
        uint64_t at = in->pos + in->n;
        if (e == CT_OK) {
            if (!in->warm && need <= FIRST_READ && room > FIRST_READ) room = FIRST_READ;
            if (in->ahead && need <= AHEAD_READ && room > AHEAD_READ) room = AHEAD_READ;
            uint64_t part = in->size - at, whole = in->at.size - in->start - at;
            if (room > (in->ahead ? whole : part)) room = (size_t)(in->ahead ? whole : part);
            e = in->at.read(in->at.ctx, in->start + at, to, room, &got);
        }
        if (e != CT_OK || got == 0) {
            in->err = e == CT_OK ? CT_ERR_TRUNCATED : e;
            in->end = true;
            return;
        }
        in->n += got;
        if (in->n > in->size - in->pos) {
            in->more = in->n - (size_t)(in->size - in->pos);
            in->n -= in->more;
        }
        in->warm = true;
        in->end = in->pos + in->n >= in->size;
    }
}

ct_err ct_input_read_at(const struct ct_input *in, uint64_t pos, void *to, size_t n, size_t *ret_n)
{
    if (pos > in->size) pos = in->size;
    if (n > in->size - pos) n = (size_t)(in->size - pos);
    if (in->at.base) {
        if (n) memcpy(to, in->at.base + in->start + pos, n);
        *ret_n = n;
        return CT_OK;
    }
    size_t done = 0;
    while (done < n) {
        size_t got = 0;
        CT_TRY(in->at.read(in->at.ctx, in->start + pos + done, (unsigned char *)to + done, n - done, &got));
        if (got == 0) break;
        done += got;
    }
    *ret_n = done;
    return CT_OK;
}
