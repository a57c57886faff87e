/* The state file: what it holds survives failing system calls and kill -9; damage is refused; rotated logs are found again. */
#include "logs/follow.h"
#include "logs/state_file.h"
#include "scratch.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static ct_state *open_state(void)
{
    ct_state *s = NULL;
    struct ct_fault fault = {0};
    ct_err e = ct_state_open(&ct_alloc_libc, "state", &s, &fault);
    if (e != CT_OK) fail_msg("%s: %s", ct_err_text(e), fault.detail);
    return s;
}

static struct ct_position position(const char *path, uint64_t offset, uint64_t line)
{
    struct ct_position at = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(ct_position_of(fd, &at), CT_OK);
    at.offset = offset;
    at.line = line;
    ct_position_learn_tail(fd, &at);
    (void)close(fd);
    return at;
}

static void note(const char *path, uint64_t offset, uint64_t line)
{
    ct_state *s = open_state();
    struct ct_position at = position(path, offset, line);
    assert_int_equal(ct_state_note(s, path, &at, NULL), CT_OK);
    assert_int_equal(ct_state_save(s, NULL), CT_OK);
    ct_state_close(s);
}

struct answer {
    ct_err err;
    struct ct_position at, tail;
    char rotated[200], missed[400], origin[200];
    bool lost;
};

static struct answer resume(const char *path)
{
    struct answer a = {0};
    const char *rotated = NULL;
    ct_state *s = open_state();
    a.err = ct_state_resume(s, path, &a.at, &rotated, &a.tail);
    if (a.err == CT_OK) {
        (void)snprintf(a.rotated, sizeof a.rotated, "%s", rotated ? strrchr(rotated, '/') + 1 : "");
        const struct ct_resumed *r = ct_state_resumed(s);
        for (size_t i = 0; i < r->n_missed; i++)
            (void)snprintf(a.missed + strlen(a.missed), sizeof a.missed - strlen(a.missed), "%s ", strrchr(r->missed[i], '/') + 1);
        (void)snprintf(a.origin, sizeof a.origin, "%s", r->origin ? strrchr(r->origin, '/') + 1 : "");
        a.lost = r->lost;
    }
    ct_state_close(s);
    return a;
}

static void clean(void) { must_sh("rm -rf state* log* other.*"); }

static void positions_come_back(void **state)
{
    (void)state;
    clean();
    must_sh("printf 'a\\nb\\nc\\n' > log; cp log 'log with %% blank'");
    assert_int_equal(resume("log").err, CT_ERR_NOT_FOUND);
    note("log", 4, 2);
    note("log with % blank", 2, 1);
    struct answer a = resume("log");
    assert_int_equal(a.err, CT_OK);
    assert_int_equal(a.at.offset, 4);
    assert_int_equal(a.at.line, 2);
    assert_string_equal(a.rotated, "");
    assert_int_equal(resume("log with % blank").at.offset, 2);
    append_file("log", "d\n"); /* grown: the head of 6 bytes still fits */
    assert_int_equal(resume("log").at.offset, 4);
    assert_int_equal(access("state.lock", F_OK), -1); /* left nothing behind */
    assert_int_equal(access("state.tmp", F_OK), -1);
}

static void a_rotated_log_is_found_again(void **state)
{
    (void)state;
    static const struct { int line; const char *rotate, *rotated, *missed; uint64_t offset; } rows[] = {
        {__LINE__, "mv log log.1; echo new > log", "log.1", "", 0},
        {__LINE__, "mv log log.1", "log.1", "", 0},
        {__LINE__, "mv log log-20211210; echo new > log", "log-20211210", "", 0},
        {__LINE__, "mv log log.backup.of.mine; echo new > log", "log.backup.of.mine", "", 0},
        {__LINE__, "gzip -c log > log.1.gz; rm log; echo new > log", "log.1.gz", "", 0},
        {__LINE__, "xz -c log > log-20211210.xz; rm log; echo new > log", "log-20211210.xz", "", 0},
        {__LINE__, "cp log log.1; echo new > log", "log.1", "", 0},
        {__LINE__, "cp log log.1; gzip log.1; : > log", "log.1.gz", "", 0},
        {__LINE__, "mv log log.3; echo x | gzip > log.2.gz; echo y > log.1; echo new > log", "log.3", "log.2.gz log.1 ", 0},
        {__LINE__, "cp log log.1; gzip -c log.1 > log.1.gz; : > log", "log.1", "", 0}, /* being packed */
        {__LINE__, "rm log; echo new > log", "", "", 0},
        {__LINE__, "gzip -c log > log.1.gz; rm log; for i in 1 2 3; do echo $i > other.$i; done; echo new > log", "log.1.gz", "", 0},
        {__LINE__, ": > log", "", "", 0},
        {__LINE__, "echo more >> log", "", "", 20},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clean();
        must_sh("echo unrelated and older > log.9; touch -d 2021-12-01 log.9; for i in $(seq 1000); do echo line $i of the log; done > log");
        note("log", 20, 1);
        must_sh("%s", rows[i].rotate);
        struct answer a = resume("log");
        if (a.err != CT_OK || strcmp(a.rotated, rows[i].rotated) != 0 || strcmp(a.missed, rows[i].missed) != 0 || a.at.offset != rows[i].offset)
            fail_msg("line %d: %s: rotated '%s' missed '%s' offset %" PRIu64, rows[i].line, ct_err_text(a.err), a.rotated, a.missed, a.at.offset);
        if (rows[i].rotated[0]) {
            assert_int_equal(a.tail.offset, 20);
            assert_int_equal(a.tail.line, 1);
        }
    }
}

static void what_is_newer_than_the_name_was_never_its_own(void **state)
{
    (void)state;
    clean();
    must_sh("printf 'one\\n' > log.1; printf 'two\\n' > log");
    note("log.1", 4, 1);
    must_sh("gzip -c log.1 > log.2.gz; rm log.1; mv log log.1; printf 'three\\n' > log");
    struct answer a = resume("log.1");
    assert_int_equal(a.err, CT_OK);
    assert_string_equal(a.rotated, "log.2.gz");
    assert_string_equal(a.missed, "");
    clean();
    must_sh("printf 'one\\n' > log-20211209; printf 'two\\n' > log-20211210"); /* a new name each day */
    note("log-20211209", 4, 1);
    must_sh("mv log-20211209 log-20211208; printf 'three\\n' > log-20211209");
    a = resume("log-20211209");
    assert_string_equal(a.rotated, "log-20211208");
    assert_string_equal(a.missed, "");
}

/* All logs of a folder read in two runs, the folder rotated between them: nothing twice, under whichever name it is met. */
static void a_new_name_of_a_read_file_goes_on_where_it_was(void **state)
{
    (void)state;
    clean();
    must_sh("for i in $(seq 100); do echo line $i; done > log");
    note("log", 70, 10);
    must_sh("mv log log.1; echo new > log");
    struct answer a = resume("log.1");
    assert_int_equal(a.err, CT_OK);
    assert_int_equal(a.at.offset, 70);
    note("log.1", 792, 100);
    a = resume("log");
    assert_string_equal(a.rotated, "log.1");
    assert_int_equal(a.tail.offset, 792); /* read to its end under its new name */
    must_sh("gzip log.1");
    a = resume("log.1.gz");
    assert_int_equal(a.err, CT_OK);
    assert_int_equal(a.at.offset, 792);
}

/* Many programs begin each of their logs with the same lines: nothing of the next one may pass for read. */
static void a_banner_makes_no_two_logs_one(void **state)
{
    (void)state;
    clean();
    must_sh("head -c 300 /dev/zero | tr '\\0' = > banner; echo >> banner");
    must_sh("(cat banner; seq 100) > log; gzip -c log > log.1.gz");
    note("log", 593, 101);
    must_sh("mv log log.2; (cat banner; seq 1000 3000) > log"); /* not that log, though as long */
    struct answer a = resume("log");
    assert_string_equal(a.rotated, "log.2");
    assert_int_equal(a.at.offset, 0);
    must_sh("rm log.1.gz; (cat banner; seq 5000 9000) | gzip > log.1.gz");
    assert_int_equal(resume("log.1.gz").err, CT_ERR_NOT_FOUND);
    must_sh("mv log.2 log; (cat banner; seq 1000 3000) > new; cat new > log; rm new"); /* written anew in place */
    a = resume("log");
    assert_int_equal(a.err, CT_OK);
    assert_int_equal(a.at.offset, 0);
    assert_true(a.lost);
    must_sh("rm -f log*; (cat banner; seq 200) | gzip > log.1.gz");
    note("log.1.gz", 1000, 201);
    must_sh("(cat banner; seq 30000 40000) > x; cat x | gzip > y; cat y > log.1.gz; rm x y"); /* the inode is used again */
    assert_int_equal(resume("log.1.gz").at.offset, 0);
    must_sh("rm banner");
}

static void a_copy_under_any_name_goes_on(void **state)
{
    (void)state;
    clean();
    must_sh("for i in $(seq 100); do echo line $i; done > log");
    note("log", 70, 10);
    must_sh("cp log other.saved");
    assert_int_equal(resume("other.saved").err, CT_ERR_NOT_FOUND); /* the log itself is still there */
    must_sh("echo new > log");
    struct answer a = resume("other.saved");
    assert_int_equal(a.err, CT_OK);
    assert_int_equal(a.at.offset, 70);
    assert_string_equal(a.origin, "log");
    must_sh("sed -i s/10/xx/ other.saved");
    assert_int_equal(resume("other.saved").err, CT_ERR_NOT_FOUND);
}

static void the_last_of_a_rotation_goes_as_meant(void **state)
{
    (void)state;
    clean();
    must_sh("echo one > log.2; echo two > log.1; echo three > log");
    note("log.2", 4, 1);
    note("log.1", 4, 1);
    note("log", 6, 1);
    must_sh("rm log.2; mv log.1 log.2; mv log log.1; echo four > log");
    struct answer a = resume("log.2");
    assert_int_equal(a.at.offset, 4);
    assert_string_equal(a.origin, "log.1");
    assert_false(a.lost);
    must_sh("rm log.2; echo another > log.2");
    assert_true(resume("log.2").lost);
}

static void a_state_of_the_first_version_is_read(void **state)
{
    (void)state;
    clean();
    must_sh("printf 'a\\nb\\nc\\n' > log");
    struct ct_position p = position("log", 4, 2);
    char text[400], end[60];
    int n = snprintf(text, sizeof text, "caltrop-state 1\nfile %" PRIu64 " %" PRIu64 " 4 2 %" PRIu32 " %" PRIu64 " 1 ", p.device, p.inode, p.head_n, p.head_hash);
    assert_non_null(getcwd(text + n, sizeof text - (size_t)n));
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "/log\n");
    (void)snprintf(end, sizeof end, "end 1 %" PRIu64 "\n", ct_str_hash(ct_str_from(text)));
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s", end);
    put_file("state", ct_str_from(text));
    assert_int_equal(resume("log").at.offset, 4);
}

static void a_state_of_the_second_version_is_read(void **state)
{
    (void)state;
    static const char lines[] = "file 1 2 3 4 5 6 7 8 9 /var/log/a /var/log/b\n", whole[] = "whole 1 2 3 4 5 6 0 8 9 /var/log/c\n";
    for (unsigned version = 1; version <= 4; version++) { /* a `whole` is read where there may be one */
        char text[200];
        struct ct_state_table t;
        ct_state_table_init(&t, &ct_alloc_libc);
        int n = snprintf(text, sizeof text, "caltrop-state %u\n%s%s", version, version > 1 ? lines : "", version > 2 ? whole : "");
        n += snprintf(text + n, sizeof text - (size_t)n, "end %u %" PRIu64 "\n", version - 1, ct_str_hash((ct_str){(unsigned char *)text, (size_t)n}));
        assert_int_equal(ct_state_parse((ct_str){(unsigned char *)text, (size_t)n}, &t, NULL), version < 4 ? CT_OK : CT_ERR_UNSUPPORTED);
        assert_int_equal(t.n, version < 4 ? version - 1 : 0);
        if (t.n) assert_string_equal(t.v[0].origin, "/var/log/b");
        for (size_t i = 0; i < t.n; i++) assert_int_equal(t.v[i].at.whole, i == 1);
        ct_state_table_done(&t);
        n = snprintf(text, sizeof text, "caltrop-state 2\n%s", whole);
        n += snprintf(text + n, sizeof text - (size_t)n, "end 1 %" PRIu64 "\n", ct_str_hash((ct_str){(unsigned char *)text, (size_t)n}));
        assert_int_equal(ct_state_parse((ct_str){(unsigned char *)text, (size_t)n}, &t, NULL), CT_ERR_SYNTAX);
        ct_state_table_done(&t);
    }
}

static void one_process_at_a_time(void **state)
{
    (void)state;
    clean();
    ct_state *s = open_state(), *second = NULL;
    struct ct_fault fault = {0};
    assert_int_equal(ct_state_open(&ct_alloc_libc, "state", &second, &fault), CT_ERR_PERMISSION);
    assert_non_null(strstr(fault.detail, "in use"));
    ct_state_close(s);
    ct_state_close(open_state());
}

static ct_err parse(ct_str text)
{
    struct ct_state_table t;
    struct edge e = edge_new(text);
    ct_state_table_init(&t, &ct_alloc_libc);
    ct_err err = ct_state_parse(e.input, &t, NULL);
    ct_state_table_done(&t);
    edge_free(&e);
    return err;
}

static void every_damage_is_refused_and_nothing_overwritten(void **state)
{
    (void)state;
    clean();
    must_sh("echo x > log; echo y > 'log 2'");
    note("log", 2, 1);
    note("log 2", 2, 1);
    ct_str good = get_file("state");
    assert_int_equal(parse(good), CT_OK);
    unsigned char *bad = malloc(good.n);
    if (!bad) abort();
    for (size_t i = 0; i < good.n; i++) {
        assert_true(parse(ct_str_slice(good, 0, i)) != CT_OK);
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(bad, good.p, good.n);
            bad[i] ^= (unsigned char)(1u << bit);
            if (parse((ct_str){bad, good.n}) == CT_OK) fail_msg("byte %zu bit %u", i, bit);
        }
    }
    free(bad);
    static const ct_str foreign[] = {CT_STR_INIT("#!/bin/sh\n"), CT_STR_INIT("caltrop-state 4\nend 0 0\n"), CT_STR_INIT("\n"),
                                     CT_STR_INIT("caltrop-state 2\n"), CT_STR_INIT("caltrop-state 1\nend 0 0\n")};
    static const ct_err want[] = {CT_ERR_SYNTAX, CT_ERR_UNSUPPORTED, CT_ERR_SYNTAX, CT_ERR_TRUNCATED, CT_ERR_CHECKSUM};
    for (size_t i = 0; i < 5; i++) {
        ct_state *s = NULL;
        put_file("state", foreign[i]);
        assert_int_equal(ct_state_open(&ct_alloc_libc, "state", &s, NULL), want[i]);
        ct_str after = get_file("state");
        assert_true(ct_str_eq(after, foreign[i]));
        drop_str(&after);
    }
    put_file("state", CT_STR(""));
    ct_state_close(open_state());
    drop_str(&good);
}

/* Whatever call fails: the file holds the old positions or the new ones, and can be opened. */
static void every_write_fsync_and_rename_may_fail(void **state)
{
    (void)state;
    clean();
    must_sh("echo x > log");
    const unsigned kinds = FAIL_WRITE | FAIL_FSYNC | FAIL_RENAME | FAIL_OPEN | FAIL_CLOSE;
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned at = 0;; at++) {
            must_sh("rm -f state");
            note("log", 1, 0);
            ct_state *s = open_state();
            struct ct_position p = position("log", 2, 1);
            assert_int_equal(ct_state_note(s, "log", &p, NULL), CT_OK);
            failing_sys(kinds, at, persistent, ENOSPC);
            struct ct_fault fault = {0};
            ct_err e = ct_state_save(s, &fault);
            bool failed = failing_sys_done();
            ct_state_close(s);
            assert_int_equal(access("state.tmp", F_OK), -1);
            uint64_t now = resume("log").at.offset;
            if (e == CT_OK) assert_int_equal(now, 2);
            else assert_true(now == 1 || now == 2);
            if (e != CT_OK) assert_int_equal(e, CT_ERR_WRITE);
            if (!failed) {
                assert_int_equal(e, CT_OK);
                assert_true(at >= 6);
                break;
            }
        }
    }
}

/* A writer killed at any moment leaves one of its saves, whole, and not older than the last one it reported. */
static void kill_leaves_a_whole_save(void **state)
{
    (void)state;
    clean();
    struct rng rng = rng_new("logs_state");
    char name[3000];
    for (unsigned round = 0; round < 40; round++) {
        int p[2];
        assert_int_equal(pipe(p), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            ct_state *s = NULL;
            (void)close(p[0]);
            if (ct_state_open(&ct_alloc_libc, "state", &s, NULL) != CT_OK) _exit(1);
            memset(name, 'x', 2000);
            for (uint64_t k = 1;; k++) {
                struct ct_position at = {.offset = round * 1000000u + k};
                for (unsigned i = 0; i < 20; i++) { /* 40 KB: more than one page to tear */
                    (void)snprintf(name + 2000, 20, "%u", i);
                    if (ct_state_note(s, name, &at, NULL) != CT_OK) _exit(2);
                }
                if (ct_state_save(s, NULL) != CT_OK || write(p[1], &k, sizeof k) != (ssize_t)sizeof k) _exit(3);
            }
        }
        (void)close(p[1]);
        uint64_t k = 0, reported = 0;
        for (uint32_t n = 1 + rng_below(&rng, 5); n; n--) assert_int_equal(read(p[0], &k, sizeof k), sizeof k); /* it is at work */
        usleep(rng_below(&rng, 4000)); /* not a wait for anything: the moment of death */
        assert_int_equal(kill(pid, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(p[0], &reported, sizeof reported) == (ssize_t)sizeof reported) k = reported;
        (void)close(p[0]);

        ct_state_close(open_state());
        ct_str text = get_file("state");
        struct ct_state_table t;
        ct_state_table_init(&t, &ct_alloc_libc);
        assert_int_equal(ct_state_parse(text, &t, NULL), CT_OK);
        assert_int_equal(t.n, 20);
        for (size_t i = 0; i < t.n; i++) assert_int_equal(t.v[i].at.offset, t.v[0].at.offset);
        assert_true(t.v[0].at.offset >= round * 1000000u + k && t.v[0].at.offset <= round * 1000000u + k + 1);
        ct_state_table_done(&t);
        drop_str(&text);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            clean();
            must_sh("echo a line > log; echo other > log.7");
            note("log", 2, 0);
            must_sh("mv log log.2; echo x > log.1; echo y > log");
            struct fault_alloc f;
            fault_alloc_init(&f, n, persistent);
            ct_state *s = NULL;
            struct ct_position at, tail;
            const char *rotated = NULL;
            ct_err e = ct_state_open(&f.alloc, "state", &s, NULL);
            if (e == CT_OK) e = ct_state_resume(s, "log", &at, &rotated, &tail);
            if (e == CT_OK) e = ct_state_note(s, "log", &at, "/a log/that was");
            if (e == CT_OK) e = ct_state_save(s, NULL);
            ct_state_close(s);
            assert_int_equal(f.live, 0);
            if (!f.failed) {
                assert_int_equal(e, CT_OK);
                break;
            }
            assert_int_equal(e, CT_ERR_NOMEM);
        }
    }
}

static void what_is_printed_is_read(void **state)
{
    (void)state;
    struct rng rng = rng_new("logs_state");
    for (unsigned round = 0; round < 200; round++) {
        struct ct_state_table t, u;
        ct_state_table_init(&t, &ct_alloc_libc);
        ct_state_table_init(&u, &ct_alloc_libc);
        for (uint32_t n = rng_below(&rng, 50); n; n--) {
            unsigned char name[40];
            size_t len = 1 + rng_below(&rng, 39);
            for (size_t i = 0; i < len; i++) name[i] = (unsigned char)(1 + rng_below(&rng, 255));
            struct ct_position at = {rng_next(&rng), rng_next(&rng), rng_next(&rng), rng_next(&rng), rng_next(&rng), rng_below(&rng, 257), rng_below(&rng, 257), rng_next(&rng), rng_below(&rng, 2)};
            char origin[40] = {0};
            for (size_t i = 0, m = rng_below(&rng, 39); i < m; i++) origin[i] = (char)(1 + rng_below(&rng, 255));
            assert_int_equal(ct_state_table_put(&t, (ct_str){name, len}, &at, *origin ? origin : NULL, rng_next(&rng)), CT_OK);
        }
        unsigned char *p = NULL;
        size_t n = 0, cap = 0;
        assert_int_equal(ct_state_print(&t, &p, &n, &cap), CT_OK);
        assert_int_equal(ct_state_parse((ct_str){p, n}, &u, NULL), CT_OK);
        assert_int_equal(t.n, u.n);
        for (size_t i = 0; i < t.n; i++) {
            assert_string_equal(t.v[i].path, u.v[i].path);
            assert_string_equal(t.v[i].origin ? t.v[i].origin : "", u.v[i].origin ? u.v[i].origin : "");
            assert_true(t.v[i].at.tail_hash == u.v[i].at.tail_hash && t.v[i].at.tail_n == u.v[i].at.tail_n);
            assert_int_equal(t.v[i].at.whole, u.v[i].at.whole);
            assert_true(t.v[i].at.head_hash == u.v[i].at.head_hash && t.v[i].at.inode == u.v[i].at.inode && t.v[i].noted == u.v[i].noted);
        }
        ct_alloc_put(&ct_alloc_libc, p, cap);
        ct_state_table_done(&t);
        ct_state_table_done(&u);
    }
}

int main(void)
{
    static const char *const tools[] = {"gzip", "xz"};
    need_tools(tools, 2);
    scratch_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_come_back),
        cmocka_unit_test(a_rotated_log_is_found_again),
        cmocka_unit_test(what_is_newer_than_the_name_was_never_its_own),
        cmocka_unit_test(a_new_name_of_a_read_file_goes_on_where_it_was),
        cmocka_unit_test(a_banner_makes_no_two_logs_one),
        cmocka_unit_test(a_copy_under_any_name_goes_on),
        cmocka_unit_test(the_last_of_a_rotation_goes_as_meant),
        cmocka_unit_test(a_state_of_the_first_version_is_read),
        cmocka_unit_test(a_state_of_the_second_version_is_read),
        cmocka_unit_test(one_process_at_a_time),
        cmocka_unit_test(every_damage_is_refused_and_nothing_overwritten),
        cmocka_unit_test(every_write_fsync_and_rename_may_fail),
        cmocka_unit_test(kill_leaves_a_whole_save),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(what_is_printed_is_read),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
