/* Events read back, cut anywhere and without memory; routes beside fnmatch; versions to profiles. */
#include "respond/against_judge.h"
#include "respond/attempt_read.h"
#include "respond/route.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char event[] =
    "{\"@timestamp\":\"2021-12-10T13:20:01Z\",\"event\":{\"dataset\":\"caltrop.attempt\",\"id\":\"0f41d39ca2d22e272c50069690d8ee00\"},\"source\":{\"address\":\"192.0.2.7\"},"
    "\"url\":{\"domain\":\"shop.example\"},\"http\":{\"response\":{\"status_code\":403}},\"log\":{\"file\":{\"path\":\"/l\"}},\"caltrop\":{\"line\":7,\"grade\":\"exploit\","
    "\"certainty\":\"conditional\",\"condition\":[\"env:A\",\"sys:b\\u0024\"],\"fires\":[{\"versions\":\"2.8-2.14.1\",\"sink\":\"message\",\"setting\":\"\"},{\"versions\":\"2.15.0\","
    "\"sink\":\"message\",\"setting\":\"%m{lookups}\"}],\"indicators\":[{\"scheme\":\"ldap\",\"host\":\"a\",\"port\":1389,\"path\":\"/x\"},{\"scheme\":\"rmi\",\"host\":\"b\",\"port\":2}],"
    "\"campaign\":\"k\",\"waf\":\"block\",\"contacted\":true,\"repeats\":3,\"normal\":\"n\"}}";

static void whole(void **state)
{
    (void)state;
    struct ct_attempt_read a;
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), CT_OK);
    assert_int_equal(ct_attempt_read(arena, ct_str_from(event), &a), CT_OK);
    assert_int_equal(a.at, 1639142401000000);
    assert_int_equal(a.event[0], 0x0f);
    assert_int_equal(a.event[14], 0xee);
    const struct {
        ct_str have;
        const char *want;
    } texts[] = {{a.source, "/l"}, {a.target, "shop.example"}, {a.client, "192.0.2.7"}, {a.status, "403"}, {a.waf, "block"}, {a.campaign, "k"}, {a.grade, "exploit"},
                 {a.scheme, "ldap"}, {a.host, "a"}, {a.path, "/x"}, {a.conditions[1], "sys:b$"}, {a.fires[0].versions, "2.8-2.14.1"}, {a.fires[1].setting, "%m{lookups}"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!ct_str_eq(texts[i].have, ct_str_from(texts[i].want))) fail_msg("%s: %.*s", texts[i].want, CT_STR_ARG(texts[i].have));
    assert_true(a.port == 1389 && a.line == 7 && a.stands_for == 3 && a.contacted && a.n_conditions == 2 && a.n_fires == 2);
    ct_arena_free(arena);
}

static void cut_anywhere(void **state)
{
    (void)state;
    ct_arena *arena;
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), CT_OK);
    for (size_t n = 0; n < sizeof event - 1; n++) {
        struct ct_attempt_read a;
        struct edge e = edge_new((ct_str){(const unsigned char *)event, n});
        ct_arena_clear(arena);
        assert_int_not_equal(ct_attempt_read(arena, e.input, &a), CT_OK);
        edge_free(&e);
    }
    static const char *const others[] = {"{}", "[]", "1", "{\"event\":{\"dataset\":\"caltrop.scan.host\"}}", "{\"event\":{\"dataset\":\"caltrop.attempt\"}}",
                                         "{\"event\":{\"dataset\":\"caltrop.attempt\",\"id\":\"0f41d39ca2d22e272c50069690d8eeXX\"}}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct ct_attempt_read a;
        assert_int_equal(ct_attempt_read(arena, ct_str_from(others[i]), &a), CT_ERR_UNSUPPORTED);
    }
    ct_arena_free(arena);
}

static void without_memory(void **state)
{
    (void)state;
    unsigned failures = 0;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        struct ct_attempt_read a = {.line = 99};
        ct_arena *arena = NULL;
        fault_alloc_init(&f, n, false);
        ct_err e = ct_arena_new(&f.alloc, 1u << 20, &arena);
        if (e == CT_OK) e = ct_attempt_read(arena, ct_str_from(event), &a);
        if (f.failed) {
            failures++;
            assert_int_equal(e, CT_ERR_NOMEM);
            assert_int_equal(a.line, 99);
        }
        ct_arena_free(arena);
        assert_int_equal(f.live, 0);
        if (!f.failed) {
            assert_int_equal(e, CT_OK);
            break;
        }
    }
    assert_true(failures > 0);
}

static void routes_as_fnmatch_has_them(void **state)
{
    (void)state;
    struct rng rng = rng_new("routes");
    for (int round = 0; round < 200000; round++) {
        char pattern[12] = "", text[16] = "";
        size_t np = 1 + rng_below(&rng, 9), nt = rng_below(&rng, 12);
        for (size_t i = 0; i < np; i++) pattern[i] = "ab/*?"[rng_below(&rng, 5)];
        for (size_t i = 0; i < nt; i++) text[i] = "ab/"[rng_below(&rng, 3)];
        pattern[np] = text[nt] = 0;
        bool want = fnmatch(pattern, text, FNM_NOESCAPE) == 0;
        if (ct_route_matches(ct_str_from(pattern), ct_str_from(text), false) != want) fail_msg("%s, %s", pattern, text);
    }
    assert_true(ct_route_matches(CT_STR(""), CT_STR("anything"), false));
    assert_true(ct_route_matches(CT_STR("SHOP.*"), CT_STR("shop.Example"), true));
    assert_false(ct_route_matches(CT_STR("SHOP.*"), CT_STR("shop.Example"), false));
}

static void versions(void **state)
{
    (void)state;
    static const struct {
        int at;
        const char *version, *first, *last; /* names of profiles; null: none */
        bool known;
    } rows[] = {
        {__LINE__, "2.14.1", "2.13.2-2.14.1", "2.13.2-2.14.1", true},
        {__LINE__, "2.0-beta9", "2.0-beta9-2.0-rc1", "2.0-beta9-2.0-rc1", true},
        {__LINE__, "2.0-beta9-2.14.1", "2.0-beta9-2.0-rc1", "2.13.2-2.14.1", true},
        {__LINE__, "2.12.0-2.12.1, 2.13.0", "2.8-2.12.1", "2.13.0", true},
        {__LINE__, "2.12.2-2.12.4", "2.12.2", "2.12.3-2.12.4", true},
        {__LINE__, "1.2.17", NULL, NULL, true},
        {__LINE__, "2.0-beta2", NULL, NULL, true},
        {__LINE__, "2.11.1-2+deb10u1", "2.8-2.12.1", "2.8-2.12.1", true},
        {__LINE__, "", NULL, NULL, false},
        {__LINE__, "latest", NULL, NULL, false},
        {__LINE__, "2.14.1,", NULL, NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct ct_profile *first = NULL, *last = NULL;
        bool known = ct_version_profiles(ct_str_from(rows[i].version), &first, &last);
        if (known != rows[i].known) fail_msg("line %d", rows[i].at);
        if (!known) continue;
        if ((first == NULL) != (rows[i].first == NULL) || (first && !ct_str_eq(first->name, ct_str_from(rows[i].first)))) fail_msg("line %d: first", rows[i].at);
        if ((last == NULL) != (rows[i].last == NULL) || (last && !ct_str_eq(last->name, ct_str_from(rows[i].last)))) fail_msg("line %d: last", rows[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(cut_anywhere), cmocka_unit_test(without_memory), cmocka_unit_test(routes_as_fnmatch_has_them),
                                       cmocka_unit_test(versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
