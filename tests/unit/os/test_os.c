/* os: small files whole or not at all, watches, clocks, errors. */
#include "os/clock.h"
#include "os/file.h"
#include "os/thread.h"
#include "os/watch.h"
#include "scratch.h"
#include "support/fault_alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void written_is_read(void **state)
{
    (void)state;
    assert_int_equal(ct_file_write_atomic("file", CT_STR("one\0two"), 0640, NULL), CT_OK);
    unsigned char *p = NULL;
    size_t n = 0;
    assert_int_equal(ct_file_read(&ct_alloc_libc, "file", 100, &p, &n, NULL), CT_OK);
    assert_true(ct_str_eq((ct_str){p, n}, CT_STR("one\0two")));
    assert_int_equal(p[n], 0);
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
    struct stat st;
    assert_int_equal(stat("file", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640 & ~022);
    assert_int_equal(access("file.tmp", F_OK), -1);
}

static void reading_refuses(void **state)
{
    (void)state;
    must_sh("mkdir dir; mkfifo fifo; printf 12345 > five");
    unsigned char *p = NULL;
    size_t n = 7;
    struct ct_fault fault = {0};
    assert_int_equal(ct_file_read(&ct_alloc_libc, "none", 10, &p, &n, &fault), CT_ERR_NOT_FOUND);
    assert_int_equal(ct_file_read(&ct_alloc_libc, "dir", 10, &p, &n, &fault), CT_ERR_UNSUPPORTED);
    assert_int_equal(ct_file_read(&ct_alloc_libc, "fifo", 10, &p, &n, &fault), CT_ERR_UNSUPPORTED); /* and does not wait */
    assert_int_equal(ct_file_read(&ct_alloc_libc, "five", 4, &p, &n, &fault), CT_ERR_CAP);
    assert_null(p);
    assert_int_equal(n, 7);
    assert_int_equal(ct_file_read(&ct_alloc_libc, "five", 5, &p, &n, &fault), CT_OK);
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
    struct fault_alloc f;
    fault_alloc_init(&f, 0, true);
    assert_int_equal(ct_file_read(&f.alloc, "five", 5, &p, &n, &fault), CT_ERR_NOMEM);
    failing_sys(FAIL_READ, 0, true, EIO);
    ct_err e = ct_file_read(&ct_alloc_libc, "five", 5, &p, &n, &fault);
    assert_true(failing_sys_done());
    assert_int_equal(e, CT_ERR_READ);
    failing_sys(FAIL_READ, 0, false, EINTR); /* a signal is no failure */
    e = ct_file_read(&ct_alloc_libc, "five", 5, &p, &n, &fault);
    assert_true(failing_sys_done());
    assert_int_equal(e, CT_OK);
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
}

static void a_failing_write_leaves_the_old_or_the_new(void **state)
{
    (void)state;
    for (unsigned persistent = 0; persistent < 2; persistent++) {
        for (unsigned at = 0;; at++) {
            put_file("file", CT_STR("old"));
            failing_sys(FAIL_OPEN | FAIL_WRITE | FAIL_FSYNC | FAIL_CLOSE | FAIL_RENAME, at, persistent, ENOSPC);
            struct ct_fault fault = {0};
            ct_err e = ct_file_write_atomic("file", CT_STR("brand new"), 0600, &fault);
            bool failed = failing_sys_done();
            ct_str now = get_file("file");
            bool old = ct_str_eq(now, CT_STR("old")), new = ct_str_eq(now, CT_STR("brand new"));
            drop_str(&now);
            assert_true(e == CT_OK ? new : old || new);
            if (e != CT_OK) assert_non_null(strstr(fault.detail, strerror(ENOSPC)));
            assert_int_equal(access("file.tmp", F_OK), -1);
            if (!failed) break;
        }
    }
}

static void watches_tell_of_names_and_bytes(void **state)
{
    (void)state;
    ct_watch *w = NULL;
    assert_int_equal(ct_watch_new(&ct_alloc_libc, &w), CT_OK);
    must_sh("mkdir -p watched; : > watched/file");
    int dir = ct_watch_directory(w, "watched");
    assert_true(dir >= 0);
    assert_int_equal(ct_watch_directory(w, "watched/file"), -1);
    int fd = open("watched/file", O_RDONLY | O_CLOEXEC);
    int file = ct_watch_file(w, fd);
    assert_true(file >= 0 && file != dir);
    struct ct_watch_event e;
    while (ct_watch_event(w, &e)) {}
    assert_int_equal(ct_watch_wait(w, 0), CT_ERR_AGAIN);
    append_file("watched/file", "x");
    assert_int_equal(ct_watch_wait(w, 5000), CT_OK);
    bool seen = false;
    while (ct_watch_event(w, &e)) seen = seen || e.id == file;
    assert_true(seen);
    must_sh("mv watched/file watched/other");
    assert_int_equal(ct_watch_wait(w, 5000), CT_OK);
    seen = false;
    while (ct_watch_event(w, &e)) seen = seen || e.id == dir;
    assert_true(seen);
    (void)close(fd);
    must_sh("rm -r watched");
    bool gone = false;
    while (!gone && ct_watch_wait(w, 5000) == CT_OK)
        while (ct_watch_event(w, &e)) gone = gone || (e.gone && e.id == dir);
    assert_true(gone);
    ct_watch_drop(w, -1);
    ct_watch_free(w);
    ct_watch_free(NULL);
}

static void clocks_and_codes(void **state)
{
    (void)state;
    int64_t a = ct_clock_mono_ms(), b = ct_clock_mono_ms();
    assert_true(b >= a);
    assert_true(ct_clock_real_us() > INT64_C(1600000000) * 1000000);
    assert_int_equal(ct_sys_err(ENOENT, CT_ERR_READ), CT_ERR_NOT_FOUND);
    assert_int_equal(ct_sys_err(EACCES, CT_ERR_READ), CT_ERR_PERMISSION);
    assert_int_equal(ct_sys_err(EINTR, CT_ERR_READ), CT_ERR_INTERRUPTED);
    assert_int_equal(ct_sys_err(EIO, CT_ERR_WRITE), CT_ERR_WRITE);
}

struct begun {
    sem_t go;
    cpu_set_t may;
};

static void *begin(void *arg)
{
    struct begun *b = arg;
    (void)sem_wait(&b->go);
    (void)sched_getaffinity(0, sizeof b->may, &b->may);
    return b;
}

/* Begun from one processor, a thread may run on every one its creator may. */
static void a_thread_beside_may_go_anywhere(void **state)
{
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    const cpu_set_t *const given[] = {&all, &one};
    for (size_t i = 0; i < 2; i++) {
        struct begun b = {0};
        pthread_t thread;
        void *returned = NULL;
        assert_int_equal(sched_setaffinity(0, sizeof *given[i], given[i]), 0);
        assert_int_equal(sem_init(&b.go, 0, 0), 0);
        assert_int_equal(ct_thread_beside(&thread, begin, &b), 0);
        (void)sem_post(&b.go);
        assert_int_equal(pthread_join(thread, &returned), 0);
        assert_ptr_equal(returned, &b);
        assert_true(CPU_EQUAL(&b.may, given[i]));
        (void)sem_destroy(&b.go);
    }
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
}

int main(void)
{
    scratch_enter();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_is_read),
        cmocka_unit_test(reading_refuses),
        cmocka_unit_test(a_failing_write_leaves_the_old_or_the_new),
        cmocka_unit_test(watches_tell_of_names_and_bytes),
        cmocka_unit_test(clocks_and_codes),
        cmocka_unit_test(a_thread_beside_may_go_anywhere),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
