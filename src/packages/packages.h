/* Installed software from what package managers, build tools and compilers leave on a disk: bytes in, components out.
 *
 *   dpkg      var/lib/dpkg/status, and status.d/ of images without a package manager
 *   rpm       rpmdb.sqlite, Packages.db (ndb), Packages (Berkeley DB hash): read page by page, nothing is linked for it
 *   apk       lib/apk/db/installed
 *   python    *.dist-info/METADATA, *.egg-info/PKG-INFO, single-file *.egg-info
 *   npm       package.json of packages below node_modules; package-lock.json and npm-shrinkwrap.json
 *   go        build information inside ELF, PE and Mach-O programs
 *   java      pom.properties, pom.xml and manifests of one archive decide together: packages/java.h
 *
 * A record that is malformed or over a cap does not hide those after it: what can be read is emitted, and the first fault is
 * what the call returns at the end. What was emitted stays true then, but the list may be incomplete.
 * Weak side: a database says what was installed through it, not what lies on the disk.
 */
#ifndef CT_PACKAGES_PACKAGES_H
#define CT_PACKAGES_PACKAGES_H

#include "base/bytes_at.h"
#include "base/fault.h"
#include "sbom/component.h"

enum ct_packages_kind {
    CT_PACKAGES_NONE,
    CT_PACKAGES_DPKG,
    CT_PACKAGES_DPKG_D,
    CT_PACKAGES_RPM_SQLITE,
    CT_PACKAGES_RPM_LOG,  /* the write-ahead log beside it: nothing by itself, goes to ct_packages_read_sqlite */
    CT_PACKAGES_RPM_NDB,
    CT_PACKAGES_RPM_BDB, /* wants ct_packages_read_at */
    CT_PACKAGES_APK,
    CT_PACKAGES_PYTHON,
    CT_PACKAGES_NPM,
    CT_PACKAGES_NPM_LOCK,
    CT_PACKAGES_GO,         /* by bytes, never by name; wants ct_packages_read_at */
    CT_PACKAGES_OS_RELEASE, /* goes to ct_packages_os */
    CT_PACKAGES_POM_PROPERTIES,
    CT_PACKAGES_POM_XML,
    CT_PACKAGES_MANIFEST, /* go to ct_java_add when inside an archive */
};

/* Which parser a file or an archive's entry goes to, by its name ('/' between folders, with or without a leading one). Made
 * to be asked for every entry: one look at the last bytes for most of them. */
enum ct_packages_kind ct_packages_wants(ct_str path);
/* The same for kinds that only bytes tell: head holds the first CT_PACKAGES_HEAD bytes, or all there are. */
enum ct_packages_kind ct_packages_sniff(ct_str head);
#define CT_PACKAGES_HEAD 64u
/* Most bytes that ct_packages_read takes of this kind. */
size_t ct_packages_max(enum ct_packages_kind kind);
/* ct_packages_read_at is the way for this kind: it holds little of the file at a time. */
bool ct_packages_is_random(enum ct_packages_kind kind);

/* The distribution that packages belong to: it decides their purl. Zeroed is "unknown". */
struct ct_packages_os {
    ct_str id, id_like, version_id, version_codename, name, pretty_name, cpe; /* of os-release */
    enum ct_ecosystem ecosystem;                                              /* of the distribution's own packages */
};
/* os_release: etc/os-release or usr/lib/os-release. Parts live in arena or borrow from the text. Unknown lines are skipped. */
CT_MUST_USE ct_err ct_packages_os(ct_arena *arena, ct_str os_release, struct ct_packages_os *ret_os);

struct ct_packages_in {
    enum ct_packages_kind kind;
    ct_str path;                     /* becomes component.path */
    const struct ct_packages_os *os; /* null: unknown */
};

/* c lives during the call: ct_component_dup what is kept. An error stops the reading and is returned as it is. */
typedef ct_err (*ct_packages_emit)(void *ctx, const struct ct_component *c);

/* arena: scratch, given back after each component and before the return: what emit keeps goes into another. Java kinds and
 * OS_RELEASE: CT_ERR_USAGE. fault may be null. */
CT_MUST_USE ct_err ct_packages_read(ct_arena *arena, const struct ct_packages_in *in, ct_str bytes, ct_packages_emit emit,
                                    void *ctx, struct ct_fault *fault);
CT_MUST_USE ct_err ct_packages_read_at(ct_arena *arena, const struct ct_packages_in *in, const struct ct_bytes_at *bytes,
                                       ct_packages_emit emit, void *ctx, struct ct_fault *fault);
/* RPM_SQLITE with its write-ahead log ("rpmdb.sqlite-wal" beside it), which may hold the newest changes; wal may be null. */
CT_MUST_USE ct_err ct_packages_read_sqlite(ct_arena *arena, const struct ct_packages_in *in, const struct ct_bytes_at *bytes,
                                           const struct ct_bytes_at *wal, ct_packages_emit emit, void *ctx,
                                           struct ct_fault *fault);

#endif
