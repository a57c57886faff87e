#include "base/alloc.h"

#include <stdlib.h>

static void *libc_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    (void)ctx;
    (void)old_n;
    if (n == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, n);
}

const struct ct_alloc ct_alloc_libc = {libc_resize, NULL};
