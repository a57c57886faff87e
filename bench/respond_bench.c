/* What answers and deriving cost at the store, on a database that bench/respond.py made: respond_bench DATABASE CVE PURL RANGE NAME. Milliseconds of
 * processor time (as bench/run.py counts), a line each. */
#include "respond/advisory_import.h"
#include "store/answer.h"
#include "store/vulnerability.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(ct_err e, const char *what)
{
    if (e == CT_OK) return;
    fprintf(stderr, "respond_bench: %s: %s\n", what, ct_err_text(e));
    exit(4);
}

static ct_err on_cover(void *ctx, const struct ct_cover_row *r)
{
    ((uint64_t *)ctx)[r->assessed > 0]++;
    return CT_OK;
}

static ct_err on_affected(void *ctx, const struct ct_affected_row *r)
{
    *(uint64_t *)ctx += r->finding > 0;
    return CT_OK;
}

static double affected(ct_db *db, int64_t vulnerability, uint64_t *ret_findings)
{
    const struct ct_answer_filter all = {.owner = {NULL, 0}};
    uint64_t assets[2] = {0, 0};
    double begin = now_ms();
    *ret_findings = 0;
    must(ct_cover_each(db, &all, 0, on_cover, assets), "coverage");
    double covered = now_ms();
    must(ct_affected_each(db, vulnerability, &all, on_affected, ret_findings), "affected");
    if (getenv("CT_BENCH_PARTS")) fprintf(stderr, "coverage %.2f, findings %.2f\n", covered - begin, now_ms() - covered);
    return now_ms() - begin;
}

/* A new advisory into the store, and everything that follows from it. */
static double derive(ct_db *db, const char *purl, const char *range, struct ct_advisory_counts *ret_counts)
{
    char text[512];
    struct ct_advisory_import in;
    const struct ct_who who = {.actor = CT_STR("bench"), .why = CT_STR(""), .now_us = 1639144800000000};
    (void)snprintf(text, sizeof text, "%s@%s", purl, range);
    ct_str suspect = ct_str_from(text);
    const struct ct_local_advisory local = {.id = CT_STR("LOCAL-BENCH"), .severity = CT_SEVERITY_HIGH, .suspects = &suspect, .suspects_n = 1};
    double begin = now_ms();
    must(ct_db_begin(db), "begin");
    must(ct_advisory_import_begin(&in, db, &who, (ct_str){NULL, 0}), "import");
    must(ct_advisory_import_local(&in, &local, NULL), "advisory");
    must(ct_advisory_import_done(&in), "derive");
    double took = now_ms() - begin;
    *ret_counts = in.counts;
    ct_advisory_import_free(&in);
    ct_db_rollback(db);
    return took;
}

static double scan(const char *path, const char *sql, const char *name)
{
    sqlite3 *db;
    sqlite3_stmt *q;
    double begin = now_ms();
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) must(CT_ERR_READ, "full scan");
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) must(CT_ERR_READ, sqlite3_errmsg(db));
    (void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    while (sqlite3_step(q) == SQLITE_ROW) continue;
    (void)sqlite3_finalize(q);
    (void)sqlite3_close(db);
    return now_ms() - begin;
}

/* What deriving spares: every instance is held against every advisory again, in one statement; what else deriving asks (observations, the finding as it was,
 * controls) is asked of the hits alone. It is less than the work: no version is compared, nothing is decided or written. */
static const char every_instance[] =
    "SELECT i.asset, i.component, a.vulnerability, min(o.state), max(f.state), count(k.id) FROM instance i NOT INDEXED CROSS JOIN component c ON c.id = i.component "
    "CROSS JOIN advisory_package p ON p.ecosystem = c.ecosystem AND p.name = c.name CROSS JOIN advisory a ON a.id = p.advisory CROSS JOIN asset h ON h.id = i.asset "
    "LEFT JOIN observation o ON o.instance = i.id AND o.vulnerability = a.vulnerability "
    "LEFT JOIN finding f ON f.asset = i.asset AND f.component = i.component AND f.vulnerability = a.vulnerability LEFT JOIN control k ON k.asset = i.asset AND k.ended IS NULL "
    "WHERE i.gone IS NULL AND h.retired IS NULL AND ?1 <> '' GROUP BY i.asset, i.component, a.vulnerability";

/* The least that a scan can do: who holds a package of this name. Told beside it. */
static const char one_name[] = "SELECT i.asset, c.id, c.version FROM instance i NOT INDEXED CROSS JOIN component c ON c.id = i.component WHERE i.gone IS NULL AND c.name = ?1 "
                               "AND c.ecosystem = 'Maven' GROUP BY i.asset, c.id";

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    enum { ROUNDS = 9 };
    ct_db *db = NULL;
    ct_arena *arena;
    struct ct_vulnerability v;
    struct ct_fault fault = {0};
    struct ct_advisory_counts counts = {.added = 0};
    uint64_t findings = 0;
    double a[ROUNDS], d[ROUNDS];
    if (argc != 6) return 2;
    if (ct_db_open(&ct_alloc_libc, argv[1], &db, &fault) != CT_OK) {
        fprintf(stderr, "respond_bench: %s\n", fault.detail);
        return 4;
    }
    must(ct_arena_new(&ct_alloc_libc, 1u << 20, &arena), "memory");
    must(ct_vulnerability_find(db, arena, ct_str_from(argv[2]), &v), argv[2]);
    for (int i = 0; i < ROUNDS; i++) a[i] = affected(db, v.id, &findings);
    for (int i = 0; i < ROUNDS; i++) d[i] = derive(db, argv[3], argv[4], &counts);
    qsort(a, ROUNDS, sizeof *a, by_value);
    qsort(d, ROUNDS, sizeof *d, by_value);
    printf("affected_ms %.2f\naffected_findings %llu\n", a[ROUNDS / 2], (unsigned long long)findings);
    printf("derive_ms %.2f\nderive_findings %llu\n", d[ROUNDS / 2], (unsigned long long)counts.derived.opened);
    printf("full_scan_ms %.2f\n", scan(argv[1], every_instance, argv[5]));
    printf("name_scan_ms %.2f\n", scan(argv[1], one_name, argv[5]));
    ct_arena_free(arena);
    ct_db_close(db);
    return 0;
}
