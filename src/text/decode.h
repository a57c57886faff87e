/* Decoders: bytes in, bytes out, one layer per call.
 *
 * Each is a pure function with the same shape, so that detect can search over layers. What a decoder does not
 * understand stays as it was. Output goes to the caller's buffer, whose maximum is the cap (the sticky error of the
 * buffer is returned). *ret_changed says whether the output differs from the input; when it is false the output may be
 * ignored. In and out never overlap. No output is longer than its input.
 *
 * Weak sides: an HTML name without its semicolon is taken wherever it stands, so "&plusmn;" reads as "+mn;"; base64 with
 * a control character in what it holds is left alone.
 */
#ifndef CT_TEXT_DECODE_H
#define CT_TEXT_DECODE_H

#include "base/buf.h"

typedef ct_err ct_decode_fn(ct_str in, struct ct_buf *out, bool *ret_changed);

/* %HH, and %uHHHH (also %U) as UTF-8. A '+' stays: right for paths and headers. */
CT_MUST_USE ct_decode_fn ct_decode_percent;
/* The same, and '+' becomes a blank: right for query strings and forms. */
CT_MUST_USE ct_decode_fn ct_decode_form;
/* Backslash escapes of loggers, JSON and programming languages: \xHH (nginx, Apache), \uHHHH with surrogate pairs,
 * \u{H...}, \UHHHHHHHH, octal \o \oo \ooo (up to \377), \n \t \r \b \f \" \' \\ \/, and \. of a name server's queries. */
CT_MUST_USE ct_decode_fn ct_decode_backslash;
/* HTML entities: decimal, hexadecimal, and the names that yield ASCII or a letter which Java's case mapping turns into
 * ASCII; each with and without the semicolon. */
CT_MUST_USE ct_decode_fn ct_decode_html;
/* The whole input is base64 (standard or URL alphabet, padded or not, blanks for '+' accepted, at least CT_BASE64_MIN
 * characters) and decodes to text (UTF-8 without control characters other than tab and line ends): else unchanged. */
CT_MUST_USE ct_decode_fn ct_decode_base64;
/* Encoded words of mail headers: =?charset?q?...?= and =?charset?b?...?=, those next to each other joined. Charsets are taken
 * for supersets of ASCII. */
CT_MUST_USE ct_decode_fn ct_decode_words;
/* #HH, as HAProxy logs what would break its format: braces, quotes, bars and what is not printable ASCII. */
CT_MUST_USE ct_decode_fn ct_decode_hash;
/* Single quotes doubled, as in a statement that a database logs. */
CT_MUST_USE ct_decode_fn ct_decode_quotes;
/* Quoted-printable: =HH, and a '=' that ends a line or the text goes with its line end. For mail alone: "?id=24" is none. */
CT_MUST_USE ct_decode_fn ct_decode_quoted;

#endif
