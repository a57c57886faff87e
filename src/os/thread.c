#include "os/thread.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>

/* More than one processor to choose from? Nothing is chosen under a filter of system calls: it might end the program for the question. */
static bool may_choose(cpu_set_t *ret_ours)
{
    bool known = sched_getaffinity(0, sizeof *ret_ours, ret_ours) == 0; /* fails above 1024 processors */
    return known && CPU_COUNT(ret_ours) > 1 && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0;
}

int ct_thread_beside(pthread_t *ret_thread, void *(*run)(void *), void *arg)
{
    cpu_set_t ours, others;
    pthread_attr_t attr;
    int here = sched_getcpu();
    if (here < 0 || !may_choose(&ours) || pthread_attr_init(&attr) != 0) return pthread_create(ret_thread, NULL, run, arg);
    others = ours;
    CPU_CLR((size_t)here, &others);
    int code = pthread_attr_setaffinity_np(&attr, sizeof others, &others);
    if (code == 0) code = pthread_create(ret_thread, &attr, run, arg);
    (void)pthread_attr_destroy(&attr);
    if (code != 0) return pthread_create(ret_thread, NULL, run, arg); /* forbidden all the same */
    (void)pthread_setaffinity_np(*ret_thread, sizeof ours, &ours); /* once begun it may go where it likes */
    return 0;
}
