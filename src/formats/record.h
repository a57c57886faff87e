/* One log line taken apart into the fields an attacker can reach, and what a reader wants to know beside them.
 *
 * Everything borrows from the line or from the arena. Values are as the log holds them with only the log's own quoting
 * undone where the format defines it exactly (JSON strings, doubled quotes in W3C, #HH in HAProxy's captured headers,
 * structured data of RFC 5424); \xHH of nginx and Apache stays and is a layer of the verdict.
 *
 * No byte that could take part in an attack is left out of the fields: what a parser does not understand, and what stands
 * in two fields because a quote broke the format, comes as the field "message" holding the line. Field names hold only
 * letters, digits and "._-@:".
 * Weak sides: client, forwarded, target and time are what the log says; whoever can write raw quotes or blanks into a
 * log (user names, escape=none) can forge them.
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
    X(ALB,            "alb",            "AWS load balancers")               \
    X(AWS_WAF,        "aws_waf",        "AWS WAF")                          \
    X(W3C,            "w3c",            "W3C extended (IIS)")               \
    X(MODSECURITY,    "modsecurity",    "ModSecurity audit")                \
    X(POSTFIX,        "postfix",        "Postfix")                          \
    X(EXIM,           "exim",           "Exim main log")                    \
    X(ENVOY,          "envoy",          "Envoy text")                       \
    X(ERROR_LOG,      "error_log",      "nginx or Apache error log")        \
    X(SYSLOG,         "syslog",         "syslog")                           \
    X(S3,             "s3",             "AWS S3 access")                    \
    X(IIS,            "iis",            "IIS, its own format")              \
    X(API_GATEWAY,    "api_gateway",    "AWS API Gateway, CSV or XML")

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
 * year. Zero-initialise; owns no memory. What a transaction is known by is clipped to the arrays below. */
struct ct_format_state {
    unsigned char w3c[CT_W3C_COLUMNS_MAX]; /* column -> meaning */
    size_t n_w3c;
    unsigned char w3c_day[10];        /* of #Date, for lines that have a time only; 0: none */
    unsigned char w3c_separator;      /* ',' where the directive has commas; 0: the line shows it */
    char modsec_boundary[24];
    char modsec_part;          /* letter of the open section; 0: no open transaction */
    bool modsec_seen_line;     /* the section's first line has been noted */
    struct ct_modsec_text {
        unsigned char p[256];
        size_t n;
    } modsec_client, modsec_target, modsec_path, modsec_method, modsec_forwarded;
    int64_t modsec_time_us;
    int year;                  /* of RFC 3164 stamps; 0: 1970 */
};

/* Parses one line (without its newline). want CT_FORMAT_AUTO recognises the format; a line that does not fit the wanted
 * format comes back as CT_FORMAT_RAW with the whole line as the field "message". Fails with CT_ERR_NOMEM only. */
CT_MUST_USE ct_err ct_format_parse(ct_arena *arena, struct ct_format_state *state, enum ct_format want, ct_str line,
                                   struct ct_record *ret_record);

/* Learns from a line what later lines need. Must be called for every line that starts with '#' (W3C directives) or "--"
 * (ModSecurity boundaries), and for every line while state->modsec_part is set (client and path stand in lines that hold
 * no attack), before ct_format_parse and also when no verdict is wanted. Calling it twice for a line is harmless. True
 * when the line was a directive or a boundary; such a line may still be parsed. */
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
