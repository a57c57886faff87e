/* The four bytes with which every spelling of "${" starts that is not base64. */
#ifndef CT_DETECT_LEAD_H
#define CT_DETECT_LEAD_H

#include "base/str.h"

static inline bool ct_is_lead(unsigned char c) { return c == '$' || c == '%' || c == '&' || c == '\\'; }

/* A lead stands at block[at], with text of interest from block[from] on: can it start a lookup, or an escape of a byte that takes
 * part in one after any further decoding? May say yes too often, never no. */
bool ct_lead_matters(ct_str block, size_t from, size_t at);

#endif
