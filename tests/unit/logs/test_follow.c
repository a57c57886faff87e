/* Following: whatever happens to the file, each line comes once. */
#include "logs/follow.h"
#include "os/clock.h"
#include "scratch.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static struct {
    char text[4u << 20];
    size_t n;
    char notices[1000];
    unsigned partials;
    struct ct_follow_chunk last;
} got;

static void got_clear(void)
{
    got.n = 0;
    got.text[0] = got.notices[0] = 0;
    got.partials = 0;
}

static ct_err take(ct_follow *f, int timeout_ms)
{
    struct ct_follow_chunk c;
    struct ct_fault fault = {0};
    ct_err e = ct_follow_next(f, timeout_ms, &c, &fault);
    if (e == CT_ERR_AGAIN) return e;
    if (e != CT_OK) fail_msg("follow: %s: %s", ct_err_text(e), fault.detail);
    if (c.n) {
        assert_true(got.n + c.n < sizeof got.text);
        memcpy(got.text + got.n, c.p, c.n);
        got.n += c.n;
        got.text[got.n] = 0;
        if (!c.partial) assert_int_equal(c.p[c.n - 1], '\n');
        got.partials += c.partial;
    }
    if (c.notice) (void)snprintf(got.notices + strlen(got.notices), sizeof got.notices - strlen(got.notices), "%s ", c.notice);
    got.last = c;
    return CT_OK;
}

/* Until that much has come, or that notice. */
static void take_until(ct_follow *f, size_t n, const char *notice)
{
    int64_t end = ct_clock_mono_ms() + PATIENCE_MS;
    while (got.n < n || (notice && !strstr(got.notices, notice))) {
        if (ct_clock_mono_ms() > end) fail_msg("waited too long: %zu bytes, notices %s, text ...%s", got.n, got.notices, got.text);
        (void)take(f, 100);
    }
}

static void expect_text(ct_follow *f, const char *want)
{
    take_until(f, strlen(want), NULL);
    assert_string_equal(got.text, want);
    while (take(f, 0) == CT_OK) {}
    assert_string_equal(got.text, want);
}

static ct_follow *follow(const char *path, const struct ct_position *from)
{
    ct_follow *f = NULL;
    got_clear();
    assert_int_equal(ct_follow_new(&ct_alloc_libc, &f), CT_OK);
    assert_int_equal(ct_follow_add(f, path, from), CT_OK);
    return f;
}

static const struct ct_position start; /* in no file: from the start of what is there */

static void clean(void) { must_sh("rm -rf log* dir"); }

static void lines_come_when_they_are_whole(void **state)
{
    (void)state;
    clean();
    append_file("log", "old 1\nold 2\nhalf");
    ct_follow *f = follow("log", NULL);
    while (take(f, 0) == CT_OK) {}
    assert_string_equal(got.text, "");
    append_file("log", "-done\nnext\nunfin");
    expect_text(f, "half-done\nnext\n");
    assert_int_equal(got.last.line, 3);
    assert_int_equal(got.last.offset, 12);
    assert_int_equal(got.last.after.line, 4);
    append_file("log", "ished");
    while (take(f, 0) == CT_OK) {}
    append_file("log", "\n");
    expect_text(f, "half-done\nnext\nunfinished\n");
    assert_int_equal(got.partials, 0);
    ct_follow_free(f);
}

static void a_renamed_log_is_drained_and_late_lines_count(void **state)
{
    (void)state;
    clean();
    append_file("log", "1\n");
    ct_follow *f = follow("log", &start);
    expect_text(f, "1\n");
    append_file("log", "2\n");
    must_sh("mv log log.1; echo 3 >> log.1; echo 4 > log");
    expect_text(f, "1\n2\n3\n4\n");
    assert_non_null(strstr(got.notices, "rotated"));
    must_sh("echo late >> log.1; echo 5 >> log");
    take_until(f, strlen("1\n2\n3\n4\nlate\n5\n"), NULL);
    assert_non_null(strstr(got.text, "late\n"));
    assert_non_null(strstr(got.text, "5\n"));
    ct_follow_free(f);
}

static void an_unfinished_line_of_a_rotated_log_comes_after_silence(void **state)
{
    (void)state;
    clean();
    append_file("log", "1\nno newline");
    ct_follow *f = follow("log", &start);
    expect_text(f, "1\n");
    must_sh("mv log log.1; echo 2 > log");
    expect_text(f, "1\nno newline2\n");
    assert_int_equal(got.partials, 1);
    ct_follow_free(f);
}

static void copytruncate_gives_the_rest_from_the_copy(void **state)
{
    (void)state;
    for (unsigned packed = 0; packed < 2; packed++) {
        clean();
        append_file("log", "first line of this log\n2\n");
        ct_follow *f = follow("log", &start);
        expect_text(f, "first line of this log\n2\n");
        must_sh("echo 3 >> log; cp log log.1; : > log; echo 4 >> log");
        if (packed) must_sh("gzip log.1");
        expect_text(f, "first line of this log\n2\n3\n4\n");
        assert_non_null(strstr(got.notices, "truncated"));
        must_sh("mv log.1%s log.2%s; cp log log.1; : > log; echo 5 >> log", packed ? ".gz" : "", packed ? ".gz" : "");
        expect_text(f, "first line of this log\n2\n3\n4\n5\n");
        ct_follow_free(f);
    }
}

/* Filled again beyond the old size before anyone looked: only the head tells. */
static void a_rewritten_log_is_noticed_by_its_head(void **state)
{
    (void)state;
    clean();
    append_file("log", "aaaa\nunfinished");
    ct_follow *f = follow("log", &start);
    expect_text(f, "aaaa\n");
    must_sh("echo 'bbbb is longer than what was there before' > log");
    expect_text(f, "aaaa\nunfinishedbbbb is longer than what was there before\n");
    assert_int_equal(got.partials, 1);
    ct_follow_free(f);
}

static void a_writer_that_keeps_its_offset_leaves_a_hole(void **state)
{
    (void)state;
    clean();
    int fd = open("log", O_WRONLY | O_CREAT | O_CLOEXEC, 0644); /* no O_APPEND */
    for (unsigned i = 0; i < 3000; i++) assert_int_equal(write(fd, "a line of 16 by\n", 16), 16);
    ct_follow *f = follow("log", NULL);
    must_sh(": > log");
    assert_int_equal(write(fd, "after\n", 6), 6);
    take_until(f, 6, NULL);
    while (take(f, 0) == CT_OK) {}
    assert_true(got.n < 8192); /* the hole's last block at most */
    assert_memory_equal(got.text + got.n - 6, "after\n", 6);
    (void)close(fd);
    ct_follow_free(f);
}

static void several_rotations_between_two_looks(void **state)
{
    (void)state;
    clean();
    append_file("log", "one is the first\n");
    must_sh("echo before my time > log.1; echo even older | gzip > log.2.gz");
    ct_follow *f = follow("log", &start);
    expect_text(f, "one is the first\n");
    must_sh("echo two >> log; mv log.2.gz log.5.gz; mv log.1 log.4; mv log log.3; echo three > log.2; echo four > log.1; echo five > log");
    expect_text(f, "one is the first\ntwo\nthree\nfour\nfive\n");
    must_sh("gzip log.3; gzip log.2"); /* packed later: known, not new */
    must_sh("mv log.1 log.6; mv log log.1; echo six > log");
    expect_text(f, "one is the first\ntwo\nthree\nfour\nfive\nsix\n");
    /* The old one is overwritten by the second rotation: what is left is read. */
    must_sh("mv log log.1; echo seven > log; mv log log.1; echo eight > log");
    expect_text(f, "one is the first\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n");
    ct_follow_free(f);
}

static void a_log_may_come_late_and_its_folder_too(void **state)
{
    (void)state;
    clean();
    must_sh("echo old > log.1");
    ct_follow *f = follow("log", NULL);
    assert_int_equal(ct_follow_add(f, "dir/sub/log", NULL), CT_OK);
    while (take(f, 0) == CT_OK) {}
    append_file("log", "1\n");
    expect_text(f, "1\n");
    must_sh("mkdir -p dir/sub; echo 2 > dir/sub/log");
    expect_text(f, "1\n2\n");
    assert_string_equal(got.last.path, "dir/sub/log");
    append_file("dir/sub/log", "3\n");
    expect_text(f, "1\n2\n3\n");
    must_sh("rm -r dir; mkdir -p dir/sub; echo 4 > dir/sub/log");
    expect_text(f, "1\n2\n3\n4\n");
    ct_follow_free(f);
}

static void deletion_is_told_and_the_next_one_appears(void **state)
{
    (void)state;
    clean();
    append_file("log", "1\nlast words");
    ct_follow *f = follow("log", &start);
    expect_text(f, "1\n");
    must_sh("rm log");
    take_until(f, 0, "vanished");
    assert_string_equal(got.text, "1\nlast words");
    append_file("log", "2\n");
    expect_text(f, "1\nlast words2\n");
    assert_string_equal(got.notices, "vanished appeared ");
    ct_follow_free(f);
}

static void what_is_dropped_is_closed_and_the_rest_goes_on(void **state)
{
    (void)state;
    clean();
    append_file("log", "");
    append_file("log2", "");
    append_file("log3", "");
    ct_follow *f = follow("log", &start);
    assert_int_equal(ct_follow_add(f, "log2", &start), CT_OK);
    assert_int_equal(ct_follow_add(f, "log3", &start), CT_OK);
    append_file("log3", "3\n");
    expect_text(f, "3\n");
    struct ct_position at = {0};
    assert_true(ct_follow_position(f, "log3", &at));
    assert_int_equal(at.offset, 2);
    ct_follow_drop(f, "log2");
    ct_follow_drop(f, "nosuch");
    assert_false(ct_follow_position(f, "log2", &at));
    append_file("log2", "2\n");
    append_file("log", "1\n");
    expect_text(f, "3\n1\n");
    assert_int_equal(ct_follow_add(f, "log2", &start), CT_OK); /* as if it had never been */
    expect_text(f, "3\n1\n2\n");
    ct_follow_drop(f, "log");
    ct_follow_drop(f, "log2");
    ct_follow_drop(f, "log3");
    assert_int_equal(take(f, 0), CT_ERR_AGAIN);
    ct_follow_free(f);
    clean();
}

static void a_link_that_moves_on_is_followed(void **state)
{
    (void)state;
    clean();
    must_sh("echo 1 > log.2021-12-10; ln -s log.2021-12-10 log");
    ct_follow *f = follow("log", &start);
    expect_text(f, "1\n");
    append_file("log.2021-12-10", "2\n");
    expect_text(f, "1\n2\n");
    must_sh("echo 3 >> log.2021-12-10; echo 4 > log.2021-12-11; echo 5 > log.2021-12-12; ln -sfn log.2021-12-12 log");
    expect_text(f, "1\n2\n3\n4\n5\n");
    ct_follow_free(f);
}

static void a_line_longer_than_the_buffer_comes_in_pieces(void **state)
{
    (void)state;
    clean();
    append_file("log", "");
    ct_follow *f = follow("log", &start);
    must_sh("head -c 1000000 /dev/zero | tr '\\0' x >> log; echo >> log; echo next >> log");
    take_until(f, 1000006, NULL);
    assert_int_equal(got.n, 1000006);
    assert_true(got.partials >= 3);
    assert_int_equal(got.last.after.line, 2);
    assert_int_equal(got.last.after.offset, 1000006);
    ct_follow_free(f);
}

static void a_position_goes_on_where_it_was_also_after_rotation(void **state)
{
    (void)state;
    clean();
    append_file("log", "1\n2\n3\n");
    ct_follow *f = follow("log", &start);
    expect_text(f, "1\n2\n3\n");
    struct ct_position at = got.last.after;
    ct_follow_free(f);
    append_file("log", "4\n");
    f = follow("log", &at);
    expect_text(f, "4\n");
    assert_int_equal(got.last.line, 4);
    ct_follow_free(f);
    must_sh("mv log log.2; echo 5 > log.1; echo 6 > log");
    f = follow("log", &at);
    expect_text(f, "4\n5\n6\n");
    ct_follow_free(f);
    must_sh("gzip log.2; rm log");
    f = follow("log", &at);
    expect_text(f, "4\n5\n");
    append_file("log", "7\n");
    expect_text(f, "4\n5\n7\n");
    ct_follow_free(f);
}

static void on_alarm(int sig) { (void)sig; }

static void a_signal_ends_waiting(void **state)
{
    (void)state;
    clean();
    append_file("log", "");
    ct_follow *f = follow("log", NULL);
    struct sigaction action = {.sa_handler = on_alarm}, old;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    struct itimerval every = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
    struct ct_follow_chunk c;
    ct_err e;
    while ((e = ct_follow_next(f, -1, &c, NULL)) == CT_OK) {}
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    assert_int_equal(e, CT_ERR_INTERRUPTED);
    ct_follow_free(f);
}

static void failing_reads_are_told_and_lose_nothing(void **state)
{
    (void)state;
    clean();
    append_file("log", "1\n2\n");
    for (unsigned at = 0; at < 12; at++) {
        ct_follow *f = follow("log", &start);
        failing_sys(FAIL_READ, at, false, EIO);
        int64_t end = ct_clock_mono_ms() + PATIENCE_MS;
        while (got.n < 4 && ct_clock_mono_ms() < end) {
            struct ct_follow_chunk c;
            ct_err e = ct_follow_next(f, 100, &c, NULL);
            if (e == CT_OK && c.n) {
                memcpy(got.text + got.n, c.p, c.n);
                got.n += c.n;
                got.text[got.n] = 0;
            }
            assert_true(e == CT_OK || e == CT_ERR_READ || e == CT_ERR_AGAIN);
        }
        (void)failing_sys_done();
        assert_string_equal(got.text, "1\n2\n");
        ct_follow_free(f);
    }
}

static ct_err follow_through_rotation(const struct ct_alloc *alloc)
{
    clean();
    append_file("log", "one is the first\nhalf");
    ct_follow *f = NULL;
    CT_TRY(ct_follow_new(alloc, &f));
    ct_err e = ct_follow_add(f, "log", &start);
    struct ct_follow_chunk c;
    if (e == CT_OK) e = ct_follow_next(f, 0, &c, NULL);
    while (e == CT_OK) e = ct_follow_next(f, 0, &c, NULL);
    if (e == CT_ERR_AGAIN) {
        must_sh("echo -done >> log; mv log log.2; echo two | gzip > log.1.gz; echo three > log");
        do e = ct_follow_next(f, 2000, &c, NULL);
        while (e == CT_OK && !(c.n == 6 && memcmp(c.p, "three\n", 6) == 0));
    }
    ct_follow_free(f);
    return e;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            fault_alloc_init(&f, n, persistent);
            ct_err e = follow_through_rotation(&f.alloc);
            assert_int_equal(f.live, 0);
            if (!f.failed) {
                assert_int_equal(e, CT_OK);
                break;
            }
            assert_true(e == CT_ERR_NOMEM || e == CT_OK);
        }
    }
}

/* A writer that rotates in every way while it is being followed: each numbered line once, and in order. */
static void write_and_rotate(uint64_t seed, unsigned lines)
{
    struct rng r = {seed};
    FILE *out = fopen("log", "ae");
    for (unsigned i = 0; i < lines; i++) {
        if (!out) _exit(1);
        fprintf(out, "line %u of this run, padded %u\n", i, rng_below(&r, 1000000));
        if (rng_below(&r, 40) == 0) (void)fflush(out); /* sometimes within a line's neighbourhood, sometimes at a block's end */
        if (rng_below(&r, 200) == 0) usleep(rng_below(&r, 3000));
        if (rng_below(&r, 400) != 0) continue;
        (void)fflush(out);
        if (rng_below(&r, 3) == 0) {
            if (sh("for n in 8 7 6 5 4 3 2 1; do test -e log.$n && mv log.$n log.$((n+1)); done; cp log log.1; : > log") != 0) _exit(2);
        } else {
            (void)fclose(out);
            if (sh("rm -f log.9*; for n in 8 7 6 5 4 3 2 1; do for e in '' .gz; do test -e log.$n$e && mv log.$n$e log.$((n+1))$e; done; done;"
                   "mv log log.1; test ! -e log.3 || gzip -f log.3") != 0)
                _exit(3);
            out = fopen("log", "ae");
        }
    }
    _exit(out && fclose(out) == 0 ? 0 : 4);
}

static void a_rotating_writer_is_followed_line_by_line(void **state)
{
    (void)state;
    struct rng rng = rng_new("logs_follow");
    enum { LINES = 20000 };
    for (unsigned round = 0; round < 3; round++) {
        clean();
        append_file("log", "");
        ct_follow *f = follow("log", &start);
        uint64_t seed = rng_next(&rng);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) write_and_rotate(seed, LINES);
        static unsigned char seen[LINES];
        memset(seen, 0, sizeof seen);
        unsigned n = 0, late = 0, next = 0;
        int64_t end = ct_clock_mono_ms() + 3 * PATIENCE_MS;
        while (n < LINES) {
            if (ct_clock_mono_ms() > end) fail_msg("seed round %u: only %u lines", round, n);
            got_clear();
            if (take(f, 100) != CT_OK) continue;
            for (char *p = got.text; *p; p = strchr(p, '\n') + 1) {
                unsigned i = LINES;
                assert_int_equal(sscanf(p, "line %u of this run", &i), 1);
                assert_true(i < LINES);
                if (seen[i]) fail_msg("round %u: line %u twice", round, i);
                seen[i] = 1;
                n++;
                late += i != next;
                next = i + 1;
            }
        }
        while (take(f, 0) == CT_OK) assert_int_equal(got.last.n, 0);
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        if (late) printf("round %u: %u times out of order\n", round, late);
        ct_follow_free(f);
    }
}

int main(void)
{
    scratch_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_when_they_are_whole),
        cmocka_unit_test(a_renamed_log_is_drained_and_late_lines_count),
        cmocka_unit_test(an_unfinished_line_of_a_rotated_log_comes_after_silence),
        cmocka_unit_test(copytruncate_gives_the_rest_from_the_copy),
        cmocka_unit_test(a_rewritten_log_is_noticed_by_its_head),
        cmocka_unit_test(a_writer_that_keeps_its_offset_leaves_a_hole),
        cmocka_unit_test(several_rotations_between_two_looks),
        cmocka_unit_test(a_log_may_come_late_and_its_folder_too),
        cmocka_unit_test(deletion_is_told_and_the_next_one_appears),
        cmocka_unit_test(what_is_dropped_is_closed_and_the_rest_goes_on),
        cmocka_unit_test(a_link_that_moves_on_is_followed),
        cmocka_unit_test(a_line_longer_than_the_buffer_comes_in_pieces),
        cmocka_unit_test(a_position_goes_on_where_it_was_also_after_rotation),
        cmocka_unit_test(a_signal_ends_waiting),
        cmocka_unit_test(failing_reads_are_told_and_lose_nothing),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_rotating_writer_is_followed_line_by_line),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
