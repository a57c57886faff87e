/* Looking into one file, whatever it is: told by its bytes, walked through all that is nested in it, class evidence judged per
 * copy of a product, package metadata read. What comes out goes into the report; nothing that is wrong with the file
 * ends anything but the looking at it.
 *
 * The same inspector serves files of a host, entries of an image and what a process holds open (through /proc). One per
 * thread; the report and the loose evidence are shared.
 * Weak side: of a file that changes while it is read the answer is a mixture.
 */
#ifndef CT_SCAN_INSPECT_H
#define CT_SCAN_INSPECT_H

#include "archive/nest.h"
#include "fingerprint/evidence.h"
#include "packages/packages.h"
#include "scan/report.h"

#include <stdatomic.h>

/* Class files and metadata that lie in no archive. Their evidence is judged at the end, when all directories were seen. */
struct ct_loose {
    pthread_mutex_t lock;
    ct_arena *arena;
    ct_evidence *evidence;
};
CT_MUST_USE ct_err ct_loose_init(struct ct_loose *l, const struct ct_alloc *alloc, const ct_fingerprints *f);
void ct_loose_done(struct ct_loose *l);
CT_MUST_USE ct_err ct_loose_judge(struct ct_loose *l, ct_scan_report *r, bool components);

struct ct_inspect_opts {
    const ct_fingerprints *fingerprints;
    unsigned families;               /* CT_FAMILIES_ALL, ... */
    bool components;                 /* read package metadata for an inventory, not only what fingerprints care about */
    bool hashes;                     /* SHA-1 and SHA-256 of Java archives: reads once more what can be */
    const struct ct_packages_os *os; /* of the tree that is looked at; null: unknown */
    atomic_bool *stop;               /* set from outside: give up soon. May be null */
};

/* For an archive that is a file tree (a layer of an image): its entries are files of that tree, at the paths that shows gives them. */
struct ct_inspect_tree {
    void *ctx;
    /* Is the entry a part of the tree, and where? An error stops. */
    ct_err (*shows)(void *ctx, const struct ct_nest_event *ev, ct_str *ret_path, bool *ret_shown);
    /* A package database, os-release, or a program with build information: to be read when the whole tree was seen. May take the entry's
     * bytes from the nest. */
    ct_err (*keep)(void *ctx, ct_nest *nest, enum ct_packages_kind kind, ct_str path);
};

typedef struct ct_inspector ct_inspector;

/* opts, report and loose outlive it. */
CT_MUST_USE ct_err ct_inspector_new(const struct ct_alloc *alloc, const struct ct_inspect_opts *opts, ct_scan_report *report,
                                    struct ct_loose *loose, ct_inspector **ret_inspector);
void ct_inspector_free(ct_inspector *i); /* adds its counts to the report; null is fine */

/* path: for the report. origin may be null. CT_ERR_NOMEM and CT_ERR_INTERRUPTED only. */
CT_MUST_USE ct_err ct_inspector_file(ct_inspector *i, struct ct_bytes_at bytes, ct_str path, const struct ct_scan_origin *origin);

/* The same for a database with its write-ahead log: what was written last may stand in that alone. log: null where there is none. */
CT_MUST_USE ct_err ct_inspector_database(ct_inspector *i, struct ct_bytes_at bytes, const struct ct_bytes_at *log, ct_str path,
                                         const struct ct_scan_origin *origin);

/* The same for an archive that holds a tree, compressed or not; entry: the one entry of the outer archive in which it lies, or empty where
 * bytes are the archive itself. CT_ERR_NOT_FOUND: no such entry, or no archive. */
CT_MUST_USE ct_err ct_inspector_tree(ct_inspector *i, struct ct_bytes_at bytes, ct_str entry, const struct ct_inspect_tree *tree);

/* Whether an entry of an archive has this name: many tars write "./" before each. */
bool ct_inspect_entry_is(ct_str name, ct_str entry);

#endif
