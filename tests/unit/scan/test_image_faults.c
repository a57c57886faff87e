/* A scan of an image whose n-th read or opening fails, once and from then on, and whose n-th allocation fails: what could not be looked at is
 * said, and the rest of the image is reported. */
#include "os/sys.h"
#include "scan/image.h"
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

enum { LAYERS = 3, JARS = 2, FOUND = LAYERS * JARS + 1, CALLS_MAX = 5000, BLOCK = 512 };

/* org/example/Bad, the smallest class file that has a name */
static const unsigned char bad_class[] = "\xca\xfe\xba\xbe\0\0\0\x34\0\5\1\0\x0forg/example/Bad\7\0\1\1\0\x10java/lang/Object\7\0\3\0\x21\0\2\0\4\0\0\0\0\0\0\0";

static struct {
    unsigned which, countdown;
    bool forever, failed;
} plan;
enum { PREAD = 1, OPENAT };

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

static char root[64], folder[96], file[96];

struct tar {
    unsigned char p[1 << 17];
    size_t n;
};

static void tar_add(struct tar *t, const char *name, ct_str content)
{
    size_t room = (content.n + BLOCK - 1) / BLOCK * BLOCK;
    assert_true(t->n + BLOCK + room + 2 * BLOCK <= sizeof t->p);
    unsigned char *h = t->p + t->n;
    memset(h, 0, BLOCK + room);
    (void)snprintf((char *)h, 100, "%s", name);
    memcpy(h + 100, "0000644", 8);
    memcpy(h + 108, "0000000", 8);
    memcpy(h + 116, "0000000", 8);
    (void)snprintf((char *)h + 124, 12, "%011zo", content.n);
    memcpy(h + 136, "00000000000", 12);
    h[156] = '0';
    memcpy(h + 257, "ustar\00000", 8);
    unsigned sum = 8 * ' ';
    for (unsigned i = 0; i < BLOCK; i++) sum += h[i];
    (void)snprintf((char *)h + 148, 8, "%06o", sum);
    h[155] = ' ';
    memcpy(h + BLOCK, content.p, content.n);
    t->n += BLOCK + room;
}

static ct_str tar_finish(struct tar *t)
{
    memset(t->p + t->n, 0, 2 * BLOCK);
    t->n += 2 * BLOCK;
    return (ct_str){t->p, t->n};
}

static void put(const char *path, ct_str content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.p, content.n), (ssize_t)content.n);
    assert_int_equal(close(fd), 0);
}

/* The same image as one file and as a folder: in each layer jars, in the lowest a loose class and a package database too. */
static int set_up(void **state)
{
    (void)state;
    static struct zip_maker jar;
    static struct tar layer, whole;
    char name[160];
    ct_str bad = {bad_class, sizeof bad_class - 1};
    zip_maker_add(&jar, "META-INF/MANIFEST.MF", CT_STR("Manifest-Version: 1.0\n"));
    zip_maker_add(&jar, "org/example/Bad.class", bad);
    ct_str made = zip_maker_finish(&jar);
    strcpy(root, "/tmp/caltrop-images-XXXXXX");
    if (!mkdtemp(root)) return -1;
    (void)snprintf(folder, sizeof folder, "%s/folder", root);
    (void)snprintf(file, sizeof file, "%s/image.tar", root);
    if (mkdir(folder, 0700) != 0) return -1;
    for (unsigned l = 0; l < LAYERS; l++) {
        layer.n = 0;
        for (unsigned k = 0; k < JARS; k++) {
            (void)snprintf(name, sizeof name, "app%u/j%u.jar", l, k);
            tar_add(&layer, name, made);
        }
        if (l == 0) tar_add(&layer, "srv/Bad.class", bad);
        if (l == 0) tar_add(&layer, "var/lib/dpkg/status", CT_STR("Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"));
        ct_str bytes = tar_finish(&layer);
        (void)snprintf(name, sizeof name, "layer%u.tar", l);
        tar_add(&whole, name, bytes);
        (void)snprintf(name, sizeof name, "%s/layer%u.tar", folder, l);
        put(name, bytes);
    }
    ct_str manifest = CT_STR("[{\"Config\":\"config.json\",\"RepoTags\":[\"x:1\"],\"Layers\":[\"layer0.tar\",\"layer1.tar\",\"layer2.tar\"]}]");
    const struct {
        const char *name;
        ct_str text;
    } texts[] = {{"config.json", CT_STR("{}")}, {"manifest.json", manifest}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tar_add(&whole, texts[i].name, texts[i].text);
        (void)snprintf(name, sizeof name, "%s/%s", folder, texts[i].name);
        put(name, texts[i].text);
    }
    put(file, tar_finish(&whole));
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
    ct_err opened, err;
    size_t found, packages;
    bool complete;
};

static struct outcome scan(const struct ct_alloc *alloc, const char *path, const ct_fingerprints *fp)
{
    struct outcome o = {0};
    struct ct_inspect_opts opts = {.fingerprints = fp, .families = CT_FAMILIES_ALL, .components = true, .hashes = true};
    struct ct_fault fault = {0};
    ct_image *image = NULL;
    ct_scan_report *r = NULL;
    o.opened = ct_image_open(alloc, path, &image, &fault);
    if (o.opened) return o;
    o.err = ct_scan_report_new(alloc, &r);
    if (!o.err) o.err = ct_image_scan(image, 0, &opts, r, NULL, NULL);
    if (!o.err) o.err = ct_scan_report_finish(r, NULL);
    if (!o.err) {
        o.found = r->n_findings;
        for (size_t i = 0; i < r->n_components; i++) o.packages += ct_str_eq(r->components[i]->component.name, CT_STR("x"));
        o.complete = r->host.complete;
    }
    ct_scan_report_free(r);
    ct_image_close(image);
    return o;
}

static ct_fingerprints *suspects(void)
{
    ct_fingerprints *fp;
    assert_int_equal(ct_fingerprints_new(&ct_alloc_libc, &fp), CT_OK);
    assert_int_equal(ct_fingerprints_add_suspect(fp, CT_STR("org/example/Bad"), NULL), CT_OK);
    return fp;
}

static void every_call(const char *path, unsigned which, bool forever, const ct_fingerprints *fp)
{
    struct ct_sys failing = ct_sys_kernel;
    failing.pread = bad_pread;
    failing.openat = bad_openat;
    struct outcome whole = scan(&ct_alloc_libc, path, fp);
    assert_int_equal(whole.opened, CT_OK);
    assert_int_equal(whole.err, CT_OK);
    assert_int_equal(whole.found, FOUND);
    assert_int_equal(whole.packages, 1);
    assert_true(whole.complete);
    unsigned n = 1, lost = 0, partly = 0;
    for (; n < CALLS_MAX; n++) {
        plan.which = which;
        plan.countdown = n;
        plan.forever = forever;
        plan.failed = false;
        ct_sys = &failing;
        struct outcome o = scan(&ct_alloc_libc, path, fp);
        ct_sys = &ct_sys_kernel;
        if (!plan.failed) break;
        if (o.opened) continue; /* said at once, and nothing is claimed */
        if (o.err != CT_OK) fail_msg("%s: call %u of kind %u: %s", path, n, which, ct_err_text(o.err));
        bool less = o.found < FOUND || o.packages < 1;
        if (less && o.complete) fail_msg("%s: call %u of kind %u: %zu found, %zu packages, and it says complete", path, n, which, o.found, o.packages);
        /* A failure costs no more than the layer in which it happens. */
        if (!forever && o.found < FOUND - JARS - 1) fail_msg("%s: call %u of kind %u: only %zu found", path, n, which, o.found);
        lost += less;
        partly += o.found > 0 && less;
    }
    assert_in_range(n, 2, CALLS_MAX - 1);
    assert_true(lost > 0 && partly > 0);
}

static void the_nth_call_fails(void **state)
{
    (void)state;
    ct_fingerprints *fp = suspects();
    for (unsigned forever = 0; forever < 2; forever++) {
        every_call(file, PREAD, forever, fp);
        every_call(folder, PREAD, forever, fp);
        every_call(folder, OPENAT, forever, fp);
    }
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
            struct outcome o = scan(&fa.alloc, n % 2 ? file : folder, fp);
            hit = fa.failed;
            assert_true(o.opened == CT_OK ? o.err == CT_OK || o.err == CT_ERR_NOMEM : fa.failed);
            if (!o.opened && !o.err && (o.found < FOUND || o.packages < 1) && o.complete) fail_msg("allocation %u: %zu found, and it says complete", n, o.found);
            assert_int_equal(fa.live, 0);
        }
        assert_in_range(n, 4, CALLS_MAX - 1);
    }
    ct_fingerprints_free(fp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_nth_call_fails), cmocka_unit_test(the_nth_allocation_fails)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
