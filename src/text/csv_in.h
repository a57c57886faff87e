/* Tables as spreadsheets write them: RFC 4180, with what is met in the field.
 *
 *   ct_csv_open(&c, text); while ((e = ct_csv_next(&c, arena, cells, max, &n)) == CT_OK) ...      CT_ERR_END after the last row
 *
 * The separator is the comma, semicolon or tab that the first line has most of. A byte order mark and empty lines are passed over; a row
 * may end with CR LF, LF or CR; quoted cells may hold all of these. Refuses, with the line: a quote that is not closed (CT_ERR_TRUNCATED),
 * text behind a closing quote (CT_ERR_SYNTAX), more cells than max (CT_ERR_CAP). Bytes are not looked at otherwise.
 */
#ifndef CT_TEXT_CSV_IN_H
#define CT_TEXT_CSV_IN_H

#include "base/arena.h"
#include "base/fault.h"

struct ct_csv_in {
    ct_str in;
    size_t at;
    uint64_t line;       /* of the row last given, from 1 */
    uint64_t next_line;
    unsigned char separator;
};

void ct_csv_open(struct ct_csv_in *c, ct_str text);
/* Cells borrow from the text, or live in arena where quotes were doubled. */
CT_MUST_USE ct_err ct_csv_next(struct ct_csv_in *c, ct_arena *arena, ct_str *cells, size_t max, size_t *ret_n, struct ct_fault *fault);

#endif
