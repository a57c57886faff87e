/* Text for people in lines of a terminal's width. What goes in is printable already. */
#ifndef CT_CLI_FLOW_H
#define CT_CLI_FLOW_H

#include "base/buf.h"

/* A text in lines of at most `columns`, broken at blanks; lines after the first are indented. Newlines stay. */
void ct_flow(struct ct_buf *out, ct_str text, size_t columns, size_t indent);
/* Lines with indentations of their own, each in as many lines of at most `columns` as it takes; those after the first get the indentation and
 * four more. A word that no line holds is broken, but not within a character or an escape. columns 0: as it is. */
void ct_flow_indented(struct ct_buf *out, ct_str text, size_t columns);
void ct_number(struct ct_buf *out, uint64_t v);                                  /* 35,153 */
void ct_counted(struct ct_buf *out, uint64_t n, const char *one, const char *many); /* "1 file", "2 files" */

#endif
