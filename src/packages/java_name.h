/* What names alone say about a Java archive: file names, and manifests' names for things that are no group ids. */
#ifndef CT_PACKAGES_JAVA_NAME_H
#define CT_PACKAGES_JAVA_NAME_H

#include "base/str.h"

struct ct_java_file {
    ct_str stem;          /* without folders and ending */
    ct_str name, version; /* "log4j-core" and "2.14.1"; version may be empty */
    bool archive;         /* the ending is one of Java archives */
    bool plugin;          /* Jenkins': .hpi, .jpi */
};

/* path: '/' between folders, chains of nested archives too. Examples:
 *   log4j-core-2.14.1.jar         log4j-core, 2.14.1
 *   log4j-1.2-api-2.17.0.jar      log4j-1.2-api, 2.17.0      (a number inside a name: words that are no qualifiers follow it)
 *   guava-31.1-jre.jar            guava, 31.1-jre
 *   org.eclipse.osgi_3.12.1.jar   org.eclipse.osgi, 3.12.1 */
struct ct_java_file ct_java_file_of(ct_str path);

/* The group in a dotted name that ends in the artifact (Bundle-SymbolicName, Automatic-Module-Name), as Maven's bundle plugin
 * puts them together; a guess. Empty where it does not end so. org.apache.logging.log4j.core, log4j-core
 * org.apache.logging.log4j com.fasterxml.jackson.core.jackson-databind, ...  com.fasterxml.jackson.core com.google.guava, guava
 * com.google.guava */
ct_str ct_java_group_in(ct_str dotted, ct_str artifact);

/* The group of artifacts whose jars carry no pom, from how Maven Central has them; empty for unknown ones. */
ct_str ct_java_group_known(ct_str artifact, ct_str version);

#endif
