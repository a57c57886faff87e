#include "respond/vex_match.h"

#include "version/range.h"

enum { TEXT_MAX = 4 * CT_PURL_MAX };

ct_err ct_vex_key(ct_arena *arena, ct_str purl, ct_str *ret_key)
{
    struct ct_purl p;
    struct ct_buf b;
    *ret_key = CT_STR("");
    if (purl.n == 0) return CT_OK;
    ct_err e = ct_purl_parse(arena, purl, &p, NULL);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK;
    p.version = p.subpath = (ct_str){NULL, 0};
    p.qualifiers_n = 0;
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_purl_build(&b, &p);
    return b.err == CT_ERR_CAP ? CT_OK : ct_buf_str(&b, ret_key);
}

static bool plain(ct_str key, ct_str value) { return ct_str_eq(key, CT_STR("type")) && ct_str_eq(value, CT_STR("jar")); }

/* Every qualifier that is asked for is there. */
static bool qualified(const struct ct_purl *asked, const struct ct_purl *have)
{
    for (size_t i = 0; i < asked->qualifiers_n; i++) {
        ct_str key = asked->qualifiers[i].key, value = asked->qualifiers[i].value;
        if (!plain(key, value) && !ct_str_eq(ct_purl_qualifier(have, key), value)) return false;
    }
    return true;
}

/* versions: beside the purl, in the statement's words. */
static ct_err holds(ct_arena *arena, ct_str asked_text, ct_str versions, ct_str have_text, ct_str have_version, bool *ret_holds, bool *ret_exact)
{
    struct ct_purl asked, have;
    struct ct_range range;
    bool in = false;
    *ret_holds = *ret_exact = false;
    ct_err e = ct_purl_parse(arena, asked_text, &asked, NULL);
    if (e == CT_OK) e = ct_purl_parse(arena, have_text, &have, NULL);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_OK;
    if (!ct_str_eq(asked.type, have.type) || !ct_str_eq(asked.name_space, have.name_space) || !ct_str_eq(asked.name, have.name) || !qualified(&asked, &have)) return CT_OK;
    ct_str version = have.version.n ? have.version : have_version;
    if (versions.n == 0 || ct_str_eq(versions, asked.version)) versions = asked.version;
    if (versions.n == 0) return *ret_holds = true, CT_OK;
    if (version.n == 0) return CT_OK;
    if (ct_str_eq(versions, version)) return *ret_holds = *ret_exact = true, CT_OK;
    enum ct_ecosystem ecosystem = ct_purl_ecosystem(&have);
    if (ecosystem == CT_ECOSYSTEM_UNKNOWN) return CT_OK;
    e = ct_range_parse(arena, ecosystem, versions, &range, NULL);
    if (e == CT_OK) e = ct_range_contains(&range, version, &in);
    if (e == CT_ERR_NOMEM) return e;
    *ret_holds = *ret_exact = e == CT_OK && in;
    return CT_OK;
}

struct matching {
    ct_db *db;
    ct_arena *arena;
    const struct ct_vex_row *row;
    ct_str purl, versions;       /* asked for */
    bool about;
    uint64_t n;
};

static ct_err on_component(void *ctx, int64_t component, ct_str purl, ct_str version)
{
    struct matching *m = ctx;
    bool hold, exact;
    struct ct_arena_mark mark = ct_arena_mark(m->arena);
    CT_TRY(holds(m->arena, m->purl, m->versions, purl, version, &hold, &exact));
    ct_arena_reset(m->arena, mark);
    if (!hold) return CT_OK;
    m->n += m->about;
    return ct_vex_match_put(m->db, m->row->id, component, m->about, exact);
}

ct_err ct_vex_match_statement(ct_db *db, ct_arena *arena, const struct ct_vex_row *r, uint64_t *ret_about)
{
    struct matching m = {.db = db, .arena = arena, .row = r};
    bool part = r->component_key.n > 0;
    *ret_about = 0;
    if (r->refused.n) return CT_OK;
    if (part) {
        m.purl = r->component;
        m.about = true;
        CT_TRY(ct_components_from(db, r->component_key, on_component, &m));
    }
    if (r->purl_key.n) {
        m.purl = r->purl;
        m.versions = r->versions;
        m.about = !part && r->component.n == 0; /* about a part that has no purl: about nothing we can name */
        CT_TRY(ct_components_from(db, r->purl_key, on_component, &m));
    }
    *ret_about = m.n;
    return CT_OK;
}

struct meeting {
    ct_db *db;
    ct_arena *arena;
    const struct ct_component_row *c;
    ct_str key;
};

static ct_err on_statement(void *ctx, const struct ct_vex_row *r)
{
    struct meeting *m = ctx;
    struct matching one = {.db = m->db, .arena = m->arena, .row = r};
    bool part = r->component_key.n > 0;
    if (part && ct_str_eq(r->component_key, m->key)) {
        one.purl = r->component;
        one.about = true;
        CT_TRY(on_component(&one, m->c->id, m->c->purl, m->c->version));
    }
    if (!ct_str_eq(r->purl_key, m->key)) return CT_OK;
    one.purl = r->purl;
    one.versions = r->versions;
    one.about = !part && r->component.n == 0;
    return on_component(&one, m->c->id, m->c->purl, m->c->version);
}

ct_err ct_vex_match_component(ct_db *db, ct_arena *arena, const struct ct_component_row *c)
{
    struct meeting m = {.db = db, .arena = arena, .c = c};
    CT_TRY(ct_vex_key(arena, c->purl, &m.key));
    return m.key.n ? ct_vex_of_package(db, m.key, on_statement, &m) : CT_OK;
}
