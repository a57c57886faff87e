/* Points in time as people give them on the command line. */
#ifndef CT_CLI_WHEN_H
#define CT_CLI_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* "2h", "30m", "1d", "90s", "2w" before now, or an ISO stamp, with or without seconds, or a date. Microseconds UTC. */
bool ct_when(const char *value, int64_t now_us, int64_t *ret_us);
/* A length: "30m", "7d". */
bool ct_how_long(const char *value, int64_t *ret_us);
/* The clock; CALTROP_NOW, when it is set, for tests and replays. False: it is no time. */
bool ct_now(int64_t *ret_us);

/* A time to come: as ct_when, but a length of time counts from now on. */
bool ct_when_ahead(const char *value, int64_t now_us, int64_t *ret_us);

#endif
