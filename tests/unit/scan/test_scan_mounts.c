/* Which file systems are entered, from mount tables as real hosts have them. */
#include "scan/mounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char table[] =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "23 22 0:21 / /proc rw,nosuid shared:2 - proc proc rw\n"
    "24 22 0:40 / /srv/share\\040with\\040blanks rw shared:3 master:4 - nfs4 filer:/x rw,addr=192.0.2.1\n"
    "25 22 0:41 / /home rw - autofs systemd-1 rw,fd=5\n"
    "26 22 0:42 / /home rw - nfs filer:/home rw\n"
    "27 22 0:43 / /mnt/s rw - fuse.sshfs user@host: rw\n"
    "28 22 0:44 / /mnt/n rw - fuseblk /dev/sdb1 rw\n"
    "29 22 0:45 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,lowerdir=a\n"
    "30 22 0:46 / /run rw - tmpfs tmpfs rw\n"
    "a line that is none\n"
    "31 22 0:47 / /cut";

static void test_table(void **state)
{
    (void)state;
    char path[] = "/tmp/caltrop-mounts-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, table, sizeof table - 1), sizeof table - 1);
    assert_int_equal(close(fd), 0);
    ct_mounts *m;
    assert_int_equal(ct_mounts_new(&ct_alloc_libc, path, &m), CT_OK);
    assert_int_equal(unlink(path), 0);
    static const struct {
        int line;
        const char *path, *at, *of;
        enum ct_mount_class class;
    } rows[] = {
        {__LINE__, "/", "ext4", "ext4", CT_MOUNT_LOCAL},
        {__LINE__, "/proc", "proc", "proc", CT_MOUNT_VIRTUAL},
        {__LINE__, "/proc/1/fd", NULL, "proc", CT_MOUNT_VIRTUAL},
        {__LINE__, "/processes", NULL, "ext4", CT_MOUNT_LOCAL},
        {__LINE__, "/srv/share with blanks", "nfs4", "nfs4", CT_MOUNT_NETWORK},
        {__LINE__, "/srv/share with blanks/a/b", NULL, "nfs4", CT_MOUNT_NETWORK},
        {__LINE__, "/home", "nfs", "nfs", CT_MOUNT_NETWORK}, /* mounted over the autofs point */
        {__LINE__, "/mnt/s", "fuse.sshfs", "fuse.sshfs", CT_MOUNT_NETWORK},
        {__LINE__, "/mnt/n", "fuseblk", "fuseblk", CT_MOUNT_LOCAL},
        {__LINE__, "/var/lib/docker/overlay2/x/merged", "overlay", "overlay", CT_MOUNT_OVERLAY},
        {__LINE__, "/run/lock", NULL, "tmpfs", CT_MOUNT_LOCAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ct_str at = {NULL, 0}, of = {NULL, 0}, p = ct_str_from(rows[i].path);
        bool is = ct_mounts_at(m, p, &at);
        if (is != (rows[i].at != NULL) || (is && !ct_str_eq(at, ct_str_from(rows[i].at)))) fail_msg("line %d: at", rows[i].line);
        if (!ct_mounts_of(m, p, &of) || !ct_str_eq(of, ct_str_from(rows[i].of))) fail_msg("line %d: of", rows[i].line);
        if (ct_mount_class_of(of) != rows[i].class) fail_msg("line %d: class", rows[i].line);
    }
    ct_mounts_free(m);
}

static void test_no_table(void **state)
{
    (void)state;
    ct_mounts *m;
    ct_str type;
    assert_int_equal(ct_mounts_new(&ct_alloc_libc, "/nosuch", &m), CT_OK);
    assert_false(ct_mounts_of(m, CT_STR("/a/b"), &type));
    ct_mounts_free(m);
    assert_int_equal(ct_mount_class_by_magic(0x6969, &type), CT_MOUNT_NETWORK);
    assert_true(ct_str_eq(type, CT_STR("nfs")));
    assert_int_equal(ct_mount_class_by_magic(0xfffffffffe534d42u, &type), CT_MOUNT_NETWORK); /* f_type is signed somewhere */
    assert_int_equal(ct_mount_class_by_magic(0xef53, &type), CT_MOUNT_LOCAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_no_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
