/* "Key: value" lines in paragraphs, as dpkg, Python and (with one-letter keys) apk write them.
 *
 * A paragraph ends at an empty line. A line that starts with a blank continues the value before it; only a value's first line
 * is delivered, since identities have one. Lines without a colon are counted in bad. CR before the newline is dropped. */
#ifndef CT_PACKAGES_STANZA_H
#define CT_PACKAGES_STANZA_H

#include "base/str.h"

struct ct_stanza {
    ct_str rest; /* what is not read yet */
    const unsigned char *start;
    size_t bad;
    bool ended; /* the paragraph's empty line was read */
};

static inline struct ct_stanza ct_stanza_open(ct_str in) { return (struct ct_stanza){.rest = in, .start = in.p}; }
/* To the first line of the next paragraph; false at the end of the input. Call it before the first one, too. */
bool ct_stanza_next(struct ct_stanza *s);
/* The next field of this paragraph, value trimmed; false at its end. */
bool ct_stanza_field(struct ct_stanza *s, ct_str *ret_key, ct_str *ret_value);
static inline uint64_t ct_stanza_offset(const struct ct_stanza *s) { return s->rest.p ? (uint64_t)(s->rest.p - s->start) : 0; }

#endif
