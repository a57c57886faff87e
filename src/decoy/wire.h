/* What the decoy's three processes say to each other, over UNIX sockets that keep messages apart (SOCK_SEQPACKET).
 *
 * Parent to worker: descriptors and what the kernel says of this host. Worker to parent: fixed numbers, believed in nothing (a
 * worker that was taken over may send anything: the parent takes a message of the right size and no more than that from it).
 * Worker to teller: finished events. Nobody waits for a peer that does not read: a message that cannot go is the sender's to keep.
 * Weak side: all three are one program of one build; the layout is that of the machine. */
#ifndef CT_DECOY_WIRE_H
#define CT_DECOY_WIRE_H

#include "base/err.h"
#include "base/str.h"

enum ct_wire {
    CT_WIRE_LISTENER = 1, /* parent -> worker: struct ct_wire_listener and a descriptor */
    CT_WIRE_RECORD,       /* parent -> worker: a descriptor to append to, opened anew after rotation */
    CT_WIRE_SNIFFER,      /* parent -> worker: struct ct_wire_ring and a descriptor */
    CT_WIRE_METRICS,      /* parent -> worker: a listening descriptor on loopback */
    CT_WIRE_OWNED,        /* parent -> worker: struct ct_wire_owned */
    CT_WIRE_ADDRESSES,    /* parent -> worker: 16 bytes each, the addresses of this host */
    CT_WIRE_LOWER,        /* parent -> worker: int32_t each, sorted: interfaces under a bridge or bond, whose packets come again above */
    CT_WIRE_PROBE,        /* parent -> worker: struct ct_wire_probe, a probe is on its way */
    CT_WIRE_WORKER,       /* parent -> teller: a descriptor, the new worker's end */
    CT_WIRE_STOP,         /* parent -> worker: say what is left, and end */
    CT_WIRE_READY,        /* worker -> parent: struct ct_wire_ready, the sandbox stands */
    CT_WIRE_HEARD,        /* worker -> parent: struct ct_wire_probe, how far it came */
    CT_WIRE_COUNTS,       /* worker -> parent: struct ct_counts, once a second */
    CT_WIRE_EVENT,        /* worker and parent -> teller: an id of 16 bytes and one JSON object */
    CT_WIRE_BEAT,         /* the same, the event of a probe: struct ct_wire_probe, id, JSON object */
    CT_WIRE_BACKGROUND,   /* worker -> teller: a piece of a list that is kept as a file, see learned.h */
    CT_WIRE_TOLD,         /* teller -> parent: struct ct_wire_probe, its event went to the outlets */
};

struct ct_wire_listener {
    uint16_t port, as; /* as: the port whose face it plays */
    bool diverted, v6; /* diverted: the kernel sends connections to other ports here, which the socket's own name tells */
};

struct ct_wire_ring {
    uint32_t block_size, blocks; /* 0 blocks: no ring, packets are read one by one */
    int32_t ephemeral_first, ephemeral_last; /* ports that this host's own connections start from */
};

/* Ports that a service of this host has or had lately: a bit each. */
struct ct_wire_owned {
    unsigned char tcp[8192], udp[8192];
};

enum ct_probe_stage {
    CT_PROBE_SENT,
    CT_PROBE_SNIFFED = 1,  /* bit: the sniffer saw its packet */
    CT_PROBE_ACCEPTED = 2, /* bit: a connection came through */
    CT_PROBE_RECORDED = 4, /* bit: its contact was written down */
};

struct ct_wire_probe {
    uint64_t number;
    unsigned char source[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t source_port;
    uint16_t stages, wanted; /* bits; when all that are wanted came its event goes out */
};

struct ct_wire_ready {
    bool uid, no_capability, no_new_privs, seccomp, landlock, rlimits;
    int32_t landlock_abi;
};

/* What a worker counts since it began. */
struct ct_counts {
    uint64_t connections, sessions, tls_sessions, evicted, refused; /* sessions, tls_sessions: now; refused: no descriptor left */
    uint64_t bytes_in, bytes_out;
    uint64_t packets, kernel_drops, touches, owned_touches, late, foreign; /* late: not a probe; foreign: addressed to another host */
    uint64_t contacts, recorded, record_waiting, record_lost, facts_lost;
    uint64_t graded, exploits, canaries;
    uint64_t events, events_waiting, events_lost;
    uint64_t actors, actors_evicted, background, ignored;
    bool record_fails;
};

enum { CT_WIRE_MAX = 128 * 1024 }; /* longest message: an event; the kernel's default buffer holds one and a half */

struct ct_wire_message {
    enum ct_wire kind;
    int fd;           /* handed over, or -1; the receiver closes it */
    ct_str body;      /* in the receiver's buffer */
};

/* fd_handed -1: none. CT_ERR_AGAIN: the peer's queue is full; CT_ERR_END: the peer is gone. Never waits. */
CT_MUST_USE ct_err ct_wire_send(int fd, enum ct_wire kind, ct_str a, ct_str b, int fd_handed);
/* One message into room (CT_WIRE_MAX + 64 bytes). CT_ERR_AGAIN: none there; CT_ERR_END: the peer is gone; CT_ERR_SYNTAX: no message of
 * ours. Descriptors beyond the first are closed. */
CT_MUST_USE ct_err ct_wire_receive(int fd, unsigned char *room, size_t n, struct ct_wire_message *ret_message);
/* The body as a struct of exactly that size. */
#define CT_WIRE_IS(message, type) ((message).body.n == sizeof(type))

#endif
