/* Which asset a report is about, and what stands against it.
 *
 * The machine id decides, where hardware ids do not contradict it; else the name, as long as no other machine goes by it. Machines that share an
 * id, and names that two machines claim, are shown and never merged: the report gets an asset of its own, "NAME#" and some digits.
 * An image goes by its name. A scan without root cannot read the firmware's number: its network cards are compared then. Weak side: so clones that were given the same cards
 * are told apart only by scans with root.
 */
#ifndef CT_RESPOND_IDENTIFY_H
#define CT_RESPOND_IDENTIFY_H

#include "scan/reread.h"
#include "store/asset.h"

struct ct_identified {
    struct ct_asset asset;  /* id 0: to be added as it stands */
    ct_str collision;       /* in words; empty: none */
};
/* Text lives in arena. */
CT_MUST_USE ct_err ct_identify(ct_db *db, ct_arena *arena, const struct ct_old_host *h, struct ct_identified *ret_identified);

#endif
