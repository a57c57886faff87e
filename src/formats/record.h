/* One log line taken apart into the fields an attacker can reach, and what a reader wants to know beside them.
 *
 * Everything borrows from the line or from the arena. Values are as the log holds them with only the log's own quoting
 * undone where the format defines it exactly (JSON strings, doubled quotes in W3C and CSV-like logs); \xHH of nginx and
 * Apache stays and is a layer of the verdict.
 */
#ifndef CT_FORMATS_RECORD_H
#define CT_FORMATS_RECORD_H

#include "base/arena.h"
#include "detect/verdict.h"

/*        id              name for --log-format   for people */
#define CT_FORMAT_LIST(X)                                                   \
    X(RAW,            "raw",            "raw text")                         \
    X(COMMON,         "common",         "common log format")                \
    X(COMBINED,       "combined",       "combined log format")              \
    X(VHOST_COMBINED, "vhost_combined", "combined with virtual host")       \
    X(JSON,           "json",           "JSON lines")                       \
    X(HAPROXY,        "haproxy",        "HAProxy HTTP")                     \
    X(ALB,            "alb",            "AWS ALB")                          \
    X(AWS_WAF,        "aws_waf",        "AWS WAF")                          \
    X(W3C,            "w3c",            "W3C extended (IIS)")               \
    X(MODSECURITY,    "modsecurity",    "ModSecurity audit")                \
    X(POSTFIX,        "postfix",        "Postfix")                          \
    X(EXIM,           "exim",           "Exim main log")                    \
    X(SYSLOG,         "syslog",         "syslog")

enum ct_format {
#define X(id, name, text) CT_FORMAT_##id,
    CT_FORMAT_LIST(X)
#undef X
    CT_FORMAT_COUNT,
    CT_FORMAT_AUTO = CT_FORMAT_COUNT,
};

#define CT_TIME_NONE INT64_MIN

struct ct_record {
    enum ct_format format;
    bool in_syslog;            /* the format stood inside a syslog line */
    bool truncated;            /* visibly cut by the logger */
    int64_t time_us;           /* UTC microseconds since 1970; CT_TIME_NONE when the line has none. Local times without a
                                  zone count as UTC. */
    ct_str client;             /* address as logged */
    ct_str forwarded;          /* X-Forwarded-For as logged */
    ct_str target;             /* virtual host, or empty */
    ct_str method, path;       /* path without the query, still encoded */
    ct_str status;             /* response status or mail reply code */
    ct_str waf;                /* outcome the WAF logged: "block", "allow", "count", "detect" ...; empty: none logged */
    struct ct_field fields[CT_FIELDS_MAX]; /* what an attacker can reach, in the line's order */
    size_t n_fields;
    bool more_fields;          /* further fields were left out: judge the raw line too */
};

/* State a format keeps between lines of one source: W3C's #Fields directive, ModSecurity's open transaction, the syslog
 * year. Zero-initialise; owns nothing outside `arena`, which lives as long as the source. */
struct ct_format_state {
    ct_arena *arena;
    unsigned char w3c[48];     /* column -> meaning */
    size_t n_w3c;
    char modsec_boundary[24];
    char modsec_part;
    ct_str modsec_client, modsec_target, modsec_path, modsec_method;
    int64_t modsec_time_us;
    int year;                  /* of RFC 3164 stamps; 0: 1970 */
};

/* Parses one line (without its newline). want CT_FORMAT_AUTO recognises the format; a line that does not fit the wanted
 * format comes back as CT_FORMAT_RAW with the whole line as the field "message". Fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_format_parse(ct_arena *arena, struct ct_format_state *state, enum ct_format want, ct_str line,
                                   struct ct_record *ret_record);

/* Must be called for every line that starts with one of these, also when no verdict is wanted: '#' (W3C directives) and
 * "--" (ModSecurity boundaries). True when the line was such a line. */
bool ct_format_note(struct ct_format_state *state, ct_str line);

const char *ct_format_name(enum ct_format f);
bool ct_format_by_name(ct_str name, enum ct_format *ret_format);
/* Which parts of a request this format cannot show ("request body", "other headers", ...): one line for people. */
const char *ct_format_hides(enum ct_format f);

/* Time parsers shared by the formats; CT_TIME_NONE when s is not such a stamp. */
int64_t ct_time_clf(ct_str s);      /* 10/Dec/2021:14:02:07 +0100 */
int64_t ct_time_iso(ct_str s);      /* 2021-12-10T14:02:07.123Z, blank for T, zone optional */
int64_t ct_time_rfc3164(ct_str s, int year); /* Dec 10 14:02:07 */

#endif
