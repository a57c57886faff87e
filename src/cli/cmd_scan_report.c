/* scan report: the reports of many hosts as one table with coverage. */
#include "cli/flow.h"
#include "cli/scan_run.h"

#include "os/file.h"
#include "scan/merge.h"
#include "text/printable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 256 << 20, STORE_MAX = 512 << 20, EXPECT_MAX = 16 << 20, TEXT_MAX = 64 << 20, NAMED = 30 };

struct merged {
    const struct ct_scan_settings *set;
    ct_arena *arena, *scratch;
    struct ct_old_reports reports;
    struct ct_merge merge;
    ct_str *expected;
    size_t n_expected, unread;
    struct ct_out out;
};

static ct_err read_report(struct merged *m, const char *path)
{
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n;
    ct_err e = strcmp(path, "-") == 0 ? ct_file_read_stream(&ct_alloc_libc, STDIN_FILENO, FILE_MAX, &p, &n, &fault)
                                      : ct_file_read(&ct_alloc_libc, path, FILE_MAX, &p, &n, &fault);
    if (e == CT_ERR_NOMEM) return e;
    if (e != CT_OK) {
        ct_complain("caltrop scan report", "%s: %s", path, *fault.detail ? fault.detail : ct_err_text(e));
        m->unread++;
        return CT_OK;
    }
    uint64_t skipped = m->reports.skipped;
    struct ct_old_host **before = m->reports.last_host;
    e = ct_old_reports_add(&m->reports, ct_str_from(path), (ct_str){p, n});
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
    skipped = m->reports.skipped - skipped;
    if (e == CT_OK && before == m->reports.last_host) {
        ct_complain("caltrop scan report", "%s: holds no report", path);
        m->unread++;
    } else if (e == CT_OK && skipped) {
        ct_complain("caltrop scan report", "%s: %llu lines are no part of a report, and were skipped", path, (unsigned long long)skipped);
    }
    return e;
}

/* One host a line; '#' starts a comment, what follows the first word is the list's own business. */
static ct_err read_expected(struct merged *m)
{
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n, lines = 1;
    const char *path = m->set->expect;
    if (!path) return CT_OK;
    ct_err e = ct_file_read(&ct_alloc_libc, path, EXPECT_MAX, &p, &n, &fault);
    if (e != CT_OK) {
        ct_complain("caltrop scan report", "--expect %s: %s", path, *fault.detail ? fault.detail : ct_err_text(e));
        return e == CT_ERR_NOMEM ? e : CT_ERR_USAGE;
    }
    ct_str text;
    e = ct_arena_dup(m->arena, (ct_str){p, n}, &text);
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
    CT_TRY(e);
    for (size_t i = 0; i < n; i++) lines += text.p[i] == '\n';
    m->expected = ct_arena_array(m->arena, lines, sizeof *m->expected);
    if (!m->expected) return CT_ERR_NOMEM;
    while (text.p) {
        ct_str line = ct_str_cut(&text, '\n');
        line = ct_str_trim(ct_str_cut(&line, '#'));
        for (size_t i = 0; i < line.n; i++)
            if (line.p[i] == ' ' || line.p[i] == '\t') line.n = i;
        if (line.n) m->expected[m->n_expected++] = line;
    }
    return CT_OK;
}

static ct_err give(struct merged *m, const struct ct_buf *b) { return b->err ? b->err : ct_out_write(&m->out, ct_buf_view(b)); }

static ct_err give_csv(struct merged *m)
{
    struct ct_buf b;
    ct_buf_init(&b, m->scratch, TEXT_MAX);
    if (!m->set->no_header) ct_buf_text(&b, "host,host_id,hardware_id,image,status,state,vulnerability,severity,product,version,purl,path,reason,fix,ended,os,complete,report\n");
    CT_TRY(give(m, &b));
    for (size_t i = 0; i < m->merge.n; i++) {
        const struct ct_merge_host *h = &m->merge.hosts[i];
        static const struct ct_old_host nobody;
        const struct ct_old_host *r = h->report ? h->report : &nobody;
        const struct ct_old_finding *f = r->findings;
        do {
            const ct_str cells[] = {
                h->name, r->machine_id, r->hardware_id, r->image, ct_str_from(ct_merge_status_name(h->status)),
                f ? ct_str_from(ct_state_name(f->state)) : CT_STR(""), f ? f->vulnerability : CT_STR(""), f ? f->severity : CT_STR(""),
                f ? f->product : CT_STR(""), f ? f->version : CT_STR(""), f ? f->purl : CT_STR(""), f ? f->path : CT_STR(""),
                f ? f->reason : CT_STR(""), f ? f->fix : CT_STR(""), r->ended, r->os,
                !h->report ? CT_STR("") : r->has_host_line && r->complete ? CT_STR("yes") : CT_STR("no"), r->source,
            };
            ct_arena_clear(m->scratch);
            ct_buf_init(&b, m->scratch, TEXT_MAX);
            for (size_t k = 0; k < sizeof cells / sizeof *cells; k++) {
                if (k) ct_buf_byte(&b, ',');
                ct_print_csv(&b, cells[k]);
            }
            ct_buf_byte(&b, '\n');
            CT_TRY(give(m, &b));
        } while (f && (f = f->next));
    }
    return CT_OK;
}

/* Per CVE: how many hosts are in which state, the worst of their copies. */
struct cve {
    ct_str id, severity;
    size_t hosts[CT_STATE_COUNT];
    const struct ct_merge_host *last;
    enum ct_state last_state;
};

static size_t find_cve(struct cve *list, size_t *n, const struct ct_old_finding *f)
{
    size_t k = 0;
    while (k < *n && !ct_str_eq(list[k].id, f->vulnerability)) k++;
    if (k == *n) list[(*n)++] = (struct cve){.id = f->vulnerability, .severity = f->severity};
    return k;
}

static int by_hosts(const void *a, const void *b)
{
    const struct cve *x = a, *y = b;
    for (int s = 0; s < CT_STATE_COUNT; s++)
        if (x->hosts[s] != y->hosts[s]) return x->hosts[s] > y->hosts[s] ? -1 : 1;
    return ct_str_cmp(x->id, y->id);
}

static ct_err per_cve(struct merged *m, struct ct_buf *out)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < m->merge.n; i++) most += m->merge.hosts[i].report ? m->merge.hosts[i].report->n_findings : 0;
    struct cve *list = ct_arena_array(m->arena, most + 1, sizeof *list);
    if (!list) return CT_ERR_NOMEM;
    for (size_t i = 0; i < m->merge.n; i++) {
        const struct ct_merge_host *h = &m->merge.hosts[i];
        for (const struct ct_old_finding *f = h->report ? h->report->findings : NULL; f; f = f->next) {
            if (f->state == CT_STATE_FIXED || f->state == CT_STATE_NOT_AFFECTED) continue;
            struct cve *c = &list[find_cve(list, &n, f)];
            if (c->last == h) {
                if (f->state >= c->last_state) continue;
                c->hosts[c->last_state]--;
            }
            c->hosts[f->state]++;
            c->last = h;
            c->last_state = f->state;
        }
    }
    qsort(list, n, sizeof *list, by_hosts);
    if (n) ct_buf_text(out, "\nHosts per vulnerability\n");
    for (size_t i = 0; i < n && (i < NAMED || m->set->verbose); i++) {
        ct_buf_text(out, "  ");
        ct_print_text(out, list[i].id);
        ct_buf_text(out, list[i].severity.n ? "  " : "");
        ct_print_text(out, list[i].severity);
        const char *comma = "  ";
        for (int s = 0; s < CT_STATE_COUNT; s++) {
            if (!list[i].hosts[s]) continue;
            ct_buf_printf(out, "%s%zu %s", comma, list[i].hosts[s], ct_state_name((enum ct_state)s));
            comma = ", ";
        }
        ct_buf_byte(out, '\n');
    }
    if (n > NAMED && !m->set->verbose) ct_buf_printf(out, "  and %zu more: -v\n", n - NAMED);
    return CT_OK;
}

static void names_of(const struct merged *m, struct ct_buf *out, enum ct_merge_status status, size_t columns)
{
    struct ct_buf b;
    ct_buf_init(&b, m->scratch, TEXT_MAX);
    size_t shown = 0;
    ct_buf_printf(&b, "  ");
    for (size_t i = 0; i < m->merge.n; i++) {
        if (m->merge.hosts[i].status != status) continue;
        if (shown == 4 * NAMED && !m->set->verbose) break;
        if (shown++) ct_buf_text(&b, ", ");
        ct_print_text(&b, m->merge.hosts[i].name);
    }
    if (shown < m->merge.by_status[status]) ct_buf_printf(&b, " and %zu more: -v", m->merge.by_status[status] - shown);
    if (b.err && !out->err) out->err = b.err;
    ct_flow(out, ct_buf_view(&b), columns, 2);
}

static void affected_host(const struct merged *m, struct ct_buf *out, const struct ct_merge_host *h)
{
    const struct ct_old_host *r = h->report;
    ct_buf_text(out, "  ");
    ct_print_text(out, h->name);
    if (r->image.n) {
        ct_buf_text(out, " image ");
        ct_print_text(out, r->image);
    }
    const char *comma = ": ";
    for (int s = 0; s < CT_STATE_COUNT; s++) {
        if (!h->by_state[s] || s == CT_STATE_FIXED || s == CT_STATE_NOT_AFFECTED) continue;
        ct_buf_printf(out, "%s%llu %s", comma, (unsigned long long)h->by_state[s], ct_state_name((enum ct_state)s));
        comma = ", ";
    }
    if (!r->has_host_line || !r->complete) ct_buf_text(out, "; not all of it was read");
    ct_buf_byte(out, '\n');
    ct_str before = {NULL, 0};
    size_t shown = 0;
    for (const struct ct_old_finding *f = r->findings; f; f = f->next) {
        if (ct_str_eq(f->path, before) || f->state == CT_STATE_FIXED || f->state == CT_STATE_NOT_AFFECTED) continue;
        if (shown++ == 3 && !m->set->verbose) {
            ct_buf_text(out, "    and more: -v\n");
            break;
        }
        before = f->path;
        ct_buf_printf(out, "    %s ", ct_state_name(f->state));
        ct_print_text(out, f->product);
        ct_buf_byte(out, ' ');
        ct_print_text(out, f->version);
        ct_buf_byte(out, ' ');
        ct_print_text(out, f->path);
        ct_buf_byte(out, '\n');
    }
}

static void coverage(const struct merged *m, struct ct_buf *out, size_t columns)
{
    const struct ct_merge *g = &m->merge;
    struct ct_buf b;
    ct_buf_init(&b, m->scratch, 65536);
    if (g->expected) {
        ct_counted(&b, g->expected, "host expected", "hosts expected");
        ct_buf_text(&b, "; ");
    }
    ct_number(&b, g->answered);
    ct_buf_text(&b, " answered: ");
    ct_number(&b, g->by_status[CT_MERGE_AFFECTED]);
    ct_buf_text(&b, " affected");
    if (g->affected_incomplete) ct_buf_printf(&b, " (%zu of them not read to the end)", g->affected_incomplete);
    ct_buf_text(&b, ", ");
    ct_number(&b, g->by_status[CT_MERGE_CLEAN]);
    ct_buf_text(&b, " clean, ");
    ct_number(&b, g->by_status[CT_MERGE_INCOMPLETE]);
    ct_buf_text(&b, " incomplete");
    if (g->expected) {
        ct_buf_text(&b, "; ");
        ct_number(&b, g->by_status[CT_MERGE_SILENT]);
        ct_buf_text(&b, " silent");
    }
    if (g->unexpected) ct_buf_printf(&b, "; %zu answered whom nobody expected", g->unexpected);
    if (g->replaced) ct_buf_printf(&b, "; %zu older reports of the same hosts left out", g->replaced);
    if (g->joined) ct_buf_printf(&b, "; %zu older reports joined with newer ones that reach less far", g->joined);
    if (m->unread) ct_buf_printf(&b, "; %zu files held no report", m->unread);
    ct_buf_byte(&b, '.');
    if (b.err && !out->err) out->err = b.err;
    ct_flow(out, ct_buf_view(&b), columns, 2);
}

static ct_err give_table(struct merged *m)
{
    const struct ct_merge *g = &m->merge;
    struct ct_buf b;
    size_t columns = ct_terminal_columns(STDOUT_FILENO), shown = 0;
    ct_buf_init(&b, m->arena, TEXT_MAX);
    coverage(m, &b, columns);
    CT_TRY(per_cve(m, &b));
    if (g->by_status[CT_MERGE_AFFECTED]) ct_buf_text(&b, "\nAffected\n");
    for (size_t i = 0; i < g->n && g->hosts[i].status == CT_MERGE_AFFECTED; i++) {
        if (shown++ == NAMED && !m->set->verbose) {
            ct_buf_printf(&b, "  and %zu more hosts: -v, or --output csv\n", g->by_status[CT_MERGE_AFFECTED] - NAMED);
            break;
        }
        affected_host(m, &b, &g->hosts[i]);
    }
    if (g->by_status[CT_MERGE_INCOMPLETE]) ct_buf_text(&b, "\nIncomplete: nothing found, but not all was read\n");
    for (size_t i = 0; i < g->n; i++) {
        const struct ct_old_host *r = g->hosts[i].report;
        if (g->hosts[i].status != CT_MERGE_INCOMPLETE) continue;
        ct_buf_text(&b, "  ");
        ct_print_text(&b, g->hosts[i].name);
        ct_buf_text(&b, ": ");
        if (!r->has_host_line) ct_buf_text(&b, "the report ends early");
        else if (r->interrupted) ct_buf_text(&b, "interrupted");
        else ct_print_text(&b, ct_str_slice(r->first_problem, 0, 300));
        if (r->n_problems > 1) ct_buf_printf(&b, " and %llu more", (unsigned long long)(r->n_problems - 1));
        ct_buf_byte(&b, '\n');
    }
    if (g->by_status[CT_MERGE_SILENT]) {
        ct_buf_text(&b, "\nSilent: expected, and no report\n");
        names_of(m, &b, CT_MERGE_SILENT, columns);
    }
    if (g->by_status[CT_MERGE_CLEAN]) {
        ct_buf_text(&b, "\nClean\n");
        names_of(m, &b, CT_MERGE_CLEAN, columns);
    }
    for (size_t i = 0; i < g->n_collisions; i++) {
        if (i == 0) ct_buf_text(&b, "\nOne machine id, several machines (clones): each counts\n");
        ct_buf_text(&b, "  ");
        ct_print_text(&b, g->collisions[i]);
        ct_buf_byte(&b, '\n');
    }
    return give(m, &b);
}

static ct_err run(struct merged *m, char **files, size_t n_files)
{
    CT_TRY(ct_arena_new(&ct_alloc_libc, STORE_MAX, &m->arena));
    CT_TRY(ct_arena_new(&ct_alloc_libc, 2 * (size_t)TEXT_MAX, &m->scratch));
    ct_out_init(&m->out, STDOUT_FILENO);
    ct_old_reports_init(&m->reports, m->arena);
    CT_TRY(read_expected(m));
    for (size_t i = 0; i < n_files; i++) CT_TRY(read_report(m, files[i]));
    CT_TRY(ct_merge_reports(m->arena, &m->reports, m->expected, m->n_expected, &m->merge));
    CT_TRY(m->set->output == CT_SCAN_CSV ? give_csv(m) : give_table(m));
    return ct_out_flush(&m->out);
}

int ct_scan_report_command(const struct ct_scan_settings *set, char **files, size_t n_files)
{
    if (n_files == 0 || (set->output != CT_SCAN_TABLE && set->output != CT_SCAN_CSV)) {
        ct_complain("caltrop scan report", n_files ? "writes a table or --output csv" : "needs the reports to read: caltrop scan report *.json");
        return 2;
    }
    struct merged *m = calloc(1, sizeof *m);
    if (!m) return 4;
    m->set = set;
    ct_err e = run(m, files, n_files);
    const size_t *by = m->merge.by_status;
    int status = by[CT_MERGE_INCOMPLETE] || by[CT_MERGE_SILENT] || m->merge.affected_incomplete || m->unread ? 3 : by[CT_MERGE_AFFECTED] > 0;
    if (m->out.err) ct_complain("caltrop", "cannot write the output: %s", strerror(m->out.sys));
    else if (e != CT_OK && e != CT_ERR_USAGE) ct_complain("caltrop scan report", "%s", ct_err_text(e));
    ct_arena_free(m->scratch);
    ct_arena_free(m->arena);
    free(m);
    return e == CT_ERR_USAGE ? 2 : e != CT_OK ? 4 : status;
}
