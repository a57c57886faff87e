/* The prefilter as a processor without AVX2 runs it, under a name of its own, to compare. */
#include "base/limits.h"
#include "base/str.h"
#include "lookup/eval.h"
#include "lookup/jndi.h"

#include <string.h>

#undef __x86_64__ /* after the system's headers, which need it */
#define ct_prefilter_next portable_prefilter_next
#define ct_prefilter portable_prefilter
size_t portable_prefilter_next(ct_str block, size_t from, uint64_t *lines);
bool portable_prefilter(ct_str text);
#include "detect/prefilter.c"
