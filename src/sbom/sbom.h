/* Bills of materials: components written as CycloneDX 1.6 JSON or SPDX 2.3 JSON.
 *
 * Components of equal identity (purl or parts, and hashes) become one with several places. The order, the identifiers and the
 * serial number follow from the content alone: two scans that found the same write the same bytes, but for `created`. Output
 * goes to the sink piece by piece; besides the caller's list only one pointer per component is held. Attacker bytes are escaped
 * by text/json_out.h: no live
 * "${" comes out. docs/sbom.md says which field holds what.
 *
 * Weak side: dependency graphs are not written, since installed software does not say what pulled it in.
 */
#ifndef CT_SBOM_SBOM_H
#define CT_SBOM_SBOM_H

#include "sbom/component.h"

enum ct_sbom_format { CT_SBOM_CYCLONEDX, CT_SBOM_SPDX };
enum ct_sbom_subject_kind { CT_SBOM_HOST, CT_SBOM_IMAGE, CT_SBOM_FILES, CT_SBOM_ASSET /* an application, or all that there is */ };

/* What the bill is about. */
struct ct_sbom_subject {
    enum ct_sbom_subject_kind kind;
    ct_str name;                       /* host name, image reference, root folder */
    ct_str id;                         /* machine id, image digest "sha256:..." */
    ct_str os_id, os_version, os_name; /* ID, VERSION_ID, PRETTY_NAME of os-release */
    ct_str created;                    /* "2021-12-10T13:00:00Z", from the caller's clock */
    bool complete;                     /* the scan reached all that it was asked to */
};

struct ct_sbom_sink {
    ct_err (*write)(void *ctx, ct_str bytes);
    void *ctx;
};

/* "cyclonedx" or "spdx", in any case; false for the rest. */
bool ct_sbom_format_named(ct_str name, enum ct_sbom_format *ret_format);
/* By the file's ending: .spdx.json and .spdx are SPDX, .cdx.json, .bom.json, bom.json and every other .json CycloneDX; false
 * for the rest. */
bool ct_sbom_format_of(ct_str file, enum ct_sbom_format *ret_format);

/* components: n of them, in any order. */
CT_MUST_USE ct_err ct_sbom_write(ct_arena *arena, enum ct_sbom_format format, const struct ct_sbom_subject *subject,
                                 const struct ct_component *components, size_t n, struct ct_sbom_sink sink);

#endif
