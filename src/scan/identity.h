/* Whose machine this is: what a report needs so that many hosts can be told apart later.
 *
 * Machine ids collide (cloned virtual machines) and host names do; the hardware id is a hash over what firmware and network
 * cards say, so that two clones differ in it. Reads only; nothing is resolved.
 */
#ifndef CT_SCAN_IDENTITY_H
#define CT_SCAN_IDENTITY_H

#include "base/arena.h"
#include "event/scan_event.h"

/* What cannot be had stays empty; fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_scan_identify(ct_arena *arena, struct ct_scan_identity *ret_who);

#endif
