/* Controls that people put in place, and what each kind is known to do about which CVE, in which releases.
 *
 * One table, with what it rests on: Apache's security page, the source of the releases, and runs of the real ones. Where it says nothing the
 * answer is UNKNOWN, never yes. A rule in a proxy or a firewall covers nothing: it is noted, and no state rests on it.
 * Weak side: it knows what a kind does where it was put in right; that it was is the evidence's word.
 */
#ifndef CT_ASSESS_CONTROL_KIND_H
#define CT_ASSESS_CONTROL_KIND_H

#include "base/str.h"

/*    code              name                 for people */
#define CT_CONTROL_LIST(X)                                                                  \
    X(CLASS_REMOVED,    "class-removed",     "JndiLookup.class taken out of every copy")    \
    X(NO_LOOKUPS,       "no-lookups",        "log4j2.formatMsgNoLookups=true")              \
    X(SECURITY_MANAGER, "security-manager",  "a Java Security Manager whose policy grants neither connect nor resolve") \
    X(HOT_PATCH,        "hot-patch",         "an agent that replaced JndiLookup.lookup in the running process") \
    X(ISOLATED,         "isolated",          "nothing reaches it, and it reaches nothing")  \
    X(WAF,              "waf",               "a rule in a proxy: noted, covers nothing")    \
    X(EGRESS,           "egress",            "a rule for what may leave: noted, covers nothing")

enum ct_control_kind {
#define X(code, name, text) CT_CONTROL_##code,
    CT_CONTROL_LIST(X)
#undef X
    CT_CONTROL_KINDS
};
const char *ct_control_name(enum ct_control_kind k);
const char *ct_control_text(enum ct_control_kind k);
/* "class-removed" and so on, in any case. */
bool ct_control_named(ct_str name, enum ct_control_kind *ret_kind);
/* Noted, and never more: waf, egress. */
bool ct_control_only_noted(enum ct_control_kind k);

enum ct_coverage { CT_COVERAGE_NO, CT_COVERAGE_UNKNOWN, CT_COVERAGE_YES };
/* version: one release or a range "A-B" of the component; null p: whatever it is. fed: what the public causes to be written reaches the asset although
 * nothing reaches it from outside. *ret_words: why, for people; static. */
enum ct_coverage ct_control_coverage(enum ct_control_kind k, ct_str cve, ct_str version, bool fed, const char **ret_words);

/* Every release that the text names ("2.14.1", "2.13.0-2.14.1", several by commas) lies between these two, both included. False for what
 * is no release number alone. */
bool ct_releases_within(ct_str version, const char *first, const char *last);

#endif
