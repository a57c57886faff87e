/* Any text as a table: rows end, cells lie within the text or the arena, lines only go up. */
#include "text/csv_in.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct ct_csv_in c;
    struct ct_fault fault = {0};
    ct_str cells[8];
    size_t n, rows = 0, bytes = 0;
    uint64_t line = 0;
    ct_arena *arena;
    ct_err e;
    if (ct_arena_new(&ct_alloc_libc, 16u << 20, &arena) != CT_OK) return 0;
    ct_csv_open(&c, (ct_str){data, size});
    while ((e = ct_csv_next(&c, arena, cells, 8, &n, &fault)) == CT_OK) {
        if (n == 0 || n > 8 || c.line <= line || ++rows > size) abort();
        line = c.line;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < cells[i].n; k++) bytes += cells[i].p[k] > 0;
    }
    if (e != CT_ERR_END && fault.line == 0) abort();
    if (bytes > size) abort();
    ct_arena_free(arena);
    return 0;
}
