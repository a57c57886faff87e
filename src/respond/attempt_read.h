/* One line of `caltrop detect --json` read back.
 *
 * Refuses what is no JSON (CT_ERR_SYNTAX, CT_ERR_TRUNCATED) and what is no attempt or has no id (CT_ERR_UNSUPPORTED); fields that are not known are
 * passed over. Long texts are cut as the writer cuts them. Weak side: of a key given twice the last one counts.
 */
#ifndef CT_RESPOND_ATTEMPT_READ_H
#define CT_RESPOND_ATTEMPT_READ_H

#include "campaign/campaign.h"
#include "store/attempt_row.h"

enum { CT_ATTEMPT_FIRES_MAX = 24, CT_ATTEMPT_CONDITIONS_MAX = 8 };

struct ct_fires_read {
    ct_str versions, sink, setting;
};
struct ct_attempt_read {
    unsigned char event[CT_ATTEMPT_ID];
    int64_t at;               /* INT64_MIN: the line had no time */
    ct_str source, target, client, status, waf, campaign, scanner, normal, grade, certainty;
    ct_str scheme, host, path; /* of the first callback */
    uint16_t port;
    uint64_t line, stands_for; /* stands_for: at least 1 */
    bool contacted;
    ct_str conditions[CT_ATTEMPT_CONDITIONS_MAX];
    size_t n_conditions;
    struct ct_fires_read fires[CT_ATTEMPT_FIRES_MAX];
    size_t n_fires;
};
/* Text lives in arena. */
CT_MUST_USE ct_err ct_attempt_read(ct_arena *arena, ct_str line, struct ct_attempt_read *ret_attempt);

/* Lists of fires as the store keeps them, and back. */
CT_MUST_USE ct_err ct_fires_write(ct_arena *arena, const struct ct_fires_read *list, size_t n, ct_str *ret_json);
CT_MUST_USE ct_err ct_fires_parse(ct_arena *arena, ct_str json, struct ct_fires_read *list, size_t max, size_t *ret_n);

#endif
