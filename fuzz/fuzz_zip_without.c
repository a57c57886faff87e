/* Leaves an entry out of whatever this is; what comes out must be as regular as what may go in, and hold the entry no more. The entry
 * is the first of the directory and, where the first input byte is odd, the first inside that. */
#include "archive/zip_strict.h"
#include "archive/zip_without.h"
#include "base/buf.h"

#include <stdlib.h>

static ct_err into(void *ctx, const void *p, size_t n)
{
    struct ct_buf *out = ctx;
    ct_buf_add(out, (ct_str){p, n});
    return out->err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    if (size == 0 || ct_arena_new(&ct_alloc_libc, 64u << 20, &arena) != CT_OK) return 0;
    ct_str in = {data + 1, size - 1}, names[2] = {{0}};
    struct ct_bytes_at at = ct_bytes_at_memory(&in);
    struct ct_zip_strict z;
    if (ct_zip_strict_open(arena, &at, &z, NULL) == CT_OK && z.n > 0) {
        struct ct_zip_cut cut = {names, 1};
        names[0] = z.entries[0].name;
        ct_str inner = ct_str_slice(in, (size_t)z.entries[0].data, (size_t)(z.entries[0].data + z.entries[0].packed));
        struct ct_bytes_at inner_at = ct_bytes_at_memory(&inner);
        struct ct_zip_strict inside;
        if ((data[0] & 1) && ct_zip_strict_open(arena, &inner_at, &inside, NULL) == CT_OK && inside.n > 0) {
            names[1] = inside.entries[0].name;
            cut.n = 2;
        }
        struct ct_buf out;
        ct_buf_init(&out, arena, 16u << 20);
        struct ct_zip_without_result r;
        if (ct_zip_without(arena, &at, &cut, 1, into, &out, &r, NULL) == CT_OK) {
            ct_str result = ct_buf_view(&out);
            struct ct_bytes_at result_at = ct_bytes_at_memory(&result);
            struct ct_zip_strict again;
            if (ct_zip_strict_open(arena, &result_at, &again, NULL) != CT_OK) abort();
            if (again.n + (cut.n == 1 ? r.removed : 0) != z.n) abort();
            for (size_t i = 0; cut.n == 1 && i < again.n; i++)
                if (ct_str_eq(again.entries[i].name, names[0])) abort();
        }
    }
    ct_arena_free(arena);
    return 0;
}
