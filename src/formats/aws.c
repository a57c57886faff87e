/* Logs of AWS load balancers: Application (with the type in front) and Classic, what Application ones log of connections, and
 * the TLS listeners of Network ones. AWS WAF's logs are JSON.
 *
 *   type time elb client:port target:port 3 durations 2 statuses 2 sizes "request" "user agent" cipher protocol group
 *   "trace" "domain" "certificate" priority time "actions" "redirect" "error" ...
 *   time client port listener's-port protocol cipher duration "subject" validity serial outcome trace
 *   tls 2.0 time elb listener client:port target:port 2 durations 2 sizes alert certificate serial cipher protocol group
 *   domain alpn alpn "alpn","alpn" time
 *
 * Quotes and backslashes of what a client sent come as \xHH.
 */
#include "formats/line_in.h"

enum column { NAME = 2, CLIENT = 3, STATUS = 8, REQUEST = 12, USER_AGENT = 13, DOMAIN = 18, ACTIONS = 22 };
enum nlb { NLB_NAME = 3, NLB_CLIENT = 5, NLB_TARGET = 6, NLB_DOMAIN = 17 };
enum connection { CONNECTION_CLIENT = 1, CONNECTION_SUBJECT = 7 };

static bool is_type(ct_str s)
{
    static const ct_str types[] = {CT_STR_INIT("http"), CT_STR_INIT("https"), CT_STR_INIT("h2"),
                                   CT_STR_INIT("grpcs"), CT_STR_INIT("ws"), CT_STR_INIT("wss")};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (ct_str_eq(s, types[i])) return true;
    return false;
}

/* "waf" as the last action: it rejected the request; followed by others: it let it pass. */
static ct_str waf_outcome(ct_str actions)
{
    bool passed_on = false, asked = false;
    while (actions.p) {
        ct_str action = ct_str_cut(&actions, ',');
        if (ct_str_eq(action, CT_STR("waf"))) asked = true;
        else passed_on = passed_on || asked;
    }
    return !asked ? (ct_str){NULL, 0} : passed_on ? CT_STR("allow") : CT_STR("block");
}

/* column: from 0, of a request's as in an Application load balancer's line; number: as in this line, from 1. */
typedef void take_fn(struct ct_line *l, size_t column, size_t number, ct_str value);

/* The columns of a line whose shape was looked at, from `column` on; how many they reach to. */
static size_t take_columns(struct ct_line *l, ct_str rest, int64_t time_us, size_t column, size_t number, take_fn *take)
{
    struct ct_token t;
    l->rec->format = CT_FORMAT_ALB;
    l->rec->time_us = time_us;
    for (; ct_next_token(&rest, CT_QUOTES_BACKSLASH, &t); column++, number++) {
        if (t.open) l->rec->truncated = true;
        if (!t.quoted && ct_is_hot(t.text)) l->torn = true;
        take(l, column, number, t.text);
    }
    return column;
}

static void take_of_request(struct ct_line *l, size_t column, size_t number, ct_str v)
{
    if (column == CLIENT) {
        ct_line_client_port(l, v);
    } else if (column > CLIENT && column < REQUEST) { /* target:port and counters */
        if (column == STATUS && v.n && ct_ascii_digit(v.p[0])) l->rec->status = v;
        if (!ct_is_number(v) && !ct_is_address(ct_cut_port(v))) ct_line_add_column(l, number, v);
    } else if (column == REQUEST && ct_str_starts(v, CT_STR("- "))) { /* what could not be read as a request */
        ct_line_add(l, CT_STR("http.request.line"), v);
    } else if (column == REQUEST) {
        ct_line_request(l, v);
    } else if (column == USER_AGENT) {
        ct_line_add(l, CT_STR("user_agent.original"), v);
    } else if (column == DOMAIN) {
        if (v.n > 1 && ct_str_chr(v, ' ') == CT_STR_NONE) l->rec->target = v;
        ct_line_add(l, CT_STR("url.domain"), v);
    } else {
        if (column == ACTIONS) l->rec->waf = waf_outcome(v);
        ct_line_add_column(l, number, v);
    }
}

/* 192.0.2.7:4711, and IPv6 without brackets */
static bool is_client_port(ct_str s)
{
    size_t colon = ct_str_rchr(s, ':');
    return colon != CT_STR_NONE && ct_is_address(ct_str_slice(s, 0, colon));
}

static void take_of_listener(struct ct_line *l, size_t column, size_t number, ct_str v)
{
    if (column == NLB_CLIENT) {
        ct_line_client_port(l, v);
    } else if (column == NLB_DOMAIN) {
        if (v.n > 1) l->rec->target = v;
        ct_line_add(l, CT_STR("url.domain"), v);
    } else if (!ct_is_number(v) && !(column == NLB_TARGET && ct_is_address(ct_cut_port(v)))) {
        ct_line_add_column(l, number, v);
    }
}

static bool parse_nlb(struct ct_line *l, ct_str s)
{
    int64_t us;
    ct_str rest = ct_str_slice(s, 4, SIZE_MAX), version = ct_next_word(&rest), stamp = ct_next_word(&rest), client = rest;
    if (!ct_is_number(version) || !stamp.n || ct_time_iso_at(stamp, &us) != stamp.n) return false;
    (void)ct_next_word(&client);
    (void)ct_next_word(&client);
    if (!is_client_port(ct_next_word(&client))) return false;
    size_t first = l->rec->n_fields;
    (void)take_columns(l, rest, us, NLB_NAME, NLB_NAME + 1, take_of_listener);
    ct_line_end(l, first, s);
    return true;
}

static void take_of_connection(struct ct_line *l, size_t column, size_t number, ct_str v)
{
    if (column == CONNECTION_CLIENT) ct_line_client(l, v);
    else if (column == CONNECTION_SUBJECT) ct_line_add(l, CT_STR("tls.client.subject"), v);
    else if (!ct_is_number(v)) ct_line_add_column(l, number, v);
}

static bool parse_connection(struct ct_line *l, ct_str s)
{
    int64_t us;
    uint64_t port;
    ct_str rest = s, stamp = ct_next_word(&rest), client = rest;
    if (!stamp.n || stamp.p[stamp.n - 1] != 'Z' || ct_time_iso_at(stamp, &us) != stamp.n) return false;
    if (!ct_is_address(ct_next_word(&client))) return false;
    if (!ct_str_u64(ct_next_word(&client), &port) || !ct_str_u64(ct_next_word(&client), &port)) return false;
    size_t first = l->rec->n_fields;
    (void)take_columns(l, rest, us, CONNECTION_CLIENT, CONNECTION_CLIENT + 1, take_of_connection);
    ct_line_end(l, first, s);
    return true;
}

static bool parse_requests(struct ct_line *l, ct_str s)
{
    int64_t us;
    ct_str rest = s, type = ct_next_word(&rest);
    bool classic = !is_type(type);
    ct_str stamp = classic ? type : ct_next_word(&rest), name_and_rest = rest;
    if (stamp.n < 20 || ct_time_iso_at(stamp, &us) != stamp.n || stamp.p[stamp.n - 1] != 'Z') return false;
    (void)ct_next_word(&name_and_rest);
    ct_str client = ct_next_word(&name_and_rest);
    (void)ct_next_word(&name_and_rest); /* the target, "-" when none was chosen */
    if (!is_client_port(client) || !ct_is_number(ct_next_word(&name_and_rest))) return false;

    size_t first = l->rec->n_fields;
    size_t column = take_columns(l, rest, us, NAME, classic ? NAME : NAME + 1, take_of_request);
    if (column <= REQUEST) l->torn = true;
    ct_line_end(l, first, s);
    return true;
}

bool ct_parse_alb(struct ct_line *l, ct_str s)
{
    if (ct_str_starts(s, CT_STR("tls "))) return parse_nlb(l, s);
    return parse_requests(l, s) || (s.n > 20 && s.p[4] == '-' && parse_connection(l, s));
}
