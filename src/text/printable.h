/* The escaping printer: the only way attacker bytes reach a terminal, a log, a table or a page.
 *
 * What it prints never holds a live "${" and never a byte that a terminal interprets: controls, invisible characters and
 * malformed UTF-8 come out as \xHH (bytes), the '$' of "${" as \x24.
 */
#ifndef CT_TEXT_PRINTABLE_H
#define CT_TEXT_PRINTABLE_H

#include "base/buf.h"

/* For terminals and plain-text logs. */
void ct_print_text(struct ct_buf *out, ct_str s);
/* The same, at most `columns` characters; a cut is shown by "..." within that width. Width counts code points. */
void ct_print_clipped(struct ct_buf *out, ct_str s, size_t columns);
/* For HTML text and quoted attributes: & < > " ' and '$' as entities on top of the above. */
void ct_print_html(struct ct_buf *out, ct_str s);
/* One CSV cell (RFC 4180), quoted where needed; a cell that a spreadsheet would run (= + - @ tab CR at its start) gets
 * a leading apostrophe. Control bytes are escaped as in ct_print_text. */
void ct_print_csv(struct ct_buf *out, ct_str s);
/* A host or URL that chat tools do not fetch: "." in the host as "[.]", "://" as "[:]//". Escaped as ct_print_text. */
void ct_print_defanged(struct ct_buf *out, ct_str s);

/* Replaces the value of query parameters, headers and URL user-info that look like credentials (token, key, secret,
 * password, session, auth, signature, ... and Bearer/Basic values) by "***"; a value that holds "${" (raw or
 * percent-encoded) stays, since it is the finding. */
void ct_mask_secrets(struct ct_buf *out, ct_str s);

#endif
