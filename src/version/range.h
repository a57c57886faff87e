/* Sets of versions, as people and advisories write them.
 *
 *   [1.0,2.3)   (,1.0]   [1.0]   [1,2),[3,4)      Maven's intervals and their unions
 *   vers:maven/>=2.0|<2.3                         the "vers" scheme of package URLs; vers:maven/ * is every version
 *   >=1.2 <2   >=1.2, !=1.5, <2   <1 || >=2       comparators (= == != < <= > >=): all of a list hold, "||" is either list
 *   1.0   *                                       one version; every version
 *
 * Refuses, with the offset: a bracket, comparator or version that is missing or malformed, what the ecosystem's ordering
 * refuses as a version, bounds in the wrong order, a list that no version can meet, a vers scheme of another ecosystem;
 * more than CT_RANGE_PARTS_MAX parts (CT_ERR_CAP). npm's "^" and "~" and wildcards inside versions are no comparators here.
 * Weak side: in Maven's notation a comma is always a separator.
 */
#ifndef CT_VERSION_RANGE_H
#define CT_VERSION_RANGE_H

#include "base/arena.h"
#include "base/fault.h"
#include "version/version.h"

struct ct_interval {
    ct_str low, high;         /* keys; a null p: open on that side */
    bool low_in, high_in;     /* the bound itself belongs to it */
    const ct_str *except;     /* keys of versions that do not */
    size_t except_n;
};

struct ct_range {
    enum ct_order order;
    const struct ct_interval *intervals;
    size_t n;
};

/* e: the package's ecosystem; UNKNOWN: taken from the vers scheme. The range lives in arena and borrows nothing. */
CT_MUST_USE ct_err ct_range_parse(ct_arena *arena, enum ct_ecosystem e, ct_str text, struct ct_range *ret_range, struct ct_fault *fault);
/* Fails when the ordering refuses the version. */
CT_MUST_USE ct_err ct_range_contains(const struct ct_range *range, ct_str version, bool *ret_in);
bool ct_range_contains_key(const struct ct_range *range, ct_str key);

#endif
