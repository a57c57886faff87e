/* From what a report or a bill of materials says to the component in the store, and from there to the question that advisories answer.
 *
 * A purl comes in its canonical spelling; what has none gets pkg:generic/NAME@VERSION. Distributions' packages are asked for by their source
 * package and release, as their advisories name them. Weak side: a purl that does not parse is kept as it stands, and no advisory finds it.
 */
#ifndef CT_RESPOND_COMPONENT_ID_H
#define CT_RESPOND_COMPONENT_ID_H

#include "advisory/advisory.h"
#include "store/look.h"

/* Text lives in arena, or is borrowed. why may be null; it says what is wrong with a purl that is kept as it stands. */
CT_MUST_USE ct_err ct_component_identify(ct_arena *arena, ct_str purl, ct_str name, ct_str version, struct ct_component_row *ret_component, struct ct_fault *why);
/* CT_ERR_NOT_FOUND: no advisory can be about it. */
CT_MUST_USE ct_err ct_component_question(ct_arena *arena, const struct ct_component_row *c, struct ct_advisory_query *ret_query);

#endif
