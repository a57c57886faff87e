/* Any bytes as the manifests of an image: files are parted by lines of "== NAME". No layer has a name that climbs out by its digest. */
#include "base/limits.h"
#include "scan/image_list.h"
#include "scan/image_view.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ct_err load(void *ctx, ct_arena *arena, ct_str name, ct_str *ret_bytes)
{
    ct_str rest = *(const ct_str *)ctx, found = {NULL, 0};
    bool inside = false;
    while (rest.p) {
        ct_str line = ct_str_cut(&rest, '\n');
        bool head = ct_str_starts(line, CT_STR("== "));
        if (head && inside) break;
        if (head) inside = ct_str_eq(ct_str_slice(line, 3, line.n), name);
        else if (inside && !found.p) found = line;
        else if (inside) found.n = (size_t)(line.p - found.p) + line.n;
    }
    return inside ? ct_arena_dup(arena, found, ret_bytes) : CT_ERR_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_str all = {data, size};
    struct ct_image_list list;
    struct ct_fault fault = {0};
    ct_image_view *view;
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 32u << 20, &arena) != CT_OK) return 0;
    if (ct_image_list(arena, load, &all, &list, &fault) == CT_OK)
        for (size_t i = 0; i < list.n; i++)
            if (list.images[i].n_layers > CT_IMAGE_LAYERS_MAX) abort();
    ct_arena_clear(arena);
    /* The same bytes as names of files in two layers: what is shown has a clean path. */
    if (ct_image_view_new(&ct_alloc_libc, &view) == CT_OK) {
        for (ct_str rest = all; rest.p;) {
            ct_str name = ct_str_cut(&rest, '\n');
            struct ct_buf path;
            bool shown;
            ct_buf_init(&path, arena, CT_IMAGE_PATH_MAX);
            if (name.n == 0) ct_image_view_below(view);
            if (!ct_image_path(&path, name) || path.err) continue;
            ct_str p = ct_buf_view(&path);
            if (p.p[0] != '/' || ct_str_find(p, CT_STR("//")) != CT_STR_NONE || ct_str_find(p, CT_STR("/../")) != CT_STR_NONE) abort();
            (void)!ct_image_view_add(view, p, CT_IMAGE_FILE, &shown);
        }
        ct_image_view_free(view);
    }
    ct_arena_free(arena);
    return 0;
}
