/* Lists of texts as the store keeps them: a JSON array in one column. */
#ifndef CT_RESPOND_JSON_LIST_H
#define CT_RESPOND_JSON_LIST_H

#include "base/buf.h"

CT_MUST_USE ct_err ct_json_list_write(ct_arena *arena, const ct_str *items, size_t n, ct_str *ret_json);
/* What is no string is passed over; a malformed text is the list up to there. */
CT_MUST_USE ct_err ct_json_list_read(ct_arena *arena, ct_str json, const ct_str **ret_items, size_t *ret_n);

#endif
