/* Actors: what came in, told once per source and not once per packet.
 *
 * One actor per source address (and scope), so that two sources never blur. The first touch is an alert at once (after
 * settle_ms, so that a burst is one alert and not two); then it grows: one more event at widening intervals when something
 * was added, at once when it becomes worse (a payload of a higher grade, a first login, a new class of technique), and a last
 * one when it has been silent. Ids are made of sensor, source, first time and sequence: the same input gives the same ids.
 *
 * Not told, but counted (ct_actors_stats): what the ignore list names, what was learned as background, multicast and
 * broadcast, and stragglers (late packets of closed connections, late answers over UDP) as long as one source sends them to few
 * ports. A payload graded above none, or a login, is never background; the ignore list passes it too unless the rule says
 * "with-payloads".
 *
 * Memory is bounded (ct_actor_opts): an actor costs some 400 bytes, up to 24 KiB more while it sweeps, some KiB with logins and
 * payloads. A full table gives up the one silent longest, those first that were never told; it is counted, and who was told of
 * gets its closing event. New actors that made no connection (their source may be forged) are told one by one as long as they
 * come slowly, then together as a "crowd".
 *
 * Not thread-safe. Pure: the clock comes in with each call.
 * Weak sides: a source behind NAT or a proxy is one actor, whoever is behind it; a forged source is an actor of that name. */
#ifndef CT_ACTOR_ACTOR_H
#define CT_ACTOR_ACTOR_H

#include "actor/background.h"
#include "actor/contact_in.h"
#include "actor/ignore.h"
#include "actor/touch_words.h"
#include "base/arena.h"
#include "event/contact.h"

typedef struct ct_actors ct_actors;

/* e and all it points to live until this returns. */
typedef void ct_actor_tell_fn(void *ctx, const struct ct_actor_event *e);

struct ct_actor_opts {
    ct_str sensor;               /* borrowed for the life of the table */
    unsigned char key[32];       /* secret, made once per data folder: hashes of passwords, and the table's own */
    bool keep_passwords;         /* as they are, not as hashes */
    size_t actors_max;           /* 0: CT_ACTORS_MAX */
    size_t memory_max;           /* 0: CT_ACTOR_MEMORY_MAX */
    int64_t settle_ms;           /* from the first touch to the first alert; 0: at once */
    int64_t quiet_ms;            /* 0: CT_ACTOR_QUIET_MS; then it has ended */
    const int64_t *widening_ms;  /* null: 10 s, 1 min, 5 min, 30 min, 2 h, 6 h; the last one repeats */
    size_t n_widening;
    uint16_t ephemeral_first;    /* 0: 32768; ip_local_port_range */
    struct ct_ignore *ignore;    /* may be null; borrowed; counts into it */
    struct ct_background *background; /* the same */
    ct_actor_tell_fn *tell;
    void *ctx;
};

struct ct_actor_stats {
    uint64_t touches, contacts;        /* taken in */
    uint64_t told_new, told_grew, told_rose, told_ended;
    uint64_t ignored, learned, multicast, stragglers; /* not told, by reason */
    uint64_t payloads, logins;
    uint64_t evicted_quiet;            /* never told of */
    uint64_t evicted_told;
    uint64_t crowd;                    /* sources told of together */
    uint64_t forgotten;                /* details left out, since memory was short: logins, payload texts */
    size_t actors, memory;             /* now */
};

CT_MUST_USE ct_err ct_actors_new(const struct ct_alloc *alloc, const struct ct_actor_opts *opts, ct_actors **ret_actors);
void ct_actors_free(ct_actors *a);     /* tells nothing; null is fine */

/* Takes a touch or contact in. Nobody is told before ct_actors_tick (save the closing event of an actor that gives way): call it
 * when ct_actors_next says so, which may be at once. CT_ERR_NOMEM: it was counted and will be told, but details were lost (a port
 * that finds no place, a payload's text). A touch of CT_TECHNIQUE_UDP and its ct_contact are one touch: give one or the other. A connection
 * gives its touch when it is accepted, then its contacts, which count as no further touch. */
CT_MUST_USE ct_err ct_actors_touch(ct_actors *a, const struct ct_touch *t, struct ct_moment now);
/* ret_event, if not null: the contact as it is to be recorded (also when nobody is told); its texts live in arena and borrow from
 * c. CT_ERR_NOMEM also when the arena is spent: ret_event is then as full as it could be made. */
CT_MUST_USE ct_err ct_actors_contact(ct_actors *a, const struct ct_contact *c, struct ct_moment now, ct_arena *arena,
                                     struct ct_contact_event *ret_event);
/* Tells what is due, and forgets who has been silent for a day. */
void ct_actors_tick(ct_actors *a, struct ct_moment now);
/* mono_ms at which tick will have something to say; INT64_MAX: nothing waits. */
int64_t ct_actors_next(const ct_actors *a);
/* The end: tells what has not been told yet, as CT_ACTOR_GREW; nobody has "ended", since nobody fell silent. */
void ct_actors_flush(ct_actors *a, struct ct_moment now);
void ct_actors_stats(const ct_actors *a, struct ct_actor_stats *ret_stats);

/* 16 bytes of BLAKE2b under key, as 32 hexadecimal digits. */
void ct_secret_hash(const unsigned char key[32], ct_str secret, char ret_hex[33]);

#endif
