/* The manifests of an image file: which images are in it, of which layers. */
#ifndef CT_SCAN_IMAGE_LIST_H
#define CT_SCAN_IMAGE_LIST_H

#include "base/arena.h"
#include "base/fault.h"

struct ct_image_entry_list {      /* one image */
    ct_str config;                /* name of its configuration in the file */
    ct_str digest;                /* "sha256:..." of its manifest, else of its configuration (the image id) */
    const ct_str *tags, *layers;  /* layers: names in the file, the lowest first */
    size_t n_tags, n_layers;
};

struct ct_image_list {
    struct ct_image_entry_list *images;
    size_t n;
};

/* A small file of the image by its name. CT_ERR_NOT_FOUND: there is none. */
typedef ct_err ct_image_load(void *ctx, ct_arena *arena, ct_str name, ct_str *ret_bytes);
CT_MUST_USE ct_err ct_image_list(ct_arena *arena, ct_image_load *load, void *ctx, struct ct_image_list *ret_list, struct ct_fault *fault);

#endif
