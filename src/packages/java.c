#include "packages/java.h"
#include "archive/manifest.h"
#include "base/buf.h"
#include "base/limits.h"
#include "packages/emit.h"
#include "packages/java_name.h"
#include "packages/pom.h"

#include <string.h>

/* Main attributes of a manifest that say what an archive is. */
#define MANIFEST_LIST(X)                                                                                                       \
    X(implementation_title, "Implementation-Title")                                                                            \
    X(implementation_version, "Implementation-Version") X(implementation_vendor, "Implementation-Vendor")                      \
        X(implementation_vendor_id, "Implementation-Vendor-Id") X(specification_version, "Specification-Version")              \
            X(bundle_symbolic_name, "Bundle-SymbolicName") X(bundle_version, "Bundle-Version")                                 \
                X(bundle_vendor, "Bundle-Vendor") X(bundle_license, "Bundle-License")                                          \
                    X(automatic_module_name, "Automatic-Module-Name") X(short_name, "Short-Name")                              \
                        X(extension_name, "Extension-Name") X(plugin_version, "Plugin-Version") X(group_id, "Group-Id")

struct manifest {
#define X(field, name) ct_str field;
    MANIFEST_LIST(X)
#undef X
};

/* One folder of META-INF/maven. */
struct project {
    ct_str folder;
    ct_str group, artifact, version, licence, organisation;
    bool properties; /* pom.properties was there: it outweighs the pom.xml */
    struct project *next;
};

struct ct_java {
    ct_arena *arena;
    ct_str path;
    struct ct_java_file file;
    struct manifest manifest;
    bool has_manifest;
    struct project *first, **last;
    size_t projects, skipped;
};

ct_err ct_java_new(ct_arena *arena, ct_str path, ct_java **ret_java)
{
    ct_java *j = ct_arena_zalloc(arena, sizeof *j);
    if (!j) return CT_ERR_NOMEM;
    j->arena = arena;
    CT_TRY(ct_arena_dup(arena, path, &j->path));
    j->file = ct_java_file_of(j->path);
    j->last = &j->first;
    *ret_java = j;
    return CT_OK;
}

/* Values are read with scratch that is given back: they wait here meanwhile. */
struct held {
    size_t n;
    unsigned char bytes[CT_PACKAGES_TEXT_MAX];
};

/* Empty for what is too long, and for templates that were never filled in. */
static void hold(struct held *h, ct_str s)
{
    h->n = s.n <= sizeof h->bytes && ct_str_find(s, CT_STR("${")) == CT_STR_NONE ? s.n : 0;
    if (h->n) memcpy(h->bytes, s.p, h->n);
}

static ct_err keep(ct_java *j, const struct held *h, ct_str *to)
{
    if (h->n == 0 || to->n) return CT_OK;
    return ct_arena_dup(j->arena, (ct_str){h->bytes, h->n}, to);
}

static ct_err project_of(ct_java *j, ct_str entry, struct project **ret_project)
{
    size_t slash = ct_str_rchr(entry, '/');
    ct_str folder = slash == CT_STR_NONE ? (ct_str){entry.p, 0} : ct_str_slice(entry, 0, slash);
    for (struct project *p = j->first; p; p = p->next) {
        if (!ct_str_eq(p->folder, folder)) continue;
        *ret_project = p;
        return CT_OK;
    }
    if (j->projects == CT_JAVA_POMS_MAX) return CT_ERR_CAP;
    struct project *p = ct_arena_zalloc(j->arena, sizeof *p);
    if (!p) return CT_ERR_NOMEM;
    CT_TRY(ct_arena_dup(j->arena, folder, &p->folder));
    *j->last = p;
    j->last = &p->next;
    j->projects++;
    *ret_project = p;
    return CT_OK;
}

static ct_err add_properties(ct_java *j, ct_str entry, ct_str bytes)
{
    struct held group = {0}, artifact = {0}, version = {0};
    struct ct_properties in;
    ct_str key, value;
    ct_properties_open(&in, bytes);
    for (;;) {
        struct ct_arena_mark mark = ct_arena_mark(j->arena);
        ct_err err = ct_properties_next(&in, j->arena, &key, &value);
        if (err == CT_ERR_END) break;
        if (err == CT_ERR_NOMEM) return err;
        if (err) continue; /* an over-long line: the reader goes on behind it */
        value = ct_str_trim(value);
        if (ct_str_eq(key, CT_STR("groupId")))
            hold(&group, value);
        else if (ct_str_eq(key, CT_STR("artifactId")))
            hold(&artifact, value);
        else if (ct_str_eq(key, CT_STR("version")))
            hold(&version, value);
        ct_arena_reset(j->arena, mark);
    }
    if (artifact.n == 0) return CT_ERR_SYNTAX;
    struct project *p;
    CT_TRY(project_of(j, entry, &p));
    if (p->properties) return CT_OK;
    p->properties = true;
    if (group.n) p->group = (ct_str){0};
    if (version.n) p->version = (ct_str){0};
    p->artifact = (ct_str){0};
    CT_TRY(keep(j, &group, &p->group));
    CT_TRY(keep(j, &artifact, &p->artifact));
    return keep(j, &version, &p->version);
}

static ct_err add_pom(ct_java *j, ct_str entry, ct_str bytes)
{
    struct held group, artifact, version, licence, organisation;
    struct ct_pom pom;
    struct ct_arena_mark mark = ct_arena_mark(j->arena);
    ct_err err = ct_pom_read(j->arena, bytes, &pom);
    if (!err) {
        hold(&group, pom.group);
        hold(&artifact, pom.artifact);
        hold(&version, pom.version);
        hold(&licence, pom.licence);
        hold(&organisation, pom.organisation);
    }
    ct_arena_reset(j->arena, mark);
    if (err) return err;
    struct project *p;
    CT_TRY(project_of(j, entry, &p));
    CT_TRY(keep(j, &group, &p->group));
    CT_TRY(keep(j, &artifact, &p->artifact));
    CT_TRY(keep(j, &version, &p->version));
    CT_TRY(keep(j, &licence, &p->licence));
    return keep(j, &organisation, &p->organisation);
}

static ct_str *attribute(struct manifest *m, ct_str name)
{
#define X(field, text)                                                                                                         \
    if (ct_str_eq_fold(name, CT_STR(text))) return &m->field;
    MANIFEST_LIST(X)
#undef X
    return NULL;
}

static ct_err add_manifest(ct_java *j, ct_str bytes)
{
    struct ct_manifest in;
    struct held held;
    ct_str name, value;
    ct_manifest_open(&in, bytes);
    j->has_manifest = true;
    for (;;) {
        struct ct_arena_mark mark = ct_arena_mark(j->arena);
        ct_err err = ct_manifest_next(&in, j->arena, &name, &value);
        if (err == CT_ERR_END) return CT_OK;
        if (err == CT_ERR_NOMEM) return err;
        ct_str *to = err ? NULL : attribute(&j->manifest, name);
        if (to) hold(&held, value);
        ct_arena_reset(j->arena, mark);
        if (to) CT_TRY(keep(j, &held, to));
    }
}

ct_err ct_java_add(ct_java *j, enum ct_packages_kind kind, ct_str entry, ct_str bytes)
{
    ct_err err = CT_ERR_USAGE;
    if (bytes.n > ct_packages_max(kind))
        err = CT_ERR_CAP;
    else if (kind == CT_PACKAGES_POM_PROPERTIES)
        err = add_properties(j, entry, bytes);
    else if (kind == CT_PACKAGES_POM_XML)
        err = add_pom(j, entry, bytes);
    else if (kind == CT_PACKAGES_MANIFEST)
        err = entry.n == sizeof "META-INF/MANIFEST.MF" - 1 && !j->has_manifest ? add_manifest(j, bytes) : CT_OK;
    if (err) j->skipped++;
    return err;
}

/* "name-version", or that and a classifier. */
static bool is_named_for(const struct ct_java_file *f, const struct project *p)
{
    if (ct_str_eq_fold(f->name, p->artifact) || ct_str_eq_fold(f->stem, p->artifact)) return true;
    if (!ct_str_starts_fold(f->stem, p->artifact) || p->version.n == 0) return false;
    ct_str rest = ct_str_slice(f->stem, p->artifact.n, SIZE_MAX);
    return rest.n > p->version.n && (rest.p[0] == '-' || rest.p[0] == '_') &&
           ct_str_starts(ct_str_slice(rest, 1, SIZE_MAX), p->version);
}

static bool begins_fold(ct_str a, ct_str b) { return ct_str_starts_fold(a, b) || ct_str_starts_fold(b, a); }

static bool manifest_names(const struct manifest *m, const struct project *p)
{
    if (ct_str_eq_fold(m->implementation_title, p->artifact)) return true;
    return ct_java_group_in(m->bundle_symbolic_name, p->artifact).n ||
           ct_java_group_in(m->automatic_module_name, p->artifact).n || ct_str_eq_fold(m->bundle_symbolic_name, p->artifact);
}

/* The project that the archive itself is; null where no pom says so. */
static const struct project *main_project(const ct_java *j)
{
    const struct project *named = NULL, *agreed = NULL;
    for (const struct project *p = j->first; p; p = p->next) {
        if (p->artifact.n == 0) continue;
        if (is_named_for(&j->file, p) && (!named || (p->artifact.n > named->artifact.n))) named = p;
        if (!agreed && manifest_names(&j->manifest, p)) agreed = p;
    }
    if (named) return named;
    if (agreed) return agreed;
    const struct project *only = j->first;
    if (!only || only->next || only->artifact.n == 0) return NULL;
    /* Manifest and file name agree on something else: the pom is of what was shaded into it. */
    if (j->file.name.n && ct_str_eq_fold(j->manifest.implementation_title, j->file.name)) return NULL;
    return j->file.version.n == 0 || begins_fold(only->artifact, j->file.name) ? only : NULL;
}

/* A name without blanks; titles for people are no artifacts. */
static bool is_artifact(ct_str s)
{
    if (s.n == 0) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ct_ascii_alpha(s.p[i]) && !ct_ascii_digit(s.p[i]) && !strchr("-_.", s.p[i])) return false;
    return true;
}

static ct_str first_of(const ct_str *choices, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (choices[i].n) return choices[i];
    return (ct_str){0};
}
#define FIRST(...) first_of((const ct_str[]){__VA_ARGS__}, sizeof((const ct_str[]){__VA_ARGS__}) / sizeof(ct_str))

/* Name, version and group out of manifest and file name; less than sure. */
static void guess(const ct_java *j, struct ct_component *c)
{
    const struct manifest *m = &j->manifest;
    const struct ct_java_file *f = &j->file;
    ct_str short_name = f->plugin ? FIRST(m->short_name, m->extension_name) : (ct_str){0};
    ct_str title = is_artifact(m->implementation_title) ? m->implementation_title : (ct_str){0};
    c->source = f->version.n || !m->implementation_title.n ? CT_COMPONENT_FILE_NAME : CT_COMPONENT_MANIFEST;
    c->confidence = CT_CONFIDENCE_LOW;
    c->name = f->version.n ? FIRST(short_name, f->name) : FIRST(short_name, title, f->name);
    c->version = f->plugin && m->plugin_version.n
                     ? m->plugin_version
                     : FIRST(f->version, m->implementation_version, m->bundle_version, m->specification_version);
    if (m->implementation_version.n && ct_str_eq(m->implementation_version, c->version)) c->source = CT_COMPONENT_MANIFEST;
    ct_str known = ct_java_group_known(c->name, c->version);
    ct_str vendor = is_artifact(m->implementation_vendor_id) ? m->implementation_vendor_id : (ct_str){0};
    if (ct_str_chr(vendor, '.') == ct_str_rchr(vendor, '.')) vendor = (ct_str){0}; /* "org.apache" is nobody's group */
    ct_str built =
        FIRST(ct_java_group_in(m->bundle_symbolic_name, c->name), ct_java_group_in(m->automatic_module_name, c->name));
    if (m->group_id.n) {
        c->group = m->group_id;
        c->confidence = CT_CONFIDENCE_HIGH;
        c->source = CT_COMPONENT_MANIFEST;
        return;
    }
    c->group = FIRST(known, built, vendor);
    if (known.n || (built.n && ct_str_eq(built, vendor))) c->confidence = CT_CONFIDENCE_MEDIUM;
}

static ct_err emit_main(ct_java *j, struct ct_emitter *e, const struct project *p, ct_str sha1, ct_str sha256)
{
    struct ct_component c = {.ecosystem = CT_ECOSYSTEM_MAVEN, .sha1 = sha1, .sha256 = sha256};
    struct ct_buf record;
    ct_buf_init(&record, j->arena, CT_PACKAGES_RECORD_MAX);
    if (p) {
        guess(j, &c); /* for what the pom leaves out */
        bool complete = p->group.n && p->version.n;
        c.confidence = complete ? CT_CONFIDENCE_HIGH : c.confidence;
        c.source = p->properties ? CT_COMPONENT_POM_PROPERTIES : CT_COMPONENT_POM_XML;
        c.name = p->artifact;
        if (p->group.n) c.group = p->group;
        if (p->version.n) c.version = p->version;
        c.licence = p->licence;
        c.supplier = p->organisation;
        ct_buf_add(&record, p->folder);
        ct_buf_text(&record, p->properties ? "/pom.properties" : "/pom.xml");
    } else {
        if (!j->has_manifest && !j->file.archive) return CT_OK; /* any other zip */
        guess(j, &c);
        if (j->has_manifest) ct_buf_text(&record, "META-INF/MANIFEST.MF");
        if (c.name.n == 0) return CT_OK;
    }
    if (record.err) return record.err;
    c.record = ct_buf_view(&record);
    c.licence = FIRST(c.licence, j->manifest.bundle_license);
    c.supplier = FIRST(c.supplier, j->manifest.implementation_vendor, j->manifest.bundle_vendor);
    return ct_emitter_put(e, &c);
}

static bool same(const struct project *a, const struct project *b)
{
    return ct_str_eq(a->artifact, b->artifact) && ct_str_eq(a->version, b->version) && ct_str_eq(a->group, b->group);
}

/* Folders repeated in a shaded archive (WEB-INF/classes/META-INF/maven and META-INF/maven) are one component. */
static bool is_repeated(const ct_java *j, const struct project *p, const struct project *own)
{
    if (own && same(own, p)) return true;
    for (const struct project *q = j->first; q != p; q = q->next)
        if (same(q, p)) return true;
    return false;
}

static ct_err emit_bundled(ct_java *j, struct ct_emitter *e, const struct project *p)
{
    struct ct_buf record;
    ct_buf_init(&record, j->arena, CT_PACKAGES_RECORD_MAX);
    ct_buf_add(&record, p->folder);
    ct_buf_text(&record, p->properties ? "/pom.properties" : "/pom.xml");
    if (record.err) return record.err;
    struct ct_component c = {.ecosystem = CT_ECOSYSTEM_MAVEN,
                             .group = p->group,
                             .name = p->artifact,
                             .version = p->version,
                             .licence = p->licence,
                             .supplier = p->organisation,
                             .record = ct_buf_view(&record),
                             .source = p->properties ? CT_COMPONENT_POM_PROPERTIES : CT_COMPONENT_POM_XML,
                             .confidence = p->properties && p->group.n ? CT_CONFIDENCE_HIGH : CT_CONFIDENCE_MEDIUM};
    return ct_emitter_put(e, &c);
}

bool ct_java_any(const ct_java *j) { return j->first || j->has_manifest || j->file.archive; }

ct_err ct_java_components(ct_java *j, ct_str sha1, ct_str sha256, ct_packages_emit emit, void *ctx)
{
    struct ct_packages_in in = {.kind = CT_PACKAGES_POM_PROPERTIES, .path = j->path};
    struct ct_emitter e = {.arena = j->arena, .in = &in, .emit = emit, .ctx = ctx};
    const struct project *own = main_project(j);
    struct ct_arena_mark mark = ct_arena_mark(j->arena);
    CT_TRY(emit_main(j, &e, own, sha1, sha256));
    for (const struct project *p = j->first; p; p = p->next) {
        ct_arena_reset(j->arena, mark);
        if (p == own || p->artifact.n == 0 || p->version.n == 0 || is_repeated(j, p, own)) continue;
        CT_TRY(emit_bundled(j, &e, p));
    }
    ct_arena_reset(j->arena, mark);
    return e.first;
}
