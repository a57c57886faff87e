/* Which ports are answered, how, and which are spared and why. Internal to this folder. */
#ifndef CT_DECOY_PLAN_H
#define CT_DECOY_PLAN_H

#include "base/buf.h"
#include "decoy/decoy.h"
#include "decoy/owned.h"

enum ct_plan_how { CT_PLAN_DIVERTED, CT_PLAN_PLAIN, CT_PLAN_SPARED };

struct ct_plan_row {
    uint16_t port, as;     /* as: the port whose face it plays */
    enum ct_plan_how how;
    const char *why;       /* spared: static text */
};

struct ct_plan {
    struct ct_plan_row rows[CT_DECOY_PORTS_MAX];
    size_t n;
    bool unread;           /* rules of others publish ports that are not known, and nobody has said which: nothing is answered */
    bool all;              /* diverted: all but what is owned; rows then hold nothing */
    uint16_t *spared;      /* with all: the ports left out, CT_DECOY_PORTS_ALL of room */
    size_t n_spared;
};

/* divert: TPROXY can be had; low: ports below 1024 may be bound. */
void ct_plan_make(struct ct_plan *p, const struct ct_decoy_opts *opts, const struct ct_owned *owned, bool divert, unsigned first_port);
/* "80,443", "+9000,-22" against what stands in ports (the default list at first); null or what is wrong with it. */
const char *ct_plan_parse_ports(const char *text, uint16_t ports[CT_DECOY_PORTS_MAX], size_t *n);
size_t ct_plan_default_ports(uint16_t ports[CT_DECOY_PORTS_MAX]);

#endif
