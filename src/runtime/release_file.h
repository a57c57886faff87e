/* Files of NAME="value" lines as a shell would read them: /etc/os-release, and the `release` file of a JDK. */
#ifndef CT_RUNTIME_RELEASE_FILE_H
#define CT_RUNTIME_RELEASE_FILE_H

#include "base/arena.h"

/* The last value of name, without its quotes and backslashes; CT_ERR_NOT_FOUND, CT_ERR_NOMEM. Nothing is expanded: a value
 * that a shell would compute comes out as it is written. */
CT_MUST_USE ct_err ct_release_value(ct_arena *arena, ct_str text, ct_str name, ct_str *ret_value);

/* "1.8.0_392" -> 8, "17.0.9" -> 17, "24-ea" -> 24; 0: no Java version. */
unsigned ct_java_major(ct_str version);

#endif
