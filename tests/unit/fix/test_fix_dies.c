/* A fix that is killed, or whose disk fails, at each of its system calls: the path holds the old file or the new one, whole; undo
 * brings the old one back and leaves nothing behind. */
#include "fix_scratch.h"
#include "os/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What happens at the n-th call that changes something on the disk. */
enum how { KILLED, FULL_ONCE, FULL_FOR_GOOD };

static struct {
    enum how how;
    unsigned left;
    bool happened;
} fault;

static bool strikes(void)
{
    if (fault.left > 0) {
        fault.left--;
        return false;
    }
    if (fault.happened && fault.how == FULL_ONCE) return false;
    fault.happened = true;
    if (fault.how == KILLED) _exit(99);
    errno = ENOSPC;
    return true;
}

/* A full disk still takes half of a write. */
static ssize_t failing_write(int fd, const void *from, size_t n)
{
    if (!strikes()) return ct_sys_kernel.write(fd, from, n);
    if (n > 1 && fault.how == FULL_ONCE) return ct_sys_kernel.write(fd, from, n / 2);
    return -1;
}
static int failing_fsync(int fd) { return strikes() ? -1 : ct_sys_kernel.fsync(fd); }
static int failing_renameat(int a, const char *from, int b, const char *to) { return strikes() ? -1 : ct_sys_kernel.renameat(a, from, b, to); }
static int failing_unlinkat(int dir, const char *name, int flags)
{
    if (fault.how == KILLED && strikes()) return -1; /* a full disk does not hinder removing */
    return ct_sys_kernel.unlinkat(dir, name, flags);
}
static int failing_openat(int dir, const char *name, int flags, mode_t mode)
{
    return (flags & O_CREAT) && strikes() ? -1 : ct_sys_kernel.openat(dir, name, flags, mode);
}

static void use_failing_calls(void)
{
    static struct ct_sys failing;
    failing = ct_sys_kernel;
    failing.write = failing_write;
    failing.fsync = failing_fsync;
    failing.renameat = failing_renameat;
    failing.unlinkat = failing_unlinkat;
    failing.openat = failing_openat;
    ct_sys = &failing;
}

static void tell(void *ctx, ct_str file, enum ct_fix_undone what, const char *why, const char *backup)
{
    (void)ctx, (void)file, (void)why, (void)backup;
    assert_int_not_equal(what, CT_FIX_KEPT);
}

/* While calls fail, a file may well be left as it is. */
static void tell_nobody(void *ctx, ct_str file, enum ct_fix_undone what, const char *why, const char *backup)
{
    (void)ctx, (void)file, (void)what, (void)why, (void)backup;
}

/* In a child, since it may be killed. Exit status 0: went through; 1: failed in its own words; 99: killed. */
static int child(struct fix_scratch *s, bool undo, const char *id)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct ct_fix_plan plan;
        char new_id[CT_FIX_ID_SIZE];
        if (!undo && ct_fix_plan(s->arena, &s->cut, 1, "/nonexistent", &plan) != CT_OK) _exit(98);
        use_failing_calls();
        ct_err err = undo ? ct_fix_undo(s->arena, s->runs, id, tell_nobody, NULL, NULL) : ct_fix_apply(s->arena, &plan, s->runs, NULL, new_id, NULL);
        _exit(err != CT_OK || (!undo && !plan.targets[0].done) ? 1 : fault.happened ? 2 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void undo_and_look(struct fix_scratch *s)
{
    char id[CT_FIX_ID_SIZE];
    fix_scratch_run(s, id);
    if (id[0]) {
        ct_err err = ct_fix_undo(s->arena, s->runs, id, tell, NULL, NULL);
        /* No journal: it was killed before it had one, and so before it did anything. */
        assert_true(err == CT_OK || err == CT_ERR_NOT_FOUND || err == CT_ERR_SYNTAX);
    }
    assert_true(fix_scratch_is(s, false));
    assert_int_equal(fix_scratch_strays(s), 0);
}

enum { CALLS_MAX = 200 }; /* a run makes far fewer */

static unsigned applies(enum how how)
{
    for (unsigned n = 0; n < CALLS_MAX; n++) {
        struct fix_scratch s;
        fix_scratch_new(&s);
        fault.how = how;
        fault.left = n;
        fault.happened = false;
        int status = child(&s, false, NULL);
        assert_true(status == 0 || status == 1 || status == 2 || (how == KILLED && status == 99));
        assert_true(fix_scratch_is(&s, true) || fix_scratch_is(&s, false));
        if (status == 0) assert_true(fix_scratch_is(&s, true));
        if (how != KILLED) assert_int_equal(fix_scratch_strays(&s), 0);
        fault.left = ~0u;
        undo_and_look(&s);
        fix_scratch_free(&s);
        if (status == 0) return n;
    }
    fail_msg("no run went through");
    return 0;
}

static void undoes(enum how how)
{
    for (unsigned n = 0; n < CALLS_MAX; n++) {
        struct fix_scratch s;
        char id[CT_FIX_ID_SIZE];
        fix_scratch_new(&s);
        fault.left = ~0u;
        assert_int_equal(child(&s, false, NULL), 0);
        fix_scratch_run(&s, id);
        fault.how = how;
        fault.left = n;
        fault.happened = false;
        int status = child(&s, true, id);
        assert_true(fix_scratch_is(&s, true) || fix_scratch_is(&s, false));
        fault.left = ~0u;
        undo_and_look(&s);
        fix_scratch_free(&s);
        if (status == 0) return;
    }
    fail_msg("no run went through");
}

static void killed_at_each_call(void **state)
{
    (void)state;
    assert_true(applies(KILLED) > 8); /* backup, journal, new file, rename: there is something to be killed at */
    undoes(KILLED);
}

static void disk_full_at_each_call(void **state)
{
    (void)state;
    (void)applies(FULL_ONCE);
    (void)applies(FULL_FOR_GOOD);
    undoes(FULL_FOR_GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(killed_at_each_call), cmocka_unit_test(disk_full_at_each_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
