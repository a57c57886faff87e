/* Random bills of two assets against a model of what the store should hold then: bills around the number of rows that go into one statement, all new, all known and
 * mixed, with components listed twice, in several places, and with places so long that fewer go together. */
#include "base/buf.h"
#include "respond/advisory_import.h"
#include "respond/sbom_import.h"
#include "respond/vex_import.h"
#include "support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { BILLS = 120, NAMES = 40, PURLS_MAX = 8192, ASSETS = 2, PLACES = 3, LONG = 9000 };

static char folder[64], path[96], long_place[LONG + 1];
static const char *const places[PLACES] = {"/a.jar", "/b.jar", long_place};

struct model {
    size_t n;                                /* purls: thing-N%NAMES at 1.N */
    bool held[ASSETS][PURLS_MAX][PLACES], gone[ASSETS][PURLS_MAX][PLACES];
};

struct expected {
    uint64_t components_new, instances_new, back, gone;
};

static int64_t number(ct_db *db, const char *sql, int64_t parameter)
{
    ct_query *q = ct_db_query(db, sql);
    ct_query_i64(q, 1, parameter);
    assert_int_equal(ct_query_next(q), CT_OK);
    int64_t n = ct_query_get_i64(q, 0);
    ct_query_done(q);
    return n;
}

static void say_component(struct ct_buf *b, size_t purl, unsigned at)
{
    ct_buf_printf(b, "%s{\"name\":\"t\",\"purl\":\"pkg:maven/org.example/thing-%zu@1.%zu\",\"evidence\":{\"occurrences\":[", b->p[b->n - 1] == '[' ? "" : ",", purl % NAMES, purl);
    for (unsigned i = 0, n = 0; i < PLACES; i++)
        if (at & 1u << i) ct_buf_printf(b, "%s{\"location\":\"%s\"}", n++ ? "," : "", places[i]);
    ct_buf_text(b, "]}}");
}

/* A bill, and what it changes in the model. */
static void make_bill(struct rng *r, struct ct_buf *b, struct model *m, unsigned asset, int serial, struct expected *e)
{
    static const unsigned sizes[] = {0, 1, 24, 25, 26, 49, 50, 51, 75, 76, 130};
    static bool now[PURLS_MAX][PLACES];
    unsigned n = sizes[rng_below(r, sizeof sizes / sizeof *sizes)], known = rng_below(r, 3) * 50; /* per cent of what was seen before */
    memset(now, 0, sizeof now);
    ct_buf_printf(b, "{\"bomFormat\":\"CycloneDX\",\"serialNumber\":\"%d\",\"metadata\":{\"component\":{\"name\":\"shop\"}},\"components\":[", serial);
    for (unsigned i = 0; i < n; i++) {
        bool old = m->n > 0 && rng_below(r, 100) < known;
        size_t purl = old ? rng_below(r, 2) ? m->n - 1 - rng_below(r, m->n < 5 ? (uint32_t)m->n : 5) : rng_below(r, (uint32_t)m->n) : m->n++;
        unsigned at = rng_below(r, 10) == 0 ? 1 + rng_below(r, (1u << PLACES) - 1) : 1;
        assert_true(purl < PURLS_MAX);
        e->components_new += !old;
        for (unsigned p = 0; p < PLACES; p++) now[purl][p] |= (at & 1u << p) != 0;
        say_component(b, purl, at);
    }
    ct_buf_text(b, "]}");
    assert_int_equal(b->err, CT_OK);
    for (size_t i = 0; i < m->n; i++)
        for (unsigned p = 0; p < PLACES; p++) {
            bool *held = &m->held[asset][i][p], *gone = &m->gone[asset][i][p];
            e->instances_new += now[i][p] && !*held && !*gone;
            e->back += now[i][p] && *gone;
            e->gone += *held && !now[i][p];
            *gone = (*gone || *held) && !now[i][p];
            *held = now[i][p];
        }
}

static void compare(ct_db *db, const struct model *m, const int64_t assets[ASSETS], int round)
{
    ct_query *q = ct_db_query(db, "SELECT i.asset, c.version, i.path, i.gone IS NULL FROM instance i JOIN component c ON c.id = i.component");
    size_t rows = 0, wanted = 0;
    ct_err err;
    while ((err = ct_query_next(q)) == CT_OK) {
        ct_str version = ct_query_get_str(q, 1), place = ct_query_get_str(q, 2);
        unsigned asset = ct_query_get_i64(q, 0) == assets[1], p = 0;
        size_t purl = strtoul((const char *)version.p + 2, NULL, 10);
        place = ct_str_slice(place, strlen("sbom:shop:"), place.n);
        while (p < PLACES && !ct_str_eq(place, ct_str_from(places[p]))) p++;
        assert_true(p < PLACES && purl < m->n);
        bool open = ct_query_get_i64(q, 3) != 0;
        if (open ? !m->held[asset][purl][p] : !m->gone[asset][purl][p]) fail_msg("bill %d: version 1.%zu at %u of asset %u is %s", round, purl, p, asset, open ? "open" : "gone");
        rows++;
    }
    assert_int_equal(err, CT_ERR_END);
    for (unsigned a = 0; a < ASSETS; a++)
        for (size_t i = 0; i < m->n; i++)
            for (unsigned p = 0; p < PLACES; p++) wanted += m->held[a][i][p] || m->gone[a][i][p];
    assert_int_equal(rows, wanted);
    assert_int_equal(number(db, "SELECT count(*) FROM component WHERE ?1 = 0", 0), m->n);
    /* Each has what the advisory says of it (thing-7), and what the vendor says (thing-3 at each version). */
    size_t sevens = m->n > 7 ? (m->n - 8) / NAMES + 1 : 0, threes = m->n > 3 ? (m->n - 4) / NAMES + 1 : 0;
    assert_int_equal(number(db, "SELECT count(*) FROM match m JOIN component c ON c.id = m.component WHERE c.name = 'org.example:thing-7' AND ?1 = 0", 0), sevens);
    assert_int_equal(number(db, "SELECT count(*) FROM match WHERE ?1 = 0", 0), sevens);
    assert_int_equal(number(db, "SELECT count(*) FROM vex_match WHERE ?1 = 0", 0), threes);
}

static void ignore_unknown(void *ctx, const struct ct_bom_component *c, const char *why) { (void)ctx, (void)c, (void)why; }

static void say_something(ct_db *db, const struct ct_who *who)
{
    static const char vex[] = "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"author\":\"V\",\"timestamp\":\"2021-12-10T13:00:00Z\",\"statements\":[{\"vulnerability\":{\"name\":\"CVE-2021-1\"},"
                              "\"products\":[{\"@id\":\"pkg:maven/org.example/thing-3\"}],\"status\":\"affected\",\"action_statement\":\"update\"}]}";
    struct ct_advisory_import advisories;
    struct ct_vex_import statements;
    const ct_str suspect = CT_STR("pkg:maven/org.example/thing-7@[1.0,1.500)");
    const struct ct_local_advisory local = {.id = CT_STR("LOCAL-7"), .severity = CT_SEVERITY_HIGH, .suspects = &suspect, .suspects_n = 1};
    assert_int_equal(ct_advisory_import_begin(&advisories, db, who, (ct_str){NULL, 0}), CT_OK);
    assert_int_equal(ct_advisory_import_local(&advisories, &local, NULL), CT_OK);
    assert_int_equal(ct_advisory_import_done(&advisories), CT_OK);
    ct_advisory_import_free(&advisories);
    assert_int_equal(ct_vex_import_begin(&statements, db, who), CT_OK);
    assert_int_equal(ct_vex_import_document(&statements, CT_STR("v"), ct_str_from(vex), NULL), CT_OK);
    assert_int_equal(ct_vex_import_done(&statements), CT_OK);
    ct_vex_import_free(&statements);
}

static void random_bills(void **state)
{
    (void)state;
    static struct model m;
    struct rng r = rng_new("bills in batches");
    struct ct_asset assets[ASSETS];
    ct_db *db = NULL;
    ct_arena *arena;
    struct ct_who who = {.actor = CT_STR("tester"), .why = CT_STR(""), .now_us = 1639144800000000};
    memset(long_place, 'x', LONG);
    assert_int_equal(ct_db_open(&ct_alloc_libc, path, &db, NULL), CT_OK);
    assert_int_equal(ct_arena_new(&ct_alloc_libc, 64u << 20, &arena), CT_OK);
    assert_int_equal(ct_db_begin(db), CT_OK); /* nothing is committed: it costs seconds otherwise */
    for (size_t i = 0; i < ASSETS; i++) {
        enum ct_put put;
        assets[i] = (struct ct_asset){.name = i ? CT_STR("web-2") : CT_STR("web-1"), .environment = CT_STR("production"), .exposure = CT_STR("unknown")};
        assert_int_equal(ct_asset_put(db, arena, &assets[i], &who, &put, NULL), CT_OK);
    }
    say_something(db, &who);
    const int64_t ids[ASSETS] = {assets[0].id, assets[1].id};
    struct ct_arena_mark mark = ct_arena_mark(arena);
    for (int i = 0; i < BILLS; i++) {
        struct ct_buf b;
        struct ct_sbom_taken taken;
        struct expected e = {.back = 0};
        unsigned asset = rng_below(&r, ASSETS);
        ct_arena_reset(arena, mark);
        ct_buf_init(&b, arena, 8u << 20);
        make_bill(&r, &b, &m, asset, i, &e);
        who.now_us += 1000000;
        assert_int_equal(ct_sbom_import(db, arena, &assets[asset], ct_buf_view(&b), false, &who, ignore_unknown, NULL, &taken, NULL), CT_OK);
        const struct ct_look_counts *c = &taken.looks;
        if (c->components_new != e.components_new || c->instances_new != e.instances_new || c->instances_back != e.back || c->instances_gone != e.gone)
            fail_msg("bill %d: %llu %llu %llu %llu, wanted %llu %llu %llu %llu", i, (unsigned long long)c->components_new, (unsigned long long)c->instances_new,
                     (unsigned long long)c->instances_back, (unsigned long long)c->instances_gone, (unsigned long long)e.components_new, (unsigned long long)e.instances_new,
                     (unsigned long long)e.back, (unsigned long long)e.gone);
        if (i % 5 == 0 || i == BILLS - 1) compare(db, &m, ids, i);
    }
    assert_true(m.n > 500);
    ct_arena_free(arena);
    ct_db_close(db);
}

static int make(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.40s/caltrop-bills-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) return -1;
    (void)snprintf(path, sizeof path, "%s/caltrop.db", folder);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_bills)};
    return cmocka_run_group_tests(tests, make, clear);
}
