/* What a decoy says, as events: the record of one contact, the alert of one actor, and the decoy's own state; each as ECS
 * NDJSON, CSV (contacts and actors) and one line for people. As in event/attempt.h the structs are plain, every ct_str may
 * hold any byte, no output holds a live "${" or a byte that a terminal or a spreadsheet acts on, and what goes to people is
 * defanged. Texts of type const char * are the program's own and, unless said otherwise, never null.
 *
 * Passwords do not get here unless somebody asked for them: a login carries a keyed hash. */
#ifndef CT_EVENT_CONTACT_H
#define CT_EVENT_CONTACT_H

#include "event/attempt.h"

enum { CT_CONTACT_ADDRESS_MAX = 64 }; /* "fe80::...%4294967295" and its NUL */

/* What a payload would do: the verdict's main parts. grade null: there was none; "none": it could not be judged. */
struct ct_contact_payload {
    const char *grade, *certainty;
    ct_str field;               /* "http.request.headers.x-api-version" or the fact's name */
    ct_str normal, raw;
    const struct ct_attempt_indicator *indicators; /* callbacks, as text: nobody resolves or dials them */
    size_t n_indicators;
    const struct ct_attempt_fires *fires;
    size_t n_fires;
    uint64_t calls;
};

struct ct_contact_login {
    ct_str user;
    ct_str secret;              /* 32 hexadecimal digits, or the password itself when clear; empty: none was given */
    bool clear;
};

struct ct_contact_said {
    const char *name;           /* "user_agent.original", "tls.client.ja4", "caltrop.command": dots make objects in ECS */
    ct_str value;
};

/* One session, or one datagram, as it is recorded. */
struct ct_contact_event {
    unsigned char id[16], actor[16]; /* actor zeros: none keeps it (background) */
    int64_t time_us, opened_us;
    ct_str sensor;              /* name of the host that listens */
    ct_str source, dest;        /* addresses as text */
    uint16_t source_port, dest_port;
    const char *transport;      /* "tcp", "udp", "icmp" */
    const char *technique;      /* "connect", "syn" ... */
    const char *face;           /* null: none */
    const char *background;     /* why nobody was told: "learned", "ignored", "multicast" ...; null: it is no background */
    uint64_t session;
    bool answered, more;
    bool masked;                /* mask what looks like a credential in said, normal and raw */
    uint64_t bytes_in, bytes_out;
    const struct ct_contact_said *said;
    size_t n_said;
    const struct ct_contact_login *logins;
    size_t n_logins;
    struct ct_contact_payload payload;
};

struct ct_port_range {
    uint16_t first, last;
};
struct ct_actor_ports {
    uint64_t n;                 /* distinct */
    const struct ct_port_range *ranges; /* the lowest of them, up to a cap */
    size_t n_ranges;
    bool more;                  /* ranges leaves some out */
};

enum ct_actor_news {
    CT_ACTOR_NEW,      /* first alert */
    CT_ACTOR_GREW,     /* more of the same, at widening intervals */
    CT_ACTOR_ROSE,     /* worse than before: a payload of a higher grade, a first login, a new class of technique */
    CT_ACTOR_ENDED,    /* silent for a time */
    CT_ACTOR_NEWS_COUNT,
};

/* One actor, as it stands. */
struct ct_actor_event {
    unsigned char id[16];       /* of this event: actor and sequence */
    unsigned char actor[16];    /* of the actor: the same in all its events */
    uint64_t sequence;          /* from 1 */
    enum ct_actor_news news;
    bool crowd;                 /* no single source: more of them than are told one by one, see n_sources */
    bool masked;
    bool evicted;               /* ENDED since the table was full, not since it fell silent */
    int64_t time_us, first_us, last_us;
    ct_str sensor;
    ct_str source;              /* address as text; of a crowd: one of them */
    const ct_str *sources;      /* of a crowd: some of them */
    size_t n_sources_shown;
    uint64_t n_sources;
    ct_str dest;                /* the address of ours that it touched last */
    struct ct_actor_ports tcp, udp, opened; /* opened: TCP ports with an accepted connection */
    uint16_t dest_port;         /* touched last; 0: none */
    const char *transport;      /* of dest_port */
    uint64_t touches;           /* packets and connections */
    uint64_t sessions;          /* connections accepted, datagrams read */
    uint64_t rate_peak;         /* touches in its busiest second */
    uint64_t bytes_in, bytes_out;
    const char *techniques[12];
    size_t n_techniques;
    const char *faces[16];
    size_t n_faces;
    const struct ct_contact_login *logins; /* some of the distinct ones */
    size_t n_logins;
    uint64_t logins_tried, secrets_distinct, users_distinct;
    bool distinct_at_least;     /* more than are told apart */
    const struct ct_contact_said *said; /* the newest of each kind: user agent, JA4 ... */
    size_t n_said;
    struct ct_contact_payload payload; /* the worst */
    uint64_t payloads;          /* graded above none, or not to be judged */
};

/* The decoy itself: a heartbeat, or a change of what it can hear. */
struct ct_decoy_event {
    unsigned char id[16];
    int64_t time_us;
    ct_str sensor;
    const char *state;          /* "alive", "deaf", "starting", "stopping" */
    const ct_str *reasons;      /* why it is deaf, or what it cannot hear */
    size_t n_reasons;
    int64_t probed_us;          /* when a probe last travelled the whole path; INT64_MIN never */
    uint64_t contacts, touches, background, ignored, actors; /* since the start */
    uint64_t lost_kernel, lost_record; /* packets the kernel dropped; records that found no place */
};

void ct_contact_ecs(struct ct_buf *out, const struct ct_contact_event *c);  /* one JSON object and a newline, each */
void ct_actor_ecs(struct ct_buf *out, const struct ct_actor_event *a);
void ct_decoy_ecs(struct ct_buf *out, const struct ct_decoy_event *d);
void ct_contact_csv_header(struct ct_buf *out);
void ct_contact_csv(struct ct_buf *out, const struct ct_contact_event *c);
void ct_actor_csv_header(struct ct_buf *out);
void ct_actor_csv(struct ct_buf *out, const struct ct_actor_event *a);
/* One line and a newline, at most `columns` wide (0: any). */
void ct_contact_text(struct ct_buf *out, const struct ct_contact_event *c, size_t columns, bool colour);
void ct_actor_text(struct ct_buf *out, const struct ct_actor_event *a, size_t columns, bool colour);

/* 21 a ping, 47 touched, 73 tried to log in or swept many ports, 99 a payload that reaches JNDI: ECS event.severity. */
unsigned ct_actor_severity(const struct ct_actor_event *a);
/* "Port scan of 65,535 ports by 10.0.0.7": for titles and subjects; escaped, no live link. */
void ct_actor_title(struct ct_buf *out, const struct ct_actor_event *a);

#endif
