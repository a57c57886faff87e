/* How far a scan looked, and whether another one looked at least as far: only then does what it no longer sees count as gone.
 *
 * At least as far: complete, every root within one of its own, nothing excluded that the other did not exclude, running programs
 * looked at as much, containers of all families opened where the other did.
 * Weak side: exclusions are compared by their text; another glob that means the same counts as wider.
 */
#ifndef CT_SCAN_SCOPE_H
#define CT_SCAN_SCOPE_H

#include "base/str.h"

struct ct_scope {
    bool complete;
    int processes;              /* 0 none, 1 of its own user, 2 all */
    ct_str families;            /* "all", "zip" */
    const ct_str *roots, *exclusions;
    size_t n_roots, n_exclusions;
};

/* Of what a report says: "yes", "own user only", "no". */
int ct_scope_processes(ct_str word);
bool ct_scope_covers(const struct ct_scope *s, const struct ct_scope *other);
/* path is root, or below it. */
bool ct_scope_within(ct_str path, ct_str root);

#endif
