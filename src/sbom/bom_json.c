/* CycloneDX and SPDX in JSON. Sources: the CycloneDX JSON schemas 1.2 to 1.6; SPDX 2.3, clauses 6 to 8. */
#include "base/limits.h"
#include "sbom/bom_reader.h"

#include <string.h>

static ct_err deliver(struct ct_bom_reader *r, const struct ct_bom_component *c)
{
    if (c->name.n == 0 && c->purl.n == 0) return ct_bom_refuse(r, CT_ERR_SYNTAX, c->offset, "a component without a name");
    r->about->components++;
    r->about->files += ct_bom_is_file(c);
    return ct_bom_is_file(c) ? CT_OK : r->sink->component(r->sink->ctx, c);
}

static ct_err add_place(struct ct_bom_reader *r, struct ct_bom_component *c, ct_str place)
{
    size_t n = c->n_places;
    if (place.n == 0) return CT_OK;
    if ((n & (n - 1)) == 0) { /* a power of two, or none: full */
        ct_str *grown = ct_arena_grow(r->arena, c->places, n * sizeof *grown, (n ? 2 * n : 1) * sizeof *grown);
        if (!grown) return ct_bom_refuse(r, CT_ERR_NOMEM, r->j.at, "out of memory");
        c->places = grown;
    }
    c->places[c->n_places++] = place;
    if (c->place.n == 0) c->place = place;
    return CT_OK;
}

/* evidence.occurrences[].location */
static ct_err evidence(struct ct_bom_reader *r, struct ct_bom_component *c)
{
    static const char *const names[] = {"occurrences"}, *const occurrence[] = {"location"};
    bool open, more = true;
    unsigned which, seen = 0;
    CT_TRY(ct_bom_open(r, CT_JSON_OBJECT, &open));
    while (open) {
        CT_TRY(ct_bom_key(r, names, 1, &seen, &which, &more));
        if (!more) break;
        bool list = false;
        if (which == 0) CT_TRY(ct_bom_open(r, CT_JSON_ARRAY, &list));
        else CT_TRY(ct_bom_skip(r));
        while (list) {
            unsigned seen_here = 0;
            ct_str place = {NULL, 0};
            CT_TRY(ct_bom_element(r, &list));
            while (list) {
                CT_TRY(ct_bom_key(r, occurrence, 1, &seen_here, &which, &more));
                if (!more) break;
                if (which == 0) CT_TRY(ct_bom_string(r, &place));
                else CT_TRY(ct_bom_skip(r));
            }
            CT_TRY(add_place(r, c, place));
        }
    }
    return CT_OK;
}

struct frame {
    struct ct_bom_component c;
    unsigned seen;
    bool in_list; /* its nested components are being read */
};

enum component_key { REF, TYPE, GROUP, NAME, VERSION, PURL, CPE, EVIDENCE, NESTED, COMPONENT_KEYS };

static ct_err component_value(struct ct_bom_reader *r, struct ct_bom_component *c, unsigned which)
{
    ct_str *const to[COMPONENT_KEYS] = {[TYPE] = &c->type, [GROUP] = &c->group, [NAME] = &c->name, [VERSION] = &c->version, [PURL] = &c->purl, [CPE] = &c->cpe};
    if (which == EVIDENCE) return evidence(r, c);
    return which < COMPONENT_KEYS && to[which] ? ct_bom_string(r, to[which]) : ct_bom_skip(r);
}

/* The open array of components, nested ones by a stack of their own. subject: not delivered itself, only what is nested in it. */
static ct_err components(struct ct_bom_reader *r, struct ct_bom_component *subject)
{
    static const char *const names[COMPONENT_KEYS] = {"bom-ref", "type", "group", "name", "version", "purl", "cpe", "evidence", "components"};
    struct frame stack[CT_BOM_NESTED_MAX];
    unsigned depth = 0, which;
    bool more;
    if (subject) stack[depth++] = (struct frame){.c = {.offset = r->j.at}};
    for (;;) {
        struct frame *top = depth ? &stack[depth - 1] : NULL;
        if (!top || top->in_list) {
            CT_TRY(ct_bom_element(r, &more));
            size_t at = r->j.at - 1;
            if (!more && !top) return CT_OK;
            if (!more) {
                top->in_list = false;
                continue;
            }
            if (depth == CT_BOM_NESTED_MAX) return ct_bom_refuse(r, CT_ERR_CAP, at, "components nested too deep");
            bool in_subject = subject && depth == 1;
            stack[depth] = (struct frame){.c = {.offset = at, .inside = top && !in_subject ? top->c.name : (ct_str){NULL, 0}}};
            depth++;
            continue;
        }
        CT_TRY(ct_bom_key(r, names, COMPONENT_KEYS, &top->seen, &which, &more));
        if (!more) {
            bool is_subject = subject && depth == 1;
            if (is_subject) *subject = top->c;
            else CT_TRY(deliver(r, &top->c));
            depth--;
            if (is_subject) return CT_OK;
        } else if (which == NESTED) {
            CT_TRY(ct_bom_open(r, CT_JSON_ARRAY, &top->in_list));
        } else {
            CT_TRY(component_value(r, &top->c, which));
        }
    }
}

static ct_err time_value(struct ct_bom_reader *r, ct_str *ret_time)
{
    size_t at = r->j.at;
    ct_str s = {NULL, 0};
    CT_TRY(ct_bom_string(r, &s));
    if (s.n && !ct_bom_is_time(s)) return ct_bom_refuse(r, CT_ERR_SYNTAX, at, "a time that is none");
    *ret_time = s;
    return CT_OK;
}

static ct_err metadata(struct ct_bom_reader *r)
{
    enum { TIMESTAMP, COMPONENT, N };
    static const char *const names[N] = {"timestamp", "component"};
    struct ct_bom_component subject = {.offset = 0};
    bool open, more, there;
    unsigned which, seen = 0;
    CT_TRY(ct_bom_open(r, CT_JSON_OBJECT, &open));
    while (open) {
        CT_TRY(ct_bom_key(r, names, N, &seen, &which, &more));
        if (!more) break;
        if (which == TIMESTAMP) CT_TRY(time_value(r, &r->about->created));
        else if (which != COMPONENT) CT_TRY(ct_bom_skip(r));
        else CT_TRY(ct_bom_open(r, CT_JSON_OBJECT, &there));
        if (which == COMPONENT && there) CT_TRY(components(r, &subject));
    }
    r->about->subject = subject.name;
    r->about->subject_version = subject.version;
    return CT_OK;
}

/* compositions: the least that any of them says of what it is about. */
static ct_err compositions(struct ct_bom_reader *r)
{
    static const char *const names[] = {"aggregate"};
    bool open, more;
    CT_TRY(ct_bom_open(r, CT_JSON_ARRAY, &open));
    while (open) {
        unsigned which, seen = 0;
        ct_str word = {NULL, 0};
        CT_TRY(ct_bom_element(r, &open));
        while (open) {
            CT_TRY(ct_bom_key(r, names, 1, &seen, &which, &more));
            if (!more) break;
            if (which == 0) CT_TRY(ct_bom_string(r, &word));
            else CT_TRY(ct_bom_skip(r));
        }
        if (word.n && (r->about->aggregate.n == 0 || ct_str_eq(r->about->aggregate, CT_STR("complete")))) r->about->aggregate = word;
    }
    return CT_OK;
}

/* Behind the value: nothing but blanks. */
static ct_err ends(struct ct_bom_reader *r)
{
    size_t at = ct_json_offset(&r->j);
    while (at < r->text.n && (r->text.p[at] == ' ' || r->text.p[at] == '\n' || r->text.p[at] == '\r' || r->text.p[at] == '\t')) at++;
    return at == r->text.n ? CT_OK : ct_bom_refuse(r, CT_ERR_SYNTAX, at, "something follows the bill");
}

ct_err ct_bom_cyclonedx_json(struct ct_bom_reader *r)
{
    enum { FORMAT, SPEC, SERIAL, METADATA, COMPONENTS, COMPOSITIONS, N };
    static const char *const names[N] = {"bomFormat", "specVersion", "serialNumber", "metadata", "components", "compositions"};
    ct_str format = {NULL, 0};
    bool open, more;
    unsigned which;
    size_t at = 0;
    CT_TRY(ct_bom_open(r, CT_JSON_OBJECT, &open));
    for (;;) {
        CT_TRY(ct_bom_key(r, names, N, &r->seen, &which, &more));
        if (!more) break;
        at = r->j.at;
        switch (which) {
        case FORMAT: CT_TRY(ct_bom_string(r, &format)); break;
        case SPEC: CT_TRY(ct_bom_string(r, &r->about->version)); break;
        case SERIAL: CT_TRY(ct_bom_string(r, &r->about->serial)); break;
        case METADATA: CT_TRY(metadata(r)); break;
        case COMPOSITIONS: CT_TRY(compositions(r)); break;
        case COMPONENTS:
            CT_TRY(ct_bom_open(r, CT_JSON_ARRAY, &open));
            if (open) CT_TRY(components(r, NULL));
            break;
        default: CT_TRY(ct_bom_skip(r));
        }
        if (which == FORMAT && !ct_str_eq(format, CT_STR("CycloneDX"))) return ct_bom_refuse(r, CT_ERR_UNSUPPORTED, at, "bomFormat is not CycloneDX");
        if (which == SPEC && !ct_str_starts(r->about->version, CT_STR("1."))) return ct_bom_refuse(r, CT_ERR_UNSUPPORTED, at, "a version of CycloneDX that is not read");
    }
    return ends(r);
}

static ct_err reference(struct ct_bom_reader *r, struct ct_bom_component *c)
{
    enum { TYPE_KEY, LOCATOR, N };
    static const char *const names[N] = {"referenceType", "referenceLocator"};
    ct_str v[N] = {{NULL, 0}, {NULL, 0}};
    bool more;
    unsigned which, seen = 0;
    for (;;) {
        CT_TRY(ct_bom_key(r, names, N, &seen, &which, &more));
        if (!more) break;
        if (which < N) CT_TRY(ct_bom_string(r, &v[which]));
        else CT_TRY(ct_bom_skip(r));
    }
    if (ct_str_eq(v[TYPE_KEY], CT_STR("purl")) && c->purl.n == 0) c->purl = v[LOCATOR];
    if (ct_str_eq(v[TYPE_KEY], CT_STR("cpe23Type")) && c->cpe.n == 0) c->cpe = v[LOCATOR];
    return CT_OK;
}

static ct_err package(struct ct_bom_reader *r)
{
    enum { PACKAGE_NAME, VERSION_INFO, PURPOSE, REFERENCES, SPDX_ID, N };
    static const char *const names[N] = {"name", "versionInfo", "primaryPackagePurpose", "externalRefs", "SPDXID"};
    struct ct_bom_component c = {.offset = r->j.at - 1};
    ct_str id = {NULL, 0};
    bool more, open;
    unsigned which, seen = 0;
    for (;;) {
        CT_TRY(ct_bom_key(r, names, N, &seen, &which, &more));
        if (!more) break;
        switch (which) {
        case PACKAGE_NAME: CT_TRY(ct_bom_string(r, &c.name)); break;
        case VERSION_INFO: CT_TRY(ct_bom_string(r, &c.version)); break;
        case PURPOSE: CT_TRY(ct_bom_string(r, &c.type)); break;
        case SPDX_ID: CT_TRY(ct_bom_string(r, &id)); break;
        case REFERENCES:
            CT_TRY(ct_bom_open(r, CT_JSON_ARRAY, &open));
            while (open) {
                CT_TRY(ct_bom_element(r, &open));
                if (open) CT_TRY(reference(r, &c));
            }
            break;
        default: CT_TRY(ct_bom_skip(r));
        }
    }
    /* The device or container itself, and whatever our own writer wrote about. */
    bool subject = c.purl.n == 0 && (ct_str_eq(c.type, CT_STR("DEVICE")) || ct_str_eq(c.type, CT_STR("CONTAINER")) || ct_str_eq(c.type, CT_STR("OPERATING-SYSTEM")) ||
                                     ct_str_eq(id, CT_STR("SPDXRef-Subject")));
    if (subject && r->about->subject.n == 0) r->about->subject = c.name;
    return subject ? CT_OK : deliver(r, &c);
}

static ct_err creation(struct ct_bom_reader *r)
{
    static const char *const names[] = {"created"};
    bool open, more;
    unsigned which, seen = 0;
    CT_TRY(ct_bom_open(r, CT_JSON_OBJECT, &open));
    while (open) {
        CT_TRY(ct_bom_key(r, names, 1, &seen, &which, &more));
        if (!more) break;
        if (which == 0) CT_TRY(time_value(r, &r->about->created));
        else CT_TRY(ct_bom_skip(r));
    }
    return CT_OK;
}

ct_err ct_bom_spdx_json(struct ct_bom_reader *r)
{
    enum { SPDX, DOCUMENT_NAME, NAMESPACE, CREATION, PACKAGES, N };
    static const char *const names[N] = {"spdxVersion", "name", "documentNamespace", "creationInfo", "packages"};
    ct_str name = {NULL, 0};
    bool open, more;
    unsigned which;
    CT_TRY(ct_bom_open(r, CT_JSON_OBJECT, &open));
    for (;;) {
        CT_TRY(ct_bom_key(r, names, N, &r->seen, &which, &more));
        if (!more) break;
        size_t at = r->j.at;
        switch (which) {
        case SPDX:
            CT_TRY(ct_bom_string(r, &r->about->version));
            if (!ct_str_starts(r->about->version, CT_STR("SPDX-2."))) return ct_bom_refuse(r, CT_ERR_UNSUPPORTED, at, "a version of SPDX that is not read: 2.2 and 2.3 are");
            break;
        case DOCUMENT_NAME: CT_TRY(ct_bom_string(r, &name)); break;
        case NAMESPACE: CT_TRY(ct_bom_string(r, &r->about->serial)); break;
        case CREATION: CT_TRY(creation(r)); break;
        case PACKAGES:
            CT_TRY(ct_bom_open(r, CT_JSON_ARRAY, &open));
            while (open) {
                CT_TRY(ct_bom_element(r, &open));
                if (open) CT_TRY(package(r));
            }
            break;
        default: CT_TRY(ct_bom_skip(r));
        }
    }
    if (r->about->subject.n == 0) r->about->subject = name;
    return ends(r);
}
