#include "store/ids.h"

ct_err ct_query_ids(ct_query *q, ct_arena *arena, int64_t **ret_ids, size_t *ret_n)
{
    int64_t *ids = NULL;
    size_t n = 0, cap = 0;
    ct_err e;
    while ((e = ct_query_next(q)) == CT_OK) {
        if (n == cap) {
            size_t more = cap ? 2 * cap : 64;
            int64_t *grown = ct_arena_grow(arena, ids, cap * sizeof *ids, more * sizeof *ids);
            if (!grown) return ct_query_done(q), CT_ERR_NOMEM;
            ids = grown;
            cap = more;
        }
        ids[n++] = ct_query_get_i64(q, 0);
    }
    if (e != CT_ERR_END) return e;
    *ret_ids = ids;
    *ret_n = n;
    return CT_OK;
}
