/* Access logs of Amazon's API Gateway in the two forms that are its own, CSV and XML; its JSON is JSON and its CLF is common. The owner of an
 * API may change the template, so that its console's ones are only where one starts:
 *
 *   address,caller,user,time,METHOD,resource,protocol,status,length,id                (REST)
 *   address,time,METHOD,route,protocol,status,length,id                               (HTTP)
 *   address,caller,user,time,EVENT,route,connection,status,id                         (WebSocket)
 *   <request id="id"> <ip>address</ip> <requestTime>time</requestTime> <httpMethod>METHOD</httpMethod> ... </request>
 *
 * Nothing in them is quoted: a comma that was sent looks like one of the template, and only a stamp, a method before and a protocol behind
 * a path stand still. Resource and route are the API's own patterns; a template with $context.path has what was sent.
 */
#include "formats/json_names.h"
#include "formats/line_in.h"

enum { COLUMNS_MIN = 6, COLUMNS_MAX = 32, ELEMENTS_MAX = 64, STAMP_BYTES = sizeof "10/Dec/2021:14:02:07 +0000" - 1 };

struct row {
    ct_str v[COLUMNS_MAX];
    size_t n, client, stamp;
    size_t method, protocol; /* n: none */
    int64_t time_us;
};

static bool is_word(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 'A' || s.p[i] > 'Z') return false;
    return s.n > 2 && s.n < 16;
}

static bool is_protocol(ct_str s) { return ct_str_starts(s, CT_STR("HTTP/")) && s.n >= 6 && s.n <= 8; }
static bool is_code(ct_str s) { return s.n == 3 && s.p[0] >= '1' && s.p[0] <= '5' && ct_is_number(s); }
static bool is_event(ct_str s) { return ct_str_eq(s, CT_STR("CONNECT")) || ct_str_eq(s, CT_STR("MESSAGE")) || ct_str_eq(s, CT_STR("DISCONNECT")); }

/* Where the columns that stand still are. False: not such a line. */
static bool read_row(struct row *r, ct_str s)
{
    for (r->n = 0; s.p && r->n < COLUMNS_MAX; r->n++) r->v[r->n] = r->n + 1 < COLUMNS_MAX ? ct_str_cut(&s, ',') : s;
    r->client = r->stamp = r->method = r->protocol = r->n;
    r->time_us = CT_TIME_NONE;
    for (size_t i = 0; i < r->n && r->stamp == r->n; i++)
        if (r->v[i].n == STAMP_BYTES && r->v[i].p[2] == '/' && (r->time_us = ct_time_clf(r->v[i])) != CT_TIME_NONE) r->stamp = i;
    if (r->stamp == r->n || r->n < COLUMNS_MIN) return false;
    for (size_t i = 0; i < r->n; i++) {
        ct_str v = r->v[i];
        if (r->client == r->n && ct_is_address(v)) r->client = i;
        else if (r->method == r->n && i > r->stamp && is_word(v)) r->method = i;
        else if (r->method < i && r->protocol == r->n && is_protocol(v)) r->protocol = i;
    }
    if (r->client == r->n || r->method == r->n) return false;
    return r->protocol < r->n || is_event(r->v[r->method]);
}

/* The columns [from, to) with the commas between them. */
static ct_str join(const struct row *r, size_t from, size_t to)
{
    ct_str last = r->v[to - 1];
    return (ct_str){r->v[from].p, (size_t)(last.p - r->v[from].p) + last.n};
}

/* "/pets/{id}", "/pets/7", "GET /pets", "$default" */
static void take_target(struct ct_line *l, ct_str v)
{
    if (v.n && (v.p[0] == '/' || ct_looks_torn(v))) {
        ct_line_url(l, v);
        return;
    }
    ct_str route = v;
    (void)ct_next_word(&route);
    route = ct_str_trim(route);
    if (route.n && route.p[0] == '/') l->rec->path = route;
    ct_line_add(l, CT_STR("http.route"), v);
}

static bool parse_csv(struct ct_line *l, ct_str s)
{
    struct row r;
    if (s.n < 50 || !read_row(&r, s)) return false;
    size_t first = l->rec->n_fields, behind = r.protocol < r.n ? r.protocol : r.method + 2;
    bool rest_api = r.client == 0 && r.stamp == 3;
    l->rec->time_us = r.time_us;
    for (size_t i = 0; i < r.n; i++) {
        ct_str v = r.v[i];
        if (i == r.client) {
            ct_line_client(l, v);
        } else if (i == r.stamp || i == r.protocol) {
            continue;
        } else if (i == r.method) {
            if (r.protocol < r.n) l->rec->method = v;
            if (behind > i + 1) take_target(l, join(&r, i + 1, behind < r.n ? behind : r.n));
            i = behind - 1;
        } else {
            if (i > r.method && l->rec->status.n == 0 && is_code(v)) l->rec->status = v;
            if (rest_api && i < r.stamp) ct_line_add(l, i == 2 ? CT_STR("user.name") : CT_STR("aws.apigateway.caller"), v);
            else if (!ct_is_number(v)) ct_line_add_column(l, i + 1, v);
        }
    }
    ct_line_end(l, first, s);
    return true;
}

struct element {
    ct_str name, value;
};

static bool is_name(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ct_ascii_alpha(s.p[i]) && !ct_ascii_digit(s.p[i]) && s.p[i] != '_' && s.p[i] != '-' && s.p[i] != '.') return false;
    return s.n > 0 && s.n < 64;
}

/* <name>value</name> at the start of *rest, whatever the value is. */
static bool next_element(ct_str *rest, struct element *ret_element)
{
    ct_str s = ct_str_trim(*rest);
    size_t close = ct_str_chr(s, '>');
    if (s.n == 0 || s.p[0] != '<' || close == CT_STR_NONE || !is_name(ct_str_slice(s, 1, close))) return false;
    ct_str name = ct_str_slice(s, 1, close), value = ct_str_slice(s, close + 1, SIZE_MAX);
    for (size_t from = 0, hit; (hit = ct_str_find(ct_str_slice(value, from, SIZE_MAX), CT_STR("</"))) != CT_STR_NONE; from += hit + 2) {
        ct_str end = ct_str_slice(value, from + hit + 2, SIZE_MAX);
        if (!ct_str_starts(end, name) || end.n == name.n || end.p[name.n] != '>') continue;
        *ret_element = (struct element){name, ct_str_slice(value, 0, from + hit)};
        *rest = ct_str_slice(end, name.n + 1, SIZE_MAX);
        return true;
    }
    return false;
}

static void take_element(struct ct_line *l, const struct element *e)
{
    struct ct_record *r = l->rec;
    const struct ct_json_name *known = ct_json_name(e->name);
    ct_str v = e->value;
    switch (known ? known->role : CT_ROLE_NONE) {
    case CT_ROLE_CLIENT: ct_line_client(l, v); return;
    case CT_ROLE_TIME: {
        int64_t us = ct_time_clf(v);
        if (us == CT_TIME_NONE) us = ct_time_iso(v);
        if (us == CT_TIME_NONE) us = ct_time_epoch(v);
        if (us == CT_TIME_NONE) break;
        if (r->time_us == CT_TIME_NONE) r->time_us = us;
        return;
    }
    case CT_ROLE_HOST:
        if (r->target.n == 0 && v.n > 1) r->target = v;
        ct_line_add(l, known->name, v);
        return;
    case CT_ROLE_STATUS:
        if (!is_code(v)) break;
        r->status = v;
        return;
    case CT_ROLE_METHOD:
        if (r->method.n == 0 && v.n > 1) r->method = v;
        ct_line_add_unless_plain(l, known->name, v);
        return;
    case CT_ROLE_URL: ct_line_url(l, v); return;
    case CT_ROLE_HEADER: ct_line_header(l, known->name, v); return;
    case CT_ROLE_TEXT: ct_line_add(l, known->name, v); return;
    default: break;
    }
    if (ct_str_eq(e->name, CT_STR("routeKey"))) take_target(l, v);
    else if (!ct_is_number(v)) ct_line_add(l, ct_line_name(l, CT_STR("aws.apigateway."), e->name), v);
}

static bool parse_xml(struct ct_line *l, ct_str s)
{
    struct element e;
    size_t open = ct_str_chr(s, '>');
    if (!ct_str_starts(s, CT_STR("<request")) || open == CT_STR_NONE || open < 8 || (open > 8 && s.p[8] != ' ')) return false;
    ct_str attributes = ct_str_trim(ct_str_slice(s, 8, open)), rest = ct_str_slice(s, open + 1, SIZE_MAX), look = rest;
    if (!next_element(&look, &e)) return false;
    size_t first = l->rec->n_fields;
    for (size_t i = 0; i < ELEMENTS_MAX && next_element(&rest, &e); i++) take_element(l, &e);
    if (ct_is_hot(attributes)) ct_line_add(l, CT_STR("aws.apigateway.id"), attributes);
    if (!ct_str_eq(ct_str_trim(rest), CT_STR("</request>"))) l->torn = true;
    ct_line_end(l, first, s);
    return true;
}

bool ct_parse_api_gateway(struct ct_line *l, ct_str s)
{
    if (!(s.n && s.p[0] == '<' ? parse_xml(l, s) : parse_csv(l, s))) return false;
    l->rec->format = CT_FORMAT_API_GATEWAY;
    return true;
}
