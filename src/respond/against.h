/* Would it have fired here? Attempts against assets, campaign by campaign.
 *
 * An attempt reaches the assets that routes, or whoever imported its log, name; what no route names has no known target, and is said so. For each asset: which
 * releases of log4j-core were there at the time of the attempt, whether it fires on them, in which kind of log call and under which setting, and what their
 * findings were then: class and process evidence and controls are in those. Verdicts, the least safe first:
 *
 *   would fire       a release was there on which it fires in a plain message, and nothing that is known covered it
 *   cannot rule out  it depends on what nobody knows: the kind of call, a setting, the release; or nobody had looked, or not to the end, or long ago
 *   would not        a complete look, no older than fresh_us when the attempt came, found nothing that it fires on; or what it fires on was covered;
 *                    or it fires on no release at all
 *
 * What was first seen after the attempt, by the first look of all, is taken to have been there. A status or a WAF's outcome proves nothing and counts for nothing. Weak
 * sides: applications that hold no log4j-core and pass messages on to one that does are known by routes alone; a file that was there and never loaded counts as running.
 */
#ifndef CT_RESPOND_AGAINST_H
#define CT_RESPOND_AGAINST_H

#include "respond/against_facts.h"
#include "store/attempt_row.h"

enum ct_would { CT_WOULD_FIRE, CT_WOULD_MAYBE, CT_WOULD_NOT, CT_WOULDS };
const char *ct_would_name(enum ct_would w); /* "would fire", "cannot rule out", "would not" */

struct ct_against_asset {
    const struct ct_fact_asset *asset;
    ct_str service, role;     /* of the route; role serves, reads, or "log": whoever imported it said so */
    enum ct_would would;
    const void *ground;       /* for ct_against_reason */
    ct_str state;             /* of what decided, at the time; empty: no finding */
    ct_str purl;              /* of what decided; empty: nothing did */
    int64_t at;               /* of the attempt that decided */
    bool has_time;            /* false: the line has none, and `at` is when it was imported */
    uint64_t attempts;        /* of this campaign that reached it */
    uint64_t firing;          /* of them would fire */
};
struct ct_against_campaign {
    const struct ct_campaign_row *campaign;
    const struct ct_against_asset *assets; /* least safe first, then by exposure, environment, name */
    size_t n;
    size_t by[CT_WOULDS];
    uint64_t unknown;         /* attempts whose target nobody knows */
    size_t unknown_pairs;     /* logs and hosts of those */
    ct_str unknown_log, unknown_host; /* the first of them */
    bool estated;             /* for the first ones that have such attempts: */
    size_t estate, estate_by[CT_WOULDS]; /* if those had reached every asset in use */
};
struct ct_against_opts {
    struct ct_attempt_filter filter;
    int64_t now_us, fresh_us;
    int64_t asset;            /* this one alone; 0: all */
};
/* Everything lives during the call. */
typedef ct_err ct_against_tell(void *ctx, const struct ct_against_campaign *c);
/* Why, in words. Made when somebody asks: most answers are only counted. During the call of tell. */
CT_MUST_USE ct_err ct_against_reason(ct_arena *arena, const struct ct_against_asset *a, ct_str *ret_reason);
/* Who runs what decided, with its Java and what its flags change, as the looks saw it by now; empty: nothing decided, or nobody looked at processes. */
CT_MUST_USE ct_err ct_against_run_by(ct_db *db, ct_arena *arena, const struct ct_against_asset *a, ct_str *ret_words);
/* *ret_left: campaigns past CT_AGAINST_CAMPAIGNS_MAX, the least grave ones: nothing is said of them, so that nothing can be ruled out. */
CT_MUST_USE ct_err ct_against(ct_db *db, const struct ct_against_opts *opts, ct_against_tell *tell, void *ctx, uint64_t *ret_left);

#endif
