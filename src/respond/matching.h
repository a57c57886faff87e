/* What advisories say of components, kept per distinct component: once when a component is first seen, once when an advisory comes.
 *
 * affected, under_investigation where the version cannot be decided, and not_affected where a record speaks of the package and not of this version
 * (not for distributions' packages, whose records each speak of one release). The caller holds the transaction.
 */
#ifndef CT_RESPOND_MATCHING_H
#define CT_RESPOND_MATCHING_H

#include "advisory/advisory.h"
#include "store/finding_row.h"

/* A record as the store keeps it into memory: an OSV record, or a local one (respond/advisory_import.h). */
CT_MUST_USE ct_err ct_record_load(ct_advisories *db, ct_str source, ct_str record, struct ct_fault *fault);
CT_MUST_USE ct_err ct_match_component(ct_db *db, ct_arena *arena, const struct ct_component_row *c);
/* known: the row's record alone, in memory. */
CT_MUST_USE ct_err ct_match_advisory(ct_db *db, ct_arena *arena, const struct ct_advisory_row *row, const ct_advisories *known);

#endif
