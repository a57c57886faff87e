/* OSV records: read, looked up, evaluated; refused with a place; folded by alias; the database's memory. */
#include "advisory/cvss.h"
#include "base/buf.h"
#include "base/limits.h"
#include "support/edge.h"
#include "support/fault_alloc.h"
#include "support/random.h"
#include "version/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static ct_advisories *new_db(void)
{
    ct_advisories *db = NULL;
    assert_int_equal(ct_advisories_new(&ct_alloc_libc, 64u << 20, &db), CT_OK);
    return db;
}

static void add(ct_advisories *db, const char *json)
{
    struct ct_fault f = {0};
    struct edge e = edge_new(ct_str_from(json));
    if (ct_advisories_add_osv(db, e.input, &f)) fail_msg("%s at %u in %s", f.detail, (unsigned)f.offset, json);
    edge_free(&e); /* nothing of it is needed any more */
}

struct found {
    char text[4096];
    size_t n;
};

static bool note(void *ctx, const struct ct_advisory_match *m)
{
    struct found *f = ctx;
    assert_true(m->verdict != CT_NOT_AFFECTED && m->why);
    f->n += (size_t)snprintf(f->text + f->n, sizeof f->text - f->n, "%s%.*s%s", f->n ? " " : "", CT_STR_ARG(m->advisory->id), m->verdict == CT_UNDECIDED ? "?" : "");
    if (m->fixed.n) f->n += (size_t)snprintf(f->text + f->n, sizeof f->text - f->n, "<%.*s", CT_STR_ARG(m->fixed));
    return true;
}

static const char *match(const ct_advisories *db, const char *ecosystem, const char *name, const char *version)
{
    static struct found f;
    f = (struct found){0};
    struct ct_advisory_query q = {.name = ct_str_from(name), .version = ct_str_from(version)};
    q.ecosystem = ct_ecosystem_named(ct_str_from(ecosystem), &q.release);
    ct_advisories_match(db, &q, note, &f);
    return f.text;
}

static void versions_are_evaluated(void **state)
{
    (void)state;
    ct_advisories *db = new_db();
    add(db, "{\"id\":\"A-1\",\"modified\":\"2021-12-10T00:00:00Z\",\"aliases\":[\"CVE-2021-1\"],\"affected\":["
            "{\"package\":{\"ecosystem\":\"Maven\",\"name\":\"g:a\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"2.13.0\"},{\"fixed\":\"2.15.0\"}]}]},"
            "{\"package\":{\"ecosystem\":\"Maven\",\"name\":\"g:a\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"2.3.1\"}]}],"
            "\"versions\":[\"1.0\",\"2.7-odd\"]}]}");
    add(db, "{\"id\":\"A-2\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"X\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":"
            "[{\"fixed\":\"1.2.0\"},{\"introduced\":\"0\"},{\"last_affected\":\"3.0.0\"},{\"introduced\":\"2.0.0\"}]},{\"type\":\"GIT\",\"repo\":\"r\",\"events\":[{\"introduced\":\"0\"}]}]}]}");
    add(db, "{\"id\":\"A-3\",\"affected\":[{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"b\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"1.2-3\"}]}]},"
            "{\"package\":{\"ecosystem\":\"Debian:11\",\"name\":\"b\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"}]}]}]}");
    add(db, "{\"id\":\"A-4\",\"affected\":[{\"package\":{\"ecosystem\":\"Red Hat:enterprise_linux:8::baseos\",\"name\":\"c\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":"
            "[{\"introduced\":\"0\"},{\"fixed\":\"0:1.0-2.el8\"}]}]},{\"package\":{\"ecosystem\":\"Alpine:v3.18\",\"name\":\"d\"},\"versions\":[\"1-r0\"]}]}");
    add(db, "{\"id\":\"A-5\",\"withdrawn\":\"2022-01-01T00:00:00Z\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"x\"},\"versions\":[\"1.0.0\"]}]}");
    add(db, "{\"id\":\"A-6\",\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"Foo_Bar.baz\"},\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"1.0\"},{\"fixed\":\"x y\"}]}]},"
            "{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"empty\"}},{\"package\":{\"purl\":\"pkg:pypi/by-purl\"},\"versions\":[\"1\"]},{\"package\":{\"ecosystem\":\"Nowhere\",\"name\":\"q\"}},"
            "{\"ranges\":[{\"type\":\"GIT\",\"events\":[{\"introduced\":\"0\"}]}]},{\"package\":null,\"versions\":null,\"ranges\":null}]}");
    add(db, "{\"id\":\"A-7\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"lim\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"1.0.0\"},{\"limit\":\"2.0.0\"},{\"limit\":\"1.5.0\"}]}]},"
            "{\"package\":{\"ecosystem\":\"npm\",\"name\":\"all\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"limit\":\"*\"}]}]}]}");
    static const struct {
        int line;
        const char *ecosystem, *name, *version, *want;
    } rows[] = {
#define R(ecosystem, name, version, want) {__LINE__, ecosystem, name, version, want}
        R("Maven", "g:a", "2.14.1", "A-1<2.15.0"), R("Maven", "g:a", "2.15.0", ""), R("Maven", "g:a", "2.15.0-rc1", "A-1<2.15.0"), R("Maven", "g:a", "2.3", "A-1<2.3.1"),
        R("Maven", "g:a", "2.7", ""), R("Maven", "g:a", "2.7-odd", "A-1"), R("Maven", "g:a", "", "A-1?"), R("Maven", "G:A", "2.14.1", ""), R("Maven", "g:b", "2.14.1", ""),
        R("npm", "x", "1.1.9", "A-2<1.2.0"), R("npm", "X", "1.2.0", ""), R("npm", "x", "2.0.0", "A-2"), R("npm", "x", "3.0.0", "A-2"), R("npm", "x", "3.0.1", ""),
        R("npm", "x", "not.a.version", "A-2?"), R("npm", "x", "1.0.0", "A-2<1.2.0"),
        R("Debian:12", "b", "1.2-2", "A-3<1.2-3"), R("Debian:12", "b", "1.2-3", ""), R("Debian:11", "b", "9", "A-3"), R("Debian", "b", "9", "A-3"), R("Debian:10", "b", "1", ""),
        R("Ubuntu:12", "b", "1", ""), R("Red Hat:8", "c", "1.0-1.el8", "A-4<0:1.0-2.el8"), R("Red Hat:9", "c", "1.0-1.el8", ""), R("Alpine:3.18", "d", "1-r0", "A-4"),
        R("Alpine:v3.18", "d", "1-r1", ""), R("Alpine:v3.19", "d", "1-r0", ""),
        R("PyPI", "foo-bar-baz", "1.5", "A-6?"), R("PyPI", "foo-bar-baz", "0.5", ""), R("PyPI", "foo.bar__baz", "1.5", "A-6?"), R("PyPI", "empty", "1", "A-6?"), R("PyPI", "by_purl", "1", "A-6"),
        R("npm", "lim", "1.9.0", "A-7"), R("npm", "lim", "2.0.0", ""), R("npm", "lim", "0.9.0", ""), R("npm", "all", "x", "A-7"), R("npm", "all", "", "A-7"), R("Nowhere", "q", "1", ""),
#undef R
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *have = match(db, rows[i].ecosystem, rows[i].name, rows[i].version);
        if (strcmp(have, rows[i].want)) fail_msg("line %d: have \"%s\", want \"%s\"", rows[i].line, have, rows[i].want);
    }
    struct ct_advisories_stats s;
    ct_advisories_stats(db, &s);
    assert_int_equal(s.records, 7);
    assert_int_equal(s.withdrawn, 1);
    assert_int_equal(s.git_ranges, 2);
    assert_int_equal(s.no_package, 2);
    assert_int_equal(s.unknown_ecosystem, 1);
    assert_int_equal(s.unreadable_versions, 1);
    assert_int_equal(s.versions_in_ranges, 1);
    ct_advisories_free(db);
}

static void later_records_replace_earlier_ones(void **state)
{
    (void)state;
    ct_advisories *db = new_db();
    struct ct_advisories_stats s;
#define REC(modified, version) "{\"id\":\"A\",\"modified\":\"" modified "\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"x\"},\"versions\":[\"" version "\"]}]}"
    add(db, REC("2022-01-02T00:00:00Z", "2.0.0"));
    add(db, REC("2022-01-01T00:00:00Z", "1.0.0"));
    add(db, REC("2022-01-02T00:00:00Z", "1.0.0"));
    assert_string_equal(match(db, "npm", "x", "1.0.0"), "");
    assert_string_equal(match(db, "npm", "x", "2.0.0"), "A");
    add(db, REC("2022-01-02T00:00:00.5Z", "3.0.0"));
    assert_string_equal(match(db, "npm", "x", "2.0.0"), "A");
    add(db, REC("2022-01-03T00:00:00Z", "4.0.0"));
    assert_string_equal(match(db, "npm", "x", "2.0.0"), "");
    assert_string_equal(match(db, "npm", "x", "4.0.0"), "A");
    ct_advisories_stats(db, &s);
    assert_int_equal(s.replaced, 1);
    assert_int_equal(s.stale, 3);
#undef REC
    ct_advisories_free(db);
}

static bool take(void *ctx, const struct ct_advisory *a)
{
    const struct ct_advisory **to = ctx;
    while (*to) to++;
    *to = a;
    return true;
}

static void aliases_fold(void **state)
{
    (void)state;
    ct_advisories *db = new_db();
    const struct ct_advisory *all[8] = {NULL};
    add(db, "{\"id\":\"GHSA-1\",\"aliases\":[\"CVE-2021-2\"],\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H\"}]}");
    add(db, "{\"id\":\"PYSEC-1\",\"aliases\":[\"GHSA-1\"],\"database_specific\":{\"severity\":\"MODERATE\",\"x\":[{}]}}");
    add(db, "{\"id\":\"DSA-1\",\"upstream\":[\"CVE-2021-2\",\"CVE-2021-3\"],\"affected\":[{\"ecosystem_specific\":{\"severity\":\"High\"}}]}");
    add(db, "{\"id\":\"B-1\",\"aliases\":[\"CVE-2021-9\",\"PYSEC-1\"],\"summary\":\"\\u0041 \\u00e9\"}");
    ct_advisories_each(db, take, all);
    assert_non_null(all[3]);
    assert_null(all[4]);
    for (size_t i = 0; i < 4; i++) {
        ct_str want = i == 2 ? CT_STR("DSA-1") : CT_STR("CVE-2021-2");
        assert_true(ct_str_eq(ct_advisories_vulnerability(db, all[i]), want));
    }
    assert_int_equal(all[0]->severity, CT_SEVERITY_CRITICAL);
    assert_int_equal(all[1]->severity, CT_SEVERITY_MEDIUM);
    assert_int_equal(all[2]->severity, CT_SEVERITY_HIGH);
    assert_true(ct_str_eq(all[3]->summary, CT_STR("A \xc3\xa9")));
    assert_int_equal(all[2]->upstream_n, 2);
    assert_true(ct_advisories_knows(db, CT_STR("CVE-2021-3")));
    assert_true(ct_advisories_knows(db, CT_STR("PYSEC-1")));
    assert_false(ct_advisories_knows(db, CT_STR("CVE-2021-4")));
    ct_advisories_free(db);
}

static void local_advisories_match(void **state)
{
    (void)state;
    ct_advisories *db = new_db();
    struct ct_fault f = {0};
    const ct_str suspects[] = {CT_STR_INIT("pkg:maven/g/a@[1.0,2.3),(5,)"), CT_STR_INIT("pkg:npm/x@>1.0.0 !=1.5.0 !=1.7.0 <=2.0.0"), CT_STR_INIT("pkg:pypi/any")};
    struct ct_local_advisory local = {.id = CT_STR("LOCAL-1"), .severity = CT_SEVERITY_CRITICAL, .modified = CT_STR("2026-01-01T00:00:00Z"), .suspects = suspects, .suspects_n = 3};
    assert_int_equal(ct_advisories_add_local(db, &local, &f), CT_OK);
    static const struct {
        int line;
        const char *ecosystem, *name, *version, *want;
    } rows[] = {
        {__LINE__, "Maven", "g:a", "1.0", "LOCAL-1"},  {__LINE__, "Maven", "g:a", "2.3", ""},        {__LINE__, "Maven", "g:a", "5", ""},
        {__LINE__, "Maven", "g:a", "5.1", "LOCAL-1"},  {__LINE__, "npm", "x", "1.0.0", ""},          {__LINE__, "npm", "x", "1.0.1", "LOCAL-1"},
        {__LINE__, "npm", "x", "1.5.0", ""},           {__LINE__, "npm", "x", "1.6.0", "LOCAL-1"},   {__LINE__, "npm", "x", "1.7.0", ""},
        {__LINE__, "npm", "x", "2.0.0", "LOCAL-1"},    {__LINE__, "npm", "x", "odd", "LOCAL-1?"},    {__LINE__, "PyPI", "any", "odd", "LOCAL-1"},
        {__LINE__, "npm", "x", "2.0.1", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *have = match(db, rows[i].ecosystem, rows[i].name, rows[i].version);
        if (strcmp(have, rows[i].want)) fail_msg("line %d: have \"%s\", want \"%s\"", rows[i].line, have, rows[i].want);
    }
    const ct_str wrong[] = {CT_STR_INIT("pkg:npm/x@>=1 <x"), CT_STR_INIT("pkg:generic/x@1")};
    local = (struct ct_local_advisory){.id = CT_STR("LOCAL-2"), .suspects = wrong, .suspects_n = 1};
    assert_int_equal(ct_advisories_add_local(db, &local, &f), CT_ERR_SYNTAX);
    assert_int_equal(f.offset, 15);
    local.suspects = wrong + 1;
    assert_int_equal(ct_advisories_add_local(db, &local, &f), CT_ERR_UNSUPPORTED);
    local.suspects_n = 0;
    local.id = CT_STR("");
    assert_int_equal(ct_advisories_add_local(db, &local, &f), CT_ERR_SYNTAX);
    assert_false(ct_advisories_knows(db, CT_STR("LOCAL-2")));
    ct_advisories_free(db);
}

static void records_are_refused_with_a_place(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *json;
        ct_err err;
        unsigned offset;
    } rows[] = {
#define R(json, err, offset) {__LINE__, json, CT_ERR_##err, offset}
        R("", TRUNCATED, 0), R("[]", SYNTAX, 0), R("{}", SYNTAX, 0), R("{\"id\":1}", SYNTAX, 6), R("{\"id\":\"A\"", TRUNCATED, 9), R("{\"id\":\"A\"}x", SYNTAX, 10),
        R("{\"id\":\"A\",\"id\":\"B\"}", SYNTAX, 10), R("{\"id\":\"A\",\"modified\":\"yesterday\"}", SYNTAX, 10), R("{\"id\":\"A\",\"published\":\"2021-13-01T00:00:00Z\"}", SYNTAX, 10),
        R("{\"id\":\"A\",\"withdrawn\":\"2021-12-01T00:00:00\"}", SYNTAX, 10), R("{\"id\":\"A\",\"aliases\":\"B\"}", SYNTAX, 20), R("{\"id\":\"A\",\"aliases\":[1]}", SYNTAX, 21),
        R("{\"id\":\"A\",\"affected\":{}}", SYNTAX, 21), R("{\"id\":\"A\",\"affected\":[1]}", SYNTAX, 22), R("{\"id\":\"A\",\"affected\":[{\"ranges\":[1]}]}", SYNTAX, 33),
        R("{\"id\":\"A\",\"affected\":[{\"ranges\":[{\"events\":[[]]}]}]}", SYNTAX, 44), R("{\"id\":\"A\",\"affected\":[{\"versions\":[{}]}]}", SYNTAX, 35),
        R("{\"id\":\"A\",\"severity\":[3]}", SYNTAX, 22), R("{\"id\":\"A\" \"x\":1}", SYNTAX, 10), R("{\"id\":\"\"}", SYNTAX, 0), R("null", SYNTAX, 0),
#undef R
    };
    ct_advisories *db = new_db();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ct_fault f = {0};
        struct edge e = edge_new(ct_str_from(rows[i].json));
        ct_err err = ct_advisories_add_osv(db, e.input, &f);
        edge_free(&e);
        if (err != rows[i].err || f.offset != rows[i].offset) fail_msg("line %d: %d, %s at %u", rows[i].line, err, f.detail, (unsigned)f.offset);
    }
    char deep[200] = "{\"id\":\"A\",\"x\":";
    memset(deep + 14, '[', 100);
    assert_int_equal(ct_advisories_add_osv(db, ct_str_from(deep), NULL), CT_ERR_CAP);
    struct ct_advisories_stats s;
    ct_advisories_stats(db, &s);
    assert_int_equal(s.records, 0);
    assert_false(ct_advisories_knows(db, CT_STR("A")));
    ct_advisories_free(db);
}

static const char *const random_versions[] = {"0.1.0", "1.0.0-a", "1.0.0", "1.0.1", "1.1.0-rc.1", "1.1.0", "2.0.0", "2.0.1-0", "10.0.0", "x"};

/* The algorithm as the schema states it, over events sorted by comparing versions. */
static bool reference(const char (*kinds)[16], const char *const *versions, unsigned n, const char *limit, const char *version, bool *undecided)
{
    unsigned order[12];
    bool vulnerable = false;
    int c;
    *undecided = false;
    for (unsigned i = 0; i < n; i++) {
        order[i] = i;
        if (strcmp(versions[i], "0") && ct_version_compare(CT_ECOSYSTEM_NPM, ct_str_from(versions[i]), CT_STR("1"), &c)) *undecided = true;
    }
    if (*undecided || ct_version_compare(CT_ECOSYSTEM_NPM, ct_str_from(version), CT_STR("1"), &c)) {
        *undecided = true;
        return false;
    }
    for (unsigned i = 1; i < n; i++)
        for (unsigned k = i; k > 0; k--) {
            const char *a = versions[order[k - 1]], *b = versions[order[k]];
            bool zero_a = strcmp(a, "0") == 0, zero_b = strcmp(b, "0") == 0;
            if (zero_a || zero_b) c = (int)zero_b - (int)zero_a;
            else assert_int_equal(ct_version_compare(CT_ECOSYSTEM_NPM, ct_str_from(a), ct_str_from(b), &c), CT_OK);
            if (c == 0) c = (strcmp(kinds[order[k - 1]], "last_affected") == 0) - (strcmp(kinds[order[k]], "last_affected") == 0);
            if (c <= 0) break;
            unsigned swap = order[k];
            order[k] = order[k - 1];
            order[k - 1] = swap;
        }
    for (unsigned i = 0; i < n; i++) {
        const char *v = versions[order[i]], *kind = kinds[order[i]];
        c = 1;
        if (strcmp(v, "0")) assert_int_equal(ct_version_compare(CT_ECOSYSTEM_NPM, ct_str_from(version), ct_str_from(v), &c), CT_OK);
        if (strcmp(kind, "introduced") == 0 && c >= 0) vulnerable = true;
        if (strcmp(kind, "fixed") == 0 && c >= 0) vulnerable = false;
        if (strcmp(kind, "last_affected") == 0 && c > 0) vulnerable = false;
    }
    if (limit) {
        assert_int_equal(ct_version_compare(CT_ECOSYSTEM_NPM, ct_str_from(version), ct_str_from(limit), &c), CT_OK);
        if (c >= 0) vulnerable = false;
    }
    return vulnerable;
}

static void spans_are_the_algorithm(void **state)
{
    (void)state;
    struct rng r = rng_new("advisory");
    static const char *const names[] = {"introduced", "fixed", "last_affected"};
    for (unsigned round = 0; round < 4000; round++) {
        char json[2048], kinds[12][16];
        const char *versions[12];
        unsigned n = 1 + rng_below(&r, 8);
        int at = snprintf(json, sizeof json, "{\"id\":\"R\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"x\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":[");
        for (unsigned i = 0; i < n; i++) {
            (void)snprintf(kinds[i], sizeof kinds[i], "%s", names[rng_below(&r, 3)]);
            versions[i] = random_versions[rng_below(&r, rng_below(&r, 50) ? 9 : 10)];
            if (strcmp(kinds[i], "introduced") == 0 && rng_below(&r, 4) == 0) versions[i] = "0";
            at += snprintf(json + at, sizeof json - (size_t)at, "%s{\"%s\":\"%s\"}", i ? "," : "", kinds[i], versions[i]);
        }
        const char *limit = rng_below(&r, 4) ? NULL : random_versions[rng_below(&r, 9)];
        if (limit) at += snprintf(json + at, sizeof json - (size_t)at, ",{\"limit\":\"%s\"}", limit);
        (void)snprintf(json + at, sizeof json - (size_t)at, "]}]}]}");
        ct_advisories *db = new_db();
        add(db, json);
        for (size_t v = 0; v < 10; v++) {
            bool undecided, want = reference((const char (*)[16])kinds, versions, n, limit, random_versions[v], &undecided);
            const char *have = match(db, "npm", "x", random_versions[v]);
            if (!undecided && want != (have[0] == 'R')) fail_msg("%s: %s: \"%s\"", json, random_versions[v], have);
        }
        ct_advisories_free(db);
    }
}

static void vectors_are_rated(void **state)
{
    (void)state;
    static const struct {
        int line;
        const char *vector;
        int score;
    } rows[] = {
        /* as FIRST's and NVD's calculators rate them */
        {__LINE__, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 100}, {__LINE__, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 98},
        {__LINE__, "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:H/I:H/A:H", 90},  {__LINE__, "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", 59},
        {__LINE__, "CVSS:3.1/AV:N/AC:H/PR:H/UI:N/S:U/C:H/I:H/A:H", 66},  {__LINE__, "CVSS:3.0/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N", 33},
        {__LINE__, "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 61},  {__LINE__, "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", 0},
        {__LINE__, "AV:N/AC:M/Au:N/C:C/I:C/A:C", 93},                    {__LINE__, "AV:N/AC:L/Au:N/C:P/I:P/A:P", 75},
        {__LINE__, "AV:L/AC:H/Au:M/C:N/I:N/A:N", 0},                     {__LINE__, "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", -1},
        {__LINE__, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", -1},      {__LINE__, "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", -1},
        {__LINE__, "", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int score = ct_cvss_score(ct_str_from(rows[i].vector));
        if (score != rows[i].score) fail_msg("line %d: %d", rows[i].line, score);
    }
    assert_int_equal(ct_cvss_severity(39), CT_SEVERITY_LOW);
    assert_int_equal(ct_cvss_severity(90), CT_SEVERITY_CRITICAL);
    assert_string_equal(ct_severity_name(CT_SEVERITY_MEDIUM), "medium");
}

static const char whole[] = "{\"id\":\"GHSA-1\",\"aliases\":[\"CVE-1\"],\"upstream\":[\"CVE-2\"],\"summary\":\"a\\nb\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"x\"},"
                            "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"1.0.0\"}]}],\"versions\":[\"0.1.0\",\"odd\"]}]}";

static void want_of_memory_leaves_it_whole(void **state)
{
    (void)state;
    for (unsigned n = 0;; n++) {
        struct fault_alloc f;
        ct_advisories *db = NULL;
        fault_alloc_init(&f, n, n % 2);
        ct_err err = ct_advisories_new(&f.alloc, 64u << 20, &db);
        if (!err) err = ct_advisories_add_osv(db, ct_str_from(whole), NULL);
        if (db && err) {
            assert_string_equal(match(db, "npm", "x", "0.5.0"), "");
            assert_false(ct_advisories_knows(db, CT_STR("CVE-1")));
            if (n % 2 == 0) assert_int_equal(ct_advisories_add_osv(db, ct_str_from(whole), NULL), CT_OK);
        }
        if (db && (!err || n % 2 == 0)) assert_string_equal(match(db, "npm", "x", "odd"), "GHSA-1");
        ct_advisories_free(db);
        assert_int_equal(f.live, 0);
        if (!f.failed) break;
        assert_int_equal(err, CT_ERR_NOMEM);
    }
}

static void the_limit_holds(void **state)
{
    (void)state;
    ct_advisories *db = NULL;
    assert_int_equal(ct_advisories_new(&ct_alloc_libc, 1u << 20, &db), CT_OK);
    char json[512], name[32];
    ct_err err = CT_OK;
    unsigned n = 0;
    for (; n < 100000 && !err; n++) {
        (void)snprintf(json, sizeof json, "{\"id\":\"A-%u\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"p%u\"},\"versions\":[\"1.0.0\"]}]}", n, n);
        err = ct_advisories_add_osv(db, ct_str_from(json), NULL);
    }
    assert_int_equal(err, CT_ERR_NOMEM);
    assert_true(n > 1000);
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(name, sizeof name, "p%u", i);
        (void)snprintf(json, sizeof json, "A-%u", i);
        assert_string_equal(match(db, "npm", name, "1.0.0"), i == n - 1 ? "" : json);
    }
    ct_advisories_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_evaluated),
        cmocka_unit_test(later_records_replace_earlier_ones),
        cmocka_unit_test(aliases_fold),
        cmocka_unit_test(local_advisories_match),
        cmocka_unit_test(records_are_refused_with_a_place),
        cmocka_unit_test(spans_are_the_algorithm),
        cmocka_unit_test(vectors_are_rated),
        cmocka_unit_test(want_of_memory_leaves_it_whole),
        cmocka_unit_test(the_limit_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
