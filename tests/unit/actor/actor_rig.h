/* A table of actors whose events are kept as copies, and short ways to touch it. */
#ifndef CT_TESTS_ACTOR_RIG_H
#define CT_TESTS_ACTOR_RIG_H

#include "actor/actor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { RIG_EVENTS = 8192 };

struct rig_event { /* what the tests look at; the rest is printed by the writers */
    struct ct_actor_event e; /* its pointers are dead, but for the texts below */
    char source[64], grade[16], normal[600], user[80], secret[80], callback[160];
    struct ct_port_range tcp[64], udp[64];
};

struct rig {
    ct_actors *actors;
    ct_arena *arena;
    struct ct_background *background;
    struct ct_ignore *ignore;
    struct ct_moment now;
    struct ct_actor_opts opts;
    size_t n;               /* events told; beyond RIG_EVENTS only counted */
    struct rig_event *events;
    struct ct_contact_event record; /* of the last contact; in the arena */
};

/* Opts are defaults with settle 0; change rig.opts between the two. */
void rig_init(struct rig *r);
void rig_open(struct rig *r, const struct ct_alloc *alloc);
void rig_learn(struct rig *r, int64_t until_ms);
void rig_ignore(struct rig *r, const char *list);
void rig_done(struct rig *r);

struct ct_touch rig_touch_of(const char *source, uint16_t port, enum ct_technique technique);
ct_err rig_touch(struct rig *r, const char *source, uint16_t port, enum ct_technique technique);
/* A session of one piece on an accepted connection, whose text is judged; null: nothing was said. */
ct_err rig_session(struct rig *r, const char *source, uint16_t port, const char *face, const char *text);
ct_err rig_login(struct rig *r, const char *source, uint16_t port, const char *user, const char *password);
/* Moves both clocks on, and ticks. */
void rig_wait(struct rig *r, int64_t ms);
struct rig_event *rig_last(struct rig *r);
uint64_t rig_ports(const struct rig_event *e);

#endif
