/* An allocator whose n-th call fails, once or from then on, and that notices what was not given back.
 *
 *   for (unsigned n = 0;; n++) {
 *       struct fault_alloc f;
 *       fault_alloc_init(&f, n, persistent);
 *       err = work(&f.alloc);
 *       assert_int_equal(f.live, 0);
 *       if (!f.failed) break;              // n is past the last allocation: the work succeeded
 *       assert_int_equal(err, CT_ERR_NOMEM);
 *   }
 */
#ifndef CT_TESTS_FAULT_ALLOC_H
#define CT_TESTS_FAULT_ALLOC_H

#include "base/alloc.h"

#include <stdbool.h>

struct fault_alloc {
    struct ct_alloc alloc; /* .ctx must point to this struct: call fault_alloc_init in place */
    unsigned countdown;    /* allocations that still succeed */
    bool persistent;
    bool failed;           /* some call was made to fail */
    long live;             /* allocations not yet freed */
};

void fault_alloc_init(struct fault_alloc *f, unsigned fail_at, bool persistent);

#endif
