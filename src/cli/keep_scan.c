/* A scan of this host into its store, by way of the report that it would have written: one reader, whoever scanned. */
#include "base/limits.h"
#include "cli/scan_run.h"
#include "cli/stored.h"
#include "respond/scan_import.h"

#include <stdio.h>
#include <string.h>

struct keeping {
    struct ct_stored s;
    struct ct_scan_state *scan;
    struct ct_buf text;
    struct ct_scan_counts counts;
};

static ct_err on_line(void *ctx, ct_str line)
{
    struct keeping *k = ctx;
    ct_buf_add(&k->text, line);
    return k->text.err;
}

static void on_collision(void *ctx, ct_str words)
{
    (void)ctx;
    ct_complain("caltrop up", "%.*s: kept apart", words.n < 2000 ? (int)words.n : 2000, (const char *)words.p);
}

static ct_err take(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct keeping *k = ctx;
    struct ct_old_reports reports;
    ct_buf_init(&k->text, s->arena, CT_RESPOND_FILE_MAX);
    CT_TRY(ct_scan_give_ecs(k->scan, on_line, k));
    ct_old_reports_init(&reports, s->arena);
    reports.with_components = true;
    CT_TRY(ct_old_reports_add(&reports, CT_STR("up"), ct_buf_view(&k->text)));
    return ct_scan_import(s->db, &reports, &s->who, on_collision, k, &k->counts, fault);
}

void ct_keep_scan(struct ct_scan_state *scan)
{
    struct keeping k = {.scan = scan};
    const struct ct_derived *d = &k.counts.looks.derived;
    const ct_scan_report *r = scan->report;
    int status;
    if (!ct_stored_begin(&k.s, "caltrop up", &status)) return;
    ct_err e = ct_stored_change(&k.s, take, &k);
    if (e == CT_OK) {
        struct ct_buf b;
        ct_buf_init(&b, k.s.arena, 65536);
        ct_buf_printf(&b, "\nKept in %s: %llu findings opened, %llu changed, %llu closed, %llu as they were", k.s.path, (unsigned long long)(d->opened + d->reopened),
                      (unsigned long long)d->changed, (unsigned long long)d->closed, (unsigned long long)d->left);
        if (r->n_findings) ct_buf_text(&b, ". 'caltrop affected CVE' and 'caltrop why HOST CVE' answer from there");
        ct_buf_text(&b, ".\n");
        e = ct_stored_write(&k.s, &b);
    }
    (void)ct_stored_end(&k.s, e, 0);
}
