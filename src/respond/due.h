/* Clocks: by when each finding is to be settled, by the policy in use, and the mark of those that were late.
 *
 * Run after everything that may change what a policy asks about. A due time moves earlier when a policy, an exposure or an incident asks for less time; never
 * later, unless a person says so with a reason: another policy by 'loosen', one finding by ct_clock_move, or an acceptance, which gives the days it lasts.
 * breached is the moment from which a finding was late while somebody could know: the latest of due, since when that due stands, and the last opening.
 * It is never unset. The caller holds the transaction. Weak side: nothing runs by itself: a mark is set by the next
 * command on the store, with the time from which it holds.
 */
#ifndef CT_RESPOND_DUE_H
#define CT_RESPOND_DUE_H

#include "policy/policy.h"
#include "store/clock_row.h"
#include "store/who.h"

struct ct_clocks_count {
    uint64_t started, earlier, later, breached;
};
/* vulnerability, asset 0: any. loosen: due times follow the policy later too. Adds to count. */
CT_MUST_USE ct_err ct_clocks(ct_db *db, int64_t vulnerability, int64_t asset, const struct ct_who *who, bool loosen, struct ct_clocks_count *count);
/* Marks what is late, and nothing else. */
CT_MUST_USE ct_err ct_clocks_mark(ct_db *db, const struct ct_who *who, uint64_t *ret_breached);

/* A person moves the due time of an asset's open findings of a vulnerability. who->why: the reason, never empty when it is later. fault: what is refused. */
CT_MUST_USE ct_err ct_clock_move(ct_db *db, int64_t asset, int64_t vulnerability, int64_t due, const struct ct_who *who, uint64_t *ret_moved, struct ct_fault *fault);

/* The policy of this name: one of the house, else a shipped one. CT_ERR_NOT_FOUND. Text lives in arena. */
CT_MUST_USE ct_err ct_policy_named(ct_db *db, ct_arena *arena, ct_str name, struct ct_policy *ret_policy, ct_str *ret_yaml, struct ct_fault *fault);
/* The name of the one in use. */
CT_MUST_USE ct_err ct_policy_in_use(ct_db *db, ct_arena *arena, ct_str *ret_name);

/* The risk is accepted until a time: due times move by what the acceptance lasts; the policy's own stay in due_policy. An acceptance in force is replaced.
 * Refuses: no approver, no reason, an end that is not ahead. a->since is who->now_us. */
CT_MUST_USE ct_err ct_accept(ct_db *db, ct_arena *arena, struct ct_acceptance *a, const struct ct_who *who, uint64_t *ret_moved, struct ct_fault *fault);
/* It ends now: what was left of the time goes on. CT_ERR_NOT_FOUND: none is in force. */
CT_MUST_USE ct_err ct_accept_end(ct_db *db, ct_arena *arena, int64_t asset, int64_t vulnerability, const struct ct_who *who, uint64_t *ret_moved);

#endif
