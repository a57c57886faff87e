/* Any bytes as an OSV record: refused with a place inside them and without a trace, or taken; then packages of corpus records are matched. */
#include "advisory/advisory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(void *ctx, const struct ct_advisory_match *m)
{
    unsigned *calls = ctx;
    if (m->verdict == CT_NOT_AFFECTED || !m->why || !m->advisory->id.n) abort();
    return ++*calls < 100;
}

static bool fold(void *ctx, const struct ct_advisory *a)
{
    if (ct_advisories_vulnerability(ctx, a).n == 0 || !ct_advisories_knows(ctx, a->id)) abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ct_str names[] = {CT_STR_INIT("g:a"), CT_STR_INIT("x"), CT_STR_INIT("b")};
    static const ct_str versions[] = {CT_STR_INIT(""), CT_STR_INIT("1.0"), CT_STR_INIT("2.0-rc1"), CT_STR_INIT("?")};
    struct ct_advisories_stats s;
    struct ct_fault fault;
    ct_advisories *db;
    unsigned calls = 0;
    if (ct_advisories_new(&ct_alloc_libc, 4u << 20, &db)) return 0;
    /* Two records, one a line, so that one may replace or fold with the other. */
    ct_str rest = {data, size};
    while (rest.p) {
        ct_str line = ct_str_cut(&rest, '\n');
        struct ct_advisories_stats before;
        ct_advisories_stats(db, &before);
        ct_err err = ct_advisories_add_osv(db, line, &fault);
        ct_advisories_stats(db, &s);
        if (err && (fault.offset > line.n || s.records != before.records || s.affected != before.affected)) abort();
        if (!err && s.records + s.stale != before.records + before.stale + 1) abort();
    }
    ct_advisories_each(db, fold, db);
    for (unsigned e = 0; e < CT_ECOSYSTEM_COUNT; e++)
        for (size_t n = 0; n < 3; n++)
            for (size_t v = 0; v < 4; v++) {
                struct ct_advisory_query q = {(enum ct_ecosystem)e, v % 2 ? CT_STR("12") : CT_STR(""), names[n], versions[v]};
                ct_advisories_match(db, &q, check, &calls);
            }
    ct_advisories_free(db);
    return 0;
}
