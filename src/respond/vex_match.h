/* Which components what is said (VEX) is about, and what of it counts.
 *
 * A statement is about the part it names (a purl), else about the product (a purl): the same type, namespace and name, qualifiers that the statement
 * gives, and the version that it gives: in the purl, or beside it as one version or a range of the ecosystem. Without a version it is about every one,
 * and makes none safer. A version in words beside a purl is about nothing: nobody here guesses. Products without a purl are about nothing, unless a person
 * gave the document to an asset.
 */
#ifndef CT_RESPOND_VEX_MATCH_H
#define CT_RESPOND_VEX_MATCH_H

#include "sbom/purl.h"
#include "store/look.h"
#include "store/vex_row.h"

/* "pkg:maven/g/a" of a purl's canonical spelling; empty where it is none. Lives in arena. */
CT_MUST_USE ct_err ct_vex_key(ct_arena *arena, ct_str purl, ct_str *ret_key);
/* A statement that just came against all components; *ret_about, how many it is about. */
CT_MUST_USE ct_err ct_vex_match_statement(ct_db *db, ct_arena *arena, const struct ct_vex_row *r, uint64_t *ret_about);
/* A component that just came against all statements. */
CT_MUST_USE ct_err ct_vex_match_component(ct_db *db, ct_arena *arena, const struct ct_component_row *c);

#endif
