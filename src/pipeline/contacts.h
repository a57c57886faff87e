/* Who was contacted: the host names and addresses that stand in a DNS, proxy or flow log of one's own.
 *
 * An attempt whose callback host is among them was perhaps answered by a machine of ours: it goes first. Any text log
 * will do; every word that looks like a host name or an address counts. Kept as 64-bit hashes, at most CT_CONTACTS_MAX
 * (then `full` is set and a missing host proves nothing).
 */
#ifndef CT_PIPELINE_CONTACTS_H
#define CT_PIPELINE_CONTACTS_H

#include "base/alloc.h"
#include "base/err.h"
#include "base/str.h"

typedef struct ct_contacts ct_contacts;
CT_MUST_USE ct_err ct_contacts_new(const struct ct_alloc *alloc, ct_contacts **ret_set);
void ct_contacts_free(ct_contacts *c);
/* Whole lines. */
CT_MUST_USE ct_err ct_contacts_add(ct_contacts *c, ct_str lines);
bool ct_contacts_full(const ct_contacts *c);
/* Was this callback host seen? A host with a looked-up value in it (what the attacker wanted to learn) counts as seen when
 * any host below its registrable domain was. */
bool ct_contacts_has(const ct_contacts *c, ct_str host);

#endif
