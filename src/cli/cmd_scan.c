#include "cli/command.h"
#include "cli/progress.h"
#include "cli/scan_run.h"

#include "sbom/sbom.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *ct_scan_list_add(struct ct_scan_list *list, const char *value)
{
    if (list->n == CT_SCAN_LIST_MAX) return "is one too many";
    list->items[list->n++] = value;
    return NULL;
}

static const char *set_output(struct ct_scan_settings *s, const char *value)
{
    static const char *const names[] = {[CT_SCAN_TABLE] = "table", [CT_SCAN_ECS] = "ecs", [CT_SCAN_CSV] = "csv", [CT_SCAN_SARIF] = "sarif"};
    for (int i = 0; i <= CT_SCAN_SARIF; i++)
        if (strcmp(value, names[i]) == 0) {
            s->output = (enum ct_scan_output)i;
            return NULL;
        }
    return "is not one of table, ecs, csv, sarif";
}

/* "500/20": files and megabytes a second; either may be missing: "500", "/20". */
static const char *set_nice(struct ct_scan_settings *s, const char *value)
{
    static const char *const wrong = "is not FILES/MB a second, like 500/20, 500 or /20";
    ct_str rest = ct_str_from(value), files = ct_str_cut(&rest, '/');
    uint64_t mb;
    if (files.n && (!ct_str_u64(files, &s->files_per_second) || s->files_per_second == 0)) return wrong;
    if (rest.n && (!ct_str_u64(rest, &mb) || mb == 0 || mb > 1000000)) return wrong;
    if (rest.n) s->bytes_per_second = mb * 1000000;
    return files.n || rest.n ? NULL : wrong;
}

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct ct_scan_settings *s = ctx;
    uint64_t n;
    switch (id) {
    case CT_OPT_EXCLUDE: return ct_scan_list_add(&s->exclude, value);
    case CT_OPT_INCLUDE_NETWORK: s->include_network = true; break;
    case CT_OPT_PROCESSES: s->processes = CT_SCAN_PROCESSES; break;
    case CT_OPT_NO_PROCESSES: s->processes = CT_SCAN_NO_PROCESSES; break;
    case CT_OPT_FAMILIES:
        if (strcmp(value, "all") != 0 && strcmp(value, "zip") != 0) return "is not one of all, zip";
        s->zip_only = strcmp(value, "zip") == 0;
        break;
    case CT_OPT_FINGERPRINTS: return ct_scan_list_add(&s->fingerprints, value);
    case CT_OPT_SUSPECT_CLASS: return ct_scan_list_add(&s->suspect_classes, value);
    case CT_OPT_EXPECT: s->expect = value; break;
    case CT_OPT_COMPARE: s->compare = value; break;
    case CT_OPT_FIX: s->fix = true; break;
    case CT_OPT_APPLY: s->apply = true; break;
    case CT_OPT_UNDO: s->undo = value; break;
    case CT_OPT_DATA_DIR: s->data_dir = value; break;
    case CT_OPT_ACTOR: s->actor = value; break;
    case CT_OPT_WHY: s->why = value; break;
    case CT_OPT_SBOM: s->sbom = value; break;
    case CT_OPT_SBOM_FORMAT: {
        enum ct_sbom_format f;
        if (!ct_sbom_format_named(ct_str_from(value), &f)) return "is not one of cyclonedx, spdx";
        s->sbom_format = value;
        break;
    }
    case CT_OPT_IMAGE:
        if (s->image) return "is given twice: one image at a time";
        s->image = value;
        break;
    case CT_OPT_ADVISORIES: return ct_scan_list_add(&s->advisories, value);
    case CT_OPT_SUSPECT: return ct_scan_list_add(&s->suspects, value);
    case CT_OPT_NICE: return set_nice(s, value);
    case CT_OPT_JSON: s->output = CT_SCAN_ECS; break;
    case CT_OPT_OUTPUT: return set_output(s, value);
    case CT_OPT_NO_HEADER: s->no_header = true; break;
    case CT_OPT_JOBS:
        if (!ct_str_u64(ct_str_from(value), &n) || n < 1 || n > 64) return "is not a number of threads from 1 to 64";
        s->jobs = (unsigned)n;
        break;
    case CT_OPT_VERBOSE: s->verbose = true; break;
    case CT_OPT_QUIET: s->quiet = true; break;
    default: return "is not an option here";
    }
    return NULL;
}

/* Others come first, for processor and disk. What the system refuses is not worth a word. */
static void step_back(void)
{
    enum { WHO_PROCESS = 1, CLASS_IDLE = 3 << 13 };
    (void)setpriority(PRIO_PROCESS, 0, 19);
    (void)syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_IDLE);
}

/* Of two statuses the one that says more: failed, interrupted, incomplete, found, clean. */
static int worse(int a, int b)
{
    static const int order[] = {4, 130, 2, 3, 1, 0};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i]) return order[i];
    return a;
}

static int scan_paths(const struct ct_scan_settings *set, char **paths, size_t n)
{
    struct ct_scan_state state;
    ct_err e = ct_scan_begin(&state, set);
    int status = e == CT_ERR_USAGE ? 2 : 4;
    if (e == CT_OK) {
        e = ct_scan_roots(&state, (const char *const *)paths, n);
        status = set->fix && e == CT_OK && !state.report->host.interrupted ? ct_scan_fix(&state) : ct_scan_end(&state, e);
        if (set->keep && e == CT_OK && !ct_interrupted()) set->keep(&state);
    } else if (e != CT_ERR_USAGE) {
        ct_complain("caltrop scan", "%s", ct_err_text(e));
    }
    ct_scan_release(&state);
    return status;
}

int ct_scan_this_host(unsigned jobs, unsigned seconds, const struct ct_scan_list *exclude, void (*keep)(struct ct_scan_state *s))
{
    struct ct_scan_settings set = {.jobs = jobs, .seconds = seconds, .exclude = *exclude, .keep = keep};
    return scan_paths(&set, NULL, 0);
}

/* A file may hold several images: each is a report of its own. */
static int scan_image(struct ct_scan_settings *set)
{
    struct ct_scan_state state;
    struct ct_fault fault = {0};
    ct_image *image;
    int status = 0;
    ct_err e = ct_image_open(&ct_alloc_libc, set->image, &image, &fault);
    if (e != CT_OK) {
        ct_complain("caltrop scan", "--image %s: %s", set->image, *fault.detail ? fault.detail : ct_err_text(e));
        return e == CT_ERR_NOMEM ? 4 : e == CT_ERR_NOT_FOUND || e == CT_ERR_UNSUPPORTED ? 2 : 3;
    }
    size_t n = ct_image_count(image);
    if (n > 1 && (set->output == CT_SCAN_SARIF || set->sbom || set->compare)) {
        ct_complain("caltrop scan", "--image %s: holds %zu images: --output sarif, --sbom and --compare take one", set->image, n);
        ct_image_close(image);
        return 2;
    }
    for (size_t i = 0; i < n && status != 4 && !ct_interrupted(); i++) {
        set->another = i > 0;
        e = ct_scan_begin(&state, set);
        int one = e == CT_ERR_USAGE ? 2 : 4;
        if (e == CT_OK) one = ct_scan_end(&state, ct_scan_one_image(&state, image, i));
        ct_scan_release(&state);
        status = worse(status, one);
    }
    ct_image_close(image);
    return status;
}

int ct_cmd_scan(const struct ct_command *c, int argc, char **argv)
{
    struct ct_scan_settings set = {.jobs = ct_detect_jobs()};
    int first;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &set, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (first < argc && strcmp(argv[first], "report") == 0)
        return ct_scan_report_command(&set, argv + first + 1, (size_t)(argc - first - 1));
    if (first < argc && strcmp(argv[first], "import") == 0 && ct_scan_import_run)
        return ct_scan_import_run(set.data_dir, set.actor, set.why, argv + first + 1, (size_t)(argc - first - 1));
    const char *wrong = set.actor || set.why ? "--actor and --why go with 'caltrop scan import'" : set.expect ? "--expect goes with 'caltrop scan report'" : ct_scan_sbom_check(&set);
    for (int i = first; i < argc && !wrong; i++)
        if (!*argv[i]) wrong = "an empty path: '.' is the folder you are in";
    if (!wrong && set.image && first < argc) wrong = "--image FILE takes no paths besides";
    if (!wrong) wrong = ct_scan_fix_check(&set, first < argc);
    if (wrong) {
        ct_complain("caltrop scan", "%s", wrong);
        return 2;
    }
    if (set.undo) return ct_scan_undo(&set);
    if (set.files_per_second || set.bytes_per_second) step_back();
    ct_interrupt_catch();
    return set.image ? scan_image(&set) : scan_paths(&set, argv + first, (size_t)(argc - first));
}
