/* JSON pull reader over bytes in memory: no tree, no allocation, no recursion.
 *
 *   struct ct_json_in j;
 *   struct ct_json_token t;
 *   ct_json_open(&j, line);
 *   while ((err = ct_json_next(&j, &t)) == CT_OK) ...       CT_ERR_END after the whole value
 *
 * Refuses what RFC 8259 refuses, and nesting past CT_JSON_DEPTH_MAX (CT_ERR_CAP). CT_ERR_TRUNCATED when the text ends
 * inside the value, as a line cut by a logger does; the tokens before the cut were delivered. Duplicate keys are
 * delivered as they stand. Invalid UTF-8 inside strings is delivered, since logs hold it.
 */
#ifndef CT_TEXT_JSON_IN_H
#define CT_TEXT_JSON_IN_H

#include "base/buf.h"
#include "base/limits.h"

enum ct_json_kind {
    CT_JSON_OBJECT, CT_JSON_OBJECT_END, CT_JSON_ARRAY, CT_JSON_ARRAY_END,
    CT_JSON_KEY,    /* text: between the quotes, still escaped */
    CT_JSON_STRING, /* text: between the quotes, still escaped */
    CT_JSON_NUMBER, /* text: as written */
    CT_JSON_TRUE, CT_JSON_FALSE, CT_JSON_NULL,
};

struct ct_json_token {
    enum ct_json_kind kind;
    ct_str text;      /* borrows from the input */
    bool escaped;     /* text holds a backslash: ct_json_unescape it before comparing */
    size_t offset;    /* of the token in the input */
    unsigned depth;   /* containers open around the token; an opening and a closing token count their own */
};

struct ct_json_in {
    ct_str in;
    size_t at;
    unsigned depth;
    unsigned state;
    bool is_object[CT_JSON_DEPTH_MAX + 1];
};

void ct_json_open(struct ct_json_in *j, ct_str in);
CT_MUST_USE ct_err ct_json_next(struct ct_json_in *j, struct ct_json_token *ret_token);
/* After an OBJECT or ARRAY token: moves past its end. */
CT_MUST_USE ct_err ct_json_skip(struct ct_json_in *j);
/* The string's real bytes (\uHHHH as UTF-8, lone surrogates as U+FFFD). */
void ct_json_unescape(struct ct_buf *out, ct_str text);
/* Where the reader stands: bytes consumed. After CT_ERR_END, what follows the value starts here; after a failure, the
 * token that is malformed or cut. */
static inline size_t ct_json_offset(const struct ct_json_in *j) { return j->at; }

#endif
