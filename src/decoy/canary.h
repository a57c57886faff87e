/* Canaries: strings that ask a vulnerable program to call this decoy, and name themselves when it does.
 *
 * "${jndi:ldap://HOST:PORT/LABEL-0123456789abcdef}": a label and a keyed hash of it, so that nothing has to be kept of those that
 * were minted and nobody makes one up. Who asks our LDAP or RMI face for that name has evaluated the string: it is vulnerable.
 * Weak side: whoever reads a canary can call it too; the caller's address tells. */
#ifndef CT_DECOY_CANARY_H
#define CT_DECOY_CANARY_H

#include "actor/contact_in.h"
#include "base/buf.h"
#include "base/limits.h"

struct ct_canary_hit {
    ct_str label; /* in what was searched; letters, digits, '.', '_' */
};

enum { CT_CANARY_LABEL_MAX = 40, CT_CANARY_NAME_SIZE = CT_CANARY_LABEL_MAX + 1 + 16 + 1 };

/* CT_ERR_USAGE: label is empty, too long, or holds anything but letters, digits, '.', '_' and '-'. */
CT_MUST_USE ct_err ct_canary_name(const unsigned char key[32], ct_str label, char ret_name[CT_CANARY_NAME_SIZE]);
/* Is there a canary of ours in what a JNDI client asked for? */
bool ct_canary_find(const unsigned char key[32], ct_str asked, struct ct_canary_hit *ret_hit);
/* Who called, and when it is told of next; zeroed at first. */
struct ct_canary_calls {
    struct ct_canary_caller {
        unsigned char who[16];
        uint64_t calls; /* 0: this place is free */
        int64_t next_ms, called_ms;
        unsigned step;
    } of[CT_CANARY_CALLERS_MAX];
};
/* Counts a call of hit by c's source. True: it is to be told of: the first at once, later ones 1, 5 and 30 minutes, 2 and 6 hours after what was told
 * before. Beyond the cap who has been silent for longest is forgotten. */
bool ct_canary_called(struct ct_canary_calls *m, const struct ct_canary_hit *hit, const struct ct_contact *c, int64_t now_ms, uint64_t *ret_calls);
/* As an event: one object and a newline, and a line for people. The id is the same for the same call. */
void ct_canary_event(struct ct_buf *json, struct ct_buf *text, unsigned char ret_id[16], const struct ct_canary_hit *hit,
                     const struct ct_contact *c, uint64_t calls, ct_str sensor, int64_t now_us);

#endif
