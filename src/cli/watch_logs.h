/* --follow: the logs that are followed. watch_logs.c judges what comes from them, watch_names.c finds them: also those that appear
 * later in a folder or under a pattern. */
#ifndef CT_CLI_WATCH_LOGS_H
#define CT_CLI_WATCH_LOGS_H

#include "cli/detect.h"

/* One followed log: what its earlier lines say about the next ones. */
struct ct_watched {
    char *path;
    struct ct_format_state format;
    struct ct_counted counted;
    unsigned char *long_line;     /* the end of a piece of one: CT_WINDOW_OVERLAP bytes, then room for the next piece */
    size_t long_n;
    uint64_t expect, line_offset; /* where the next piece would start; where its line started */
    uint64_t line;
    ct_err said;                  /* the last failure told */
    struct ct_position at, was;   /* which file it is, and which it was before the last rotation */
    bool many;                    /* of a folder or a pattern: no longer followed when it is gone */
    bool there;                   /* it has been seen */
    int64_t last_ms, vanished_ms; /* when something came; when it was gone, 0: it is not */
};

struct ct_known_names; /* paths below folders and patterns that were looked at, each once */

struct ct_following {
    struct ct_detect *d;
    ct_follow *follow;
    struct ct_watched *logs;
    size_t n, cap;
    const char *const *args; /* operands */
    size_t n_args;
    struct ct_known_names *known;
    int64_t look_ms;         /* when to look for new names again */
    size_t gone;             /* logs seen that are not followed any more */
};

/* The operands' logs as they are now. Those that cannot be followed are noted. */
CT_MUST_USE ct_err ct_following_begin(struct ct_following *w, struct ct_detect *d, const char *const *args, size_t n_args);
/* What appeared since is followed from its start; what is gone, or was succeeded by a log of a later date, no longer. */
CT_MUST_USE ct_err ct_following_look(struct ct_following *w);
bool ct_following_waits(const struct ct_following *w); /* something is followed, or may appear */
struct ct_watched *ct_following_find(struct ct_following *w, const char *path);
void ct_following_end(struct ct_following *w);

#endif
