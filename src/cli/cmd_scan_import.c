/* scan import FILE...: reports of any number of hosts into the store. Each file is taken whole or not at all. */
#include "cli/scan_run.h"
#include "cli/stored.h"
#include "respond/scan_import.h"
#include "text/printable.h"

#include <string.h>
#include <unistd.h>

struct cmd {
    struct ct_stored s;
    ct_arena *arena;          /* one file */
    const char *path;
    struct ct_scan_counts counts;
    uint64_t collisions, unread, skipped;
};

static void on_collision(void *ctx, ct_str words)
{
    struct cmd *c = ctx;
    c->collisions++;
    ct_complain(c->s.command, "%.*s: kept apart", words.n < 2000 ? (int)words.n : 2000, (const char *)words.p);
}

static ct_err take(void *ctx, struct ct_stored *s, struct ct_fault *fault)
{
    struct cmd *c = ctx;
    struct ct_old_reports reports;
    ct_str text;
    CT_TRY(ct_stored_read(s, c->arena, c->path, &text));
    ct_old_reports_init(&reports, c->arena);
    reports.with_components = true;
    CT_TRY(ct_old_reports_add(&reports, ct_str_from(c->path), text));
    if (!reports.hosts) {
        ct_complain(s->command, "%s: holds no report: 'caltrop scan --json' writes them", c->path);
        c->unread++;
        return CT_OK;
    }
    if (reports.skipped) ct_complain(s->command, "%s: %llu lines are no part of a report, and were skipped", c->path, (unsigned long long)reports.skipped);
    c->skipped += reports.skipped;
    return ct_scan_import(s->db, &reports, &s->who, on_collision, c, &c->counts, fault);
}

static ct_err say(struct cmd *c)
{
    const struct ct_scan_counts *n = &c->counts;
    struct ct_buf b;
    ct_buf_init(&b, c->s.arena, 65536);
#define N(v) (unsigned long long)(v)
    ct_buf_printf(&b, "Reports: %llu taken (%llu partial, %llu older than what is known), %llu taken before. Assets: %llu added.\n", N(n->reports), N(n->looks.partial), N(n->looks.older),
                  N(n->again), N(n->assets_added));
    ct_buf_printf(&b, "Components: %llu in new places, %llu back, %llu gone; %llu never seen before.\n", N(n->looks.instances_new), N(n->looks.instances_back), N(n->looks.instances_gone),
                  N(n->looks.components_new));
    ct_buf_printf(&b, "Findings: %llu opened, %llu reopened, %llu changed, %llu closed, %llu left open as they were.\n", N(n->looks.derived.opened), N(n->looks.derived.reopened),
                  N(n->looks.derived.changed), N(n->looks.derived.closed), N(n->looks.derived.left));
#undef N
    return ct_stored_write(&c->s, &b);
}

int ct_scan_import_command(const char *data_dir, const char *actor, const char *why, char **files, size_t n)
{
    struct cmd c = {.s = {.data_dir = data_dir, .actor = actor, .why = why}};
    static char dash[] = "-";
    char *standard[] = {dash};
    int status;
    if (n == 0) {
        if (isatty(STDIN_FILENO)) return ct_complain("caltrop scan import", "needs reports: caltrop scan import *.json, or them on standard input"), 2;
        files = standard;
        n = 1;
    }
    if (!ct_stored_begin(&c.s, "caltrop scan import", &status)) return status;
    ct_err e = ct_arena_new(&ct_alloc_libc, (size_t)1 << 30, &c.arena);
    for (size_t i = 0; i < n && e == CT_OK; i++) {
        struct ct_scan_counts before = c.counts;
        c.path = files[i];
        ct_arena_clear(c.arena);
        ct_arena_trim(c.arena, 16u << 20);
        e = ct_stored_change(&c.s, take, &c);
        if (e == CT_OK) continue;
        c.counts = before;
        if (e != CT_ERR_USAGE) break;
        c.unread++; /* it was said why, and the others are taken all the same */
        e = CT_OK;
    }
    ct_arena_free(c.arena);
    ct_err said = say(&c);
    return ct_stored_end(&c.s, e != CT_OK ? e : said, c.unread || c.collisions || c.skipped ? 3 : 0);
}
