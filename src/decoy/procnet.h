/* /proc/net/tcp, tcp6, udp, udp6: who has which port. Pure, line by line. Internal to this folder. */
#ifndef CT_DECOY_PROCNET_H
#define CT_DECOY_PROCNET_H

#include "base/str.h"

struct ct_procnet_row {
    uint16_t port, peer_port;
    unsigned state;   /* 10: listening (TCP); 7: bound (UDP) */
    bool loopback;    /* bound to a loopback address alone */
    uint64_t inode;
};

/* False for the head line and whatever else is no row. */
bool ct_procnet_row(ct_str line, struct ct_procnet_row *ret_row);

/* A line of /proc/net/ip_vs that names a virtual service: "TCP  0A000001:01BB rr". *ret_port 0: by a mark of the firewall's, so by any port. */
bool ct_procnet_ipvs(ct_str line, bool *ret_udp, uint16_t *ret_port);

#endif
