/* A JSON text as a run of values with their paths: keys joined by dots, lists adding nothing ("caltrop.notes.text"). For texts of which
 * a few values are wanted. Paths over 120 bytes are cut and match nothing of ours. */
#ifndef CT_SCAN_JSON_PATHS_H
#define CT_SCAN_JSON_PATHS_H

#include "text/json_in.h"

/* Called for each scalar, and for the opening and closing of each object with the object's own path. An error stops. */
typedef ct_err ct_json_path_fn(void *ctx, const char *path, const struct ct_json_token *t);
CT_MUST_USE ct_err ct_json_paths(ct_str text, ct_json_path_fn *fn, void *ctx);
/* The token's text, unescaped, in the arena. */
CT_MUST_USE ct_err ct_json_token_text(ct_arena *arena, const struct ct_json_token *t, ct_str *ret_text);

#endif
