/* Contacts and actors with everything in them, with nothing in them, and with hostile bytes everywhere. */
#ifndef CT_TESTS_CONTACT_SAMPLES_H
#define CT_TESTS_CONTACT_SAMPLES_H

#include "event/contact.h"

enum { N_CONTACT_SAMPLES = 4, N_ACTOR_SAMPLES = 5 };
struct ct_contact_event contact_sample(size_t i);
struct ct_actor_event actor_sample(size_t i);
struct ct_decoy_event decoy_sample(bool deaf);

#endif
