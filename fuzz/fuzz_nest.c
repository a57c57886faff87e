/* Everything in everything. */
#include "nest_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk_ways(data, size, CT_FAMILIES_ALL);
    return 0;
}
