/* Lists on their way from the worker, which has them, to files that a person reads: expected background, which that person edits too, and what each
 * rule of the ignore list silenced ("ignored").
 *
 * The worker hands the whole list over in pieces when it has changed: each minute of a quiet start, at its end, and at the decoy's own end. The
 * teller writes it to "background" in the decoy's folder. A file that somebody has edited since is not written over: the list then goes to
 * "background.new" beside it, and that is said. */
#ifndef CT_DECOY_LEARNED_H
#define CT_DECOY_LEARNED_H

#include "decoy/decoy.h"

struct ct_worker;

enum ct_learned_list { CT_LEARNED_BACKGROUND, CT_LEARNED_IGNORED };

/* Once a second, and last at the end. */
void ct_worker_learned(struct ct_worker *w, bool last);

/* The teller's side. */
struct ct_learned {
    const struct ct_decoy_opts *opts;
    unsigned char *list;
    uint32_t kind, n, cap; /* kind: enum ct_learned_list, of the list that is coming in */
    int64_t at_ns;         /* the file as it was left: when it was changed, and its size; -1: there was none */
    int64_t size;
    bool said;
};
void ct_learned_init(struct ct_learned *l, const struct ct_decoy_opts *opts);
void ct_learned_piece(struct ct_learned *l, ct_str message);
/* The file of background as it stands, for a worker that takes another's place; null p: none. Never given back. */
ct_str ct_learned_text(const struct ct_decoy_opts *opts);
void ct_learned_done(struct ct_learned *l);

#endif
