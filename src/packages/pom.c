#include "packages/pom.h"
#include "base/limits.h"
#include "text/xml_in.h"

struct property {
    ct_str name, value;
};

struct project {
    ct_arena *arena;
    ct_str group, artifact, version, parent_group, parent_version, licence, organisation;
    struct property *properties;
    size_t properties_n;
    size_t work; /* references that may still be followed */
};

static bool at(const struct ct_xml_in *x, unsigned depth, const char *const *path)
{
    if (x->depth != depth) return false;
    for (unsigned i = 0; i < depth; i++)
        if (!ct_str_eq(x->names[i], ct_str_from(path[i]))) return false;
    return true;
}
#define AT(...) at(x, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__})

static ct_str *field_of(struct project *p, const struct ct_xml_in *x)
{
    if (AT("project", "groupId")) return &p->group;
    if (AT("project", "artifactId")) return &p->artifact;
    if (AT("project", "version")) return &p->version;
    if (AT("project", "parent", "groupId")) return &p->parent_group;
    if (AT("project", "parent", "version")) return &p->parent_version;
    if (AT("project", "licenses", "license", "name")) return &p->licence;
    if (AT("project", "organization", "name")) return &p->organisation;
    return NULL;
}

static ct_err take(struct project *p, const struct ct_xml_in *x, ct_str text)
{
    ct_str *to = field_of(p, x);
    if (to) {
        if (to->n == 0) *to = text; /* the first of several licences, text before a comment */
        return CT_OK;
    }
    if (x->depth != 3 || !ct_str_eq(x->names[0], CT_STR("project")) || !ct_str_eq(x->names[1], CT_STR("properties")))
        return CT_OK;
    if (p->properties_n == CT_POM_PROPERTIES_MAX) return CT_OK;
    if (!p->properties) p->properties = ct_arena_array(p->arena, CT_POM_PROPERTIES_MAX, sizeof *p->properties);
    if (!p->properties) return CT_ERR_NOMEM;
    p->properties[p->properties_n++] = (struct property){x->names[2], text};
    return CT_OK;
}

static ct_err read_elements(struct project *p, ct_str bytes)
{
    struct ct_xml_in x;
    struct ct_xml_token t;
    ct_xml_open(&x, bytes);
    for (;;) {
        ct_err err = ct_xml_next(&x, &t);
        if (err == CT_ERR_END) return CT_OK;
        if (err) return err;
        if (t.kind != CT_XML_TEXT) continue;
        ct_str text = ct_str_trim(t.text);
        if (text.n == 0 || text.n > CT_PACKAGES_TEXT_MAX) continue;
        if (!t.cdata && ct_str_chr(text, '&') != CT_STR_NONE) {
            struct ct_buf b;
            ct_buf_init(&b, p->arena, text.n);
            ct_xml_unescape(&b, text);
            CT_TRY(ct_buf_str(&b, &text));
        }
        CT_TRY(take(p, &x, text));
    }
}

/* What a name stands for; a null p where nothing says so. */
static ct_str lookup(const struct project *p, ct_str name)
{
    for (size_t i = 0; i < p->properties_n; i++)
        if (ct_str_eq(p->properties[i].name, name)) return p->properties[i].value;
    ct_str s = name;
    if (ct_str_starts(s, CT_STR("project.")))
        s = ct_str_slice(s, 8, SIZE_MAX);
    else if (ct_str_starts(s, CT_STR("pom.")))
        s = ct_str_slice(s, 4, SIZE_MAX);
    if (ct_str_eq(s, CT_STR("version"))) return p->version.n ? p->version : p->parent_version;
    if (ct_str_eq(s, CT_STR("groupId"))) return p->group.n ? p->group : p->parent_group;
    if (ct_str_eq(s, CT_STR("artifactId"))) return p->artifact;
    if (ct_str_eq(s, CT_STR("parent.version"))) return p->parent_version;
    if (ct_str_eq(s, CT_STR("parent.groupId"))) return p->parent_group;
    return (ct_str){0};
}

/* One replacement at a time, the first reference there is, so that values with references in them are followed too. Circles end
 * by work. */
static ct_err resolve(struct project *p, ct_str *s)
{
    for (;;) {
        size_t open = ct_str_find(*s, CT_STR("${"));
        if (open == CT_STR_NONE) return CT_OK;
        size_t close = ct_str_chr(ct_str_slice(*s, open, SIZE_MAX), '}');
        ct_str value = {0};
        if (close != CT_STR_NONE) value = lookup(p, ct_str_slice(*s, open + 2, open + close));
        if (value.n == 0 || p->work == 0 || s->n + value.n > CT_PACKAGES_TEXT_MAX) {
            *s = (ct_str){0};
            return CT_OK;
        }
        p->work--;
        struct ct_buf b;
        ct_buf_init(&b, p->arena, 2 * (size_t)CT_PACKAGES_TEXT_MAX);
        ct_buf_add(&b, ct_str_slice(*s, 0, open));
        ct_buf_add(&b, value);
        ct_buf_add(&b, ct_str_slice(*s, open + close + 1, SIZE_MAX));
        CT_TRY(ct_buf_str(&b, s));
    }
}

ct_err ct_pom_read(ct_arena *arena, ct_str bytes, struct ct_pom *ret_pom)
{
    struct project p = {.arena = arena, .work = CT_POM_WORK_MAX};
    CT_TRY(read_elements(&p, bytes));
    struct ct_pom pom = {p.group.n ? p.group : p.parent_group, p.artifact, p.version.n ? p.version : p.parent_version,
                         p.licence, p.organisation};
    CT_TRY(resolve(&p, &pom.group));
    CT_TRY(resolve(&p, &pom.artifact));
    CT_TRY(resolve(&p, &pom.version));
    CT_TRY(resolve(&p, &pom.licence));
    CT_TRY(resolve(&p, &pom.organisation));
    if (pom.artifact.n == 0) return CT_ERR_SYNTAX;
    *ret_pom = pom;
    return CT_OK;
}
