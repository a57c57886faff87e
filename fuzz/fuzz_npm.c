/* npm's files; the first byte says which: a package.json or a lock file. */
#include "component_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    bool lock = data[0] == 'l';
    read_packages("node_modules/x/package.json", lock ? CT_PACKAGES_NPM_LOCK : CT_PACKAGES_NPM, (ct_str){data + 1, size - 1},
                  NULL);
    return 0;
}
