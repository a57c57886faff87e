/* A verdict as text, part by part, for expectations, golden files and messages of failing tests. */
#ifndef CT_TESTS_VERDICT_TEXT_H
#define CT_TESTS_VERDICT_TEXT_H

#include "base/buf.h"
#include "detect/verdict.h"

/* Each appends to out. Lists are parted by blanks ("percent html"), in the order of the verdict; nothing for an empty list. */
void verdict_put_traits(struct ct_buf *out, unsigned traits);
void verdict_put_chain(struct ct_buf *out, const struct ct_verdict *v);
void verdict_put_indicators(struct ct_buf *out, const struct ct_verdict *v); /* scheme://host:port/path, '!' before what cannot connect */
void verdict_put_conditions(struct ct_buf *out, const struct ct_verdict *v);
/* "2.8-2.12.1 message; 2.15.0 context +layout": first and last release, sink, '+' setting where one is needed. */
void verdict_put_fires(struct ct_buf *out, const struct ct_verdict *v);
/* All parts, one per line, those that are empty left out. */
void verdict_put(struct ct_buf *out, const struct ct_verdict *v);

/* One text as the field "message", judged in arena by all profiles. */
struct ct_verdict verdict_of(ct_arena *arena, ct_str text);

#endif
