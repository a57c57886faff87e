/* Two threads write one variable without a lock, on purpose. */
#include <pthread.h>
#include <stdio.h>

static volatile unsigned shared;

static void *count(void *arg)
{
    for (unsigned i = 0; i < 100000; i++) shared++;
    return arg;
}

int main(void)
{
    pthread_t a, b;
    if (pthread_create(&a, NULL, count, NULL) != 0 || pthread_create(&b, NULL, count, NULL) != 0) return 1;
    (void)pthread_join(a, NULL);
    (void)pthread_join(b, NULL);
    printf("nobody noticed the race: %u\n", shared);
    return 0;
}
