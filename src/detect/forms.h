/* The bounded search over decodings of one text.
 *
 * Breadth first, so that the shortest chain is found first; equal results of different orders are kept once; forms that no
 * further decoding can turn into a lookup are not expanded (ct_prefilter decides). What is left out because of a cap is
 * said: a spent search is an answer of its own.
 */
#ifndef CT_DETECT_FORMS_H
#define CT_DETECT_FORMS_H

#include "detect/verdict.h"

struct ct_form {
    ct_str text;
    enum ct_layer chain[CT_LAYERS_MAX];
    unsigned n_chain;
    uint64_t hash;
};

struct ct_forms {
    ct_arena *arena;
    struct ct_form *list;   /* CT_FORMS_MAX */
    size_t n, next;
    bool spent;             /* a cap cut the search */
};

/* The first form is the text itself. */
CT_MUST_USE ct_err ct_forms_start(struct ct_forms *f, ct_arena *arena, ct_str text, bool decode);
/* The next form, or null at the end. Expanding it happens here, so stop calling when the answer is found. */
CT_MUST_USE ct_err ct_forms_next(struct ct_forms *f, const struct ct_form **ret_form);

#endif
