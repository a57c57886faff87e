/* What the columns of a W3C extended log mean: by the names of a #Fields directive, or guessed from a line that has none. */
#ifndef CT_FORMATS_W3C_COLUMNS_H
#define CT_FORMATS_W3C_COLUMNS_H

#include "formats/line_in.h"

enum ct_w3c_meaning {
    CT_W3C_OTHER, CT_W3C_DATE, CT_W3C_TIME, CT_W3C_STAMP, CT_W3C_CLIENT, CT_W3C_METHOD, CT_W3C_STEM, CT_W3C_QUERY, CT_W3C_STATUS,
    CT_W3C_HOST,
    CT_W3C_HOST_SENT, /* what the client asked for, where HOST may be a name of the server's own */
    CT_W3C_FORWARDED, CT_W3C_NUMBER, CT_W3C_TEXT, CT_W3C_WAF,
};

struct ct_w3c_column {
    ct_str column, name;
    enum ct_w3c_meaning meaning;
};

/* Index 0 is a column that the table does not know. */
unsigned char ct_w3c_column_by_name(ct_str column);
const struct ct_w3c_column *ct_w3c_column_at(unsigned char index);

/* May a line have columns that can be guessed? A look at its start, before it is split. */
bool ct_w3c_may_guess(ct_str line);
/* A line's columns without a directive: IIS and http.sys always write theirs in one order, CloudFront's real-time logs too.
 * False: v looks like none of these. */
bool ct_w3c_guess(const ct_str *v, size_t n, unsigned char ret_columns[CT_W3C_COLUMNS_MAX]);

#endif
