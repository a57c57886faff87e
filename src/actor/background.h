/* Expected background: who knocks on this host day after day, learned while a quiet start lasts, listed for a person.
 *
 * Learned is (source, transport, port, class of technique), only during the window, and never from an actor that scans: one
 * that touches more than CT_BACKGROUND_PORTS_MAX ports, uses a technique no ordinary program uses, tries to log in or
 * carries a payload is told of at once, and what was learned from it is taken back. Once the window is over nothing is added:
 * a new knock is an alert.
 *
 * The list is a plain text file for people (ct_background_print, ct_background_parse):
 *
 *   STATE SOURCE WHAT count=N first=TIME last=TIME [# comment]
 *   learned   10.0.0.7 tcp/8080 count=1440 first=2026-11-25T20:00:00Z last=2026-11-25T21:00:00Z
 *   confirmed 10.0.0.0/24 udp/161 # SNMP poller
 *   rejected  10.0.0.9 tcp/22
 *
 * Change "learned" to "confirmed" or "rejected". Confirmed lines may name ranges; a rejected one is told of like any contact, and
 * is never learned again. */
#ifndef CT_ACTOR_BACKGROUND_H
#define CT_ACTOR_BACKGROUND_H

#include "actor/contact_in.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/fault.h"

enum ct_background_state { CT_BACKGROUND_LEARNED, CT_BACKGROUND_CONFIRMED, CT_BACKGROUND_REJECTED };

typedef struct ct_background ct_background;

/* Learns until mono_ms (at the most CT_BACKGROUND_MAX lines); 0: learns nothing. seed: secret, for the table. */
CT_MUST_USE ct_err ct_background_new(const struct ct_alloc *alloc, int64_t until_mono_ms, uint64_t seed, struct ct_background **ret_bg);
void ct_background_free(struct ct_background *b);
/* Adds what a file says; a line that cannot be read refuses the whole file, with its number. */
CT_MUST_USE ct_err ct_background_parse(struct ct_background *b, ct_str text, struct ct_fault *fault);
/* What a file says, instead of what is there; a file that cannot be read changes nothing. */
CT_MUST_USE ct_err ct_background_reparse(struct ct_background *b, ct_str text, struct ct_fault *fault);
/* The list as a file: what is learned and not confirmed first. A person's comments stay, up to 80 bytes each. */
void ct_background_print(struct ct_background *b, struct ct_buf *out);
/* True when something changed since the last print: worth writing. */
bool ct_background_changed(const struct ct_background *b);
bool ct_background_learning(const struct ct_background *b, int64_t mono_ms);
size_t ct_background_count(const struct ct_background *b, enum ct_background_state s);

/* For the actors. Has: true when it is expected; counted unless it is not to be (a connection that was counted before). Learn: true
 * when it is in the list now. Take back: all that was learned of that source, and not confirmed; returns how many lines. */
bool ct_background_has(struct ct_background *b, const struct ct_touch *t, bool counted, int64_t real_us);
bool ct_background_learn(struct ct_background *b, const struct ct_touch *t, struct ct_moment now);
size_t ct_background_take_back(struct ct_background *b, const struct ct_touch *t);

#endif
