/* XML pull reader over bytes in memory: no tree, no allocation, no recursion, and no entities but the five of XML itself and
 * numbers.
 *
 *   struct ct_xml_in x;
 *   struct ct_xml_token t;
 *   ct_xml_open(&x, text);
 *   while ((err = ct_xml_next(&x, &t)) == CT_OK) ...       CT_ERR_END after the root element
 *
 * Refuses tags that do not match, and nesting past CT_XML_DEPTH_MAX (CT_ERR_CAP). CT_ERR_TRUNCATED when the text ends inside.
 * Comments, processing instructions and document types are skipped, the last with all they declare: what an entity would stand
 * for stays
 * "&name;". Names lose their prefix: namespaces are not resolved.
 * Weak side: UTF-8 and its subsets only; other encodings read as whatever their bytes are.
 */
#ifndef CT_TEXT_XML_IN_H
#define CT_TEXT_XML_IN_H

#include "base/buf.h"
#include "base/limits.h"

enum ct_xml_kind {
    CT_XML_OPEN,  /* name, attributes */
    CT_XML_CLOSE, /* name; also behind an empty element's OPEN */
    CT_XML_TEXT,  /* text: still escaped, unless cdata; white space between elements is delivered too */
};

struct ct_xml_token {
    enum ct_xml_kind kind;
    ct_str name, attributes, text; /* borrow from the input */
    bool cdata;
    unsigned depth; /* elements open around the token; an OPEN and its CLOSE count their own */
    size_t offset;
};

struct ct_xml_in {
    ct_str in;
    size_t at;
    unsigned depth;
    bool closing; /* the element just opened was empty: its CLOSE comes next */
    bool ended;
    bool doctype;          /* one was skipped, from doctype_at on */
    size_t doctype_at;
    ct_str names[CT_XML_DEPTH_MAX]; /* open elements, without prefix: names[0] is the root */
    ct_str raw[CT_XML_DEPTH_MAX];   /* the same as written */
};

void ct_xml_open(struct ct_xml_in *x, ct_str in);
CT_MUST_USE ct_err ct_xml_next(struct ct_xml_in *x, struct ct_xml_token *ret_token);
/* The real bytes of text or of an attribute's value. */
void ct_xml_unescape(struct ct_buf *out, ct_str text);
/* The value of an attribute, still escaped; false without it. name: as written, with its prefix. */
bool ct_xml_attribute(ct_str attributes, ct_str name, ct_str *ret_value);

#endif
