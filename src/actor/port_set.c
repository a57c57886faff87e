#include "actor/port_set.h"

#include <string.h>

enum { WORDS = 65536 / 64, CAP_FIRST = 32, CAP_LAST = 256 };

static const struct ct_port_range *ranges_of(const struct ct_port_set *s) { return s->cap ? s->many : s->few; }

/* Index of the first range that ends at or behind port. */
static uint32_t range_for(const struct ct_port_set *s, uint16_t port)
{
    const struct ct_port_range *r = ranges_of(s);
    uint32_t low = 0, high = s->n_ranges;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (r[middle].last < port) low = middle + 1;
        else high = middle;
    }
    return low;
}

bool ct_port_set_has(const struct ct_port_set *s, uint16_t port)
{
    if (s->bits) return s->bits[port / 64] >> (port % 64) & 1;
    uint32_t at = range_for(s, port);
    return at < s->n_ranges && ranges_of(s)[at].first <= port;
}

static ct_err to_bits(struct ct_port_set *s, const struct ct_alloc *alloc)
{
    uint64_t *bits = ct_alloc_get(alloc, WORDS * sizeof *bits);
    if (!bits) return CT_ERR_NOMEM;
    memset(bits, 0, WORDS * sizeof *bits);
    const struct ct_port_range *r = ranges_of(s);
    for (uint32_t i = 0; i < s->n_ranges; i++)
        for (uint32_t port = r[i].first; port <= r[i].last; port++) bits[port / 64] |= UINT64_C(1) << (port % 64);
    ct_alloc_put(alloc, s->many, s->cap * sizeof *s->many);
    s->many = NULL;
    s->cap = s->n_ranges = 0;
    s->bits = bits;
    return CT_OK;
}

/* Room for one range more, or the bitmap. */
static ct_err make_room(struct ct_port_set *s, const struct ct_alloc *alloc)
{
    uint32_t cap = s->cap ? s->cap : CT_PORT_SET_FEW;
    if (s->n_ranges < cap) return CT_OK;
    if (cap == CAP_LAST) return to_bits(s, alloc);
    uint32_t wider = s->cap ? CAP_LAST : CAP_FIRST;
    struct ct_port_range *many = ct_alloc_get(alloc, wider * sizeof *many);
    if (!many) return CT_ERR_NOMEM;
    memcpy(many, ranges_of(s), s->n_ranges * sizeof *many);
    ct_alloc_put(alloc, s->many, s->cap * sizeof *many);
    s->many = many;
    s->cap = wider;
    return CT_OK;
}

ct_err ct_port_set_add(struct ct_port_set *s, const struct ct_alloc *alloc, uint16_t port, bool *ret_new)
{
    if (ct_port_set_has(s, port)) {
        *ret_new = false;
        return CT_OK;
    }
    if (!s->bits) {
        uint32_t at = range_for(s, port);
        struct ct_port_range *r = s->cap ? s->many : s->few;
        bool joins_before = at > 0 && r[at - 1].last + 1u == port, joins_after = at < s->n_ranges && port + 1u == r[at].first;
        if (joins_before && joins_after) {
            r[at - 1].last = r[at].last;
            memmove(r + at, r + at + 1, (s->n_ranges - at - 1) * sizeof *r);
            s->n_ranges--;
        } else if (joins_before) {
            r[at - 1].last = port;
        } else if (joins_after) {
            r[at].first = port;
        } else {
            CT_TRY(make_room(s, alloc));
            if (!s->bits) {
                r = s->cap ? s->many : s->few;
                memmove(r + at + 1, r + at, (s->n_ranges - at) * sizeof *r);
                r[at] = (struct ct_port_range){port, port};
                s->n_ranges++;
            }
        }
    }
    if (s->bits) s->bits[port / 64] |= UINT64_C(1) << (port % 64);
    s->n++;
    *ret_new = true;
    return CT_OK;
}

/* The lowest port from here on that is in the bitmap, or is not; 65536: none. By words: a crowd's alerts ask this of many sets. */
static uint32_t next_port(const uint64_t *bits, uint32_t from, bool in)
{
    while (from < 65536) {
        uint64_t word = (in ? bits[from / 64] : ~bits[from / 64]) >> (from % 64);
        if (word) return from + (uint32_t)__builtin_ctzll(word);
        from = (from / 64 + 1) * 64;
    }
    return 65536;
}

size_t ct_port_set_ranges(const struct ct_port_set *s, struct ct_port_range *to, size_t max, bool *ret_more)
{
    if (!s->bits) {
        size_t n = s->n_ranges < max ? s->n_ranges : max;
        memcpy(to, ranges_of(s), n * sizeof *to);
        *ret_more = n < s->n_ranges;
        return n;
    }
    size_t n = 0;
    uint32_t first = next_port(s->bits, 0, true);
    for (; first < 65536 && n < max; n++) {
        uint32_t end = next_port(s->bits, first, false);
        to[n] = (struct ct_port_range){(uint16_t)first, (uint16_t)(end - 1)};
        first = next_port(s->bits, end, true);
    }
    *ret_more = first < 65536;
    return n;
}

void ct_port_set_done(struct ct_port_set *s, const struct ct_alloc *alloc)
{
    ct_alloc_put(alloc, s->many, s->cap * sizeof *s->many);
    ct_alloc_put(alloc, s->bits, WORDS * sizeof *s->bits);
    *s = (struct ct_port_set){0};
}
