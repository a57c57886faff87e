/* golden.txt: what the real Log4j did, one case a line, replayed without Java.
 *
 *   releases TAB sink TAB values TAB end TAB calls TAB keys TAB text TAB rendered
 *
 * releases: one or more, comma-separated. sink: message, single, context or self (a context value that ${ctx:u} names); values: unset or set; end: done, threw or overflowed; keys: the names that reached
 * JNDI, in order, blank-separated. keys, text and rendered are escaped: \xHH for control characters, blank, backslash
 * and bytes from 0x7f on; "-" is the empty text, \x2d a lone dash. Blank lines and lines that start with # are skipped.
 */
#ifndef CT_TESTS_GOLDEN_H
#define CT_TESTS_GOLDEN_H

#include "oracle.h"

struct golden_case {
    ct_str releases;
    struct question q;
    struct answer a;
};

void golden_escape(struct ct_buf *b, ct_str s);
/* All but the releases and the tab behind them. */
void golden_write(struct ct_buf *b, const struct question *q, const struct answer *a);
/* False: not a case (*ret_blank) or malformed. Borrows from arena. */
bool golden_read(ct_arena *arena, ct_str line, struct golden_case *ret_case, bool *ret_blank);

#endif
