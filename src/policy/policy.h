/* Policies: how long a finding may stay open, given what is known of it and of its asset. Pure: the clock is the caller's.
 *
 * A policy is a list of rules in YAML (docs/respond.md has the format). The first rule that fits counts. A fact that is not known fits every rule
 * that asks for it, and of all rules that may then be meant the earliest time counts: not knowing never buys time.
 * Refuses, with the line: unknown and repeated keys, unknown words, lengths that are none, more than the caps of base/limits.h, aliases.
 * Weak side: holidays and what is a weekend are the policy's own list, in a zone of a fixed distance from UTC.
 */
#ifndef CT_POLICY_POLICY_H
#define CT_POLICY_POLICY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

/*    code          key in rules     words; the first is "not known" */
#define CT_POLICY_FACT_LIST(X)                                                                     \
    X(SEVERITY,     "severity",      "unknown", "none", "low", "medium", "high", "critical")       \
    X(ENVIRONMENT,  "environment",   "unknown", "development", "staging", "production")            \
    X(EXPOSURE,     "exposure",      "unknown", "internal", "receives-public-input", "public")     \
    X(CRITICALITY,  "criticality",   "unknown", "low", "medium", "high", "critical")               \
    X(EXPLOITED,    "exploited",     "unknown", "no", "yes")                                       \
    X(AUTOMATABLE,  "automatable",   "unknown", "no", "yes")                                       \
    X(IMPACT,       "impact",        "unknown", "partial", "total")

enum ct_policy_fact {
#define X(code, key, ...) CT_POLICY_##code,
    CT_POLICY_FACT_LIST(X)
#undef X
    CT_POLICY_FACTS
};

const char *ct_policy_fact_key(enum ct_policy_fact f);
const char *ct_policy_fact_word(enum ct_policy_fact f, unsigned value); /* null: there is no such value */
/* The value of a word; empty and unknown words are 0. */
unsigned ct_policy_fact_value(enum ct_policy_fact f, ct_str word);

/*    code             name              from when it counts; the next one where that time is not known */
#define CT_POLICY_ANCHOR_LIST(X)                                                                    \
    X(LATER,           "later")          /* of publication and the first sight of the component on the asset */                      \
    X(PUBLICATION,     "publication")                                                               \
    X(NOTIFICATION,    "notification")                                                              \
    X(FIRST_SIGHT,     "first-sight")    /* when it was first found on the asset */

enum ct_policy_anchor {
#define X(code, name) CT_POLICY_ANCHOR_##code,
    CT_POLICY_ANCHOR_LIST(X)
#undef X
    CT_POLICY_ANCHORS
};
const char *ct_policy_anchor_name(enum ct_policy_anchor a);

enum ct_policy_length { CT_POLICY_WITHIN, CT_POLICY_WORKING_DAYS, CT_POLICY_BY, CT_POLICY_UPGRADE };

struct ct_policy_rule {
    ct_str name;
    uint32_t fits[CT_POLICY_FACTS]; /* a bit per value; 0: any */
    enum ct_policy_length length;
    int64_t us;                     /* WITHIN: microseconds; WORKING_DAYS: days; BY: microseconds since 1970 UTC; UPGRADE: no time at all */
    bool forensics;                 /* patching alone does not close it */
};

/* A clock of a whole incident. */
struct ct_policy_clock {
    ct_str name;
    enum ct_policy_length length;
    int64_t us;
    enum ct_policy_anchor from;     /* PUBLICATION, NOTIFICATION; FIRST_SIGHT is the opening of the incident */
};

struct ct_policy {
    ct_str name, about;
    enum ct_policy_anchor anchor;
    bool mitigation_stops;          /* a mitigated finding is not overdue */
    bool acceptance_restarts;       /* its whole length again after an acceptance, instead of what was left */
    int64_t zone_us;                /* east of UTC */
    const int64_t *holidays;        /* days since 1970 */
    size_t n_holidays;
    const struct ct_policy_rule *rules;
    size_t n_rules;
    const struct ct_policy_clock *clocks;
    size_t n_clocks;
};

/* All that the policy borrows lives in arena. fault: line and what is wrong. */
CT_MUST_USE ct_err ct_policy_read(ct_arena *arena, ct_str yaml, struct ct_policy *ret_policy, struct ct_fault *fault);

struct ct_policy_times {
    int64_t published, notified; /* microseconds since 1970 UTC; 0: not known */
    int64_t seen;                /* the component, on the asset */
    int64_t found;               /* the vulnerability, on the asset; always known */
};
int64_t ct_policy_anchor_of(enum ct_policy_anchor anchor, const struct ct_policy_times *t);

struct ct_policy_answer {
    const struct ct_policy_rule *rule; /* null: none fits */
    int64_t due;                       /* 0: no time */
    bool assumed;                      /* a fact that is not known was taken as the worst */
    bool forensics;
};
struct ct_policy_answer ct_policy_due(const struct ct_policy *p, const unsigned facts[CT_POLICY_FACTS], int64_t anchor_us);
/* The time that lies so far behind another. */
int64_t ct_policy_after(const struct ct_policy *p, enum ct_policy_length length, int64_t us, int64_t anchor_us);

/* For people: rules in words, a line each; "48h", "3 working days", "by 2021-12-23T22:00:00Z". */
void ct_policy_print(struct ct_buf *out, const struct ct_policy *p);
void ct_policy_print_length(struct ct_buf *out, enum ct_policy_length length, int64_t us);
/* How many combinations of facts (none of them unknown) no rule fits. */
size_t ct_policy_uncovered(const struct ct_policy *p, size_t *ret_all);

/* Shipped ones. */
struct ct_policy_preset {
    ct_str name, yaml;
};
extern const struct ct_policy_preset ct_policy_presets[];
extern const size_t ct_policy_presets_n;

#endif
