/* Attempts to translate: an ordinary one, one with everything, one with nothing, one made to break out of each format. */
#ifndef CT_TESTS_EVENT_SAMPLES_H
#define CT_TESTS_EVENT_SAMPLES_H

#include "event/attempt.h"

enum { N_SAMPLES = 5 };
extern const char *const sample_names[N_SAMPLES];
struct ct_attempt sample(size_t i); /* static storage behind it */

#endif
