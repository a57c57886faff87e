#include "scan/image_view.h"

#include "base/blake2b.h"
#include "base/limits.h"

#include <string.h>

/* What is known of a path, and since which layer (1 is the top). Only what layers above said counts. */
struct known {
    uint64_t key[2];
    uint32_t present;  /* the layer that has it; 0: none */
    uint32_t blocked;  /* the layer that hides everything below this path: an opaque folder, a whiteout, a file */
};

struct ct_image_view {
    const struct ct_alloc *alloc;
    struct known *table;
    size_t n, cap;
    uint32_t layer;
};

ct_err ct_image_view_new(const struct ct_alloc *alloc, ct_image_view **ret_view)
{
    ct_image_view *v = ct_alloc_get(alloc, sizeof *v);
    if (!v) return CT_ERR_NOMEM;
    *v = (ct_image_view){.alloc = alloc, .layer = 1};
    *ret_view = v;
    return CT_OK;
}

void ct_image_view_free(ct_image_view *v)
{
    if (!v) return;
    if (v->table) ct_alloc_put(v->alloc, v->table, v->cap * sizeof *v->table);
    ct_alloc_put(v->alloc, v, sizeof *v);
}

void ct_image_view_below(ct_image_view *v) { v->layer++; }

static void key_of(ct_str path, uint64_t ret_key[2])
{
    struct ct_blake2b s;
    ct_blake2b_init(&s);
    ct_blake2b_add(&s, path);
    ct_blake2b_done(&s, (unsigned char *)ret_key);
}

static size_t place_of(const struct known *table, size_t cap, const uint64_t key[2])
{
    size_t at = (size_t)key[0] & (cap - 1);
    while ((table[at].present || table[at].blocked) && (table[at].key[0] != key[0] || table[at].key[1] != key[1])) at = (at + 1) & (cap - 1);
    return at;
}

static ct_err grow(ct_image_view *v)
{
    size_t cap = v->cap ? 2 * v->cap : 4096;
    struct known *table = ct_alloc_get(v->alloc, cap * sizeof *table);
    if (!table) return CT_ERR_NOMEM;
    memset(table, 0, cap * sizeof *table);
    for (size_t i = 0; i < v->cap; i++)
        if (v->table[i].present || v->table[i].blocked) table[place_of(table, cap, v->table[i].key)] = v->table[i];
    if (v->table) ct_alloc_put(v->alloc, v->table, v->cap * sizeof *v->table);
    v->table = table;
    v->cap = cap;
    return CT_OK;
}

static const struct known *look_up(const ct_image_view *v, ct_str path)
{
    static const struct known nothing;
    uint64_t key[2];
    if (v->cap == 0) return &nothing;
    key_of(path, key);
    return &v->table[place_of(v->table, v->cap, key)];
}

static ct_err note(ct_image_view *v, ct_str path, bool present, bool blocked)
{
    uint64_t key[2];
    if (v->n >= v->cap / 4 * 3) {
        if (v->n >= CT_IMAGE_PATHS_MAX) return CT_ERR_CAP;
        CT_TRY(grow(v));
    }
    key_of(path, key);
    struct known *k = &v->table[place_of(v->table, v->cap, key)];
    if (!k->present && !k->blocked) {
        v->n++;
        memcpy(k->key, key, sizeof key);
    }
    if (present && !k->present) k->present = v->layer;
    if (blocked && !k->blocked) k->blocked = v->layer;
    return CT_OK;
}

bool ct_image_view_shows(const ct_image_view *v, ct_str path)
{
    const struct known *k = look_up(v, path);
    if ((k->present && k->present < v->layer) || (k->blocked && k->blocked < v->layer)) return false;
    for (size_t n = path.n; n > 1;) {
        n--;
        if (path.p[n] != '/' || n == 0) continue;
        k = look_up(v, ct_str_slice(path, 0, n));
        if (k->blocked && k->blocked < v->layer) return false;
    }
    k = look_up(v, CT_STR("/"));
    return !(k->blocked && k->blocked < v->layer);
}

ct_err ct_image_view_add(ct_image_view *v, ct_str path, enum ct_image_entry kind, bool *ret_shown)
{
    size_t slash = ct_str_rchr(path, '/');
    ct_str folder = ct_str_slice(path, 0, slash), name = ct_str_slice(path, slash + 1, path.n);
    *ret_shown = false;
    if (ct_str_eq(name, CT_STR(".wh..wh..opq"))) return note(v, folder.n ? folder : CT_STR("/"), false, true);
    if (ct_str_starts(name, CT_STR(".wh..wh."))) return CT_OK; /* marks of one storage driver */
    if (ct_str_starts(name, CT_STR(".wh."))) {
        unsigned char gone[CT_IMAGE_PATH_MAX];
        ct_str rest = ct_str_slice(name, 4, name.n);
        if (rest.n == 0 || folder.n + 1 + rest.n > sizeof gone) return CT_OK;
        memcpy(gone, path.p, slash + 1);
        memcpy(gone + slash + 1, rest.p, rest.n);
        return note(v, (ct_str){gone, slash + 1 + rest.n}, false, true);
    }
    *ret_shown = ct_image_view_shows(v, path);
    /* A folder lets what other layers hold in it through; anything else does not. */
    return note(v, path, true, kind != CT_IMAGE_DIR);
}

bool ct_image_path(struct ct_buf *out, ct_str name)
{
    size_t start = out->n;
    while (name.p) {
        ct_str part = ct_str_cut(&name, '/');
        if (part.n == 0 || ct_str_eq(part, CT_STR("."))) continue;
        if (ct_str_eq(part, CT_STR(".."))) {
            while (out->n > start && out->p[out->n - 1] != '/') out->n--;
            if (out->n > start) out->n--;
            continue;
        }
        ct_buf_byte(out, '/');
        ct_buf_add(out, part);
    }
    return out->n > start;
}
