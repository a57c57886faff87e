/* What can be true of a component and a CVE, and which state is the safer one.
 *
 * The names are what reports print and what VEX maps from: towards VEX the first three are "affected". */
#ifndef CT_FINGERPRINT_STATE_H
#define CT_FINGERPRINT_STATE_H

#include "base/str.h"

/* The least safe first: a smaller number never claims more safety than a greater one.
 *    code                  name                    */
#define CT_STATE_LIST(X)                              \
    X(AFFECTED,            "affected")                \
    X(FIXED_ON_DISK,       "fixed_on_disk")       /* the file is fixed, and a process still runs the old code */ \
    X(UNDER_INVESTIGATION, "under_investigation") /* the evidence does not settle it */ \
    X(MITIGATED,           "mitigated")           /* affected code, and something covers this CVE */ \
    X(FIXED,               "fixed")                   \
    X(NOT_AFFECTED,        "not_affected")

enum ct_state {
#define X(code, name) CT_STATE_##code,
    CT_STATE_LIST(X)
#undef X
    CT_STATE_COUNT
};

const char *ct_state_name(enum ct_state s);
/* False when name is none of them. */
bool ct_state_named(ct_str name, enum ct_state *ret_state);

/* The less safe of two. */
static inline enum ct_state ct_state_worst(enum ct_state a, enum ct_state b) { return a < b ? a : b; }

#endif
