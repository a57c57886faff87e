#include "cli/keep_attempts.h"

#include "cli/attempts_view.h"
#include "cli/flow.h"
#include "cli/up_incident.h"
#include "respond/attempts_import.h"
#include "respond/coverage.h"
#include "respond/identify.h"
#include "scan/identity.h"
#include "store/answer.h"
#include "text/printable.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 4 << 20, KEPT_MAX = 100000, ROWS_MAX = 40 };

/* The asset that a scan of this host reports, or will. */
static ct_err this_host(struct ct_stored *s, struct ct_asset *ret_asset)
{
    struct ct_scan_identity who;
    struct ct_identified found;
    CT_TRY(ct_scan_identify(s->arena, &who));
    struct ct_old_host h = {.machine_id = who.machine_id, .hardware_id = who.hardware_id, .name = who.name};
    ct_str *macs = ct_arena_array(s->arena, who.n_macs + 1, sizeof *macs);
    if (!macs) return CT_ERR_NOMEM;
    for (size_t i = 0; i < who.n_macs; i++) macs[i] = who.macs[i];
    CT_TRY(ct_identity_hardware(s->arena, CT_STR(""), macs, who.n_macs, &h.network_id));
    CT_TRY(ct_identify(s->db, s->arena, &h, &found));
    *ret_asset = found.asset;
    return CT_OK;
}

static ct_err take(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct ct_keeping_attempts *k = ctx;
    struct ct_attempts_import in;
    enum ct_put put;
    CT_TRY(this_host(s, &k->host));
    CT_TRY(ct_asset_put(s->db, s->arena, &k->host, &s->who, &put, fault));
    ct_err e = ct_attempts_begin(&in, s->db, &s->who, &k->host);
    if (e == CT_OK) e = ct_attempts_add(&in, ct_buf_view(&k->batch));
    if (e == CT_OK) e = ct_attempts_done(&in);
    ct_attempts_free(&in);
    if (e == CT_OK) k->taken += in.taken, k->again += in.again;
    return e;
}

static void take_batch(struct ct_keeping_attempts *k)
{
    int status;
    if (k->batch.n == 0 || k->failed) return;
    if (!k->open) k->open = ct_stored_begin(&k->s, "caltrop up", &status);
    if (!k->open || ct_stored_change(&k->s, take, k) != CT_OK) {
        k->failed = true;
        if (k->open) ct_complain("caltrop up", "%s: the attempts cannot be kept: %s", k->s.path, ct_db_why(k->s.db));
    }
    ct_arena_clear(k->arena);
    ct_buf_init(&k->batch, k->arena, 4 * BATCH);
}

ct_err ct_keep_attempt(void *ctx, const struct ct_attempt *a)
{
    struct ct_keeping_attempts *k = ctx;
    if (k->failed) return CT_OK;
    if (k->n++ >= KEPT_MAX) return k->more++, CT_OK;
    if (!k->arena) {
        if (ct_arena_new(&ct_alloc_libc, 32u << 20, &k->arena) != CT_OK) return k->failed = true, CT_OK;
        ct_buf_init(&k->batch, k->arena, 4 * BATCH);
    }
    size_t before = k->batch.n;
    ct_attempt_ecs(&k->batch, a);
    if (k->batch.err) { /* one that does not fit: what stood before is taken, and it begins the next batch */
        k->batch.err = CT_OK;
        k->batch.n = before;
        take_batch(k);
        ct_attempt_ecs(&k->batch, a);
        if (k->batch.err) k->failed = true;
    }
    if (k->batch.n >= BATCH) take_batch(k);
    return CT_OK;
}

void ct_keep_attempts_end(struct ct_keeping_attempts *k)
{
    take_batch(k);
    if (k->open) {
        struct ct_buf b;
        ct_buf_init(&b, k->s.arena, 65536);
        if (!k->failed) ct_buf_printf(&b, "\nKept in %s: %llu attempts, %llu were there already.\n", k->s.path, (unsigned long long)k->taken, (unsigned long long)k->again);
        ct_err e = ct_stored_write(&k->s, &b);
        (void)ct_stored_end(&k->s, e == CT_OK ? CT_OK : CT_ERR_USAGE, 0);
    }
    if (k->more) ct_complain("caltrop up", "%llu attempts more were not kept: 'caltrop detect --json LOGS | caltrop attempts import -' keeps all", (unsigned long long)k->more);
    ct_arena_free(k->arena);
    *k = (struct ct_keeping_attempts){.n = 0};
}

/* One vulnerability on this host. */
struct row {
    char name[64];
    uint64_t open, mitigated;
    int64_t due, breached; /* the earliest; 0: none */
};
struct table {
    struct row rows[ROWS_MAX];
    size_t n, more;
};

static int64_t earlier(int64_t a, int64_t b) { return a == 0 || (b && b < a) ? b : a; }

static ct_err on_finding(void *ctx, const struct ct_affected_row *r)
{
    struct table *t = ctx;
    struct row *row = NULL;
    bool mitigated = ct_str_eq(r->state, CT_STR("mitigated"));
    size_t n = r->name.n < sizeof row->name ? r->name.n : sizeof row->name - 1;
    for (size_t i = 0; i < t->n && !row; i++)
        if (ct_str_eq(ct_str_from(t->rows[i].name), ct_str_slice(r->name, 0, n))) row = &t->rows[i];
    if (!row && t->n == ROWS_MAX) return t->more++, CT_OK;
    if (!row) {
        row = &t->rows[t->n++];
        *row = (struct row){.open = 0};
        if (n) memcpy(row->name, r->name.p, n);
    }
    row->open += !mitigated;
    row->mitigated += mitigated;
    row->due = earlier(row->due, r->due);
    row->breached = earlier(row->breached, r->breached);
    return CT_OK;
}

static int by_urgency(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if ((x->breached == 0) != (y->breached == 0)) return x->breached ? -1 : 1;
    if ((x->open == 0) != (y->open == 0)) return x->open ? -1 : 1;
    if ((x->due == 0) != (y->due == 0)) return x->due ? -1 : 1;
    if (x->due != y->due) return x->due < y->due ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void put_table(struct ct_buf *b, struct table *t)
{
    if (t->n) qsort(t->rows, t->n, sizeof *t->rows, by_urgency);
    if (t->n) ct_buf_text(b, "vulnerability         open  protected  clock\n");
    for (size_t i = 0; i < t->n; i++) {
        const struct row *r = &t->rows[i];
        int64_t when = r->breached ? r->breached : r->due;
        size_t before = b->n;
        ct_print_text(b, ct_str_from(r->name));
        while (b->n < before + 20 && b->err == CT_OK) ct_buf_byte(b, ' ');
        ct_buf_printf(b, " %5llu %10llu  %s", (unsigned long long)r->open, (unsigned long long)r->mitigated, r->breached ? "overdue since " : r->due ? "due " : "no policy sets a time");
        if (when) ct_print_second(b, when);
        ct_buf_byte(b, '\n');
    }
    if (t->more) ct_buf_printf(b, "and findings of more vulnerabilities: %zu. caltrop sla due\n", t->more);
}

static ct_err commander(struct ct_stored *s, const struct ct_asset *a, int *ret_status)
{
    static const char *const covered[CT_COVERS] = {"a complete look reached all of it", "the last complete look is stale", "only a part of it was looked at: what is not listed is not ruled out",
                                                   "nobody looked at it yet: nothing can be said"};
    enum ct_cover how = ct_cover_of(a->looked, a->assessed, s->who.now_us, CT_ATTEMPTS_FRESH_US);
    struct table *t = ct_arena_zalloc(s->arena, sizeof *t);
    uint64_t open = 0;
    struct ct_buf b, line;
    if (!t) return CT_ERR_NOMEM;
    ct_buf_init(&b, s->arena, 1u << 20);
    ct_buf_init(&line, s->arena, 65536);
    ct_buf_text(&b, "\nTHIS HOST, AS THE COMMANDER SEES IT\n\n");
    ct_print_text(&line, a->name);
    ct_buf_printf(&line, " (%.*s, %.*s): %s.", CT_STR_ARG(a->environment), CT_STR_ARG(a->exposure), covered[how]);
    CT_TRY(line.err);
    ct_flow(&b, ct_buf_view(&line), ct_terminal_columns(STDOUT_FILENO), 2);
    CT_TRY(ct_findings_open_on(s->db, a->id, on_finding, t));
    put_table(&b, t);
    if (t->n == 0) ct_buf_text(&b, how == CT_COVER_FRESH ? "Nothing that is known is open on it.\n" : "Nothing is known against it, which is no answer.\n");
    for (size_t i = 0; i < t->n; i++) open += t->rows[i].open;
    *ret_status = open ? 1 : how == CT_COVER_FRESH ? 0 : 3;
    return ct_stored_write(s, &b);
}

int ct_show_this_host(void)
{
    struct ct_stored s = {.data_dir = NULL};
    struct ct_asset a = {0};
    int status = 0, fired = 0;
    bool any = false;
    if (!ct_stored_begin(&s, "caltrop up", &status)) return status;
    ct_err e = this_host(&s, &a);
    if (e == CT_OK) e = ct_attempts_any(s.db, &any);
    if (e == CT_OK && a.id) e = commander(&s, &a, &status);
    if (e == CT_OK && a.id) e = ct_up_incident(&s, &a);
    if (e == CT_OK && a.id && any) {
        struct ct_buf b;
        const struct ct_attempts_view v = {.filter = {.since = INT64_MIN, .until = INT64_MAX}, .fresh_us = CT_ATTEMPTS_FRESH_US, .asset = a.id, .columns = ct_terminal_columns(STDOUT_FILENO)};
        ct_buf_init(&b, s.arena, 4096);
        ct_buf_text(&b, "\nATTEMPTS AGAINST THIS HOST\n\n");
        e = ct_stored_write(&s, &b);
        if (e == CT_OK) e = ct_attempts_against(&s, &v, &fired);
    }
    return ct_stored_end(&s, e, a.id ? (fired == 1 ? 1 : status) : 0);
}
