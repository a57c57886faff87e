#include "respond/component_id.h"

#include "sbom/purl.h"

enum { TEXT_MAX = 4 * CT_PURL_MAX };

static bool by_source_package(enum ct_ecosystem e)
{
    return e == CT_ECOSYSTEM_DEBIAN || e == CT_ECOSYSTEM_UBUNTU || e == CT_ECOSYSTEM_ALPINE || e == CT_ECOSYSTEM_CHAINGUARD || e == CT_ECOSYSTEM_WOLFI;
}

/* The name that advisories use; an empty one where there is none. */
static ct_err package_of(ct_arena *arena, const struct ct_purl *p, enum ct_ecosystem e, ct_str *ret_name)
{
    ct_str name = {NULL, 0}, spelled;
    unsigned char to[CT_PACKAGE_NAME_MAX];
    if (by_source_package(e)) name = ct_purl_qualifier(p, CT_STR("upstream"));
    if (name.n) name = ct_str_cut(&name, '@');
    else CT_TRY(ct_purl_package(arena, p, &name));
    *ret_name = CT_STR("");
    return e != CT_ECOSYSTEM_UNKNOWN && ct_package_spelling(e, name, to, &spelled) ? ct_arena_dup(arena, spelled, ret_name) : CT_OK;
}

ct_err ct_component_identify(ct_arena *arena, ct_str purl, ct_str name, ct_str version, struct ct_component_row *ret_component, struct ct_fault *why)
{
    struct ct_purl p;
    struct ct_buf b;
    struct ct_component_row c = {.version = version};
    ct_err e = purl.n ? ct_purl_parse(arena, purl, &p, why) : CT_ERR_NOT_FOUND;
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_OK && purl.n) {
        c.purl = purl;
        *ret_component = c;
        return CT_OK;
    }
    if (e != CT_OK) p = (struct ct_purl){.type = CT_STR("generic"), .name = name.n ? name : CT_STR("unknown"), .version = version};
    if (p.version.n && !ct_str_eq(p.type, CT_STR("rpm"))) c.version = p.version; /* rpm's epoch is a qualifier there */
    ct_buf_init(&b, arena, TEXT_MAX);
    ct_purl_build(&b, &p);
    if (b.err == CT_ERR_NOMEM) return b.err;
    c.purl = b.err ? purl : ct_buf_view(&b);
    enum ct_ecosystem ecosystem = e == CT_OK ? ct_purl_ecosystem(&p) : CT_ECOSYSTEM_UNKNOWN;
    CT_TRY(package_of(arena, &p, ecosystem, &c.name));
    c.ecosystem = c.name.n ? ct_ecosystem_name(ecosystem) : CT_STR("");
    *ret_component = c;
    return CT_OK;
}

/* "debian-12": "12"; Alpine's records say "v3.18" for 3.18.4. */
static ct_err release_of(ct_arena *arena, enum ct_ecosystem e, ct_str distro, ct_str *ret_release)
{
    size_t dash = ct_str_rchr(distro, '-'), dots = 0, n = 0;
    struct ct_buf b;
    *ret_release = CT_STR("");
    if (dash == CT_STR_NONE) return CT_OK;
    ct_str id = ct_str_slice(distro, dash + 1, distro.n);
    if (e == CT_ECOSYSTEM_DEBIAN || e == CT_ECOSYSTEM_UBUNTU) *ret_release = id;
    if (e != CT_ECOSYSTEM_ALPINE) return CT_OK;
    while (n < id.n && !(id.p[n] == '.' && ++dots == 2)) n++;
    ct_buf_init(&b, arena, 128);
    ct_buf_byte(&b, 'v');
    ct_buf_add(&b, ct_str_slice(id, 0, n < 100 ? n : 100));
    return ct_buf_str(&b, ret_release);
}

ct_err ct_component_question(ct_arena *arena, const struct ct_component_row *c, struct ct_advisory_query *ret_query)
{
    struct ct_purl p;
    ct_str release;
    if (c->ecosystem.n == 0) return CT_ERR_NOT_FOUND;
    ct_err e = ct_purl_parse(arena, c->purl, &p, NULL);
    if (e != CT_OK) return e == CT_ERR_NOMEM ? e : CT_ERR_NOT_FOUND;
    struct ct_advisory_query q = {.ecosystem = ct_ecosystem_named(c->ecosystem, &release), .name = c->name, .version = c->version};
    ct_str upstream = by_source_package(q.ecosystem) ? ct_purl_qualifier(&p, CT_STR("upstream")) : CT_STR("");
    if (upstream.n) {
        (void)ct_str_cut(&upstream, '@');
        if (upstream.n) q.version = upstream;
    }
    /* A range that class evidence left is no version that an ordering knows. */
    if (p.version.n == 0 && !ct_str_eq(p.type, CT_STR("rpm"))) q.version = CT_STR("");
    CT_TRY(release_of(arena, q.ecosystem, ct_purl_qualifier(&p, CT_STR("distro")), &q.release));
    *ret_query = q;
    return CT_OK;
}
