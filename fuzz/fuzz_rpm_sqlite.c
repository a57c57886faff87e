/* The database with its log laid over: four bytes say how long the log is, the log, the database. */
#include "component_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) return 0;
    uint32_t n = (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 24;
    ct_str all = {data, size}, log = ct_str_slice(all, 4, n > size ? size : 4 + (size_t)n),
           bytes = ct_str_slice(all, 4 + log.n, size);
    read_packages("rpm/rpmdb.sqlite", CT_PACKAGES_RPM_SQLITE, bytes, log.n ? &log : NULL);
    return 0;
}
