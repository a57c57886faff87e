/* Which ports services of this host have, or had in the last 30 days: those are never answered, also while the service is down.
 *
 * Kept in a small text file over restarts ("tcp 22 listens 1764100000"). Times are shifted when the wall clock jumps while it runs.
 * Ports of the range that the kernel gives out are known over UDP only while they are open: clients have them.
 * Rules of others that publish ports in a way that was not understood are kept as port 0: then every port may be somebody's.
 * Weak sides: a service that was never up while the decoy ran is not known (add it with --spare); without /proc only
 * what the file says is known. Listeners on loopback alone count too: they may be opened up tomorrow. */
#ifndef CT_DECOY_OWNED_H
#define CT_DECOY_OWNED_H

#include "base/alloc.h"
#include "base/fault.h"
#include "base/str.h"
#include "decoy/wire.h"

#include <stdio.h>

struct ct_owned;

enum ct_owned_how { CT_OWNED_LISTENS, CT_OWNED_PUBLISHED, CT_OWNED_SPARED, CT_OWNED_UNREAD, CT_OWNED_COUNT };
const char *ct_owned_how_name(enum ct_owned_how how); /* "listens", "published", "spared", "unread" */

struct ct_owned_port {
    uint16_t port;
    bool udp, now;   /* now: at the last look */
    bool published;  /* by rules, as they were read last */
    uint32_t reading; /* the reading of them that told of it last */
    enum ct_owned_how how;
    int64_t last_s;  /* wall clock */
};

CT_MUST_USE ct_err ct_owned_new(const struct ct_alloc *alloc, struct ct_owned **ret_owned);
void ct_owned_free(struct ct_owned *o);
/* path null: nothing is kept. A file that is not there is no failure; lines that are none are left out. */
CT_MUST_USE ct_err ct_owned_load(struct ct_owned *o, const char *path, int64_t now_s, struct ct_fault *fault);
CT_MUST_USE ct_err ct_owned_save(const struct ct_owned *o, const char *path, struct ct_fault *fault);
/* Pure: a text of such lines. */
void ct_owned_parse(struct ct_owned *o, ct_str text, int64_t now_s);
/* Looks at /proc/net and, with `rules`, at the kernel's rules when they have changed, or once a minute; sockets with these inodes are our own. CT_ERR_READ: nothing could be read;
 * what was known stays. */
CT_MUST_USE ct_err ct_owned_look(struct ct_owned *o, int64_t now_s, bool rules, const uint64_t *own_inodes, size_t n_own);
void ct_owned_add(struct ct_owned *o, bool udp, uint16_t first, uint16_t last, enum ct_owned_how how, int64_t now_s);
/* What of the rules was not understood, safe to print; empty: nothing. */
const char *ct_owned_unread(const struct ct_owned *o);
/* Goes up when a port is seen for the first time. */
uint64_t ct_owned_news(const struct ct_owned *o);
void ct_owned_shift(struct ct_owned *o, int64_t by_s); /* the wall clock jumped */
bool ct_owned_has(const struct ct_owned *o, bool udp, uint16_t port);
const struct ct_owned_port *ct_owned_list(const struct ct_owned *o, size_t *ret_n); /* sorted */
void ct_owned_bits(const struct ct_owned *o, struct ct_wire_owned *ret_bits);

#endif
