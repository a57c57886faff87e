/* One installed or bundled piece of software, as it was found, whoever found it: package databases, metadata inside archives,
 * build information, class evidence. What scans print, what advisories are matched with and what bills of materials list.
 *
 * All text is borrowed; ct_component_dup makes a copy that lives in an arena. Text comes from outside and may hold any byte:
 * print it through text/printable.h and text/json_out.h. An empty string means that the source did not say; nothing here is
 * guessed without `confidence` saying so.
 */
#ifndef CT_SBOM_COMPONENT_H
#define CT_SBOM_COMPONENT_H

#include "base/arena.h"
#include "base/intern.h"
#include "version/ecosystem.h"

/* Where the identity comes from.   code      name in reports */
#define CT_COMPONENT_SOURCE_LIST(X)                                                                                            \
    X(PACKAGE_DB, "package database") /* dpkg, rpm, apk */                                                                     \
    X(METADATA, "package metadata")   /* dist-info, egg-info, package.json */                                                  \
    X(LOCK_FILE, "lock file")                                                                                                  \
    X(BUILD_INFO, "build information") /* of Go programs */                                                                    \
    X(POM_PROPERTIES, "pom.properties")                                                                                        \
    X(POM_XML, "pom.xml")                                                                                                      \
    X(MANIFEST, "manifest")                                                                                                    \
    X(FILE_NAME, "file name")                                                                                                  \
    X(CLASSES, "class evidence")

enum ct_component_source {
#define X(code, name) CT_COMPONENT_##code,
    CT_COMPONENT_SOURCE_LIST(X)
#undef X
        CT_COMPONENT_SOURCES
};

/* HIGH: the package's own record. MEDIUM: put together from fields that are meant for something else. LOW: a part of the
 * identity is a guess (a Maven group taken from a manifest's names, a version from a file's name). */
enum ct_confidence { CT_CONFIDENCE_HIGH, CT_CONFIDENCE_MEDIUM, CT_CONFIDENCE_LOW };

struct ct_component {
    ct_str purl; /* canonical; empty where the parts make none */
    enum ct_ecosystem ecosystem;
    ct_str group;         /* Maven groupId, npm "@scope", distribution ("debian") */
    ct_str name, version; /* version as the ecosystem writes it, with epoch and release */
    ct_str arch;
    ct_str origin, origin_version; /* source package, where it differs from the name: distributions' advisories name it */
    ct_str licence;                /* as declared: an SPDX expression or free text */
    ct_str supplier;               /* maintainer, vendor, author */
    ct_str cpe;
    ct_str path;         /* file, or chain into nested archives, that holds the component */
    ct_str record;       /* the entry that says so, inside path; empty where path itself is the record */
    ct_str sha1, sha256; /* of the file at path where that file is the component: lower-case hex */
    enum ct_component_source source;
    enum ct_confidence confidence;
};

const char *ct_component_source_name(enum ct_component_source s);
const char *ct_confidence_name(enum ct_confidence c); /* "high", "medium", "low" */

CT_MUST_USE ct_err ct_component_dup(ct_arena *arena, const struct ct_component *c, struct ct_component *ret_copy);
/* The same for collections: most texts of a component are those of another one. */
CT_MUST_USE ct_err ct_component_intern(struct ct_intern *in, const struct ct_component *c, struct ct_component *ret_copy);
/* By purl, ecosystem, group, name, version, path, record, hashes: a total order, so that a list sorts the same wherever it was
 * found. */
int ct_component_cmp(const struct ct_component *a, const struct ct_component *b);

#endif
