/* The heartbeat's probe: a connection that comes in as a stranger's would, from an interface of its own. Internal to this folder.
 *
 * With rights: a TUN interface (gone with its descriptor, also by kill -9) from which one TCP connection is made by hand: it passes every
 * hook, rule and filter that a packet from outside passes, except those that name an interface. Without: a connection over loopback, which
 * proves the worker and what is behind it, and nothing of the firewall. What is read from the interface is this host's own answers;
 * of them 40 bytes at fixed places are looked at. */
#ifndef CT_DECOY_PROBE_H
#define CT_DECOY_PROBE_H

#include "decoy/wire.h"

struct ct_probe {
    int tun, loopback;           /* -1: none */
    char interface[16];
    struct ct_wire_probe is;     /* the newest */
    unsigned char dest[4];
    uint16_t dest_port;
    uint32_t sequence;
    bool answered, waiting;      /* SYN+ACK came; its end has not been seen yet */
    int64_t begun_ms, sent_ms;
};

/* CT_ERR_PERMISSION, CT_ERR_NOT_FOUND: no /dev/net/tun. */
CT_MUST_USE ct_err ct_probe_open(struct ct_probe *p);
void ct_probe_close(struct ct_probe *p);
/* Prepares the next probe: p->is can then be told to the worker; ct_probe_send lets it go. dest null: over loopback. */
CT_MUST_USE ct_err ct_probe_begin(struct ct_probe *p, const unsigned char dest[4], uint16_t port, uint16_t wanted, int64_t now_ms);
void ct_probe_send(struct ct_probe *p, int64_t now_ms); /* also again, once a second, until it is answered */
void ct_probe_read(struct ct_probe *p);                 /* the interface is readable */
/* Pure: what a packet of our interface says; for its own connection only. */
enum ct_probe_said { CT_PROBE_NOTHING, CT_PROBE_SYN_ACK, CT_PROBE_FIN };
enum ct_probe_said ct_probe_packet(const struct ct_probe *p, ct_str packet, uint32_t *ret_sequence, uint32_t *ret_length);

#endif
