/* The one nf_tables table of ours: what diverts connections to unowned ports to the worker's listeners.
 *
 *   table inet caltrop_decoy {                       flags owner: gone when the socket that made it closes, also by kill -9
 *     set ports { type inet_service; elements = ... }
 *     chain divert {
 *       type filter hook prerouting priority dstnat + 10; policy accept;
 *       iif lo accept                                this host's own connections
 *       fib daddr type != local accept               containers, virtual machines, whatever is routed
 *       socket wildcard <= 1 accept                  whatever has a socket: services, and their connections
 *       tcp dport @ports (or != @ports) tproxy ip to 127.0.0.1:N accept, and the same for IPv6
 *     } }
 *
 * Spoken over netlink by itself: no library, no program. Weak side: needs kernel 5.12 (owner) with nft_tproxy, nft_socket and nft_fib;
 * without them the kernel refuses the whole and plain sockets are used. */
#ifndef CT_DECOY_NFT_H
#define CT_DECOY_NFT_H

#include "base/err.h"
#include "base/str.h"

#include <stdio.h>

struct ct_nft {
    int fd;          /* closing it removes the table */
    bool stands;
    uint32_t sequence;
};

struct ct_nft_rules {
    const uint16_t *ports;
    size_t n;
    bool all_but;             /* ports are those that are not diverted */
    uint16_t to_v4, to_v6;    /* the listeners on loopback; 0: none */
};

/* CT_ERR_PERMISSION, CT_ERR_UNSUPPORTED (no nf_tables). */
CT_MUST_USE ct_err ct_nft_open(struct ct_nft *ret_nft);
/* Puts the table there, or another in its place, in one step. *ret_errno: what the kernel said when it is CT_ERR_UNSUPPORTED. */
CT_MUST_USE ct_err ct_nft_apply(struct ct_nft *t, const struct ct_nft_rules *rules, int *ret_errno);
void ct_nft_remove(struct ct_nft *t); /* the table; nothing to do is fine */
void ct_nft_close(struct ct_nft *t);
/* The same as text, as nft would list it. */
struct ct_buf;
void ct_nft_print(struct ct_buf *out, const struct ct_nft_rules *rules);

/* Ports that rules of others translate to another address or port (Docker, Podman, Kubernetes), of nf_tables and of iptables-legacy. Needs CAP_NET_ADMIN.
 * CT_ERR_NOMEM: more than can be kept; CT_ERR_NETWORK, CT_ERR_READ, CT_ERR_INTERRUPTED: could not be read, or changed all the time. */
struct ct_publish_tell;
CT_MUST_USE ct_err ct_nft_published(const struct ct_publish_tell *tell);
/* A number that changes with the rules of nf_tables; 0: none to be had. */
uint32_t ct_nft_generation(void);

#endif
