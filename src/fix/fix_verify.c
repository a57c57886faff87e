#include "fix/fix_verify.h"
#include "archive/nest.h"
#include "archive/zip_strict.h"
#include "base/limits.h"
#include "fix/fix_disk.h"

#include <string.h>
#include <sys/stat.h>

struct side {
    ct_nest *nest;
    struct ct_nest_event e;
    bool end;
};

struct pair {
    struct side old, new;
    const struct ct_zip_cut *cuts;
    size_t n_cuts;
    ct_arena *arena;
    ct_str chain[CT_ZIP_WITHOUT_DEPTH_MAX]; /* entries gone into */
    size_t depth;
    struct ct_fault *fault;
};

/* The next entry, or the end of what was entered. */
static ct_err step(struct side *s)
{
    ct_err err;
    while ((err = ct_nest_next(s->nest, &s->e)) == CT_OK && s->e.what == CT_NEST_ODDITY) continue;
    s->end = err == CT_ERR_END;
    return s->end ? CT_OK : err;
}

enum fate { KEEP, CUT, ENTER };

static enum fate fate_of(const struct pair *p, ct_str name)
{
    enum fate fate = KEEP;
    for (size_t i = 0; i < p->n_cuts; i++) {
        const struct ct_zip_cut *c = &p->cuts[i];
        bool here = c->n > p->depth && ct_str_eq(c->names[p->depth], name);
        for (size_t d = 0; here && d < p->depth; d++) here = ct_str_eq(c->names[d], p->chain[d]);
        if (here && c->n == p->depth + 1) return CUT;
        if (here) fate = ENTER;
    }
    return fate;
}

static ct_err differs(const struct pair *p, const char *what)
{
    return ct_fault_set(p->fault, CT_ERR_CHECKSUM, p->new.e.offset, "the new file is not what it should be (%s); nothing was changed", what);
}

static ct_err read_through(ct_nest *nest)
{
    unsigned char piece[16384];
    size_t n;
    ct_err err;
    while ((err = ct_nest_read(nest, piece, sizeof piece, &n)) == CT_OK) continue;
    return err;
}

/* Checksums are looked at by reading to the end. What cannot be decompressed was copied, and the directory speaks for it; what was
 * damaged before may be damaged after. */
static ct_err compare_content(struct pair *p)
{
    ct_err err = read_through(p->new.nest);
    if (err == CT_ERR_END || err == CT_ERR_UNSUPPORTED || read_through(p->old.nest) == err) return CT_OK;
    return differs(p, "an entry cannot be read");
}

static ct_err compare(struct pair *p)
{
    const struct ct_nest_event *a = &p->old.e, *b = &p->new.e;
    if (p->old.end || p->new.end || a->what != b->what) return p->old.end && p->new.end ? CT_OK : differs(p, "another number of entries");
    if (a->what == CT_NEST_LEAVE) {
        p->depth--;
        return CT_OK;
    }
    if (!ct_str_eq(a->name, b->name)) return differs(p, "another name");
    if (fate_of(p, a->name) == ENTER) {
        if (p->depth == CT_ZIP_WITHOUT_DEPTH_MAX) return differs(p, "nested too deep");
        CT_TRY(ct_arena_dup(p->arena, a->name, &p->chain[p->depth]));
        if (ct_nest_enter(p->old.nest) != CT_OK || ct_nest_enter(p->new.nest) != CT_OK) return differs(p, "an inner archive cannot be opened");
        p->depth++;
        return CT_OK;
    }
    if (a->size != b->size || a->method != b->method || a->has_crc != b->has_crc || (a->has_crc && a->crc != b->crc)) return differs(p, "another content");
    return compare_content(p);
}

static ct_err compare_all(struct pair *p)
{
    do {
        CT_TRY(step(&p->old));
        while (!p->old.end && p->old.e.what == CT_NEST_ENTRY && fate_of(p, p->old.e.name) == CUT) CT_TRY(step(&p->old));
        CT_TRY(step(&p->new));
        if (!p->new.end && p->new.e.what == CT_NEST_ENTRY && fate_of(p, p->new.e.name) == CUT) return differs(p, "the class is still there");
        CT_TRY(compare(p));
    } while (!p->old.end);
    return CT_OK;
}

/* An archive of which nothing is left is none to a reader that goes by content: the strict one says whether it is whole. */
static bool is_empty(const int *fd)
{
    struct stat st;
    struct ct_zip_strict z = {0};
    ct_arena *arena;
    if (fstat(*fd, &st) != 0 || ct_arena_new(&ct_alloc_libc, 1u << 20, &arena) != CT_OK) return false;
    struct ct_bytes_at in = ct_fix_bytes(fd, (uint64_t)st.st_size);
    bool empty = ct_zip_strict_open(arena, &in, &z, NULL) == CT_OK && z.n == 0;
    ct_arena_free(arena);
    return empty;
}

/* Every entry of the old one was to go. */
static ct_err expect_nothing_left(struct pair *p)
{
    CT_TRY(step(&p->old));
    while (!p->old.end && p->old.e.what == CT_NEST_ENTRY && fate_of(p, p->old.e.name) == CUT) CT_TRY(step(&p->old));
    return p->old.end ? CT_OK : differs(p, "entries are missing");
}

static ct_err open_side(struct side *s, const int *fd)
{
    struct stat st;
    if (fstat(*fd, &st) != 0) return CT_ERR_READ;
    CT_TRY(ct_nest_new(&ct_alloc_libc, &ct_nest_limits_default, &s->nest));
    return ct_nest_open(s->nest, ct_fix_bytes(fd, (uint64_t)st.st_size), CT_STR("archive"), CT_FAMILY_ZIP);
}

ct_err ct_fix_verify(int old, int new, const struct ct_zip_cut *cuts, size_t n_cuts, struct ct_fault *fault)
{
    struct pair p = {.cuts = cuts, .n_cuts = n_cuts, .fault = fault};
    ct_err err = ct_arena_new(&ct_alloc_libc, 1u << 20, &p.arena);
    if (err == CT_OK) err = open_side(&p.old, &old);
    if (err == CT_OK) err = open_side(&p.new, &new);
    if (err == CT_ERR_NOT_FOUND && p.new.nest && is_empty(&new)) err = expect_nothing_left(&p);
    else if (err == CT_OK) err = compare_all(&p);
    ct_nest_free(p.old.nest);
    ct_nest_free(p.new.nest);
    ct_arena_free(p.arena);
    if (err != CT_OK && fault && fault->err == CT_OK) return ct_fault_set(fault, err, 0, "the new file cannot be read back: %s", ct_err_text(err));
    return err;
}
