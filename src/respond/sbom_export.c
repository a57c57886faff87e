#include "respond/sbom_export.h"

#include "sbom/purl.h"
#include "store/look.h"

struct export {
    ct_arena *arena;
    bool estate;
    struct ct_component *list;
    size_t n, cap;
};

static enum ct_component_source source_named(ct_str s)
{
    for (int i = 0; i < CT_COMPONENT_SOURCES; i++)
        if (ct_str_eq(s, ct_str_from(ct_component_source_name((enum ct_component_source)i)))) return (enum ct_component_source)i;
    return CT_COMPONENT_METADATA;
}

static enum ct_confidence confidence_of(enum ct_component_source s)
{
    return s == CT_COMPONENT_FILE_NAME ? CT_CONFIDENCE_LOW : s == CT_COMPONENT_CLASSES || s == CT_COMPONENT_MANIFEST ? CT_CONFIDENCE_MEDIUM : CT_CONFIDENCE_HIGH;
}

/* "web-1 (production): /srv/app.jar" */
static ct_err place_of(const struct export *x, const struct ct_held_row *r, ct_str *ret_place)
{
    struct ct_buf b;
    if (!x->estate) return ct_arena_dup(x->arena, r->path, ret_place);
    ct_buf_init(&b, x->arena, 1u << 20);
    ct_buf_add(&b, r->asset);
    ct_buf_text(&b, " (");
    ct_buf_add(&b, r->environment);
    ct_buf_text(&b, "): ");
    ct_buf_add(&b, r->path);
    return ct_buf_str(&b, ret_place);
}

static ct_err on_row(void *ctx, const struct ct_held_row *r)
{
    struct export *x = ctx;
    struct ct_purl p;
    if (x->n == x->cap) {
        size_t cap = x->cap ? 2 * x->cap : 256;
        struct ct_component *grown = ct_arena_grow(x->arena, x->list, x->cap * sizeof *grown, cap * sizeof *grown);
        if (!grown) return CT_ERR_NOMEM;
        x->list = grown;
        x->cap = cap;
    }
    struct ct_component c = {.source = source_named(r->source)};
    c.confidence = confidence_of(c.source);
    CT_TRY(ct_arena_dup(x->arena, r->purl, &c.purl));
    CT_TRY(ct_arena_dup(x->arena, r->version, &c.version));
    ct_err e = ct_purl_parse(x->arena, c.purl, &p, NULL);
    if (e == CT_ERR_NOMEM) return e;
    if (e == CT_OK) {
        c.name = p.name;
        c.group = p.name_space;
        c.ecosystem = ct_purl_ecosystem(&p);
        /* What was made up for a component that has no purl is none. */
        if (r->ecosystem.n == 0 && ct_str_eq(p.type, CT_STR("generic")) && p.qualifiers_n == 0 && p.name_space.n == 0) c.purl = CT_STR("");
    } else {
        c.name = c.purl;
        c.purl = CT_STR("");
    }
    CT_TRY(place_of(x, r, &c.path));
    x->list[x->n++] = c;
    return CT_OK;
}

struct whole {
    bool complete;
};

static ct_err on_asset(void *ctx, const struct ct_asset *a)
{
    ((struct whole *)ctx)->complete &= a->assessed != 0;
    return CT_OK;
}

ct_err ct_sbom_of(ct_db *db, ct_arena *arena, const struct ct_asset *asset, struct ct_sbom_subject *ret_subject, struct ct_component **ret_components, size_t *ret_n)
{
    struct export x = {.arena = arena, .estate = !asset};
    struct ct_sbom_subject s = {.kind = CT_SBOM_ASSET, .name = asset ? asset->name : CT_STR("estate"), .complete = asset && asset->assessed};
    if (asset && asset->machine_id.n) s.kind = CT_SBOM_HOST, s.id = asset->machine_id;
    if (!asset) {
        const struct ct_asset_filter all = {.retired = false};
        struct whole w = {.complete = true};
        CT_TRY(ct_assets_each(db, &all, on_asset, &w));
        s.complete = w.complete;
    }
    CT_TRY(ct_held_each(db, asset ? asset->id : 0, on_row, &x));
    *ret_subject = s;
    *ret_components = x.list;
    *ret_n = x.n;
    return CT_OK;
}
