/* Leaks on purpose: the suite fails when the leak goes unnoticed. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char *volatile lost = malloc(100);
    if (!lost) return 1;
    lost[0] = 1;
    lost = NULL;
    puts("nobody noticed the leak");
    return 0;
}
