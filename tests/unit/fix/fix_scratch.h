/* A folder of the test's own with a nested archive in it, and what a fix of it takes. */
#ifndef CT_TESTS_FIX_SCRATCH_H
#define CT_TESTS_FIX_SCRATCH_H

#include "fix/fix.h"

struct fix_scratch {
    char folder[64], jar[96], runs[96];
    unsigned char old[8192], fixed[8192];
    size_t old_n, fixed_n;
    struct ct_fix_cut cut;
    ct_arena *arena;
};

/* FOLDER/app.jar: "lib.jar" (of "x" and "y") and "other"; the cut is lib.jar's x. Aborts when something fails. */
void fix_scratch_new(struct fix_scratch *s);
void fix_scratch_free(struct fix_scratch *s);
/* The file's content; n 0 when it is not there. */
size_t fix_scratch_read(const char *path, unsigned char *to, size_t n);
bool fix_scratch_is(const struct fix_scratch *s, bool fixed); /* what lies at the path is exactly the one or the other */
/* Files in the archive's folder besides app.jar: what a run must not leave. */
unsigned fix_scratch_strays(const struct fix_scratch *s);
/* The one run in the data folder; empty: none. */
void fix_scratch_run(const struct fix_scratch *s, char ret_id[CT_FIX_ID_SIZE]);

#endif
