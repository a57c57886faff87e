#include "archive/class.h"

#include <string.h>

enum { MAGIC = 10, TAG_MAX = 20 }; /* magic, versions and count: 10 bytes */

/* Bytes behind the tag; 0: no such tag. Utf8 has its length in front. Source: JVMS table 4.4-A. */
static const unsigned char sizes[TAG_MAX + 1] = {
    [1] = 2, [3] = 4, [4] = 4, [5] = 8, [6] = 8, [7] = 2, [8] = 2, [9] = 4, [10] = 4, [11] = 4, [12] = 4,
    [15] = 3, [16] = 2, [17] = 4, [18] = 4, [19] = 2, [20] = 2,
};

static unsigned be16(const unsigned char *p) { return (unsigned)p[0] << 8 | p[1]; }

/* The text of a Utf8 constant at index, or false. */
static bool utf8_at(const struct ct_class *c, unsigned index, ct_str *ret_text)
{
    if (index == 0 || index >= c->count || c->at[index] == 0) return false;
    const unsigned char *p = c->bytes.p + c->at[index];
    if (p[0] != CT_CLASS_UTF8) return false;
    *ret_text = (ct_str){p + 3, be16(p + 1)};
    return true;
}

static bool named_by(const struct ct_class *c, unsigned index, enum ct_class_tag tag, ct_str *ret_text)
{
    if (index == 0 || index >= c->count || c->at[index] == 0) return false;
    const unsigned char *p = c->bytes.p + c->at[index];
    return p[0] == tag && utf8_at(c, be16(p + 1), ret_text);
}

/* Where each constant stands. */
static ct_err index_pool(struct ct_class *c, uint32_t *at)
{
    size_t pos = MAGIC;
    for (unsigned i = 1; i < c->count; i++) {
        if (pos >= c->bytes.n) return CT_ERR_TRUNCATED;
        unsigned tag = c->bytes.p[pos];
        size_t size = tag <= TAG_MAX ? sizes[tag] : 0;
        if (size == 0) return CT_ERR_SYNTAX;
        if (c->bytes.n - pos - 1 < size) return CT_ERR_TRUNCATED;
        if (tag == CT_CLASS_UTF8) {
            size += be16(c->bytes.p + pos + 1);
            if (c->bytes.n - pos - 1 < size) return CT_ERR_TRUNCATED;
        }
        at[i] = (uint32_t)pos;
        pos += 1 + size;
        if (tag == 5 || tag == 6) i++; /* long and double take two indexes */
    }
    c->pool_end = pos;
    return CT_OK;
}

ct_err ct_class_open(ct_arena *arena, ct_str bytes, struct ct_class *ret_class)
{
    static const unsigned char magic[] = {0xca, 0xfe, 0xba, 0xbe};
    size_t have = bytes.n < sizeof magic ? bytes.n : sizeof magic;
    if (have == 0 || memcmp(bytes.p, magic, have) != 0) return CT_ERR_NOT_FOUND;
    if (bytes.n < MAGIC) return CT_ERR_TRUNCATED;
    if (bytes.n > UINT32_MAX) return CT_ERR_CAP;
    struct ct_class c = {.minor = be16(bytes.p + 4), .major = be16(bytes.p + 6), .count = be16(bytes.p + 8), .bytes = bytes};
    if (c.count == 0) return CT_ERR_SYNTAX;
    /* A constant takes 3 bytes at least: a cut file must not take more memory than its size allows. */
    if ((c.count - 1) / 2 * 3 > bytes.n - MAGIC) return CT_ERR_TRUNCATED;
    uint32_t *at = ct_arena_array(arena, c.count, sizeof *at);
    if (!at) return CT_ERR_NOMEM;
    memset(at, 0, c.count * sizeof *at);
    CT_TRY(index_pool(&c, at));
    c.at = at;
    if (bytes.n - c.pool_end < 6) return CT_ERR_TRUNCATED;
    const unsigned char *p = bytes.p + c.pool_end;
    c.access = be16(p);
    if (!named_by(&c, be16(p + 2), CT_CLASS_CLASS, &c.this_class)) return CT_ERR_SYNTAX;
    if (be16(p + 4) != 0 && !named_by(&c, be16(p + 4), CT_CLASS_CLASS, &c.super_class)) return CT_ERR_SYNTAX;
    *ret_class = c;
    return CT_OK;
}

bool ct_class_next(const struct ct_class *c, unsigned *cursor, struct ct_class_item *ret_item)
{
    for (unsigned i = *cursor + 1; i < c->count; i++) {
        if (c->at[i] == 0) continue;
        unsigned tag = c->bytes.p[c->at[i]];
        struct ct_class_item item = {.index = i};
        bool found = false;
        switch (tag) {
        case CT_CLASS_UTF8: item.tag = CT_CLASS_UTF8; found = utf8_at(c, i, &item.text); break;
        case CT_CLASS_CLASS: item.tag = CT_CLASS_CLASS; found = named_by(c, i, CT_CLASS_CLASS, &item.text); break;
        case CT_CLASS_STRING: item.tag = CT_CLASS_STRING; found = named_by(c, i, CT_CLASS_STRING, &item.text); break;
        case CT_CLASS_MODULE: item.tag = CT_CLASS_MODULE; found = named_by(c, i, CT_CLASS_MODULE, &item.text); break;
        case CT_CLASS_PACKAGE: item.tag = CT_CLASS_PACKAGE; found = named_by(c, i, CT_CLASS_PACKAGE, &item.text); break;
        default: break;
        }
        if (!found) continue;
        *cursor = i;
        *ret_item = item;
        return true;
    }
    *cursor = c->count;
    return false;
}

bool ct_class_has(const struct ct_class *c, enum ct_class_tag tag, ct_str text)
{
    struct ct_class_item item;
    for (unsigned cursor = 0; ct_class_next(c, &cursor, &item);)
        if (item.tag == tag && ct_str_eq(item.text, text)) return true;
    return false;
}
