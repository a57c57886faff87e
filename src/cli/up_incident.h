/* What `up` opens when it finds something grave on this host: an incident, once; later finds join it. */
#ifndef CT_CLI_UP_INCIDENT_H
#define CT_CLI_UP_INCIDENT_H

#include "cli/stored.h"

/* Vulnerabilities that are open on the asset, critical, high or known to be exploited, and in no open incident yet: into the open one that an earlier run began
 * here, else into a new one, in the normal mode: which clocks run is a person's decision. Says so. */
CT_MUST_USE ct_err ct_up_incident(struct ct_stored *s, const struct ct_asset *host);

#endif
