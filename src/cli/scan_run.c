#include "cli/scan_run.h"

#include "base/limits.h"
#include "cli/progress.h"
#include "os/clock.h"
#include "os/file.h"
#include "scan/identity.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SCRATCH_MAX = 32 << 20, TEXT_MAX = 16 << 20, FINGERPRINT_FILE_MAX = 1 << 20, FILES_WANTED = 1024, OLD_REPORT_MAX = 256 << 20, BIG = 256 << 10 };

static ct_err complain_fault(const char *option, const char *value, ct_err e, const struct ct_fault *fault)
{
    char line[32] = "";
    if (fault->line) (void)snprintf(line, sizeof line, "line %llu: ", (unsigned long long)fault->line);
    ct_complain("caltrop scan", "%s %s: %s%s", option, value, line, *fault->detail ? fault->detail : ct_err_text(e));
    return e == CT_ERR_NOMEM ? e : CT_ERR_USAGE;
}

static ct_err add_fingerprint_file(struct ct_scan_state *s, const char *path)
{
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n;
    ct_err e = ct_file_read(&ct_alloc_libc, path, FINGERPRINT_FILE_MAX, &p, &n, &fault);
    if (e != CT_OK) return complain_fault("--fingerprints", path, e, &fault);
    e = ct_fingerprints_add(s->fingerprints, (ct_str){p, n}, &fault);
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
    return e == CT_OK ? e : complain_fault("--fingerprints", path, e, &fault);
}

static ct_err read_fingerprints(struct ct_scan_state *s)
{
    struct ct_fault fault = {0};
    CT_TRY(ct_fingerprints_new(&ct_alloc_libc, &s->fingerprints));
    ct_err e = ct_fingerprints_add_shipped(s->fingerprints, &fault);
    if (e != CT_OK) return complain_fault("fingerprints", "of this program", e, &fault);
    for (size_t i = 0; i < s->set->fingerprints.n; i++) CT_TRY(add_fingerprint_file(s, s->set->fingerprints.items[i]));
    for (size_t i = 0; i < s->set->suspect_classes.n; i++) {
        const char *name = s->set->suspect_classes.items[i];
        e = ct_fingerprints_add_suspect(s->fingerprints, ct_str_from(name), &fault);
        if (e != CT_OK) return complain_fault("--suspect-class", name, e, &fault);
    }
    return CT_OK;
}

static ct_err read_advisories(struct ct_scan_state *s)
{
    const struct ct_scan_settings *set = s->set;
    struct ct_fault fault = {0};
    uint64_t n;
    for (size_t i = 0; i < set->suspects.n; i++) {
        s->suspect_texts[i] = ct_str_from(set->suspects.items[i]);
        ct_err e = ct_suspicion_parse(s->report->arena, s->suspect_texts[i], &s->suspects[i], &fault);
        if (e != CT_OK) return complain_fault("--suspect", set->suspects.items[i], e, &fault);
    }
    if (set->advisories.n == 0) return CT_OK;
    CT_TRY(ct_advisories_new(&ct_alloc_libc, CT_ADVISORIES_MAX, &s->advisories));
    for (size_t i = 0; i < set->advisories.n; i++) {
        const char *path = set->advisories.items[i];
        ct_err e = ct_advise_load(&ct_alloc_libc, s->advisories, path, s->report, &n, &fault);
        if (e == CT_OK && n == 0) e = ct_fault_set(&fault, CT_ERR_NOT_FOUND, 0, "holds no OSV record that can be read");
        if (e != CT_OK) return complain_fault("--advisories", path, e, &fault);
    }
    return CT_OK;
}

/* The report to compare with: before the scan, which may take hours. */
static ct_err read_old(struct ct_scan_state *s, const char *path)
{
    struct ct_fault fault = {0};
    unsigned char *p;
    size_t n;
    ct_err e = ct_file_read(&ct_alloc_libc, path, OLD_REPORT_MAX, &p, &n, &fault);
    if (e != CT_OK) return complain_fault("--compare", path, e, &fault);
    e = ct_arena_new(&ct_alloc_libc, OLD_REPORT_MAX, &s->old);
    if (e == CT_OK) ct_old_reports_init(&s->old_reports, s->old);
    if (e == CT_OK) e = ct_old_reports_add(&s->old_reports, ct_str_from(path), (ct_str){p, n});
    ct_alloc_put(&ct_alloc_libc, p, n + 1);
    if (e != CT_OK || s->old_reports.hosts) return e;
    ct_complain("caltrop scan", "--compare %s: holds no report", path);
    return CT_ERR_USAGE;
}

/* Directories stay open while others are walked below them: take what the system gives. */
static void raise_limits(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= FILES_WANTED) return;
    l.rlim_cur = l.rlim_max < FILES_WANTED ? l.rlim_max : FILES_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &l);
}

/* Archives held whole and decoders' windows come and go: by default the C library takes the first of them for a reason to keep such sizes
 * in its heap from then on, and a scan of a whole host ended with a third more memory than it ever used at once. */
static void give_back_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, BIG);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * BIG);
}

ct_err ct_scan_begin(struct ct_scan_state *s, const struct ct_scan_settings *set)
{
    *s = (struct ct_scan_state){.set = set};
    ct_out_init(&s->out, STDOUT_FILENO);
    s->columns = ct_terminal_columns(STDOUT_FILENO);
    s->colour = ct_terminal_colour(STDOUT_FILENO);
    raise_limits();
    give_back_memory();
    CT_TRY(ct_arena_new(&ct_alloc_libc, SCRATCH_MAX, &s->scratch));
    CT_TRY(ct_scan_report_new(&ct_alloc_libc, &s->report));
    struct ct_scan_host *h = &s->report->host;
    h->started_us = ct_clock_real_us();
    h->families = set->zip_only ? "zip" : "all";
    h->processes = "no";
    h->uid = geteuid();
    h->privileges = h->uid == 0 ? "root" : "user";
    CT_TRY(ct_scan_identify(s->report->arena, &h->who));
    CT_TRY(read_fingerprints(s));
    CT_TRY(read_advisories(s));
    if (set->sbom) CT_TRY(ct_scan_sbom_begin(set));
    return set->compare ? read_old(s, set->compare) : CT_OK;
}

static bool between(void *ctx, const struct ct_survey_progress *p)
{
    struct ct_scan_state *s = ctx;
    ct_progress_share(&s->progress, p->files, p->bytes, p->done, p->found);
    s->time_is_up = s->until_ms && ct_clock_mono_ms() >= s->until_ms;
    return ct_interrupted() || s->time_is_up;
}

static ct_err read_os(struct ct_scan_state *s)
{
    static const char *const places[] = {"/etc/os-release", "/usr/lib/os-release"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        unsigned char *p;
        size_t n;
        ct_str text;
        if (ct_file_read(&ct_alloc_libc, places[i], 65536, &p, &n, NULL) != CT_OK) continue;
        ct_err e = ct_arena_dup(s->report->arena, (ct_str){p, n}, &text);
        ct_alloc_put(&ct_alloc_libc, p, n + 1);
        return e == CT_OK ? ct_packages_os(s->report->arena, text, &s->os) : e;
    }
    return CT_OK;
}

static bool wants_components(const struct ct_scan_settings *set)
{
    return set->sbom || set->advisories.n || set->suspects.n || set->output == CT_SCAN_ECS || set->keep;
}

static ct_err finish(struct ct_scan_state *s, ct_err e)
{
    s->report->host.ended_us = ct_clock_real_us();
    if (e == CT_ERR_INTERRUPTED) e = CT_OK;
    struct ct_advise advise = {.db = s->advisories, .suspects = s->suspects, .suspect_texts = s->suspect_texts, .n_suspects = s->set->suspects.n, .os_release = s->report->host.who.os_version};
    if (e == CT_OK && (s->advisories || s->set->suspects.n)) e = ct_advise(&ct_alloc_libc, &advise, s->report);
    if (e == CT_OK) e = ct_running_join(s->running);
    if (e == CT_OK) e = ct_scan_report_finish(s->report, &s->links);
    if (e != CT_OK || !s->set->compare) return e;
    CT_TRY(ct_scan_compare(s->report, &s->old_reports, &s->comparison));
    if (!s->comparison.old) ct_complain("caltrop scan", "--compare %s: holds no report of this host: nothing was compared", s->set->compare);
    return CT_OK;
}

static void on_image_progress(void *ctx, double done, uint64_t files) { ct_progress_share(ctx, files, 0, done, 0); }

ct_err ct_scan_one_image(struct ct_scan_state *s, ct_image *image, size_t n)
{
    const struct ct_scan_settings *set = s->set;
    struct ct_progress progress;
    struct ct_inspect_opts opts = {
        .fingerprints = s->fingerprints, .families = set->zip_only ? CT_FAMILY_ZIP : CT_FAMILIES_ALL, .components = wants_components(set),
        .hashes = set->sbom != NULL, .stop = ct_interrupt_flag(),
    };
    ct_progress_begin(&progress, !set->quiet);
    ct_err e = ct_image_scan(image, n, &opts, s->report, on_image_progress, &progress);
    ct_progress_hide(&progress);
    return finish(s, e);
}

static bool between_processes(void *ctx, uint64_t n)
{
    (void)ctx;
    (void)n;
    return ct_interrupted();
}

static ct_err look_at_processes(struct ct_scan_state *s, const struct ct_inspect_opts *inspect, bool whole_host)
{
    const struct ct_scan_settings *set = s->set;
    bool wanted = set->processes == CT_SCAN_PROCESSES || (set->processes == CT_SCAN_PROCESSES_DEFAULT && whole_host && geteuid() == 0);
    if (!wanted || s->report->interrupted) return CT_OK;
    struct ct_running_opts opts = {.processes = {.include_network = set->include_network}, .inspect = *inspect, .between = between_processes};
    return ct_running_new(&ct_alloc_libc, &opts, s->report, &s->running);
}

ct_err ct_scan_roots(struct ct_scan_state *s, const char *const *roots, size_t n_roots)
{
    static const char *const everything[] = {"/"};
    const struct ct_scan_settings *set = s->set;
    CT_TRY(read_os(s));
    ct_progress_begin(&s->progress, !set->quiet);
    if (set->seconds) s->until_ms = ct_clock_mono_ms() + (int64_t)set->seconds * 1000;
    struct ct_survey_opts opts = {
        .roots = n_roots ? roots : everything, .n_roots = n_roots ? n_roots : 1, .exclude = set->exclude.items, .n_exclude = set->exclude.n,
        .include_network = set->include_network, .whole_host = n_roots == 0, .jobs = set->jobs,
        .files_per_second = set->files_per_second, .bytes_per_second = set->bytes_per_second,
        .inspect = {.fingerprints = s->fingerprints, .families = set->zip_only ? CT_FAMILY_ZIP : CT_FAMILIES_ALL, .os = &s->os,
                    .components = wants_components(set), .hashes = set->sbom != NULL},
        .between = between, .ctx = s,
    };
    ct_err e = ct_survey_run(&ct_alloc_libc, &opts, s->report, &s->links);
    ct_progress_hide(&s->progress);
    if (s->time_is_up && !ct_interrupted()) {
        s->report->interrupted = false;
        ct_scan_report_note(s->report, CT_STR(""), true, "stopped after %u seconds: 'caltrop scan' looks at all of it", set->seconds);
    }
    if (e == CT_OK) e = look_at_processes(s, &opts.inspect, opts.whole_host);
    return finish(s, e);
}

static ct_err give(struct ct_scan_state *s, const struct ct_buf *b)
{
    return b->err ? b->err : ct_out_write(&s->out, ct_buf_view(b));
}

ct_err ct_scan_give_ecs(struct ct_scan_state *s, ct_scan_write_fn *write, void *ctx)
{
    const ct_scan_report *r = s->report;
    struct ct_buf b;
    for (size_t i = 0; i < r->n_findings + s->comparison.n_gone + r->n_components + 1; i++) {
        size_t gone = i - r->n_findings, component = gone - s->comparison.n_gone;
        ct_arena_clear(s->scratch);
        ct_buf_init(&b, s->scratch, TEXT_MAX);
        if (i < r->n_findings) {
            if (!ct_scan_state_open(r->findings[i]->state) && !s->set->verbose) continue;
            ct_scan_finding_ecs(&b, &r->findings[i]->finding, &r->host);
        } else if (gone < s->comparison.n_gone) {
            ct_scan_finding_ecs(&b, &s->comparison.gone[gone], &r->host);
        } else if (component < r->n_components) {
            const struct ct_component *c = &r->components[component]->component;
            const struct ct_scan_component out = {
                .purl = c->purl, .name = c->name, .version = c->version, .path = c->path, .source = ct_component_source_name(c->source),
                .licence = c->licence, .sha1 = c->sha1, .sha256 = c->sha256,
            };
            ct_scan_component_ecs(&b, &out, &r->host);
        } else {
            ct_scan_host_ecs(&b, &r->host);
        }
        CT_TRY(b.err);
        CT_TRY(write(ctx, ct_buf_view(&b)));
    }
    return CT_OK;
}

static ct_err to_output(void *ctx, ct_str line) { return ct_out_write(&((struct ct_scan_state *)ctx)->out, line); }

static ct_err give_csv(struct ct_scan_state *s)
{
    const ct_scan_report *r = s->report;
    struct ct_buf b;
    bool any = false;
    ct_buf_init(&b, s->scratch, TEXT_MAX);
    if (!s->set->no_header && !s->set->another) ct_scan_csv_header(&b);
    for (size_t i = 0; i < r->n_findings; i++) {
        bool open = ct_scan_state_open(r->findings[i]->state);
        if (!open && !s->set->verbose) continue;
        any = true;
        ct_scan_csv(&b, &r->findings[i]->finding, &r->host);
        CT_TRY(give(s, &b));
        ct_arena_clear(s->scratch);
        ct_buf_init(&b, s->scratch, TEXT_MAX);
    }
    for (size_t i = 0; i < s->comparison.n_gone; i++) ct_scan_csv(&b, &s->comparison.gone[i], &r->host);
    if (!any) ct_scan_csv(&b, NULL, &r->host);
    return give(s, &b);
}

/* The number of the vulnerability among those before it; findings are sorted, so equal ones may stand apart. */
static ct_err give_sarif(struct ct_scan_state *s)
{
    const ct_scan_report *r = s->report;
    const struct ct_scan_finding **rules = ct_arena_array(r->arena, r->n_findings + 1, sizeof *rules);
    size_t *rule = ct_arena_array(r->arena, r->n_findings + 1, sizeof *rule), n_rules = 0;
    struct ct_buf b;
    bool first = true;
    if (!rules || !rule) return CT_ERR_NOMEM;
    for (size_t i = 0; i < r->n_findings; i++) {
        size_t k = 0;
        while (k < n_rules && !ct_str_eq(rules[k]->vulnerability, r->findings[i]->finding.vulnerability)) k++;
        if (k == n_rules) rules[n_rules++] = &r->findings[i]->finding;
        rule[i] = k;
    }
    ct_buf_init(&b, s->scratch, TEXT_MAX);
    ct_scan_sarif_begin(&b, rules, n_rules);
    CT_TRY(give(s, &b));
    for (size_t i = 0; i < r->n_findings; i++) {
        if (!ct_scan_state_open(r->findings[i]->state)) continue;
        ct_arena_clear(s->scratch);
        ct_buf_init(&b, s->scratch, TEXT_MAX);
        ct_scan_sarif(&b, &r->findings[i]->finding, rule[i], first);
        CT_TRY(give(s, &b));
        first = false;
    }
    ct_arena_clear(s->scratch);
    ct_buf_init(&b, s->scratch, TEXT_MAX);
    ct_scan_sarif_end(&b, &r->host);
    return give(s, &b);
}

static ct_err give_table(struct ct_scan_state *s)
{
    struct ct_buf b;
    if (s->set->quiet && !s->report->host.findings) return CT_OK;
    ct_buf_init(&b, s->scratch, TEXT_MAX);
    if (s->set->another) ct_buf_byte(&b, '\n');
    ct_scan_table(&b, s->report, s->set->compare ? &s->comparison : NULL, s->columns, s->colour, s->set->verbose);
    return give(s, &b);
}

static ct_err give_all(struct ct_scan_state *s)
{
    ct_err e = CT_OK;
    ct_arena_clear(s->scratch);
    switch (s->set->output) {
    case CT_SCAN_TABLE: e = give_table(s); break;
    case CT_SCAN_ECS: e = ct_scan_give_ecs(s, to_output, s); break;
    case CT_SCAN_CSV: e = give_csv(s); break;
    case CT_SCAN_SARIF: e = give_sarif(s); break;
    }
    return e == CT_OK ? ct_out_flush(&s->out) : e;
}

int ct_scan_end(struct ct_scan_state *s, ct_err err)
{
    const struct ct_scan_host *h = &s->report->host;
    bool told = false;
    if (err == CT_OK) err = give_all(s);
    if (err == CT_OK && s->set->sbom) {
        err = ct_scan_sbom(s);
        told = err != CT_OK;
    }
    if (s->out.err) ct_complain("caltrop", "cannot write the output: %s", strerror(s->out.sys));
    else if (err != CT_OK && err != CT_ERR_USAGE && !told) ct_complain("caltrop scan", "%s", ct_err_text(err));
    if (err != CT_OK) return err == CT_ERR_USAGE ? 2 : 4;
    if (h->interrupted) {
        ct_complain("caltrop scan", "interrupted: this report is partial");
        return 130;
    }
    return !h->complete ? 3 : h->findings > 0;
}

void ct_scan_release(struct ct_scan_state *s)
{
    ct_seen_done(&s->links);
    ct_running_free(s->running);
    ct_scan_report_free(s->report);
    ct_advisories_free(s->advisories);
    ct_fingerprints_free(s->fingerprints);
    ct_arena_free(s->old);
    ct_arena_free(s->scratch);
}
