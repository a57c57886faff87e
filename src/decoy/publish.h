/* Which ports do other people's rules send elsewhere? Kept as a graph: an edge is a rule (or an element of a verdict map) that leads from its chain
 * to another, or to the translation itself (DNAT, REDIRECT, TPROXY), perhaps for some ports alone. A port is published when an edge that names it leads to a
 * translation, itself or through edges that name none: Docker names the port where it translates, Kubernetes where it jumps.
 * Pure; internal to this folder. Refuses nothing: what names a port in a way that was not understood is an edge of its own, and told as that.
 * Weak sides: which hook a chain stands at does not matter, and ports that several parts of one rule name are all taken: rather a port too many.
 * A translation that no port leads to (a whole address) names none. */
#ifndef CT_DECOY_PUBLISH_H
#define CT_DECOY_PUBLISH_H

#include "base/arena.h"

enum { CT_PUBLISH_TCP = 1, CT_PUBLISH_UDP = 2, CT_PUBLISH_BOTH = 3 };
enum { CT_PUBLISH_TRANSLATED = 0 }; /* the chain that stands for translations */

struct ct_publish_ports {
    uint16_t first, last; /* both 0: no port is named */
    uint8_t transports;
    bool unread;          /* named, and not understood */
};

struct ct_publish;

/* Null: no memory. Lives in the arena; when that is spent, ct_publish_tell says so. */
struct ct_publish *ct_publish_new(ct_arena *arena);
/* A number for a name of up to 512 bytes: the same for the same. */
uint32_t ct_publish_chain(struct ct_publish *p, ct_str name);
void ct_publish_edge(struct ct_publish *p, uint32_t from, uint32_t to, struct ct_publish_ports ports);

struct ct_publish_tell {
    void (*ports)(void *ctx, bool udp, uint16_t first, uint16_t last);
    void (*unread)(void *ctx, ct_str chain); /* somebody else's words: print with care */
    void *ctx;
};
/* CT_ERR_NOMEM: there was more than could be kept; what was understood has been told all the same. */
CT_MUST_USE ct_err ct_publish_tell(struct ct_publish *p, const struct ct_publish_tell *tell);

/* A table from names to numbers, as the graph uses it. */
struct ct_names {
    ct_arena *arena;
    ct_str *names;      /* by number */
    uint32_t *slots, n, cap;
};
#define CT_NAMES_NONE UINT32_MAX
uint32_t ct_names_number(struct ct_names *t, ct_str name); /* CT_NAMES_NONE: no memory */

#endif
