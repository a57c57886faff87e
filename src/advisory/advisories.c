#include "advisory/cvss.h"
#include "advisory/osv.h"
#include "advisory/advisory_table.h"
#include "sbom/suspicion.h"

#include <stdlib.h>
#include <string.h>

ct_err ct_advisories_new(const struct ct_alloc *alloc, size_t limit, ct_advisories **ret_db)
{
    ct_advisories *db = ct_alloc_get(alloc, sizeof *db);
    if (!db) return CT_ERR_NOMEM;
    *db = (ct_advisories){.alloc = alloc};
    ct_err err = ct_arena_new(alloc, limit, &db->arena);
    if (!err) err = ct_arena_new(alloc, CT_OSV_SCRATCH_MAX, &db->scratch);
    if (err) {
        ct_advisories_free(db);
        return err;
    }
    *ret_db = db;
    return CT_OK;
}

void ct_advisories_free(ct_advisories *db)
{
    if (!db) return;
    ct_arena_free(db->arena);
    ct_arena_free(db->scratch);
    ct_alloc_put(db->alloc, db, sizeof *db);
}

void ct_advisories_stats(const ct_advisories *db, struct ct_advisories_stats *ret_stats)
{
    *ret_stats = db->stats;
    ret_stats->packages = db->packages_n;
}

static ct_err copy_list(struct ct_advisories *db, const struct ct_osv_list *list, const ct_str **ret_list, size_t *ret_n)
{
    if (list->n == 0) return CT_OK;
    ct_str *copy = ct_arena_array(db->arena, list->n, sizeof *copy);
    if (!copy) return CT_ERR_NOMEM;
    for (size_t i = 0; i < list->n; i++) CT_TRY(ct_arena_dup(db->arena, list->p[i], &copy[i]));
    *ret_list = copy;
    *ret_n = list->n;
    return CT_OK;
}

/* The newest vector that can be rated; else the newest of all. Vectors of one version: the last one. */
static void rate(const struct ct_osv_list *vectors, ct_str *vector, int *score)
{
    for (size_t i = 0; i < vectors->n; i++) {
        int s = ct_cvss_score(vectors->p[i]);
        bool newer = ct_str_cmp(vectors->p[i], *vector) >= 0 || !ct_str_starts(*vector, CT_STR("CVSS:"));
        if (vector->p && ((s < 0 && *score >= 0) || ((s < 0) == (*score < 0) && !newer))) continue;
        *vector = vectors->p[i];
        *score = s;
    }
}

static ct_err make_record(struct ct_advisories *db, const struct ct_osv_record *in, struct ct_record **ret_record)
{
    struct ct_record *record = ct_arena_zalloc(db->arena, sizeof *record);
    if (!record) return CT_ERR_NOMEM;
    struct ct_advisory *a = &record->a;
    ct_str vector = {NULL, 0}, word = in->severity_word;
    int score = -1;
    rate(&in->vectors, &vector, &score);
    for (size_t i = 0; i < in->affected_n; i++) {
        if (in->vectors.n == 0) rate(&in->affected[i].vectors, &vector, &score);
        if (word.n == 0) word = in->affected[i].severity_word;
    }
    a->severity = score >= 0 ? ct_cvss_severity(score) : ct_severity_named(word);
    CT_TRY(ct_arena_dup(db->arena, vector, &a->cvss));
    CT_TRY(ct_arena_dup(db->arena, in->id, &a->id));
    CT_TRY(ct_arena_dup(db->arena, in->summary, &a->summary));
    CT_TRY(ct_arena_dup(db->arena, in->published, &a->published));
    CT_TRY(ct_arena_dup(db->arena, in->modified, &a->modified));
    CT_TRY(ct_arena_dup(db->arena, in->withdrawn, &a->withdrawn));
    CT_TRY(copy_list(db, &in->aliases, &a->aliases, &a->aliases_n));
    CT_TRY(copy_list(db, &in->upstream, &a->upstream, &a->upstream_n));
    *ret_record = record;
    return CT_OK;
}

static int by_text(const void *a, const void *b) { return ct_str_cmp(*(const ct_str *)a, *(const ct_str *)b); }

/* Listed versions, sorted, each once; what a span holds is in anyway. */
static ct_err keep_versions(struct ct_advisories *db, enum ct_order order, const struct ct_osv_affected *a, struct ct_entry *entry)
{
    ct_str *kept = ct_arena_array(db->scratch, a->versions.n, sizeof *kept);
    size_t n = 0, once = 0;
    if (!kept) return CT_ERR_NOMEM;
    for (size_t i = 0; i < a->versions.n; i++) {
        unsigned char key[CT_VERSION_KEY_MAX];
        size_t key_n;
        bool held = false;
        if (entry->spans_n && ct_version_key(order, a->versions.p[i], key, sizeof key, &key_n) == CT_OK)
            for (size_t s = 0; s < entry->spans_n && !held; s++) held = ct_span_holds(order, &entry->spans[s], (ct_str){key, key_n});
        if (!held) kept[n++] = a->versions.p[i];
    }
    db->stats.versions_in_ranges += a->versions.n - n;
    if (n == 0) return CT_OK;
    qsort(kept, n, sizeof *kept, by_text);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !ct_str_eq(kept[i], kept[i - 1])) kept[once++] = kept[i];
    const struct ct_osv_list list = {.p = kept, .n = once};
    size_t copied = 0;
    CT_TRY(copy_list(db, &list, &entry->versions, &copied));
    entry->versions_n = (uint32_t)copied;
    db->stats.versions_kept += copied;
    return CT_OK;
}

/* Ecosystem, release and name of an entry; false when there is nothing to look it up by. */
static ct_err place(struct ct_advisories *db, const struct ct_osv_affected *a, enum ct_ecosystem *ret_e, ct_str *ret_release, ct_str *ret_name, bool *ret_placed)
{
    *ret_placed = false;
    if (a->ecosystem.n && a->name.n) {
        *ret_e = ct_ecosystem_named(a->ecosystem, ret_release);
        *ret_name = a->name;
    } else if (a->purl.n) {
        struct ct_purl purl;
        ct_err err = ct_purl_parse(db->scratch, a->purl, &purl, NULL);
        if (!err) err = ct_purl_package(db->scratch, &purl, ret_name);
        if (err == CT_ERR_NOMEM) return err;
        *ret_e = err ? CT_ECOSYSTEM_UNKNOWN : ct_purl_ecosystem(&purl);
    } else {
        db->stats.no_package++;
        return CT_OK;
    }
    *ret_placed = *ret_e != CT_ECOSYSTEM_UNKNOWN;
    if (!*ret_placed) db->stats.unknown_ecosystem++;
    return CT_OK;
}

struct placed {
    struct ct_entry *entry;
    uint32_t package;
};

static ct_err make_entry(struct ct_advisories *db, const struct ct_osv_affected *a, struct ct_record *record, struct placed *list, size_t *n)
{
    enum ct_ecosystem e = CT_ECOSYSTEM_UNKNOWN;
    ct_str release = {NULL, 0}, name = {NULL, 0}, spelled;
    unsigned char spelling[CT_PACKAGE_NAME_MAX];
    bool placed;
    db->stats.git_ranges += a->git_ranges;
    CT_TRY(place(db, a, &e, &release, &name, &placed));
    if (!placed) return CT_OK;
    if (!ct_package_spelling(e, name, spelling, &spelled)) {
        db->stats.no_package++;
        return CT_OK;
    }
    struct ct_entry *entry = ct_arena_zalloc(db->arena, sizeof *entry);
    if (!entry) return CT_ERR_NOMEM;
    entry->record = record;
    entry->silent = a->ranges == 0 && a->versions.n == 0 && !a->range;
    CT_TRY(ct_arena_dup(db->arena, release, &entry->release));
    CT_TRY(ct_spans_make(db, ct_version_order(e), a, entry));
    CT_TRY(keep_versions(db, ct_version_order(e), a, entry));
    list[*n].entry = entry;
    CT_TRY(ct_package_intern(db, e, spelled, &list[*n].package));
    ++*n;
    return CT_OK;
}

/* Nothing here can fail any more. */
static void link_all(struct ct_advisories *db, struct ct_record *record, const struct placed *list, size_t n, const uint32_t *nodes)
{
    struct ct_node *own = &db->nodes[record->node];
    if (own->record) {
        own->record->replaced = true;
        db->stats.replaced++;
    }
    own->record = record;
    db->records[db->records_n++] = record;
    db->stats.records++;
    db->stats.affected += n;
    db->stats.withdrawn += record->a.withdrawn.n > 0;
    for (size_t i = 0; i < record->a.aliases_n + record->a.upstream_n + 1; i++) db->nodes[nodes[i]].refs++;
    for (size_t i = 0; i < record->a.aliases_n; i++) ct_node_join(db, record->node, nodes[1 + i]);
    for (size_t i = 0; i < n; i++) {
        struct ct_package *p = &db->packages[list[i].package];
        if (p->last) p->last->next = list[i].entry;
        else p->first = list[i].entry;
        p->last = list[i].entry;
    }
}

/* Whether a record of this id that is there already is as new. The seconds are compared, then all of it: fractions are rare. */
static bool is_stale(const struct ct_advisories *db, const struct ct_osv_record *in)
{
    uint32_t node = ct_node_find(db, in->id);
    const struct ct_record *have = node == UINT32_MAX ? NULL : db->nodes[node].record;
    if (!have) return false;
    int c = ct_str_cmp(ct_str_slice(in->modified, 0, 19), ct_str_slice(have->a.modified, 0, 19));
    return c < 0 || (c == 0 && ct_str_cmp(in->modified, have->a.modified) <= 0);
}

static ct_err add(struct ct_advisories *db, const struct ct_osv_record *in)
{
    struct ct_record *record;
    size_t n = 0, ids = 1 + in->aliases.n + in->upstream.n;
    struct placed *list = ct_arena_array(db->scratch, in->affected_n, sizeof *list);
    uint32_t *nodes = ct_arena_array(db->scratch, ids, sizeof *nodes);
    if (!list || !nodes) return CT_ERR_NOMEM;
    CT_TRY(make_record(db, in, &record));
    for (size_t i = 0; i < in->affected_n; i++) CT_TRY(make_entry(db, &in->affected[i], record, list, &n));
    CT_TRY(ct_node_intern(db, in->id, &nodes[0]));
    record->node = nodes[0];
    for (size_t i = 0; i < in->aliases.n; i++) CT_TRY(ct_node_intern(db, in->aliases.p[i], &nodes[1 + i]));
    for (size_t i = 0; i < in->upstream.n; i++) CT_TRY(ct_node_intern(db, in->upstream.p[i], &nodes[1 + in->aliases.n + i]));
    CT_TRY(ct_table_grow(db->arena, &db->records, db->records_n, &db->records_cap, sizeof(struct ct_record *)));
    link_all(db, record, list, n, nodes);
    return CT_OK;
}

static ct_err add_or_undo(struct ct_advisories *db, const struct ct_osv_record *record, struct ct_fault *fault)
{
    if (is_stale(db, record)) {
        db->stats.stale++;
        return CT_OK;
    }
    const struct ct_advisories_stats before = db->stats;
    ct_err err = add(db, record);
    if (err == CT_OK) return CT_OK;
    db->stats = before;
    return ct_fault_set(fault, err, 0, "no memory left within the limit for advisories");
}

ct_err ct_advisories_add_osv(ct_advisories *db, ct_str json, struct ct_fault *fault)
{
    struct ct_osv_record record;
    ct_arena_clear(db->scratch);
    CT_TRY(ct_osv_read(db->scratch, json, &record, fault));
    return add_or_undo(db, &record, fault);
}

ct_err ct_advisories_add_local(ct_advisories *db, const struct ct_local_advisory *local, struct ct_fault *fault)
{
    ct_arena_clear(db->scratch);
    struct ct_osv_affected *affected = ct_arena_zalloc(db->scratch, local->suspects_n * sizeof *affected);
    struct ct_suspicion *suspects = ct_arena_array(db->scratch, local->suspects_n, sizeof *suspects);
    if (!affected || !suspects) return ct_fault_set(fault, CT_ERR_NOMEM, 0, "out of memory");
    if (local->id.n == 0) return ct_fault_set(fault, CT_ERR_SYNTAX, 0, "a local advisory needs an id");
    for (size_t i = 0; i < local->suspects_n; i++) {
        struct ct_suspicion *s = &suspects[i];
        struct ct_buf purl;
        CT_TRY(ct_suspicion_parse(db->scratch, local->suspects[i], s, fault));
        if (s->ecosystem == CT_ECOSYSTEM_UNKNOWN) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, 4, "packages of this type cannot be looked up");
        ct_buf_init(&purl, db->scratch, 3 * CT_PURL_MAX + 64);
        s->purl.version = (ct_str){NULL, 0};
        ct_purl_build(&purl, &s->purl);
        if (purl.err) return ct_fault_set(fault, purl.err, 0, "out of memory");
        affected[i] = (struct ct_osv_affected){.purl = ct_buf_view(&purl), .range = &s->range};
    }
    const struct ct_osv_record record = {.id = local->id, .summary = local->summary, .modified = local->modified, .published = local->modified,
                                         .severity_word = ct_str_from(ct_severity_name(local->severity)), .affected = affected, .affected_n = local->suspects_n};
    return add_or_undo(db, &record, fault);
}

ct_str ct_advisories_vulnerability(const ct_advisories *db, const struct ct_advisory *advisory)
{
    uint32_t node = ct_node_find(db, advisory->id);
    return node == UINT32_MAX ? advisory->id : db->nodes[ct_node_root(db, node)].best;
}

bool ct_advisories_knows(const ct_advisories *db, ct_str id)
{
    uint32_t node = ct_node_find(db, id);
    return node != UINT32_MAX && db->nodes[node].refs > 0;
}

void ct_advisories_each(const ct_advisories *db, bool (*each)(void *ctx, const struct ct_advisory *advisory), void *ctx)
{
    for (size_t i = 0; i < db->records_n; i++)
        if (!db->records[i]->replaced && !each(ctx, &db->records[i]->a)) return;
}

void ct_advisories_packages(const ct_advisories *db, bool (*each)(void *ctx, enum ct_ecosystem e, ct_str name), void *ctx)
{
    for (size_t i = 0; i < db->packages_n; i++)
        if (!each(ctx, db->packages[i].ecosystem, db->packages[i].name)) return;
}
