/* One walk over hostile bytes, used by several targets: every way to touch an entry is taken, by turns. The walk ends, keeps
 * to its caps, and sees the same entries and contents whether the bytes are mapped or read piece by piece. (What is wrong
 * with an entry may be met earlier in one way than in the other, since windows read ahead.) */
#ifndef CT_FUZZ_NEST_WALK_H
#define CT_FUZZ_NEST_WALK_H

#include "archive/nest.h"
#include "base/blake2b.h"

#include <stdlib.h>
#include <string.h>

static void check(bool ok)
{
    if (!ok) abort();
}

static ct_err read_piece(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    const ct_str *s = ctx;
    size_t there = at < s->n ? s->n - (size_t)at : 0;
    if (n > there) n = there;
    if (n) memcpy(to, s->p + at, n);
    *ret_n = n;
    return CT_OK;
}

static void add_number(struct ct_blake2b *h, uint64_t v) { ct_blake2b_add(h, (ct_str){(const unsigned char *)&v, sizeof v}); }

static void on_piece(void *ctx, ct_str piece) { ct_blake2b_add(ctx, piece); }

/* A container that was left: what went by of it and the rest behind it are its bytes, in either way. */
static void touch_left(ct_nest *nest, struct ct_blake2b *seen, struct ct_blake2b *h)
{
    unsigned char block[700], digest[CT_BLAKE2B_DIGEST];
    size_t n = 0;
    ct_err e;
    while ((e = ct_nest_read(nest, block, sizeof block, &n)) == CT_OK) ct_blake2b_add(seen, (ct_str){block, n});
    if (e != CT_ERR_END) return;
    ct_blake2b_done(seen, digest);
    ct_blake2b_add(h, (ct_str){digest, sizeof digest});
}

/* Touches the entry in one of the ways; what a whole reading gives goes into the hash. */
static void touch(ct_nest *nest, unsigned way, ct_arena *arena, struct ct_blake2b *h)
{
    unsigned char block[700];
    ct_str s = {NULL, 0};
    size_t n = 0;
    enum ct_container c = CT_CONTAINER_NONE;
    ct_err e = CT_OK;
    switch (way % 6) {
    case 0:
        (void)!ct_nest_peek(nest, 300, &s);
        return;
    case 1:
        e = ct_nest_load(nest, arena, 200000, &s);
        break;
    case 2:
        for (unsigned i = 0; i < 400 && e == CT_OK; i++) {
            e = ct_nest_read(nest, block, sizeof block, &n);
            if (e == CT_OK) check(n > 0 && n <= sizeof block);
            if (e == CT_OK) ct_blake2b_add(h, (ct_str){block, n});
        }
        return;
    case 3:
        e = ct_nest_sniff(nest, &c);
        if (e == CT_OK) e = ct_nest_load(nest, arena, 200000, &s);
        break;
    case 4: return;
    default: (void)!ct_nest_read(nest, block, 1, &n); return;
    }
    add_number(h, e == CT_OK);
    if (e == CT_OK) ct_blake2b_add(h, s);
}

/* The hash of the entries and of what is in them. False: it met a bomb, and where that stops depends on how far it read ahead. */
static bool walk(struct ct_bytes_at bytes, unsigned families, unsigned seed, size_t hold, unsigned char ret_digest[CT_BLAKE2B_DIGEST])
{
    struct ct_nest_limits limits = {.depth_max = 6, .entries_max = 500, .inflated_floor = 1u << 20, .inflated_ratio = 20, .hold_max = hold,
                                    .check_local = true};
    ct_nest *nest = NULL;
    ct_arena *arena = NULL;
    struct ct_blake2b h, inside[8]; /* by depth: of the containers that are open */
    ct_blake2b_init(&h);
    check(ct_nest_new(&ct_alloc_libc, &limits, &nest) == CT_OK && ct_arena_new(&ct_alloc_libc, 8u << 20, &arena) == CT_OK);
    ct_err e = ct_nest_open(nest, bytes, CT_STR("root"), families);
    add_number(&h, e);
    struct ct_nest_event ev;
    unsigned steps = 0, depth = 1;
    bool bomb = false;
    while (e == CT_OK && (e = ct_nest_next(nest, &ev)) == CT_OK) {
        check(++steps < 100000 && ev.depth <= limits.depth_max + 1);
        struct ct_buf path;
        ct_arena_clear(arena);
        ct_buf_init(&path, arena, 4u << 20);
        ct_nest_path(nest, &path);
        if (ev.what == CT_NEST_ODDITY) {
            bomb = bomb || ev.oddity == CT_ODDITY_BOMB;
            check(memchr(ev.detail, 0, sizeof ev.detail) != NULL);
            check(!ev.incomplete || ct_nest_incomplete(nest));
            continue;
        }
        ct_blake2b_add(&h, ct_buf_view(&path));
        add_number(&h, ev.what);
        add_number(&h, ev.size);
        ct_blake2b_add(&h, ev.name);
        ct_blake2b_add(&h, ev.link);
        if (ev.what == CT_NEST_LEAVE) check(ev.depth + 1 == depth);
        depth = ev.depth;
        if (ev.what == CT_NEST_LEAVE && seed & 1) touch_left(nest, &inside[ev.depth], &h);
        if (ev.what != CT_NEST_ENTRY) continue;
        seed = seed * 1103515245u + 12345u;
        bool entered = false;
        if (seed >> 24 & 3) {
            ct_blake2b_init(&inside[ev.depth]);
            entered = ct_nest_enter_tapped(nest, (struct ct_nest_tap){on_piece, &inside[ev.depth]}) == CT_OK;
            add_number(&h, entered);
            depth += entered;
        }
        if (!entered) touch(nest, seed >> 16 & 0xff, arena, &h);
        if ((seed >> 10 & 63) == 0) ct_nest_leave(nest);
    }
    check(e == CT_ERR_END || e == CT_ERR_NOT_FOUND || e == CT_ERR_NOMEM);
    ct_nest_free(nest);
    ct_arena_free(arena);
    ct_blake2b_done(&h, ret_digest);
    return !bomb;
}

static inline void walk_ways(const uint8_t *data, size_t size, unsigned families)
{
    if (size < 2) return;
    unsigned seed = data[0], hold = data[1] & 1 ? 1u << 16 : 0;
    unsigned char mapped[CT_BLAKE2B_DIGEST], pieces[CT_BLAKE2B_DIGEST];
    ct_str s = {data + 2, size - 2};
    struct ct_bytes_at at = {.read = read_piece, .ctx = &s, .size = s.n};
    bool exact = walk(at, families, seed, hold, pieces);
    at.base = s.p;
    exact = walk(at, families, seed, hold, mapped) && exact;
    check(!exact || memcmp(mapped, pieces, sizeof mapped) == 0);
}

#endif
