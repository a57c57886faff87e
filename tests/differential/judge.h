/* Does the evaluator say what the real Log4j said?
 *
 * Compared: how the rendering ended, which names reached JNDI in order (the first 64), how many calls in all, and the
 * rendered text. Not compared, and counted:
 *   - nesting between our depth cap and where this JVM's stack ends (it has 3 MiB; a server's ends between 1000 and 2000
 *     levels, so neither is wrong);
 *   - a spent work or memory budget: the evaluator says "unknown", which is no claim.
 * After an overflow only the names that both saw are compared: the cap stops earlier than the stack.
 * The two small sigmas are taken for one letter: which one a capital becomes hangs on Java's tables of word breaks.
 *
 * ct_eval does not ask whether a release substitutes messages or expands context values at all, and whether it has a jndi
 * lookup: its caller reads that from the profile. So where the profile says no, the real Log4j must leave the text alone,
 * or make no call.
 *
 * A context value that refers to itself (question.self) is not modelled, only flagged: what overflows in Log4j must have
 * nested_context set.
 */
#ifndef CT_TESTS_JUDGE_H
#define CT_TESTS_JUDGE_H

#include "oracle.h"

enum judgement { JUDGED_SAME, JUDGED_DEEP, JUDGED_SPENT, JUDGED_DIFFERENT };

/* Runs the evaluator; why (room for n bytes) says what differs. Leaves arena as it was. */
enum judgement judge(ct_arena *arena, const struct ct_profile *profile, const struct question *q, const struct answer *a, char *why, size_t n);
/* False when the evaluator's budget is spent: the JVM has none, and such a line may keep it for minutes. */
bool judge_affordable(ct_arena *arena, const struct ct_profile *profile, const struct question *q);

#endif
