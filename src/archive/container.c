#include "archive/nest.h"

const char *ct_container_name(enum ct_container c)
{
    static const char *const names[] = {
        [CT_CONTAINER_NONE] = "none", [CT_CONTAINER_ZIP] = "zip",     [CT_CONTAINER_TAR] = "tar",     [CT_CONTAINER_AR] = "ar",
        [CT_CONTAINER_CPIO] = "cpio", [CT_CONTAINER_RPM] = "rpm",     [CT_CONTAINER_GZIP] = "gzip",   [CT_CONTAINER_BZIP2] = "bzip2",
        [CT_CONTAINER_XZ] = "xz",     [CT_CONTAINER_LZMA] = "lzma",   [CT_CONTAINER_ZSTD] = "zstd",   [CT_CONTAINER_LZ4] = "lz4",
    };
    return names[c];
}

const char *ct_oddity_text(enum ct_oddity o)
{
    static const char *const texts[] = {
#define X(name, text, incomplete) text,
        CT_ODDITY_LIST(X)
#undef X
    };
    return texts[o];
}
