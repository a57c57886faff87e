/* HAProxy's HTTP log format (option httplog, option httpslog), bare or behind a syslog header.
 *
 *   client:port [stamp] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cookie cookie termination conns queues
 *   {request captures} {response captures} "request" ...
 *
 * Captured headers come with '"', '#', '{', '|', '}' and what is not printable ASCII as #HH, the request with '"', '#' and the latter;
 * both are undone. The braces and bars that are left among the captures are HAProxy's own. Captured cookies are logged as they came, blanks too: they reach from the bytes to
 * the connection counts. Lines of other shapes (TCP, errors) keep client and time and come as "message".
 */
#include "formats/line_in.h"

#include "text/decode.h"

static size_t slashes(ct_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += s.p[i] == '/';
    return n;
}

static bool is_counts(ct_str s, size_t n) { return ct_is_number(s) && slashes(s) == n; }

/* #HH undone; borrows s when there is none. */
static ct_str unhash(struct ct_line *l, ct_str s)
{
    struct ct_buf b;
    bool changed = false;
    ct_buf_init(&b, l->arena, s.n);
    if (ct_decode_hash(s, &b, &changed) != CT_OK) l->err = CT_ERR_NOMEM;
    return changed ? ct_buf_view(&b) : s;
}

static void take_captures(struct ct_line *l, ct_str group, bool response)
{
    for (size_t n = 1; group.p; n++) {
        ct_str value = unhash(l, ct_str_cut(&group, '|'));
        if (value.n == 0 || (value.n == 1 && value.p[0] == '-')) continue;
        if (!response && l->rec->forwarded.n == 0 && ct_is_address_list(value)) l->rec->forwarded = value;
        struct ct_buf b;
        ct_buf_init(&b, l->arena, 64);
        ct_buf_text(&b, response ? "http.response.headers.captured." : "http.request.headers.captured.");
        ct_buf_u64(&b, n);
        if (b.err) l->err = CT_ERR_NOMEM;
        else ct_line_add(l, ct_buf_view(&b), value);
    }
}

/* Everything from the bytes to the connection counts; false when the counts are not found. */
static bool take_cookies(struct ct_line *l, ct_str *rest)
{
    ct_str s = *rest, after = s, before = {s.p, 0}, last = {s.p, 0};
    for (;;) {
        ct_str word = ct_next_word(&after);
        if (word.n == 0) return false;
        ct_str behind = after, queues = ct_next_word(&behind);
        if (is_counts(word, 4) && is_counts(queues, 1)) {
            *rest = behind;
            break;
        }
        before = ct_str_slice(s, 0, (size_t)(last.p - s.p) + last.n);
        last = word;
    }
    ct_line_add_unless_plain(l, CT_STR("haproxy.termination_state"), last);
    ct_str cookies = ct_str_trim(before);
    if (!ct_str_eq(cookies, CT_STR("- -"))) ct_line_add(l, CT_STR("http.request.headers.cookie"), cookies);
    return true;
}

static void take_rest(struct ct_line *l, ct_str rest)
{
    struct ct_token t;
    for (size_t group = 0; group < 2; group++) {
        ct_str s = ct_str_trim(rest);
        if (s.n == 0 || s.p[0] != '{') break;
        size_t end = ct_str_find(s, CT_STR("} "));
        if (end == CT_STR_NONE) {
            l->rec->truncated = l->torn = true;
            return;
        }
        take_captures(l, ct_str_slice(s, 1, end), group == 1);
        rest = ct_str_slice(s, end + 1, SIZE_MAX);
    }
    if (!ct_next_token(&rest, CT_QUOTES_PLAIN, &t) || !t.quoted) {
        l->torn = true;
        return;
    }
    if (t.open) l->rec->truncated = true;
    ct_line_request(l, unhash(l, t.text));
    for (size_t n = 1; ct_next_token(&rest, CT_QUOTES_PLAIN, &t); n++) {
        if (ct_is_hot(t.text)) l->torn = true;
        ct_line_add_column(l, n, t.text);
    }
}

static bool take_counters(struct ct_line *l, ct_str *rest)
{
    ct_str s = *rest, frontend = ct_next_word(&s), server = ct_next_word(&s), timers = ct_next_word(&s);
    ct_str status = ct_next_word(&s), bytes = ct_next_word(&s);
    if (!is_counts(timers, 4) || !ct_is_number(status) || !ct_is_number(bytes)) return false;
    ct_line_add_unless_plain(l, CT_STR("haproxy.frontend_name"), frontend);
    ct_line_add_unless_plain(l, CT_STR("haproxy.server_name"), server);
    if (ct_ascii_digit(status.p[0])) l->rec->status = status;
    *rest = s;
    return true;
}

bool ct_parse_haproxy(struct ct_line *l, ct_str s)
{
    int64_t us;
    ct_str rest = ct_str_trim(s), client = ct_next_word(&rest);
    size_t colon = ct_str_rchr(client, ':');
    uint64_t port;
    if (colon == CT_STR_NONE || colon == 0 || !ct_str_u64(ct_str_slice(client, colon + 1, client.n), &port)) return false;
    if (!ct_str_starts(rest, CT_STR(" ["))) return false;
    ct_str inside = ct_str_slice(rest, 2, SIZE_MAX);
    size_t n = ct_time_clf_at(inside, &us);
    if (n == 0 || n + 1 >= inside.n || inside.p[n] != ']' || inside.p[n + 1] != ' ') return false;
    rest = ct_str_slice(inside, n + 1, SIZE_MAX);
    if (ct_str_starts(rest, CT_STR(" \""))) return false; /* a custom access log, not HAProxy's */

    size_t first = l->rec->n_fields;
    l->rec->format = CT_FORMAT_HAPROXY;
    l->rec->time_us = us;
    ct_line_client_port(l, client);
    if (take_counters(l, &rest) && take_cookies(l, &rest)) take_rest(l, rest);
    else l->torn = true;
    ct_line_end(l, first, s);
    return true;
}
