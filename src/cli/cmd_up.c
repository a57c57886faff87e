/* up: the main job on this host, no questions. */
#include "cli/command.h"
#include "cli/detect.h"
#include "cli/keep_attempts.h"
#include "cli/scan_list.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 60 }; /* somebody waits */

struct settings {
    bool sample_only;
    unsigned jobs, seconds;
    struct ct_scan_list exclude;
};

static const char *set_option(void *ctx, enum ct_option_id id, const char *value)
{
    struct settings *s = ctx;
    uint64_t n;
    if (id == CT_OPT_EXCLUDE) return ct_scan_list_add(&s->exclude, value);
    if (id == CT_OPT_SAMPLE) s->sample_only = true;
    if (id == CT_OPT_DATA_DIR && setenv("CALTROP_DATA_DIR", value, 1) != 0) return "cannot be taken"; /* all that 'up' runs looks there */
    if (id == CT_OPT_SECONDS) {
        if (!ct_str_u64(ct_str_from(value), &n) || n > 86400) return "is not a number of seconds up to a day";
        s->seconds = (unsigned)n;
    }
    if (id == CT_OPT_JOBS) {
        if (!ct_str_u64(ct_str_from(value), &n) || n < 1 || n > 64) return "is not a number of threads from 1 to 64";
        s->jobs = (unsigned)n;
    }
    return NULL;
}

/* The sample lies in share/caltrop beside the program (as built) or beside its folder (as installed). */
static bool find_sample(char *path, size_t size)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return false;
    self[n] = 0;
    const char *dir = dirname(self);
    (void)snprintf(path, size, "%s/share/caltrop/sample-access.log", dir);
    if (access(path, R_OK) == 0) return true;
    (void)snprintf(path, size, "%s/../share/caltrop/sample-access.log", dir);
    return access(path, R_OK) == 0;
}

/* Of two answers the one that says more. */
static int worse(int a, int b)
{
    static const int order[] = {4, 130, 3, 1};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i]) return order[i];
    return 0;
}

/* One report over a list of files; its exit status. */
static int report(const struct ct_detect_opts *opts, const char *title, const struct ct_path_list *list)
{
    int status = 4;
    struct ct_detect *d = malloc(sizeof *d);
    if (!d) return 4;
    printf("%s\n", title);
    (void)fflush(stdout); /* what follows goes around stdio */
    ct_err e = ct_detect_begin(d, opts);
    if (e == CT_OK) status = ct_detect_end(d, ct_detect_list(d, list));
    else ct_complain("caltrop up", "%s", ct_err_text(e));
    ct_detect_release(d);
    free(d);
    return status;
}

int ct_cmd_up(const struct ct_command *c, int argc, char **argv)
{
    struct settings s = {.jobs = ct_detect_jobs(), .seconds = SECONDS};
    int first;
    ct_err e = ct_command_parse(c, argc, argv, set_option, &s, &first);
    if (e != CT_OK) return e == CT_ERR_END ? 0 : 2;
    if (first != argc) {
        ct_complain("caltrop up", "takes no arguments: 'caltrop detect FILE' reads a log of your choice");
        return 2;
    }
    struct ct_detect_opts opts = {
        .scan = {.format = CT_FORMAT_AUTO, .min_grade = CT_GRADE_LEAK, .since_us = CT_TIME_NONE, .until_us = CT_TIME_NONE,
                 .masked = true, .no_ids = true},
        .jobs = s.jobs,
    };
    ct_detect_set_now(&opts.scan);
    char sample[4200];
    int status = 0;
    struct ct_beside *beside = s.sample_only ? NULL : ct_beside_begin();
    ct_interrupt_catch();
    if (!s.sample_only) {
        struct ct_path_list own = {0};
        if (ct_detect_known(&own) != CT_OK) {
            ct_beside_end(beside);
            return 4;
        }
        struct ct_keeping_attempts keeping = {.n = 0};
        struct ct_detect_opts kept = opts;
        kept.scan.no_ids = false;
        kept.keep = ct_keep_attempt;
        kept.keep_ctx = &keeping;
        if (own.n) status = report(&kept, "THIS HOST'S LOGS\n", &own);
        if (own.n) ct_keep_attempts_end(&keeping);
        else printf("THIS HOST'S LOGS\n\nNone in a place known to caltrop. 'caltrop detect FILE' reads any log, 'caltrop detect --journal' the journal.\n");
        ct_paths_free(&ct_alloc_libc, &own);
    }
    if (!s.sample_only && status != 130 && status != 4 && s.seconds) {
        printf("\nTHIS HOST'S FILES\n\n");
        (void)fflush(stdout);
        status = worse(status, ct_scan_this_host(s.jobs, s.seconds, &s.exclude, ct_keep_scan));
    }
    if (!s.sample_only && status != 130 && status != 4) {
        (void)fflush(stdout);
        int shown = ct_show_this_host();
        if (shown) status = worse(status, shown);
    }
    ct_beside_end(beside);
    if (status != 130 && find_sample(sample, sizeof sample)) {
        char *paths[] = {sample};
        struct ct_path_list list = {.paths = paths, .n = 1};
        int shown = report(&opts, s.sample_only ? "SAMPLE LOG (made up)\n" : "\nSAMPLE LOG (made up, to show what an attack looks like; it does not count)\n", &list);
        if (shown == 4 || shown == 130 || s.sample_only) status = shown;
    } else if (s.sample_only) {
        ct_complain("caltrop up", "the sample log is not where this program lies (share/caltrop/sample-access.log)");
        status = 4;
    }
    return status;
}
