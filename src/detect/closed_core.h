/* The part of a text that its lookups are in, where that is sure: what stands around it opens and closes nothing, so it asks for the same
 * names in every text. Saves evaluating again the forms that differ around it.
 */
#ifndef CT_DETECT_CLOSED_CORE_H
#define CT_DETECT_CLOSED_CORE_H

#include "base/str.h"

struct ct_closed_core {
    ct_str text; /* empty: none is sure */
    size_t at;   /* where it stood */
    bool plain;  /* no decoding changes it */
};

/* From the first "${" to the brace that closes the last, where all are closed and no other '$' stands in the text. Of a text without
 * escapes, which has few other forms, none. Not for a text with lookups of the text itself. mail: as in struct ct_judge_opts. */
struct ct_closed_core ct_closed_core(ct_str text, bool mail);

/* Where it stands in text and nothing else of its kind, or CT_STR_NONE. */
size_t ct_closed_core_find(const struct ct_closed_core *core, ct_str text);

/* Stands at `at` in text: can no decoding of the whole bring another lookup? May say no too often. */
bool ct_closed_core_is_all(const struct ct_closed_core *core, ct_str text, size_t at, bool mail);

#endif
