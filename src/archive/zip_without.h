/* Writes a zip anew without some of its entries, in archives inside it too.
 *
 * What stays, stays to the byte and in its order: what lies before the archive (a script, a program), local headers, compressed data,
 * padding, extra fields, comments. An inner archive that loses an entry keeps its name, time, attributes and method; only its sizes and checksum
 * change. Refuses what archive/zip_strict.h refuses, and inner archives that are encrypted, over a cap or compressed by anything
 * but deflate. No output is good before CT_OK: write it aside.
 * Weak sides: an inner archive that loses an entry is held in memory, old and new; a signature over an entry that goes is broken, which
 * the result tells.
 */
#ifndef CT_ARCHIVE_ZIP_WITHOUT_H
#define CT_ARCHIVE_ZIP_WITHOUT_H

#include "base/arena.h"
#include "base/bytes_at.h"
#include "base/fault.h"

/* One entry to leave out: the names from the outermost archive inwards, as stored. The last is the entry itself. All entries of that
 * name go. */
struct ct_zip_cut {
    const ct_str *names;
    size_t n;
};

struct ct_zip_without_result {
    size_t removed;      /* entries */
    bool signature;      /* an archive that lost an entry holds a signature (META-INF/x.SF), which no longer covers what it names */
};

typedef ct_err ct_zip_sink(void *ctx, const void *p, size_t n);

/* arena: scratch; its limit bounds what is held. CT_ERR_NOT_FOUND: some cut names no entry; fault says which part is missing. */
CT_MUST_USE ct_err ct_zip_without(ct_arena *arena, const struct ct_bytes_at *in, const struct ct_zip_cut *cuts, size_t n_cuts,
                                  ct_zip_sink *sink, void *ctx, struct ct_zip_without_result *ret_result, struct ct_fault *fault);

#endif
