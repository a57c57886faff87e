/* What the decoy's worker hands to the actors: who touched what, and what was said in it.
 *
 * Two kinds. A ct_touch is cheap: one packet that the sniffer saw, or one connection at the moment it is accepted; some
 * hundred thousand a second come during a scan. A ct_contact is a session of a face (or a datagram with bytes in it): what it
 * said, and how that was graded. A session that is reported in pieces (what a client sent before it is answered, its end)
 * passes each fact once, under the same session number, and sets `more` in all pieces but the last.
 *
 * Addresses are 16 bytes in network order, IPv4 as ::ffff:a.b.c.d; scope is the interface's index for link-local sources
 * (fe80::/10 of two networks are two actors), else 0. All strings are borrowed for the call. Times: real_us is the wall clock,
 * and only shown; mono_ms is a clock that never jumps, and decides. */
#ifndef CT_ACTOR_CONTACT_IN_H
#define CT_ACTOR_CONTACT_IN_H

#include "base/str.h"
#include "face/face.h"

struct ct_verdict; /* detect/verdict.h */

struct ct_moment {
    int64_t real_us; /* since 1970, UTC */
    int64_t mono_ms; /* CLOCK_MONOTONIC or _BOOTTIME, never less than in an earlier call */
};

enum ct_transport { CT_TRANSPORT_TCP, CT_TRANSPORT_UDP, CT_TRANSPORT_ICMP, CT_TRANSPORT_COUNT };

/* How it was touched. The sniffer tells TCP by the flags alone (URG and PSH are looked at for XMAS only):
 *   SYN, no ACK                CT_TECHNIQUE_SYN       whether a connection followed is told by a later CONNECT
 *   none                       CT_TECHNIQUE_NULL
 *   FIN alone                  CT_TECHNIQUE_FIN
 *   FIN with PSH or URG        CT_TECHNIQUE_XMAS      and whatever else never occurs: SYN+FIN, SYN+RST, FIN without ACK + RST
 *   ACK or RST, without SYN    CT_TECHNIQUE_ACK       for no connection of ours: late packets, or an ACK scan
 *   SYN+ACK                    CT_TECHNIQUE_ACK       an answer to what we never sent
 * Packets of connections that this host has (to a real service, or opened by itself) are not touches. */
enum ct_technique {
    CT_TECHNIQUE_CONNECT, /* TCP connection accepted */
    CT_TECHNIQUE_SYN,
    CT_TECHNIQUE_NULL,
    CT_TECHNIQUE_FIN,
    CT_TECHNIQUE_XMAS,
    CT_TECHNIQUE_ACK,
    CT_TECHNIQUE_UDP,     /* a datagram; give it as a ct_contact when its bytes are at hand */
    CT_TECHNIQUE_PING,    /* ICMP or ICMPv6 echo request; ports are 0 */
    CT_TECHNIQUE_COUNT,
};

struct ct_touch {
    unsigned char source[16], dest[16];
    uint32_t scope;
    uint16_t source_port, dest_port;
    enum ct_transport transport;
    enum ct_technique technique;
    bool to_many; /* dest is multicast or a broadcast address of the interface */
};

struct ct_contact_fact {
    enum ct_fact kind;
    ct_str value;
};

struct ct_contact {
    struct ct_touch touch;            /* CT_TECHNIQUE_CONNECT or _UDP */
    uint64_t session;                 /* the worker's number, unique in its run; 0 for datagrams outside a session */
    const char *face;                 /* "http", "raw": static text; null when nothing was answered or read as a protocol */
    bool answered;                    /* false: only observed */
    bool more;                        /* another piece of this session will follow */
    uint64_t bytes_in, bytes_out;     /* since the piece before */
    int64_t opened_us;                /* wall clock at the session's start */
    ct_str user;                      /* the newest USER of earlier pieces, for a PASSWORD or RESPONSE without one in this piece */
    const struct ct_contact_fact *facts; /* what is new since the piece before, in order; PAYLOAD may be left out */
    size_t n_facts;
    const struct ct_verdict *verdict; /* of the worst payload since the piece before; null: none. Counts when it is graded above none, or could
                                         not be judged (certainty unknown) */
};

#endif
