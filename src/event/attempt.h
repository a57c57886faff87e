/* One exploitation attempt as an event, and its translations: ECS NDJSON, CSV, SARIF, one line for people.
 * The struct is plain: whoever finds attempts fills it in; event knows neither verdicts nor stores.
 *
 * Every ct_str may hold any byte, since most come from the attacker; no output holds a live "${" or a byte that a terminal
 * or a spreadsheet acts on, and what goes to people (text, SARIF messages) defangs hosts. Texts of type const char * are
 * the program's own and never null. Errors are the buffer's sticky error.
 * Weak sides: scratch space is taken from the output buffer's arena and stays until its reset; masking knows the common
 * names of credentials only.
 */
#ifndef CT_EVENT_ATTEMPT_H
#define CT_EVENT_ATTEMPT_H

#include "base/buf.h"

struct ct_attempt_indicator {
    ct_str scheme, host, path;
    uint16_t port;
};
struct ct_attempt_fires {
    ct_str versions;    /* "2.13.2-2.14.1", as the profiles of lookup are named */
    const char *sink;   /* "message" ... */
    const char *setting;/* "" or what must be set */
};

#define CT_TRAIT_RAN_NAME "ran" /* the trait that people are told of in words */

struct ct_attempt {
    unsigned char id[16];     /* deterministic: source, offset, content */
    int64_t time_us;          /* of the line; INT64_MIN unknown */
    ct_str source;            /* file path, "stdin", "journal:unit" */
    uint64_t line;            /* from 1; 0 unknown */
    uint64_t offset;          /* bytes, in the decompressed source */
    const char *log_format;   /* "combined" */
    ct_str client, forwarded, target, method, path, status, waf;
    const char *grade;        /* "exploit" */
    const char *certainty;    /* "certain" */
    const char *traits[8];
    size_t n_traits;
    ct_str conditions[8];
    size_t n_conditions;
    ct_str field;
    const char *chain[8];
    size_t n_chain;
    ct_str normal;            /* normal form; attacker bytes */
    ct_str raw;               /* the value as logged; attacker bytes */
    ct_str campaign;          /* campaign key */
    ct_str scanner;           /* label of a known scanner's callback domain; empty: none */
    const struct ct_attempt_indicator *indicators;
    size_t n_indicators;
    const struct ct_attempt_fires *fires;
    size_t n_fires;
    uint64_t calls;
    uint64_t repeats;         /* attempts of the campaign this event stands for since the event before; 0: it stands for itself */
    uint64_t repeats_total;   /* and since the campaign was first seen */
    bool contacted;           /* a callback host was seen in the log given by --callbacks */
    bool masked;              /* mask credentials in path, raw and normal */
};

/* 128-bit deterministic id of (source, offset, content). */
void ct_event_id(ct_str source, uint64_t offset, ct_str content, unsigned char ret_id[16]);

void ct_attempt_ecs(struct ct_buf *out, const struct ct_attempt *a);       /* one JSON object and a newline */
void ct_attempt_csv_header(struct ct_buf *out);
void ct_attempt_csv(struct ct_buf *out, const struct ct_attempt *a);       /* one row and a newline */
void ct_attempt_sarif_begin(struct ct_buf *out);                           /* a SARIF 2.1.0 log, streamed */
void ct_attempt_sarif(struct ct_buf *out, const struct ct_attempt *a, bool first);
/* complete false: executionSuccessful false, with the notifications given as text lines */
void ct_attempt_sarif_end(struct ct_buf *out, bool complete, const ct_str *notes, size_t n_notes);
/* One line and a newline for people: time, client, grade, versions, field, normal form; defanged, escaped. columns (0: any): what finds
 * no room goes on in further rows, indented, each at most so wide. */
void ct_attempt_text(struct ct_buf *out, const struct ct_attempt *a, size_t columns, bool colour);

/* "2021-12-10T14:02:07.123456Z", 27 characters; the fraction is left out when it is zero, and INT64_MIN prints nothing.
 * Years outside 0 to 9999 get a sign and six digits. */
void ct_print_time(struct ct_buf *out, int64_t time_us);
void ct_print_second(struct ct_buf *out, int64_t time_us); /* the same without its fraction, for people */

#endif
