/* Base64 values inside a text: where a run of base64 characters is a whole value, and whether it decodes to text that
 * could matter. Shared by the prefilter, which must not allocate, and the search over forms. */
#ifndef CT_DETECT_TOKEN_H
#define CT_DETECT_TOKEN_H

#include "base/str.h"

/* Base64 value of a character (standard and URL alphabet) plus one; 0: not a base64 character. */
extern const unsigned char ct_base64_digit[256];
static inline bool ct_token_char(unsigned char c) { return ct_base64_digit[c] != 0; }

/* / + - _, the last two digits: what belongs to a base64 value, or stands between two. */
static inline bool ct_token_parts(unsigned char c) { return ct_base64_digit[c] > 62; }

/* A run of ct_token_char, or the part of one behind a ct_token_parts, starts at `start`: does a value at its start decode to text that
 * holds an escape, "$", or base64 of text again? Text that goes on for longer than CT_TOKEN_LOOK may. */
bool ct_token_run_matters(ct_str text, size_t start);
/* A quick look at the same: true when not. */
bool ct_token_run_is_inert(ct_str text, size_t start);
/* Behind these a run may begin with the rest of an escape, and its value later: %3D, &quot; and, where the '&' was escaped itself,
 * "&amp;equals". */
bool ct_token_is_behind_escape(unsigned char before);
/* Could [p, end) be the start of such a value: at least one byte decodes, and all that do are text? */
bool ct_token_starts_text(const unsigned char *p, const unsigned char *end);

/* Is no run of base64 characters long enough for a value? */
bool ct_token_none(ct_str text);
/* Goes through a text's base64 values, each text once: start it zeroed. */
struct ct_token_search {
    size_t at;                        /* where the next run is looked for */
    size_t start, end, padded, from;  /* the run whose parts are gone through; padded: where its '=' end */
    unsigned held, tried, set;        /* which parting characters the run holds; which sets of them parted it */
    bool opens, closes;
    size_t seen;                      /* bytes gone through for parts so far: what it costs beside reading the text once */
};
/* The next value that decodes to text worth a look; false at the end. */
bool ct_token_next(ct_str text, struct ct_token_search *s, ct_str *ret_token);

#endif
