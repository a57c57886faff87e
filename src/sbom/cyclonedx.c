/* CycloneDX 1.6, JSON. Source: the specification's JSON schema. */
#include "sbom/licence.h"
#include "sbom/sbom_out.h"

static void property(struct ct_json_out *j, const char *name, ct_str value)
{
    if (value.n == 0) return;
    ct_json_object(j);
    ct_json_kz(j, "name", name);
    ct_json_kv(j, "value", value);
    ct_json_object_end(j);
}

static void tool(struct ct_json_out *j)
{
    ct_json_key(j, "tools");
    ct_json_object(j);
    ct_json_key(j, "components");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kz(j, "type", "application");
    ct_json_kz(j, "name", "caltrop");
    ct_json_kz(j, "version", CT_VERSION);
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_object_end(j);
}

static void metadata(struct ct_json_out *j, const struct ct_sbom_subject *s)
{
    ct_json_key(j, "metadata");
    ct_json_object(j);
    if (s->created.n) ct_json_kv(j, "timestamp", s->created);
    tool(j);
    ct_json_key(j, "component");
    ct_json_object(j);
    ct_json_kz(j, "type", s->kind == CT_SBOM_HOST ? "device" : s->kind == CT_SBOM_IMAGE ? "container" : s->kind == CT_SBOM_ASSET ? "application" : "file");
    ct_json_kz(j, "bom-ref", "subject");
    ct_json_kv(j, "name", s->name.n ? s->name : CT_STR("unnamed"));
    if (s->kind == CT_SBOM_IMAGE && s->id.n && s->id.n <= CT_VERSION_MAX) ct_json_kv(j, "version", s->id);
    if (s->kind == CT_SBOM_HOST && s->id.n) {
        ct_json_key(j, "properties");
        ct_json_array(j);
        property(j, "caltrop:machine-id", s->id);
        ct_json_array_end(j);
    }
    ct_json_object_end(j);
    ct_json_key(j, "properties");
    ct_json_array(j);
    property(j, "caltrop:scan:complete", s->complete ? CT_STR("true") : CT_STR("false"));
    ct_json_array_end(j);
    ct_json_object_end(j);
}

static void operating_system(struct ct_json_out *j, const struct ct_sbom_subject *s)
{
    if (s->os_id.n == 0) return;
    ct_json_object(j);
    ct_json_kz(j, "type", "operating-system");
    ct_json_kz(j, "bom-ref", "operating-system");
    ct_json_kv(j, "name", s->os_id);
    if (s->os_version.n && s->os_version.n <= CT_VERSION_MAX) ct_json_kv(j, "version", s->os_version);
    if (s->os_name.n) ct_json_kv(j, "description", s->os_name);
    ct_json_object_end(j);
}

static void hash(struct ct_json_out *j, const char *algorithm, ct_str value, size_t digits)
{
    if (!ct_sbom_is_hash(value, digits)) return;
    ct_json_object(j);
    ct_json_kz(j, "alg", algorithm);
    ct_json_kv(j, "content", value);
    ct_json_object_end(j);
}

static void licences(struct ct_json_out *j, ct_str text)
{
    ct_str id;
    enum ct_licence_kind kind = ct_licence_of(text, &id);
    if (kind == CT_LICENCE_NONE) return;
    ct_json_key(j, "licenses");
    ct_json_array(j);
    ct_json_object(j);
    if (kind == CT_LICENCE_EXPRESSION) {
        ct_json_kv(j, "expression", id);
    } else {
        ct_json_key(j, "license");
        ct_json_object(j);
        ct_json_kv(j, kind == CT_LICENCE_ID ? "id" : "name", id);
        ct_json_object_end(j);
    }
    ct_json_object_end(j);
    ct_json_array_end(j);
}

static const char *technique_of(enum ct_component_source s)
{
    if (s == CT_COMPONENT_FILE_NAME) return "filename";
    return s == CT_COMPONENT_CLASSES || s == CT_COMPONENT_BUILD_INFO ? "binary-analysis" : "manifest-analysis";
}

static double number_of(enum ct_confidence c) { return c == CT_CONFIDENCE_HIGH ? 1 : c == CT_CONFIDENCE_MEDIUM ? 0.6 : 0.3; }

static ct_err evidence(struct ct_sbom_out *o, size_t from, size_t to)
{
    struct ct_json_out *j = &o->json;
    const struct ct_component *c = o->sorted[from];
    ct_json_key(j, "evidence");
    ct_json_object(j);
    ct_json_key(j, "identity");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kz(j, "field", c->purl.n ? "purl" : "name");
    ct_json_key(j, "confidence");
    ct_json_f64(j, number_of(c->confidence));
    ct_json_key(j, "methods");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kz(j, "technique", technique_of(c->source));
    ct_json_key(j, "confidence");
    ct_json_f64(j, number_of(c->confidence));
    ct_json_kz(j, "value", ct_component_source_name(c->source));
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_key(j, "occurrences");
    ct_json_array(j);
    for (size_t i = from; i < to; i++) {
        if (i > from && ct_str_eq(o->sorted[i]->path, o->sorted[i - 1]->path) &&
            ct_str_eq(o->sorted[i]->record, o->sorted[i - 1]->record))
            continue;
        ct_json_object(j);
        ct_json_kv(j, "location", o->sorted[i]->path.n ? o->sorted[i]->path : CT_STR("unknown"));
        if (o->sorted[i]->record.n) ct_json_kv(j, "additionalContext", o->sorted[i]->record);
        ct_json_object_end(j);
        CT_TRY(ct_sbom_flush(o, false));
    }
    ct_json_array_end(j);
    ct_json_object_end(j);
    return CT_OK;
}

static ct_err component(struct ct_sbom_out *o, size_t from, size_t to)
{
    struct ct_json_out *j = &o->json;
    const struct ct_component *c = o->sorted[from];
    char id[CT_SBOM_ID + 1];
    ct_sbom_id(c, id);
    ct_json_object(j);
    ct_json_kz(j, "type", "library");
    ct_json_kz(j, "bom-ref", id);
    if (c->supplier.n) {
        ct_json_key(j, "supplier");
        ct_json_object(j);
        ct_json_kv(j, "name", c->supplier);
        ct_json_object_end(j);
    }
    if (c->group.n) ct_json_kv(j, "group", c->group);
    ct_json_kv(j, "name", c->name);
    /* The schema allows 1024 characters, and a byte may take four; what is longer is no version. */
    if (c->version.n && c->version.n <= CT_VERSION_MAX) ct_json_kv(j, "version", c->version);
    if (ct_sbom_is_hash(c->sha1, 40) || ct_sbom_is_hash(c->sha256, 64)) {
        ct_json_key(j, "hashes");
        ct_json_array(j);
        hash(j, "SHA-1", c->sha1, 40);
        hash(j, "SHA-256", c->sha256, 64);
        ct_json_array_end(j);
    }
    licences(j, c->licence);
    if (ct_sbom_is_cpe(c->cpe)) ct_json_kv(j, "cpe", c->cpe);
    if (c->purl.n) ct_json_kv(j, "purl", c->purl);
    ct_json_key(j, "properties");
    ct_json_array(j);
    property(j, "caltrop:confidence", ct_str_from(ct_confidence_name(c->confidence)));
    property(j, "caltrop:ecosystem", ct_ecosystem_name(c->ecosystem));
    property(j, "caltrop:arch", c->arch);
    property(j, "caltrop:source-package", c->origin);
    property(j, "caltrop:source-version", c->origin_version);
    ct_json_array_end(j);
    CT_TRY(evidence(o, from, to));
    ct_json_object_end(j);
    return ct_sbom_flush(o, false);
}

ct_err ct_cyclonedx_write(struct ct_sbom_out *o)
{
    struct ct_json_out *j = &o->json;
    ct_json_object(j);
    ct_json_kz(j, "bomFormat", "CycloneDX");
    ct_json_kz(j, "specVersion", "1.6");
    ct_json_key(j, "serialNumber");
    char urn[64] = "urn:uuid:";
    for (size_t i = 0; i < sizeof o->serial; i++) urn[9 + i] = o->serial[i];
    ct_json_str(j, ct_str_from(urn));
    ct_json_ku(j, "version", 1);
    metadata(j, o->subject);
    ct_json_key(j, "components");
    ct_json_array(j);
    operating_system(j, o->subject);
    for (size_t i = 0, end; i < o->n; i = end) {
        end = ct_sbom_group(o, i);
        CT_TRY(component(o, i, end));
    }
    ct_json_array_end(j);
    /* What a complete scan found may still not be all there is: that is unknown, not complete. */
    ct_json_key(j, "compositions");
    ct_json_array(j);
    ct_json_object(j);
    ct_json_kz(j, "aggregate", o->subject->complete ? "unknown" : "incomplete");
    ct_json_key(j, "assemblies");
    ct_json_array(j);
    ct_json_str(j, CT_STR("subject"));
    ct_json_array_end(j);
    ct_json_object_end(j);
    ct_json_array_end(j);
    ct_json_object_end(j);
    return o->buf.err;
}
