/* One shape of attempt against one asset at one time. Pure; inside src/respond. */
#ifndef CT_RESPOND_AGAINST_JUDGE_H
#define CT_RESPOND_AGAINST_JUDGE_H

#include "base/buf.h"
#include "respond/against.h"
#include "respond/attempt_read.h"

struct ct_shape_fires {
    const struct ct_profile *first, *last;
    bool plain, formatted;        /* a plain message; one that the program formats itself. Neither: a value in the layout */
    ct_str setting;               /* empty: none needed */
    ct_str versions;
};
enum ct_shape_kind { CT_SHAPE_FIRES, CT_SHAPE_REACHES, CT_SHAPE_DEAD, CT_SHAPE_LEAK, CT_SHAPE_RECURSION, CT_SHAPE_RULE };
struct ct_shape {
    int64_t id;
    enum ct_shape_kind kind;
    bool certain;                 /* false with no conditions: our own budget was spent */
    ct_str condition;             /* the first value that decides; empty: none */
    struct ct_shape_fires fires[CT_ATTEMPT_FIRES_MAX];
    size_t n;
};
CT_MUST_USE ct_err ct_shape_parse(ct_arena *arena, const struct ct_shape_row *row, struct ct_shape *ret_shape);

/* Why; the words are made when somebody asks. */
struct ct_ground {
    enum ct_would would;
    unsigned why;                 /* its own */
    const struct ct_fact_presence *presence;
    const struct ct_shape_fires *fires;
    const char *state;            /* "" none */
    int64_t at, other;            /* of the attempt; another time that the words need */
};
struct ct_ground ct_judge_asset(const struct ct_shape *shape, const struct ct_fact_asset *asset, int64_t at, int64_t fresh_us);
/* The component that decided; 0: none did. */
int64_t ct_against_component(const struct ct_against_asset *a);
void ct_ground_words(struct ct_buf *out, const struct ct_shape *shape, const struct ct_ground *g);

#endif
