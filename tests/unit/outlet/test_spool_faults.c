/* The spool when memory, system calls or the disk fail: what was accepted is delivered, or counted. */
#include "spool_scratch.h"

#include "os/sys.h"
#include "support/fault_alloc.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const char *dir;

static int make_dir(void **state)
{
    (void)state;
    dir = scratch_new();
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    scratch_remove(dir);
    return 0;
}

/* Adds 30 events, delivering a few in between; then restarts and delivers the rest. Returns how many came out. */
static uint64_t work(const struct ct_alloc *alloc, uint64_t *ret_accepted, struct ct_spool_counts *ret_counts,
                     unsigned *ret_twice)
{
    bool seen[30] = {false};
    uint64_t out = 0, accepted = 0;
    unsigned twice = 0, quiet = 0;
    for (int round = 0; round < 2; round++) {
        ct_spool *s = NULL;
        if (ct_spool_open(alloc, dir, "s", 1u << 16, &s, NULL) != CT_OK) continue;
        struct ct_spool_record r;
        for (uint64_t i = 0; round == 0 && i < 30; i++) {
            if (ct_spool_add(s, id_of(i), 0, event_of(i, 700)) == CT_OK) accepted++;
            if (i % 3 == 0 && ct_spool_peek(s, &r) == CT_OK) {
                twice += seen[number_of(&r)];
                out += !seen[number_of(&r)];
                seen[number_of(&r)] = true;
                ct_spool_take(s);
            }
        }
        /* A failed call is tried again, as the outlet would. */
        for (quiet = 0; round == 1 && quiet < 5;) {
            if (ct_spool_peek(s, &r) != CT_OK) {
                quiet++;
                continue;
            }
            twice += seen[number_of(&r)];
            out += !seen[number_of(&r)];
            seen[number_of(&r)] = true;
            ct_spool_take(s);
        }
        ct_spool_counts(s, ret_counts);
        ct_spool_close(s);
    }
    *ret_accepted = accepted;
    *ret_twice = twice;
    return out;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int persistent = 0; persistent < 2; persistent++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            struct ct_spool_counts c = {0};
            uint64_t accepted = 0;
            unsigned twice = 0;
            fault_alloc_init(&f, n, persistent);
            uint64_t out = work(&f.alloc, &accepted, &c, &twice);
            assert_int_equal(f.live, 0);
            if (!persistent) assert_true(out + c.waiting >= accepted && twice == 0);
            scratch_remove(dir);
            assert_int_equal(mkdir(dir, 0700), 0);
            if (!f.failed) break;
        }
    }
}

static struct {
    int which; /* place in the table, from 0 */
    unsigned countdown;
    bool failed;
} plan;
enum { OPEN, PREAD, WRITE, FSYNC, RENAME, UNLINK, N_CALLS };

static bool fails(int which)
{
    if (plan.which != which || plan.failed) return false;
    if (plan.countdown-- != 0) return false;
    plan.failed = true;
    errno = EIO;
    return true;
}

static int bad_open(const char *path, int flags, mode_t mode)
{
    return fails(OPEN) ? -1 : ct_sys_kernel.open(path, flags, mode);
}
static ssize_t bad_pread(int fd, void *to, size_t n, off_t at)
{
    return fails(PREAD) ? -1 : ct_sys_kernel.pread(fd, to, n, at);
}
/* Fails in the middle, as a full disk does. */
static ssize_t bad_write(int fd, const void *from, size_t n)
{
    static int half = -1;
    if (half == fd) {
        half = -1;
        errno = ENOSPC;
        return -1;
    }
    if (!fails(WRITE)) return ct_sys_kernel.write(fd, from, n);
    if (n < 2) return -1;
    half = fd;
    return ct_sys_kernel.write(fd, from, n / 2);
}
static int bad_fsync(int fd) { return fails(FSYNC) ? -1 : ct_sys_kernel.fsync(fd); }
static int bad_rename(const char *from, const char *to) { return fails(RENAME) ? -1 : ct_sys_kernel.rename(from, to); }
static int bad_unlink(const char *path) { return fails(UNLINK) ? -1 : ct_sys_kernel.unlink(path); }

static void every_system_call_may_fail_once(void **state)
{
    (void)state;
    struct ct_sys bad = ct_sys_kernel;
    bad.open = bad_open;
    bad.pread = bad_pread;
    bad.write = bad_write;
    bad.fsync = bad_fsync;
    bad.rename = bad_rename;
    bad.unlink = bad_unlink;
    unsigned rounds = 0;
    for (plan.which = 0; plan.which < N_CALLS; plan.which++) {
        for (unsigned n = 0;; n++, rounds++) {
            struct ct_spool_counts c = {0};
            uint64_t accepted = 0;
            unsigned twice = 0;
            plan.countdown = n;
            plan.failed = false;
            ct_sys = &bad;
            uint64_t out = work(&ct_alloc_libc, &accepted, &c, &twice);
            ct_sys = &ct_sys_kernel;
            bool failed = plan.failed;
            if (failed && out < accepted) {
                /* The restart itself was refused: nothing may be lost for that. */
                uint64_t later = 0;
                out += work(&ct_alloc_libc, &later, &c, &twice);
                assert_true(out >= accepted);
            } else {
                assert_true(out == accepted);
            }
            assert_true(c.dropped == 0);
            assert_true(twice == 0 || failed); /* an older position delivers again: at least once */
            scratch_remove(dir);
            assert_int_equal(mkdir(dir, 0700), 0);
            if (!failed) break;
        }
    }
    print_message("%u failing calls\n", rounds);
    assert_true(rounds > 100);
}

/* Accepted in, delivered out, in order; what is missing is what the counter says, and it is the oldest. */
static void fill_and_drain(const char *where, void (*when_full)(void))
{
    ct_spool *s = NULL;
    assert_int_equal(ct_spool_open(&ct_alloc_libc, where, "s", 0, &s, NULL), CT_OK);
    struct ct_spool_record r;
    struct ct_spool_counts c;
    const uint64_t n = 400;
    for (uint64_t i = 0; i < n; i++) assert_int_equal(ct_spool_add(s, id_of(i), 0, event_of(i, 1000)), CT_OK);
    ct_spool_counts(s, &c);
    assert_true(c.waiting == n && c.dropped == 0); /* disk and memory together */
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(ct_spool_peek(s, &r), CT_OK);
        assert_true(number_of(&r) == i);
        ct_spool_take(s);
    }
    when_full();
    for (uint64_t i = n; i < n + 50; i++) assert_int_equal(ct_spool_add(s, id_of(i), 0, event_of(i, 1000)), CT_OK);
    for (uint64_t i = 100; i < n + 50; i++) {
        assert_int_equal(ct_spool_peek(s, &r), CT_OK);
        assert_true(number_of(&r) == i);
        ct_spool_take(s);
    }
    assert_int_equal(ct_spool_peek(s, &r), CT_ERR_END);
    ct_spool_close(s);
}

static void nothing(void) {}

static void limit(rlim_t n)
{
    struct rlimit l;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = n == RLIM_INFINITY ? l.rlim_max : n;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void unlimit(void) { limit(RLIM_INFINITY); }

static void file_size_limit_sends_events_to_memory_and_back(void **state)
{
    (void)state;
    limit(50000);
    fill_and_drain(dir, unlimit);
    limit(50000);
    fill_and_drain(dir, nothing);
    unlimit();
}

static void memory_is_bounded_too(void **state)
{
    (void)state;
    struct ct_spool_record r;
    struct ct_spool_counts c;
    ct_spool *s = NULL;
    limit(128); /* room for the position, not for a record */
    assert_int_equal(ct_spool_open(&ct_alloc_libc, dir, "s", 0, &s, NULL), CT_OK);
    for (uint64_t i = 0; i < 3000; i++) assert_int_equal(ct_spool_add(s, id_of(i), 0, event_of(i, 1000)), CT_OK);
    ct_spool_counts(s, &c);
    assert_true(c.dropped > 1900 && c.dropped + c.waiting == 3000);
    assert_true(c.waiting * 1040 <= CT_OUTLET_MEMORY_MAX);
    assert_true(c.in_memory == c.waiting && c.disk_error == EFBIG);
    assert_int_equal(ct_spool_peek(s, &r), CT_OK);
    assert_true(number_of(&r) == c.dropped);
    /* Pushed out of memory while it is being delivered: not counted twice. */
    for (uint64_t i = 3000; i < 3010; i++) assert_int_equal(ct_spool_add(s, id_of(i), 0, event_of(i, 1000)), CT_OK);
    ct_spool_take(s);
    ct_spool_counts(s, &c);
    assert_true(1 + c.dropped + c.waiting == 3010);
    unlimit();
    uint64_t kept = c.waiting, dropped = c.dropped;
    ct_spool_flush(s); /* the disk takes them now */
    ct_spool_counts(s, &c);
    assert_true(c.waiting == kept && c.in_memory == 0);
    ct_spool_close(s);
    assert_int_equal(ct_spool_open(&ct_alloc_libc, dir, "s", 0, &s, NULL), CT_OK);
    ct_spool_counts(s, &c);
    assert_true(c.waiting == kept && c.dropped == dropped && c.in_memory == 0 && c.disk_error == 0);
    ct_spool_close(s);
}

/* What is under way comes from memory; meanwhile the disk has room again and the queue moves there. */
static void moved_to_disk_while_being_delivered(void **state)
{
    (void)state;
    struct ct_spool_record r;
    struct ct_spool_counts c;
    ct_spool *s = NULL;
    limit(128);
    assert_int_equal(ct_spool_open(&ct_alloc_libc, dir, "s", 0, &s, NULL), CT_OK);
    for (uint64_t i = 0; i < 5; i++) assert_int_equal(ct_spool_add(s, id_of(i), 0, event_of(i, 1000)), CT_OK);
    assert_int_equal(ct_spool_peek(s, &r), CT_OK);
    assert_true(number_of(&r) == 0);
    unlimit();
    assert_int_equal(ct_spool_add(s, id_of(5), 0, event_of(5, 1000)), CT_OK);
    assert_true(number_of(&r) == 0);
    ct_spool_take(s);
    ct_spool_counts(s, &c);
    assert_true(c.waiting == 5 && c.dropped == 0);
    for (uint64_t i = 1; i < 6; i++) {
        assert_int_equal(ct_spool_peek(s, &r), CT_OK);
        assert_true(number_of(&r) == i);
        ct_spool_take(s);
    }
    assert_int_equal(ct_spool_peek(s, &r), CT_ERR_END);
    ct_spool_close(s);
}

/* A tmpfs of 256 KiB in a mount namespace of the child's own; it is gone with the child. */
static void a_really_full_disk(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", dir, "tmpfs", 0, "size=256k") != 0)
            _exit(77);
        fill_and_drain(dir, nothing);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(every_allocation_may_fail),
        TEST(every_system_call_may_fail_once),
        TEST(file_size_limit_sends_events_to_memory_and_back),
        TEST(memory_is_bounded_too),
        TEST(moved_to_disk_while_being_delivered),
        TEST(a_really_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
