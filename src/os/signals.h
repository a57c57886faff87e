/* The signals that end a program: SIGINT, SIGTERM and SIGHUP. */
#ifndef CT_OS_SIGNALS_H
#define CT_OS_SIGNALS_H

#include <signal.h>

/* Holds them back in this thread (SIG_BLOCK) or lets them through (SIG_UNBLOCK), as pthread_sigmask does; ret_before may be null. */
void ct_ending_signals(int how, sigset_t *ret_before);
/* Those held back arrive now, and are held back again. Asked next whether to stop, and let through by the read that waits, none is missed. */
void ct_ending_signals_arrive(void);

#endif
