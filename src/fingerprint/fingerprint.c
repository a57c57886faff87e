/* The set of products, and the table that answers for a name whether any of them wants it.
 *
 * The table is keyed by the last part of a class's name ("JndiLookup"). In front of it stands one word per first letter with a bit
 * per length: nearly every name of an archive ends there, after its last component was found. */
#include "base/buf.h"
#include "fingerprint/product.h"

#include <string.h>

struct slot {
    ct_str stem;              /* null p: free */
    struct fp_wanted *wanted;
};

struct table {
    struct slot *slots;
    size_t n; /* a power of two */
};

struct ct_fingerprints {
    const struct ct_alloc *alloc;
    ct_arena *arena;
    struct fp_product *products;
    struct table table;
    uint64_t lengths[256]; /* by first byte of a stem: a bit per length, 63 for longer ones */
    bool shortened;        /* some product looks into classes of shortened names */
};

ct_err ct_fingerprints_new(const struct ct_alloc *alloc, ct_fingerprints **ret_fingerprints)
{
    ct_fingerprints *f = ct_alloc_get(alloc, sizeof *f);
    if (!f) return CT_ERR_NOMEM;
    *f = (ct_fingerprints){.alloc = alloc};
    ct_err err = ct_arena_new(alloc, CT_FINGERPRINT_MEMORY_MAX, &f->arena);
    if (err) {
        ct_alloc_put(alloc, f, sizeof *f);
        return err;
    }
    *ret_fingerprints = f;
    return CT_OK;
}

void ct_fingerprints_free(ct_fingerprints *f)
{
    if (!f) return;
    ct_arena_free(f->arena);
    ct_alloc_put(f->alloc, f, sizeof *f);
}

/* The last component of a path up to its first dot, which no class name holds; also behind a backslash, as careless zip tools write it. */
static ct_str stem_of(ct_str name)
{
    size_t from = name.n, to = name.n;
    while (from > 0 && name.p[from - 1] != '/' && name.p[from - 1] != '\\')
        if (name.p[--from] == '.') to = from;
    return ct_str_slice(name, from, to);
}

static unsigned length_bit(size_t n) { return n < 63 ? (unsigned)n : 63u; }

static size_t find(const struct table *t, ct_str stem)
{
    size_t i = (size_t)ct_str_hash(stem) & (t->n - 1);
    while (t->slots[i].stem.p && !ct_str_eq(t->slots[i].stem, stem)) i = (i + 1) & (t->n - 1);
    return i;
}

static size_t count_paths(const struct fp_product *list)
{
    size_t n = 0;
    for (const struct fp_product *p = list; p; p = p->next)
        for (unsigned i = 0; i < p->n_terms; i++) n += p->terms[i].n_paths;
    return n;
}

static ct_err fill(ct_arena *arena, const struct fp_product *list, struct table *t)
{
    for (const struct fp_product *p = list; p; p = p->next) {
        for (unsigned i = 0; i < p->n_terms; i++) {
            for (size_t k = 0; k < p->terms[i].n_paths; k++) {
                ct_str stem = stem_of(p->terms[i].paths[k]);
                struct slot *s = &t->slots[find(t, stem)];
                s->stem = stem;
                if (s->wanted && s->wanted->product == p && s->wanted->term == i) continue; /* one class, two places */
                struct fp_wanted *w = ct_arena_alloc(arena, sizeof *w);
                if (!w) return CT_ERR_NOMEM;
                *w = (struct fp_wanted){p, i, s->wanted};
                s->wanted = w;
            }
        }
    }
    return CT_OK;
}

/* Puts the new products behind the old ones, those of the same name replaced, into a list of its own. */
static ct_err merge(ct_arena *arena, const struct fp_product *old, struct fp_product *fresh, struct fp_product **ret_list)
{
    struct fp_product *list = NULL, **end = &list;
    for (const struct fp_product *o = old; o; o = o->next) {
        bool replaced = false;
        for (const struct fp_product *n = fresh; n; n = n->next) replaced |= ct_str_eq(n->name, o->name);
        if (replaced) continue;
        struct fp_product *copy = ct_arena_alloc(arena, sizeof *copy);
        if (!copy) return CT_ERR_NOMEM;
        *copy = *o;
        *end = copy;
        end = &copy->next;
    }
    *end = fresh;
    *ret_list = list;
    return CT_OK;
}

static ct_err add(ct_fingerprints *f, ct_str text, struct ct_fault *fault)
{
    struct fp_product *fresh, *list;
    CT_TRY(fp_parse(f->arena, text, &fresh, fault));
    struct table t = {.n = 16};
    ct_err err = merge(f->arena, f->products, fresh, &list);
    if (err) return ct_fault_set(fault, err, 0, "out of memory");
    while (t.n < 4 * count_paths(list)) t.n *= 2;
    t.slots = ct_arena_zalloc(f->arena, t.n * sizeof *t.slots);
    if (!t.slots || fill(f->arena, list, &t)) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    f->products = list;
    f->table = t;
    f->shortened = false;
    for (const struct fp_product *p = list; p; p = p->next) f->shortened |= p->shortened;
    memset(f->lengths, 0, sizeof f->lengths);
    for (size_t i = 0; i < t.n; i++)
        if (t.slots[i].stem.p) f->lengths[t.slots[i].stem.p[0]] |= (uint64_t)1 << length_bit(t.slots[i].stem.n);
    return CT_OK;
}

ct_err ct_fingerprints_add(ct_fingerprints *f, ct_str text, struct ct_fault *fault)
{
    struct ct_arena_mark mark = ct_arena_mark(f->arena);
    ct_err err = add(f, text, fault);
    if (err) ct_arena_reset(f->arena, mark);
    return err;
}

ct_err ct_fingerprints_add_shipped(ct_fingerprints *f, struct ct_fault *fault)
{
    for (size_t i = 0; i < fp_n_shipped; i++) CT_TRY(ct_fingerprints_add(f, fp_shipped[i].text, fault));
    return CT_OK;
}

/* "org.example.Bad.class" as "org/example/Bad"; false when it is no name of a class. */
static bool class_path(struct ct_buf *out, ct_str name)
{
    if (ct_str_ends(name, CT_STR(".class"))) name = ct_str_slice(name, 0, name.n - 6);
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = name.p[i] == '.' || name.p[i] == '\\' ? '/' : name.p[i];
        if (c <= ' ' || c == 0x7f || c == '"' || c == '#') return false;
        if (c == '/' && (i == 0 || i + 1 == name.n || out->p[out->n - 1] == '/')) return false;
        ct_buf_byte(out, c);
        if (out->err) return false;
    }
    return name.n > 0;
}

/* What relocation mostly leaves alone: the last package and the class. Empty where that is all or nearly all of it. */
static ct_str tail_of(ct_str path)
{
    size_t at = ct_str_rchr(path, '/');
    if (at == CT_STR_NONE) return (ct_str){NULL, 0};
    at = ct_str_rchr(ct_str_slice(path, 0, at), '/');
    return at == CT_STR_NONE ? (ct_str){NULL, 0} : ct_str_slice(path, at + 1, path.n);
}

ct_err ct_fingerprints_add_suspect(ct_fingerprints *f, ct_str class_name, struct ct_fault *fault)
{
    ct_arena *arena;
    struct ct_buf path, text;
    ct_err err = ct_arena_new(f->alloc, 64 * 1024, &arena);
    if (err) return ct_fault_set(fault, err, 0, "out of memory");
    ct_buf_init(&path, arena, 1024);
    ct_buf_init(&text, arena, 8192);
    if (!class_path(&path, class_name)) {
        err = path.err ? path.err : CT_ERR_SYNTAX;
        (void)ct_fault_set(fault, err, 0, "want the name of a class, such as org/example/Bad");
    } else {
        ct_str p = ct_buf_view(&path);
        ct_str tail = tail_of(p);
        ct_buf_text(&text, "product suspect:");
        ct_buf_add(&text, p);
        if (tail.n) ct_buf_text(&text, "\nclass moved "), ct_buf_add(&text, tail);
        ct_buf_text(&text, "\nclass target ");
        ct_buf_add(&text, p);
        ct_buf_text(&text, "\ncve suspect high\naffected when target : this class was asked for\nunder_investigation");
        if (tail.n) ct_buf_text(&text, " when moved : its name ends as that of the class that was asked for: moved to another package, or a namesake\nunder_investigation");
        ct_buf_byte(&text, '\n');
        err = text.err ? ct_fault_set(fault, text.err, 0, "out of memory") : ct_fingerprints_add(f, ct_buf_view(&text), fault);
    }
    ct_arena_free(arena);
    return err;
}

/* Obfuscators count through the letters: three are enough for 140,000 classes of one package. */
enum { SHORTENED_MAX = 3 };

static bool shortened(const ct_fingerprints *f, ct_str name, ct_str stem)
{
    return stem.n <= SHORTENED_MAX && stem.n && f->shortened && ct_str_ends(name, CT_STR(".class"));
}

bool fp_may_be_shortened(const ct_fingerprints *f, ct_str path) { return shortened(f, path, stem_of(path)); }

unsigned ct_fingerprints_wants(const ct_fingerprints *f, ct_str entry_name)
{
    ct_str stem = stem_of(entry_name);
    if (stem.n == 0) return 0;
    if (f->lengths[stem.p[0]] >> length_bit(stem.n) & 1) {
        size_t at = find(&f->table, stem);
        if (f->table.slots[at].stem.p) return (unsigned)at + 1;
    }
    return shortened(f, entry_name, stem) ? (unsigned)f->table.n + 1 : 0; /* no slot: literals alone are asked for */
}

const struct fp_wanted *fp_wanted(const ct_fingerprints *f, unsigned wants)
{
    return wants && wants <= f->table.n ? f->table.slots[wants - 1].wanted : NULL;
}

const struct fp_product *fp_products(const ct_fingerprints *f) { return f->products; }

bool ct_fingerprints_covers(const ct_fingerprints *f, ct_str purl)
{
    for (size_t i = 0; i < purl.n; i++)
        if (purl.p[i] == '@' || purl.p[i] == '?' || purl.p[i] == '#') purl = ct_str_slice(purl, 0, i);
    for (const struct fp_product *p = f->products; p; p = p->next)
        if (purl.n && ct_str_eq(p->purl, purl)) return true;
    return false;
}

bool ct_fingerprints_knows(const ct_fingerprints *f, ct_str cve)
{
    for (const struct fp_product *p = f->products; p; p = p->next)
        for (const struct fp_cve *c = p->cves; c; c = c->next)
            if (ct_str_eq(c->id, cve)) return true;
    return false;
}

bool fp_asks(const struct fp_text *ask, ct_str constant)
{
    switch (ask->op) {
    case FP_HAS: return ct_str_eq(constant, ask->text);
    case FP_CONTAINS: return ct_str_find(constant, ask->text) != CT_STR_NONE;
    case FP_ENDS: break;
    }
    /* A class is named with dots in text, with slashes in the pool: the ending counts, whichever. */
    if (constant.n < ask->text.n) return false;
    const unsigned char *tail = constant.p + (constant.n - ask->text.n);
    for (size_t i = 0; i < ask->text.n; i++)
        if ((tail[i] == '.' ? '/' : tail[i]) != (ask->text.p[i] == '.' ? '/' : ask->text.p[i])) return false;
    return true;
}
