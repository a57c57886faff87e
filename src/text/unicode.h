/* UTF-8: reading, writing, and what is safe to show. */
#ifndef CT_TEXT_UNICODE_H
#define CT_TEXT_UNICODE_H

#include "base/buf.h"

/* Bytes of the well-formed UTF-8 sequence at the start of s (1..4) with its code point, or 0: empty or malformed
 * (overlong forms and surrogates are malformed). */
unsigned ct_utf8_get(ct_str s, uint32_t *ret_code);
/* Writes the code point as UTF-8, 1..4 bytes, and says how many; surrogates and values past U+10FFFF become U+FFFD. */
unsigned ct_utf8_write(unsigned char *to, uint32_t code);
/* Appends the code point as UTF-8; surrogates and values past U+10FFFF become U+FFFD. */
void ct_utf8_put(struct ct_buf *out, uint32_t code);
bool ct_utf8_valid(ct_str s);
/* False for controls (C0, DEL, C1), bidirectional controls, zero-width and other invisible format characters,
 * surrogates, private use and non-characters: what could rewrite a terminal or hide text. */
bool ct_unicode_shows(uint32_t code);

#endif
