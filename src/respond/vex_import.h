/* What vendors and others say into the store, statement by statement, each with its source, its line and its own words.
 *
 *   ct_vex_import_begin; ct_vex_import_document as often as needed; ct_vex_import_done derives what follows
 *
 * Every statement is kept. What counts for nothing says why: no vulnerability named, a status that is not known, not_affected without a justification or
 * impact, a product without a package URL (a vendor's name and version string close nothing). What an affected statement lacks (a remediation) is told and
 * it counts all the same. A document that was taken before (by its digest) changes nothing.
 * A person may say that the product of a document is an asset: then what it says counts for that asset.
 * The caller holds the transaction; a document that is refused leaves no trace in it.
 */
#ifndef CT_RESPOND_VEX_IMPORT_H
#define CT_RESPOND_VEX_IMPORT_H

#include "respond/derive.h"
#include "store/asset.h"
#include "vex/statement.h"

struct ct_vex_counts {
    uint64_t documents, again, statements, counting, about; /* about: components that they are about */
    uint64_t no_vulnerability, no_status, no_justification, no_package; /* why statements count for nothing */
    uint64_t no_action, left;
    struct ct_derived derived;
};

struct ct_vex_import {
    ct_db *db;
    const struct ct_who *who;
    ct_str source;            /* a null p: the document's author */
    int64_t asset;            /* 0: none is given */
    ct_str product;           /* which of the document's products the asset is; a null p: its only one */
    /* Something that is no statement, or counts for nothing; may be null. Not escaped. */
    void (*tell)(void *ctx, ct_str document, uint64_t line, const char *why, ct_str what);
    void *ctx;
    struct ct_vex_counts counts;
    /* its own */
    ct_arena *arena, *touched_arena;
    int64_t *touched;
    size_t n_touched, cap_touched;
};

CT_MUST_USE ct_err ct_vex_import_begin(struct ct_vex_import *in, ct_db *db, const struct ct_who *who);
/* name: of the file; for its format, and for people. Empty: it goes by its own id. */
CT_MUST_USE ct_err ct_vex_import_document(struct ct_vex_import *in, ct_str name, ct_str text, struct ct_fault *fault);
CT_MUST_USE ct_err ct_vex_import_done(struct ct_vex_import *in);
void ct_vex_import_free(struct ct_vex_import *in);

#endif
