/* What the files of the actor table share. */
#ifndef CT_ACTOR_ACTOR_IMPL_H
#define CT_ACTOR_ACTOR_IMPL_H

#include "actor/actor.h"
#include "actor/port_set.h"
#include "base/limits.h"
#include "detect/verdict.h"

/* What makes an actor worse when it is seen for the first time. */
enum ct_actor_class {
    CT_CLASS_PING = 1u << 0,
    CT_CLASS_TCP = 1u << 1,     /* SYN, connect */
    CT_CLASS_STEALTH = 1u << 2, /* what no ordinary program sends */
    CT_CLASS_UDP = 1u << 3,
    CT_CLASS_LOGIN = 1u << 4,
    CT_CLASS_UNJUDGED = 1u << 5, /* a payload on which the judge spent its budget: made to be expensive */
    CT_CLASS_SERIOUS = CT_CLASS_LOGIN | CT_CLASS_UNJUDGED,
};

enum { CT_ACTOR_NAME_BYTES = 64, CT_ACTOR_SAID_BYTES = 192, CT_ACTOR_CALLBACKS_MAX = 8, CT_ACTOR_FIRES_MAX = 12,
       CT_ACTOR_FACES_MAX = 16, CT_ACTOR_SAID_MAX = 12, CT_ACTOR_CROWD_SHOWN = 16, CT_ACTOR_RANGES_SHOWN = 64 };

struct ct_actor_login {
    unsigned char user[CT_ACTOR_NAME_BYTES], secret[CT_ACTOR_NAME_BYTES];
    uint8_t user_n, secret_n;
    uint64_t hash; /* of both, whole */
};

struct ct_actor_logins {
    struct ct_actor_login shown[CT_ACTOR_LOGINS_MAX];
    size_t n;
    uint64_t secrets[CT_ACTOR_DISTINCT_MAX], users[CT_ACTOR_DISTINCT_MAX]; /* keyed hashes */
    size_t n_secrets, n_users;
    bool more;
};

struct ct_actor_saying {
    const char *name;
    uint8_t n;
    unsigned char text[CT_ACTOR_SAID_BYTES];
};

struct ct_actor_sayings {
    struct ct_actor_saying of[CT_ACTOR_SAID_MAX];
    size_t n;
};

struct ct_actor_callback {
    uint16_t port;
    uint8_t scheme_n, host_n, path_n;
    unsigned char scheme[16], host[128], path[96];
};

struct ct_actor_payload {
    bool some;             /* false: nothing but room */
    enum ct_grade grade;
    enum ct_certainty certainty;
    uint64_t calls;
    uint16_t field_n, normal_n, raw_n;
    unsigned char field[CT_ACTOR_NAME_BYTES], normal[CT_ACTOR_TEXT_MAX], raw[CT_ACTOR_TEXT_MAX];
    struct ct_actor_callback callbacks[CT_ACTOR_CALLBACKS_MAX]; /* distinct, of all payloads */
    size_t n_callbacks;
    struct ct_fires fires[CT_ACTOR_FIRES_MAX];
    size_t n_fires;
};

/* What had been told when it was told last: what is more now has grown. */
struct ct_actor_told {
    uint32_t ports, secrets, users, techniques;
    uint64_t payloads, rate_peak, touches, sessions;
    size_t faces, callbacks, n_sources;
};

/* Late packets: points within a minute, see CT_ACTOR_STRAY_PORTS. */
struct ct_actor_stray {
    int64_t since_ms;
    uint32_t points;
    uint16_t ports[CT_ACTOR_STRAY_PORTS];
    uint8_t n;
};

struct ct_actor {
    struct ct_actor *chain;            /* of its hash slot, or of the free ones */
    struct ct_actor *newer, *older;    /* of its list */
    unsigned char address[16];
    uint32_t scope;
    bool told;                         /* in the list of those that were, or are about to be, told of one by one */
    bool is_crowd, ended;
    uint32_t crowd_no;                 /* of the crowd it is told of with; 0: none */
    bool unlearnable;                  /* nothing of it is expected */
    bool ack_scan;                     /* too many late packets to be late */
    bool worse;                        /* the next event is ROSE */
    uint8_t step, returns;
    unsigned techniques;               /* 1 << enum ct_technique */
    unsigned classes, classes_told;    /* enum ct_actor_class */
    int64_t first_us, last_us, last_ms;
    int64_t due_ms;                    /* INT64_MAX: nothing waits */
    int64_t told_ms;
    uint64_t sequence, touches, sessions, bytes_in, bytes_out, rate_peak, payloads, logins_tried;
    int64_t second;                    /* the one that is being counted */
    uint64_t in_second;
    struct ct_port_set tcp, udp, opened;
    unsigned char dest[16];
    uint16_t dest_port;
    enum ct_transport transport;
    const char *faces[CT_ACTOR_FACES_MAX];
    size_t n_faces;
    struct ct_actor_told told_of;
    enum ct_grade grade, grade_told;   /* the worst */
    struct ct_actor_stray *stray;
    struct ct_actor_logins *logins;
    struct ct_actor_sayings *sayings;
    struct ct_actor_payload *payload;
};

struct ct_actor_list {
    struct ct_actor *newest, *oldest;
};

struct ct_actor_bucket { /* of tokens: how many new alerts may come at once, and how fast they grow back */
    int64_t milli_tokens, at_ms;
};

struct ct_actors {
    const struct ct_alloc *alloc;
    struct ct_alloc counted;           /* alloc, within the memory limit */
    struct ct_actor_opts opts;
    struct ct_touch_seed seed;
    size_t memory, n_slots, used;
    bool over_limit;                   /* the last allocation that failed did so by our limit */
    struct ct_actor *all, *unused, **slots;
    size_t fresh;                      /* of all: those from here on were never used */
    const struct ct_actor *pinned;     /* at work with it: does not give way */
    struct ct_actor_list quiet, told;
    struct ct_actor crowd;             /* all sources that are told of together, as one */
    unsigned char crowd_shown[CT_ACTOR_CROWD_SHOWN][16];
    uint32_t crowd_scope[CT_ACTOR_CROWD_SHOWN];
    uint64_t crowd_sources;
    uint32_t crowd_no;                 /* from 1 */
    struct ct_actor_bucket forged, connected;
    int64_t next_ms, now_ms;
    int64_t real_us;                   /* of the newest call */
    struct ct_actor_stats stats;
};

static inline bool ct_actor_in_crowd(const ct_actors *a, const struct ct_actor *x) { return x->crowd_no == a->crowd_no; }

/* actor_table.c */
struct ct_actor *ct_actors_find(const ct_actors *a, const unsigned char address[16], uint32_t scope);
/* Never null: a full table gives one up. In the quiet list. */
struct ct_actor *ct_actors_make(ct_actors *a, const struct ct_touch *t, struct ct_moment now);
void ct_actors_move(ct_actors *a, struct ct_actor *x, bool told); /* to the newest end of the list */
void ct_actors_drop(ct_actors *a, struct ct_actor *x);
/* An allocation that others may have to give way for; null: nobody else is left. */
void *ct_actors_get(ct_actors *a, struct ct_actor *for_whom, size_t n);
/* After an allocation failed: another actor was given up for it, so try again. */
bool ct_actors_make_way(ct_actors *a, struct ct_actor *for_whom);
void ct_actor_empty(ct_actors *a, struct ct_actor *x);

/* actor_learn.c: why nobody is to be told of this, or null: it counts. ret_actor: null when it is sorted out before an actor is
 * looked at; else the actor, also when it was only learned or straggled. */
const char *ct_actors_sort_out(ct_actors *a, const struct ct_touch *t, bool serious, bool counted, struct ct_moment now,
                               struct ct_actor **ret_actor);

/* actor_said.c */
/* Something was found, or the judge could not tell. */
static inline bool ct_verdict_matters(const struct ct_verdict *v) { return v && (v->grade > CT_GRADE_NONE || v->certainty == CT_UNKNOWN); }
bool ct_contact_is_serious(const struct ct_contact *c);
CT_MUST_USE ct_err ct_actors_note_said(ct_actors *a, struct ct_actor *x, const struct ct_contact *c);
uint64_t ct_actors_keyed(const ct_actors *a, ct_str s);
/* Under which name a fact is given out; null: it is not (a login's parts, and what stands in the payload). */
const char *ct_fact_field(enum ct_fact kind, const char *face);
struct ct_login {
    ct_str user, secret; /* secret empty: only a name was given */
};
/* A password that a command line or the first bytes hold once more: "***" instead. Those of one or two bytes stay, since they are
 * part of any text. to has room for value.n bytes at least, or for what is wanted of it. */
bool ct_contact_tells_secret(const struct ct_contact *c, ct_str value);
size_t ct_contact_hide_secrets(const struct ct_contact *c, ct_str value, unsigned char *to, size_t room);
/* The logins of a contact, one after the other: at from 0, user from c->user; false: no more. */
bool ct_login_next(const struct ct_contact *c, size_t *at, ct_str *user, struct ct_login *ret_login);

/* contact_record.c */
CT_MUST_USE ct_err ct_actors_record(const ct_actors *a, const struct ct_contact *c, const struct ct_actor *x, const char *background,
                                    struct ct_moment now, ct_arena *arena, struct ct_contact_event *ret_event);
void ct_actor_id(const ct_actors *a, const struct ct_actor *x, unsigned char ret_id[16]);

/* actor_tell.c */
void ct_actors_say(ct_actors *a, struct ct_actor *x, enum ct_actor_news news, bool evicted, struct ct_moment now);
bool ct_actor_grew(const ct_actors *a, const struct ct_actor *x);
size_t ct_payload_fires(const struct ct_fires *fires, size_t n, char text[][64], struct ct_attempt_fires *to);

/* A face's text, cut to what fits. */
uint16_t ct_actor_keep(unsigned char *to, size_t room, ct_str s);

#endif
