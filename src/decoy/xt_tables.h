/* The tables of iptables-legacy, as the kernel hands them out: a block of entries, in which a jump is an offset. Read only where such a table stands
 * already: asking for one that does not would have the kernel load it. Internal to this folder.
 * Weak side: without root, tables that are built into the kernel and not modules are not known of. */
#ifndef CT_DECOY_XT_TABLES_H
#define CT_DECOY_XT_TABLES_H

#include "decoy/publish.h"

/* Pure: one block of entries, of IPv4 or IPv6. table: for the names of chains. False: it is no such block, and nothing of it may be believed. */
bool ct_xt_entries(struct ct_publish *to, bool v6, ct_str table, ct_str entries, bool (*is_local)(void *ctx, ct_str address), void *ctx);
/* Asks the kernel. CT_ERR_READ: a table stands there and cannot be read. */
CT_MUST_USE ct_err ct_xt_read(ct_arena *arena, struct ct_publish *to, bool (*is_local)(void *ctx, ct_str address), void *ctx);

#endif
