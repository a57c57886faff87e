/* What the translations of contacts and actors share. */
#ifndef CT_EVENT_CONTACT_FIELDS_H
#define CT_EVENT_CONTACT_FIELDS_H

#include "event/contact.h"
#include "event/fields.h"

/* s with what looks like a credential masked; lives in out's arena. */
ct_str ct_contact_masked(struct ct_buf *out, bool masked, ct_str s);
/* An address as it is; what is none is defanged. */
void ct_print_address(struct ct_buf *out, ct_str address);
/* "22,80,8000-8080 and more" */
void ct_print_ports(struct ct_buf *out, const struct ct_actor_ports *p, size_t most);
/* "tcp 22,80; udp 53" */
void ct_print_all_ports(struct ct_buf *out, const struct ct_actor_event *a, size_t most);
const char *ct_actor_news_name(enum ct_actor_news n); /* "new", "grew", "rose", "ended" */
/* "jndi-lookup", "login-attempt", "port-scan", "connection" ... */
const char *ct_actor_action(const struct ct_actor_event *a);
const char *ct_contact_action(const struct ct_contact_event *c);
/* 0 none .. 6 exploit */
unsigned ct_grade_rank(const char *grade);
/* "root, admin and 3 more" */
void ct_print_users(struct ct_buf *out, const struct ct_actor_event *a, size_t most);

#endif
