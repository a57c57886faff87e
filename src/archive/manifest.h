/* MANIFEST.MF and .properties, as pull readers over bytes in memory. Sources: the JAR file specification, and the
 * documentation of java.util.Properties.load.
 *
 * As lenient as Java's readers or more: any line end, a last line without one, blanks around values; a manifest's lines
 * without a colon are skipped, a malformed \u escape stays as it is. Values are bytes as stored (manifests: UTF-8;
 * properties: escapes resolved, \uXXXX as UTF-8). Joined and unescaped text goes into the arena, the rest is borrowed.
 * CT_ERR_CAP: a line beyond CT_MANIFEST_LINE_MAX; the next call goes on behind it.
 */
#ifndef CT_ARCHIVE_MANIFEST_H
#define CT_ARCHIVE_MANIFEST_H

#include "base/arena.h"

struct ct_manifest {
    ct_str in;
    size_t at;
    bool begun; /* blank lines before the first attribute end nothing */
};
static inline void ct_manifest_open(struct ct_manifest *m, ct_str bytes) { *m = (struct ct_manifest){bytes, 0, false}; }
/* The next attribute of the main section, continuation lines joined; CT_ERR_END behind it. Names compare without regard
 * to case (ct_str_eq_fold). */
CT_MUST_USE ct_err ct_manifest_next(struct ct_manifest *m, ct_arena *arena, ct_str *ret_name, ct_str *ret_value);

struct ct_properties {
    ct_str in;
    size_t at;
};
static inline void ct_properties_open(struct ct_properties *p, ct_str bytes) { *p = (struct ct_properties){bytes, 0}; }
/* The next pair; the value may be empty. */
CT_MUST_USE ct_err ct_properties_next(struct ct_properties *p, ct_arena *arena, ct_str *ret_key, ct_str *ret_value);

#endif
