/* What the two writers share: sorted components in groups of one identity, ids made of content, and output in pieces. */
#ifndef CT_SBOM_SBOM_OUT_H
#define CT_SBOM_SBOM_OUT_H

#include "sbom/sbom.h"
#include "text/json_out.h"

enum { CT_SBOM_ID = 32 }; /* hexadecimal digits */

struct ct_sbom_out {
    struct ct_buf buf;
    struct ct_buf places; /* scratch */
    struct ct_json_out json;
    struct ct_sbom_sink sink;
    const struct ct_sbom_subject *subject;
    const struct ct_component *const *sorted;
    size_t n;
    char serial[37]; /* a UUID, version 8: made of the content */
};

/* Hands over what is in the buffer once there is enough of it, or all of it. */
CT_MUST_USE ct_err ct_sbom_flush(struct ct_sbom_out *o, bool all);
/* The end of the group that begins at i: components of equal identity, which differ in where they were found. */
size_t ct_sbom_group(const struct ct_sbom_out *o, size_t i);
/* The identity's id, lower-case hexadecimal; to holds CT_SBOM_ID characters and a NUL. */
void ct_sbom_id(const struct ct_component *c, char *to);
bool ct_sbom_is_hash(ct_str s, size_t digits);
bool ct_sbom_is_cpe(ct_str s);

CT_MUST_USE ct_err ct_cyclonedx_write(struct ct_sbom_out *o);
CT_MUST_USE ct_err ct_spdx_write(struct ct_sbom_out *o);

#endif
