/* The error logs of nginx and Apache: what a server says of a request that it did not like.
 *
 *   2026/11/26 00:29:33 [error] 12#12: *5 TEXT, client: A, server: S, request: "R", upstream: "U", host: "H", referrer: "F"
 *   [Thu Nov 26 00:28:21.795156 2026] [core:info] [pid 14:tid 27] [client A:PORT] TEXT, referer: F
 *
 * nginx escapes nothing here, so TEXT (a path, decoded) or R may hold words that look like the parts behind: a line that names
 * two clients names none. Apache escapes quotes and control bytes with a backslash. What ModSecurity says through Apache
 * names host, path and decision in brackets at its end.
 */
#include "formats/line_in.h"

#define NONE ((ct_str){NULL, 0})

/* Up to `end`, which is dropped; *rest goes on behind it. False: it is not there, nothing has changed. */
static bool take_until(ct_str *rest, ct_str end, ct_str *ret_head)
{
    size_t at = ct_str_find(*rest, end);
    if (at == CT_STR_NONE) return false;
    *ret_head = ct_str_slice(*rest, 0, at);
    *rest = ct_str_slice(*rest, at + end.n, SIZE_MAX);
    return true;
}

enum part { REQUEST, SUBREQUEST, UPSTREAM, HOST, REFERRER, PARTS };
static const ct_str KEYS[PARTS] = {
    [REQUEST] = CT_STR_INIT(", request: \""),   [SUBREQUEST] = CT_STR_INIT(", subrequest: \""),
    [UPSTREAM] = CT_STR_INIT(", upstream: \""), [HOST] = CT_STR_INIT(", host: \""),
    [REFERRER] = CT_STR_INIT(", referrer: \""),
};

/* Which part starts s, from `from` on: they come in one order. */
static enum part part_at(ct_str s, enum part from)
{
    while (from < PARTS && !ct_str_starts(s, KEYS[from])) from++;
    return from;
}

/* The quoted parts; a quote closes before a later part or the end. Sets torn when something else is left. */
static void take_nginx_parts(struct ct_line *l, ct_str s)
{
    for (enum part part = part_at(s, REQUEST); part < PARTS; part = part_at(s, part + 1)) {
        size_t start = KEYS[part].n, end = start;
        for (;; end++) {
            ct_str behind = ct_str_slice(s, end + 1, SIZE_MAX);
            if (end == s.n || (s.p[end] == '"' && (behind.n == 0 || part_at(behind, part + 1) < PARTS))) break;
        }
        ct_str value = ct_str_slice(s, start, end);
        s = ct_str_slice(s, end + 1, SIZE_MAX);
        switch (part) {
        case REQUEST: ct_line_request(l, value); break;
        case HOST:
            if (l->rec->target.n == 0) l->rec->target = value;
            ct_line_add_unless_plain(l, CT_STR("url.domain"), value);
            break;
        case REFERRER: ct_line_header(l, CT_STR("referer"), value); break;
        default: ct_line_add_unless_plain(l, part == UPSTREAM ? CT_STR("destination.address") : CT_STR("url.subrequest"), value); break;
        }
    }
    l->torn |= s.n > 0;
}

static void take_nginx_client(struct ct_line *l, ct_str s)
{
    bool two = ct_str_find(s, CT_STR(", client: ")) != CT_STR_NONE;
    ct_str client = s;
    if (take_until(&s, CT_STR(", server: "), &client)) {
        size_t comma = ct_str_find(s, CT_STR(", "));
        ct_line_add_unless_plain(l, CT_STR("nginx.server"), ct_str_slice(s, 0, comma));
        take_nginx_parts(l, ct_str_slice(s, comma, SIZE_MAX));
    }
    if (!two) ct_line_client(l, client);
    l->torn |= two;
}

/* 12#12 */
static bool is_worker(ct_str s)
{
    ct_str pid = ct_str_cut(&s, '#');
    return ct_is_number(pid) && ct_is_number(s);
}

bool ct_parse_nginx_error(struct ct_line *l, ct_str s)
{
    int64_t us;
    ct_str rest = s, level, worker;
    size_t n = ct_time_slashes_at(s, &us), first = l->rec->n_fields;
    if (n == 0) return false;
    rest = ct_str_slice(s, n, SIZE_MAX);
    if (!ct_str_starts(rest, CT_STR(" ["))) return false;
    rest = ct_str_slice(rest, 2, SIZE_MAX);
    if (!take_until(&rest, CT_STR("] "), &level)) return false;
    if (!take_until(&rest, CT_STR(": "), &worker) || !is_worker(worker)) return false;
    l->rec->format = CT_FORMAT_ERROR_LOG;
    l->rec->time_us = us;
    ct_line_add_unless_plain(l, CT_STR("log.level"), level);
    ct_str text, behind = rest;
    if (take_until(&behind, CT_STR(", client: "), &text)) {
        take_nginx_client(l, behind);
        ct_line_add(l, CT_STR("error.message"), text);
    } else {
        ct_line_add(l, CT_STR("error.message"), rest);
    }
    ct_line_end(l, first, s);
    return true;
}

/* [hostname "H"] [uri "U"] of ModSecurity, the last ones: its own, behind what it quotes of the request. */
static ct_str modsec_tag(ct_str s, ct_str key)
{
    for (size_t i = s.n; i-- > 0;) {
        ct_str at = ct_str_slice(s, i, SIZE_MAX), value = ct_str_slice(at, key.n, SIZE_MAX), head;
        if (at.p[0] == '[' && ct_str_starts(at, key)) return take_until(&value, CT_STR("\"]"), &head) ? head : NONE;
    }
    return NONE;
}

static void take_modsec(struct ct_line *l, ct_str text)
{
    l->rec->waf = ct_str_starts(text, CT_STR("ModSecurity: Access denied")) ? CT_STR("block")
                  : ct_str_starts(text, CT_STR("ModSecurity: Warning"))     ? CT_STR("detect")
                                                                            : NONE;
    if (!l->rec->waf.n) return;
    l->rec->target = modsec_tag(text, CT_STR("[hostname \""));
    l->rec->path = modsec_tag(text, CT_STR("[uri \""));
}

static void take_apache_client(struct ct_line *l, ct_str client, bool ported)
{
    if (ported) ct_line_client_port(l, client);
    else ct_line_client(l, ct_cut_port(client));
}

bool ct_parse_apache_error(struct ct_line *l, ct_str s)
{
    ct_str rest = ct_str_slice(s, 1, SIZE_MAX), stamp, group;
    size_t first = l->rec->n_fields;
    if (s.n == 0 || s.p[0] != '[' || !take_until(&rest, CT_STR("] "), &stamp)) return false;
    int64_t us = ct_time_asctime(stamp);
    if (us == CT_TIME_NONE || rest.n == 0 || rest.p[0] != '[') return false;
    l->rec->format = CT_FORMAT_ERROR_LOG;
    l->rec->time_us = us;
    bool client = false, ported = false; /* since 2.4, which names the process, a port always follows */
    while (!client && rest.n && rest.p[0] == '[') { /* [module:level] [pid N:tid N] [client A:PORT] */
        ct_str inside = ct_str_slice(rest, 1, SIZE_MAX);
        if (!take_until(&inside, CT_STR("] "), &group)) break;
        client = ct_str_starts(group, CT_STR("client ")) || ct_str_starts(group, CT_STR("remote "));
        if (client) take_apache_client(l, ct_str_slice(group, 7, SIZE_MAX), ported);
        else if (ct_is_hot(group)) ct_line_add(l, CT_STR("log.logger"), group);
        ported |= ct_str_starts(group, CT_STR("pid "));
        rest = inside;
    }
    ct_str text = rest, behind = rest, why;
    if (!client && rest.n && rest.p[0] == '(' && take_until(&behind, CT_STR(": [client "), &why) && take_until(&behind, CT_STR("] "), &group)) {
        client = true; /* "(36)File name too long: [client A:PORT] TEXT": what the system says of its error goes before */
        take_apache_client(l, group, ported);
        ct_line_add_unless_plain(l, CT_STR("error.code"), why);
        text = behind;
    }
    behind = text;
    if (client && take_until(&behind, CT_STR("] "), &group) && ct_str_starts(group, CT_STR("[client ")) &&
        ct_is_address(ct_str_slice(group, 8, SIZE_MAX)))
        text = behind; /* ModSecurity says it again */
    size_t referer = CT_STR_NONE;
    for (size_t from = 0, at; (at = ct_str_find(ct_str_slice(text, from, SIZE_MAX), CT_STR(", referer: "))) != CT_STR_NONE;)
        from = (referer = from + at) + 1;
    ct_line_add(l, CT_STR("error.message"), ct_str_slice(text, 0, referer));
    if (referer != CT_STR_NONE) ct_line_header(l, CT_STR("referer"), ct_str_slice(text, referer + 11, SIZE_MAX));
    take_modsec(l, text);
    ct_line_end(l, first, s);
    return true;
}
