/* Where and why something failed: filled on failure, owned by the caller, printed by programs only.
 * The file name and the detail may hold attacker bytes: print them through text/printable.h. */
#ifndef CT_BASE_FAULT_H
#define CT_BASE_FAULT_H

#include "base/err.h"
#include "base/str.h"

struct ct_fault {
    ct_err err;
    uint64_t offset;   /* bytes from the start of the input */
    uint64_t line;     /* from 1; 0 when lines mean nothing here */
    char detail[200];  /* what was expected or what the system said, NUL-terminated */
};

/* Fills f (null is fine) and returns e, so that "return ct_fault_set(...)" reads as one thing. */
ct_err ct_fault_set(struct ct_fault *f, ct_err e, uint64_t offset, const char *fmt, ...) CT_PRINTF(4, 5);

#endif
