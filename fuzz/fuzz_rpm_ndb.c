/* The reader on any bytes: it ends, stays inside its input, and what it emits is a component. */
#include "component_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_packages("rpm/Packages.db", CT_PACKAGES_RPM_NDB, (ct_str){data, size}, NULL);
    return 0;
}
