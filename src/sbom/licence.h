/* Whether a declared licence is one that SPDX knows by id, an expression of such ids, or just words. Only the common ids are
 * known here; an unknown one counts as words, which both formats can carry without a claim. */
#ifndef CT_SBOM_LICENCE_H
#define CT_SBOM_LICENCE_H

#include "base/str.h"

enum ct_licence_kind { CT_LICENCE_NONE, CT_LICENCE_ID, CT_LICENCE_EXPRESSION, CT_LICENCE_WORDS };

/* ret_id: for ID the id as SPDX spells it, else the text without blanks around it. Ids match in any case; expressions must be
 * spelt exactly, with AND, OR, WITH and parentheses. */
enum ct_licence_kind ct_licence_of(ct_str text, ct_str *ret_id);

#endif
