/* The parent: sets up what needs rights, hands descriptors to the worker, keeps the rules, asks whether all of it still hears. It reads
 * nothing that came over the network. Internal to this folder. */
#ifndef CT_DECOY_PARENT_H
#define CT_DECOY_PARENT_H

#include "decoy/decoy.h"
#include "decoy/nft.h"
#include "decoy/owned.h"
#include "decoy/plan.h"
#include "decoy/probe.h"
#include "decoy/wire.h"

#include <sys/types.h>

enum { CT_PARENT_LISTENERS = 2 * CT_DECOY_PORTS_MAX + 2, CT_PARENT_SKIPS = 96 };

struct ct_parent_listener {
    int fd;
    uint64_t inode;
    struct ct_wire_listener is;
};

struct ct_parent {
    const struct ct_decoy_opts *opts;
    pid_t worker, teller;
    int to_worker, to_teller, signals;
    struct ct_owned *owned;
    char owned_path[4200], record_path[4200];
    struct ct_plan plan;
    struct ct_nft nft;
    struct ct_nft_rules rules;          /* as they stand */
    uint16_t diverted[65536];
    /* What was said and handed over of the owned ports. */
    char unread[160];
    struct ct_wire_owned bits;
    uint16_t skips[CT_PARENT_SKIPS];
    size_t n_skips;
    uint64_t saved_news;
    int64_t saved_ms;
    struct ct_parent_listener listeners[CT_PARENT_LISTENERS];
    size_t n_listeners;
    struct ct_probe probe;
    int sniffer, route;                 /* the parent's own descriptors of them; -1: none */
    bool root, can_sniff, can_divert, can_read_rules, can_probe, handed, ending; /* handed: its ports were opened for it */
    int no_divert, no_sniff;            /* why not: errno, 0 nobody asked */
    uint64_t record_device, record_inode, metrics_inode;
    unsigned char addresses[CT_DECOY_ADDRESSES_MAX][16];
    size_t n_addresses;
    struct ct_wire_ready ready;
    struct ct_counts counts, counts_told;
    int64_t next_look_ms, next_beat_ms, wall_less_mono_s, started_ms, worker_started_ms;
    unsigned restarts;
    /* heartbeat */
    bool told, deaf, beat_once;         /* told: the probe's event arrived; deaf: as said last */
    uint64_t sequence;
    int64_t alive_us;
    char reason[256];
    unsigned char room[CT_WIRE_MAX + 64];
};

void ct_parent_say(const struct ct_parent *p, const char *fmt, ...) CT_PRINTF(2, 3);

/* parent_start.c */
CT_MUST_USE ct_err ct_parent_plan(struct ct_parent *p, struct ct_fault *fault);  /* looks, decides; opens nothing that others notice */
void ct_parent_print_plan(struct ct_parent *p);
CT_MUST_USE ct_err ct_parent_listen(struct ct_parent *p, struct ct_fault *fault);
CT_MUST_USE ct_err ct_parent_start_teller(struct ct_parent *p);
CT_MUST_USE ct_err ct_parent_start_worker(struct ct_parent *p);                  /* and hands it all it needs */
CT_MUST_USE ct_err ct_parent_rules(struct ct_parent *p, struct ct_fault *fault); /* puts them there, or changes them */
void ct_parent_undivert(struct ct_parent *p);                                    /* plans anew, for plain sockets */
void ct_parent_record(struct ct_parent *p, bool first);                          /* the file, opened anew when it was moved away */
void ct_parent_look(struct ct_parent *p);                                        /* owned ports, every few seconds */
void ct_parent_addresses(struct ct_parent *p);

/* beat.c */
void ct_beat_begin(struct ct_parent *p, int64_t now_ms);
void ct_beat_heard(struct ct_parent *p, const struct ct_wire_probe *w, bool told);
void ct_beat_check(struct ct_parent *p, int64_t now_ms); /* often: resends, and notices what did not come */
void ct_beat_event(struct ct_parent *p, const char *state, const char *reason);

#endif
