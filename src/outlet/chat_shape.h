/* An event in the shapes that web services for people want. Pure.
 *
 * Slack: an incoming webhook's message with a plain-text header and section (nothing in them is markup), and "text" for
 * services that know no blocks (Mattermost, Rocket.Chat), where < > & are entities and nothing mentions anybody.
 * PagerDuty: Events API v2. dedup_key is the actor (or campaign), so that what belongs together is one incident. An actor's
 * end resolves it, unless it was as grave as it gets: that a person closes.
 */
#ifndef CT_OUTLET_CHAT_SHAPE_H
#define CT_OUTLET_CHAT_SHAPE_H

#include "outlet/gist.h"

void ct_shape_slack(struct ct_buf *out, const struct ct_gist *g);
/* "trigger" or "resolve" */
const char *ct_shape_pagerduty_action(const struct ct_gist *g);
void ct_shape_pagerduty(struct ct_buf *out, const struct ct_gist *g, const char *routing_key);

#endif
