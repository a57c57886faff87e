/* SPDX 2.3, JSON. Source: the specification, clauses 6, 7 and 11, and its JSON schema. */
#include "sbom/licence.h"
#include "sbom/sbom_out.h"

static void reference(struct ct_json_out *j, const char *key, const char *prefix, const char *id)
{
    char text[64];
    size_t n = 0;
    for (const char *p = prefix; *p && n < sizeof text - 1; p++) text[n++] = *p;
    for (const char *p = id; *p && n < sizeof text - 1; p++) text[n++] = *p;
    ct_json_kv(j, key, (ct_str){(const unsigned char *)text, n});
}

static void creation(struct ct_json_out *j, const struct ct_sbom_subject *s)
{
    ct_json_key(j, "creationInfo");
    ct_json_object(j);
    ct_json_kv(j, "created", s->created.n ? s->created : CT_STR("1970-01-01T00:00:00Z"));
    ct_json_key(j, "creators");
    ct_json_array(j);
    ct_json_str(j, CT_STR("Tool: caltrop-" CT_VERSION));
    ct_json_array_end(j);
    if (!s->complete) ct_json_kz(j, "comment", "The scan was not complete: packages may be missing.");
    ct_json_object_end(j);
}

/* What every package must say about what nobody looked into. */
static void unasserted(struct ct_json_out *j)
{
    ct_json_kz(j, "downloadLocation", "NOASSERTION");
    ct_json_key(j, "filesAnalyzed");
    ct_json_bool(j, false);
    ct_json_kz(j, "licenseConcluded", "NOASSERTION");
    ct_json_kz(j, "copyrightText", "NOASSERTION");
}

static void subject(struct ct_json_out *j, const struct ct_sbom_subject *s)
{
    ct_json_object(j);
    ct_json_kz(j, "SPDXID", "SPDXRef-Subject");
    ct_json_kv(j, "name", s->name.n ? s->name : CT_STR("unnamed"));
    if (s->id.n) ct_json_kv(j, "versionInfo", s->id);
    ct_json_kz(j, "primaryPackagePurpose",
               s->kind == CT_SBOM_HOST    ? "DEVICE"
               : s->kind == CT_SBOM_IMAGE ? "CONTAINER"
                                          : "OTHER");
    if (s->os_name.n) ct_json_kv(j, "summary", s->os_name);
    ct_json_kz(j, "licenseDeclared", "NOASSERTION");
    unasserted(j);
    ct_json_object_end(j);
}

static void checksum(struct ct_json_out *j, const char *algorithm, ct_str value, size_t digits)
{
    if (!ct_sbom_is_hash(value, digits)) return;
    ct_json_object(j);
    ct_json_kz(j, "algorithm", algorithm);
    ct_json_kv(j, "checksumValue", value);
    ct_json_object_end(j);
}

static void external(struct ct_json_out *j, const char *category, const char *type, ct_str locator)
{
    ct_json_object(j);
    ct_json_kz(j, "referenceCategory", category);
    ct_json_kz(j, "referenceType", type);
    ct_json_kv(j, "referenceLocator", locator);
    ct_json_object_end(j);
}

static void licence(struct ct_json_out *j, ct_str text)
{
    ct_str id;
    enum ct_licence_kind kind = ct_licence_of(text, &id);
    bool known = kind == CT_LICENCE_ID || kind == CT_LICENCE_EXPRESSION;
    ct_json_kv(j, "licenseDeclared", known ? id : CT_STR("NOASSERTION"));
    if (kind == CT_LICENCE_WORDS) ct_json_kv(j, "licenseComments", id);
}

/* "package database: /var/lib/dpkg/status"; several places on a line each. */
static ct_err places(struct ct_sbom_out *o, size_t from, size_t to)
{
    struct ct_buf b = o->places;
    ct_str text;
    b.n = 0;
    for (size_t i = from; i < to; i++) {
        const struct ct_component *c = o->sorted[i];
        if (i > from && ct_str_eq(c->path, o->sorted[i - 1]->path) && ct_str_eq(c->record, o->sorted[i - 1]->record)) continue;
        size_t n = c->path.n + c->record.n + 64;
        if (n > b.max - b.n) { /* the rest are counted: one text cannot grow without end */
            ct_buf_printf(&b, "\nand %zu more", to - i);
            break;
        }
        if (b.n) ct_buf_byte(&b, '\n');
        ct_buf_text(&b, ct_component_source_name(c->source));
        ct_buf_text(&b, ": ");
        ct_buf_add(&b, c->path);
        if (c->record.n) ct_buf_text(&b, " in it: ");
        ct_buf_add(&b, c->record);
    }
    CT_TRY(ct_buf_str(&b, &text));
    o->places = b;
    ct_json_kv(&o->json, "sourceInfo", text);
    return CT_OK;
}

/* Whether a maintainer is a person or an organisation no record says; the field asks for one of them. */
static ct_err supplier(struct ct_sbom_out *o, ct_str name)
{
    name = ct_str_trim(name);
    if (name.n == 0) return CT_OK;
    struct ct_buf b = o->places;
    ct_str text;
    b.n = 0;
    ct_buf_text(&b, "Organization: ");
    for (size_t i = 0; i < name.n && i < 256; i++)
        ct_buf_byte(&b, name.p[i] < ' ' ? ' ' : name.p[i]); /* one line, or it is none */
    CT_TRY(ct_buf_str(&b, &text));
    o->places = b;
    ct_json_kv(&o->json, "supplier", text);
    return CT_OK;
}

static ct_err package(struct ct_sbom_out *o, size_t from, size_t to)
{
    struct ct_json_out *j = &o->json;
    const struct ct_component *c = o->sorted[from];
    char id[CT_SBOM_ID + 1];
    ct_sbom_id(c, id);
    ct_json_object(j);
    reference(j, "SPDXID", "SPDXRef-Package-", id);
    ct_json_kv(j, "name", c->name);
    if (c->version.n) ct_json_kv(j, "versionInfo", c->version);
    CT_TRY(supplier(o, c->supplier));
    unasserted(j);
    licence(j, c->licence);
    if (ct_sbom_is_hash(c->sha1, 40) || ct_sbom_is_hash(c->sha256, 64)) {
        ct_json_key(j, "checksums");
        ct_json_array(j);
        checksum(j, "SHA1", c->sha1, 40);
        checksum(j, "SHA256", c->sha256, 64);
        ct_json_array_end(j);
    }
    if (c->purl.n || ct_sbom_is_cpe(c->cpe)) {
        ct_json_key(j, "externalRefs");
        ct_json_array(j);
        if (c->purl.n) external(j, "PACKAGE-MANAGER", "purl", c->purl);
        if (ct_sbom_is_cpe(c->cpe)) external(j, "SECURITY", "cpe23Type", c->cpe);
        ct_json_array_end(j);
    }
    CT_TRY(places(o, from, to));
    ct_json_object_end(j);
    return ct_sbom_flush(o, false);
}

static ct_err relationships(struct ct_sbom_out *o)
{
    struct ct_json_out *j = &o->json;
    char id[CT_SBOM_ID + 1];
    ct_json_key(j, "relationships");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kz(j, "spdxElementId", "SPDXRef-DOCUMENT");
    ct_json_kz(j, "relationshipType", "DESCRIBES");
    ct_json_kz(j, "relatedSpdxElement", "SPDXRef-Subject");
    ct_json_object_end(j);
    for (size_t i = 0; i < o->n; i = ct_sbom_group(o, i)) {
        ct_sbom_id(o->sorted[i], id);
        ct_json_object(j);
        ct_json_kz(j, "spdxElementId", "SPDXRef-Subject");
        ct_json_kz(j, "relationshipType", "CONTAINS");
        reference(j, "relatedSpdxElement", "SPDXRef-Package-", id);
        ct_json_object_end(j);
        CT_TRY(ct_sbom_flush(o, false));
    }
    ct_json_array_end(j);
    return o->buf.err;
}

ct_err ct_spdx_write(struct ct_sbom_out *o)
{
    struct ct_json_out *j = &o->json;
    ct_json_object(j);
    ct_json_kz(j, "spdxVersion", "SPDX-2.3");
    ct_json_kz(j, "dataLicense", "CC0-1.0");
    ct_json_kz(j, "SPDXID", "SPDXRef-DOCUMENT");
    ct_json_kv(j, "name", o->subject->name.n ? o->subject->name : CT_STR("unnamed"));
    reference(j, "documentNamespace", "urn:uuid:", o->serial);
    creation(j, o->subject);
    ct_json_key(j, "packages");
    ct_json_array(j);
    subject(j, o->subject);
    for (size_t i = 0, end; i < o->n; i = end) {
        end = ct_sbom_group(o, i);
        CT_TRY(package(o, i, end));
    }
    ct_json_array_end(j);
    CT_TRY(relationships(o));
    ct_json_object_end(j);
    return o->buf.err;
}
