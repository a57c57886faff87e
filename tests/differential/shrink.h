/* Delta debugging: the smallest text that still makes the two disagree. */
#ifndef CT_TESTS_SHRINK_H
#define CT_TESTS_SHRINK_H

#include "judge.h"

/* Shrinks q->text in place of a copy in arena; false when the oracle died. why is that of the smallest text. */
bool shrink(struct oracle *o, ct_arena *arena, const struct ct_profile *profile, struct question *q, char *why, size_t n);

#endif
