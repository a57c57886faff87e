/* Gathering: which copy a class belongs to, and what its constant pool answers. */
#include "fingerprint/evidence.h"
#include "archive/class.h"
#include "base/buf.h"
#include "fingerprint/collect.h"

#include <string.h>

ct_err ct_evidence_begin(ct_arena *arena, const ct_fingerprints *f, ct_evidence **ret_evidence)
{
    ct_evidence *ev = ct_arena_alloc(arena, sizeof *ev);
    if (!ev) return CT_ERR_NOMEM;
    *ev = (ct_evidence){.arena = arena, .f = f};
    ev->copies_end = &ev->copies;
    ev->said_end = &ev->said;
    *ret_evidence = ev;
    return CT_OK;
}

static unsigned char slashed(unsigned char c) { return c == '\\' ? '/' : c; }

/* The path without the ending of its last component. */
static ct_str without_ending(ct_str path)
{
    size_t to = path.n;
    for (size_t i = path.n; i > 0 && slashed(path.p[i - 1]) != '/'; i--)
        if (path.p[i - 1] == '.') to = i - 1;
    return ct_str_slice(path, 0, to);
}

/* A whole number of components at the end of name is pattern: returns what stands before them. */
static bool package_of(ct_str name, ct_str pattern, ct_str *ret_package)
{
    if (name.n < pattern.n) return false;
    size_t at = name.n - pattern.n;
    for (size_t i = 0; i < pattern.n; i++)
        if (slashed(name.p[at + i]) != pattern.p[i]) return false;
    if (at > 0 && slashed(name.p[at - 1]) != '/') return false;
    *ret_package = ct_str_slice(name, 0, at ? at - 1 : 0);
    return true;
}

/* Where the tree of packages starts: the path less the components that it shares with the class's own name, from the end.
 *   WEB-INF/classes/a/b/C of a/b/C: WEB-INF/classes      b/C of a/b/C: nothing, it was moved up */
static ct_str place_of(ct_str path, ct_str name)
{
    size_t i = path.n, j = name.n, shared = path.n;
    while (i > 0 && j > 0 && slashed(path.p[i - 1]) == name.p[j - 1]) {
        i--;
        j--;
        bool path_edge = i == 0 || slashed(path.p[i - 1]) == '/', name_edge = j == 0 || name.p[j - 1] == '/';
        if (path_edge && name_edge) shared = i;
    }
    return ct_str_slice(path, 0, shared ? shared - 1 : 0);
}

/* Classes for later JREs lie in a tree of their own beside the others: META-INF/versions/9/org/... */
static ct_str without_release_tree(ct_str place)
{
    size_t digits = place.n;
    while (digits > 0 && ct_ascii_digit(place.p[digits - 1])) digits--;
    ct_str versions = ct_str_slice(place, 0, digits);
    ct_str mark = CT_STR("META-INF/versions/");
    if (digits == place.n || !ct_str_ends(versions, mark)) return place;
    size_t at = versions.n - mark.n;
    if (at > 0 && versions.p[at - 1] != '/') return place;
    return ct_str_slice(place, 0, at ? at - 1 : 0);
}

static ct_err find_copy(ct_evidence *ev, const struct fp_product *product, ct_str place, ct_str package, struct ev_copy **ret_copy)
{
    struct ct_arena_mark mark = ct_arena_mark(ev->arena);
    unsigned char *joined = ct_arena_alloc(ev->arena, place.n + 1 + package.n);
    if (!joined) return CT_ERR_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < place.n; i++) joined[n++] = slashed(place.p[i]);
    if (place.n && package.n) joined[n++] = '/';
    for (size_t i = 0; i < package.n; i++) joined[n++] = slashed(package.p[i]);
    ct_str where = {joined, n};
    uint64_t hash = ct_str_hash(where);
    for (struct ev_copy *c = ev->buckets ? ev->buckets[hash % EV_BUCKETS] : NULL; c; c = c->chain) {
        if (c->hash != hash || c->product != product || !ct_str_eq(c->where, where)) continue;
        ct_arena_reset(ev->arena, mark); /* joined is not needed */
        *ret_copy = c;
        return CT_OK;
    }
    if (!ev->buckets) {
        ev->buckets = ct_arena_zalloc(ev->arena, EV_BUCKETS * sizeof *ev->buckets);
        if (!ev->buckets) return CT_ERR_NOMEM;
    }
    struct ev_copy **bucket = &ev->buckets[hash % EV_BUCKETS];
    if (ev->n_copies == CT_EVIDENCE_COPIES_MAX) return CT_ERR_CAP;
    struct ev_copy *c = ct_arena_zalloc(ev->arena, sizeof *c);
    if (!c) return CT_ERR_NOMEM;
    c->product = product;
    c->hash = hash;
    c->where = where;
    c->place = ct_str_slice(where, 0, place.n);
    c->package = ct_str_slice(where, n - package.n, n);
    c->items_end = &c->items;
    c->chain = *bucket;
    *bucket = c;
    *ev->copies_end = c;
    ev->copies_end = &c->next;
    ev->n_copies++;
    *ret_copy = c;
    return CT_OK;
}

static ct_err add_item(ct_evidence *ev, struct ev_copy *copy, ct_str path, unsigned term, ct_str what)
{
    struct ev_item *it = ct_arena_alloc(ev->arena, sizeof *it);
    if (!it) return CT_ERR_NOMEM;
    *it = (struct ev_item){.item = {.what = what}, .term = term};
    CT_TRY(ct_arena_dup(ev->arena, path, &it->item.path));
    *copy->items_end = it;
    copy->items_end = &it->next;
    copy->n_items++;
    return CT_OK;
}

static ct_str unread_text(ct_arena *arena, const struct fp_term *t, ct_str why)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 1024);
    ct_buf_add(&b, t->name);
    ct_buf_text(&b, ": could not be read, ");
    ct_buf_add(&b, ct_str_slice(why, 0, 256));
    return b.err ? CT_STR("could not be read") : ct_buf_view(&b);
}

ct_err ct_evidence_unread(ct_evidence *ev, ct_str path, unsigned wants, ct_str why)
{
    ct_str stem = without_ending(path), prefix;
    for (const struct fp_wanted *w = fp_wanted(ev->f, wants); w; w = w->next) {
        const struct fp_term *t = &w->product->terms[w->term];
        for (size_t k = 0; k < t->n_paths; k++) {
            struct ev_copy *copy;
            if (!package_of(stem, t->paths[k], &prefix)) continue;
            CT_TRY(find_copy(ev, w->product, CT_STR(""), prefix, &copy));
            if (!copy->unread) CT_TRY(ct_arena_dup(ev->arena, ct_str_slice(why, 0, 256), &copy->unread_why));
            copy->unread |= (fp_terms)1 << w->term;
            if (copy->n_items < CT_EVIDENCE_ITEMS_MAX) CT_TRY(add_item(ev, copy, path, w->term, unread_text(ev->arena, t, why)));
            break;
        }
    }
    return CT_OK;
}

/* What the constant pool answers to a class's features; false: it lacks what every class of this product has. */
static bool ask_pool(const struct ct_class *c, const struct fp_product *p, unsigned term, fp_terms *ret_yes)
{
    const struct fp_term *t = &p->terms[term];
    fp_terms yes = 0;
    uint64_t met = 0, all = 0;
    unsigned n = 0;
    for (const struct fp_requires *r = t->requires; r && n < 64; r = r->next) all |= (uint64_t)1 << n++;
    struct ct_class_item item;
    for (unsigned cursor = 0; ct_class_next(c, &cursor, &item);) {
        if (item.tag != CT_CLASS_UTF8) continue;
        for (fp_terms left = t->features & ~yes; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctzll(left);
            if (fp_asks(&p->terms[i].ask, item.text)) yes |= (fp_terms)1 << i;
        }
        n = 0;
        for (const struct fp_requires *r = t->requires; r && n < 64; r = r->next, n++)
            for (size_t k = 0; k < r->n_any && !(met >> n & 1); k++)
                if (fp_asks(&r->any[k], item.text)) met |= (uint64_t)1 << n;
    }
    *ret_yes = yes;
    return met == all;
}

static ct_str describe(ct_arena *arena, const struct fp_product *p, unsigned term, fp_terms yes)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 4096);
    ct_buf_add(&b, p->terms[term].name);
    for (unsigned has = 2; has-- > 0;) {
        const char *word = has ? " with " : ", without ";
        for (fp_terms left = p->terms[term].features & (has ? yes : ~yes); left; left &= left - 1) {
            ct_buf_text(&b, word);
            ct_buf_add(&b, p->terms[__builtin_ctzll(left)].name);
            word = ", ";
        }
    }
    return b.err ? p->terms[term].name : ct_buf_view(&b);
}

/* Endings that class loaders read: the JVM's own, and those of agents that hide their classes from others. */
static bool loadable(ct_str path)
{
    static const char *const endings[] = {".class", ".esclazz", ".classdata", ".clazz"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ct_str_ends(path, ct_str_from(endings[i]))) return true;
    return false;
}

/* Asks one product about a class. The class's index is large and needed for a moment only: it is given back before anything is kept. */
static ct_err ask_class(ct_evidence *ev, ct_str bytes, const struct fp_wanted *w, bool *ret_ours, fp_terms *ret_yes, ct_str *ret_name, ct_str *ret_package)
{
    const struct fp_term *t = &w->product->terms[w->term];
    struct ct_arena_mark mark = ct_arena_mark(ev->arena);
    struct ct_class c;
    ct_err err = ct_class_open(ev->arena, bytes, &c);
    if (!err) {
        size_t k = 0;
        while (k < t->n_paths && !package_of(c.this_class, t->paths[k], ret_package)) k++;
        *ret_ours = k < t->n_paths && ask_pool(&c, w->product, w->term, ret_yes);
        *ret_name = c.this_class; /* borrows from bytes */
    }
    ct_arena_reset(ev->arena, mark);
    return err;
}

/* The first way of telling the class that its literals meet; null: none. */
static const struct fp_shortened *told_by(const struct ct_class *c, const struct fp_term *t)
{
    const struct fp_shortened *s = t->shortened;
    for (; s; s = s->next) {
        struct ct_class_item item;
        unsigned met = 0;
        for (unsigned cursor = 0; ct_class_next(c, &cursor, &item);) {
            if (item.tag != CT_CLASS_STRING) continue;
            for (size_t k = 0; k < s->n_all; k++) met |= fp_asks(&s->all[k], item.text) ? 1u << k : 0;
        }
        if (met == (1u << s->n_all) - 1) break;
    }
    return s;
}

static void ask_literals(const struct ct_class *c, const struct fp_product *p, unsigned term, fp_terms *ret_yes, fp_terms *ret_no)
{
    fp_terms yes = 0, asked = 0;
    for (fp_terms left = p->terms[term].features; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        struct ct_class_item item;
        if (!p->terms[i].literal) continue;
        asked |= (fp_terms)1 << i;
        for (unsigned cursor = 0; ct_class_next(c, &cursor, &item);)
            if (item.tag == CT_CLASS_STRING && fp_asks(p->terms[i].literal, item.text)) yes |= (fp_terms)1 << i;
    }
    *ret_yes = yes;
    *ret_no = asked & ~yes;
}

static ct_err add_shortened(ct_evidence *ev, ct_str path, const struct fp_product *p, unsigned term, fp_terms yes, fp_terms no)
{
    struct ev_copy *copy;
    struct ct_buf b;
    CT_TRY(find_copy(ev, p, CT_STR(""), CT_STR("*"), &copy)); /* packages say nothing either: all that is in the container is one copy */
    copy->shortened = true;
    copy->yes |= (fp_terms)1 << term | yes;
    copy->no |= no;
    if (copy->n_items == CT_EVIDENCE_ITEMS_MAX) return CT_OK;
    ct_buf_init(&b, ev->arena, 4096);
    ct_buf_add(&b, p->terms[term].name);
    ct_buf_text(&b, " under a shortened name, told by its literals");
    for (fp_terms left = yes; left; left &= left - 1) {
        ct_buf_text(&b, left == yes ? " with " : ", ");
        ct_buf_add(&b, p->terms[__builtin_ctzll(left)].name);
    }
    return add_item(ev, copy, path, term, b.err ? p->terms[term].name : ct_buf_view(&b));
}

/* A class whose name says nothing: do its literals? */
static ct_err shortened_class(ct_evidence *ev, ct_str path, ct_str bytes)
{
    struct ct_arena_mark mark = ct_arena_mark(ev->arena);
    const struct fp_product *p = NULL;
    struct ct_class c;
    unsigned term = 0;
    fp_terms yes = 0, no = 0;
    ct_err err = ct_class_open(ev->arena, bytes, &c);
    if (!err) {
        for (p = fp_products(ev->f); p; p = p->next) {
            for (term = 0; p->shortened && term < p->n_terms && !told_by(&c, &p->terms[term]);) term++;
            if (p->shortened && term < p->n_terms) break;
        }
        if (p) ask_literals(&c, p, term, &yes, &no);
    }
    ct_arena_reset(ev->arena, mark);
    if (err == CT_ERR_NOMEM) return err;
    return p ? add_shortened(ev, path, p, term, yes, no) : CT_OK; /* what cannot be read and has no name is nobody's */
}

ct_err ct_evidence_class(ct_evidence *ev, ct_str path, unsigned wants, ct_str bytes)
{
    const struct fp_product *took = NULL;
    if (fp_may_be_shortened(ev->f, path)) CT_TRY(shortened_class(ev, path, bytes));
    for (const struct fp_wanted *w = fp_wanted(ev->f, wants); w; w = w->next) {
        const struct fp_term *t = &w->product->terms[w->term];
        bool ours = false;
        fp_terms yes = 0, bit = (fp_terms)1 << w->term;
        ct_str name = {NULL, 0}, package = {NULL, 0};
        struct ev_copy *copy;
        if (took == w->product) continue; /* one file is one class of a product */
        ct_err err = ask_class(ev, bytes, w, &ours, &yes, &name, &package);
        if (err == CT_ERR_NOMEM) return err;
        if (err == CT_ERR_NOT_FOUND) {
            ev->sources |= ct_str_ends(path, CT_STR(".java"));
            return CT_OK;
        }
        if (err) return ct_evidence_unread(ev, path, wants, ct_str_from(ct_err_text(err)));
        if (!ours) continue;
        took = w->product;
        CT_TRY(find_copy(ev, w->product, without_release_tree(place_of(without_ending(path), name)), package, &copy));
        copy->yes |= bit | yes;
        copy->no |= t->features & ~yes;
        copy->odd_ending |= !loadable(path);
        if (copy->n_items < CT_EVIDENCE_ITEMS_MAX) CT_TRY(add_item(ev, copy, path, w->term, describe(ev->arena, w->product, w->term, yes)));
    }
    return CT_OK;
}

void ct_evidence_incomplete(ct_evidence *ev) { ev->incomplete = true; }

ct_err ct_evidence_identity(ct_evidence *ev, ct_str path, ct_str group, ct_str artifact, ct_str version)
{
    for (const struct fp_product *p = fp_products(ev->f); p; p = p->next) {
        if (!p->artifact.n || !ct_str_eq(p->artifact, artifact) || (group.n && !ct_str_eq(p->group, group))) continue;
        if (ev->n_said == CT_EVIDENCE_SAID_MAX) return CT_ERR_CAP;
        struct ev_said *s = ct_arena_zalloc(ev->arena, sizeof *s);
        if (!s) return CT_ERR_NOMEM;
        s->product = p;
        CT_TRY(ct_arena_dup(ev->arena, path, &s->path));
        CT_TRY(ct_arena_dup(ev->arena, version, &s->version));
        *ev->said_end = s;
        ev->said_end = &s->next;
        ev->n_said++;
    }
    return CT_OK;
}

bool ct_evidence_any(const ct_evidence *ev) { return ev->copies || ev->said; }
