/* YAML pull reader over bytes in memory: libyaml's events as tokens like those of text/json_in.h.
 *
 *   struct ct_yaml_in *y;
 *   struct ct_yaml_token t;
 *   ct_yaml_open(text, &y);
 *   while ((e = ct_yaml_next(y, &t, fault)) == CT_OK) ...       CT_ERR_END after the one document; an empty text has none
 *   ct_yaml_close(y);
 *
 * Every scalar is text: what "no" or "1.0" means is the reader's to say, and a quoted one is told apart. Refuses, with the line: what libyaml refuses,
 * aliases and anchors (nothing multiplies), tags, keys that are no scalars, a second document, nesting past CT_YAML_DEPTH_MAX, text over
 * CT_YAML_TEXT_MAX. Duplicate keys are delivered as they stand. Weak side: libyaml takes its memory from malloc, a few times the longest scalar.
 */
#ifndef CT_YAML_YAML_IN_H
#define CT_YAML_YAML_IN_H

#include "base/fault.h"

enum ct_yaml_kind { CT_YAML_MAP, CT_YAML_MAP_END, CT_YAML_LIST, CT_YAML_LIST_END, CT_YAML_KEY, CT_YAML_SCALAR };

struct ct_yaml_token {
    enum ct_yaml_kind kind;
    ct_str text;      /* of keys and scalars, UTF-8; lives until the next call */
    bool quoted;      /* never null, true or a number, whatever it says */
    uint64_t line;    /* from 1 */
    unsigned depth;   /* containers open around the token; an opening and a closing token count their own */
};

typedef struct ct_yaml_in ct_yaml_in;
/* text lives until ct_yaml_close. */
CT_MUST_USE ct_err ct_yaml_open(ct_str text, ct_yaml_in **ret_reader);
void ct_yaml_close(ct_yaml_in *y); /* null is fine */
CT_MUST_USE ct_err ct_yaml_next(ct_yaml_in *y, struct ct_yaml_token *ret_token, struct ct_fault *fault);
/* After a MAP or LIST token: moves past its end. After another one: nothing. */
CT_MUST_USE ct_err ct_yaml_skip(ct_yaml_in *y, const struct ct_yaml_token *t, struct ct_fault *fault);
/* An empty scalar without quotes, "~" or "null". */
bool ct_yaml_is_null(const struct ct_yaml_token *t);

#endif
