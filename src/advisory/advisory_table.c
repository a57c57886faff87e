#include "advisory/advisory_table.h"

#include <string.h>

ct_err ct_table_grow(ct_arena *arena, void *list, size_t n, size_t *cap, size_t size)
{
    void **p = list;
    if (n < *cap) return CT_OK;
    size_t more = *cap ? *cap * 2 : 64;
    void *grown = ct_arena_grow(arena, *p, *cap * size, more * size);
    if (!grown) return CT_ERR_NOMEM;
    *p = grown;
    *cap = more;
    return CT_OK;
}

bool ct_package_spelling(enum ct_ecosystem e, ct_str name, unsigned char to[CT_PACKAGE_NAME_MAX], ct_str *ret_name)
{
    enum ct_order order = ct_version_order(e);
    bool as_is = e == CT_ECOSYSTEM_MAVEN || e == CT_ECOSYSTEM_CRATES || e == CT_ECOSYSTEM_RUBYGEMS || order == CT_ORDER_RPM;
    size_t n = 0;
    if (name.n == 0 || name.n > CT_PACKAGE_NAME_MAX) return false;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = as_is ? name.p[i] : ct_ascii_lower(name.p[i]);
        if (e == CT_ECOSYSTEM_PYPI && (c == '-' || c == '_' || c == '.')) {
            if (n && to[n - 1] == '-') continue;
            c = '-';
        }
        to[n++] = c;
    }
    *ret_name = (ct_str){to, n};
    return true;
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    return h ^ h >> 33;
}

static uint64_t package_hash(enum ct_ecosystem e, ct_str name) { return mix(ct_str_hash(name) + e); }
static uint64_t node_hash(ct_str id) { return mix(ct_str_hash(id)); }

/* An index twice as large, empty. */
static ct_err bigger(struct ct_advisories *db, const struct ct_index *old, struct ct_index *ret_index)
{
    size_t n = old->slots ? 2 * (old->mask + 1) : 256;
    uint32_t *slots = ct_arena_array(db->arena, n, sizeof *slots);
    if (!slots) return CT_ERR_NOMEM;
    memset(slots, 0, n * sizeof *slots);
    *ret_index = (struct ct_index){slots, n - 1};
    return CT_OK;
}

static void put(struct ct_index *index, uint64_t hash, size_t value)
{
    size_t at = hash & index->mask;
    while (index->slots[at]) at = (at + 1) & index->mask;
    index->slots[at] = (uint32_t)value + 1;
}

static bool is_full(const struct ct_index *index, size_t n) { return !index->slots || (n + 1) * 4 > (index->mask + 1) * 3; }

const struct ct_package *ct_package_find(const struct ct_advisories *db, enum ct_ecosystem e, ct_str name)
{
    if (!db->by_name.slots) return NULL;
    for (size_t at = package_hash(e, name) & db->by_name.mask; db->by_name.slots[at]; at = (at + 1) & db->by_name.mask) {
        const struct ct_package *p = &db->packages[db->by_name.slots[at] - 1];
        if (p->ecosystem == e && ct_str_eq(p->name, name)) return p;
    }
    return NULL;
}

ct_err ct_package_intern(struct ct_advisories *db, enum ct_ecosystem e, ct_str name, uint32_t *ret_index)
{
    const struct ct_package *known = ct_package_find(db, e, name);
    if (known) {
        *ret_index = (uint32_t)(known - db->packages);
        return CT_OK;
    }
    if (is_full(&db->by_name, db->packages_n)) {
        struct ct_index index;
        CT_TRY(bigger(db, &db->by_name, &index));
        for (size_t i = 0; i < db->packages_n; i++) put(&index, package_hash(db->packages[i].ecosystem, db->packages[i].name), i);
        db->by_name = index;
    }
    CT_TRY(ct_table_grow(db->arena, &db->packages, db->packages_n, &db->packages_cap, sizeof *db->packages));
    struct ct_package p = {.ecosystem = e};
    CT_TRY(ct_arena_dup(db->arena, name, &p.name));
    put(&db->by_name, package_hash(e, name), db->packages_n);
    db->packages[db->packages_n] = p;
    *ret_index = (uint32_t)db->packages_n++;
    return CT_OK;
}

uint32_t ct_node_find(const struct ct_advisories *db, ct_str id)
{
    if (!db->by_id.slots) return UINT32_MAX;
    for (size_t at = node_hash(id) & db->by_id.mask; db->by_id.slots[at]; at = (at + 1) & db->by_id.mask)
        if (ct_str_eq(db->nodes[db->by_id.slots[at] - 1].id, id)) return db->by_id.slots[at] - 1;
    return UINT32_MAX;
}

ct_err ct_node_intern(struct ct_advisories *db, ct_str id, uint32_t *ret_index)
{
    uint32_t known = ct_node_find(db, id);
    if (known != UINT32_MAX) {
        *ret_index = known;
        return CT_OK;
    }
    if (is_full(&db->by_id, db->nodes_n)) {
        struct ct_index index;
        CT_TRY(bigger(db, &db->by_id, &index));
        for (size_t i = 0; i < db->nodes_n; i++) put(&index, node_hash(db->nodes[i].id), i);
        db->by_id = index;
    }
    CT_TRY(ct_table_grow(db->arena, &db->nodes, db->nodes_n, &db->nodes_cap, sizeof *db->nodes));
    struct ct_node node = {.parent = (uint32_t)db->nodes_n, .size = 1};
    CT_TRY(ct_arena_dup(db->arena, id, &node.id));
    node.best = node.id;
    put(&db->by_id, node_hash(id), db->nodes_n);
    db->nodes[db->nodes_n] = node;
    *ret_index = (uint32_t)db->nodes_n++;
    return CT_OK;
}

uint32_t ct_node_root(const struct ct_advisories *db, uint32_t node)
{
    while (db->nodes[node].parent != node) node = db->nodes[node].parent;
    return node;
}

static bool is_better(ct_str a, ct_str b)
{
    bool cve_a = ct_str_starts(a, CT_STR("CVE-")), cve_b = ct_str_starts(b, CT_STR("CVE-"));
    return cve_a != cve_b ? cve_a : ct_str_cmp(a, b) < 0;
}

void ct_node_join(struct ct_advisories *db, uint32_t a, uint32_t b)
{
    a = ct_node_root(db, a);
    b = ct_node_root(db, b);
    if (a == b) return;
    /* The smaller tree goes below the larger, which keeps paths short. */
    uint32_t top = db->nodes[a].size >= db->nodes[b].size ? a : b, low = top == a ? b : a;
    db->nodes[low].parent = top;
    db->nodes[top].size += db->nodes[low].size;
    if (is_better(db->nodes[low].best, db->nodes[top].best)) db->nodes[top].best = db->nodes[low].best;
}
