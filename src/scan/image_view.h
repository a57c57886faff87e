/* Which file of which layer an image shows. Layers are looked at from the top down: a path is shown by the first layer that has it, unless a
 * layer above removed it (a whiteout ".wh.NAME"), emptied its folder (an opaque whiteout ".wh..wh..opq") or put a file where one of its
 * folders was. Source: OCI image specification, "layer".
 *
 * Paths are kept as 128-bit hashes (BLAKE2b: nobody makes two paths collide), so a million files take some 40 MB.
 */
#ifndef CT_SCAN_IMAGE_VIEW_H
#define CT_SCAN_IMAGE_VIEW_H

#include "base/alloc.h"
#include "base/buf.h"

#include <stdbool.h>

enum ct_image_entry { CT_IMAGE_FILE, CT_IMAGE_DIR, CT_IMAGE_OTHER };

typedef struct ct_image_view ct_image_view;

CT_MUST_USE ct_err ct_image_view_new(const struct ct_alloc *alloc, ct_image_view **ret_view);
void ct_image_view_free(ct_image_view *v);
/* The next layer below: what the layer so far held now covers it. */
void ct_image_view_below(ct_image_view *v);
/* An entry of the layer at hand; path as ct_image_path makes it. *ret_shown: the image shows it. CT_ERR_CAP: more paths than can be kept;
 * what follows counts as shown. */
CT_MUST_USE ct_err ct_image_view_add(ct_image_view *v, ct_str path, enum ct_image_entry kind, bool *ret_shown);
/* Would a path of the layer at hand be shown? */
bool ct_image_view_shows(const ct_image_view *v, ct_str path);

/* "./usr//lib/../x" -> "/usr/x": as whoever unpacks the layer into the root would see it. False when nothing is left. */
bool ct_image_path(struct ct_buf *out, ct_str name);

#endif
