/* Log4j version profiles: each is a range of releases whose lookups behave alike.
 *
 * No version is a superset of another, so a verdict evaluates all of them. The differences are few switches; the
 * evaluator reports which switches an evaluation touched (ct_eval_result.touched), so that profiles which differ only in
 * untouched ones need no run of their own.
 */
#ifndef CT_LOOKUP_PROFILE_H
#define CT_LOOKUP_PROFILE_H

#include "base/err.h"
#include "base/str.h"

enum ct_feature {
    CT_FEAT_NAMES_EXPAND = 1u << 0, /* ${...} inside a name is expanded first (2.8 on) */
    CT_FEAT_PREFIX_FOLD = 1u << 1,  /* the prefix is lower-cased, Locale.US (2.8 on) */
    CT_FEAT_REPEAT_PASS = 1u << 2,  /* %m is substituted again for every "${" still there (2.6 on) */
    CT_FEAT_CASE_LOOKUPS = 1u << 3, /* lower and upper (2.13.0 on) */
    CT_FEAT_ESCAPED_DELIM = 1u << 4,/* ":\-" (2.13.1 on) */
    CT_FEAT_EVENT_LOOKUP = 1u << 5, /* event (2.13.2 on) */
    CT_FEAT_DEFAULTS = 1u << 6,     /* ":-" gives a default, and "$${" before the first variable no longer throws (2.0-rc2 on) */
    CT_FEAT_JAVA_LOOKUP = 1u << 7,  /* java, which throws for a key it does not know (2.1 on) */
    CT_FEAT_FROM_FIRST = 1u << 8,   /* the pass starts at the first "${", so that a '$' before it escapes nothing (2.15.0) */
};

/* What a message needs to be substituted at all. */
enum ct_msg_mode {
    CT_MSG_DEFAULT,        /* on by default */
    CT_MSG_OPT_IN,         /* only with %m{lookups} (2.15.0) */
    CT_MSG_NEVER,
};

/* What the jndi lookup does. */
enum ct_jndi_mode {
    CT_JNDI_ANY,           /* any name */
    CT_JNDI_ALLOW_LIST,    /* 2.15.0: java, ldap, ldaps; ldap hosts must be local as java.net.URI reads them */
    CT_JNDI_OPT_IN,        /* 2.16.0: registered with log4j2.enableJndi=true only; the allow-list as in 2.15.0 */
    CT_JNDI_JAVA_ONLY,     /* 2.17.0, 2.12.3, 2.3.1 on: opt-in and "java:" names only: never connects */
    CT_JNDI_STUB,          /* 2.12.2: never registered */
};

struct ct_profile {
    ct_str first, last;    /* releases, inclusive; last empty: and later */
    ct_str name;           /* for people: "2.13.2-2.14.1" */
    unsigned features;     /* enum ct_feature */
    enum ct_msg_mode message;
    enum ct_jndi_mode jndi;
    bool context_expands;  /* a context value in the layout is expanded recursively (until 2.17.0 / 2.12.3 / 2.3.1) */
};

/* All of them, oldest first; branches last. Static. */
const struct ct_profile *ct_profiles(size_t *ret_n);
/* The profile a release belongs to ("2.14.1", "2.0-beta9", "2.0-rc1"), or null: no log4j-core release with lookups. */
const struct ct_profile *ct_profile_find(ct_str release);

#endif
