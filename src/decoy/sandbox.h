/* What the worker gives up before it reads the first byte: its user, capabilities, new privileges, most system calls, the file
 * system, more memory and descriptors than it needs. Everything that the kernel does not have is left out and reported. */
#ifndef CT_DECOY_SANDBOX_H
#define CT_DECOY_SANDBOX_H

#include "decoy/decoy.h"
#include "decoy/wire.h"

/* wires: the two descriptors that messages go into. */
void ct_sandbox_enter(const struct ct_decoy_opts *opts, const int wires[2], struct ct_wire_ready *ret_ready);
/* The teller and the parent's own part: no new privileges, no capabilities but `keep` (a mask of 1 << CAP_X). */
void ct_sandbox_drop(uint64_t keep);

#endif
