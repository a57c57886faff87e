/* One state per component and CVE, out of what every source says, with the reason in plain words.
 *
 * Sources: class evidence, package metadata against advisories, and what running processes show. Each one's verdict is kept. Class
 * evidence wins over metadata where it settles the question; where two sources that both claim to know contradict each other,
 * the answer is `affected` and `conflict` is set. A control mitigates only the CVEs that it covers (docs/fingerprints.md has the
 * table), only in the releases in which it works, and only when its coverage is known; an unknown one is named and changes
 * nothing. Adding evidence of an affected component never makes the state safer.
 *
 * Weak sides: one process at a time (take the worst over all that run the component with ct_state_worst); nothing here knows whether a
 * vulnerable configuration is in use: conditions stay with the finding as text.
 */
#ifndef CT_ASSESS_ASSESS_H
#define CT_ASSESS_ASSESS_H

#include "base/arena.h"
#include "base/err.h"
#include "fingerprint/state.h"

/*    code            name in reports */
#define CT_ASSESS_SOURCE_LIST(X)            \
    X(CLASSES,        "class evidence")     \
    X(METADATA,       "package metadata")   \
    X(ADVISORY,       "advisory")           \
    X(PROCESS,        "running process")

enum ct_assess_source {
#define X(code, name) CT_ASSESS_##code,
    CT_ASSESS_SOURCE_LIST(X)
#undef X
    CT_ASSESS_SOURCES
};
const char *ct_assess_source_name(enum ct_assess_source s);

struct ct_assess_verdict {
    enum ct_assess_source source;
    enum ct_state state;
    ct_str reason;
};

/* What a process's Security Manager does about sockets. */
enum ct_security_manager {
    CT_SECURITY_MANAGER_NONE,
    CT_SECURITY_MANAGER_DENIES,   /* its policy grants the code neither connect nor resolve */
    CT_SECURITY_MANAGER_RESOLVES, /* no connect, but resolve: names leak through DNS */
    CT_SECURITY_MANAGER_GRANTS,   /* the policy lets it connect: gives nothing */
    CT_SECURITY_MANAGER_UNKNOWN,  /* there is one (installed in code, or its policy cannot be read) */
};

/* What one process shows. All zero: it runs the component and nothing is known about it. */
struct ct_process_evidence {
    ct_str no_lookups_property; /* value of log4j2.formatMsgNoLookups (or log4j.formatMsgNoLookups, formatMsgNoLookups); null p: not set */
    ct_str no_lookups_env;      /* value of LOG4J_FORMAT_MSG_NO_LOOKUPS; null p: not set */
    enum ct_security_manager security_manager;
    bool hotpatch_agent;        /* the agent that replaces JndiLookup.lookup is attached */
    bool trust_url_codebase_off; /* the JRE refuses remote classes: named, never a mitigation */
    bool old_code;              /* started before the file changed, or holds a deleted one: the file's state is not the process's */
    ct_str old_code_how;        /* "holds the deleted file open" */
    enum ct_state old_state;    /* what the old code is, where known; AFFECTED where not */
    bool old_state_known;
};

struct ct_assess_input {
    ct_str cve;
    ct_str version;             /* by class evidence one or a range "A-B", else by metadata; for the no-lookups flag and reasons */
    const enum ct_state *classes; /* null: no class evidence about this CVE */
    ct_str classes_reason;
    const enum ct_state *metadata; /* null: metadata gives no version */
    ct_str metadata_reason;
    const enum ct_state *advisory; /* null: no advisory speaks about the package */
    ct_str advisory_reason;
    const struct ct_process_evidence *process; /* null: nothing runs it, or nobody looked */
};

struct ct_assessment {
    enum ct_state state;
    ct_str reason;
    bool conflict;
    const struct ct_assess_verdict *verdicts; /* one per source that spoke, in the order of the list */
    size_t n_verdicts;
    ct_str controls;            /* every control seen and what it does for this CVE, in words; empty: none */
};

CT_MUST_USE ct_err ct_assess(ct_arena *arena, const struct ct_assess_input *in, struct ct_assessment *ret_assessment);

#endif
