/* Inside src/sbom: what the readers of bills share. */
#ifndef CT_SBOM_BOM_READER_H
#define CT_SBOM_BOM_READER_H

#include "sbom/bom_in.h"
#include "text/json_in.h"

struct ct_bom_reader {
    ct_arena *arena;
    const struct ct_bom_sink *sink;
    struct ct_bom_about *about;
    struct ct_fault *fault;
    ct_str text;
    struct ct_json_in j;
    unsigned seen;           /* top-level keys */
};

ct_err ct_bom_refuse(struct ct_bom_reader *r, ct_err e, size_t at, const char *why);
/* RFC 3339, also without offset. */
bool ct_bom_is_time(ct_str s);
/* Entries that are no software: files, data and the like, without a purl. */
bool ct_bom_is_file(const struct ct_bom_component *c);

/* The JSON tokens, with refusals in words. */
CT_MUST_USE ct_err ct_bom_next(struct ct_bom_reader *r, struct ct_json_token *ret_token);
/* The value of the key just read: a text, or null, which counts as absent. */
CT_MUST_USE ct_err ct_bom_string(struct ct_bom_reader *r, ct_str *ret_text);
CT_MUST_USE ct_err ct_bom_skip(struct ct_bom_reader *r);
/* The value as kind, object or array; *ret_open is false for null. */
CT_MUST_USE ct_err ct_bom_open(struct ct_bom_reader *r, enum ct_json_kind kind, bool *ret_open);
/* The next key of the open object as an index into names, n for any other; *ret_more is false at its end. A known one in *seen is refused. */
CT_MUST_USE ct_err ct_bom_key(struct ct_bom_reader *r, const char *const *names, unsigned n, unsigned *seen, unsigned *ret_which, bool *ret_more);
/* The next element of the open array; *ret_more is false at its end. Anything but an object is refused. */
CT_MUST_USE ct_err ct_bom_element(struct ct_bom_reader *r, bool *ret_more);

CT_MUST_USE ct_err ct_bom_cyclonedx_json(struct ct_bom_reader *r);
CT_MUST_USE ct_err ct_bom_spdx_json(struct ct_bom_reader *r);
CT_MUST_USE ct_err ct_bom_cyclonedx_xml(struct ct_bom_reader *r);

#endif
