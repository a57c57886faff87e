/* One line in, one record out: which format is it?
 *
 * The first bytes leave one or two candidates; each candidate checks its own shape before it touches the record, so that a
 * wrong guess costs a look and loses nothing. Framing (a container runtime's prefix, a syslog header) is undone first,
 * each at most once.
 */
#include "formats/line_in.h"

#include "base/unset.h"

#include <string.h>

/* Logs written on Windows end their lines with CR LF. */
static ct_str without_cr(ct_str line)
{
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    return line;
}

bool ct_format_note(struct ct_format_state *state, ct_str line)
{
    line = without_cr(line);
    if (line.n && line.p[0] == '#') return ct_w3c_note(state, line);
    return ct_modsec_note(state, line);
}

static bool starts_object(ct_str s) { return s.n && s.p[0] == '{'; }
static bool at_date(ct_str s) { return s.n > 10 && s.p[4] == '-' && s.p[7] == '-' && ct_ascii_digit(s.p[0]); }

/* What exports and consoles put before a line: "2021-12-10T14:02:07.123Z " (CloudWatch, docker logs -t, kubectl logs --timestamps). */
static bool parse_stamped(struct ct_line *l, ct_str s)
{
    int64_t us;
    size_t n = s.p[10] == 'T' ? ct_time_iso_at(s, &us) : 0;
    if (n == 0 || n >= s.n || s.p[n] != ' ') return false;
    ct_str inner = ct_str_slice(s, n + 1, SIZE_MAX);
    if (!(starts_object(inner) ? ct_parse_json(l, inner) : ct_parse_clf(l, inner))) return false;
    if (l->rec->time_us == CT_TIME_NONE) l->rec->time_us = us;
    return true;
}

/* Formats that stand in a line by themselves. */
static bool parse_bare(struct ct_line *l, ct_str s, ct_str tag)
{
    if (s.n == 0) return false;
    if (ct_str_starts(tag, CT_STR("postfix"))) return ct_parse_postfix(l, s);
    if (ct_str_starts(tag, CT_STR("exim")) && ct_parse_exim(l, s)) return true;
    unsigned char c = s.p[0];
    if (c == '{') return ct_parse_json(l, s) || ct_parse_w3c(l, s);
    if (ct_str_starts(s, CT_STR("@cee:"))) return ct_parse_json(l, ct_str_slice(s, 5, SIZE_MAX));
    if (c == '[' && (ct_parse_apache_error(l, s) || ct_parse_envoy(l, s))) return true;
    if (ct_ascii_digit(c) && ct_parse_nginx_error(l, s)) return true;
    if (at_date(s) && (ct_parse_w3c(l, s) || ct_parse_exim(l, s) || parse_stamped(l, s))) return true;
    return ct_parse_haproxy(l, s) || ct_parse_alb(l, s) || ct_parse_clf(l, s) || ct_parse_s3(l, s) || ct_parse_iis(l, s) ||
           ct_parse_api_gateway(l, s) || ct_parse_w3c(l, s);
}

static bool parse_wanted(struct ct_line *l, enum ct_format want, ct_str s)
{
    switch (want) {
    case CT_FORMAT_COMMON:
    case CT_FORMAT_COMBINED: return ct_parse_clf(l, s);
    case CT_FORMAT_VHOST_COMBINED: return ct_parse_vhost_clf(l, s);
    case CT_FORMAT_JSON:
    case CT_FORMAT_AWS_WAF: return ct_parse_json(l, s);
    case CT_FORMAT_HAPROXY: return ct_parse_haproxy(l, s);
    case CT_FORMAT_ALB: return ct_parse_alb(l, s);
    case CT_FORMAT_S3: return ct_parse_s3(l, s);
    case CT_FORMAT_IIS: return ct_parse_iis(l, s);
    case CT_FORMAT_API_GATEWAY: return ct_parse_api_gateway(l, s);
    case CT_FORMAT_W3C: return ct_parse_w3c(l, s);
    case CT_FORMAT_MODSECURITY: return ct_parse_modsec(l, s) || ct_parse_json(l, s);
    case CT_FORMAT_POSTFIX: return l->rec->in_syslog && ct_parse_postfix(l, s);
    case CT_FORMAT_ENVOY: return ct_parse_envoy(l, s);
    case CT_FORMAT_ERROR_LOG: return ct_parse_nginx_error(l, s) || ct_parse_apache_error(l, s);
    case CT_FORMAT_EXIM: return ct_parse_exim(l, s);
    default: return false;
    }
}

static void begin(struct ct_record *r)
{
    memset(r, 0, offsetof(struct ct_record, fields));
    r->n_fields = 0;
    r->more_fields = false;
    r->format = CT_FORMAT_RAW;
    r->time_us = CT_TIME_NONE;
}

static void raw(struct ct_line *l, ct_str line)
{
    begin(l->rec);
    if (at_date(line)) (void)ct_time_iso_at(line, &l->rec->time_us);
    ct_line_add_message(l, line);
}

/* Several events of one batch tell nothing of each other: then it is none. */
static bool holds_a_line(const struct ct_record *r, size_t field)
{
    ct_str name = r->fields[field].name;
    size_t events = 0;
    if (ct_str_eq(name, CT_STR("message")) || ct_str_eq(name, CT_STR("properties"))) return true;
    if (!ct_str_eq(name, CT_STR("logEvents.message"))) return false;
    for (size_t i = 0; i < r->n_fields; i++) events += ct_str_eq(r->fields[i].name, name);
    return events == 1;
}

/* A web server's line inside a JSON record ("log" of Docker, "message" of shippers, Azure's "properties", CloudWatch): whose request was it? The value is a
 * field already; only what people want to know beside it is taken. */
static void look_inside(struct ct_line *l)
{
    struct ct_record *r = l->rec, inside;
    if (r->format != CT_FORMAT_JSON || r->client.n) return;
    for (size_t i = 0; i < r->n_fields; i++) {
        if (!holds_a_line(r, i)) continue;
        struct ct_line in = {.arena = l->arena, .state = l->state, .rec = &inside};
        begin(&inside);
        if (parse_bare(&in, ct_str_trim(r->fields[i].value), (ct_str){NULL, 0})) {
            r->client = inside.client;
            if (r->forwarded.n == 0) r->forwarded = inside.forwarded;
            if (r->target.n == 0) r->target = inside.target;
            if (r->method.n == 0) r->method = inside.method;
            if (r->path.n == 0) r->path = inside.path;
            if (r->status.n == 0) r->status = inside.status;
            if (inside.time_us != CT_TIME_NONE) r->time_us = inside.time_us;
        }
        l->err = in.err ? in.err : l->err;
        return;
    }
}

/* The name that consoles put before each line: "web-1  | " (docker compose logs), "[pod/web-7d/web] " (kubectl logs --prefix). Only
 * letters, digits and "._-/", so that nothing which could take part in an attack is left out. */
static ct_str without_source(ct_str line)
{
    bool pod = ct_str_starts(line, CT_STR("[pod/"));
    size_t i = pod, bar;
    while (i < line.n && (ct_ascii_alpha(line.p[i]) || ct_ascii_digit(line.p[i]) || (line.p[i] && strchr("._-/", line.p[i])))) i++;
    if (pod) return ct_str_starts(ct_str_slice(line, i, SIZE_MAX), CT_STR("] ")) ? ct_str_slice(line, i + 2, SIZE_MAX) : line;
    for (bar = i; bar < line.n && line.p[bar] == ' ';) bar++;
    return i && bar > i && ct_str_starts(ct_str_slice(line, bar, SIZE_MAX), CT_STR("| ")) ? ct_str_slice(line, bar + 2, SIZE_MAX) : line;
}

/* RFC 3164's own stamp begins with a month's name and tells no zone; the others do. */
static bool tells_zone(ct_str framed)
{
    size_t pri = framed.n && framed.p[0] == '<' ? ct_str_chr(framed, '>') : CT_STR_NONE, at = pri == CT_STR_NONE ? 0 : pri + 1;
    return at < framed.n && ct_ascii_digit(framed.p[at]);
}

/* A stamp without a zone is read as UTC. Where the frame around it tells the zone, the two differ by that: whole quarters of an hour, and
 * what the line took to get there. */
static void mend_zone(struct ct_record *r, int64_t framed_us)
{
    const int64_t second = 1000000, quarter = 900 * second, slack = 30 * second, most = 56 * quarter;
    bool zoneless = r->format == CT_FORMAT_ERROR_LOG || r->format == CT_FORMAT_EXIM || r->format == CT_FORMAT_HAPROXY;
    if (!zoneless || framed_us == CT_TIME_NONE || r->time_us == CT_TIME_NONE) return;
    int64_t off = framed_us - r->time_us, zone = (off + (off < 0 ? -quarter : quarter) / 2) / quarter * quarter;
    if (off - zone <= slack && zone - off <= slack && zone <= most && zone >= -most) r->time_us += zone;
}

static void parse_framed(struct ct_line *l, enum ct_format want, ct_str line)
{
    ct_str inner = without_source(line), framed_line = inner, tag = {NULL, 0};
    bool any = want == CT_FORMAT_AUTO || want == CT_FORMAT_SYSLOG; /* what stands inside syslog is looked at too */
    if (!any && parse_wanted(l, want, line)) return;
    bool cri = ct_parse_cri_header(l, inner, &inner);
    l->rec->in_syslog = ct_parse_syslog_header(l, inner, &tag, &inner);
    bool framed = cri || l->rec->in_syslog;
    int64_t framed_us = tells_zone(framed_line) ? l->rec->time_us : CT_TIME_NONE;
    /* A tag that holds an expression may have cut it off at a blank. */
    bool torn_header = ct_line_looks_torn(l, 0);
    bool parsed = any ? (framed || want == CT_FORMAT_AUTO) && parse_bare(l, inner, tag) : framed && parse_wanted(l, want, inner);
    if (!parsed && (!framed || !any)) {
        raw(l, line);
        return;
    }
    mend_zone(l->rec, framed_us);
    if (!parsed) {
        if (l->rec->in_syslog) l->rec->format = CT_FORMAT_SYSLOG;
        ct_line_add_message(l, inner);
    }
    if (torn_header) ct_line_add_message(l, line);
}

/* Lines that mean something only with the lines before them: W3C's directives, sections of an audit log. */
static bool parse_stateful(struct ct_line *l, enum ct_format want, ct_str line)
{
    if (line.n == 0) return false;
    if (line.p[0] == '#' && (want == CT_FORMAT_AUTO || want == CT_FORMAT_W3C) && ct_w3c_note(l->state, line)) {
        l->rec->format = CT_FORMAT_W3C;
        ct_line_add_message(l, line);
        return true;
    }
    if (want != CT_FORMAT_AUTO && want != CT_FORMAT_MODSECURITY) return false;
    if (!l->state->modsec_part && !ct_str_starts(line, CT_STR("--"))) return false;
    (void)ct_modsec_note(l->state, line);
    return ct_parse_modsec(l, line);
}

ct_err ct_format_parse(ct_arena *arena, struct ct_format_state *state, enum ct_format want, ct_str line,
                       struct ct_record *ret_record)
{
    struct ct_record r CT_UNSET;
    struct ct_line l = {.arena = arena, .state = state, .rec = &r};
    begin(&r);
    line = without_cr(line);
    if (want == CT_FORMAT_RAW) {
        raw(&l, line);
    } else if (!parse_stateful(&l, want, line)) {
        parse_framed(&l, want, line);
        look_inside(&l);
    }
    if (l.err) return l.err;
    memcpy(ret_record, &r, offsetof(struct ct_record, fields) + r.n_fields * sizeof r.fields[0]);
    ret_record->n_fields = r.n_fields;
    ret_record->more_fields = r.more_fields;
    return CT_OK;
}
