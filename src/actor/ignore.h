/* The ignore list: contacts that a person knows about, an in-house scanner's or a monitor's. One rule a line:
 *
 *   ADDRESS[/BITS] | any   [tcp | udp | ping | TRANSPORT/PORT[-PORT][,...]]...   [until TIME]   [with-payloads]   [# comment]
 *
 *   10.0.0.5 until 2026-12-01T00:00:00Z with-payloads  # vulnerability scanner, monthly run
 *   10.0.1.0/24 tcp/8080,8443                          # load balancer
 *   any udp/137-138
 *
 * TIME is RFC 3339 with its zone, or a date (its first moment, UTC). Without "with-payloads" a rule never silences a payload or a
 * login. Blank lines and lines of comment are passed over. A list with a line that cannot be read is refused as a whole, with
 * the line's number and what was expected: a rule that silently does nothing, or too much, would be worse.
 * Every rule counts what it silenced, so that the list can be reviewed. */
#ifndef CT_ACTOR_IGNORE_H
#define CT_ACTOR_IGNORE_H

#include "actor/contact_in.h"
#include "base/buf.h"
#include "base/fault.h"

struct ct_ignore_ports {
    unsigned char transport; /* enum ct_transport; CT_TRANSPORT_COUNT: any */
    uint16_t first, last;
};

struct ct_ignore_rule {
    unsigned char address[16];
    unsigned bits;              /* 0: any */
    struct ct_ignore_ports ports[8];
    size_t n_ports;             /* 0: all */
    int64_t until_us;           /* INT64_MAX: for good */
    bool with_payloads;
    uint64_t line;
    ct_str text, comment;       /* the rule as written, without the comment */
    uint64_t hits;
    int64_t last_us;            /* of the last hit; INT64_MIN none */
};

typedef struct ct_ignore ct_ignore;

/* text is copied into the arena, which the list lives in. ret_fault->line from 1. */
CT_MUST_USE ct_err ct_ignore_parse(ct_arena *arena, ct_str text, struct ct_ignore **ret_list, struct ct_fault *fault);
/* The rule that silences this; null: none. serious: it holds a payload or a login; counted: into the rule's hits. */
const struct ct_ignore_rule *ct_ignore_match(struct ct_ignore *list, const struct ct_touch *t, bool serious, bool counted,
                                             int64_t real_us);
/* The list with what each rule silenced, for review: those that silenced nothing first, then those that have run out. */
void ct_ignore_print(const struct ct_ignore *list, int64_t real_us, struct ct_buf *out);
uint64_t ct_ignore_hits(const struct ct_ignore *list); /* of all rules together */
size_t ct_ignore_count(const struct ct_ignore *list);
const struct ct_ignore_rule *ct_ignore_at(const struct ct_ignore *list, size_t i);

#endif
