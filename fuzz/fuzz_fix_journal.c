/* A journal of a fix: whatever is taken holds only absolute paths and states in their order. */
#include "fix/fix_journal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ct_arena *arena;
    struct ct_fix_journal j;
    struct ct_fault fault = {0};
    if (ct_arena_new(&ct_alloc_libc, 16u << 20, &arena) != CT_OK) return 0;
    if (ct_fix_journal_read(arena, (ct_str){data, size}, &j, &fault) == CT_OK)
        for (size_t i = 0; i < j.n; i++) {
            const struct ct_fix_entry *e = &j.entries[i];
            if (e->path[0] != '/' || ((e->done || e->undone || e->whole) && !e->ready)) abort();
        }
    ct_arena_free(arena);
    return 0;
}
