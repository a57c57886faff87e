/* For tests in other languages: lines "ECOSYSTEM<TAB>LEFT<TAB>RIGHT" in, one line each out: "<", "=", ">", or "!" when a version is
 * refused. A first argument "range": "ECOSYSTEM<TAB>RANGE<TAB>VERSION" in, "in", "out" or "!" out. */
#include "version/range.h"

#include <stdio.h>
#include <string.h>

static const char *compare(enum ct_ecosystem e, ct_str a, ct_str b)
{
    int c;
    if (ct_version_compare(e, a, b, &c)) return "!";
    return c < 0 ? "<" : c > 0 ? ">" : "=";
}

static const char *contains(ct_arena *arena, enum ct_ecosystem e, ct_str range, ct_str version)
{
    struct ct_range r;
    bool in;
    ct_arena_clear(arena);
    if (ct_range_parse(arena, e, range, &r, NULL) || ct_range_contains(&r, version, &in)) return "!";
    return in ? "in" : "out";
}

int main(int argc, char **argv)
{
    static char line[65536];
    bool ranges = argc > 1 && strcmp(argv[1], "range") == 0;
    ct_arena *arena;
    if (ct_arena_new(&ct_alloc_libc, 1u << 24, &arena)) return 4;
    while (fgets(line, sizeof line, stdin)) {
        ct_str rest = ct_str_from(line), release;
        if (rest.n && rest.p[rest.n - 1] == '\n') rest.n--;
        ct_str name = ct_str_cut(&rest, '\t'), a = ct_str_cut(&rest, '\t');
        enum ct_ecosystem e = ct_ecosystem_named(name, &release);
        puts(ranges ? contains(arena, e, a, rest) : compare(e, a, rest));
    }
    ct_arena_free(arena);
    return 0;
}
