/* Internal to face: BSON documents, one level at a time. Refuses what reaches beyond the document, and types that MongoDB's clients do not send in commands
 * (code, symbols, DBPointer): reading ends there. */
#ifndef CT_FACE_BSON_H
#define CT_FACE_BSON_H

#include "face/face_out.h"

enum { CT_BSON_STRING = 2, CT_BSON_DOCUMENT = 3, CT_BSON_BINARY = 5 };

struct ct_bson_element {
    unsigned type;
    ct_str name;
    ct_str value; /* strings without their NUL, binary without its length and subtype; documents whole */
};

/* The document at the front of in, its length in range and its end a NUL; false: there is none. */
bool ct_bson_document(ct_str in, ct_str *ret_document);
/* rest: a document to begin with, then what is left of its elements (*begun false at first). */
bool ct_bson_next(ct_str *rest, bool *begun, struct ct_bson_element *ret_element);
/* The first element of this name and type; an empty value without it. */
ct_str ct_bson_get(ct_str document, const char *name, unsigned type);

#endif
