/* Controls: put in place, ended, and ended by the clock; each derives its asset again in the same transaction.
 *
 * What a control covers is known per kind (assess/control_kind.h). A person who says more is questioned: refused, unless `claim` is set; then the claim is
 * kept with their name, counts where nothing is known, and changes nothing where it is known to be false. A rule in a proxy or a firewall is
 * noted and changes no state and no clock. A control that says that a class was taken out counts only until a later look sees the class.
 * The caller holds the transaction. Weak side: an expiry takes effect when somebody asks: whoever opens the store calls ct_controls_expire first.
 */
#ifndef CT_RESPOND_CONTROL_H
#define CT_RESPOND_CONTROL_H

#include "assess/control_kind.h"
#include "respond/derive.h"
#include "store/asset.h"
#include "store/control_row.h"

struct ct_control_new {
    const struct ct_asset *asset;
    enum ct_control_kind kind;
    ct_str purl;              /* of this component alone, as the store has it; a null p: all of the asset's */
    const ct_str *covers;     /* vulnerabilities by any name; n 0: what is known of the kind */
    size_t n_covers;
    bool claim;
    ct_str evidence;
    int64_t until;            /* 0: open */
};
CT_MUST_USE ct_err ct_control_add(ct_db *db, ct_arena *arena, const struct ct_control_new *n, const struct ct_who *who, int64_t *ret_id, struct ct_derived *derived,
                                  struct ct_fault *fault);
CT_MUST_USE ct_err ct_control_end(ct_db *db, ct_arena *arena, int64_t id, const struct ct_who *who, struct ct_derived *derived, struct ct_fault *fault);
/* Those whose time is over at who->now_us. Without any it writes nothing. */
CT_MUST_USE ct_err ct_controls_expire(ct_db *db, ct_arena *arena, const struct ct_who *who, struct ct_derived *derived, uint64_t *ret_n);

/* What a control in force does about the vulnerability that it was asked with, in this component. fed: see assess/control_kind.h. seen_affected: when class
 * evidence last said affected; 0: never. *ret_words: why; static. */
bool ct_control_covers(const struct ct_control_row *c, ct_str vulnerability, ct_str version, bool fed, int64_t seen_affected, const char **ret_words);

#endif
