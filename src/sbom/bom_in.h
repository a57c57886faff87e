/* Bills of materials, read: CycloneDX JSON and XML 1.2 to 1.6, SPDX 2.2 and 2.3 JSON. One pass, no tree.
 *
 *   ct_bom_read(arena, text, &sink, &about, fault)
 *
 * Every component is delivered, nested ones too, each in the bill's own words: whether its purl is one is the caller's to say. Files, data and the
 * subject itself (metadata.component; what an SPDX document describes, where it is no package) are counted apart, not delivered.
 *
 * Refuses, with offset and line: what is no such bill, what the JSON and XML readers refuse, a wanted key given twice, a time that is none, other
 * encodings than UTF-8, XML with a document type (nothing expands), a component without a name. Then components given before are to be thrown away.
 * Texts come from outside and may hold any byte. Weak side: dependency graphs, hashes and licences are not read; in XML the first place of each component alone.
 */
#ifndef CT_SBOM_BOM_IN_H
#define CT_SBOM_BOM_IN_H

#include "base/arena.h"
#include "base/fault.h"

enum ct_bom_format { CT_BOM_CYCLONEDX_JSON, CT_BOM_CYCLONEDX_XML, CT_BOM_SPDX_JSON };

struct ct_bom_component {
    ct_str purl, group, name, version, cpe, type; /* empty: not said */
    ct_str place;            /* where it was found, when the bill says so (evidence, occurrences: the first) */
    ct_str *places;          /* all of them, the first too; in JSON alone */
    size_t n_places;
    ct_str inside;           /* the name of the component it is nested in; empty: at the top */
    uint64_t offset;
};

struct ct_bom_about {
    enum ct_bom_format format;
    ct_str version;          /* "1.5", "SPDX-2.3" */
    ct_str serial;           /* serialNumber, documentNamespace */
    ct_str subject;          /* name of what it is about; empty: not said */
    ct_str subject_version;
    ct_str created;          /* RFC 3339, as written */
    ct_str aggregate;        /* of the subject, or of all: "complete", "incomplete", ...; empty: not said */
    uint64_t components, files;
};

struct ct_bom_sink {
    /* c lives during the call, but for texts without escapes, which borrow from the bill. An error ends the reading and comes back. */
    ct_err (*component)(void *ctx, const struct ct_bom_component *c);
    void *ctx;
};

/* Texts of *ret_about borrow from text, or live in arena. */
CT_MUST_USE ct_err ct_bom_read(ct_arena *arena, ct_str text, const struct ct_bom_sink *sink, struct ct_bom_about *ret_about, struct ct_fault *fault);
const char *ct_bom_format_name(enum ct_bom_format f);

#endif
