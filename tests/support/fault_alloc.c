#include "support/fault_alloc.h"

static void *failing_resize(void *ctx, void *p, size_t old_n, size_t n)
{
    struct fault_alloc *f = ctx;
    if (n == 0) {
        f->live--;
        return ct_alloc_libc.resize(NULL, p, old_n, 0);
    }
    if (f->countdown == 0 && (f->persistent || !f->failed)) {
        f->failed = true;
        return NULL;
    }
    if (f->countdown > 0) f->countdown--;
    void *q = ct_alloc_libc.resize(NULL, p, old_n, n);
    if (q && !p) f->live++;
    return q;
}

void fault_alloc_init(struct fault_alloc *f, unsigned fail_at, bool persistent)
{
    *f = (struct fault_alloc){.alloc = {failing_resize, f}, .countdown = fail_at, .persistent = persistent};
}
