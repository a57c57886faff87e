#include "packages/emit.h"
#include "base/limits.h"
#include "sbom/purl.h"

void ct_emitter_fault(struct ct_emitter *e, ct_err err, uint64_t offset, const char *what)
{
    if (e->first) return;
    e->first = ct_fault_set(e->fault, err, offset, "%s", what);
}

/* The namespace of the distribution's purls: its os-release ID, but for families that their purls name otherwise. */
static ct_str vendor_of(const struct ct_packages_os *os, ct_str unknown)
{
    if (!os || os->id.n == 0) return unknown;
    if (ct_str_eq(os->id, CT_STR("rhel"))) return CT_STR("redhat");
    if (ct_str_starts(os->id, CT_STR("opensuse"))) return CT_STR("opensuse");
    if (ct_str_starts(os->id, CT_STR("sles")) || ct_str_starts(os->id, CT_STR("sle_"))) return CT_STR("suse");
    return os->id;
}

struct parts {
    struct ct_purl purl;
    struct ct_purl_qualifier qualifiers[5];
};

static void qualify(struct parts *p, ct_str key, ct_str value)
{
    if (value.n) p->qualifiers[p->purl.qualifiers_n++] = (struct ct_purl_qualifier){key, value};
}

static ct_err join(ct_arena *arena, ct_str a, const char *sep, ct_str b, ct_str *ret_joined)
{
    if (a.n == 0 || b.n == 0) {
        *ret_joined = a;
        return CT_OK;
    }
    struct ct_buf buf;
    ct_buf_init(&buf, arena, a.n + b.n + 2);
    ct_buf_add(&buf, a);
    ct_buf_text(&buf, sep);
    ct_buf_add(&buf, b);
    return ct_buf_str(&buf, ret_joined);
}

/* Version and qualifiers of distributions' packages, in the same words as other inventories use, so that lists compare. */
static ct_err distribution(ct_arena *arena, const struct ct_packages_os *os, const struct ct_component *c, struct parts *p)
{
    ct_str distro = {0}, upstream, type = p->purl.type;
    if (os) CT_TRY(join(arena, os->id, "-", os->version_id, &distro));
    bool rpm = ct_str_eq(type, CT_STR("rpm"));
    CT_TRY(join(arena, c->origin, "@", rpm ? (ct_str){0} : c->origin_version, &upstream));
    if (rpm) { /* the epoch is a qualifier there */
        size_t colon = ct_str_chr(c->version, ':');
        if (colon != CT_STR_NONE) {
            qualify(p, CT_STR("epoch"), ct_str_slice(c->version, 0, colon));
            p->purl.version = ct_str_slice(c->version, colon + 1, SIZE_MAX);
        }
    }
    qualify(p, CT_STR("arch"), c->arch);
    qualify(p, CT_STR("distro"), distro);
    qualify(p, CT_STR("upstream"), upstream);
    return CT_OK;
}

ct_err ct_purl_of_component(ct_arena *arena, const struct ct_packages_os *os, struct ct_component *c)
{
    struct parts p = {0};
    p.purl = (struct ct_purl){
        .type = ct_ecosystem_purl_type(c->ecosystem), .name_space = c->group, .name = c->name, .version = c->version};
    p.purl.qualifiers = p.qualifiers;
    c->purl = (ct_str){0};
    if (p.purl.type.n == 0) return CT_OK;
    if (c->source == CT_COMPONENT_PACKAGE_DB) CT_TRY(distribution(arena, os, c, &p));
    if (c->ecosystem == CT_ECOSYSTEM_GO) { /* the import path up to its last '/' is the namespace */
        size_t slash = ct_str_rchr(c->name, '/');
        if (slash != CT_STR_NONE) {
            p.purl.name_space = ct_str_slice(c->name, 0, slash);
            p.purl.name = ct_str_slice(c->name, slash + 1, SIZE_MAX);
        }
    }
    ct_err err = ct_purl_normalise(arena, &p.purl, NULL);
    if (err == CT_ERR_NOMEM) return err;
    if (err) return CT_OK; /* a Maven artifact without group, a name of slashes: no purl */
    struct ct_buf b;
    ct_buf_init(&b, arena, 3 * (size_t)CT_PURL_MAX + 256);
    ct_purl_build(&b, &p.purl);
    return ct_buf_str(&b, &c->purl);
}

static bool longer(ct_str s) { return s.n > CT_PACKAGES_TEXT_MAX; }

static void drop_longer(ct_str *s)
{
    if (longer(*s)) *s = (ct_str){0};
}

/* deb, rpm and apk: which distribution's package it is. Unknown ones get the family's name and less confidence. */
static void settle_distribution(const struct ct_packages_os *os, struct ct_component *c)
{
    ct_str type = ct_ecosystem_purl_type(c->ecosystem);
    ct_str unknown = c->ecosystem == CT_ECOSYSTEM_DEBIAN   ? CT_STR("debian")
                     : c->ecosystem == CT_ECOSYSTEM_ALPINE ? CT_STR("alpine")
                                                           : (ct_str){0};
    c->group = vendor_of(os, unknown);
    if (!os || os->id.n == 0) c->confidence = CT_CONFIDENCE_MEDIUM;
    enum ct_ecosystem of = ct_ecosystem_of_purl(type, c->group);
    if (of) c->ecosystem = of;
}

ct_err ct_emitter_put(struct ct_emitter *e, struct ct_component *c)
{
    if (e->n == CT_PACKAGES_RECORDS_MAX) return ct_fault_set(e->fault, CT_ERR_CAP, 0, "too many packages in one file");
    e->n++;
    if (c->name.n == 0) {
        ct_emitter_fault(e, CT_ERR_SYNTAX, 0, "a package without a name");
        return CT_OK;
    }
    if (longer(c->name) || longer(c->group) || longer(c->arch)) {
        ct_emitter_fault(e, CT_ERR_CAP, 0, "a package's name is too long");
        return CT_OK;
    }
    if (c->version.n > CT_VERSION_MAX) {
        ct_emitter_fault(e, CT_ERR_CAP, 0, "a package's version is too long");
        c->version = (ct_str){0};
    }
    drop_longer(&c->origin);
    drop_longer(&c->origin_version);
    drop_longer(&c->licence);
    drop_longer(&c->supplier);
    drop_longer(&c->cpe);
    struct ct_arena_mark mark = ct_arena_mark(e->arena);
    c->path = e->in->path;
    if (c->source == CT_COMPONENT_PACKAGE_DB) settle_distribution(e->in->os, c);
    ct_err err = ct_purl_of_component(e->arena, e->in->os, c);
    if (err) return ct_fault_set(e->fault, err, 0, "a package's identity");
    err = e->emit(e->ctx, c);
    ct_arena_reset(e->arena, mark);
    return err;
}
