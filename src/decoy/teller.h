/* The teller: delivers finished events to the outlets and prints them. It sees no byte that is not inside an event, and has no
 * capability; its threads are the outlets'. */
#ifndef CT_DECOY_TELLER_H
#define CT_DECOY_TELLER_H

#include "decoy/decoy.h"

/* The process: returns its exit status. It ends when both the worker and the parent are gone or closed their ends. */
int ct_teller_main(const struct ct_decoy_opts *opts, int worker_fd, int parent_fd);

#endif
