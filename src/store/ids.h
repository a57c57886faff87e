/* The first column of every row, as ids in arena. Inside src/store. */
#ifndef CT_STORE_IDS_H
#define CT_STORE_IDS_H

#include "base/arena.h"
#include "store/db.h"

CT_MUST_USE ct_err ct_query_ids(ct_query *q, ct_arena *arena, int64_t **ret_ids, size_t *ret_n);

#endif
