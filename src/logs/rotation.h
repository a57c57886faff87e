/* What the name of a rotated log says about its place in time.
 *
 *   access.log.2.gz    stem access.log, count 2          the higher the older
 *   access.log-20211210, app.2021-12-10-1.log.gz         stem access.log, app.log, stamp: the lower the older
 *   access.log         stem access.log                   the newest
 * Weak side: names are all there is; a host called 10.0.0.1 looks like rotation 1 of 10.0.0.
 */
#ifndef CT_LOGS_ROTATION_H
#define CT_LOGS_ROTATION_H

#include "base/str.h"

struct ct_rotation {
    ct_str before, after; /* the stem is both put together: the stamp may stand in the middle of the name */
    ct_str stamp;         /* date and what counts on within it; empty when there is none */
    uint64_t count;       /* the N of ".N"; 0 when there is none */
    bool counted;
};

/* name without directories. The parts borrow from it. */
struct ct_rotation ct_rotation_of(ct_str name);
bool ct_rotation_same_stem(const struct ct_rotation *a, const struct ct_rotation *b);
/* Stem first (digits by value), then oldest first. */
int ct_rotation_cmp(const struct ct_rotation *a, const struct ct_rotation *b);
/* Both paths name one log of one folder, and `later` is the newer file of the two. */
bool ct_rotation_succeeds(const char *later, const char *path);
/* Its name holds a date: a log that gets a new name each day, or one that was rotated away by date. */
bool ct_rotation_is_dated(const char *path);
/* Its name says that it is never written to: counted or packed. */
bool ct_rotation_is_away(const char *path);
/* paths as ct_paths_expand sorts them. */
enum ct_rotation_place {
    CT_ROTATION_AWAY,    /* rotated away: counted, packed, or dated where there is a name without a date */
    CT_ROTATION_EARLIER, /* dated, and there is a later one */
    CT_ROTATION_NEWEST,  /* what is written to now */
};
enum ct_rotation_place ct_rotation_place(char *const *paths, size_t n, size_t i);
/* Byte order, but runs of digits by their value. */
int ct_natural_cmp(ct_str a, ct_str b);
/* True when names of this kind are no text logs; *ret_why then says what they are, null for junk not worth a word. */
bool ct_rotation_no_log(ct_str name, const char **ret_why);

#endif
