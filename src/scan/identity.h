/* Whose machine this is: what a report needs so that many hosts can be told apart later.
 *
 * Machine ids collide (cloned virtual machines) and host names do. The hardware id is a hash over what firmware and network cards
 * say (the DMI product UUID, which root alone can read, and the addresses of real or paravirtual cards): clones that share a
 * machine id differ in it, since no two guests of one network share those. The boot id tells two boots of one machine apart, and two
 * machines for certain. Only reads; nothing is resolved and nothing is asked over the network.
 *
 * Weak sides: without root the hardware id rests on network cards alone, so that a scan as another user may name another one;
 * containers share the firmware of their host, which is why `container` stands beside it.
 */
#ifndef CT_SCAN_IDENTITY_H
#define CT_SCAN_IDENTITY_H

#include "base/arena.h"
#include "event/scan_event.h"

/* What cannot be had stays empty; fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_scan_identify(ct_arena *arena, struct ct_scan_identity *ret_who);

/* The parts that need no machine. A machine id is 32 hex digits; "uninitialized" and all zeros are none. */
bool ct_identity_is_machine_id(ct_str s);
/* A network card's address as Linux prints it, not all zeros and no broadcast. */
bool ct_identity_is_mac(ct_str s);
/* 32 hex digits over a DMI UUID (may be empty, or one of the fillers that vendors leave) and addresses in any order; empty when there is
 * nothing to hash. Sorts macs. */
CT_MUST_USE ct_err ct_identity_hardware(ct_arena *arena, ct_str uuid, ct_str *macs, size_t n_macs, ct_str *ret_id);

/* Two reports with one machine id: of one machine? Firmware is read with rights alone: a report without them has for a hardware id what its
 * network cards say (network: the same, made from them alone), and then those are compared. UNKNOWN: one of them says nothing of its
 * hardware, so that names decide. */
enum ct_same_machine { CT_SAME_MACHINE_NO, CT_SAME_MACHINE_UNKNOWN, CT_SAME_MACHINE_YES };
enum ct_same_machine ct_identity_same(ct_str hardware_a, ct_str network_a, ct_str hardware_b, ct_str network_b);

#endif
