/* The values of a scan's option that may be given often, and the scan that `up` makes with them. */
#ifndef CT_CLI_SCAN_LIST_H
#define CT_CLI_SCAN_LIST_H

#include <stddef.h>

enum { CT_SCAN_LIST_MAX = 64 };

struct ct_scan_list {
    const char *items[CT_SCAN_LIST_MAX];
    size_t n;
};

const char *ct_scan_list_add(struct ct_scan_list *list, const char *value); /* null, or what is wrong */

struct ct_scan_state;

/* What `up` shows of this host's files: at most so many seconds of walking; keep is handed the scan after it was shown. The exit status. */
int ct_scan_this_host(unsigned jobs, unsigned seconds, const struct ct_scan_list *exclude, void (*keep)(struct ct_scan_state *s));

#endif
