/* The sniffer: hears packets that no connection comes of. Internal to this folder.
 *
 * ct_sniff_parse is pure: one packet from its network header on, as far as it was captured. It tells the touches of contact_in.h;
 * fragments other than the first, and packets it cannot read to their ports, are none. */
#ifndef CT_DECOY_HEAR_H
#define CT_DECOY_HEAR_H

#include "actor/contact_in.h"
#include "decoy/wire.h"

struct ct_worker;
struct ct_sniffer;

/* payload: of a datagram, as far as it was captured. */
bool ct_sniff_parse(ct_str packet, struct ct_touch *ret_touch, ct_str *ret_payload);

/* The parent opens the socket with its kernel filter and ring. CT_ERR_PERMISSION: no right to. */
CT_MUST_USE ct_err ct_sniffer_open(const uint16_t *skip_udp, size_t n, int *ret_fd, struct ct_wire_ring *ret_ring);
/* Datagrams to these ports, which belong to services, are not even copied: the busiest 96 of them. */
CT_MUST_USE ct_err ct_sniffer_filter(int fd, const uint16_t *skip_udp, size_t n);

/* The worker reads it. fd is owned from now on. */
CT_MUST_USE ct_err ct_sniffer_new(struct ct_worker *w, int fd, const struct ct_wire_ring *ring, struct ct_sniffer **ret_sniffer);
void ct_sniffer_read(struct ct_sniffer *s);
void ct_sniffer_stats(struct ct_sniffer *s);

#endif
