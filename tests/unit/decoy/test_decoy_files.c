/* The file of contacts when its disk is full, and the fault tests. */
#include "decoy/contact_file.h"
#include "decoy/owned.h"
#include "os/sys.h"
#include "support/fault_alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static size_t disk; /* bytes that still fit */

static ssize_t write_some(int fd, const void *from, size_t n)
{
    if (disk == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (n > disk) n = disk;
    disk -= n;
    return ct_sys_kernel.write(fd, from, n);
}

static void test_a_full_disk(void **state)
{
    char path[] = "/tmp/caltrop-record-XXXXXX", got[4096];
    struct ct_sys sys = ct_sys_kernel;
    struct ct_record *r;
    struct ct_record_stats s;
    (void)state;
    int fd = mkstemp(path), back = open(path, O_RDONLY);
    sys.write = write_some;
    ct_sys = &sys;
    assert_int_equal(ct_record_new(&ct_alloc_libc, 20000, &r), CT_OK);
    ct_record_use(r, fd);
    disk = 10; /* within the second line */
    ct_record_add(r, CT_STR("first\n"));
    ct_record_add(r, CT_STR("second\n"));
    assert_false(ct_record_flush(r));
    ct_record_stats(r, &s);
    assert_true(s.fails);
    assert_int_equal(s.written, 1);
    assert_int_equal(s.waiting, 1);
    for (int i = 0; i < 10000; i++) ct_record_add(r, CT_STR("more\n"));
    ct_record_stats(r, &s);
    assert_true(s.lost > 0);
    assert_int_equal(s.lost + s.waiting + s.written, s.lines);
    disk = 1 << 20; /* somebody made room */
    assert_true(ct_record_flush(r));
    uint64_t lost = s.lost;
    ct_record_stats(r, &s);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.written + lost, s.lines);
    assert_false(s.fails);
    ssize_t n = read(back, got, sizeof got);
    assert_true(n > 20);
    assert_memory_equal(got, "first\nsecond\nmore\nmore\n", 23);
    ct_sys = &ct_sys_kernel;
    ct_record_free(r);
    (void)close(back);
    (void)unlink(path);
}

static void test_without_memory(void **state)
{
    (void)state;
    for (int persistent = 0; persistent < 2; persistent++)
        for (unsigned nth = 0; nth < 12; nth++) {
            struct fault_alloc f;
            struct ct_record *r = NULL;
            struct ct_owned *o = NULL;
            struct ct_record_stats s = {0};
            fault_alloc_init(&f, nth, persistent);
            if (ct_record_new(&f.alloc, 65536, &r) == CT_OK) {
                for (int i = 0; i < 5000; i++) ct_record_add(r, CT_STR("a line\n"));
                ct_record_stats(r, &s);
                assert_int_equal(s.lost + s.waiting, s.lines); /* nothing is lost unnoticed */
                ct_record_free(r);
            }
            if (ct_owned_new(&f.alloc, &o) == CT_OK) {
                ct_owned_add(o, false, 1, 500, CT_OWNED_LISTENS, 1764100000);
                ct_owned_free(o);
            }
            assert_int_equal(f.live, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_full_disk), cmocka_unit_test(test_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
