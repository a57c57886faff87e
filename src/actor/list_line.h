/* The words that ignore and background lists share: one line, its comment cut off, taken word by word. */
#ifndef CT_ACTOR_LIST_LINE_H
#define CT_ACTOR_LIST_LINE_H

#include "actor/contact_in.h"
#include "base/fault.h"
#include "text/cidr.h"

struct ct_list_line {
    ct_str text;     /* the whole text, moved on */
    ct_str rest;     /* of the line, without its comment */
    ct_str comment;
    uint64_t number; /* from 1 */
};

/* The next line that holds something; false: none. Refuses control bytes and what is no UTF-8 by CT_ERR_SYNTAX in fault. */
CT_MUST_USE ct_err ct_list_next(struct ct_list_line *l, struct ct_fault *fault);
/* The next word; empty: none. */
ct_str ct_list_word(struct ct_list_line *l);
ct_err ct_list_fail(const struct ct_list_line *l, struct ct_fault *fault, const char *what, ct_str word);

/* "any", an address, a range; a link-local address may carry "%N". */
bool ct_list_address(ct_str word, struct ct_cidr *ret_range, uint32_t *ret_scope);
/* "tcp", "udp", "ping". */
bool ct_list_transport(ct_str word, enum ct_transport *ret_transport);
/* "80", "137-138"; 0 is no port. */
bool ct_list_ports(ct_str word, uint16_t *ret_first, uint16_t *ret_last);
/* RFC 3339 with its zone, or a date. */
bool ct_list_time(ct_str word, int64_t *ret_us);

#endif
