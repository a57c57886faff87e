/* os/inroot: another process's tree, with links that want out of it. */
#include "os/inroot.h"
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static ct_arena *arena;
static int root = -1;

/* What the path leads to in there: the content of a file, or the error. */
static ct_err content(const char *path, char text[64], ct_str *ret_real)
{
    int place, fd;
    struct stat st;
    CT_TRY(ct_inroot_open(root, ct_str_from(path), arena, &place, ret_real));
    ct_err e = ct_inroot_reopen(place, &fd, &st);
    (void)close(place);
    if (e != CT_OK) return e;
    ssize_t n = read(fd, text, 63);
    (void)close(fd);
    assert_true(n >= 0);
    text[n] = 0;
    return CT_OK;
}

static void links_stay_inside(void **state)
{
    (void)state;
    must_sh("rm -rf tree; mkdir -p tree/etc tree/a/b tree/opt; echo inside > tree/etc/passwd; echo deep > tree/a/b/file; echo out > outside;"
            "ln -s /etc/passwd tree/absolute; ln -s ../../../../../../etc/passwd tree/a/b/up; ln -s a/b tree/dir; ln -s loop2 tree/loop1; ln -s loop1 tree/loop2;"
            "ln -s ../outside tree/escape; ln -s nowhere tree/dangling; mkfifo tree/fifo; ln -s /a tree/opt/way; ln -s / tree/opt/top;"
            "ln -s ../../a/./b/../b//file tree/opt/top2");
    root = open("tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(root >= 0);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    static const struct {
        int line;
        const char *path, *text, *real;
    } rows[] = {
        {__LINE__, "/etc/passwd", "inside\n", "/etc/passwd"},     {__LINE__, "etc/passwd", "inside\n", "/etc/passwd"},
        {__LINE__, "/absolute", "inside\n", "/etc/passwd"},       {__LINE__, "/a/b/up", "inside\n", "/etc/passwd"},
        {__LINE__, "/dir/file", "deep\n", "/a/b/file"},           {__LINE__, "/../../etc/passwd", "inside\n", "/etc/passwd"},
        {__LINE__, "/opt/way/b/file", "deep\n", "/a/b/file"},     {__LINE__, "/opt/top/opt/top/a//b/./file", "deep\n", "/a/b/file"},
        {__LINE__, "/opt/top2", "deep\n", "/a/b/file"},           {__LINE__, "/a/b/../../etc/passwd", "inside\n", "/etc/passwd"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64] = "";
        ct_str real = {0};
        ct_err e = content(rows[i].path, text, &real);
        if (e != CT_OK || strcmp(text, rows[i].text) != 0 || !ct_str_eq(real, ct_str_from(rows[i].real)))
            fail_msg("line %d: %s, \"%s\", %.*s", rows[i].line, ct_err_text(e), text, CT_STR_ARG(real));
    }
    char text[64];
    assert_int_equal(content("/escape", text, NULL), CT_ERR_NOT_FOUND); /* there is no /outside in there */
    assert_int_equal(content("/dangling", text, NULL), CT_ERR_NOT_FOUND);
    assert_int_equal(content("/etc/passwd/x", text, NULL), CT_ERR_NOT_FOUND);
    assert_int_equal(content("/loop1", text, NULL), CT_ERR_CAP);
    assert_int_equal(content("/fifo", text, NULL), CT_ERR_UNSUPPORTED); /* and it was not opened: nobody waits */
    assert_int_equal(content("/", text, NULL), CT_ERR_UNSUPPORTED);
    int place;
    assert_int_equal(ct_inroot_open(root, CT_STR("/etc\0/passwd"), arena, &place, NULL), CT_ERR_SYNTAX);
    unsigned char many[5000];
    memset(many, 'a', sizeof many);
    assert_int_equal(ct_inroot_open(root, (ct_str){many, 300}, arena, &place, NULL), CT_ERR_CAP);
    assert_int_equal(ct_inroot_open(root, (ct_str){many, sizeof many}, arena, &place, NULL), CT_ERR_CAP);
    ct_arena_free(arena);
    (void)close(root);
}

static size_t open_files(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 256; fd++) n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void calls_that_fail(void **state)
{
    (void)state;
    must_sh("rm -rf tree; mkdir -p tree/a; ln -s /a tree/l; echo x > tree/a/f");
    root = open("tree", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    size_t before = open_files();
    for (unsigned at = 0;; at++) {
        char text[64];
        failing_sys(FAIL_OPEN | FAIL_READ, at, false, EIO);
        ct_err e = content("/l/../l/f", text, NULL);
        if (!failing_sys_done()) break;
        assert_true(e == CT_ERR_READ || e == CT_OK);
        assert_int_equal(open_files(), before);
    }
    ct_arena_free(arena);
    (void)close(root);
}

static void files_without_a_size(void **state)
{
    (void)state;
    ct_str text;
    bool cut;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1 << 20, &arena), CT_OK);
    assert_int_equal(ct_inroot_slurp(arena, AT_FDCWD, "/proc/self/stat", 4096, &text, &cut), CT_OK);
    assert_true(text.n > 20 && !cut);
    assert_int_equal(ct_inroot_slurp(arena, AT_FDCWD, "/proc/self/stat", 10, &text, &cut), CT_OK);
    assert_true(text.n == 10 && cut);
    assert_int_equal(ct_inroot_slurp(arena, AT_FDCWD, "/proc/self/none", 10, &text, &cut), CT_ERR_NOT_FOUND);
    put_file("empty", CT_STR(""));
    assert_int_equal(ct_inroot_slurp(arena, AT_FDCWD, "empty", 10, &text, &cut), CT_OK);
    assert_true(text.p && text.n == 0 && !cut);
    ct_arena_free(arena);
}

int main(void)
{
    scratch_enter();
    const struct CMUnitTest tests[] = {cmocka_unit_test(links_stay_inside), cmocka_unit_test(calls_that_fail), cmocka_unit_test(files_without_a_size)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    scratch_leave();
    return failed;
}
