/* zip_without_tool IN OUT CUT...: CUT is a chain of entry names joined by "!/". For a test in another language.
 * Prints "REMOVED SIGNATURE" or, with exit status 1, "ERROR: detail". */
#include "archive/zip_without.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUTS_MAX = 64, NAMES_MAX = 16, FILE_MAX = 64 << 20 };

static ct_err to_file(void *ctx, const void *p, size_t n) { return fwrite(p, 1, n, ctx) == n ? CT_OK : CT_ERR_WRITE; }

int main(int argc, char **argv)
{
    if (argc < 4 || argc - 3 > CUTS_MAX) return 2;
    unsigned char *bytes = malloc(FILE_MAX);
    FILE *in = fopen(argv[1], "rb"), *out = fopen(argv[2], "wb");
    if (!bytes || !in || !out) return 2;
    ct_str whole = {bytes, fread(bytes, 1, FILE_MAX, in)};
    static ct_str names[CUTS_MAX][NAMES_MAX];
    struct ct_zip_cut cuts[CUTS_MAX];
    size_t n = 0;
    for (int i = 3; i < argc; i++, n++) {
        cuts[n] = (struct ct_zip_cut){names[n], 0};
        ct_str rest = ct_str_from(argv[i]);
        for (size_t at; (at = ct_str_find(rest, CT_STR("!/"))) != CT_STR_NONE && cuts[n].n + 1 < NAMES_MAX; rest = ct_str_slice(rest, at + 2, rest.n))
            names[n][cuts[n].n++] = ct_str_slice(rest, 0, at);
        names[n][cuts[n].n++] = rest;
    }
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 1u << 30, &arena) != CT_OK) return 2;
    struct ct_bytes_at at = ct_bytes_at_memory(&whole);
    struct ct_zip_without_result r;
    struct ct_fault fault = {0};
    ct_err err = ct_zip_without(arena, &at, cuts, n, to_file, out, &r, &fault);
    if (err == CT_OK) printf("%zu %d\n", r.removed, r.signature);
    else printf("%s: %s\n", ct_err_text(err), fault.detail);
    ct_arena_free(arena);
    free(bytes);
    bool closed = fclose(out) == 0 && fclose(in) == 0;
    return err == CT_OK && closed ? 0 : 1;
}
