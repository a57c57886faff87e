/* Reads one byte past its input on purpose, from the heap (sanitizer builds) or off the edge page (every build). */
#include "support/edge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    volatile size_t past = 3;
    unsigned char seen;
    if (argc > 1 && strcmp(argv[1], "edge") == 0) {
        struct edge e = edge_new(CT_STR("abc"));
        seen = e.input.p[past];
        edge_free(&e);
    } else {
        unsigned char *volatile p = malloc(3); /* volatile: the compiler must not know the size */
        if (!p) return 1;
        memcpy(p, "abc", 3);
        seen = p[past];
        free(p);
    }
    printf("nobody noticed the read of %u\n", seen);
    return 0;
}
