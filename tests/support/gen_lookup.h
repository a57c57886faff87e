/* Random lookup expressions: what an attacker, a fuzzer and a careless user write.
 *
 * Everything is drawn from the seed, is valid UTF-8 and mostly under 300 bytes; a small share is long or deep. The shapes
 * are our own list of the forms that payloads were published in, with a placeholder host.
 */
#ifndef CT_TESTS_GEN_LOOKUP_H
#define CT_TESTS_GEN_LOOKUP_H

#include "base/buf.h"
#include "support/random.h"

/* One line: grammar, mutated shape, token soup, or a deep one. */
void gen_lookup_line(struct rng *r, struct ct_buf *out);
/* Text that spells word, characters hidden in expressions at random; it resolves to word on 2.13.1 to 2.14.1 with no
 * host values set. word: ASCII without '$', '{', '}', ':' next to '-'. */
void gen_lookup_spell(struct rng *r, ct_str word, struct ct_buf *out);
/* An expression that reaches JNDI on 2.14.1 with exactly this name, hidden at random. name: as word, not starting with '-'. */
void gen_lookup_attack(struct rng *r, ct_str name, struct ct_buf *out);
/* Copies in with n small changes at code point borders. */
void gen_lookup_mutate(struct rng *r, ct_str in, unsigned n, struct ct_buf *out);

const ct_str *gen_lookup_shapes(size_t *ret_n);

#endif
