/* Ratings out of CVSS vectors: base scores of versions 2.0, 3.0 and 3.1, in tenths (98: 9.8).
 * Refuses (-1): version 4.0, whose scores come from a table of expert judgements, metrics that are missing or unknown.
 * Temporal and environmental metrics are read over. */
#ifndef CT_ADVISORY_CVSS_H
#define CT_ADVISORY_CVSS_H

#include "advisory/advisory.h"

int ct_cvss_score(ct_str vector);
enum ct_severity ct_cvss_severity(int score); /* of version 3's scale; UNKNOWN below 0 */
enum ct_severity ct_severity_named(ct_str word); /* "critical", "important", "moderate" ...; in any case */

#endif
