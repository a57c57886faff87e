/* What stands between a log message and the network in one JVM, by its arguments and its version: the Security Manager, the
 * no-lookups switch of Log4j, remote class loading, agents that patch the flaw while it runs.
 *
 * A Security Manager can be installed by a flag or by the program itself. The second leaves no trace outside of the process,
 * which is never touched: known programs are named, and where one may have been installed the answer is MAYBE, never NONE.
 *
 *   java.security.manager   up to 11        12 to 17         18 to 23         from 24
 *   not set                 maybe           maybe            none             none
 *   empty, "default"        default         default          default          (does not start)
 *   "allow"                 maybe           maybe            maybe            (does not start)
 *   "disallow"              maybe           none             none             none
 *   a class                 that class      that class       that class       (does not start)
 */
#ifndef CT_RUNTIME_JAVA_SECURITY_H
#define CT_RUNTIME_JAVA_SECURITY_H

#include "runtime/java_args.h"

enum ct_java_manager {
    CT_JAVA_MANAGER_NONE,
    CT_JAVA_MANAGER_MAYBE,   /* the program may have installed one */
    CT_JAVA_MANAGER_DEFAULT, /* java.lang.SecurityManager: the policy files decide */
    CT_JAVA_MANAGER_CLASS,   /* a class of the program's own */
    CT_JAVA_MANAGER_IN_CODE, /* a program known to install one */
};

struct ct_java_security {
    enum ct_java_manager manager;
    ct_str manager_class;    /* of CT_JAVA_MANAGER_CLASS */
    const char *program;     /* of CT_JAVA_MANAGER_IN_CODE */
    ct_str policy;           /* java.security.policy without its second '='; null p: not set */
    bool policy_alone;       /* "==": the JDK's own policy files do not count */
    bool policy_unknowable;  /* java.security.properties may have moved the policy files */
};

void ct_java_security_read(const struct ct_java_args *a, unsigned major, struct ct_java_security *ret_security);

/* Is this a spelling of log4j2.formatMsgNoLookups that Log4j 2.10.0 to 2.14.1 takes? */
bool ct_log4j_is_no_lookups(ct_str property);
/* The value that decides; where several spellings are set, one that is not "true" if there is any, since which one wins is
 * left to a hash table. False: not set. */
bool ct_log4j_no_lookups(const struct ct_java_args *a, ct_str *ret_value);

/* Remote classes: a property ...trustURLCodebase is set to true. */
bool ct_java_trusts_urls(const struct ct_java_args *a);

/* The name of a known agent that takes JndiLookup out of a running Log4j, by the file name of its jar; null: none. What the
 * agent did cannot be seen from outside. */
const char *ct_java_hotpatch(ct_str path);
/* The same by the class that its manifest gives as Agent-Class or Premain-Class, in whatever jar. */
const char *ct_java_hotpatch_class(ct_str name);

#endif
