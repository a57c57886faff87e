/* Tries that no repair of braces and blanks makes fire, seen by what their lookups are for: a word put together of letters that
 * lookups give ("jn${::-d}i", the fragments of bypass lists), a name that they hide in front of the address of a JNDI server
 * ("${${hostName:-j}ndi:ldap://h/a}"), or such an address given to another lookup ("${date:ldap://h/a}").
 *
 * Refuses nothing. Weak side: words of more than one window are not seen.
 */
#ifndef CT_DETECT_SPELLED_H
#define CT_DETECT_SPELLED_H

#include "detect/weigh.h"

/* text: all that is open closed; cut: something was. Evaluated once, charged to *work. */
bool ct_spelled(ct_arena *arena, ct_str text, bool cut, uint64_t *work);
/* The scheme of a server that JNDI would ask, in any letter case. */
bool ct_spelled_is_scheme(ct_str s);
/* A quick no: can ct_spelled say yes? */
bool ct_spelled_may(ct_str text);

#endif
