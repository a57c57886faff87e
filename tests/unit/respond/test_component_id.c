/* From purls as inventories have them to the component, and to what advisories are asked. */
#include "respond/component_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    int at;
    const char *purl, *name, *version;              /* as reported */
    const char *purl_is, *version_is, *package;     /* the component */
    const char *release, *asked;                    /* the question; null release: none */
};

static void must(const struct row *r, const char *what, ct_str have, const char *want)
{
    if (!ct_str_eq(have, ct_str_from(want))) fail_msg("line %d: %s is %.*s", r->at, what, CT_STR_ARG(have));
}

static void components(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {__LINE__, "pkg:maven/org.example/thing@1.0", "thing", "1.0", "pkg:maven/org.example/thing@1.0", "1.0", "org.example:thing", "", "1.0"},
        {__LINE__, "pkg:MAVEN/org.example/thing@1.0", "x", "9", "pkg:maven/org.example/thing@1.0", "1.0", "org.example:thing", "", "1.0"},
        {__LINE__, "pkg:npm/@scope/thing@1.0", "", "", "pkg:npm/%40scope/thing@1.0", "1.0", "@scope/thing", "", "1.0"},
        {__LINE__, "pkg:pypi/Zope_Interface@5", "", "", "pkg:pypi/zope-interface@5", "5", "zope-interface", "", "5"},
        /* Class evidence that leaves a range: no version that an ordering knows. */
        {__LINE__, "pkg:maven/org.example/thing", "thing", "1.0-1.4", "pkg:maven/org.example/thing", "1.0-1.4", "org.example:thing", "", ""},
        /* Distributions: source package and release. */
        {__LINE__, "pkg:deb/debian/libssl3@3.0-1?arch=amd64&distro=debian-12&upstream=openssl%403.0-1%2Bb1", "libssl3", "3.0-1",
         "pkg:deb/debian/libssl3@3.0-1?arch=amd64&distro=debian-12&upstream=openssl%403.0-1%2Bb1", "3.0-1", "openssl", "12", "3.0-1+b1"},
        {__LINE__, "pkg:deb/debian/bash@5.2?distro=debian-12", "bash", "5.2", "pkg:deb/debian/bash@5.2?distro=debian-12", "5.2", "bash", "12", "5.2"},
        {__LINE__, "pkg:apk/alpine/libcrypto3@3.1?distro=alpine-3.18.4&upstream=openssl", "", "3.1", "pkg:apk/alpine/libcrypto3@3.1?distro=alpine-3.18.4&upstream=openssl",
         "3.1", "openssl", "v3.18", "3.1"},
        {__LINE__, "pkg:rpm/redhat/openssl@1.1-1?epoch=1", "openssl", "1:1.1-1", "pkg:rpm/redhat/openssl@1.1-1?epoch=1", "1:1.1-1", "openssl", "", "1:1.1-1"},
        /* Nobody's records are about these. */
        {__LINE__, "", "setup.exe", "2", "pkg:generic/setup.exe@2", "2", "", NULL, ""},
        {__LINE__, "", "", "", "pkg:generic/unknown", "", "", NULL, ""},
        {__LINE__, "no purl", "thing", "1", "no purl", "1", "", NULL, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        struct ct_component_row c;
        struct ct_advisory_query q;
        ct_arena *arena;
        assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), CT_OK);
        assert_int_equal(ct_component_identify(arena, ct_str_from(r->purl), ct_str_from(r->name), ct_str_from(r->version), &c, NULL), CT_OK);
        must(r, "the purl", c.purl, r->purl_is);
        must(r, "the version", c.version, r->version_is);
        must(r, "the package", c.name, r->package);
        ct_err e = ct_component_question(arena, &c, &q);
        assert_int_equal(e, r->release ? CT_OK : CT_ERR_NOT_FOUND);
        if (r->release) must(r, "the release", q.release, r->release);
        if (r->release) must(r, "the version asked for", q.version, r->asked);
        ct_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(components)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
