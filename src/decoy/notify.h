/* systemd is told how it goes: READY, STATUS, WATCHDOG, STOPPING. One datagram to $NOTIFY_SOCKET; no library. Internal to this folder. */
#ifndef CT_DECOY_NOTIFY_H
#define CT_DECOY_NOTIFY_H

#include "base/err.h"

void ct_notify(const char *fmt, ...) CT_PRINTF(1, 2); /* nobody listens: nothing happens */

#endif
