/* Third parties: asking them, what they answer, and what is limited until they do. Each change has its timeline entry; the caller holds the transaction.
 *
 * Nothing here touches a finding: a vendor's word about its product closes nothing of ours. Silence is a state of its own: who answered for one vulnerability has
 * not answered for the next one. Within one document the least safe of the statements about a product, a vulnerability and a date counts; not known counts
 * less safe than fixed.
 */
#ifndef CT_RESPOND_VENDORS_H
#define CT_RESPOND_VENDORS_H

#include "base/fault.h"
#include "respond/letter.h"
#include "store/vendor_row.h"
#include "store/who.h"
#include "vex/statement.h"

/* "answered", "silent" (it spoke about another vulnerability, or says that it does not know), "reminded", "asked", "not asked" */
const char *ct_vendor_state(const struct ct_vendor_standing *s);
static inline bool ct_vendor_answers(const struct ct_vendor_standing *s) { return s->status.p && !ct_str_eq(s->status, CT_STR("unknown")); }

/* Added, or changed where a field is given (null p: stays). products: what we use of theirs. */
CT_MUST_USE ct_err ct_vendor_know(ct_db *db, ct_arena *arena, struct ct_vendor *v, const ct_str *products, size_t n, const struct ct_who *who, bool *ret_new, struct ct_fault *fault);

struct ct_vendor_counts {
    uint64_t vendors, ours, statements, fresh, reversals, left; /* fresh: not known before; left: named no vendor or no vulnerability */
};
/* What vendors say, in a document of one of the formats; text lives until the end. Adds to counts. */
CT_MUST_USE ct_err ct_vendor_take(ct_db *db, ct_arena *arena, enum ct_vex_format format, ct_str text, const struct ct_who *who, struct ct_vendor_counts *counts, struct ct_fault *fault);
/* A list of our vendors: CSV with a header of vendor or name, and contact, data, product. False: it is none. */
bool ct_vendor_list_is(ct_str text);
CT_MUST_USE ct_err ct_vendor_list_take(ct_db *db, ct_arena *arena, ct_str text, const struct ct_who *who, struct ct_vendor_counts *counts, struct ct_fault *fault);
/* One person's note of what a vendor answered. product may be empty. */
CT_MUST_USE ct_err ct_vendor_answer(ct_db *db, ct_arena *arena, const struct ct_vendor *v, ct_str vulnerability, ct_str status, ct_str product, ct_str text, const struct ct_who *who,
                                    struct ct_fault *fault);

/* Fills the letter to a vendor about vulnerabilities, and notes that it was asked, or reminded where it was asked before. l->from is given. */
CT_MUST_USE ct_err ct_vendor_ask(ct_db *db, ct_arena *arena, const struct ct_vendor *v, const ct_str *vulnerabilities, size_t n, const struct ct_who *who, struct ct_letter *l,
                                 struct ct_fault *fault);
CT_MUST_USE ct_err ct_vendor_limit(ct_db *db, const struct ct_vendor *v, struct ct_vendor_limit *l, const struct ct_who *who, struct ct_fault *fault);
CT_MUST_USE ct_err ct_vendor_lift(ct_db *db, const struct ct_vendor *v, int64_t number, const struct ct_who *who, struct ct_fault *fault);

#endif
