/* What a Java policy file grants a piece of code as to the network: may it connect, may it resolve names, and where to.
 *
 * Read as the JDK's PolicyParser reads it: its tokens, comments, property expansion, codeBase matching and SocketPermission
 * names and actions; a file with a syntax error grants nothing there and is CT_ERR_SYNTAX here. What only the running JVM
 * knows (who signed the code, principals, properties without a known value) makes a grant possible and not certain.
 * The test against the real JDK is tests/unit/runtime/against_java.py.
 *
 * Weak sides: grants by host name are classified, not resolved; code that runs in several files at once (a caller with fewer
 * rights) is judged by the one file asked about, so that more may be denied in truth than is said here, never less.
 */
#ifndef CT_RUNTIME_JAVA_POLICY_H
#define CT_RUNTIME_JAVA_POLICY_H

#include "base/arena.h"
#include "base/fault.h"

/* How far, least first. LOCAL: this host only. SOME: named hosts or domains. ANY: wherever an attacker says. */
enum ct_reach { CT_REACH_NONE, CT_REACH_LOCAL, CT_REACH_SOME, CT_REACH_ANY };
const char *ct_reach_name(enum ct_reach r);

struct ct_policy_answer {
    enum ct_reach connect, resolve;             /* granted for certain */
    enum ct_reach may_connect, may_resolve;     /* with everything that may apply */
};

struct ct_policy_question {
    ct_str code;           /* absolute path of the jar that asks; empty: any, grants to a codeBase are possible ones */
    /* A system property; false: its value is not known. Null: none is. "/" is always known. */
    bool (*property)(void *ctx, ct_str name, ct_str *ret_value);
    /* The path without links, for both sides of a comparison; null: as written, without "//", "/./" and "/../". */
    ct_err (*canonical)(void *ctx, ct_str path, ct_str *ret_path);
    void *ctx;
};

/* Adds what this file grants to the answer, which starts zeroed. On failure the answer is untouched. */
CT_MUST_USE ct_err ct_java_policy_ask(ct_arena *arena, ct_str text, const struct ct_policy_question *q,
                                      struct ct_policy_answer *answer, struct ct_fault *fault);

#endif
