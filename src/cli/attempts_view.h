/* Attempts as people and programs read them: by campaign, and against assets. */
#ifndef CT_CLI_ATTEMPTS_VIEW_H
#define CT_CLI_ATTEMPTS_VIEW_H

#include "cli/stored.h"
#include "store/attempt_row.h"

#define CT_ATTEMPTS_FRESH_US (7 * 86400 * (int64_t)1000000)

struct ct_attempts_view {
    struct ct_attempt_filter filter;
    int64_t fresh_us;      /* how old a complete look may be */
    int64_t asset;         /* against this one alone; 0: all */
    bool json, verbose;
    size_t columns;        /* of the terminal */
};
/* *ret_status: 1 there are some, 0 none are of the kind that was asked for, 3 nothing was ever imported. */
CT_MUST_USE ct_err ct_attempts_list(struct ct_stored *s, const struct ct_attempts_view *v, int *ret_status);
/* *ret_status: 1 one would have fired; 3 none is known to, and not everything could be ruled out; 0 none would. */
CT_MUST_USE ct_err ct_attempts_against(struct ct_stored *s, const struct ct_attempts_view *v, int *ret_status);

#endif
