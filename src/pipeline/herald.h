/* The herald: one message for a campaign's first attempt, then one at widening intervals while it goes on.
 *
 * What an outlet gets instead of every attempt: 100,000 requests of one wave are a handful of messages. Each message is
 * the newest attempt of the campaign with the count since the message before and in all. Pure but for the caller's clock.
 * At most `max` campaigns are followed; the one silent longest gives way.
 */
#ifndef CT_PIPELINE_HERALD_H
#define CT_PIPELINE_HERALD_H

#include "base/alloc.h"
#include "event/attempt.h"

typedef struct ct_herald ct_herald;
typedef ct_err ct_herald_fn(void *ctx, const unsigned char id[16], ct_str event);

CT_MUST_USE ct_err ct_herald_new(const struct ct_alloc *alloc, size_t max, ct_herald_fn *send, void *ctx, ct_herald **ret_herald);
void ct_herald_free(ct_herald *h);
/* now_us: a monotonic clock. */
CT_MUST_USE ct_err ct_herald_attempt(ct_herald *h, const struct ct_attempt *a, int64_t now_us);
/* Sends what is due. Call it now and then. all: also what is not due yet (at the end). */
CT_MUST_USE ct_err ct_herald_tick(ct_herald *h, int64_t now_us, bool all);

#endif
