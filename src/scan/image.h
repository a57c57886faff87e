/* Container images in a file or folder: what `docker save` writes, and OCI image layouts (also tarred). Layers are looked at from the top
 * down, so that each file of the image is looked at once and what a layer removed is not reported; package databases are read
 * when all layers were seen, since os-release decides what their packages are called.
 *
 * Digests are taken from the image and not recomputed. Refuses, each by name: layers that are not in the file (foreign layers), more than
 * CT_IMAGE_LAYERS_MAX layers. Files of an image that need random access are kept for a moment in an unlinked temporary file.
 * Weak sides: a hard link to a file that a layer above hides is named and not followed; a compressed tar of an image is
 * decompressed once per layer.
 */
#ifndef CT_SCAN_IMAGE_H
#define CT_SCAN_IMAGE_H

#include "base/fault.h"
#include "scan/inspect.h"

typedef struct ct_image ct_image;

/* CT_ERR_NOT_FOUND: no such file, or no image in it; CT_ERR_SYNTAX, ...: fault says what is wrong. */
CT_MUST_USE ct_err ct_image_open(const struct ct_alloc *alloc, const char *path, ct_image **ret_image, struct ct_fault *fault);
void ct_image_close(ct_image *image);
size_t ct_image_count(const ct_image *image); /* images in it, each with layers of its own */

/* Scans the n-th image into a report of its own (host.image and its like are set; not finished). progress may be null. CT_ERR_NOMEM,
 * CT_ERR_INTERRUPTED or CT_OK: what could not be read is in the report. */
CT_MUST_USE ct_err ct_image_scan(ct_image *image, size_t n, const struct ct_inspect_opts *opts, ct_scan_report *report,
                                 void (*progress)(void *ctx, double done, uint64_t files), void *ctx);

#endif
