/* The search over decodings without any shortcut: every decoder on every form, no prefilter, no cap on forms but a large one.
 * Slow, and simple enough to be believed. */
#ifndef CT_TESTS_REFERENCE_H
#define CT_TESTS_REFERENCE_H

#include "base/limits.h"
#include "base/arena.h"

/* Does `wanted` stand in text, or in some form of it at most `layers` decodings away? At most `forms_max` forms are looked at. */
bool reference_holds(ct_arena *arena, ct_str text, ct_str wanted, unsigned layers, size_t forms_max);

bool reference_has_lookup(ct_arena *arena, ct_str text, unsigned layers, size_t forms_max); /* holds "${" */

#endif
