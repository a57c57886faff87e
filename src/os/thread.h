/* A thread that works while its creator works. */
#ifndef CT_OS_THREAD_H
#define CT_OS_THREAD_H

#include <pthread.h>

/* pthread_create, but the thread begins on another processor than its creator's where it may run on several. Some kernels
 * (measured: Linux 6.18 in a virtual machine of two) begin it on the same one and let both take turns there for 4 to 20 ms.
 * 0 or errno's value.
 */
int ct_thread_beside(pthread_t *ret_thread, void *(*run)(void *), void *arg);

#endif
