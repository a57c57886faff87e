/* A set of port numbers that is small while it is simple: sorted ranges while there are few, a bitmap of 8 KiB beyond. A
 * sweep in order stays one range; a sweep at random turns into the bitmap after 256 ranges. Exact at any size. */
#ifndef CT_ACTOR_PORT_SET_H
#define CT_ACTOR_PORT_SET_H

#include "base/alloc.h"
#include "base/err.h"
#include "event/contact.h"

enum { CT_PORT_SET_FEW = 4 };

struct ct_port_set {
    uint32_t n;                 /* ports in it */
    uint32_t n_ranges, cap;     /* cap 0: the ranges are in `few` */
    struct ct_port_range few[CT_PORT_SET_FEW];
    struct ct_port_range *many;
    uint64_t *bits;             /* 1024 words; the ranges are unused then */
};

bool ct_port_set_has(const struct ct_port_set *s, uint16_t port);
/* ret_new: it was not in it before. CT_ERR_NOMEM: it could not be added, and the set is as it was. */
CT_MUST_USE ct_err ct_port_set_add(struct ct_port_set *s, const struct ct_alloc *alloc, uint16_t port, bool *ret_new);
/* The lowest max ranges; ret_more: there are others. */
size_t ct_port_set_ranges(const struct ct_port_set *s, struct ct_port_range *to, size_t max, bool *ret_more);
void ct_port_set_done(struct ct_port_set *s, const struct ct_alloc *alloc);

#endif
