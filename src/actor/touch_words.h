/* Words and hashes of touches. */
#ifndef CT_ACTOR_TOUCH_WORDS_H
#define CT_ACTOR_TOUCH_WORDS_H

#include "actor/contact_in.h"

const char *ct_technique_name(enum ct_technique t); /* "connect", "syn", "null", "fin", "xmas", "ack", "udp", "ping" */
const char *ct_transport_name(enum ct_transport t); /* "tcp", "udp", "icmp" */

/* SipHash-1-3 of an address and a number: whoever picks addresses cannot aim for one bucket. */
struct ct_touch_seed {
    uint64_t k[2];
};
uint64_t ct_touch_hash(const struct ct_touch_seed *seed, const unsigned char address[16], uint64_t number);

#endif
