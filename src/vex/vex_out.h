/* What is known of findings, written as OpenVEX 0.2.0 or CycloneDX 1.6 (VEX). docs/respond.md says which state becomes which status.
 *
 * Products are assets, parts the components in them. Statements come in the order of the list; the document's id follows from its content. Output goes to
 * the sink piece by piece; names from outside are escaped by text/json_out.h.
 */
#ifndef CT_VEX_VEX_OUT_H
#define CT_VEX_VEX_OUT_H

#include "sbom/sbom.h"
#include "vex/statement.h"

struct ct_vex_known {
    ct_str asset;             /* "web-1 (production)" */
    ct_str purl, name, version; /* purl empty: name says what it is */
    ct_str vulnerability;
    const ct_str *aliases;
    size_t n_aliases;
    enum ct_vex_status status; /* never UNKNOWN */
    ct_str state;             /* "fixed_on_disk", as the store has it */
    ct_str justification;     /* OpenVEX's word; of not_affected */
    ct_str text;              /* impact of not_affected; the reason otherwise */
    ct_str action;            /* of affected */
    ct_str since;             /* RFC 3339 */
};

enum ct_vex_out { CT_VEX_OUT_OPENVEX, CT_VEX_OUT_CYCLONEDX };
bool ct_vex_out_named(ct_str name, enum ct_vex_out *ret_format); /* "openvex", "cyclonedx", in any case */
/* created: RFC 3339. list: sorted by vulnerability and asset. */
CT_MUST_USE ct_err ct_vex_write(ct_arena *arena, enum ct_vex_out format, ct_str author, ct_str created, const struct ct_vex_known *list, size_t n, struct ct_sbom_sink sink);

#endif
