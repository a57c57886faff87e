/* Small zips of stored entries, put together here so that no tool is needed. */
#ifndef CT_TESTS_ZIP_MAKER_H
#define CT_TESTS_ZIP_MAKER_H

#include "base/str.h"

struct zip_maker {
    unsigned char p[4096], directory[1024];
    size_t n, directory_n, count;
};

void zip_maker_add(struct zip_maker *m, const char *name, ct_str data);
ct_str zip_maker_finish(struct zip_maker *m); /* lives as long as m */

#endif
