/* The prefilter as a processor without AVX2 runs it, under a name of its own, to compare. */
#include "detect/verdict.h"

#define ct_prefilter_next portable_prefilter_next
#define ct_prefilter portable_prefilter
#define ct_prefilter_has_avx2() false
size_t portable_prefilter_next(ct_str block, size_t from, uint64_t *lines);
bool portable_prefilter(ct_str text);
#include "detect/prefilter.c"
