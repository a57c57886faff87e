/* Orderings and ranges on any bytes: first byte an ecosystem, then two versions and a range, one line each. Comparing back says the
 * opposite; keys order as versions do; a range answers alike for equal versions. */
#include "version/range.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sign(int c) { return (c > 0) - (c < 0); }

static void compare(enum ct_ecosystem e, ct_str a, ct_str b, const struct ct_range *range)
{
    int there = 9, back = 9, self = 9;
    ct_err err = ct_version_compare(e, a, b, &there), again = ct_version_compare(e, b, a, &back);
    if ((err == CT_OK) != (again == CT_OK)) abort();
    if (err != CT_OK && there != 9) abort();
    if (err == CT_OK && sign(there) != -sign(back)) abort();
    if (err == CT_OK && (ct_version_compare(e, a, a, &self) || self != 0)) abort();
    if (err != CT_OK || !range) return;
    bool in_a, in_b;
    if (ct_range_contains(range, a, &in_a) || ct_range_contains(range, b, &in_b)) abort();
    /* Equal keys, and not only versions that compare as equal: Maven's order is not transitive. */
    if (there == 0 && ct_version_order(e) != CT_ORDER_MAVEN && in_a != in_b) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    if (size < 1 || ct_arena_new(&ct_alloc_libc, 4u << 20, &arena)) return 0;
    enum ct_ecosystem e = (enum ct_ecosystem)(data[0] % CT_ECOSYSTEM_COUNT);
    ct_str rest = {data + 1, size - 1};
    ct_str a = ct_str_cut(&rest, '\n'), b = ct_str_cut(&rest, '\n');
    struct ct_range range;
    struct ct_fault fault;
    ct_err err = ct_range_parse(arena, e, rest, &range, &fault);
    if (err && fault.offset > rest.n) abort();
    compare(e, a, b, err || range.order != ct_version_order(e) ? NULL : &range);
    ct_arena_free(arena);
    return 0;
}
