/* The decoy: hears who touches this host where nobody should, answers on a list of ports, and tells.
 *
 * Three processes. The parent sets up and then keeps what needs rights: it reads no byte that came over the network. The worker
 * reads all of them and has no rights. The teller delivers finished events. See docs/decoy.md.
 * Refuses: ports that a service has or had in the last 30 days; packets for other hosts; to dial, resolve or fetch.
 * Weak sides: without privileges it hears no more than connections to its own list of high ports, and says so. */
#ifndef CT_DECOY_DECOY_H
#define CT_DECOY_DECOY_H

#include "base/alloc.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/str.h"

#include <stdio.h>

struct ct_ignore;
struct ct_background;

enum ct_decoy_answer { CT_ANSWER_LIST, CT_ANSWER_ALL, CT_ANSWER_NONE };

struct ct_decoy_opts {
    enum ct_decoy_answer answer;
    const uint16_t *ports;        /* instead of the default list; n_ports 0: the default */
    size_t n_ports;
    const uint16_t *spared;       /* never answered, whatever is seen there */
    size_t n_spared;
    bool dry_run, json, quiet, plain; /* plain: as without privileges */
    bool no_probe;                /* makes no interface of its own: the heartbeat goes over loopback, if at all */
    const char *bind;             /* plain sockets: address to listen on; null: all */
    const char *record;           /* file of contacts; null: contacts.ndjson in the data directory; "-": standard output */
    const char *data_dir;         /* exists; null: nothing is kept */
    const char *const *outlets;   /* URLs */
    size_t n_outlets;
    const char *token, *ca_file;
    uint16_t metrics_port;        /* 0: none */
    unsigned uid;                 /* of the worker, where it may be chosen; also its group */
    unsigned seconds;             /* end by itself after so long; 0: never */
    bool keep_credentials;        /* in clear */
    ct_str sensor;                /* what this host is called in events */
    unsigned char key[32];        /* secret of this installation: hashes of credentials, canaries */
    struct ct_ignore *ignore;     /* may be null */
    struct ct_background *background; /* may be null */
    /* Lines for people and complaints; the text is safe to print. */
    void (*say)(void *ctx, const char *text);
    void *ctx;
};

/* Runs until a signal or the time is up; *ret_status: exit status. */
CT_MUST_USE ct_err ct_decoy_run(const struct ct_decoy_opts *opts, int *ret_status, struct ct_fault *fault);

#endif
