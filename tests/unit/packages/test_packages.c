/* packages: which file goes to which reader; each reader on its seeds, whole, cut, damaged, with failing memory and failing
 * reads. */
#include "samples_packages.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ARENA = 8u << 20 };

static ct_err read_sample(ct_arena *arena, const struct package_sample *s, ct_str bytes, ct_str log,
                          const struct ct_packages_os *os, struct package_list *l, struct ct_fault *fault)
{
    struct ct_packages_in in = {.kind = s->kind, .path = ct_str_from(s->path), .os = os};
    if (s->kind != CT_PACKAGES_RPM_SQLITE) return ct_packages_read(arena, &in, bytes, package_list_add, l, fault);
    struct ct_bytes_at at = ct_bytes_at_memory(&bytes), wal = ct_bytes_at_memory(&log);
    return ct_packages_read_sqlite(arena, &in, &at, log.n ? &wal : NULL, package_list_add, l, fault);
}

static void paths_go_to_their_readers(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *path;
        enum ct_packages_kind kind;
    } rows[] = {
#define R(path, kind) {__LINE__, path, CT_PACKAGES_##kind}
        R("var/lib/dpkg/status", DPKG),
        R("/var/lib/dpkg/status", DPKG),
        R("dpkg/status", DPKG),
        R("xdpkg/status", NONE),
        R("var/lib/dpkg/status-old", NONE),
        R("status", NONE),
        R("var/lib/dpkg/status.d/base-files", DPKG_D),
        R("var/lib/dpkg/status.d/base-files.md5sums", NONE),
        R("/var/lib/dpkg/status.d/tzdata.list", NONE),
        R("status.d/x", NONE),
        R("var/lib/rpm/rpmdb.sqlite", RPM_SQLITE),
        R("usr/lib/sysimage/rpm/Packages.db", RPM_NDB),
        R("var/lib/rpm/Packages", RPM_BDB),
        R("Packages", NONE),
        R("dists/stable/main/binary-amd64/Packages", NONE),
        R("x/Packages.db", NONE),
        R("lib/apk/db/installed", APK),
        R("usr/lib/apk/db/installed", APK),
        R("installed", NONE),
        R("site-packages/x-1.dist-info/METADATA", PYTHON),
        R("x/METADATA", NONE),
        R("x.egg-info/PKG-INFO", PYTHON),
        R("PKG-INFO", NONE),
        R("x.egg/EGG-INFO/PKG-INFO", PYTHON),
        R("dist-packages/x-1.egg-info", PYTHON),
        R("a/node_modules/x/package.json", NPM),
        R("node_modules/@s/x/package.json", NPM),
        R("a/node_modules/x/lib/package.json", NONE),
        R("package.json", NONE),
        R("app/package.json", NONE),
        R("usr/share/nodejs/x/package.json", NPM),
        R("app/package-lock.json", NPM_LOCK),
        R("node_modules/x/package-lock.json", NONE),
        R("node_modules/package.json", NONE),
        R("etc/os-release", OS_RELEASE),
        R("usr/lib/os-release", OS_RELEASE),
        R("os-release", NONE),
        R("META-INF/maven/g/a/pom.properties", POM_PROPERTIES),
        R("BOOT-INF/classes/META-INF/maven/g/a/pom.xml", POM_XML),
        R("pom.xml", NONE),
        R("META-INF/maven/pom.xml", NONE),
        R("META-INF/MANIFEST.MF", MANIFEST),
        R("meta-inf/manifest.mf", MANIFEST),
        R("MANIFEST.MF", NONE),
        R("", NONE),
        R("/", NONE),
        R("a/", NONE),
        R("x.class", NONE),
        R("s", NONE),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ct_packages_wants(ct_str_from(rows[i].path)) != rows[i].kind) fail_msg("line %d: %s", rows[i].line, rows[i].path);
    assert_int_equal(ct_packages_sniff(CT_STR("\x7f"
                                              "ELF\x02")),
                     CT_PACKAGES_GO);
    assert_int_equal(ct_packages_sniff(CT_STR("MZ")), CT_PACKAGES_GO);
    assert_int_equal(ct_packages_sniff(CT_STR("\xca\xfe\xba\xbe")), CT_PACKAGES_NONE);
    assert_int_equal(ct_packages_sniff(CT_STR("")), CT_PACKAGES_NONE);
}

static void seeds_hold_what_they_were_made_of(void **state)
{
    (void)state;
    for (size_t i = 0; i < package_samples_n; i++) {
        const struct package_sample *s = &package_samples[i];
        ct_arena *arena, *keep;
        unsigned char *p;
        ct_str bytes, log;
        struct ct_fault fault = {0};
        assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &arena), CT_OK);
        assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &keep), CT_OK);
        struct package_list l = {.arena = keep};
        package_sample_load(s, &p, &bytes, &log);
        ct_err err = read_sample(arena, s, bytes, log, NULL, &l, &fault);
        if (err != s->err || l.n != s->components) fail_msg("%s: %zu components, %s", s->file, l.n, ct_err_text(err));
        for (size_t k = 0; k < l.n; k++) {
            assert_true(ct_str_eq(l.items[k].path, ct_str_from(s->path)));
            assert_true(l.items[k].purl.n > 0);
        }
        /* what the caller's emit says is the answer, at once */
        struct package_list stopped = {.answer = CT_ERR_INTERRUPTED};
        assert_int_equal(read_sample(arena, s, bytes, log, NULL, &stopped, NULL), CT_ERR_INTERRUPTED);
        free(p);
        ct_arena_free(arena);
        ct_arena_free(keep);
    }
}

static void identities_are_complete(void **state)
{
    (void)state;
    static const struct {
        const char *file, *name, *purl, *version, *licence, *origin;
    } rows[] = {
        {"package_text/dpkg", "libc6",
         "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=glibc%402.36-9", "2.36-9+deb12u1", "",
         "glibc"},
        {"package_text/dpkg", "dash", "pkg:deb/debian/dash@0.5.12-2?arch=amd64&distro=debian-12", "0.5.12-2", "", ""},
        {"package_text/dpkg_bad", "${jndi:x}", "pkg:deb/debian/%24%7Bjndi:x%7D@2?distro=debian-12", "2", "", ""},
        {"package_text/python", "Foo_Bar", "pkg:pypi/foo-bar@1.0.post1", "1.0.post1", "MIT License", ""},
        {"npm/installed", "x", "pkg:npm/%40s/x@1.0.0", "1.0.0", "MIT", ""},
        {"npm/licences", "aA", "pkg:npm/aa@2", "2", "MIT", ""},
        {"npm/lock3", "real", "pkg:npm/real@3.0.0", "3.0.0", "", ""},
        {"npm/lock1", "c", "pkg:npm/c@3", "3", "", ""},
        {"rpm_ndb/four", "dbus", "pkg:rpm/debian/dbus@1.12-1?arch=noarch&distro=debian-12&epoch=1", "1:1.12-1", "", ""},
        {"go_program/elf_old", "example.org/is", "pkg:golang/example.org/is@v0.9.1", "v0.9.1", "", ""},
        {"go_program/pe", "example.org/app", "pkg:golang/example.org/app@v0.0.0-20211210130000-0123456789ab",
         "v0.0.0-20211210130000-0123456789ab", "", ""},
        {"go_program/macho", "stdlib", "pkg:golang/stdlib@1.21.5", "1.21.5", "", ""},
    };
    static const struct ct_packages_os os = {.id = CT_STR_INIT("debian"), .version_id = CT_STR_INIT("12")};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct package_sample *s = package_samples;
        while (strcmp(s->file, rows[i].file) != 0) s++;
        ct_arena *arena, *keep;
        unsigned char *p;
        ct_str bytes, log;
        assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &arena), CT_OK);
        assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &keep), CT_OK);
        struct package_list l = {.arena = keep};
        package_sample_load(s, &p, &bytes, &log);
        assert_int_equal(read_sample(arena, s, bytes, log, &os, &l, NULL), s->err);
        const struct ct_component *c = package_list_find(&l, rows[i].name);
#define SAME(field)                                                                                                            \
    if (!ct_str_eq(c->field, ct_str_from(rows[i].field))) fail_msg("row %zu: %s is %.*s", i, #field, CT_STR_ARG(c->field))
        SAME(purl);
        SAME(version);
        SAME(licence);
        SAME(origin);
#undef SAME
        free(p);
        ct_arena_free(arena);
        ct_arena_free(keep);
    }
}

static void readers_stay_inside_cut_input(void **state)
{
    (void)state;
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &arena), CT_OK);
    for (size_t i = 0; i < package_samples_n; i++) {
        const struct package_sample *s = &package_samples[i];
        unsigned char *p;
        ct_str bytes, log;
        package_sample_load(s, &p, &bytes, &log);
        size_t step = bytes.n > 1024 ? 61 : 1;
        for (size_t n = 0; n <= bytes.n; n += step) {
            struct edge e = edge_new(ct_str_slice(bytes, 0, n));
            struct package_list l = {.n = 0};
            ct_err err = read_sample(arena, s, e.input, log, NULL, &l, NULL);
            assert_true(err != CT_ERR_END && err != CT_ERR_NOMEM);
            assert_true(l.n <= s->components || s->err);
            edge_free(&e);
        }
        free(p);
    }
    ct_arena_free(arena);
}

/* Bytes changed at random: whatever comes, it comes to an end and takes no more memory than it has. */
static void readers_stand_damage(void **state)
{
    (void)state;
    struct rng r = rng_new("packages");
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 64u << 20, &arena), CT_OK);
    for (size_t i = 0; i < package_samples_n; i++) {
        unsigned char *p;
        ct_str bytes, log;
        package_sample_load(&package_samples[i], &p, &bytes, &log);
        unsigned char *copy = malloc(bytes.n);
        assert_non_null(copy);
        for (unsigned round = 0; round < 200; round++) {
            memcpy(copy, bytes.p, bytes.n);
            for (unsigned k = 0; k <= round % 4; k++) copy[rng_below(&r, (uint32_t)bytes.n)] = (unsigned char)rng_next(&r);
            struct package_list l = {.n = 0};
            (void)!read_sample(arena, &package_samples[i], (ct_str){copy, bytes.n}, log, NULL, &l, NULL);
        }
        free(copy);
        free(p);
    }
    ct_arena_free(arena);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < package_samples_n; i++) {
        const struct package_sample *s = &package_samples[i];
        unsigned char *p;
        ct_str bytes, log;
        package_sample_load(s, &p, &bytes, &log);
        for (unsigned persistent = 0; persistent < 2; persistent++) {
            for (unsigned n = 0;; n++) {
                struct fault_alloc f;
                ct_arena *arena = NULL;
                fault_alloc_init(&f, n, persistent);
                struct package_list l = {.n = 0};
                ct_err err = ct_arena_new(&f.alloc, ARENA, &arena);
                if (!err) err = read_sample(arena, s, bytes, log, NULL, &l, NULL);
                ct_arena_free(arena);
                assert_int_equal(f.live, 0);
                if (!f.failed) {
                    assert_int_equal(err, s->err);
                    assert_int_equal(l.n, s->components);
                    break;
                }
                assert_int_equal(err, CT_ERR_NOMEM);
            }
        }
        free(p);
    }
}

/* Reads of a file, of which the n-th fails. */
struct failing {
    ct_str bytes;
    unsigned countdown;
    bool failed;
};

static ct_err read_failing(void *ctx, uint64_t at, void *to, size_t n, size_t *ret_n)
{
    struct failing *f = ctx;
    if (f->countdown-- == 0) {
        f->failed = true;
        f->countdown = 0;
        return CT_ERR_READ;
    }
    struct ct_bytes_at memory = ct_bytes_at_memory(&f->bytes);
    return memory.read(memory.ctx, at, to, n, ret_n);
}

static void every_read_may_fail(void **state)
{
    (void)state;
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &arena), CT_OK);
    for (size_t i = 0; i < package_samples_n; i++) {
        const struct package_sample *s = &package_samples[i];
        unsigned char *p;
        ct_str bytes, log;
        package_sample_load(s, &p, &bytes, &log);
        struct ct_packages_in in = {.kind = s->kind, .path = ct_str_from(s->path)};
        for (unsigned n = 0; log.n == 0; n += 1 + n / 16) {
            struct failing f = {bytes, n, false};
            struct ct_bytes_at at = {.read = read_failing, .ctx = &f, .size = bytes.n};
            struct package_list l = {.n = 0};
            ct_err err = ct_packages_read_at(arena, &in, &at, package_list_add, &l, NULL);
            if (!f.failed) {
                assert_int_equal(err, s->err);
                assert_int_equal(l.n, s->components);
                break;
            }
            /* A name of a section that cannot be read is no reason to give up; whatever else fails is said. */
            assert_true(err == CT_ERR_READ || s->kind == CT_PACKAGES_GO);
        }
        free(p);
    }
    ct_arena_free(arena);
}

static void release_files_name_the_distribution(void **state)
{
    (void)state;
    ct_arena *arena;
    struct ct_packages_os os;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &arena), CT_OK);
    assert_int_equal(
        ct_packages_os(
            arena, CT_STR("ID='rhel'\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.3\"\nPRETTY_NAME=\"a \\\"b\\\" \\$c\"\n#ID=x\nBAD\n"),
            &os),
        CT_OK);
    assert_true(ct_str_eq(os.id, CT_STR("rhel")) && ct_str_eq(os.version_id, CT_STR("9.3")));
    assert_true(ct_str_eq(os.pretty_name, CT_STR("a \"b\" $c")));
    assert_int_equal(os.ecosystem, CT_ECOSYSTEM_REDHAT);
    assert_int_equal(ct_packages_os(arena, CT_STR("ID=wolfi\r\n"), &os), CT_OK);
    assert_int_equal(os.ecosystem, CT_ECOSYSTEM_WOLFI);
    assert_int_equal(ct_packages_os(arena, CT_STR("ID=rocky\nID_LIKE=\"rhel centos fedora\""), &os), CT_OK);
    assert_int_equal(os.ecosystem, CT_ECOSYSTEM_ROCKY);
    assert_int_equal(ct_packages_os(arena, CT_STR(""), &os), CT_OK);
    assert_int_equal(os.ecosystem, CT_ECOSYSTEM_UNKNOWN);
    ct_arena_free(arena);
}

static void caps_are_refused_and_hide_nothing(void **state)
{
    (void)state;
    ct_arena *arena, *keep;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &arena), CT_OK);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, ARENA, &keep), CT_OK);
    static char text[8192];
    memset(text, 'x', sizeof text);
    memcpy(text, "P:", 2);
    memcpy(text + 4000, "\n\nP:a\nV:", 8);
    memcpy(text + 6000, "\n\nP:b\nV:1\n\n", 11);
    struct ct_packages_in in = {.kind = CT_PACKAGES_APK, .path = CT_STR("x")};
    struct package_list l = {.arena = keep};
    struct ct_fault fault = {0};
    assert_int_equal(ct_packages_read(arena, &in, (ct_str){(unsigned char *)text, 6011}, package_list_add, &l, &fault),
                     CT_ERR_CAP);
    assert_int_equal(l.n, 2);
    assert_int_equal(package_list_find(&l, "a")->version.n, 0);
    assert_true(ct_str_eq(package_list_find(&l, "b")->version, CT_STR("1")));
    in.kind = CT_PACKAGES_MANIFEST;
    assert_int_equal(ct_packages_read(arena, &in, CT_STR("x"), package_list_add, &l, &fault), CT_ERR_USAGE);
    ct_arena_free(arena);
    ct_arena_free(keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_go_to_their_readers),
        cmocka_unit_test(seeds_hold_what_they_were_made_of),
        cmocka_unit_test(identities_are_complete),
        cmocka_unit_test(readers_stay_inside_cut_input),
        cmocka_unit_test(readers_stand_damage),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_read_may_fail),
        cmocka_unit_test(release_files_name_the_distribution),
        cmocka_unit_test(caps_are_refused_and_hide_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
