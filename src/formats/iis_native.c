/* The log format of IIS's own, which has no choice of columns and no directive:
 *
 *   client, user, date, time, service, server, server's address, milliseconds, received, sent, status, Windows status, METHOD, target, query,
 *
 * The service is W3SVC1, or MSFTPSVC1 and SMTPSVC1, whose "target" and "query" are what a client of FTP or mail said. Commas of
 * values stay as they are: a user ends where a date and a time follow, and a query, unlike the decoded target before it, holds
 * no blank. Date and time are the server's local ones and name no zone: they count as UTC.
 */
#include "formats/line_in.h"

enum { NUMBERS = 5, ADDRESS_MAX = 64 };

struct parts {
    ct_str client, user, service, server, address, numbers[NUMBERS], method, rest;
    int64_t time_us;
};

/* Up to ", "; *rest is what follows it, a null string when none does. */
static ct_str next_value(ct_str *rest)
{
    size_t n = ct_str_find(*rest, CT_STR(", "));
    ct_str value = ct_str_slice(*rest, 0, n);
    *rest = n == CT_STR_NONE ? (ct_str){NULL, 0} : ct_str_slice(*rest, n + 2, SIZE_MAX);
    return value;
}

static bool split_at_stamp(struct parts *p, ct_str s)
{
    ct_str rest = s, day = next_value(&rest), clock, tail;
    while (rest.p) {
        size_t user_end = (size_t)(day.p - s.p);
        tail = rest;
        clock = next_value(&tail);
        if (tail.p && user_end >= 2 && (p->time_us = ct_time_local(day, clock)) != CT_TIME_NONE) {
            p->user = ct_str_slice(s, 0, user_end - 2);
            p->rest = tail;
            return true;
        }
        day = next_value(&rest);
    }
    return false;
}

static bool is_count(ct_str s) { return (s.n == 1 && s.p[0] == '-') || ct_is_number(s); }

static bool split(struct parts *p, ct_str s)
{
    ct_str start = ct_str_slice(s, 0, ADDRESS_MAX);
    p->client = next_value(&start);
    if (!start.p || !ct_is_address(p->client)) return false;
    if (!split_at_stamp(p, ct_str_slice(s, p->client.n + 2, SIZE_MAX))) return false;
    p->service = next_value(&p->rest);
    p->server = next_value(&p->rest);
    p->address = next_value(&p->rest);
    if (!ct_is_address(p->address) && !is_count(p->address)) return false;
    for (size_t i = 0; i < NUMBERS; i++)
        if (!is_count(p->numbers[i] = next_value(&p->rest))) return false;
    p->method = next_value(&p->rest);
    return p->rest.p != NULL;
}

static void take_request(struct ct_line *l, ct_str target, ct_str query)
{
    if (query.n == 0 || (query.n == 1 && query.p[0] == '-')) {
        ct_line_url(l, target);
        return;
    }
    struct ct_buf b;
    ct_buf_init(&b, l->arena, target.n + 1 + query.n);
    ct_buf_add(&b, target);
    ct_buf_byte(&b, '?');
    ct_buf_add(&b, query);
    if (b.err) l->err = CT_ERR_NOMEM;
    ct_line_url(l, b.err ? target : ct_buf_view(&b));
}

/* What it serves, and the number of its site. */
static bool is_service(ct_str s, ct_str name) { return ct_str_starts(s, name) && (s.n == name.n || ct_is_number(ct_str_slice(s, name.n, SIZE_MAX))); }

bool ct_parse_iis(struct ct_line *l, ct_str s)
{
    struct parts p = {.time_us = CT_TIME_NONE};
    if (s.n < 40 || !split(&p, s)) return false;
    size_t first = l->rec->n_fields;
    bool mail = is_service(p.service, CT_STR("SMTPSVC")), web = !mail && !is_service(p.service, CT_STR("MSFTPSVC"));
    l->rec->format = CT_FORMAT_IIS;
    l->rec->time_us = p.time_us;
    ct_line_client(l, p.client);
    ct_line_add(l, mail ? CT_STR("source.domain") : CT_STR("user.name"), p.user);
    ct_line_add_unless_plain(l, CT_STR("iis.service"), p.service);
    ct_line_add_unless_plain(l, CT_STR("host.name"), p.server);

    ct_str rest = p.rest;
    if (rest.n && rest.p[rest.n - 1] == ',') rest.n--;
    size_t comma = CT_STR_NONE;
    for (size_t i = rest.n; i-- > 0 && comma == CT_STR_NONE;)
        if (rest.p[i] == ',' && i + 1 < rest.n && rest.p[i + 1] == ' ') comma = i;
    if (!web) comma = ct_str_chr(rest, ',');
    ct_str target = ct_str_slice(rest, 0, comma), query = {NULL, 0};
    if (comma == CT_STR_NONE) l->rec->truncated = true;
    else query = ct_str_trim(ct_str_slice(rest, comma + 1, SIZE_MAX));
    if (web) {
        if (ct_looks_torn(target)) l->torn = true;
        if (p.method.n > 1) l->rec->method = p.method;
        if (p.numbers[3].n && ct_ascii_digit(p.numbers[3].p[0])) l->rec->status = p.numbers[3];
        ct_line_add_unless_plain(l, CT_STR("http.request.method"), p.method);
        take_request(l, target, query);
    } else {
        ct_line_add_unless_plain(l, mail ? CT_STR("smtp.command") : CT_STR("ftp.command"), p.method);
        ct_line_add(l, mail ? CT_STR("smtp.target") : CT_STR("ftp.target"), target);
        ct_line_add(l, mail ? CT_STR("smtp.argument") : CT_STR("ftp.argument"), query);
    }
    ct_line_end(l, first, s);
    return true;
}
