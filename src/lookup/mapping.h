/* Text as Java would map or format it: letter case and dates. Internal to src/lookup; pure.
 *
 * Case is Java 17's (Unicode 13) in a locale without rules of its own: not Turkish, Azeri or Lithuanian. Weak sides: a
 * capital sigma becomes the final form by its neighbours alone, where Java asks its word breaker; letters that older
 * Java versions did not know are mapped too.
 */
#ifndef CT_LOOKUP_MAPPING_H
#define CT_LOOKUP_MAPPING_H

#include "base/str.h"

enum {
    CT_CASE_GROWTH = 3,    /* most output bytes per input byte */
    CT_DATE_GROWTH = 7,    /* "zzzz" becomes "Coordinated Universal Time" */
    CT_DATE_DEFAULT_MAX = 32,
};

/* to holds at least s.n * CT_CASE_GROWTH bytes. Returns the length. Bytes that are not UTF-8 stay. */
size_t ct_case_map(ct_str s, bool upper, unsigned char *to);

/* SimpleDateFormat, English, of one made-up moment: Friday 10 December 2021, 13:57:46.789 UTC. An invalid pattern gives
 * the default format, as the date lookup does. to holds at least pattern.n * CT_DATE_GROWTH + CT_DATE_DEFAULT_MAX bytes. */
size_t ct_date_format(ct_str pattern, unsigned char *to);

#endif
