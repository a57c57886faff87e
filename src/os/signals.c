#include "os/signals.h"

#include <stddef.h>

void ct_ending_signals(int how, sigset_t *ret_before)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(how, &set, ret_before);
}

void ct_ending_signals_arrive(void)
{
    ct_ending_signals(SIG_UNBLOCK, NULL);
    ct_ending_signals(SIG_BLOCK, NULL);
}
