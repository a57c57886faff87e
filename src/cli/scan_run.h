/* One scan as the command line sees it: what was asked for, the report, and how it is given out. Shared by `scan`, `up` and
 * the sensor. */
#ifndef CT_CLI_SCAN_RUN_H
#define CT_CLI_SCAN_RUN_H

#include "cli/command.h"
#include "cli/out.h"
#include "cli/progress.h"
#include "cli/scan_list.h"
#include "scan/advise.h"
#include "scan/compare.h"
#include "scan/running.h"
#include "scan/image.h"
#include "scan/survey.h"

enum ct_scan_output { CT_SCAN_TABLE, CT_SCAN_ECS, CT_SCAN_CSV, CT_SCAN_SARIF };
enum ct_scan_processes { CT_SCAN_PROCESSES_DEFAULT, CT_SCAN_PROCESSES, CT_SCAN_NO_PROCESSES };

struct ct_scan_state;

struct ct_scan_settings {
    void (*keep)(struct ct_scan_state *s); /* after it was given out; may be null */
    enum ct_scan_output output;
    bool another;             /* not the first report of this output */
    bool no_header, verbose, quiet, include_network, zip_only;
    enum ct_scan_processes processes;
    unsigned jobs, seconds;   /* seconds: of walking, then the rest is named as not looked at; 0: to the end */
    uint64_t files_per_second, bytes_per_second;
    struct ct_scan_list exclude, advisories, suspects, suspect_classes, fingerprints;
    const char *sbom, *sbom_format, *compare, *expect, *image, *undo, *data_dir, *actor, *why;
    bool fix, apply;
};

struct ct_scan_state {
    const struct ct_scan_settings *set;
    ct_fingerprints *fingerprints;
    ct_advisories *advisories;
    struct ct_suspicion suspects[CT_SCAN_LIST_MAX];
    ct_str suspect_texts[CT_SCAN_LIST_MAX];
    ct_scan_report *report;
    ct_running *running;      /* null: no processes were looked at */
    struct ct_seen links;
    struct ct_progress progress;
    int64_t until_ms;         /* with seconds */
    bool time_is_up;
    struct ct_packages_os os;
    ct_arena *scratch, *old;  /* old: the report to compare with */
    struct ct_old_reports old_reports;
    struct ct_comparison comparison;
    struct ct_out out, sbom_out;
    size_t columns;           /* of the terminal; 80 where there is none */
    bool colour;
};

/* Reads --fingerprints, --compare and the like. Failures are complained about. */
CT_MUST_USE ct_err ct_scan_begin(struct ct_scan_state *s, const struct ct_scan_settings *set);
/* Scans and finishes the report. roots empty: this host. */
CT_MUST_USE ct_err ct_scan_roots(struct ct_scan_state *s, const char *const *roots, size_t n_roots);
/* The same for one image of a file. */
CT_MUST_USE ct_err ct_scan_one_image(struct ct_scan_state *s, ct_image *image, size_t n);
/* The report as lines of NDJSON, one at a time. */
typedef ct_err ct_scan_write_fn(void *ctx, ct_str line);
CT_MUST_USE ct_err ct_scan_give_ecs(struct ct_scan_state *s, ct_scan_write_fn *write, void *ctx);
/* Gives everything out; the exit status. */
int ct_scan_end(struct ct_scan_state *s, ct_err err);
void ct_scan_release(struct ct_scan_state *s);

/* --sbom: what is wrong with the options, or null; and the writing. Failures are complained about. */
const char *ct_scan_sbom_check(const struct ct_scan_settings *set);
/* Whether FILE can be written, before a scan that may take hours. */
CT_MUST_USE ct_err ct_scan_sbom_begin(const struct ct_scan_settings *set);
CT_MUST_USE ct_err ct_scan_sbom(struct ct_scan_state *s);

/* --fix, --apply, --undo: what is wrong with the options, or null. */
const char *ct_scan_fix_check(const struct ct_scan_settings *set, bool paths);
/* --fix after the scan, instead of the table: the plan, with --apply the doing, and what is left to do. The exit status. */
int ct_scan_fix(struct ct_scan_state *s);
int ct_scan_undo(const struct ct_scan_settings *set);

/* scan report FILE...: many hosts. The exit status. */
int ct_scan_report_command(const struct ct_scan_settings *set, char **files, size_t n_files);

/* scan import FILE...: into the store. The table of commands has it, so that the sensor, which has no store, links none of it; null there. */
typedef int ct_scan_import_fn(const char *data_dir, const char *actor, const char *why, char **files, size_t n_files);
extern ct_scan_import_fn *const ct_scan_import_run;
int ct_scan_import_command(const char *data_dir, const char *actor, const char *why, char **files, size_t n_files);

/* For people: the answer first, then where, what to do, and what was looked at. */
/* c null: nothing was compared. */
void ct_scan_table(struct ct_buf *out, const ct_scan_report *r, const struct ct_comparison *c, size_t columns, bool colour, bool verbose);

#endif
