/* fix: plan, apply, undo on a real disk. */
#include "fix/fix_journal.h"
#include "fix_scratch.h"
#include "os/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

struct told {
    enum ct_fix_undone what;
    char why[200];
    unsigned times;
};

static void tell(void *ctx, ct_str file, enum ct_fix_undone what, const char *why, const char *backup)
{
    struct told *t = ctx;
    (void)file, (void)backup;
    t->what = what;
    t->times++;
    (void)snprintf(t->why, sizeof t->why, "%s", why);
}

static void apply(struct fix_scratch *s, struct ct_fix_plan *plan, char id[CT_FIX_ID_SIZE])
{
    struct ct_fault fault = {0};
    assert_int_equal(ct_fix_plan(s->arena, &s->cut, 1, "/nonexistent", plan), CT_OK);
    assert_string_equal(plan->targets[0].refused, "");
    if (ct_fix_apply(s->arena, plan, s->runs, NULL, id, &fault) != CT_OK) fail_msg("%s", fault.detail);
}

static void restores_to_the_byte_with_all_that_belongs_to_it(void **state)
{
    (void)state;
    struct fix_scratch s;
    struct ct_fix_plan plan;
    struct told told = {0};
    struct stat before, fixed, after;
    char id[CT_FIX_ID_SIZE], value[8] = "";
    fix_scratch_new(&s);
    struct timespec times[] = {{1000000000, 5}, {1234567890, 123456789}};
    assert_int_equal(utimensat(AT_FDCWD, s.jar, times, 0), 0);
    assert_int_equal(chmod(s.jar, 0751), 0);
    if (geteuid() == 0) assert_int_equal(chown(s.jar, 12345, 54321), 0);
    bool xattrs = setxattr(s.jar, "user.caltrop", "kept", 4, 0) == 0;
    assert_int_equal(stat(s.jar, &before), 0);

    apply(&s, &plan, id);
    assert_true(plan.targets[0].done);
    assert_true(fix_scratch_is(&s, true));
    assert_int_equal(fix_scratch_strays(&s), 0);
    assert_int_equal(stat(s.jar, &fixed), 0);
    assert_int_not_equal(before.st_ino, fixed.st_ino);

    assert_int_equal(ct_fix_undo(s.arena, s.runs, id, tell, &told, NULL), CT_OK);
    assert_int_equal(told.what, CT_FIX_RESTORED);
    assert_true(fix_scratch_is(&s, false));
    assert_int_equal(fix_scratch_strays(&s), 0);
    assert_int_equal(stat(s.jar, &after), 0);
    const struct stat *both[] = {&fixed, &after};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(both[i]->st_mode, before.st_mode);
        assert_int_equal(both[i]->st_uid, before.st_uid);
        assert_int_equal(both[i]->st_gid, before.st_gid);
        assert_memory_equal(&both[i]->st_mtim, &before.st_mtim, sizeof before.st_mtim);
    }
    if (xattrs) {
        assert_int_equal(getxattr(s.jar, "user.caltrop", value, sizeof value), 4);
        assert_string_equal(value, "kept");
    }
    /* Again: it is the original already, and that is no error. */
    assert_int_equal(ct_fix_undo(s.arena, s.runs, id, tell, &told, NULL), CT_OK);
    assert_int_equal(told.what, CT_FIX_WAS_ORIGINAL);
    fix_scratch_free(&s);
}

static void a_file_that_goes_whole_comes_back(void **state)
{
    (void)state;
    struct fix_scratch s;
    struct ct_fix_plan plan;
    struct told told = {0};
    char id[CT_FIX_ID_SIZE];
    fix_scratch_new(&s);
    s.cut.n_names = 0;
    apply(&s, &plan, id);
    assert_int_equal(access(s.jar, F_OK), -1);
    assert_int_equal(ct_fix_undo(s.arena, s.runs, id, tell, &told, NULL), CT_OK);
    assert_int_equal(told.what, CT_FIX_RESTORED);
    assert_true(fix_scratch_is(&s, false));
    fix_scratch_free(&s);
}

static void undo_leaves_what_somebody_changed(void **state)
{
    (void)state;
    struct fix_scratch s;
    struct ct_fix_plan plan;
    struct told told = {0};
    char id[CT_FIX_ID_SIZE];
    fix_scratch_new(&s);
    apply(&s, &plan, id);
    assert_int_equal(ct_file_write_atomic(s.jar, CT_STR("an upgrade"), 0640, NULL), CT_OK);
    assert_int_equal(ct_fix_undo(s.arena, s.runs, id, tell, &told, NULL), CT_ERR_PERMISSION);
    assert_int_equal(told.what, CT_FIX_KEPT);
    assert_non_null(strstr(told.why, "changed it since"));
    unsigned char now[64];
    assert_int_equal(fix_scratch_read(s.jar, now, sizeof now), 10);
    fix_scratch_free(&s);
}

static void refuses(void **state)
{
    (void)state;
    struct fix_scratch s;
    struct ct_fix_plan plan;
    struct ct_fault fault;
    char other[128], id[CT_FIX_ID_SIZE];
    fix_scratch_new(&s);
    (void)snprintf(other, sizeof other, "%s/other", s.folder);

    /* Several names. */
    assert_int_equal(link(s.jar, other), 0);
    assert_int_equal(ct_fix_plan(s.arena, &s.cut, 1, "/nonexistent", &plan), CT_OK);
    assert_non_null(strstr(plan.targets[0].refused, "2 names"));
    assert_int_equal(plan.ready, 0);
    assert_int_equal(unlink(other), 0);

    /* Something else at the path: a link out, a pipe, nothing. */
    assert_int_equal(rename(s.jar, other), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(i == 0 ? symlink(other, s.jar) : i == 1 ? mkfifo(s.jar, 0600) : 0, 0);
        assert_int_equal(ct_fix_plan(s.arena, &s.cut, 1, "/nonexistent", &plan), CT_OK);
        assert_string_not_equal(plan.targets[0].refused, "");
        (void)unlink(s.jar);
    }
    assert_int_equal(rename(other, s.jar), 0);

    /* An entry that is not there. */
    static const ct_str wrong[] = {CT_STR_INIT("lib.jar"), CT_STR_INIT("z")};
    struct ct_fix_cut cut = {s.cut.file, wrong, 2};
    assert_int_equal(ct_fix_plan(s.arena, &cut, 1, "/nonexistent", &plan), CT_OK);
    assert_non_null(strstr(plan.targets[0].refused, "not there"));

    /* Changed between plan and apply. */
    assert_int_equal(ct_fix_plan(s.arena, &s.cut, 1, "/nonexistent", &plan), CT_OK);
    assert_int_equal(ct_file_write_atomic(s.jar, (ct_str){s.old, s.old_n}, 0640, NULL), CT_OK);
    assert_int_equal(ct_fix_apply(s.arena, &plan, s.runs, NULL, id, &fault), CT_OK);
    assert_false(plan.targets[0].done);
    assert_non_null(strstr(plan.targets[0].refused, "changed"));
    assert_true(fix_scratch_is(&s, false));

    assert_int_equal(ct_fix_undo(s.arena, s.runs, "../runs", tell, NULL, &fault), CT_ERR_NOT_FOUND);
    assert_int_equal(ct_fix_undo(s.arena, s.runs, "20000101T000000Z-0000", tell, NULL, &fault), CT_ERR_NOT_FOUND);
    fix_scratch_free(&s);
}

static void names_the_package_it_came_with(void **state)
{
    (void)state;
    struct fix_scratch s;
    struct ct_fix_plan plan;
    char list[128], line[128];
    fix_scratch_new(&s);
    (void)snprintf(list, sizeof list, "%s/libfoo-java:amd64.list", s.folder);
    (void)snprintf(line, sizeof line, "/.\n%s\n/usr\n", s.jar);
    assert_int_equal(ct_file_write_atomic(list, ct_str_from(line), 0644, NULL), CT_OK);
    assert_int_equal(ct_fix_plan(s.arena, &s.cut, 1, s.folder, &plan), CT_OK);
    assert_string_equal(plan.targets[0].owner, "libfoo-java:amd64");
    fix_scratch_free(&s);
}

static void journal_reads_what_it_writes(void **state)
{
    (void)state;
    ct_arena *arena;
    struct ct_buf b;
    struct ct_fix_journal j;
    struct ct_fault fault = {0};
    unsigned char digest[CT_BLAKE2B_DIGEST] = {1, 2, 0xfe};
    struct stat was = {.st_uid = 4294967294u, .st_gid = 7, .st_mode = S_IFREG | 04755, .st_mtim = {-5, 999999999}};
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), CT_OK);
    ct_buf_init(&b, arena, 4096);
    ct_buf_text(&b, "caltrop-fix 1\n");
    ct_fix_journal_file(&b, 0, &was, digest, CT_STR("/a b/%\n\xff/x.jar"));
    ct_fix_journal_ready(&b, 0, digest);
    ct_fix_journal_file(&b, 1, &was, digest, CT_STR("/c"));
    ct_fix_journal_ready(&b, 1, NULL);
    ct_buf_text(&b, "done 1\nundone 1\nfile 2 torn");
    assert_int_equal(ct_fix_journal_read(arena, ct_buf_view(&b), &j, &fault), CT_OK);
    assert_int_equal(j.n, 2);
    assert_string_equal(j.entries[0].path, "/a b/%\n\xff/x.jar");
    assert_int_equal(j.entries[0].was.st_uid, 4294967294u);
    assert_int_equal(j.entries[0].was.st_mode, 04755);
    assert_int_equal(j.entries[0].was.st_mtim.tv_sec, -5);
    assert_int_equal(j.entries[0].was.st_mtim.tv_nsec, 999999999);
    assert_memory_equal(j.entries[0].now, digest, sizeof digest);
    assert_true(j.entries[0].ready && !j.entries[0].done && !j.entries[0].whole);
    assert_true(j.entries[1].ready && j.entries[1].done && j.entries[1].whole && j.entries[1].undone);
    const char *bad[] = {"caltrop-fix 2\n", "x\n", "caltrop-fix 1\nready 0 -\n", "caltrop-fix 1\nfile 1 0 0 644 0 0 00 /a\n",
                         "caltrop-fix 1\nfile 0 0 0 644 0 0 000102030405060708090a0b0c0d0e0f relative\n",
                         "caltrop-fix 1\nfile 0 0 0 644 0 0 000102030405060708090a0b0c0d0e0f /%00\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(ct_fix_journal_read(arena, ct_str_from(bad[i]), &j, &fault), CT_ERR_SYNTAX);
    ct_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restores_to_the_byte_with_all_that_belongs_to_it),
        cmocka_unit_test(a_file_that_goes_whole_comes_back),
        cmocka_unit_test(undo_leaves_what_somebody_changed),
        cmocka_unit_test(refuses),
        cmocka_unit_test(names_the_package_it_came_with),
        cmocka_unit_test(journal_reads_what_it_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
