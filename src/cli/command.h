/* The one table of commands and options: parsing, --help, man pages and shell completion all read it. */
#ifndef CT_CLI_COMMAND_H
#define CT_CLI_COMMAND_H

#include "base/err.h"
#include "base/str.h"

#include <stdio.h>

enum ct_option_id {
    CT_OPT_HELP = 256,
    CT_OPT_FOLLOW, CT_OPT_STATE, CT_OPT_JOURNAL, CT_OPT_JOURNAL_DIR, CT_OPT_LOG_FORMAT, CT_OPT_PROFILE, CT_OPT_DECODE,
    CT_OPT_MIN_GRADE, CT_OPT_SINCE, CT_OPT_UNTIL, CT_OPT_TRUSTED_PROXY, CT_OPT_INDICATORS, CT_OPT_CALLBACKS, CT_OPT_OWN_SCANNERS,
    CT_OPT_JSON, CT_OPT_OUTPUT, CT_OPT_NO_HEADER, CT_OPT_UNMASKED, CT_OPT_TO, CT_OPT_DATA_DIR, CT_OPT_CA_FILE, CT_OPT_TOKEN_FILE,
    CT_OPT_JOBS, CT_OPT_VERBOSE, CT_OPT_QUIET, CT_OPT_SAMPLE, CT_OPT_SECONDS,
    CT_OPT_EXCLUDE, CT_OPT_INCLUDE_NETWORK, CT_OPT_FAMILIES, CT_OPT_FINGERPRINTS, CT_OPT_SUSPECT_CLASS, CT_OPT_NICE, CT_OPT_EXPECT, CT_OPT_COMPARE, CT_OPT_FIX, CT_OPT_APPLY, CT_OPT_UNDO,
    CT_OPT_SBOM, CT_OPT_SBOM_FORMAT, CT_OPT_ADVISORIES, CT_OPT_SUSPECT, CT_OPT_IMAGE, CT_OPT_PROCESSES, CT_OPT_NO_PROCESSES,
    CT_OPT_ENVIRONMENT, CT_OPT_EXPOSURE, CT_OPT_OWNER, CT_OPT_CRITICALITY, CT_OPT_TAG, CT_OPT_MAP, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_VERIFY, CT_OPT_ALL, CT_OPT_RENAME,
    CT_OPT_NAME, CT_OPT_PACKAGE, CT_OPT_RANGE, CT_OPT_SEVERITY, CT_OPT_SUMMARY, CT_OPT_SOURCE, CT_OPT_UNPROTECTED, CT_OPT_OVERDUE, CT_OPT_FRESH, CT_OPT_JSON_OBJECT,
    CT_OPT_ANSWER, CT_OPT_ANSWER_PORT, CT_OPT_OBSERVE, CT_OPT_SPARE, CT_OPT_DRY_RUN, CT_OPT_RECORD, CT_OPT_IGNORE, CT_OPT_QUIET_START, CT_OPT_METRICS, CT_OPT_UNPRIVILEGED,
    CT_OPT_KEEP_CREDENTIALS, CT_OPT_WORKER_UID, CT_OPT_ALERTS_TO, CT_OPT_EVENTS, CT_OPT_FOR,
    CT_OPT_JSON_LINES, CT_OPT_LIST_OUTPUT, CT_OPT_TIMELINE_OUTPUT,
    CT_OPT_COMPLETE, CT_OPT_ESTATE, CT_OPT_BILL_FORMAT, CT_OPT_VEX_SOURCE, CT_OPT_VEX_ASSET, CT_OPT_PRODUCT, CT_OPT_VEX_FORMAT,
    CT_OPT_COVERS, CT_OPT_EVIDENCE, CT_OPT_ENDS, CT_OPT_CLAIM, CT_OPT_COMPONENT,
    CT_OPT_LOOSEN, CT_OPT_WITHIN, CT_OPT_DUE, CT_OPT_NOTIFIED, CT_OPT_AUTOMATABLE, CT_OPT_IMPACT, CT_OPT_APPROVER,
    CT_OPT_AGAINST, CT_OPT_ASSET, CT_OPT_READER, CT_OPT_LOG, CT_OPT_HOST, CT_OPT_SINCE_WHEN, CT_OPT_UNTIL_WHEN,
    CT_OPT_INCIDENT_NAME, CT_OPT_MODE, CT_OPT_POLICY,
    CT_OPT_CONTACT, CT_OPT_DATA, CT_OPT_VENDOR_PRODUCT, CT_OPT_FROM, CT_OPT_DIR, CT_OPT_ALL_VENDORS, CT_OPT_REPORT_OUTPUT, CT_OPT_TITLE,
};

struct ct_option {
    enum ct_option_id id;
    const char *name;
    char letter;          /* 0: none */
    const char *arg;      /* placeholder, or null: takes none */
    const char *help;     /* one sentence, no full stop */
};

struct ct_command {
    const char *name;
    const char *arguments;     /* "[FILE|-]..." */
    const char *brief;         /* one line */
    const char *description;   /* paragraphs, separated by \n\n */
    const enum ct_option_id *options;
    size_t n_options;
    const char *const *examples; /* command, what it does, command, ... null */
    int (*run)(const struct ct_command *c, int argc, char **argv);
};

const char *ct_program(void); /* "caltrop", or what else this program is called */
const struct ct_command *ct_commands(size_t *ret_n);
const struct ct_command *ct_command_find(const char *name);
const struct ct_option *ct_option_get(enum ct_option_id id);

/* Parses argv[1..] by the command's options. Calls set for each; set returns null, or what is wrong with the value. Moves the
 * operands together and returns their index in *ret_first. CT_ERR_USAGE after the complaint was printed; CT_ERR_END after
 * --help was printed. */
typedef const char *ct_option_set_fn(void *ctx, enum ct_option_id id, const char *value);
CT_MUST_USE ct_err ct_command_parse(const struct ct_command *c, int argc, char **argv, ct_option_set_fn *set, void *ctx,
                                    int *ret_first);

void ct_help_all(FILE *to);
void ct_help_command(const struct ct_command *c, FILE *to);
void ct_man_page(const struct ct_command *c, FILE *to);   /* null c: caltrop(1) itself */
void ct_completion_bash(FILE *to);

/* A decoy beside what `up` does: null when there is none. Ends it and shows who knocked. */
struct ct_beside *ct_beside_begin(void);
void ct_beside_end(struct ct_beside *b);
int ct_cmd_decoy(const struct ct_command *c, int argc, char **argv);
int ct_cmd_detect(const struct ct_command *c, int argc, char **argv);
struct ct_scan_state;
/* Into the store of this host, and a word about it. Failures are complained about. Not in the sensor. */
void ct_keep_scan(struct ct_scan_state *s);
int ct_cmd_scan(const struct ct_command *c, int argc, char **argv);
int ct_cmd_advisory(const struct ct_command *c, int argc, char **argv);
int ct_cmd_control(const struct ct_command *c, int argc, char **argv);
int ct_cmd_attempts(const struct ct_command *c, int argc, char **argv);
int ct_cmd_route(const struct ct_command *c, int argc, char **argv);
int ct_cmd_vex(const struct ct_command *c, int argc, char **argv);
int ct_cmd_sbom(const struct ct_command *c, int argc, char **argv);
int ct_cmd_affected(const struct ct_command *c, int argc, char **argv);
int ct_cmd_why(const struct ct_command *c, int argc, char **argv);
int ct_cmd_changed(const struct ct_command *c, int argc, char **argv);
int ct_cmd_acceptance(const struct ct_command *c, int argc, char **argv);
int ct_cmd_incident(const struct ct_command *c, int argc, char **argv);
int ct_cmd_rollout(const struct ct_command *c, int argc, char **argv);
int ct_cmd_vendor(const struct ct_command *c, int argc, char **argv);
int ct_cmd_report(const struct ct_command *c, int argc, char **argv);
int ct_cmd_policy(const struct ct_command *c, int argc, char **argv);
int ct_cmd_sla(const struct ct_command *c, int argc, char **argv);
int ct_cmd_asset(const struct ct_command *c, int argc, char **argv);
int ct_cmd_store(const struct ct_command *c, int argc, char **argv);
int ct_cmd_timeline(const struct ct_command *c, int argc, char **argv);
int ct_cmd_explain(const struct ct_command *c, int argc, char **argv);
int ct_cmd_up(const struct ct_command *c, int argc, char **argv);
int ct_cmd_version(const struct ct_command *c, int argc, char **argv);
int ct_cmd_self_test(const struct ct_command *c, int argc, char **argv);

#endif
