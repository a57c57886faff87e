/* Orderings and ranges: rows. That the orderings are those of the real tools is for the differential tests. */
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"
#include "version/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static int sign(int c) { return (c > 0) - (c < 0); }

static void rows_compare(void **state)
{
    (void)state;
    static const struct {
        int line;
        enum ct_ecosystem e;
        const char *a;
        char op;
        const char *b;
    } rows[] = {
#define R(e, a, op, b) {__LINE__, CT_ECOSYSTEM_##e, a, op, b}
        R(MAVEN, "2.0-beta9", '<', "2.0-rc1"), R(MAVEN, "2.0-rc2", '<', "2.0"), R(MAVEN, "2.14.1", '<', "2.15.0"), R(MAVEN, "1.0", '=', "1"),
        R(MAVEN, "1-rc-1", '=', "1rc1"), R(MAVEN, "1.0-SNAPSHOT", '<', "1.0"), R(MAVEN, "1-sp", '>', "1-ga"), R(MAVEN, "", '=', "0"),
        R(MAVEN, "1.2147483648", '>', "1.2147483647"), R(MAVEN, "1.0.0.RC1", '<', "1.0.0-RC2"), R(MAVEN, "1-foo", '>', "1-sp"),
        R(NPM, "1.0.0-alpha", '<', "1.0.0"), R(NPM, "1.0.0-1", '<', "1.0.0-a"), R(NPM, "1.0.0+a", '=', "1.0.0+b"),
        R(NPM, "v1.2", '=', "1.2.0"), R(NPM, "1.0.0-a", '<', "1.0.0-a.0"), R(NPM, "1.10.0", '>', "1.9.0"),
        R(NPM, "1.0.0-rc.10", '>', "1.0.0-rc.9"), R(NPM, "1.x", '!', "1.0"), R(NPM, "", '!', "1"), R(NPM, "1.", '!', "1"),
        R(NPM, "1.0-", '!', "1"), R(NPM, "1.0.0-a..b", '!', "1"), R(NPM, "1.0+", '!', "1"),
        R(GO, "v0.0.0-20210101000000-abcdefabcdef", '<', "v0.0.0-20220101000000-abcdefabcdef"), R(GO, "v2.0.0+incompatible", '=', "2.0.0"),
        R(DEBIAN, "1.0~rc1", '<', "1.0"), R(DEBIAN, "1:0", '>', "2"), R(DEBIAN, "1.0", '=', "1.0-0"), R(DEBIAN, "1.0+b", '>', "1.0b"),
        R(DEBIAN, "1.0-1", '<', "1.0-1+deb12u1"), R(DEBIAN, "a:1", '!', "1"), R(DEBIAN, "1-", '!', "1"), R(DEBIAN, ":1", '!', "1"), R(DEBIAN, "1 2", '!', "1"),
        R(DEBIAN, "2147483648:1", '!', "1"), R(DEBIAN, "", '!', "1"),
        R(REDHAT, "1.0~rc1", '<', "1.0"), R(REDHAT, "1.0^git1", '>', "1.0"), R(REDHAT, "1.0^git1", '<', "1.0.1"), R(REDHAT, "1:0-1", '>', "9-9"),
        R(REDHAT, "1.0", '<', "1.0-1"), R(REDHAT, "1.0a", '<', "1.0.1"), R(REDHAT, "1..0", '=', "1.0"), R(REDHAT, "", '!', "1"),
        R(PYPI, "1.0.dev1", '<', "1.0a1"), R(PYPI, "1.0a1", '<', "1.0"), R(PYPI, "1.0-1", '=', "1.0.post1"), R(PYPI, "1.0+a", '>', "1.0"),
        R(PYPI, "1!0", '>', "9"), R(PYPI, "1.0RC", '=', "1.0c0"), R(PYPI, " 1.0 ", '=', "v1"), R(PYPI, "1.0-x", '!', "1"), R(PYPI, "1.0+", '!', "1"),
        R(PYPI, "1.0+a..b", '!', "1"), R(PYPI, "1.0.post1.dev2", '<', "1.0.post1"), R(PYPI, "1.0+1", '>', "1.0+a"),
        R(ALPINE, "1.2_rc1", '<', "1.2"), R(ALPINE, "1.2_p1", '>', "1.2"), R(ALPINE, "1.2-r1", '>', "1.2"), R(ALPINE, "1.05", '<', "1.5"), R(ALPINE, "1.2a", '>', "1.2"),
        R(ALPINE, "1.2_foo", '!', "1"), R(ALPINE, "a", '!', "1"),
        R(RUBYGEMS, "1.0.a", '<', "1.0"), R(RUBYGEMS, "1.0-1", '<', "1.0"), R(RUBYGEMS, "1.a.0.b", '<', "1.a"), R(RUBYGEMS, "1.0.0", '=', "1"), R(RUBYGEMS, "1beta", '!', "1"),
        R(NUGET, "1.0.0.1", '>', "1.0"), R(NUGET, "1.0-BETA", '=', "1.0-beta"), R(NUGET, "1.2.3.4.5", '!', "1"),
        R(PACKAGIST, "v1.0-beta2", '<', "1.0"), R(PACKAGIST, "1.0-dev", '<', "1.0-alpha"), R(PACKAGIST, "1.0pl1", '>', "1.0"), R(PACKAGIST, "", '!', "1"),
        R(UNKNOWN, "1", '!', "1"),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct edge a = edge_new(ct_str_from(rows[i].a)), b = edge_new(ct_str_from(rows[i].b));
        int there = 7, back = 7;
        ct_err err = ct_version_compare(rows[i].e, a.input, b.input, &there);
        if (rows[i].op == '!') {
            if (err == CT_OK || there != 7) fail_msg("line %d: not refused", rows[i].line);
        } else {
            assert_int_equal(ct_version_compare(rows[i].e, b.input, a.input, &back), CT_OK);
            char op = "<=>"[sign(there) + 1];
            if (err || op != rows[i].op || sign(there) != -sign(back)) fail_msg("line %d: %d, %c and back %d", rows[i].line, err, op, back);
        }
        edge_free(&a);
        edge_free(&b);
    }
}

static void caps_hold(void **state)
{
    (void)state;
    static unsigned char text[CT_VERSION_MAX + 1];
    unsigned char key[CT_VERSION_KEY_MAX], small[16];
    size_t n;
    static const char *const dear[] = {"1a", "a1", ".a", "-", ".", "1~", "+1", "0.", "-1", "+", "_p1", "a0", "\xc3\x89"};
    for (unsigned order = CT_ORDER_MAVEN; order <= CT_ORDER_COMPOSER; order++) {
        for (size_t d = 0; d < sizeof dear / sizeof *dear; d++) {
            size_t step = strlen(dear[d]);
            for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)dear[d][i % step];
            for (size_t from = 0; from < 2; from++) {
                unsigned char first = text[0];
                if (from) text[0] = '1';
                struct edge e = edge_new((ct_str){text, CT_VERSION_MAX});
                ct_err err = ct_version_key((enum ct_order)order, e.input, key, sizeof key, &n);
                if (err != CT_OK && err != CT_ERR_SYNTAX) fail_msg("order %u, %s: %d", order, dear[d], err);
                bool fits = err == CT_OK && n <= sizeof small;
                ct_err again = ct_version_key((enum ct_order)order, e.input, small, sizeof small, &n);
                assert_true(again == CT_ERR_CAP || (again == err && (err || fits)));
                edge_free(&e);
                text[0] = first;
            }
            assert_int_equal(ct_version_key((enum ct_order)order, (ct_str){text, sizeof text}, key, sizeof key, &n), CT_ERR_CAP);
        }
    }
}

static void numbers_have_no_end(void **state)
{
    (void)state;
    char a[200] = "1.", b[200] = "1.";
    memset(a + 2, '9', 150);
    memset(b + 2, '9', 151);
    for (unsigned e = CT_ECOSYSTEM_UNKNOWN + 1; e < CT_ECOSYSTEM_COUNT; e++) {
        int c;
        assert_int_equal(ct_version_compare((enum ct_ecosystem)e, ct_str_from(a), ct_str_from(b), &c), CT_OK);
        assert_true(c < 0);
    }
}

static void ecosystems_have_names(void **state)
{
    (void)state;
    ct_str release = {NULL, 0};
    assert_int_equal(ct_ecosystem_named(CT_STR("Debian:12"), &release), CT_ECOSYSTEM_DEBIAN);
    assert_true(ct_str_eq(release, CT_STR("12")));
    assert_int_equal(ct_ecosystem_named(CT_STR("maven"), &release), CT_ECOSYSTEM_MAVEN);
    assert_int_equal(release.n, 0);
    assert_int_equal(ct_ecosystem_named(CT_STR("Rocky Linux:9"), &release), CT_ECOSYSTEM_ROCKY);
    assert_int_equal(ct_ecosystem_named(CT_STR("nothing"), &release), CT_ECOSYSTEM_UNKNOWN);
    assert_int_equal(ct_ecosystem_of_purl(CT_STR("deb"), CT_STR("ubuntu")), CT_ECOSYSTEM_UBUNTU);
    assert_int_equal(ct_ecosystem_of_purl(CT_STR("deb"), CT_STR("debian")), CT_ECOSYSTEM_DEBIAN);
    assert_int_equal(ct_ecosystem_of_purl(CT_STR("generic"), CT_STR("")), CT_ECOSYSTEM_UNKNOWN);
    for (unsigned e = CT_ECOSYSTEM_UNKNOWN + 1; e < CT_ECOSYSTEM_COUNT; e++) {
        assert_int_equal(ct_ecosystem_named(ct_ecosystem_name((enum ct_ecosystem)e), &release), e);
        assert_int_not_equal(ct_version_order((enum ct_ecosystem)e), CT_ORDER_NONE);
    }
}

static ct_arena *arena;

static void ranges_hold_versions(void **state)
{
    (void)state;
    static const struct {
        int line;
        enum ct_ecosystem e;
        const char *range, *in, *out; /* versions, separated by blanks */
    } rows[] = {
#define R(e, range, in, out) {__LINE__, CT_ECOSYSTEM_##e, range, in, out}
        R(MAVEN, "[1.0,2.3)", "1 1.0 2.2.9 2.3-rc1", "1.0-rc1 2.3 3"),
        R(MAVEN, "(1.0 , 2.3]", "1.0.1 2.3", "1.0 2.3.1"),
        R(MAVEN, "(,1.0]", "0 1.0 1-rc1", "1.0.1"),
        R(MAVEN, "[1.0]", "1.0 1 1.0.0", "1.1 0.9"),
        R(MAVEN, "[1,2),[3,4)", "1 1.9 3 3.9", "0.9 2 2.5 4"),
        R(MAVEN, "(,)", "0 9", ""),
        R(MAVEN, "[1,2), (5,)", "1 6", "2 5"),
        R(MAVEN, "vers:maven/>=2.0|<2.3", "2.0 2.2", "1.9 2.3"),
        R(MAVEN, "vers:maven/>=2.0-beta9|<2.3.1|>=2.4|<2.12.2|>=2.13.0|<2.15.0", "2.0-beta9 2.3 2.4 2.14.1", "2.0-beta8 2.3.1 2.12.2 2.15.0"),
        R(MAVEN, "vers:maven/<2|>=3|!=3.5|4-rc%31", "1 3 3.6 4-rc1", "2 2.5 3.5"),
        R(MAVEN, "vers:maven/1.0|2.0", "1.0 2.0", "1.5"),
        R(MAVEN, "vers:maven/!=1.0", "2.0", "1.0"),
        R(MAVEN, "vers:maven/*", "1.0", ""),
        R(UNKNOWN, "vers:npm/>=1.0.0|<2.0.0-0", "1.5.0", "2.0.0"),
        R(UNKNOWN, "vers:deb/<1.0-1", "1.0~rc1-1", "1.0-1"),
        R(NPM, ">=1.2 <2", "1.2 1.9.9", "1.1 2.0.0"),
        R(NPM, " >= 1.2 , < 2 ", "1.2 1.9.9", "1.1 2.0.0"),
        R(NPM, "<1 || >=2", "0.5 2", "1 1.5"),
        R(NPM, "1.2.3", "1.2.3", "1.2.4"),
        R(NPM, "*", "1", ""),
        R(NPM, ">1 >=1.5 <=3 <3", "1.5 2.9", "1.4 3"),
        R(PYPI, ">=1,!=1.5,<2", "1 1.6", "1.5 1.5.0 2"),
        R(PYPI, "==1.0", "1 1.0.0", "1.1"),
        R(DEBIAN, "<1:2.0-1", "2.0-1 1:2.0~rc1-1", "1:2.0-1"),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_range r;
        struct ct_fault f = {0};
        struct edge e = edge_new(ct_str_from(rows[i].range));
        ct_err err = ct_range_parse(arena, rows[i].e, e.input, &r, &f);
        edge_free(&e);
        if (err) fail_msg("line %d: %s at %u", rows[i].line, f.detail, (unsigned)f.offset);
        for (int in = 0; in < 2; in++) {
            ct_str rest = ct_str_from(in ? rows[i].in : rows[i].out);
            while (rest.n) {
                ct_str v = ct_str_cut(&rest, ' ');
                bool have = !in;
                if (ct_range_contains(&r, v, &have) || have != in) fail_msg("line %d: %.*s is not %s", rows[i].line, CT_STR_ARG(v), in ? "in" : "out");
            }
        }
        bool in = true;
        if (r.order == CT_ORDER_SEMVER) assert_int_equal(ct_range_contains(&r, CT_STR("x"), &in), CT_ERR_SYNTAX);
        ct_arena_clear(arena);
    }
}

static void ranges_are_refused_with_a_place(void **state)
{
    (void)state;
    static const struct {
        int line;
        enum ct_ecosystem e;
        const char *range;
        unsigned offset;
        ct_err err;
    } rows[] = {
#define R(e, range, offset, err) {__LINE__, CT_ECOSYSTEM_##e, range, offset, CT_ERR_##err}
        R(MAVEN, "", 0, SYNTAX), R(MAVEN, "[1.0", 4, SYNTAX), R(MAVEN, "[1.0,2.0", 8, SYNTAX), R(MAVEN, "[1,2,3]", 4, SYNTAX), R(MAVEN, "(1.0)", 0, SYNTAX),
        R(MAVEN, "[2,1]", 0, SYNTAX), R(MAVEN, "[1,1)", 0, SYNTAX), R(MAVEN, "[1,2)x", 5, SYNTAX), R(MAVEN, "[1,2),", 6, SYNTAX), R(MAVEN, "[1,[2]", 3, SYNTAX),
        R(MAVEN, "[]", 1, SYNTAX), R(MAVEN, "[1,2),3", 6, SYNTAX), R(NPM, "[1,x)", 3, SYNTAX), R(NPM, "^1.2", 0, SYNTAX), R(NPM, ">=1.2 <x", 7, SYNTAX), R(MAVEN, "2.0[", 3, SYNTAX), R(MAVEN, ">=2 <(3", 5, SYNTAX), R(MAVEN, "2.0,2.15.0)", 10, SYNTAX),
        R(NPM, ">=", 2, SYNTAX), R(NPM, ">2 <1", 0, SYNTAX), R(NPM, "1 | 2", 2, SYNTAX), R(NPM, "1 ||", 4, SYNTAX), R(NPM, "1 2", 0, SYNTAX),
        R(MAVEN, "vers:npm/1", 5, SYNTAX), R(MAVEN, "vers:nothing/1", 5, UNSUPPORTED), R(MAVEN, "vers:maven", 10, SYNTAX), R(MAVEN, "vers:maven/", 11, SYNTAX),
        R(MAVEN, "vers:maven/1||2", 13, SYNTAX), R(MAVEN, "vers:maven/%4", 11, SYNTAX), R(UNKNOWN, "1.0", 0, UNSUPPORTED),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_range r = {.n = 99};
        struct ct_fault f = {0};
        struct edge e = edge_new(ct_str_from(rows[i].range));
        ct_err err = ct_range_parse(arena, rows[i].e, e.input, &r, &f);
        edge_free(&e);
        if (err != rows[i].err || f.offset != rows[i].offset || r.n != 99) fail_msg("line %d: %d, %s at %u", rows[i].line, err, f.detail, (unsigned)f.offset);
    }
    char many[400];
    for (size_t i = 0; i < 130; i++) memcpy(many + 3 * i, ">1 ", 3);
    struct ct_range r;
    assert_int_equal(ct_range_parse(arena, CT_ECOSYSTEM_NPM, (ct_str){(const unsigned char *)many, 390}, &r, NULL), CT_ERR_CAP);
    ct_arena_clear(arena);
}

static void ranges_survive_want_of_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {"[1,2),[3,4)", "vers:npm/>=1|!=1.5|<2", ">=1 !=2 <3 || 4"};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        for (unsigned n = 0;; n++) {
            struct fault_alloc f;
            ct_arena *a = NULL;
            struct ct_range r;
            fault_alloc_init(&f, n, true);
            ct_err err = ct_arena_new(&f.alloc, 1u << 20, &a);
            if (!err) err = ct_range_parse(a, CT_ECOSYSTEM_NPM, ct_str_from(texts[t]), &r, NULL);
            ct_arena_free(a);
            assert_int_equal(f.live, 0);
            if (!f.failed) break;
            assert_int_equal(err, CT_ERR_NOMEM);
        }
    }
}

/* Whatever is compared, comparing back says the opposite, and a version equals itself. */
static void order_is_antisymmetric(void **state)
{
    (void)state;
    struct rng r = rng_new("version");
    static const char bytes[] = "0011234569..--__++~~^:!abcrpvSNAPSHOTalphabetadevpostlocal\xc3\x89 ";
    for (unsigned round = 0; round < 60000; round++) {
        unsigned char text[2][24];
        ct_str v[2];
        for (int k = 0; k < 2; k++) {
            size_t n = 1 + rng_below(&r, sizeof text[k] - 1);
            for (size_t i = 0; i < n; i++) text[k][i] = (unsigned char)bytes[rng_below(&r, i && rng_below(&r, 2) ? sizeof bytes - 1 : 14)];
            v[k] = (ct_str){text[k], n};
        }
        enum ct_ecosystem e = (enum ct_ecosystem)(1 + rng_below(&r, CT_ECOSYSTEM_COUNT - 1));
        int there, back, self;
        ct_err err = ct_version_compare(e, v[0], v[1], &there);
        assert_int_equal(err, ct_version_compare(e, v[1], v[0], &back));
        if (err == CT_OK && sign(there) != -sign(back)) fail_msg("%.*s and %.*s", CT_STR_ARG(v[0]), CT_STR_ARG(v[1]));
        if (ct_version_compare(e, v[0], v[0], &self) == CT_OK) assert_int_equal(self, 0);
    }
}

int main(void)
{
    if (ct_arena_new(&ct_alloc_libc, 8u << 20, &arena)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_compare),
        cmocka_unit_test(caps_hold),
        cmocka_unit_test(numbers_have_no_end),
        cmocka_unit_test(ecosystems_have_names),
        cmocka_unit_test(ranges_hold_versions),
        cmocka_unit_test(ranges_are_refused_with_a_place),
        cmocka_unit_test(ranges_survive_want_of_memory),
        cmocka_unit_test(order_is_antisymmetric),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ct_arena_free(arena);
    return failed;
}
