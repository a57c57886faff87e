#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>

ct_err ct_fault_set(struct ct_fault *f, ct_err e, uint64_t offset, const char *fmt, ...)
{
    if (!f) return e;
    f->err = e;
    f->offset = offset;
    f->line = 0;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(f->detail, sizeof f->detail, fmt, args);
    va_end(args);
    return e;
}
