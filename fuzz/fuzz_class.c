/* Class files: whatever the pool says, text lies inside the file. */
#include "archive/class.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
    if (!ok) abort();
}

static void check_inside(ct_str whole, ct_str part)
{
    check(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena = NULL;
    struct ct_class c;
    struct ct_class_item item;
    ct_str in = {data, size};
    check(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena) == CT_OK);
    if (ct_class_open(arena, in, &c) == CT_OK) {
        check_inside(in, c.this_class);
        check_inside(in, c.super_class);
        unsigned last = 0;
        for (unsigned cursor = 0; ct_class_next(&c, &cursor, &item);) {
            check(item.index > last && item.index < c.count);
            last = item.index;
            check_inside(in, item.text);
        }
        check(ct_class_has(&c, CT_CLASS_CLASS, c.this_class));
    }
    ct_arena_free(arena);
    return 0;
}
