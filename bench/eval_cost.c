/* What a unit of the evaluator's budget costs: 64 KiB of every poison we know, each with the grant one evaluation gets.
 *
 *   eval_cost [--bytes N]     prints a table: shape, outcome, calls, units of work, microseconds, nanoseconds a unit
 *
 * Exit status: 0; 1 when a unit of some shape costs more than 4 ns of CPU time (the best of five runs), so that the budget
 * does not bound the time; 2 usage, 4 no memory. Only an optimised build without sanitizers says anything.
 */
#include "base/limits.h"
#include "lookup/eval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 5, NS_PER_UNIT_MAX = 4 };

/* head, then unit again and again, then tail; nested: a "}" for each unit before the tail. */
struct shape {
    const char *name, *head, *unit, *tail;
    size_t times; /* 0: as often as fits */
    bool nested;
};

static const struct shape shapes[] = {
    {"${", "", "${", "", 0, false},
    {"${}", "", "${}", "", 0, false},
    {"${a}", "", "${a}", "", 0, false},
    {"${a} obfuscated behind", "", "${a}", "${${lower:j}ndi:ldap://h/a}", 0, false},
    {"${::-x}", "", "${::-x}", "${jndi:ldap://h/a}", 0, false},
    {"${::-}", "", "${::-}", "", 0, false},
    {"$${", "", "$${", "", 0, false},
    {"$${a}", "", "$${a}", "${", 0, false},
    {"$$$$", "", "$", "{a}", 0, false},
    {"$$$${ ... }", "", "$$$${a}", "${", 0, false},
    {"$ and }", "${", "$}", "", 0, false},
    {"}", "${a}", "}", "", 0, false},
    {"} and {", "${${", "}{", "", 0, false},
    {"y behind ${", "${", "y", "", 0, false},
    {"plain behind ${a}", "${a}", "x", "", 0, false},
    {"$x", "${a}", "$x", "", 0, false},
    {"${lower: 100 deep", "", "${lower:", "", 100, true},
    {"${lower: 900 deep", "", "${lower:", "", 900, true},
    {"${lower: 5000 deep", "", "${lower:", "", 5000, true},
    {"${lower: unclosed", "", "${lower:", "", 0, false},
    {"${${${ 900 deep", "", "${", "", 900, true},
    {"${${${ 30000 deep", "", "${", "", 20000, true},
    {"${a 900 deep", "", "${a", "", 900, true},
    {"${a:-${ 900 deep", "", "${a:-", "x", 900, true},
    {"${a:-$${ 900 deep", "", "${a:-$", "", 900, true},
    {"${jndi:x}", "", "${jndi:x}", "", 0, false},
    {"${jndi:ldap://h/a}", "", "${jndi:ldap://h/a}", "", 0, false},
    {"${jndi:ldap://h/${a}}", "", "${jndi:ldap://h/${a}}", "", 0, false},
    {"${jndi:${env:A}${a}...", "${jndi:${env:A}", "${a}", "}", 0, false},
    {"${jndi:} of 64 KiB", "${jndi:ldap://h/${env:A}", "caltropvalu", "}", 0, false},
    {"altered each pass", "", "${jndi:a}", "$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$${::-x}${", 0, false},
    {"${env:A}", "", "${env:A}", "", 0, false},
    {"${env:A:-b}", "", "${env:A:-b}", "", 0, false},
    {"${bundle:a:b}", "", "${bundle:a:b}", "", 0, false},
    {"${ENV:A}", "", "${ENV:A}", "", 0, false},
    {"${nosuchprefix:a}", "", "${nosuchprefix:a}", "", 0, false},
    {"Kelvin signs", "", "${\xe2\x84\xaa\xe2\x84\xaa:a}", "", 0, false},
    {"${sys:line.separator}", "", "${sys:line.separator}", "", 0, false},
    {"${sys:line.separatox}", "", "${sys:line.separatox}", "", 0, false},
    {"${java:os}", "", "${java:os}", "", 0, false},
    {"${event:Message}", "", "${event:Message}", "", 0, false},
    {"$${event:Message}", "", "$${event:Message}", "${", 0, false},
    {"${upper: sharp s", "${upper:", "\xc3\x9f", "}", 0, false},
    {"${upper: letters", "${upper:", "a\xc3\xa9\xce\xb1\xd0\xb6\xe1\xba\xa1\xea\x9e\x87", "}", 0, false},
    {"${lower: capital sigma", "${lower:", "\xce\xa3", "}", 0, false},
    {"${lower: dotted I", "${lower:", "\xc4\xb0", "}", 0, false},
    {"${lower: broken UTF-8", "${lower:", "\xf0\x9f\x92", "}", 0, false},
    {"${lower:\xce\xa3}", "", "${lower:\xce\xa3}", "", 0, false},
    {"${date: letters", "${date:", "aGyMdkHmsSEDFwWahKuzZX", "}", 0, false},
    {"${date: zzzz", "${date:", "zzzz ", "}", 0, false},
    {"${date: numbers", "${date:", "S'x'", "}", 0, false},
    {"${date: quotes", "${date:", "''", "}", 0, false},
    {"${date: one letter", "${date:", "y", "}", 0, false},
    {"${date:y}", "", "${date:y}", "", 0, false},
    {":- inside", "${", ":-", "}", 0, false},
    {": inside", "${", ":", "}", 0, false},
    {":\\- inside", "${a:\\-", ":x", "}", 0, false},
    {"${a:\\-b}", "", "${a:\\-b}", "", 0, false},
    {"cycle", "", "${a:-$${b:-$${a}}}", "", 0, false},
    {"values in values", "", "${a:-$${b:-x}}", "", 0, false},
    {"values with variables", "", "${::-$${b}}", "", 0, false},
    {"unescaped each pass", "", "${::-$}{::-$}{a}", "${", 0, false},
    {"long names, same length", "", "${aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "", 0, false},
    {"UTF-8 padding", "\xf0\x9f\x92\xa5", "\xc3\xa9", "${::-x}${a}$${b}${", 0, false},
};

static void add(unsigned char *to, size_t *n, const char *z)
{
    size_t len = strlen(z);
    memcpy(to + *n, z, len);
    *n += len;
}

/* to holds max bytes and the longest head, unit and tail. */
static ct_str fill(const struct shape *s, unsigned char *to, size_t max)
{
    size_t n = 0, unit = strlen(s->unit) + s->nested, fixed = strlen(s->head) + strlen(s->tail);
    size_t times = fixed < max ? (max - fixed) / unit : 0;
    if (s->times && s->times < times) times = s->times;
    add(to, &n, s->head);
    for (size_t i = 0; i < times; i++) add(to, &n, s->unit);
    for (size_t i = 0; s->nested && i < times; i++) to[n++] = '}';
    add(to, &n, s->tail);
    return (ct_str){to, n};
}

static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct cost {
    enum ct_eval_end end;
    uint64_t reached, work;
    double us;
};

static ct_err measure(ct_arena *arena, const struct ct_profile *p, enum ct_values values, ct_str text, struct cost *ret_cost)
{
    struct cost best = {.us = 1e12};
    for (unsigned i = 0; i < RUNS; i++) {
        uint64_t grant = CT_EVAL_WORK_BASE + (uint64_t)CT_EVAL_WORK_PER_BYTE * text.n, left = grant;
        struct ct_eval_opts opts = {.values = values, .work = &left};
        struct ct_eval_result r;
        ct_arena_clear(arena);
        double from = cpu_us();
        CT_TRY(ct_eval(arena, p, &opts, text, &r));
        double us = cpu_us() - from;
        if (us < best.us) best = (struct cost){r.end, r.n_reached, grant - left, us};
    }
    *ret_cost = best;
    return CT_OK;
}

int main(int argc, char **argv)
{
    static const char *const ends[] = {"done", "threw", "overflowed", "spent"};
    size_t bytes = CT_WINDOW;
    if (argc == 3 && strcmp(argv[1], "--bytes") == 0) bytes = (size_t)strtoul(argv[2], NULL, 10);
    else if (argc != 1) bytes = 0;
    if (bytes < 64 || bytes > CT_DECODE_MAX) {
        (void)fprintf(stderr, "usage: eval_cost [--bytes N]     N from 64 to %u\n", CT_DECODE_MAX);
        return 2;
    }
    ct_arena *arena = NULL;
    unsigned char *buf = malloc(bytes + 1024);
    const struct ct_profile *profile = ct_profile_find(CT_STR("2.14.1"));
    if (!buf || ct_arena_new(&ct_alloc_libc, CT_LINE_ARENA_MAX, &arena)) return 4;
    int status = 0;
    double slowest = 0, dearest = 0;
    (void)printf("%-26s %-10s %12s %10s %9s %7s\n", "shape", "outcome", "calls", "work", "us", "ns/unit");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0] && status != 4; i++) {
        struct cost c, set;
        ct_str text = fill(&shapes[i], buf, bytes);
        ct_err e = measure(arena, profile, CT_VALUES_UNSET, text, &c);
        if (!e) e = measure(arena, profile, CT_VALUES_SET, text, &set);
        if (e) {
            (void)fprintf(stderr, "eval_cost: %s: %s\n", shapes[i].name, ct_err_text(e));
            status = 4;
            break;
        }
        if (set.us / (double)set.work > c.us / (double)c.work) c = set; /* the dearer of the two ways to answer values */
        double ns = c.us * 1e3 / (double)c.work;
        if (ns > NS_PER_UNIT_MAX) status = 1;
        if (ns > dearest) dearest = ns;
        if (c.us > slowest) slowest = c.us;
        (void)printf("%-26s %-10s %12llu %10llu %9.0f %7.2f%s\n", shapes[i].name, ends[c.end], (unsigned long long)c.reached,
                     (unsigned long long)c.work, c.us, ns, ns > NS_PER_UNIT_MAX ? "  too dear" : "");
    }
    if (status != 4) (void)printf("slowest %.0f us, dearest %.2f ns a unit\n", slowest, dearest);
    ct_arena_free(arena);
    free(buf);
    return status;
}
