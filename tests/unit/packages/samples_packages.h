/* The seeds of the fuzz targets as files of packages: each with its path, kind and bytes. */
#ifndef CT_TESTS_SAMPLES_PACKAGES_H
#define CT_TESTS_SAMPLES_PACKAGES_H

#include "packages/packages.h"

struct package_sample {
    const char *file; /* below fuzz/corpus */
    enum ct_packages_kind kind;
    const char *path;
    bool first_byte;     /* the target's choice stands before the text */
    unsigned components; /* what the whole file holds */
    ct_err err;
};

extern const struct package_sample package_samples[];
extern const size_t package_samples_n;

/* The file's bytes as the reader gets them, and the log that goes with it (empty: none). Owned by the caller: free(*ret_p). */
void package_sample_load(const struct package_sample *s, unsigned char **ret_p, ct_str *ret_bytes, ct_str *ret_log);

/* What was emitted, in a fixed place. */
struct package_list {
    ct_arena *arena;
    struct ct_component items[64];
    size_t n;
    ct_err answer; /* what the next emit returns */
};

ct_err package_list_add(void *ctx, const struct ct_component *c);
const struct ct_component *package_list_find(const struct package_list *l, const char *name);

#endif
