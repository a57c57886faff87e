/* Java class files: version, names, and the constant pool as a pull reader. Source: JVM specification, chapter 4.
 *
 * Refuses what has another magic (CT_ERR_NOT_FOUND), a pool or header that is cut (CT_ERR_TRUNCATED), and unknown tags or
 * references that lead nowhere (CT_ERR_SYNTAX). Fields, methods and code are not read: names and strings of the pool tell
 * versions apart. Bytes are borrowed. Text is modified UTF-8 as stored: not to be printed raw.
 */
#ifndef CT_ARCHIVE_CLASS_H
#define CT_ARCHIVE_CLASS_H

#include "base/arena.h"

enum ct_class_tag {
    CT_CLASS_UTF8 = 1,
    CT_CLASS_CLASS = 7,  /* text: its name, a/b/C */
    CT_CLASS_STRING = 8, /* text: the literal */
    CT_CLASS_MODULE = 19,
    CT_CLASS_PACKAGE = 20,
};

struct ct_class {
    unsigned minor, major;        /* 52: Java 8 */
    unsigned access;
    ct_str this_class, super_class; /* a/b/C; super empty for Object and module-info */
    unsigned count;               /* constants: valid indexes are 1 .. count - 1 */
    ct_str bytes;
    const uint32_t *at;           /* per index where its tag stands; 0: no constant. In the arena */
    size_t pool_end;              /* where the pool ends */
};

CT_MUST_USE ct_err ct_class_open(ct_arena *arena, ct_str bytes, struct ct_class *ret_class);

struct ct_class_item {
    enum ct_class_tag tag;
    unsigned index;
    ct_str text;
};
/* The next constant that is text (the tags above), in the order of the pool; *cursor starts at 0. False at the end. */
bool ct_class_next(const struct ct_class *c, unsigned *cursor, struct ct_class_item *ret_item);
/* Some constant of this tag is exactly text. */
bool ct_class_has(const struct ct_class *c, enum ct_class_tag tag, ct_str text);

#endif
