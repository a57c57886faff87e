#include "face/bson.h"

bool ct_bson_document(ct_str in, ct_str *ret_document)
{
    if (in.n < 5) return false;
    size_t n = ct_le32(in.p);
    if (n < 5 || n > in.n || in.p[n - 1] != 0) return false;
    *ret_document = ct_str_slice(in, 0, n);
    return true;
}

/* Bytes of a value; false: not known, or not there. *ret_skip: of them, ahead of what is of interest. */
static bool value_size(unsigned type, ct_str rest, size_t *ret_n, size_t *ret_skip)
{
    size_t n;
    *ret_skip = 0;
    switch (type) {
    case 0x01: case 0x09: case 0x11: case 0x12: n = 8; break;
    case 0x07: n = 12; break;
    case 0x08: n = 1; break;
    case 0x06: case 0x0a: case 0x7f: case 0xff: n = 0; break;
    case 0x10: n = 4; break;
    case 0x13: n = 16; break;
    case CT_BSON_STRING:
        if (rest.n < 5) return false;
        n = ct_le32(rest.p);
        if (n < 1 || n > rest.n - 4) return false;
        n += 4;
        *ret_skip = 4;
        break;
    case CT_BSON_DOCUMENT: case 0x04:
        if (rest.n < 5) return false;
        n = ct_le32(rest.p);
        if (n < 5) return false;
        break;
    case CT_BSON_BINARY:
        if (rest.n < 5) return false;
        n = ct_le32(rest.p);
        if (n > rest.n - 5) return false;
        n += 5;
        *ret_skip = 5;
        break;
    default: return false;
    }
    if (n > rest.n) return false;
    *ret_n = n;
    return true;
}

bool ct_bson_next(ct_str *rest, bool *begun, struct ct_bson_element *ret_element)
{
    if (!*begun) *rest = ct_str_slice(*rest, 4, rest->n);
    *begun = true;
    if (rest->n < 2 || !rest->p[0]) return false;
    unsigned type = rest->p[0];
    ct_str name = ct_str_slice(*rest, 1, rest->n);
    size_t end = ct_str_chr(name, 0), n, skip;
    if (end == CT_STR_NONE) return false;
    ct_str value = ct_str_slice(name, end + 1, name.n);
    if (!value_size(type, value, &n, &skip)) return false;
    *rest = ct_str_slice(value, n, value.n);
    *ret_element = (struct ct_bson_element){type, ct_str_slice(name, 0, end), ct_str_slice(value, skip, n - (type == CT_BSON_STRING))};
    return true;
}

ct_str ct_bson_get(ct_str document, const char *name, unsigned type)
{
    struct ct_bson_element e;
    bool begun = false;
    while (ct_bson_next(&document, &begun, &e))
        if (e.type == type && ct_str_eq(e.name, ct_str_from(name))) return e.value;
    return (ct_str){0};
}
