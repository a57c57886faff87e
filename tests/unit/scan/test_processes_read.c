/* scan/processes without a JVM: a child of ours that holds files open, among all that this machine runs. */
#include "scan/processes.h"
#include "support/fault_alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/caltrop-processes-XXXXXX";
static pid_t child;
static int gate[2];

static void make(const char *name, const char *content)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    (void)close(fd);
}

/* Holds three jars open (one deleted, one replaced) and a FIFO, and waits. */
static void be_the_child(int said)
{
    int held[] = {open("open.jar", O_RDONLY), open("deleted.jar", O_RDONLY), open("replaced.jar", O_RDONLY), open("fifo.jar", O_RDWR), open("other.txt", O_RDONLY)};
    (void)unlink("deleted.jar");
    (void)rename("new.jar", "replaced.jar");
    (void)close(gate[1]);
    char c = held[0] >= 0 ? 'y' : 'n';
    if (write(said, &c, 1) != 1) _exit(1);
    ssize_t n = read(gate[0], &c, 1);
    (void)n;
    _exit(0);
}

static int start(void **state)
{
    (void)state;
    int said[2];
    char c = 0;
    if (!mkdtemp(folder) || chdir(folder) != 0) return -1;
    make("open.jar", "one");
    make("deleted.jar", "two");
    make("replaced.jar", "three");
    make("new.jar", "four");
    make("other.txt", "five");
    if (mkfifo("fifo.jar", 0600) != 0 || pipe2(gate, O_CLOEXEC) != 0 || pipe2(said, O_CLOEXEC) != 0) return -1;
    child = fork();
    if (child == 0) be_the_child(said[1]);
    (void)close(said[1]);
    bool up = read(said[0], &c, 1) == 1 && c == 'y';
    (void)close(said[0]);
    return up ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    (void)close(gate[1]);
    (void)close(gate[0]);
    int status;
    (void)waitpid(child, &status, 0);
    static const char *const names[] = {"open.jar", "replaced.jar", "fifo.jar", "other.txt"};
    for (size_t i = 0; i < 4; i++) (void)unlink(names[i]);
    return chdir("/") != 0 || rmdir(folder) != 0;
}

static const struct ct_process_file *named(const struct ct_process *p, const char *name)
{
    for (size_t i = 0; i < p->n_files; i++)
        if (ct_str_ends(p->files[i].path, ct_str_from(name))) return &p->files[i];
    return NULL;
}

static void expect_content(ct_processes *all, const struct ct_process_file *f, const char *content)
{
    int fd;
    char text[16] = "";
    assert_non_null(f);
    assert_int_equal(ct_process_open(all, f, &fd), CT_OK);
    assert_int_equal(read(fd, text, sizeof text - 1), strlen(content));
    (void)close(fd);
    assert_string_equal(text, content);
}

static void a_child_that_holds_files(void **state)
{
    (void)state;
    struct ct_processes_opts opts = {0};
    ct_processes *all;
    const struct ct_process *p;
    bool seen = false;
    ct_err e = ct_processes_new(&ct_alloc_libc, &opts, &all);
    if (e == CT_ERR_UNSUPPORTED) {
        print_message("there is no /proc here\n");
        skip();
    }
    assert_int_equal(e, CT_OK);
    while ((e = ct_processes_next(all, &p)) == CT_OK) {
        assert_int_not_equal(p->pid, getpid());
        if (p->pid != (uint64_t)child) continue;
        seen = true;
        assert_int_equal(p->uid, geteuid());
        assert_true(p->same_tree && !p->jvm && !p->unreadable);
        assert_true(ct_str_starts(p->name, CT_STR("test_scan_proce")));
        assert_true(p->started_us / 1000000 >= time(NULL) - 300 && p->started_us / 1000000 <= time(NULL) + 1);
        expect_content(all, named(p, "/open.jar"), "one");
        expect_content(all, named(p, "/deleted.jar"), "two");
        expect_content(all, named(p, "/replaced.jar"), "three");
        assert_true(named(p, "/deleted.jar")->deleted && named(p, "/replaced.jar")->deleted && !named(p, "/open.jar")->deleted);
        assert_true(ct_str_eq(named(p, "/open.jar")->host_path, named(p, "/open.jar")->path));
        assert_int_equal(named(p, "/deleted.jar")->host_path.n, 0);
        assert_null(named(p, "fifo.jar"));  /* no regular file */
        assert_null(named(p, "other.txt")); /* of no interest outside of a JVM */
    }
    assert_int_equal(e, CT_ERR_END);
    assert_true(seen);
    ct_processes_free(all);
}

static void memory_runs_out(void **state)
{
    (void)state;
    struct ct_processes_opts opts = {0};
    for (unsigned n = 0; n < 400; n++) {
        struct fault_alloc f;
        ct_processes *all = NULL;
        const struct ct_process *p;
        fault_alloc_init(&f, n, false);
        ct_err e = ct_processes_new(&f.alloc, &opts, &all);
        if (e == CT_OK)
            while ((e = ct_processes_next(all, &p)) == CT_OK) {}
        ct_processes_free(all);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
        assert_true(e == CT_ERR_NOMEM || e == CT_ERR_END);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_child_that_holds_files), cmocka_unit_test(memory_runs_out)};
    return cmocka_run_group_tests(tests, start, stop);
}
