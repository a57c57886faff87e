/* Tar files and their compressed forms. */
#include "nest_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    walk_ways(data, size, CT_FAMILY_TAR | CT_FAMILY_CODEC);
    return 0;
}
