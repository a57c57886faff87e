/* Incidents: what is answered to together, with its own policy, its own clocks, roles, tasks and notes.
 *
 * Mode "incident" puts its policy over the one in use for its vulnerabilities: due times move earlier, never later, also not when it is closed. The clocks
 * "identification" and "first-patch" are met by what the store sees: every asset in use was looked at completely since a week before the opening; the first
 * finding is fixed. A person may meet them too, with a reason. Every change has its timeline entry; the caller holds the transaction.
 */
#ifndef CT_RESPOND_INCIDENT_H
#define CT_RESPOND_INCIDENT_H

#include "respond/due.h"
#include "store/incident_row.h"

struct ct_incident_asked {
    ct_str name, title;       /* may be empty */
    const ct_str *names;      /* of vulnerabilities, in any number; what is not known yet is made known */
    size_t n;
    bool own_mode;            /* mode incident */
    ct_str policy;            /* for it */
    int64_t notified;         /* 0: who->now_us */
};
CT_MUST_USE ct_err ct_incident_open(ct_db *db, ct_arena *arena, const struct ct_incident_asked *asked, const struct ct_who *who, struct ct_incident *ret_incident,
                                    struct ct_clocks_count *count, struct ct_fault *fault);
/* Another vulnerability belongs to it: CVE n+1. */
CT_MUST_USE ct_err ct_incident_join(ct_db *db, ct_arena *arena, const struct ct_incident *i, ct_str name, int64_t notified, const struct ct_who *who, struct ct_clocks_count *count,
                                    struct ct_fault *fault);
/* policy empty: back to the normal process. */
CT_MUST_USE ct_err ct_incident_mode(ct_db *db, ct_arena *arena, struct ct_incident *i, ct_str policy, const struct ct_who *who, struct ct_clocks_count *count, struct ct_fault *fault);
CT_MUST_USE ct_err ct_incident_close(ct_db *db, ct_arena *arena, struct ct_incident *i, const struct ct_who *who, struct ct_fault *fault);
CT_MUST_USE ct_err ct_incident_role(ct_db *db, const struct ct_incident *i, ct_str role, ct_str person, const struct ct_who *who);
CT_MUST_USE ct_err ct_incident_note(ct_db *db, const struct ct_incident *i, ct_str text, const struct ct_who *who);
/* ret_number: to end it by. */
CT_MUST_USE ct_err ct_incident_task(ct_db *db, const struct ct_incident *i, ct_str text, ct_str owner, int64_t due, const struct ct_who *who, int64_t *ret_number);
/* A task by its number, or a clock by its name; the latter needs a reason. */
CT_MUST_USE ct_err ct_incident_done(ct_db *db, ct_arena *arena, const struct ct_incident *i, ct_str what, const struct ct_who *who, struct ct_fault *fault);

/* Clocks that what the store sees has met, or that ran out. ret_any false: nothing to write. */
CT_MUST_USE ct_err ct_incidents_due(ct_db *db, int64_t now_us, bool *ret_any);
CT_MUST_USE ct_err ct_incidents_mark(ct_db *db, ct_arena *arena, const struct ct_who *who);

#endif
