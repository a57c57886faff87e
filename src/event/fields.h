/* What the translations of an attempt share. */
#ifndef CT_EVENT_FIELDS_H
#define CT_EVENT_FIELDS_H

#include "event/attempt.h"
#include "text/json_out.h"

/* Civil time, UTC, proleptic Gregorian. */
struct ct_civil {
    int64_t year;
    unsigned month, day, hour, minute, second, micro;
};
struct ct_civil ct_civil_of(int64_t time_us);

/* The CVEs that what the attempt does belongs to, oldest first; see cve.c. */
enum { CT_CVES_MAX = 3 };
size_t ct_attempt_cves(const struct ct_attempt *a, const char *ret_ids[CT_CVES_MAX]);

/* The status is one of HTTP, not a mail server's reply code. */
bool ct_attempt_http_status(const struct ct_attempt *a, uint64_t *ret_status);
/* True when the source is a file, not "stdin" or "journal:...". */
bool ct_attempt_in_file(const struct ct_attempt *a);
/* The two fields ECS has a name for when they are where the attack stood: else empty. */
ct_str ct_attempt_value_of(const struct ct_attempt *a, const char *field);
void ct_print_id(struct ct_buf *out, const unsigned char id[16]);
/* "would fire on 2.0-beta9-2.14.1 if env:USER is set", or "-": escaped and defanged, for people. Terse leaves out the
 * words before the versions, where columns are few. */
void ct_print_fires(struct ct_buf *out, const struct ct_attempt *a, bool terse);
/* s with its credentials masked when the attempt says so. Lives in out's arena; a failure is out's sticky error. */
ct_str ct_attempt_masked(struct ct_buf *out, const struct ct_attempt *a, ct_str s);
/* An empty buffer for work in out's arena. */
struct ct_buf ct_scratch(const struct ct_buf *out);
/* The members of the object "caltrop"; the object is open. */
void ct_attempt_own_fields(struct ct_json_out *j, const struct ct_attempt *a);
/* An array of one word. */
void ct_json_one(struct ct_json_out *j, const char *key, const char *only);
/* key and value, left out when there is none */
void ct_json_some(struct ct_json_out *j, const char *key, ct_str v);
void ct_json_time(struct ct_json_out *j, const char *key, int64_t time_us);

/* SARIF. The head up to its rules, each of them, the way from them to the results; what the tool has to say of its run;
 * {"text": ...} under a key; a path as a URI reference; text in which viewers find no links and no placeholders. */
void ct_sarif_begin(struct ct_buf *out, struct ct_json_out *j);
void ct_sarif_rule(struct ct_json_out *j, ct_str id, ct_str text, const char *level, const char *severity);
void ct_sarif_results(struct ct_json_out *j);
void ct_sarif_note(struct ct_json_out *j, const char *level, ct_str text);
void ct_sarif_text(struct ct_json_out *j, const char *key, ct_str text);
void ct_sarif_uri(struct ct_buf *out, ct_str path);
void ct_sarif_message(struct ct_buf *out, ct_str s);

#endif
