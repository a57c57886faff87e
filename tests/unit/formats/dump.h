/* Records as text, and the sample logs of tests/golden/formats: shared by the programs of this folder. */
#ifndef CT_TESTS_FORMATS_DUMP_H
#define CT_TESTS_FORMATS_DUMP_H

#include "formats/record.h"

void dump_record(struct ct_buf *out, const struct ct_record *r);

/* Names of the samples, NULL at the end. */
extern const char *const dump_samples[];
/* The whole file, in memory that the caller frees; exits the test program when it cannot be read. */
char *dump_read(const char *sample, const char *suffix, size_t *ret_n);
void dump_path(char *to, size_t n, const char *sample, const char *suffix);

#endif
