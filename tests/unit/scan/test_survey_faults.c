/* A scan whose n-th read, opening or listing fails, once and from then on, and whose n-th allocation fails: what could not be looked at is
 * said, and the rest is reported. */
#include "scan/survey.h"
#include "os/sys.h"
#include "support/fault_alloc.h"
#include "support/zip_maker.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { FOLDERS = 2, JARS = 2, FOUND = FOLDERS * (JARS + 1) + 1, CALLS_MAX = 5000 };

/* org/example/Bad, the smallest class file that has a name */
static const unsigned char bad_class[] = "\xca\xfe\xba\xbe\0\0\0\x34\0\5\1\0\x0forg/example/Bad\7\0\1\1\0\x10java/lang/Object\7\0\3\0\x21\0\2\0\4\0\0\0\0\0\0\0";

static struct {
    unsigned which, countdown;
    bool forever, failed;
} plan;
enum { PREAD = 1, OPENAT, GETDENTS };

static bool fails(unsigned which)
{
    if (plan.which != which || plan.countdown == 0) return false;
    if (plan.countdown > 1) {
        plan.countdown--;
        return false;
    }
    if (!plan.forever) plan.countdown = 0;
    plan.failed = true;
    errno = EIO;
    return true;
}
static ssize_t bad_pread(int fd, void *to, size_t n, off_t at) { return fails(PREAD) ? -1 : ct_sys_kernel.pread(fd, to, n, at); }
static int bad_openat(int dir, const char *name, int flags, mode_t mode) { return fails(OPENAT) ? -1 : ct_sys_kernel.openat(dir, name, flags, mode); }
static ssize_t bad_getdents(int fd, void *to, size_t n) { return fails(GETDENTS) ? -1 : ct_sys_kernel.getdents(fd, to, n); }

/* A folder that was removed once it was open: the kernel has no entries of it any more. */
static ssize_t removed_getdents(int fd, void *to, size_t n)
{
    if (!fails(GETDENTS)) return ct_sys_kernel.getdents(fd, to, n);
    errno = ENOENT;
    return -1;
}

static char root[64];

static void put(const char *name, ct_str content)
{
    char path[128];
    assert_true(snprintf(path, sizeof path, "%s/%s", root, name) < (int)sizeof path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.p, content.n), (ssize_t)content.n);
    assert_int_equal(close(fd), 0);
}

/* In each folder jars, one of them in another archive as well; and a loose class. */
static int set_up(void **state)
{
    (void)state;
    static struct zip_maker jar, outer;
    ct_str bad = {bad_class, sizeof bad_class - 1};
    zip_maker_add(&jar, "META-INF/MANIFEST.MF", CT_STR("Manifest-Version: 1.0\n"));
    zip_maker_add(&jar, "org/example/Bad.class", bad);
    ct_str made = zip_maker_finish(&jar);
    zip_maker_add(&outer, "lib/inner.jar", made);
    ct_str nested = zip_maker_finish(&outer);
    strcpy(root, "/tmp/caltrop-survey-XXXXXX");
    if (!mkdtemp(root)) return -1;
    for (unsigned f = 0; f < FOLDERS; f++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s/d%u", root, f);
        if (mkdir(name, 0700) != 0) return -1;
        for (unsigned k = 0; k < JARS; k++) {
            (void)snprintf(name, sizeof name, "d%u/j%u.jar", f, k);
            put(name, made);
        }
        (void)snprintf(name, sizeof name, "d%u/outer.zip", f);
        put(name, nested);
        (void)snprintf(name, sizeof name, "d%u/text", f);
        put(name, CT_STR("nothing here\n"));
    }
    put("Bad.class", bad);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[96];
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

struct outcome {
    ct_err err;
    size_t found;
    bool complete;
};

static struct outcome scan(const struct ct_alloc *alloc, const ct_fingerprints *fp)
{
    const char *roots[] = {root};
    struct ct_survey_opts opts = {.roots = roots, .n_roots = 1, .jobs = 1, .inspect = {.fingerprints = fp, .families = CT_FAMILIES_ALL, .components = true, .hashes = true}};
    struct outcome o = {0};
    ct_scan_report *r = NULL;
    struct ct_seen links = {0};
    o.err = ct_scan_report_new(alloc, &r);
    if (!o.err) {
        o.err = ct_survey_run(alloc, &opts, r, &links);
        if (!o.err) o.err = ct_scan_report_finish(r, &links);
        o.found = r->n_findings;
        o.complete = r->host.complete;
        ct_seen_done(&links);
    }
    ct_scan_report_free(r);
    return o;
}

static ct_fingerprints *suspects(void)
{
    ct_fingerprints *fp;
    assert_int_equal(ct_fingerprints_new(&ct_alloc_libc, &fp), CT_OK);
    assert_int_equal(ct_fingerprints_add_suspect(fp, CT_STR("org/example/Bad"), NULL), CT_OK);
    return fp;
}

static void the_nth_call_fails(void **state)
{
    (void)state;
    ct_fingerprints *fp = suspects();
    struct ct_sys failing = ct_sys_kernel;
    failing.pread = bad_pread;
    failing.openat = bad_openat;
    failing.getdents = bad_getdents;
    struct outcome whole = scan(&ct_alloc_libc, fp);
    assert_int_equal(whole.err, CT_OK);
    assert_int_equal(whole.found, FOUND);
    assert_true(whole.complete);
    for (unsigned which = PREAD; which <= GETDENTS; which++)
        for (unsigned forever = 0; forever < 2; forever++) {
            unsigned n = 1, lost = 0;
            for (; n < CALLS_MAX; n++) {
                plan.which = which;
                plan.countdown = n;
                plan.forever = forever;
                plan.failed = false;
                ct_sys = &failing;
                struct outcome o = scan(&ct_alloc_libc, fp);
                ct_sys = &ct_sys_kernel;
                if (!plan.failed) break;
                if (o.err != CT_OK) fail_msg("call %u of kind %u: %s", n, which, ct_err_text(o.err));
                /* One failure costs a file at most, or a folder with all that is in it: the root's costs everything. */
                size_t least = forever || (which != PREAD && n <= 2) ? 0 : which == PREAD ? FOUND - 1 : FOUND - JARS - 1;
                if (o.found < least || o.found > FOUND) fail_msg("call %u of kind %u%s: %zu found", n, which, forever ? " and all behind it" : "", o.found);
                if (o.found < FOUND && o.complete) fail_msg("call %u of kind %u: %zu found, and it says complete", n, which, o.found);
                lost += o.found < FOUND;
            }
            assert_in_range(n, 4, CALLS_MAX - 1);
            assert_true(lost > 0);
        }
    ct_fingerprints_free(fp);
}

/* What is gone holds nothing, whether it went before it was opened or behind that. */
static void the_nth_folder_goes_once_open(void **state)
{
    (void)state;
    ct_fingerprints *fp = suspects();
    struct ct_sys going = ct_sys_kernel;
    going.getdents = removed_getdents;
    unsigned n = 1;
    for (; n < CALLS_MAX; n++) {
        plan.which = GETDENTS;
        plan.countdown = n;
        plan.forever = false;
        plan.failed = false;
        ct_sys = &going;
        struct outcome o = scan(&ct_alloc_libc, fp);
        ct_sys = &ct_sys_kernel;
        if (!plan.failed) break;
        assert_int_equal(o.err, CT_OK);
        assert_true(o.complete);
    }
    assert_in_range(n, 3, CALLS_MAX - 1);
    ct_fingerprints_free(fp);
}

static void the_nth_allocation_fails(void **state)
{
    (void)state;
    ct_fingerprints *fp = suspects();
    for (unsigned forever = 0; forever < 2; forever++) {
        unsigned n = 0;
        bool hit = true;
        for (; hit && n < CALLS_MAX; n++) {
            struct fault_alloc fa;
            fault_alloc_init(&fa, n, forever);
            struct outcome o = scan(&fa.alloc, fp);
            hit = fa.failed;
            assert_true(o.err == CT_OK || o.err == CT_ERR_NOMEM);
            if (o.err == CT_OK && o.found < FOUND && o.complete) fail_msg("allocation %u: %zu found, and it says complete", n, o.found);
            assert_int_equal(fa.live, 0);
        }
        assert_in_range(n, 4, CALLS_MAX - 1);
    }
    ct_fingerprints_free(fp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_nth_call_fails), cmocka_unit_test(the_nth_folder_goes_once_open),
                                       cmocka_unit_test(the_nth_allocation_fails)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
