/* Weighing one decoded form: every Log4j profile, sink and value policy, one grade. */
#ifndef CT_DETECT_WEIGH_H
#define CT_DETECT_WEIGH_H

#include "detect/verdict.h"

/* Evaluates text and fills the grade, certainty, traits, fires, indicators, conditions, calls, reads_message and normal form of
 * *ret_verdict; its other members are emptied. *work is the line's budget, counted down. Running out of memory counts as
 * a spent budget: it must not hide an attack. */
void ct_weigh(ct_arena *arena, const struct ct_profile *only, ct_str text, uint64_t *work, struct ct_verdict *ret_verdict);

/* What one profile does with a text, sink by sink: for explanations. */
enum ct_does { CT_DOES_NOTHING, CT_DOES_REACH, CT_DOES_CONNECT, CT_DOES_NOT_APPLY };
struct ct_weighed {
    struct ct_eval_result result;
    enum ct_does does[CT_SINK_CONTEXT + 1];
    enum ct_setting setting[CT_SINK_CONTEXT + 1];
};
/* step may be null. False when memory ran out. */
bool ct_weigh_profile(ct_arena *arena, const struct ct_profile *profile, enum ct_values values, ct_str text, ct_eval_step_fn *step,
                      void *step_ctx, struct ct_weighed *ret_weighed);

/* Repaired as a careless attacker meant it (braces closed, escapes and blanks dropped, base64 lookups decoded), does the
 * text reach JNDI? Then it is plainly a try, and whom it was meant to call joins v's indicators: a logger may have cut what fired. */
bool ct_weigh_is_try(ct_arena *arena, ct_str text, uint64_t *work, struct ct_verdict *v);
/* A call that is only a scheme, since a brace too many closed it: "${jndi:rmi}://host/a}". Whom it meant joins v's indicators. */
void ct_weigh_meant_behind(ct_arena *arena, ct_str text, struct ct_verdict *v);

/* A host as its owner wrote it: one that still holds an escape or a lookup is not; one outside ASCII may be two escapes that were undone in the
 * wrong order ("&#x2e%65" is ".e", or U+02EE). */
bool ct_weigh_is_plain_host(ct_str host);
/* Unless v has it. */
void ct_weigh_add_indicator(struct ct_verdict *v, struct ct_jndi_target t);

/* One evaluation, charged to *work with what it costs besides its bytes; opts.work is set. False when memory ran out. */
bool ct_weigh_watch(ct_arena *arena, const struct ct_profile *profile, struct ct_eval_opts opts, ct_str text, uint64_t *work,
                    struct ct_eval_result *ret_result);
bool ct_weigh_evaluate(ct_arena *arena, const struct ct_profile *profile, enum ct_values values, enum ct_sink sink, ct_str text,
                       uint64_t *work, struct ct_eval_result *ret_result);
/* The newest of n releases that evaluates messages: none has more features. */
const struct ct_profile *ct_weigh_newest(const struct ct_profile *list, size_t n);

#endif
