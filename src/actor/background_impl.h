/* What background.c and background_list.c share. */
#ifndef CT_ACTOR_BACKGROUND_IMPL_H
#define CT_ACTOR_BACKGROUND_IMPL_H

#include "actor/background.h"
#include "actor/touch_words.h"
#include "base/limits.h"
#include "text/cidr.h"

enum { CT_BACKGROUND_COMMENT = 80, CT_BACKGROUND_SLOTS = 4096 };

struct ct_background_line {
    struct ct_cidr range;
    uint32_t scope;
    enum ct_transport transport;
    uint16_t first, last;  /* ports; of a ping 0 */
    enum ct_background_state state;
    bool gone;             /* taken back */
    uint64_t count;
    int64_t first_us, last_us; /* INT64_MIN: never */
    unsigned char comment_n;
    char comment[CT_BACKGROUND_COMMENT];
};

struct ct_background {
    const struct ct_alloc *alloc;
    int64_t until_ms;
    struct ct_touch_seed seed;
    struct ct_background_line *lines;
    size_t n, cap, gone;
    uint16_t slots[CT_BACKGROUND_SLOTS]; /* 1 + index of lines of one address and port; 0: free. Twice the lines at most */
    uint16_t ranges[CT_BACKGROUND_RANGES_MAX]; /* indices of all others */
    size_t n_ranges;
    bool changed;
};

/* The line of just this address and port, or null. */
struct ct_background_line *ct_background_find(struct ct_background *b, const unsigned char address[16], uint32_t scope,
                                              enum ct_transport transport, uint16_t port);
bool ct_background_is_exact(const struct ct_background_line *l);
/* CT_ERR_CAP: the list is full. */
CT_MUST_USE ct_err ct_background_add(struct ct_background *b, const struct ct_background_line *l);

#endif
