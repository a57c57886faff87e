/* JSON documents as nested values, for texts whose parts come in any order: no tree, each value is a piece of the text.
 *
 *   struct ct_json_value root, parts[2];
 *   static const char *const names[] = {"id", "items"};
 *   ct_json_document(text, &root, fault);                       the whole text is looked at once
 *   ct_json_fields(&root, names, 2, parts, fault);
 *   struct ct_json_items it = ct_json_items(&parts[1]);
 *   while ((e = ct_json_item(&it, &v)) == CT_OK) ...            CT_ERR_END
 *
 * Refuses, with offset and line: what json_in.h refuses, something behind the value, a wanted key given twice. Unknown keys pass. A document that was
 * taken does not fail later, but for wanted keys given twice. Weak side: each level is read again when it is asked for its parts, so the work is the
 * text times the depth that is looked at.
 */
#ifndef CT_TEXT_JSON_VALUE_H
#define CT_TEXT_JSON_VALUE_H

#include "base/fault.h"
#include "text/json_in.h"

struct ct_json_value {
    ct_str text;              /* objects and arrays: with their brackets; strings: between the quotes, still escaped. A null p: not given */
    enum ct_json_kind kind;
    bool escaped;
    const unsigned char *start; /* of the whole document */
};

CT_MUST_USE ct_err ct_json_document(ct_str text, struct ct_json_value *ret_root, struct ct_fault *fault);
/* The values of n keys; what is not given, or null, or when v is no object: all without text. n at most 64. */
CT_MUST_USE ct_err ct_json_fields(const struct ct_json_value *v, const char *const *names, size_t n, struct ct_json_value *ret_values, struct ct_fault *fault);

struct ct_json_items {
    struct ct_json_in in;
    const unsigned char *start;
    bool none;
};
/* Of anything that is no array: none. */
struct ct_json_items ct_json_items(const struct ct_json_value *v);
CT_MUST_USE ct_err ct_json_item(struct ct_json_items *it, struct ct_json_value *ret_value);

/* The string's bytes, in arena where it was escaped, else borrowed; anything but a string is empty with a null p. */
CT_MUST_USE ct_err ct_json_text(ct_arena *arena, const struct ct_json_value *v, ct_str *ret_text);
size_t ct_json_at(const struct ct_json_value *v);     /* offset in the document */
/* From 1. Counted from where it was asked last: in order, the whole document is counted once. Starts as {0}. */
struct ct_json_lines {
    size_t at;
    uint64_t line;
};
uint64_t ct_json_line(struct ct_json_lines *lines, const struct ct_json_value *v);
/* Fills fault with the place of v. */
ct_err ct_json_refuse(const struct ct_json_value *v, ct_err e, const char *what, struct ct_fault *fault);

#endif
