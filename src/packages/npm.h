/* What the readers of npm's two kinds of file share. */
#ifndef CT_PACKAGES_NPM_H
#define CT_PACKAGES_NPM_H

#include "packages/emit.h"
#include "text/json_in.h"

/* The bytes of a string token; over CT_PACKAGES_TEXT_MAX they stay escaped, which no identity survives. */
CT_MUST_USE ct_err ct_json_plain(ct_arena *arena, const struct ct_json_token *t, ct_str *ret_text);
/* "@scope/name" becomes group and name. */
void ct_npm_split(struct ct_component *c);

#endif
