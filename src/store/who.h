/* Who changes something, why, and when: goes with every change into the timeline. */
#ifndef CT_STORE_WHO_H
#define CT_STORE_WHO_H

#include "base/str.h"

struct ct_who {
    ct_str actor;    /* a person or a program; never empty */
    ct_str why;      /* may be empty */
    int64_t now_us;  /* microseconds since 1970 UTC: the clock is the caller's */
};

#endif
