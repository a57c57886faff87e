/* W3C extended log format: IIS (blanks inside values as '+'), CloudFront (tabs, values percent-encoded) and whatever else
 * names its columns in a #Fields directive.
 *
 * '+' stays, since a '+' that was sent looks the same; the verdict decodes it as a form. A line with another number of
 * columns than the directive is read as far as it goes and also comes as "message".
 */
#include "formats/line_in.h"

#include <string.h>

enum meaning { OTHER, DATE, TIME, CLIENT, METHOD, STEM, QUERY, STATUS, HOST, FORWARDED, NUMBER, TEXT, WAF };

static const struct {
    ct_str column;
    ct_str name;
    enum meaning meaning;
} COLUMNS[] = {
    {CT_STR_INIT(""), CT_STR_INIT(""), OTHER}, /* index 0: a column this table does not know */
    {CT_STR_INIT("date"), CT_STR_INIT("date"), DATE},
    {CT_STR_INIT("time"), CT_STR_INIT("time"), TIME},
    {CT_STR_INIT("c-ip"), CT_STR_INIT("source.ip"), CLIENT},
    {CT_STR_INIT("cs-method"), CT_STR_INIT("http.request.method"), METHOD},
    {CT_STR_INIT("cs-uri-stem"), CT_STR_INIT("url.path"), STEM},
    {CT_STR_INIT("cs-uri"), CT_STR_INIT("url.original"), STEM},
    {CT_STR_INIT("cs-uri-query"), CT_STR_INIT("url.query"), QUERY},
    {CT_STR_INIT("sc-status"), CT_STR_INIT("http.response.status_code"), STATUS},
    {CT_STR_INIT("cs-host"), CT_STR_INIT("http.request.headers.host"), HOST},
    {CT_STR_INIT("cs(Host)"), CT_STR_INIT("http.request.headers.host"), HOST},
    {CT_STR_INIT("x-host-header"), CT_STR_INIT("http.request.headers.host"), HOST},
    {CT_STR_INIT("cs(X-Forwarded-For)"), CT_STR_INIT("http.request.headers.x-forwarded-for"), FORWARDED},
    {CT_STR_INIT("X-Forwarded-For"), CT_STR_INIT("http.request.headers.x-forwarded-for"), FORWARDED},
    {CT_STR_INIT("cs(User-Agent)"), CT_STR_INIT("user_agent.original"), TEXT},
    {CT_STR_INIT("cs(Referer)"), CT_STR_INIT("http.request.referrer"), TEXT},
    {CT_STR_INIT("cs(Cookie)"), CT_STR_INIT("http.request.headers.cookie"), TEXT},
    {CT_STR_INIT("cs-username"), CT_STR_INIT("user.name"), TEXT},
    {CT_STR_INIT("cs-version"), CT_STR_INIT("http.version"), TEXT},
    {CT_STR_INIT("cs-protocol"), CT_STR_INIT("url.scheme"), TEXT},
    {CT_STR_INIT("s-sitename"), CT_STR_INIT("iis.site"), TEXT},
    {CT_STR_INIT("s-computername"), CT_STR_INIT("host.name"), TEXT},
    {CT_STR_INIT("x-waf-action"), CT_STR_INIT("waf.action"), WAF},
    {CT_STR_INIT("s-ip"), CT_STR_INIT("destination.ip"), NUMBER},
    {CT_STR_INIT("s-port"), CT_STR_INIT("destination.port"), NUMBER},
    {CT_STR_INIT("sc-substatus"), CT_STR_INIT("iis.sub_status"), NUMBER},
    {CT_STR_INIT("sc-win32-status"), CT_STR_INIT("iis.win32_status"), NUMBER},
    {CT_STR_INIT("time-taken"), CT_STR_INIT("event.duration"), NUMBER},
    {CT_STR_INIT("sc-bytes"), CT_STR_INIT("http.response.bytes"), NUMBER},
    {CT_STR_INIT("cs-bytes"), CT_STR_INIT("http.request.bytes"), NUMBER},
};
enum { N_COLUMNS = sizeof COLUMNS / sizeof COLUMNS[0] };

bool ct_w3c_note(struct ct_format_state *state, ct_str line)
{
    static const ct_str directives[] = {CT_STR_INIT("#Version:"), CT_STR_INIT("#Date:"), CT_STR_INIT("#Software:"),
                                        CT_STR_INIT("#Start-Date:"), CT_STR_INIT("#End-Date:"), CT_STR_INIT("#Remark:")};
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (ct_str_starts_fold(line, directives[i])) return true;
    if (!ct_str_starts_fold(line, CT_STR("#Fields:"))) return false;
    state->n_w3c = 0;
    ct_str rest = ct_str_trim(ct_str_slice(line, 8, SIZE_MAX)), name;
    while ((name = ct_next_word(&rest)).n && state->n_w3c < CT_FIELDS_MAX) {
        unsigned char meaning = 0;
        for (size_t i = 1; i < N_COLUMNS && !meaning; i++)
            if (ct_str_eq_fold(name, COLUMNS[i].column)) meaning = (unsigned char)i;
        state->w3c[state->n_w3c++] = meaning;
    }
    return true;
}

/* One column: bare, or "quoted" with doubled quotes when the closing one stands before a separator. */
static ct_str next_column(struct ct_line *l, ct_str *rest, unsigned char sep)
{
    ct_str s = *rest;
    size_t end = s.n, doubled = 0;
    if (s.n && s.p[0] == '"') {
        size_t i = 1;
        for (; i < s.n && !(s.p[i] == '"' && (i + 1 == s.n || s.p[i + 1] == sep)); i++)
            if (s.p[i] == '"' && s.p[i + 1] == '"') i++, doubled++;
        if (i < s.n) end = i;
    }
    if (end == s.n) return ct_str_cut(rest, sep);
    ct_str value = ct_str_slice(s, 1, end);
    *rest = end + 1 < s.n ? ct_str_slice(s, end + 2, SIZE_MAX) : (ct_str){NULL, 0};
    if (!doubled) return value;
    struct ct_buf b;
    ct_buf_init(&b, l->arena, value.n);
    for (size_t i = 0; i < value.n; i++) {
        ct_buf_byte(&b, value.p[i]);
        if (value.p[i] == '"' && i + 1 < value.n && value.p[i + 1] == '"') i++;
    }
    if (b.err) l->err = CT_ERR_NOMEM;
    return b.err ? value : ct_buf_view(&b);
}

static size_t split(struct ct_line *l, ct_str s, ct_str to[CT_FIELDS_MAX])
{
    size_t n = 0;
    unsigned char sep = ct_str_chr(s, '\t') != CT_STR_NONE ? '\t' : ' ';
    while (s.p && n < CT_FIELDS_MAX) to[n++] = next_column(l, &s, sep);
    if (s.p) l->torn = true;
    return n;
}

/* The stem and its query as they were sent, so that an expression reaching across the '?' stays whole. */
static ct_str join_url(struct ct_line *l, ct_str stem, ct_str query)
{
    if (query.n == 0 || (query.n == 1 && query.p[0] == '-')) return stem;
    struct ct_buf b;
    ct_buf_init(&b, l->arena, stem.n + 1 + query.n);
    ct_buf_add(&b, stem);
    ct_buf_byte(&b, '?');
    ct_buf_add(&b, query);
    if (b.err) l->err = CT_ERR_NOMEM;
    return b.err ? stem : ct_buf_view(&b);
}

static ct_str column_of(const struct ct_format_state *state, const ct_str *v, size_t n, enum meaning m)
{
    for (size_t i = 0; i < n && i < state->n_w3c; i++)
        if (COLUMNS[state->w3c[i]].meaning == m) return v[i];
    return (ct_str){NULL, 0};
}

static int64_t stamp(ct_str date, ct_str time)
{
    unsigned char joined[32];
    if (date.n != 10 || time.n < 8 || time.n > 20) return CT_TIME_NONE;
    memcpy(joined, date.p, 10);
    joined[10] = ' ';
    memcpy(joined + 11, time.p, time.n);
    return ct_time_iso((ct_str){joined, 11 + time.n});
}

static void take(struct ct_line *l, size_t column, ct_str v, ct_str query, bool has_stem)
{
    struct ct_record *r = l->rec;
    size_t known = column < l->state->n_w3c ? l->state->w3c[column] : 0;
    bool number = ct_is_number(v) || ct_is_address(v);
    switch (COLUMNS[known].meaning) {
    case OTHER: ct_line_add_column(l, column + 1, v); return;
    case CLIENT: ct_line_client(l, v); return;
    case STEM:
        if (ct_looks_torn(v)) l->torn = true; /* by the '?', or by a blank that only looks like the end of the stem */
        ct_line_url(l, join_url(l, v, query));
        return;
    case QUERY:
        if (!has_stem) ct_line_add(l, COLUMNS[known].name, v);
        return;
    case STATUS:
        if (v.n && ct_ascii_digit(v.p[0])) r->status = v;
        break;
    case METHOD:
        r->method = v;
        ct_line_add_unless_plain(l, COLUMNS[known].name, v);
        return;
    case HOST: ct_line_header(l, CT_STR("host"), v); return;
    case FORWARDED: ct_line_header(l, CT_STR("x-forwarded-for"), v); return;
    case WAF: r->waf = ct_waf_word(v); break;
    case DATE:
    case TIME:
    case NUMBER:
    case TEXT: break;
    }
    bool digits = number || COLUMNS[known].meaning == DATE || COLUMNS[known].meaning == TIME;
    if (digits) ct_line_add_unless_plain(l, COLUMNS[known].name, v);
    else ct_line_add(l, COLUMNS[known].name, v);
}

bool ct_parse_w3c(struct ct_line *l, ct_str s)
{
    ct_str v[CT_FIELDS_MAX];
    if (l->state->n_w3c == 0 || s.n == 0) return false;
    bool torn_before = l->torn;
    size_t first = l->rec->n_fields, n = split(l, s, v);
    ct_str date = column_of(l->state, v, n, DATE), time = column_of(l->state, v, n, TIME);
    int64_t us = stamp(date, time);
    /* Only the directive says that a line is one of these: the stamp or the number of columns must agree with it. */
    if (us == CT_TIME_NONE && n != l->state->n_w3c) {
        l->torn = torn_before;
        return false;
    }
    l->rec->format = CT_FORMAT_W3C;
    l->rec->time_us = us;
    if (n != l->state->n_w3c) l->torn = true;
    ct_str query = column_of(l->state, v, n, QUERY);
    bool has_stem = column_of(l->state, v, n, STEM).n > 0;
    for (size_t i = 0; i < n; i++) take(l, i, v[i], query, has_stem);
    ct_line_end(l, first, s);
    return true;
}
