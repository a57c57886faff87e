/* Weighing one decoded form: every Log4j profile, sink and value policy, one grade. */
#ifndef CT_DETECT_WEIGH_H
#define CT_DETECT_WEIGH_H

#include "detect/verdict.h"

/* Evaluates text and fills the grade, certainty, traits, fires, indicators, conditions, calls and normal form of
 * *ret_verdict; its other members are untouched. *work is the line's budget, counted down. Running out of memory counts as
 * a spent budget: it must not hide an attack. */
void ct_weigh(ct_arena *arena, const struct ct_profile *only, ct_str text, uint64_t *work, struct ct_verdict *ret_verdict);

/* Repaired as a careless attacker meant it (braces closed, escapes and blanks dropped, base64 lookups decoded), does the
 * text reach JNDI? Then it is plainly a try. */
bool ct_weigh_is_try(ct_arena *arena, ct_str text, uint64_t *work);

#endif
