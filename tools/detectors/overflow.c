/* Overflows a signed integer on purpose. */
#include <limits.h>
#include <stdio.h>

int main(void)
{
    volatile int most = INT_MAX;
    printf("nobody noticed that INT_MAX + 1 is %d\n", most + 1);
    return 0;
}
