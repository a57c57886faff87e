/* What a Java archive is, from everything inside it that says so: feed what ct_packages_wants names, ask at the end.
 *
 *   ct_java_new(arena, name, &j)                      once per archive; name: its path or entry name
 *   ct_java_add(j, kind, entry, bytes)                each pom.properties, pom.xml and MANIFEST.MF of this archive
 *   ct_java_components(j, sha1, sha256, emit, ctx)    the archive's own component first, then those bundled (shaded) into it
 *
 * How it decides. Every pom.properties is a component of its own (a shaded jar has many); a pom.xml beside it adds licence and
 * group, one without is a component of its own where it names artifact and version. The archive itself is the pom whose
 * artifactId fits the file's name, or the only one; without any, the manifest and the file's name decide. A group comes from a
 * pom, or from the bundle's symbolic name, automatic module name or vendor id when they end in the artifact's name; such a
 * group is CT_CONFIDENCE_LOW. Without any group the component has no purl with a namespace that was made up: group stays empty
 * and purl too.
 *
 * Weak sides: jars that were stripped of META-INF and renamed have no identity here (class evidence has); a pom.xml's
 * properties are resolved inside the file and its stated parent only.
 */
#ifndef CT_PACKAGES_JAVA_H
#define CT_PACKAGES_JAVA_H

#include "packages/packages.h"

typedef struct ct_java ct_java;

/* Lives in arena; copies what it keeps. */
CT_MUST_USE ct_err ct_java_new(ct_arena *arena, ct_str path, ct_java **ret_java);
/* bytes: at most ct_packages_max(kind). Malformed files are counted and skipped (CT_ERR_SYNTAX is never fatal to j); past
 * CT_JAVA_POMS_MAX files CT_ERR_CAP. */
CT_MUST_USE ct_err ct_java_add(ct_java *j, enum ct_packages_kind kind, ct_str entry, ct_str bytes);
/* False: nothing here says that it is a Java archive, and ct_java_components would emit nothing. */
bool ct_java_any(const ct_java *j);
/* sha1, sha256: of the archive, lower-case hex, or empty. */
CT_MUST_USE ct_err ct_java_components(ct_java *j, ct_str sha1, ct_str sha256, ct_packages_emit emit, void *ctx);

#endif
