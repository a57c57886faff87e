/* Paths: what arguments name, in which order, each inode once; and the names of rotated logs. */
#include "logs/known.h"
#include "logs/rotation.h"
#include "logs/source.h"
#include "scratch.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Space-separated, for reading in a failure message. */
static char *expand(const char *const *args, size_t n, struct ct_path_list *list)
{
    assert_int_equal(ct_paths_expand(&ct_alloc_libc, args, n, list), CT_OK);
    size_t cap = 1;
    for (size_t i = 0; i < list->n; i++) cap += strlen(list->paths[i]) + 1;
    char *all = malloc(cap);
    if (!all) abort();
    all[0] = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (i) strcat(all, " ");
        strcat(all, list->paths[i]);
    }
    return all;
}

static void expect(int line, const char *const *args, size_t n, const char *want, size_t problems)
{
    struct ct_path_list list = {0};
    char *got = expand(args, n, &list);
    if (strcmp(got, want) != 0) fail_msg("line %d: got\n%s\nwant\n%s", line, got, want);
    if (list.n_problems != problems) {
        for (size_t i = 0; i < list.n_problems; i++) fprintf(stderr, "problem: %s: %s\n", list.problems[i].path, list.problems[i].detail);
        fail_msg("line %d: %zu problems", line, list.n_problems);
    }
    free(got);
    ct_paths_free(&ct_alloc_libc, &list);
}
#define EXPECT(want, problems, ...) \
    expect(__LINE__, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), want, problems)

static void rotated_logs_come_oldest_first(void **state)
{
    (void)state;
    must_sh("rm -rf d; mkdir d; cd d; for f in access.log access.log.1 access.log.2.gz access.log.10.gz error.log error.log-20211209.xz "
            "error.log-20211210 catalina.2021-12-10.log catalina.2021-12-09.log catalina.out app.log app-2021-12-10-2.log.gz "
            "app-2021-12-10-10.log.gz app-2021-12-10-1.log.gz app-2021-12-09-9.log.gz s.log-1639094400 s.log-1639180800.gz s.log "
            "job-2021-12-09T22-00-00.000.log job-2021-12-10T07-00-00.000.log job.log; do echo $f > $f; done");
    EXPECT("d/app-2021-12-09-9.log.gz d/app-2021-12-10-1.log.gz d/app-2021-12-10-2.log.gz d/app-2021-12-10-10.log.gz d/app.log "
           "d/catalina.2021-12-09.log d/catalina.2021-12-10.log", 0, "d/app*", "d/catalina.2*");
    EXPECT("d/access.log.10.gz d/access.log.2.gz d/access.log.1 d/access.log", 0, "d/access*");
    EXPECT("d/access.log.10.gz d/access.log.2.gz d/access.log.1 d/access.log "
           "d/app-2021-12-09-9.log.gz d/app-2021-12-10-1.log.gz d/app-2021-12-10-2.log.gz d/app-2021-12-10-10.log.gz d/app.log "
           "d/catalina.2021-12-09.log d/catalina.2021-12-10.log d/catalina.out "
           "d/error.log-20211209.xz d/error.log-20211210 d/error.log "
           "d/job-2021-12-09T22-00-00.000.log d/job-2021-12-10T07-00-00.000.log d/job.log "
           "d/s.log-1639094400 d/s.log-1639180800.gz d/s.log", 0, "d");
}

static void each_inode_comes_once_and_links_to_folders_are_not_followed(void **state)
{
    (void)state;
    must_sh("rm -rf d e; mkdir -p d/sub e; cd d; for f in b.log sub/c.log ../e/x.log; do echo $f > $f; done;"
            "ln -s b.log a.log; ln b.log hard.log; ln -s ../e away; ln -s ../e/x.log x.log; ln -s nowhere dangling; mkfifo pipe; ln -s .. sub/up");
    EXPECT("d/a.log d/x.log d/sub/c.log", 0, "d");
    EXPECT("d/b.log d/x.log d/sub/c.log", 0, "d/b.log", "d", "d/a.log");
    EXPECT("d/away/x.log", 0, "d/away"); /* named itself, a link to a folder is followed */
    EXPECT("d/pipe", 0, "d/pipe");       /* named itself, a FIFO is taken: <(zcat ...) */
}

static void globs_reach_what_the_shell_would(void **state)
{
    (void)state;
    must_sh("rm -rf d; mkdir -p d/one d/two; cd d; for f in one/a.log two/a.log two/b.txt 'odd[1].log' .hidden.log; do echo \"$f\" > \"$f\"; done");
    EXPECT("d/one/a.log d/two/a.log", 0, "d/*/a.log");
    EXPECT("d/odd[1].log", 0, "d/odd[1].log"); /* a name before a pattern */
    EXPECT("d/two/a.log d/two/b.txt", 0, "d/[nt]*");
    EXPECT("d/two/b.txt", 0, "d/t?o/?.txt");
    must_sh("cd d/two; mkfifo pipe; ln -s nowhere dangling; ln -s loop loop; rm -rf ../three; mkdir ../three; mkfifo ../three/pipe");
    EXPECT("d/two/a.log d/two/b.txt", 0, "d/two/*"); /* nobody asked to wait for the pipe */
    EXPECT("", 1, "d/three/*");
    must_sh("rm -r d/three d/two/pipe d/two/dangling d/two/loop");
    EXPECT("d/.hidden.log d/odd[1].log d/one/a.log d/two/a.log d/two/b.txt", 0, "d");
}

/* What is mounted below the folder named, as this machine has it: "detect /" must not read, and wait for, what the kernel makes up. */
static void what_the_kernel_makes_up_is_left_out(void **state)
{
    (void)state;
    char line[4096], where[4096], type[64];
    unsigned met = 0;
    struct ct_path_list list = {0};
    static const char *const args[] = {"/sys/fs"};
    assert_int_equal(ct_paths_expand(&ct_alloc_libc, args, 1, &list), CT_OK);
    FILE *f = fopen("/proc/self/mountinfo", "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        const char *dash = strstr(line, " - ");
        if (sscanf(line, "%*s %*s %*s %*s %4095s", where) != 1 || !dash || sscanf(dash, " - %63s", type) != 1) continue;
        if (strncmp(where, "/sys/fs/", 8) != 0 || strcmp(type, "tmpfs") == 0) continue;
        size_t n = strlen(where);
        for (size_t i = 0; i < list.n; i++)
            if (strncmp(list.paths[i], where, n) == 0 && list.paths[i][n] == '/') fail_msg("%s", list.paths[i]);
        bool said = false;
        for (size_t i = 0; i < list.n_problems; i++) said |= strcmp(list.problems[i].path, where) == 0 && list.problems[i].detail[0];
        assert_true(said);
        met++;
    }
    (void)fclose(f);
    ct_paths_free(&ct_alloc_libc, &list);
    static const char *const named[] = {"/proc/sys/kernel/random"};
    assert_int_equal(ct_paths_expand(&ct_alloc_libc, named, 1, &list), CT_OK);
    assert_true(list.n > 0); /* who names it gets it */
    ct_paths_free(&ct_alloc_libc, &list);
    if (!met) skip();
}

static void what_cannot_be_read_is_listed(void **state)
{
    (void)state;
    must_sh("rm -rf d; mkdir -p d/empty; echo x > d/a.log");
    EXPECT("d/a.log", 3, "d/missing", "d/a.log", "d/*.none", "d/empty");
    struct ct_path_list list = {0};
    static const char *const args[] = {"d/missing", "d/*.none"};
    assert_int_equal(ct_paths_expand(&ct_alloc_libc, args, 2, &list), CT_OK);
    assert_int_equal(list.problems[0].err, CT_ERR_NOT_FOUND);
    assert_string_equal(list.problems[1].path, "d/*.none");
    ct_paths_free(&ct_alloc_libc, &list);
}

static void binary_logs_are_left_out_with_advice(void **state)
{
    (void)state;
    must_sh("rm -rf d; mkdir -p d/journal; cd d; for f in journal/system.journal journal/user-1.journal journal/x.journal~ wtmp btmp.1 lastlog "
            "app.log .app.log.swp nginx.pid; do echo $f > $f; done");
    struct ct_path_list list = {0};
    static const char *const args[] = {"d"};
    char *got = expand(args, 1, &list);
    assert_string_equal(got, "d/app.log");
    assert_int_equal(list.n_problems, 2); /* one for the journals, one for the login records */
    bool advice = false;
    for (size_t i = 0; i < list.n_problems; i++) {
        assert_int_equal(list.problems[i].err, CT_OK);
        advice = advice || (strstr(list.problems[i].detail, "--journal") && strcmp(list.problems[i].path, "d/journal") == 0);
    }
    assert_true(advice);
    free(got);
    ct_paths_free(&ct_alloc_libc, &list);
    EXPECT("d/wtmp", 0, "d/wtmp"); /* named itself, it is wanted */
}

static void a_closed_folder_is_a_problem_and_the_rest_goes_on(void **state)
{
    (void)state;
    must_sh("rm -rf d; mkdir -p d/closed d/open; echo x > d/closed/a.log; echo y > d/open/b.log; chmod 755 . d d/open; chmod 000 d/closed");
    pid_t pid = fork(); /* root reads everything: be nobody */
    assert_true(pid >= 0);
    if (pid == 0) {
        if (getuid() == 0 && setuid(65534) != 0) _exit(9);
        struct ct_path_list list = {0};
        static const char *const args[] = {"d"};
        bool right = ct_paths_expand(&ct_alloc_libc, args, 1, &list) == CT_OK && list.n == 1 && strcmp(list.paths[0], "d/open/b.log") == 0 &&
                     list.n_problems == 1 && list.problems[0].err == CT_ERR_PERMISSION && strcmp(list.problems[0].path, "d/closed") == 0;
        ct_paths_free(&ct_alloc_libc, &list);
        _exit(right ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    must_sh("chmod 755 d/closed");
}

static void known_places_are_those_that_can_be_read(void **state)
{
    (void)state;
    must_sh("rm -rf root; mkdir -p root/var/log/nginx root/var/log/apache2 root/var/log/shop root/opt/tomcat9/logs;"
            "cd root; echo a > var/log/nginx/access.log; echo b > var/log/nginx/access.log.1; echo c > var/log/mail.log;"
            "echo d > var/log/shop/shop.log; echo e > opt/tomcat9/logs/catalina.out; echo f > var/log/wtmp");
    char root[128];
    (void)snprintf(root, sizeof root, "%s/root", scratch_path());
    struct ct_path_list known = {0}, list = {0};
    assert_int_equal(ct_paths_known_below(&ct_alloc_libc, root, &known), CT_OK);
    assert_int_equal(known.n_problems, 0);
    union { char **rw; const char *const *ro; } args = {known.paths};
    assert_int_equal(ct_paths_expand(&ct_alloc_libc, args.ro, known.n, &list), CT_OK);
    assert_int_equal(list.n_problems, 0);
    assert_int_equal(list.n, 5);
    assert_non_null(strstr(list.paths[0], "/nginx/access.log.1"));
    assert_non_null(strstr(list.paths[1], "/nginx/access.log"));
    ct_paths_free(&ct_alloc_libc, &list);
    ct_paths_free(&ct_alloc_libc, &known);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    must_sh("rm -rf d; mkdir -p d/a/b d/c; cd d; for i in $(seq 40); do echo $i > a/b/$i.log; done; echo j > c/x.journal");
    static const char *const args[] = {"d", "d/a/b/1*", "nothing", "d/none*"};
    char root[128];
    (void)snprintf(root, sizeof root, "%s/root", scratch_path());
    for (unsigned known = 0; known < 2; known++) {
        for (unsigned persistent = 0; persistent < 2; persistent++) {
            for (unsigned n = 0;; n++) {
                struct fault_alloc f;
                fault_alloc_init(&f, n, persistent);
                struct ct_path_list list = {0};
                ct_err e = known ? ct_paths_known_below(&f.alloc, root, &list) : ct_paths_expand(&f.alloc, args, 4, &list);
                if (e == CT_OK) ct_paths_free(&f.alloc, &list);
                assert_int_equal(f.live, 0);
                if (!f.failed) {
                    assert_int_equal(e, CT_OK);
                    break;
                }
                assert_int_equal(e, CT_ERR_NOMEM);
            }
        }
    }
}

static void names_tell_stem_stamp_and_count(void **state)
{
    (void)state;
    static const struct { int line; const char *name, *stem, *stamp; int count; } rows[] = {
        {__LINE__, "access.log", "access.log", "", -1},
        {__LINE__, "access.log.3.gz", "access.log", "", 3},
        {__LINE__, "access.log-20211210.gz", "access.log", "20211210", -1},
        {__LINE__, "access.log-2021121013", "access.log", "2021121013", -1},
        {__LINE__, "access.log-1639094400", "access.log", "1639094400", -1},
        {__LINE__, "app-2021-12-10-2.log.gz", "app.log", "2021-12-10-2", -1},
        {__LINE__, "app-2021-12.log", "app.log", "2021-12", -1},
        {__LINE__, "localhost_access_log.2021-12-10.txt", "localhost_access_log.txt", "2021-12-10", -1},
        {__LINE__, "srv-2021-12-10T13-00-00.000.log", "srv.log", "2021-12-10T13-00-00.000", -1},
        {__LINE__, "app.2021-12-10.log.1", "app.log", "2021-12-10", 1},
        {__LINE__, "v-99999999.log", "v-99999999.log", "", -1},
        {__LINE__, "20211210", "20211210", "", -1},
        {__LINE__, ".gz", ".gz", "", -1},
        {__LINE__, ".1", ".1", "", -1},
        {__LINE__, "a.", "a.", "", -1},
        {__LINE__, "a-2021-13-01.log", "a-2021-13-01.log", "", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(ct_str_from(rows[i].name));
        struct ct_rotation r = ct_rotation_of(e.input);
        char stem[200];
        (void)snprintf(stem, sizeof stem, "%.*s%.*s", CT_STR_ARG(r.before), r.after.n ? (int)r.after.n : 0, r.after.n ? (const char *)r.after.p : "");
        if (strcmp(stem, rows[i].stem) != 0 || !ct_str_eq(r.stamp, ct_str_from(rows[i].stamp)) ||
            (r.counted ? (int)r.count : -1) != rows[i].count)
            fail_msg("line %d: %s: stem %s stamp %zu count %d", rows[i].line, rows[i].name, stem, r.stamp.n, r.counted ? (int)r.count : -1);
        edge_free(&e);
    }
}

/* qsort needs an order: antisymmetric and transitive over any names. */
static void the_order_is_an_order(void **state)
{
    (void)state;
    struct rng rng = rng_new("logs_paths");
    static const char *const bits[] = {"a", "1", "01", "10", ".", "-", "2021-12-10", "20211209", ".log", ".gz", "T", "_", "0"};
    char names[60][64];
    for (size_t i = 0; i < 60; i++) {
        names[i][0] = 0;
        for (uint32_t n = 1 + rng_below(&rng, 5); n; n--) strcat(names[i], bits[rng_below(&rng, sizeof bits / sizeof *bits)]);
    }
    for (size_t i = 0; i < 60; i++) {
        for (size_t j = 0; j < 60; j++) {
            struct ct_rotation a = ct_rotation_of(ct_str_from(names[i])), b = ct_rotation_of(ct_str_from(names[j]));
            int ab = ct_rotation_cmp(&a, &b);
            assert_int_equal((ab > 0) - (ab < 0), -((ct_rotation_cmp(&b, &a) > 0) - (ct_rotation_cmp(&b, &a) < 0)));
            for (size_t k = 0; ab < 0 && k < 60; k++) {
                struct ct_rotation c = ct_rotation_of(ct_str_from(names[k]));
                if (ct_rotation_cmp(&b, &c) <= 0 && ct_rotation_cmp(&a, &c) >= 0) fail_msg("%s < %s <= %s", names[i], names[j], names[k]);
            }
        }
    }
}

/* Sorted as ct_paths_expand sorts. */
static void which_log_is_written_to(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *paths[6];
        const char *places; /* n: newest, e: earlier, a: away */
    } rows[] = {
        {__LINE__, {"l/a.log.2.gz", "l/a.log.1", "l/a.log"}, "aan"},
        {__LINE__, {"l/a.log-20211209", "l/a.log-20211210", "l/a.log"}, "aan"},
        {__LINE__, {"l/a.2021-12-08.log.gz", "l/a.2021-12-09.log", "l/a.2021-12-10.log"}, "aen"},
        {__LINE__, {"l/a-20211209", "l/b-20211209", "m/b-20211210"}, "nnn"},
        {__LINE__, {"l/a-20211209", "l/a-20211210", "l/a.1"}, "aaa"}, /* a log is being made anew */
        {__LINE__, {"a.2021-12-10.log", "u_ex211209.log", "u_ex211210.log"}, "nnn"},
        {__LINE__, {"l/app-2021-12-10-1.log", "l/app-2021-12-10-2.log", "l/app-2021-12-10-2.log.gz"}, "ena"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t k = 0; rows[i].places[k]; k++) {
            enum ct_rotation_place place = ct_rotation_place((char *const *)(uintptr_t)rows[i].paths, strlen(rows[i].places), k);
            if ("aen"[place] != rows[i].places[k]) fail_msg("line %d: %s: %c", rows[i].line, rows[i].paths[k], "aen"[place]);
        }
    assert_true(ct_rotation_succeeds("l/a.log", "l/a.log.1") && ct_rotation_succeeds("l/a-20211210", "l/a-20211209"));
    assert_false(ct_rotation_succeeds("l/a.log.1", "l/a.log") || ct_rotation_succeeds("m/a-20211210", "l/a-20211209") || ct_rotation_succeeds("a", "a"));
    assert_true(ct_rotation_is_dated("l-1/a-20211210.log"));
    assert_false(ct_rotation_is_dated("l-20211210/a.log") || ct_rotation_is_dated("a-20211210.gz") || ct_rotation_is_dated("a-20211210.1"));
}

int main(void)
{
    scratch_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotated_logs_come_oldest_first),
        cmocka_unit_test(each_inode_comes_once_and_links_to_folders_are_not_followed),
        cmocka_unit_test(globs_reach_what_the_shell_would),
        cmocka_unit_test(what_the_kernel_makes_up_is_left_out),
        cmocka_unit_test(what_cannot_be_read_is_listed),
        cmocka_unit_test(binary_logs_are_left_out_with_advice),
        cmocka_unit_test(a_closed_folder_is_a_problem_and_the_rest_goes_on),
        cmocka_unit_test(known_places_are_those_that_can_be_read),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(names_tell_stem_stamp_and_count),
        cmocka_unit_test(the_order_is_an_order),
        cmocka_unit_test(which_log_is_written_to),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
