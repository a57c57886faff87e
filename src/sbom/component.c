#include "sbom/component.h"

#include <string.h>

const char *ct_component_source_name(enum ct_component_source s)
{
    static const char *const names[] = {
#define X(code, name) name,
        CT_COMPONENT_SOURCE_LIST(X)
#undef X
    };
    return s < CT_COMPONENT_SOURCES ? names[s] : "";
}

const char *ct_confidence_name(enum ct_confidence c)
{
    return c == CT_CONFIDENCE_HIGH ? "high" : c == CT_CONFIDENCE_MEDIUM ? "medium" : "low";
}

#define TEXTS(X)                                                                                                               \
    X(purl)                                                                                                                    \
    X(group) X(name) X(version) X(arch) X(origin) X(origin_version) X(licence) X(supplier) X(cpe) X(path) X(record) X(sha1)    \
        X(sha256)

/* One piece of the arena for all texts: a big scan keeps a hundred thousand of these. */
ct_err ct_component_dup(ct_arena *arena, const struct ct_component *c, struct ct_component *ret_copy)
{
    struct ct_component copy = *c;
    size_t n = 0;
#define X(field) n += c->field.n;
    TEXTS(X)
#undef X
    unsigned char *to = ct_arena_alloc(arena, n);
    if (!to) return CT_ERR_NOMEM;
#define X(field)                                                                                                               \
    if (c->field.n) memcpy(to, c->field.p, c->field.n);                                                                        \
    copy.field.p = to, to += c->field.n;
    TEXTS(X)
#undef X
    *ret_copy = copy;
    return CT_OK;
}

ct_err ct_component_intern(struct ct_intern *in, const struct ct_component *c, struct ct_component *ret_copy)
{
    struct ct_component copy = *c;
#define X(field) CT_TRY(ct_intern_str(in, c->field, &copy.field));
    TEXTS(X)
#undef X
    *ret_copy = copy;
    return CT_OK;
}

int ct_component_cmp(const struct ct_component *a, const struct ct_component *b)
{
    int d = ct_str_cmp(a->purl, b->purl);
    if (!d) d = (a->ecosystem > b->ecosystem) - (a->ecosystem < b->ecosystem);
#define X(field)                                                                                                               \
    if (!d) d = ct_str_cmp(a->field, b->field);
    X(group)
    X(name) X(version) X(arch) X(sha256) X(sha1) X(path) X(record) X(origin) X(origin_version) X(licence) X(supplier) X(cpe)
#undef X
        if (!d) d = (a->source > b->source) - (a->source < b->source);
    if (!d) d = (a->confidence > b->confidence) - (a->confidence < b->confidence);
    return d;
}
