/* Package URLs: rows after the specification and its types, refusals with their place, round trips. */
#include "base/limits.h"
#include "sbom/purl.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static ct_arena *arena;

static ct_str build(const struct ct_purl *p)
{
    struct ct_buf b;
    ct_str s = {NULL, 0};
    ct_buf_init(&b, arena, 3 * CT_PURL_MAX + 64);
    ct_purl_build(&b, p);
    assert_int_equal(ct_buf_str(&b, &s), CT_OK);
    return s;
}

static void rows_become_canonical(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text, *canonical, *package;
        enum ct_ecosystem e;
    } rows[] = {
#define R(text, canonical, package, e) {__LINE__, text, canonical, package, CT_ECOSYSTEM_##e}
        R("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", "org.apache.logging.log4j:log4j-core", MAVEN),
        R("PKG:Maven/Org.Apache/Commons-IO@1.0", "pkg:maven/Org.Apache/Commons-IO@1.0", "Org.Apache:Commons-IO", MAVEN),
        R("pkg://maven//a//b/@1", "pkg:maven/a/b@1", "a:b", MAVEN),
        R("pkg:maven/a/b@1.0?type=zip&classifier=dist", "pkg:maven/a/b@1.0?classifier=dist&type=zip", "a:b", MAVEN),
        R("pkg:maven/a/b@[1.0,2.3)", "pkg:maven/a/b@%5B1.0%2C2.3%29", "a:b", MAVEN),
        R("pkg:npm/%40angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1", "@angular/animation", NPM),
        R("pkg:npm/@angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1", "@angular/animation", NPM),
        R("pkg:npm/@angular/animation", "pkg:npm/%40angular/animation", "@angular/animation", NPM),
        R("pkg:npm/FooBar@1", "pkg:npm/foobar@1", "foobar", NPM),
        R("pkg:npm/a@1?vcs_url=git://h/p.git%404345", "pkg:npm/a@1?vcs_url=git://h/p.git%404345", "a", NPM),
        R("pkg:pypi/Django_Allauth.x@1", "pkg:pypi/django-allauth-x@1", "django-allauth-x", PYPI),
        R("pkg:deb/Debian/Attr@1:2.4.47-2%2Bb1?arch=amd64", "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64", "attr", DEBIAN),
        R("pkg:deb/ubuntu/attr@1~rc1", "pkg:deb/ubuntu/attr@1~rc1", "attr", UBUNTU),
        R("pkg:rpm/Fedora/CUrl@7?Arch=i386&distro=", "pkg:rpm/fedora/CUrl@7?arch=i386", "CUrl", OTHER_RPM),
        R("pkg:rpm/opensuse/a@1", "pkg:rpm/opensuse/a@1", "a", OPENSUSE),
        R("pkg:apk/alpine/curl@7.83.0-r0?arch=x86", "pkg:apk/alpine/curl@7.83.0-r0?arch=x86", "curl", ALPINE),
        R("pkg:golang/GitHub.com/Gorilla/context@v1#api//./x/../", "pkg:golang/github.com/gorilla/context@v1#api/x", "github.com/gorilla/context", GO),
        R("pkg:golang/stdlib@1.20", "pkg:golang/stdlib@1.20", "stdlib", GO),
        R("pkg:github/Package-URL/purl-Spec@244fd47e07d1004", "pkg:github/package-url/purl-spec@244fd47e07d1004", "purl-spec", UNKNOWN),
        R("pkg:oci/Debian@sha256%3A244FD4?tag=latest&repository_url=reg.example/library/debian",
          "pkg:oci/debian@sha256:244fd4?repository_url=reg.example/library/debian&tag=latest", "debian", UNKNOWN),
        R("pkg:generic/openssl@1.1.10g?checksum=sha1:ad9,sha256:41b", "pkg:generic/openssl@1.1.10g?checksum=sha1:ad9%2Csha256:41b", "openssl", UNKNOWN),
        R("pkg:gem/jruby-launcher@1.1.2?platform=java", "pkg:gem/jruby-launcher@1.1.2?platform=java", "jruby-launcher", RUBYGEMS),
        R("pkg:nuget/EnterpriseLibrary.Common@6.0.1304", "pkg:nuget/EnterpriseLibrary.Common@6.0.1304", "EnterpriseLibrary.Common", NUGET),
        R("pkg:composer/Laravel/Laravel@5.5.0", "pkg:composer/laravel/laravel@5.5.0", "laravel/laravel", PACKAGIST),
        R("pkg:pub/Char-acters@1", "pkg:pub/char_acters@1", "char_acters", PUB),
        R("pkg:cpan/drolsky/DateTime@1.55", "pkg:cpan/DROLSKY/DateTime@1.55", "DateTime", UNKNOWN),
        R("pkg:swift/github.com/A/B@5.4.3", "pkg:swift/github.com/A/B@5.4.3", "github.com/A/B", SWIFT),
        R("pkg:generic/a%00b%c3%a9 c@1", "pkg:generic/a%00b%C3%A9%20c@1", NULL, UNKNOWN),
        R("pkg:generic/a%2Fb@1%2F2", "pkg:generic/a%2Fb@1%2F2", "a/b", UNKNOWN),
        R("pkg:generic/a?&&b=1", "pkg:generic/a?b=1", "a", UNKNOWN),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(ct_str_from(rows[i].text));
        struct ct_purl p, again;
        struct ct_fault f = {0};
        if (ct_purl_parse(arena, e.input, &p, &f)) fail_msg("line %d: %s at %u", rows[i].line, f.detail, (unsigned)f.offset);
        ct_str canonical = build(&p), package;
        if (!ct_str_eq(canonical, ct_str_from(rows[i].canonical))) fail_msg("line %d: %.*s", rows[i].line, CT_STR_ARG(canonical));
        assert_int_equal(ct_purl_package(arena, &p, &package), CT_OK);
        if (rows[i].package && !ct_str_eq(package, ct_str_from(rows[i].package))) fail_msg("line %d: package %.*s", rows[i].line, CT_STR_ARG(package));
        if (ct_purl_ecosystem(&p) != rows[i].e) fail_msg("line %d: ecosystem %d", rows[i].line, ct_purl_ecosystem(&p));
        assert_int_equal(ct_purl_parse(arena, canonical, &again, NULL), CT_OK);
        if (!ct_str_eq(build(&again), canonical)) fail_msg("line %d: not canonical", rows[i].line);
        edge_free(&e);
        ct_arena_clear(arena);
    }
}

static void refusals_have_a_place(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *text;
        unsigned offset;
    } rows[] = {
#define R(text, offset) {__LINE__, text, offset}
        R("", 0), R("EnterpriseLibrary.Common@6.0.1304", 0), R("pkg%3Amaven/a/b", 0), R("pkg:", 4), R("pkg:maven", 4), R("pkg:EnterpriseLibrary.Common@6.0.1304", 4),
        R("pkg:n&g?inx/nginx@0.8.9", 8), R("pkg:3nginx/nginx@0.8.9", 4), R("pkg:nginx:a/nginx@0.8.9", 4), R("pkg:npm/a@1?in%20production=true", 12), R("pkg:maven/@1.3.4", 10),
        R("pkg:maven/a@1", 10), R("pkg:github/a", 11), R("pkg:npm/", 8), R("pkg:npm/a@%4", 10), R("pkg:npm/a%zz", 9), R("pkg:npm/a%2Fb/c", 9), R("pkg:npm/a#b%2fc", 11),
        R("pkg:npm/a?1=2", 10), R("pkg:npm/a?=2", 10), R("pkg:npm/a?b=1&B=2", 0), R("pkg:npm/a?b=%", 12),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge e = edge_new(ct_str_from(rows[i].text));
        struct ct_purl p = {.qualifiers_n = 77};
        struct ct_fault f = {0};
        ct_err err = ct_purl_parse(arena, e.input, &p, &f);
        if (err != CT_ERR_SYNTAX || f.offset != rows[i].offset || p.qualifiers_n != 77)
            fail_msg("line %d: %d, %s at %u", rows[i].line, err, f.detail, (unsigned)f.offset);
        edge_free(&e);
        ct_arena_clear(arena);
    }
    static unsigned char big[CT_PURL_MAX + 1];
    struct ct_purl p;
    memset(big, '&', sizeof big);
    memcpy(big, "pkg:npm/a?", 10);
    assert_int_equal(ct_purl_parse(arena, (ct_str){big, sizeof big}, &p, NULL), CT_ERR_CAP);
    assert_int_equal(ct_purl_parse(arena, (ct_str){big, 10 + CT_PURL_QUALIFIERS_MAX}, &p, NULL), CT_ERR_CAP);
    assert_int_equal(ct_purl_parse(arena, (ct_str){big, 9 + CT_PURL_QUALIFIERS_MAX}, &p, NULL), CT_OK);
    ct_arena_clear(arena);
}

/* Any parts, once normalised, survive building and parsing. */
static void parts_survive_the_text(void **state)
{
    (void)state;
    struct rng r = rng_new("sbom_purl");
    static const char bytes[] = "aAbB09._-~:/@%?#&= +\n\xc3\xa9";
    static const char *const types[] = {"maven", "npm", "PyPI", "deb", "golang", "generic", "oci", "pub", "cpan", "x.y-z"};
    for (unsigned round = 0; round < 40000; round++) {
        unsigned char text[5][12];
        ct_str s[5];
        for (size_t k = 0; k < 5; k++) {
            size_t n = rng_below(&r, sizeof text[k]);
            for (size_t i = 0; i < n; i++) text[k][i] = (unsigned char)bytes[rng_below(&r, rng_below(&r, 2) ? 6 : sizeof bytes - 1)];
            s[k] = (ct_str){text[k], n};
        }
        struct ct_purl_qualifier q[2] = {{CT_STR("Zeta"), s[4]}, {CT_STR("arch"), s[0]}};
        struct ct_purl p = {.type = ct_str_from(types[rng_below(&r, 10)]), .name_space = s[0], .name = s[1], .version = s[2], .subpath = s[3], .qualifiers = q, .qualifiers_n = 2};
        struct ct_purl back;
        struct ct_fault f = {0};
        ct_err err = ct_purl_normalise(arena, &p, &f);
        if (err) {
            assert_int_equal(err, CT_ERR_SYNTAX);
            continue;
        }
        ct_str built = build(&p);
        if (ct_purl_parse(arena, built, &back, &f)) fail_msg("%.*s: %s", CT_STR_ARG(built), f.detail);
        bool same = ct_str_eq(p.type, back.type) && ct_str_eq(p.name_space, back.name_space) && ct_str_eq(p.name, back.name) &&
                    ct_str_eq(p.version, back.version) && ct_str_eq(p.subpath, back.subpath) && p.qualifiers_n == back.qualifiers_n;
        for (size_t i = 0; same && i < p.qualifiers_n; i++)
            same = ct_str_eq(p.qualifiers[i].key, back.qualifiers[i].key) && ct_str_eq(p.qualifiers[i].value, back.qualifiers[i].value);
        if (!same || !ct_str_eq(build(&back), built)) fail_msg("%.*s", CT_STR_ARG(built));
        ct_arena_clear(arena);
    }
}

static void want_of_memory_is_told(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        ct_arena *a = NULL;
        struct ct_purl p = {0};
        fault_alloc_init(&f, n, n % 2);
        ct_err err = ct_arena_new(&f.alloc, 1u << 20, &a);
        if (!err) err = ct_purl_parse(a, CT_STR("pkg:npm/%40A/b@%31?X=%41&y=2#a/%62"), &p, NULL);
        if (!err) err = ct_purl_normalise(a, &p, NULL);
        ct_arena_free(a);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
        assert_int_equal(err, CT_ERR_NOMEM);
    }
}

static void qualifiers_are_found(void **state)
{
    (void)state;
    struct ct_purl p;
    assert_int_equal(ct_purl_parse(arena, CT_STR("pkg:deb/debian/a@1?distro=debian-12&ARCH=amd64"), &p, NULL), CT_OK);
    assert_true(ct_str_eq(ct_purl_qualifier(&p, CT_STR("arch")), CT_STR("amd64")));
    assert_null(ct_purl_qualifier(&p, CT_STR("epoch")).p);
}

int main(void)
{
    if (ct_arena_new(&ct_alloc_libc, 8u << 20, &arena)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_canonical),
        cmocka_unit_test(refusals_have_a_place),
        cmocka_unit_test(parts_survive_the_text),
        cmocka_unit_test(want_of_memory_is_told),
        cmocka_unit_test(qualifiers_are_found),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ct_arena_free(arena);
    return failed;
}
