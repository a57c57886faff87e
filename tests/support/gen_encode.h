/* Encoders: the inverse of every layer that detect decodes, and the escapers of the loggers that stand behind them.
 *
 * decode(encode(x)) = x holds for every layer on any UTF-8 text of at least CT_BASE64_MIN * 3 / 4 bytes without control
 * characters (base64 asks for that; the others take any bytes). A layer chooses among its spellings at random.
 */
#ifndef CT_TESTS_GEN_ENCODE_H
#define CT_TESTS_GEN_ENCODE_H

#include "base/buf.h"
#include "support/random.h"

enum gen_layer {
    GEN_PERCENT_ALL,      /* every byte %HH */
    GEN_PERCENT_PART,     /* what an URL needs, and some more; digits in either case */
    GEN_PERCENT_U,        /* %uHHHH for the Basic Multilingual Plane, %HH for '%' and the rest */
    GEN_FORM,             /* as PERCENT_PART, blanks as '+' */
    GEN_BACKSLASH_X,      /* \xHH */
    GEN_BACKSLASH_U,      /* \uHHHH, surrogate pairs beyond the BMP, or \u{H} */
    GEN_BACKSLASH_OCTAL,  /* \o, \oo, \ooo */
    GEN_HTML_DECIMAL,     /* &#N; and &#N */
    GEN_HTML_HEX,         /* &#xH; and &#xH, leading zeros */
    GEN_HTML_NAMED,       /* &dollar; &lbrace; ... where a name exists */
    GEN_BASE64,           /* standard or URL alphabet, padded or not */
    GEN_LOG_NGINX,        /* escape=default: '"', '\' and bytes outside 0x20..0x7e as \xHH */
    GEN_LOG_APACHE,       /* \" \\ \n \t ... and \xhh */
    GEN_LOG_JSON,         /* a JSON string's inside: \" \\ \n, \u00hh for controls, sometimes more */
    GEN_LAYER_COUNT
};

const char *gen_layer_name(enum gen_layer layer);
void gen_encode(struct rng *r, enum gen_layer layer, ct_str in, struct ct_buf *out);

/* As mail sends it: encoded words of 75 characters at most (quoted or base64, folded as a header or as Postfix logs that), or else
 * quoted-printable with soft line ends. No logger's escapes; words want text without line ends. */
void gen_encode_words(struct rng *r, ct_str in, struct ct_buf *out);
void gen_encode_quoted(struct rng *r, ct_str in, struct ct_buf *out);

/* Escapes a character here and there, each in a spelling of its own, as people do who write attacks by hand. Some of it may be read
 * otherwise than it was meant. */
void gen_escape_some(struct rng *r, ct_str in, struct ct_buf *out);

/* One to max layers at random, the innermost first in ret_layers (room for max); base64 at most once. */
void gen_encode_chain(struct rng *r, ct_str in, unsigned max, struct ct_buf *out, enum gen_layer *ret_layers, unsigned *ret_n);

#endif
