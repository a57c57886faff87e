/* scan --fix, --apply and --undo: what can be taken out, what that mitigates, what is left to do. */
#include "cli/data_dir.h"
#include "cli/flow.h"
#include "cli/progress.h"
#include "cli/scan_run.h"

#include "base/limits.h"
#include "fix/fix.h"
#include "text/printable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NAMES_MAX = 32, FIX_ARENA_MAX = 256 << 20, TEXT_MAX = 16 << 20 };

const char *ct_scan_fix_check(const struct ct_scan_settings *set, bool paths)
{
    if (set->apply && !set->fix) return "--apply goes with --fix";
    if (set->fix && set->undo) return "--fix and --undo are two things: one at a time";
    if (set->fix && (set->image || set->output != CT_SCAN_TABLE || set->sbom || set->compare))
        return "--fix shows a plan: it does not go with --image, --output, --json, --sbom and --compare";
    if (set->undo && paths) return "--undo ID takes no paths: the run knows its files";
    return NULL;
}

/* <data directory>/fixes; made with its parents when it is to be written to. */
static bool fixes_dir(const struct ct_scan_settings *set, bool make, char out[CT_DATA_DIR_SIZE])
{
    if (!ct_data_dir(set->data_dir, out)) {
        ct_complain("caltrop scan", "there is no place for originals: name one with --data-dir DIR");
        return false;
    }
    size_t n = strlen(out);
    (void)snprintf(out + n, CT_DATA_DIR_SIZE - n, "/fixes"); /* ct_data_dir leaves room */
    if (!make || ct_make_dirs(out)) return true;
    ct_complain("caltrop scan", "%s cannot be made: %s; name another place with --data-dir DIR", out, strerror(errno));
    return false;
}

/* Where the file on disk ends in a chain path: at the first "!/" that a regular file stands before, since a folder may be called "x!". */
static ct_str file_of(ct_str path)
{
    char z[4096];
    struct stat st;
    for (size_t from = 0;;) {
        size_t at = ct_str_find(ct_str_slice(path, from, path.n), CT_STR("!/"));
        if (at == CT_STR_NONE) return path;
        ct_str file = ct_str_slice(path, 0, from + at);
        from += at + 2;
        if (file.n >= sizeof z) return path;
        memcpy(z, file.p, file.n);
        z[file.n] = 0;
        if (lstat(z, &st) == 0 && S_ISREG(st.st_mode)) return file;
    }
}

static ct_err cut_of(ct_arena *arena, ct_str path, struct ct_fix_cut *ret_cut)
{
    ct_str *names = ct_arena_array(arena, NAMES_MAX, sizeof *names);
    if (!names) return CT_ERR_NOMEM;
    *ret_cut = (struct ct_fix_cut){.file = file_of(path), .names = names};
    ct_str rest = ct_str_slice(path, ret_cut->file.n + 2, path.n);
    while (rest.n && ret_cut->n_names < NAMES_MAX) {
        size_t at = ct_str_find(rest, CT_STR("!/"));
        ct_str name = at == CT_STR_NONE ? rest : ct_str_slice(rest, 0, at);
        names[ret_cut->n_names++] = name;
        rest = at == CT_STR_NONE ? (ct_str){NULL, 0} : ct_str_slice(rest, at + 2, rest.n);
    }
    return CT_OK;
}

static ct_err all_cuts(ct_arena *arena, const ct_scan_report *r, struct ct_fix_cut **ret_cuts, size_t *ret_n)
{
    size_t n = 0, max = 0;
    for (size_t i = 0; i < r->n_findings; i++) max += r->findings[i]->finding.n_remove;
    struct ct_fix_cut *cuts = ct_arena_array(arena, max + 1, sizeof *cuts);
    if (!cuts) return CT_ERR_NOMEM;
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct ct_scan_finding *f = &r->findings[i]->finding;
        for (size_t k = 0; k < f->n_remove; k++) CT_TRY(cut_of(arena, f->remove[k], &cuts[n++]));
    }
    *ret_cuts = cuts;
    *ret_n = n;
    return CT_OK;
}

struct page {
    struct ct_scan_state *s;
    struct ct_buf b;
};

static void line(struct page *p, const char *head, ct_str text, size_t indent)
{
    struct ct_buf b;
    ct_buf_init(&b, p->b.arena, TEXT_MAX);
    ct_buf_text(&b, head);
    ct_print_text(&b, text);
    if (b.err && !p->b.err) p->b.err = b.err;
    ct_flow(&p->b, ct_buf_view(&b), p->s->columns, indent);
}

/* Is the finding in this file? A loose class is a file of its own, and its finding names the folder. */
static bool lies_in(const struct ct_scan_finding *f, const struct ct_fix_target *t)
{
    bool in = ct_str_eq(file_of(f->path), t->file);
    for (size_t k = 0; k < f->n_remove && !in; k++) in = ct_str_eq(file_of(f->remove[k]), t->file);
    return in;
}

/* Everything found in this file that is open: by the removal mitigated, or left. */
static void effects(struct page *p, const struct ct_fix_target *t, bool mitigated)
{
    const ct_scan_report *r = p->s->report;
    struct ct_buf b;
    ct_str seen[64];
    size_t n = 0;
    ct_buf_init(&b, p->b.arena, TEXT_MAX);
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct ct_scan_finding *f = &r->findings[i]->finding;
        bool open = r->findings[i]->state == CT_STATE_AFFECTED || (r->findings[i]->state == CT_STATE_UNDER_INVESTIGATION && f->n_remove);
        bool known = !open || (f->n_remove > 0) != mitigated || !lies_in(f, t);
        for (size_t k = 0; k < n && !known; k++) known = ct_str_eq(seen[k], f->vulnerability);
        if (known || n == sizeof seen / sizeof *seen) continue;
        if (n) ct_buf_text(&b, ", ");
        ct_buf_add(&b, f->vulnerability);
        seen[n++] = f->vulnerability;
    }
    if (n) line(p, mitigated ? "    mitigates: " : "    leaves affected: ", ct_buf_view(&b), 6);
}

static void cuts_of(struct page *p, const struct ct_fix_target *t)
{
    if (t->whole) line(p, "    takes away the file itself", CT_STR(""), 6);
    for (size_t i = 0; i < t->n_cuts; i++) {
        struct ct_buf b;
        ct_buf_init(&b, p->b.arena, TEXT_MAX);
        for (size_t k = 0; k < t->cuts[i].n; k++) {
            if (k) ct_buf_text(&b, "!/");
            ct_buf_add(&b, t->cuts[i].names[k]);
        }
        line(p, "    takes out: ", ct_buf_view(&b), 6);
    }
}

static void target_of(struct page *p, const struct ct_fix_target *t)
{
    line(p, "  ", t->file, 2);
    if (t->refused[0]) {
        line(p, "    not changed: ", ct_str_from(t->refused), 6);
        return;
    }
    cuts_of(p, t);
    effects(p, t, true);
    effects(p, t, false);
    if (t->signature) line(p, "    mind: it is signed, and the signature no longer covers all that it names; a program that checks it will refuse the file", CT_STR(""), 6);
    if (t->owner[0]) line(p, "    mind: its next upgrade or reinstall brings the old file back: package ", ct_str_from(t->owner), 6);
}

static void restarts(struct page *p, const struct ct_fix_plan *plan)
{
    const ct_scan_report *r = p->s->report;
    uint64_t seen[256];
    size_t n = 0;
    for (size_t i = 0; i < r->n_findings; i++) {
        const struct ct_scan_finding *f = &r->findings[i]->finding;
        bool changed = false;
        for (size_t k = 0; k < plan->n && !changed; k++) changed = plan->targets[k].done && ct_str_eq(file_of(f->path), plan->targets[k].file);
        for (size_t k = 0; k < f->n_processes && changed; k++) {
            const struct ct_scan_process *q = &f->processes[k];
            struct ct_buf b;
            bool known = n == sizeof seen / sizeof *seen;
            for (size_t m = 0; m < n && !known; m++) known = seen[m] == q->pid;
            if (known) continue;
            if (n == 0) ct_buf_text(&p->b, "\nRestart, since these still run the old code:\n");
            seen[n++] = q->pid;
            ct_buf_init(&b, p->b.arena, TEXT_MAX);
            ct_buf_add(&b, q->name);
            if (q->unit.n) ct_buf_text(&b, ", unit "), ct_buf_add(&b, q->unit);
            if (q->container.n) ct_buf_text(&b, ", container "), ct_buf_add(&b, q->container);
            char head[40];
            (void)snprintf(head, sizeof head, "  %llu ", (unsigned long long)q->pid);
            line(p, head, ct_buf_view(&b), 4);
        }
    }
    if (n == 0 && strcmp(r->host.processes, "no") == 0)
        line(p, "\nRestart what uses these files: this scan did not look at processes (--processes).", CT_STR(""), 2);
}

static size_t count_done(const struct ct_fix_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++) n += plan->targets[i].done;
    return n;
}

static void show_targets(struct page *p, const struct ct_fix_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (!plan->targets[i].refused[0]) target_of(p, &plan->targets[i]);
    bool any = false;
    for (size_t i = 0; i < plan->n; i++) {
        if (!plan->targets[i].refused[0]) continue;
        if (!any) ct_buf_text(&p->b, "\nLeft alone:\n");
        any = true;
        target_of(p, &plan->targets[i]);
    }
}

static int show_plan(struct page *p, const struct ct_fix_plan *plan)
{
    if (plan->n == 0) {
        line(p, "Nothing here is mitigated by taking a class out", ct_str_from(p->s->report->host.findings ? "; 'caltrop scan' without --fix says what else to do." : "."), 2);
        return p->s->report->host.complete ? p->s->report->host.findings > 0 : 3;
    }
    ct_counted(&p->b, plan->ready, "file would change", "files would change");
    ct_buf_text(&p->b, ":\n");
    show_targets(p, plan);
    if (plan->ready) line(p, "\nNothing was changed. The same with --apply does it, keeps the originals and can be undone.", CT_STR(""), 2);
    return 1;
}

static int apply(struct page *p, ct_arena *arena, struct ct_fix_plan *plan)
{
    char dir[CT_DATA_DIR_SIZE], id[CT_FIX_ID_SIZE] = "", head[160];
    struct ct_fault fault = {0};
    if (plan->ready == 0) return show_plan(p, plan);
    if (!fixes_dir(p->s->set, true, dir)) return 4;
    ct_err err = ct_fix_apply(arena, plan, dir, ct_interrupt_flag(), id, &fault);
    size_t done = count_done(plan);
    ct_counted(&p->b, done, "file was changed", "files were changed");
    ct_buf_text(&p->b, done || plan->n > done ? ":\n" : ".\n");
    show_targets(p, plan);
    restarts(p, plan);
    if (done) {
        (void)snprintf(head, sizeof head, "\nUndo with: caltrop scan --undo %s%s", id, p->s->set->data_dir ? " --data-dir " : "");
        line(p, head, ct_str_from(p->s->set->data_dir ? p->s->set->data_dir : ""), 2);
        line(p, "Then scan again: only that shows what is left.", CT_STR(""), 2);
    }
    if (err != CT_OK) ct_complain("caltrop scan", "stopped early: %s", *fault.detail ? fault.detail : ct_err_text(err));
    return err == CT_ERR_INTERRUPTED ? 130 : err != CT_OK || done < plan->n ? 4 : 0;
}

int ct_scan_fix(struct ct_scan_state *s)
{
    ct_arena *arena;
    struct ct_fix_cut *cuts;
    struct ct_fix_plan plan = {0};
    struct page p = {.s = s};
    size_t n;
    int status = 4;
    if (ct_arena_new(&ct_alloc_libc, CT_FIX_MEMORY_MAX, &arena) != CT_OK) return 4;
    ct_buf_init(&p.b, s->scratch, TEXT_MAX);
    ct_err err = all_cuts(arena, s->report, &cuts, &n);
    if (err == CT_OK) err = ct_fix_plan(arena, cuts, n, "/var/lib/dpkg/info", &plan);
    if (err == CT_OK) status = s->set->apply ? apply(&p, arena, &plan) : show_plan(&p, &plan);
    if (err == CT_OK && !(err = p.b.err) && (err = ct_out_write(&s->out, ct_buf_view(&p.b))) == CT_OK) err = ct_out_flush(&s->out);
    if (err != CT_OK) ct_complain("caltrop scan", "%s", ct_err_text(err));
    ct_arena_free(arena);
    return err == CT_OK ? status : 4;
}

struct undone {
    struct ct_out out;
    ct_arena *arena;
    size_t restored, kept;
};

static void tell(void *ctx, ct_str file, enum ct_fix_undone what, const char *why, const char *backup)
{
    static const char *const words[] = {[CT_FIX_RESTORED] = "restored: ", [CT_FIX_WAS_ORIGINAL] = "is the original already: ", [CT_FIX_KEPT] = "left alone: "};
    struct undone *u = ctx;
    struct ct_buf b;
    ct_arena_clear(u->arena);
    ct_buf_init(&b, u->arena, 1 << 16);
    ct_buf_text(&b, words[what]);
    ct_print_text(&b, file);
    if (what == CT_FIX_KEPT) {
        ct_buf_text(&b, ": ");
        ct_print_text(&b, ct_str_from(why));
        ct_buf_text(&b, "; its original is ");
        ct_print_text(&b, ct_str_from(backup));
    }
    ct_buf_byte(&b, '\n');
    if (ct_out_write(&u->out, ct_buf_view(&b)) == CT_OK) u->restored += what == CT_FIX_RESTORED;
    u->kept += what == CT_FIX_KEPT;
}

int ct_scan_undo(const struct ct_scan_settings *set)
{
    char dir[CT_DATA_DIR_SIZE];
    struct undone u = {0};
    struct ct_fault fault = {0};
    ct_arena *arena = NULL;
    if (!fixes_dir(set, false, dir)) return 4;
    ct_out_init(&u.out, 1);
    ct_err err = ct_arena_new(&ct_alloc_libc, FIX_ARENA_MAX, &arena);
    if (err == CT_OK) err = ct_arena_new(&ct_alloc_libc, 1 << 20, &u.arena);
    if (err == CT_OK) err = ct_fix_undo(arena, dir, set->undo, tell, &u, &fault);
    ct_arena_free(arena);
    ct_arena_free(u.arena);
    bool written = ct_out_flush(&u.out) == CT_OK;
    if (err == CT_ERR_NOT_FOUND) ct_complain("caltrop scan", "--undo %s: %s holds no such run", set->undo, dir);
    else if (u.kept) ct_complain("caltrop scan", "--undo %s: some files were left alone", set->undo);
    else if (err != CT_OK) ct_complain("caltrop scan", "--undo %s: %s", set->undo, *fault.detail ? fault.detail : ct_err_text(err));
    else if (!written) ct_complain("caltrop scan", "cannot write the output: %s", strerror(u.out.sys));
    return err == CT_ERR_NOT_FOUND ? 2 : err == CT_OK && written ? 0 : 4;
}
