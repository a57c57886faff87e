/* Text for people in lines of a terminal's width. What goes in is printable already. */
#ifndef CT_CLI_FLOW_H
#define CT_CLI_FLOW_H

#include "base/buf.h"

/* A text in lines of at most `columns`, broken at blanks; lines after the first are indented. Newlines stay. */
void ct_flow(struct ct_buf *out, ct_str text, size_t columns, size_t indent);
void ct_number(struct ct_buf *out, uint64_t v);                                  /* 35,153 */
void ct_counted(struct ct_buf *out, uint64_t n, const char *one, const char *many); /* "1 file", "2 files" */

#endif
