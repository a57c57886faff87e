/* The text of a state file: positions by path.
 *
 *   caltrop-state 3
 *   file DEVICE INODE OFFSET LINE HEAD_N HEAD_HASH TAIL_N TAIL_HASH NOTED PATH [ORIGIN]
 *                                decimal; names with %XX for blanks, controls, % and non-ASCII; ORIGIN: under which it was read first
 *   whole ...                    the same of a compressed file that was read to its end
 *   end COUNT CHECKSUM           FNV-1a of all before this line
 *
 * Version 2, without `whole`, and version 1, without TAIL_N, TAIL_HASH and ORIGIN, are read too. Refuses anything else, byte for byte:
 * other versions (CT_ERR_UNSUPPORTED), text without its end (CT_ERR_TRUNCATED), a checksum or count that differs (CT_ERR_CHECKSUM),
 * foreign text and the same path twice (CT_ERR_SYNTAX). The checksum finds damage; it does not stop who may write the file. Parsing and
 * printing do no I/O.
 */
#ifndef CT_LOGS_STATE_FILE_H
#define CT_LOGS_STATE_FILE_H

#include "logs/follow.h"

struct ct_state_entry {
    char *path;
    char *origin; /* null: its own */
    struct ct_position at;
    uint64_t noted; /* seconds since 1970 */
};
struct ct_state_table {
    const struct ct_alloc *alloc;
    struct ct_state_entry *v;
    size_t n, cap;
    size_t *index; /* open-addressed by path: position in v plus 1, or 0 */
    size_t index_cap;
};

void ct_state_table_init(struct ct_state_table *t, const struct ct_alloc *alloc);
void ct_state_table_done(struct ct_state_table *t);
/* Null when absent; valid until the next change. */
struct ct_state_entry *ct_state_table_find(const struct ct_state_table *t, ct_str path);
/* origin may be null, or the entry's own. */
CT_MUST_USE ct_err ct_state_table_put(struct ct_state_table *t, ct_str path, const struct ct_position *at, const char *origin,
                                      uint64_t noted);
void ct_state_table_drop(struct ct_state_table *t, size_t i); /* the last entry takes place i */

/* t must be fresh; on failure it is left for ct_state_table_done. */
CT_MUST_USE ct_err ct_state_parse(ct_str text, struct ct_state_table *t, struct ct_fault *fault);
/* *ret_cap bytes from t's allocator, *ret_n of them text. */
CT_MUST_USE ct_err ct_state_print(const struct ct_state_table *t, unsigned char **ret_p, size_t *ret_n, size_t *ret_cap);

#endif
