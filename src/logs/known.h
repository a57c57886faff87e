/* The table of well-known log places, below a root that tests choose. */
#ifndef CT_LOGS_KNOWN_H
#define CT_LOGS_KNOWN_H

#include "logs/source.h"

/* root "" is this host. */
CT_MUST_USE ct_err ct_paths_known_below(const struct ct_alloc *alloc, const char *root, struct ct_path_list *ret_list);

#endif
