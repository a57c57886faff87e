/* What every format parser writes to: one record under construction.
 *
 * A parser either does not fit (returns false and has touched nothing) or takes the whole line: each byte ends in a
 * field, or was checked to be a separator, a number or a stamp. Fields are added in the line's order; a full record sets
 * more_fields instead of failing. Memory errors are sticky in .err and read once at the end.
 */
#ifndef CT_FORMATS_LINE_IN_H
#define CT_FORMATS_LINE_IN_H

#include "formats/record.h"

struct ct_line {
    ct_arena *arena;
    struct ct_format_state *state;
    struct ct_record *rec;
    unsigned char *forwarded; /* the list that several X-Forwarded-For make; null: there was one at most */
    bool torn;      /* a field may hold only a part of what was sent: the line goes in as "message" too */
    ct_err err;
};

typedef bool ct_parse_fn(struct ct_line *l, ct_str s);
ct_parse_fn ct_parse_clf, ct_parse_vhost_clf, ct_parse_json, ct_parse_haproxy, ct_parse_alb, ct_parse_s3, ct_parse_w3c, ct_parse_iis, ct_parse_api_gateway,
    ct_parse_modsec, ct_parse_postfix, ct_parse_exim, ct_parse_envoy, ct_parse_nginx_error, ct_parse_apache_error;

/* Undoes the framing that carried a line: syslog (RFC 3164, RFC 5424, rsyslog's ISO stamps) or a container runtime's
 * prefix. Notes time, host, tag and structured data; *ret_inner is what they carried, *ret_tag empty or the program. */
bool ct_parse_syslog_header(struct ct_line *l, ct_str s, ct_str *ret_tag, ct_str *ret_inner);
bool ct_parse_cri_header(struct ct_line *l, ct_str s, ct_str *ret_inner);

/* Skips "" and "-". */
void ct_line_add(struct ct_line *l, ct_str name, ct_str value);
/* Also skips names of hosts and programs: letters, digits and "._:/()@[]-", under 64 bytes. */
void ct_line_add_unless_plain(struct ct_line *l, ct_str name, ct_str value);
/* A column whose meaning is unknown: "column.N", n from 1. */
void ct_line_add_column(struct ct_line *l, size_t n, ct_str value);
/* "message": what could not be taken apart. */
void ct_line_add_message(struct ct_line *l, ct_str s);
/* Ends a parser that splits at quotes or blanks: adds s as "message" when some field from `first` on looks torn. */
void ct_line_end(struct ct_line *l, size_t first, ct_str s);
/* Braces do not pair up, plain or as hexadecimal of an escape (%7b, \x7b, \u007b, &#x7b): the rest of the expression
 * stands elsewhere in the line, or nowhere. */
bool ct_looks_torn(ct_str v);
bool ct_line_looks_torn(const struct ct_line *l, size_t first);
ct_str ct_line_copy(struct ct_line *l, ct_str s);

/* The request line as logged: method, url.original; one field http.request.line when it is none. */
void ct_line_request(struct ct_line *l, ct_str request);
/* path (and target of an absolute URL) and the field url.original. */
void ct_line_url(struct ct_line *l, ct_str url);
/* client, and the field source.address unless it is an address. */
void ct_line_client(struct ct_line *l, ct_str client);
/* The same where a port always follows, also behind an IPv6 address without brackets. */
void ct_line_client_port(struct ct_line *l, ct_str client);
/* A request header by name: the field's ECS name, and forwarded and target where it is X-Forwarded-For or Host. */
void ct_line_header(struct ct_line *l, ct_str name, ct_str value);
/* The common words for a WAF's decision, or the word as logged. */
ct_str ct_waf_word(ct_str logged);

bool ct_is_address(ct_str s);           /* IPv4, or IPv6 with or without brackets or a zone */
bool ct_is_address_list(ct_str s);      /* addresses, "unknown" and "-" with commas between */
bool ct_ends_in_address(ct_str list);   /* whatever stands before its last comma */
bool ct_is_number(ct_str s);            /* digits with at most a sign, a point, a slash or a comma between */
bool ct_is_hot(ct_str s);               /* holds a byte that lookups or their encodings are made of */
ct_str ct_cut_port(ct_str s);           /* host of host:port (brackets kept); an IPv6 address without port stays */
/* "user agent" and "User-Agent" become "user-agent": for names of fields. Clipped. */
ct_str ct_line_name(struct ct_line *l, ct_str prefix, ct_str name);

struct ct_token {
    ct_str text;
    bool quoted;
    bool open;      /* the closing quote is missing: the logger cut the line */
};
/* BACKSLASH: \" and \\ are escapes. HALF: only \" is one, so that a quote behind any backslash was sent (Traefik). PLAIN: none. */
enum ct_quotes { CT_QUOTES_BACKSLASH, CT_QUOTES_HALF, CT_QUOTES_PLAIN };
/* Next token at blanks: bare, key="a value", or "quoted". A quote closes only before a blank or the end, so that raw quotes of loggers that
 * do not escape stay inside. False at the end. */
bool ct_next_token(ct_str *rest, enum ct_quotes quotes, struct ct_token *ret_token);
ct_str ct_next_word(ct_str *rest);      /* up to a blank; empty at the end */

/* Stamps at the start of s: bytes taken, or 0. */
size_t ct_time_clf_at(ct_str s, int64_t *ret_us);
size_t ct_time_iso_at(ct_str s, int64_t *ret_us);
size_t ct_time_slashes_at(ct_str s, int64_t *ret_us); /* 2021/12/10 14:02:07 */
size_t ct_time_rfc3164_at(ct_str s, int year, int64_t *ret_us);
int64_t ct_time_day_and_clock(ct_str day, ct_str clock); /* 2021-12-10 and 14:02:07.123 */
/* Short dates and clocks as a Windows or a spreadsheet shows them: 12/10/2021, 10.12.21, 2021-12-10 and 7:55:20, 7:55:20 PM. Which of two
 * small numbers is the month is guessed: with '.' the second, else the first. */
int64_t ct_time_local(ct_str day, ct_str clock);
int64_t ct_time_asctime(ct_str s);      /* Fri Dec 10 14:02:07 2021, a fraction behind the seconds allowed */
int64_t ct_time_epoch(ct_str number);   /* seconds (with fraction), milliseconds, microseconds or nanoseconds by size */

/* Notes of the formats that keep state. */
bool ct_w3c_note(struct ct_format_state *state, ct_str line);
bool ct_modsec_note(struct ct_format_state *state, ct_str line);

#endif
