#include "respond/sbom_import.h"

#include "formats/record.h"
#include "respond/component_id.h"
#include "text/json_out.h"

enum { PATH_MAX_BYTES = 16 << 10, KEPT_MAX = 16 << 20 };

struct import {
    struct ct_taking t;
    ct_str root, source;
    struct ct_sbom_taken taken;
    ct_sbom_unknown *tell;
    void *ctx;
};

/* "sbom:SUBJECT": what a later bill about the same thing closes. */
static ct_err root_of(ct_arena *arena, const struct ct_bom_about *about, ct_str *ret_root)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, PATH_MAX_BYTES);
    ct_buf_text(&b, "sbom:");
    ct_buf_add(&b, ct_str_slice(about->subject, 0, PATH_MAX_BYTES / 2));
    return ct_buf_str(&b, ret_root);
}

/* "sbom:SUBJECT", "sbom:SUBJECT/OUTER" or "sbom:SUBJECT:/where/it/says": never the place of something that a scan saw, which this does not close. */
static ct_err place_of(ct_arena *arena, ct_str root, const struct ct_bom_component *c, size_t i, ct_str *ret_place)
{
    struct ct_buf b;
    ct_str said = i < c->n_places ? c->places[i] : c->place;
    if (said.n == 0 && c->inside.n == 0) return *ret_place = root, CT_OK;
    ct_buf_init(&b, arena, 4 * PATH_MAX_BYTES);
    ct_buf_add(&b, root);
    ct_buf_byte(&b, said.n ? ':' : '/');
    ct_buf_add(&b, ct_str_slice(said.n ? said : c->inside, 0, PATH_MAX_BYTES));
    return ct_buf_str(&b, ret_place);
}

static ct_err reporter_of(ct_arena *arena, const struct ct_bom_about *about, ct_str *ret_json)
{
    struct ct_buf b;
    struct ct_json_out j;
    ct_buf_init(&b, arena, 1u << 20);
    ct_json_begin(&j, &b);
    ct_json_object(&j);
    ct_json_kz(&j, "format", ct_bom_format_name(about->format));
    const struct {
        const char *key;
        ct_str value;
    } all[] = {{"version", about->version}, {"serial", about->serial}, {"subject", about->subject}, {"subject_version", about->subject_version}, {"aggregate", about->aggregate}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value.n) ct_json_kv(&j, all[i].key, ct_str_slice(all[i].value, 0, PATH_MAX_BYTES));
    ct_json_object_end(&j);
    return ct_buf_str(&b, ret_json);
}

static ct_err look_of(struct ct_taking *t, const struct ct_bom_about *about, ct_str text, bool complete, const ct_str *root, struct ct_sbom_taken *taken)
{
    struct ct_blake2b h;
    struct ct_look *l = &t->look;
    taken->closes = complete || !ct_str_starts(about->aggregate, CT_STR("incomplete"));
    taken->assesses = complete || ct_str_eq(about->aggregate, CT_STR("complete"));
    *l = (struct ct_look){.kind = CT_STR("sbom"), .ended = about->created.n ? ct_time_iso(about->created) : CT_TIME_NONE, .complete = taken->closes, .whole = taken->assesses,
                          .families = CT_STR("all")};
    if (l->ended == CT_TIME_NONE || l->ended > t->who->now_us) l->ended = t->who->now_us;
    l->started = l->ended;
    ct_blake2b_init(&h);
    ct_blake2b_add(&h, text);
    ct_blake2b_done(&h, l->digest);
    t->scope = (struct ct_scope){.complete = l->complete, .families = l->families, .roots = root, .n_roots = 1};
    return reporter_of(t->arena, about, &l->reporter);
}

static ct_err identify_by_name(ct_arena *arena, const struct ct_bom_component *c, ct_str version, struct ct_component_row *ret_component)
{
    struct ct_buf b;
    ct_str name;
    ct_buf_init(&b, arena, PATH_MAX_BYTES);
    ct_buf_add(&b, ct_str_slice(c->group, 0, 1024));
    if (c->group.n) ct_buf_byte(&b, ':');
    ct_buf_add(&b, ct_str_slice(c->name, 0, c->group.n ? 1024 : 2048));
    CT_TRY(ct_buf_str(&b, &name));
    return ct_component_identify(arena, CT_STR(""), name, version, ret_component, NULL);
}

static ct_err see(void *ctx, const struct ct_bom_component *c)
{
    struct import *in = ctx;
    struct ct_taking *t = &in->t;
    struct ct_fault why = {0};
    struct ct_component_row row;
    ct_str place, version = ct_str_slice(c->version, 0, 1024);
    struct ct_arena_mark mark = ct_arena_mark(t->arena);
    if (c->purl.n) CT_TRY(ct_component_identify(t->arena, c->purl, c->name, version, &row, &why));
    if (c->purl.n == 0 || why.err != CT_OK) {
        in->taken.no_purl += c->purl.n == 0;
        in->taken.bad_purl += c->purl.n > 0;
        in->tell(in->ctx, c, c->purl.n ? why.detail : "no purl");
        CT_TRY(identify_by_name(t->arena, c, version, &row));
    }
    for (size_t i = 0; i == 0 || i < c->n_places; i++) {
        CT_TRY(place_of(t->arena, in->root, c, i, &place));
        CT_TRY(ct_look_list(t, &row, place, in->source));
    }
    ct_arena_reset(t->arena, mark);
    return CT_OK;
}

/* What is wanted of the components of a bill of everyday size, so that it is read once. */
struct kept {
    ct_arena *arena;
    struct ct_bom_component *list;
    size_t n, cap, bytes;
    bool given_up; /* a large one */
};

static size_t size_of(ct_str s) { return s.n + 16; }

static size_t weight(const struct ct_bom_component *c)
{
    size_t n = 2 * sizeof *c + size_of(c->purl) + size_of(c->group) + size_of(c->name) + size_of(c->version) + size_of(c->place) + size_of(c->inside);
    for (size_t i = 0; i < c->n_places; i++) n += sizeof *c->places + size_of(c->places[i]);
    return n;
}

static ct_err keep(void *ctx, const struct ct_bom_component *c)
{
    struct kept *k = ctx;
    if (k->given_up) return CT_OK;
    k->bytes += weight(c);
    if (k->bytes > KEPT_MAX) return k->given_up = true, CT_OK;
    if (k->n == k->cap) {
        size_t cap = k->cap ? 2 * k->cap : 256;
        struct ct_bom_component *grown = ct_arena_grow(k->arena, k->list, k->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        k->list = grown;
        k->cap = cap;
    }
    struct ct_bom_component *mine = &k->list[k->n];
    *mine = (struct ct_bom_component){.n_places = c->n_places};
    CT_TRY(ct_arena_dup(k->arena, c->purl, &mine->purl));
    CT_TRY(ct_arena_dup(k->arena, c->group, &mine->group));
    CT_TRY(ct_arena_dup(k->arena, c->name, &mine->name));
    CT_TRY(ct_arena_dup(k->arena, c->version, &mine->version));
    CT_TRY(ct_arena_dup(k->arena, c->place, &mine->place));
    CT_TRY(ct_arena_dup(k->arena, c->inside, &mine->inside));
    mine->places = ct_arena_array(k->arena, c->n_places, sizeof *mine->places);
    if (!mine->places) return CT_ERR_NOMEM;
    for (size_t i = 0; i < c->n_places; i++) CT_TRY(ct_arena_dup(k->arena, c->places[i], &mine->places[i]));
    k->n++;
    return CT_OK;
}

/* What it is about may stand at its end, and of a hundred megabytes that are malformed there nothing is kept: a large one is read twice. */
static ct_err read_components(struct import *in, ct_str text, const struct kept *k, struct ct_fault *fault)
{
    const struct ct_bom_sink sink = {see, in};
    struct ct_bom_about about;
    if (k->given_up) return ct_bom_read(in->t.arena, text, &sink, &about, fault);
    for (size_t i = 0; i < k->n; i++) CT_TRY(see(in, &k->list[i]));
    return CT_OK;
}

static ct_err take(struct import *in, ct_str text, bool complete, struct kept *k, struct ct_fault *fault)
{
    struct ct_taking *t = &in->t;
    const struct ct_bom_sink sink = {keep, k};
    CT_TRY(ct_bom_read(t->arena, text, &sink, &in->taken.about, fault));
    CT_TRY(root_of(t->arena, &in->taken.about, &in->root));
    CT_TRY(look_of(t, &in->taken.about, text, complete, &in->root, &in->taken));
    ct_err known = ct_look_find(t->db, t->asset.id, t->look.digest);
    in->taken.again = known == CT_OK;
    if (known != CT_ERR_END) return known;
    CT_TRY(ct_look_begin(t));
    in->source = in->taken.about.format == CT_BOM_SPDX_JSON ? CT_STR("bill of materials (SPDX)") : CT_STR("bill of materials (CycloneDX)");
    CT_TRY(read_components(in, text, k, fault));
    CT_TRY(ct_look_end(t));
    in->taken.looks = t->counts;
    return CT_OK;
}

ct_err ct_sbom_import(ct_db *db, ct_arena *arena, const struct ct_asset *asset, ct_str text, bool complete, const struct ct_who *who, ct_sbom_unknown *tell, void *ctx,
                      struct ct_sbom_taken *ret_taken, struct ct_fault *fault)
{
    struct import in = {.t = {.db = db, .arena = arena, .who = who, .asset = *asset}, .tell = tell, .ctx = ctx};
    struct kept kept = {.n = 0};
    CT_TRY(ct_arena_new(&ct_alloc_libc, 4 * KEPT_MAX, &kept.arena));
    ct_err e = take(&in, text, complete, &kept, fault);
    ct_arena_free(kept.arena);
    if (e == CT_OK) *ret_taken = in.taken;
    return e;
}
