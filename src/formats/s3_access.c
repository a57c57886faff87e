/* Server access logs of Amazon S3.
 *
 *   owner bucket [time] client requester id OPERATION key "request" status error 2 sizes 2 durations "referer" "user agent"
 *   version host-id signature cipher authentication host protocol access-point acl region
 *
 * Later columns came with the years. The key is percent-encoded twice. Quotes of what a client sent stay as they are, so the
 * columns around tell where a value ends: a request before a status, a referrer before the next quote, a user agent at the
 * line's last quote.
 */
#include "formats/line_in.h"

enum column { BUCKET = 1, CLIENT = 3, REQUESTER, ID, OPERATION, KEY, REQUEST, STATUS, REFERER = 15, USER_AGENT, HOST = 22 };

/* REST.GET.OBJECT, BATCH.DELETE.OBJECT, S3.EXPIRE.OBJECT */
static bool is_operation(ct_str s)
{
    bool point = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        point |= c == '.';
        if (c != '.' && c != '_' && !ct_ascii_digit(c) && !(c >= 'A' && c <= 'Z')) return false;
    }
    return point;
}

static void take_column(struct ct_line *l, size_t column, const struct ct_token *t)
{
    ct_str v = t->text;
    switch (column) {
    case CLIENT: ct_line_client(l, v); break;
    case REQUESTER: ct_line_add(l, CT_STR("user.name"), v); break;
    case KEY: ct_line_add(l, CT_STR("aws.s3access.key"), v); break;
    case REQUEST: ct_line_request(l, v); break;
    case STATUS:
        if (v.n && ct_ascii_digit(v.p[0])) l->rec->status = v;
        if (!ct_is_number(v)) ct_line_add_column(l, column + 1, v);
        break;
    case REFERER: ct_line_header(l, CT_STR("referer"), v); break;
    case USER_AGENT: ct_line_header(l, CT_STR("user-agent"), v); break;
    case HOST: ct_line_header(l, CT_STR("host"), v); break;
    default:
        if (!ct_is_number(v)) ct_line_add_column(l, column + 1, v);
    }
}

/* Behind the quote at `at`: a blank, a status or "-", a blank. */
static bool before_status(ct_str s, size_t at)
{
    ct_str behind = ct_str_slice(s, at + 1, SIZE_MAX), status = ct_next_word(&behind);
    return (status.n == 1 && status.p[0] == '-') || (status.n == 3 && ct_is_number(status));
}

/* The offset of the quote that closes the value at the start of s, or s.n: not known. */
static size_t closing_quote(ct_str s, size_t column)
{
    size_t last = s.n;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] != '"' || (i + 1 < s.n && s.p[i + 1] != ' ')) continue;
        if (column == REQUEST && before_status(s, i)) return i;
        if (column == REFERER && i + 2 < s.n && s.p[i + 2] == '"') return i;
        if (column == USER_AGENT) last = i;
    }
    return last;
}

static bool next_column(ct_str *rest, size_t column, struct ct_token *ret_token)
{
    ct_str s = ct_str_trim(*rest);
    bool quoted = s.n && s.p[0] == '"' && (column == REQUEST || column == REFERER || column == USER_AGENT);
    size_t close = quoted ? closing_quote(s, column) : s.n;
    if (close == s.n) return ct_next_token(rest, CT_QUOTES_PLAIN, ret_token);
    *ret_token = (struct ct_token){.text = ct_str_slice(s, 1, close), .quoted = true};
    *rest = ct_str_slice(s, close + 1, SIZE_MAX);
    return true;
}

bool ct_parse_s3(struct ct_line *l, ct_str s)
{
    int64_t us;
    ct_str rest = s, owner = ct_next_word(&rest), bucket = ct_next_word(&rest);
    rest = ct_str_trim(rest);
    size_t n = rest.n && rest.p[0] == '[' ? ct_time_clf_at(ct_str_slice(rest, 1, SIZE_MAX), &us) : 0;
    if (n == 0 || !ct_str_starts(ct_str_slice(rest, n + 1, SIZE_MAX), CT_STR("] "))) return false;
    rest = ct_str_slice(rest, n + 3, SIZE_MAX);
    ct_str operation = rest;
    for (size_t i = CLIENT; i < OPERATION; i++) (void)ct_next_word(&operation);
    if (!is_operation(ct_next_word(&operation))) return false;

    size_t first = l->rec->n_fields, column = CLIENT;
    struct ct_token t;
    l->rec->format = CT_FORMAT_S3;
    l->rec->time_us = us;
    if (ct_is_hot(owner)) ct_line_add_column(l, 1, owner);
    ct_line_add_unless_plain(l, CT_STR("aws.s3access.bucket"), bucket);
    for (; next_column(&rest, column, &t); column++) {
        if (t.open) l->rec->truncated = true;
        if (!t.quoted && ct_is_hot(t.text) && column != KEY) l->torn = true;
        take_column(l, column, &t);
    }
    ct_line_end(l, first, s);
    return true;
}
