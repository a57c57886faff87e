/* The bounded search over decodings of one text.
 *
 * Breadth first, so that the shortest chain is found first; equal results of different orders are kept once; forms that no
 * further decoding can turn into a lookup are dropped (ct_prefilter decides). A text may hold more base64 values than forms fit: the rest
 * wait until those before are through. Each byte that a decoder reads is charged
 * to the caller's budget. What is left out because of it or of a cap is said: a spent search is an answer of its own.
 */
#ifndef CT_DETECT_FORMS_H
#define CT_DETECT_FORMS_H

#include "detect/token.h"
#include "detect/verdict.h"
#include "text/decode.h"

struct ct_form {
    ct_str text;
    enum ct_layer chain[CT_LAYERS_MAX];
    unsigned n_chain;
    uint64_t hash;
    bool lookup;            /* holds "${" as it stands */
};

struct ct_forms {
    ct_arena *arena;
    struct ct_form *list;   /* CT_FORMS_MAX */
    size_t n, next;
    uint64_t *work;
    bool mail;              /* quoted-printable counts too */
    bool waits;             /* base64 values of one form wait for room */
    struct ct_form waiting;
    struct ct_token_search rest;
    bool passed;            /* the form last given brings nothing new by decoding it */
    bool spent;             /* a cap or the budget cut the search */
};

/* What undoes a layer. Of base64 the search gives it one value out of the text, of the others all of it. */
ct_decode_fn *ct_forms_decoder(enum ct_layer layer);

/* The first form is the text itself, which the caller has found worth decoding (ct_prefilter). *work is counted down; null: decode nothing. mail: as in struct ct_judge_opts. */
CT_MUST_USE ct_err ct_forms_start(struct ct_forms *f, ct_arena *arena, ct_str text, uint64_t *work, bool mail);
/* The next form, or null at the end. Expanding it happens here, so stop calling when the answer is found. */
CT_MUST_USE ct_err ct_forms_next(struct ct_forms *f, const struct ct_form **ret_form);
/* The form last given needs no decoding: what comes of it is known. */
static inline void ct_forms_pass(struct ct_forms *f) { f->passed = true; }

#endif
