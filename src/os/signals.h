/* The signals that end a program: SIGINT, SIGTERM and SIGHUP. */
#ifndef CT_OS_SIGNALS_H
#define CT_OS_SIGNALS_H

#include <signal.h>

/* Holds them back in this thread (SIG_BLOCK) or lets them through (SIG_UNBLOCK), as pthread_sigmask does; ret_before may be null. */
void ct_ending_signals(int how, sigset_t *ret_before);

#endif
