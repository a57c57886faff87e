/* Controls that a process shows, and which CVEs each one covers. Private to this folder.
 *
 * Measured on the releases themselves: the no-lookups switch works in 2.10.0 to 2.14.1, for CVE-2021-44228 in plain messages and for
 * nothing else; a Security Manager is worth what its policy withholds; a JRE that trusts no remote code base still connects. */
#ifndef CT_ASSESS_CONTROLS_H
#define CT_ASSESS_CONTROLS_H

#include "assess/assess.h"
#include "base/buf.h"

/* Does some control mitigate this CVE? Appends, for every control that was seen, what it does for this CVE. version: one release, or a range
 * "A-B" as class evidence gives it. */
bool assess_controls(const struct ct_process_evidence *p, ct_str cve, ct_str version, struct ct_buf *words);

#endif
