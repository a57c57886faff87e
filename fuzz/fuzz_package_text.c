/* Records of text; the first byte says whose: dpkg, apk, Python, os-release. */
#include "component_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    ct_str bytes = {data + 1, size - 1};
    ct_arena *arena;
    struct ct_packages_os os;
    switch (data[0]) {
    case 'd': read_packages("var/lib/dpkg/status", CT_PACKAGES_DPKG, bytes, NULL); break;
    case 'a': read_packages("lib/apk/db/installed", CT_PACKAGES_APK, bytes, NULL); break;
    case 'p': read_packages("x.dist-info/METADATA", CT_PACKAGES_PYTHON, bytes, NULL); break;
    case 'o':
        if (ct_arena_new(&ct_alloc_libc, 1u << 20, &arena)) return 0;
        (void)!ct_packages_os(arena, bytes, &os);
        ct_arena_free(arena);
        break;
    default: (void)ct_packages_wants(bytes); (void)ct_packages_sniff(bytes);
    }
    return 0;
}
