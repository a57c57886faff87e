/* For tests in other languages: advisory_tool RECORDS, a file with one OSV record a line. Lines "ECOSYSTEM<TAB>NAME<TAB>VERSION" in; ids
 * of affected records (with '?' where it is undecided), sorted by coming, one line each out. Refused records are named on stderr. */
#include "advisory/advisory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool print(void *ctx, const struct ct_advisory_match *m)
{
    bool *first = ctx;
    printf("%s%.*s%s", *first ? "" : " ", CT_STR_ARG(m->advisory->id), m->verdict == CT_UNDECIDED ? "?" : "");
    *first = false;
    return true;
}

static bool load(ct_advisories *db, const char *path)
{
    FILE *f = fopen(path, "rbe");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (!f) return false;
    for (unsigned number = 1; (n = getline(&line, &room, f)) > 0; number++) {
        struct ct_fault fault;
        if (ct_advisories_add_osv(db, (ct_str){(unsigned char *)line, (size_t)n}, &fault)) fprintf(stderr, "%s:%u: %s\n", path, number, fault.detail);
    }
    free(line);
    return fclose(f) == 0;
}

int main(int argc, char **argv)
{
    static char line[65536];
    struct ct_advisories_stats s;
    ct_advisories *db;
    if (argc != 2 || ct_advisories_new(&ct_alloc_libc, 1u << 30, &db)) return 2;
    if (!load(db, argv[1])) return 4;
    ct_advisories_stats(db, &s);
    fprintf(stderr, "%llu records, %llu packages, %llu entries, %llu unreadable versions, %llu versions kept, %llu in ranges\n", (unsigned long long)s.records,
            (unsigned long long)s.packages, (unsigned long long)s.affected, (unsigned long long)s.unreadable_versions, (unsigned long long)s.versions_kept,
            (unsigned long long)s.versions_in_ranges);
    while (fgets(line, sizeof line, stdin)) {
        ct_str rest = ct_str_from(line), release = {NULL, 0};
        bool first = true;
        if (rest.n && rest.p[rest.n - 1] == '\n') rest.n--;
        struct ct_advisory_query q = {0};
        q.ecosystem = ct_ecosystem_named(ct_str_cut(&rest, '\t'), &release);
        q.release = release;
        q.name = ct_str_cut(&rest, '\t');
        q.version = rest;
        ct_advisories_match(db, &q, print, &first);
        putchar('\n');
    }
    ct_advisories_free(db);
    return 0;
}
