/* Lines without a #Fields directive. The order of the columns is the writer's, which ones there are is its user's choice:
 *
 *   IIS        date time [site] [computer] [address] METHOD /stem query port user client [version] agent [cookie] [referer] [host]
 *              status substatus win32 [numbers, then columns of its user's own]
 *   http.sys   date time client port address port version METHOD uri [stream] status site reason queue
 *   CloudFront date time edge bytes client METHOD host /stem status referer agent query cookie result id asked-host ...
 *   CloudFront, real-time, with tabs: epoch client ... status ... METHOD scheme host /stem ... asked-host duration version IPv4 agent
 *              referer cookie query ...
 *
 * What several readings fit keeps a column's number for a name.
 */
#include "formats/w3c_columns.h"

#include <string.h>

enum { IIS_MIN = 10, HTTP_SYS_MIN = 11, CLOUDFRONT_MIN = 12, REALTIME_MIN = 6 };

static void name(unsigned char columns[CT_W3C_COLUMNS_MAX], size_t at, ct_str column) { columns[at] = ct_w3c_column_by_name(column); }

static bool is_method(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'A' && s.p[i] <= 'Z') && s.p[i] != '-' && s.p[i] != '_') return false;
    return s.n > 2;
}

static bool is_code(ct_str s) { return s.n == 3 && s.p[0] >= '1' && s.p[0] <= '5' && ct_is_number(s); }
static bool starts(ct_str s, unsigned char c) { return s.n && s.p[0] == c; }
static bool absent(ct_str s) { return s.n == 1 && s.p[0] == '-'; }
static bool is_port(ct_str s) { return s.n && s.n < 6 && ct_ascii_digit(s.p[0]) && ct_is_number(s); }

/* A stamp's two halves prove what the line is, together with what follows. */
static bool has_date(const ct_str *v) { return v[0].n == 10 && v[0].p[4] == '-' && v[0].p[7] == '-' && v[1].n >= 8 && v[1].p[2] == ':'; }

/* Cookie, referrer and host between the user agent and the status. */
static void guess_headers(const ct_str *v, size_t from, size_t to, unsigned char columns[CT_W3C_COLUMNS_MAX])
{
    size_t n = to - from;
    bool host = n == 3 || (n == 2 && !absent(v[to - 1]) && ct_str_find(v[to - 1], CT_STR("://")) == CT_STR_NONE);
    if (n == 0 || n > 3) return;
    if (host) name(columns, --to, CT_STR("cs-host"));
    bool url = absent(v[to - 1]) || ct_str_find(v[to - 1], CT_STR("://")) != CT_STR_NONE;
    if (n < 3 && !url && ct_str_chr(v[to - 1], '=') != CT_STR_NONE) {
        name(columns, to - 1, CT_STR("cs(Cookie)"));
        return;
    }
    name(columns, --to, CT_STR("cs(Referer)"));
    if (to > from) name(columns, from, CT_STR("cs(Cookie)"));
}

static void guess_status(const ct_str *v, size_t n, size_t at, unsigned char columns[CT_W3C_COLUMNS_MAX])
{
    static const ct_str behind[] = {CT_STR_INIT("sc-status"), CT_STR_INIT("sc-substatus"), CT_STR_INIT("sc-win32-status")};
    size_t i = at;
    while (i + 2 < n && !(is_code(v[i]) && ct_is_number(v[i + 1]) && ct_is_number(v[i + 2]))) i++;
    if (i + 2 >= n) return;
    guess_headers(v, at, i, columns);
    for (size_t k = 0; k < 3; k++) name(columns, i + k, behind[k]);
    for (i += 3; i < n; i++)
        if (ct_is_address_list(v[i])) name(columns, i, CT_STR("X-Forwarded-For"));
}

static bool guess_iis(const ct_str *v, size_t n, unsigned char columns[CT_W3C_COLUMNS_MAX])
{
    static const ct_str request[] = {CT_STR_INIT("cs-method"), CT_STR_INIT("cs-uri-stem"), CT_STR_INIT("cs-uri-query"),
                                     CT_STR_INIT("s-port"), CT_STR_INIT("cs-username"), CT_STR_INIT("c-ip")};
    size_t m = 2;
    if (n < IIS_MIN || !has_date(v)) return false;
    while (m < 6 && m + 6 < n && !(is_method(v[m]) && (starts(v[m + 1], '/') || starts(v[m + 1], '*')) && is_port(v[m + 3]) && ct_is_address(v[m + 5])))
        m++;
    if (m == 6 || m + 6 >= n) return false;
    name(columns, 0, CT_STR("date"));
    name(columns, 1, CT_STR("time"));
    if (ct_is_address(v[m - 1])) name(columns, m - 1, CT_STR("s-ip"));
    for (size_t k = 0; k < sizeof request / sizeof request[0]; k++) name(columns, m + k, request[k]);
    size_t at = m + 6;
    if (ct_str_starts(v[at], CT_STR("HTTP/"))) name(columns, at++, CT_STR("cs-version"));
    if (at < n) name(columns, at++, CT_STR("cs(User-Agent)"));
    guess_status(v, n, at, columns);
    return true;
}

static bool guess_http_sys(const ct_str *v, size_t n, unsigned char columns[CT_W3C_COLUMNS_MAX])
{
    static const ct_str names[] = {CT_STR_INIT("date"), CT_STR_INIT("time"), CT_STR_INIT("c-ip"), CT_STR_INIT("c-port"), CT_STR_INIT("s-ip"),
                                   CT_STR_INIT("s-port"), CT_STR_INIT("cs-version"), CT_STR_INIT("cs-method"), CT_STR_INIT("cs-uri")};
    if (n < HTTP_SYS_MIN || !has_date(v)) return false;
    if (!ct_is_address(v[2]) || !is_port(v[3]) || !ct_is_address(v[4]) || !is_port(v[5])) return false;
    if (!absent(v[6]) && !ct_str_starts(v[6], CT_STR("HTTP/"))) return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) name(columns, i, names[i]);
    if (is_code(v[9])) name(columns, 9, CT_STR("sc-status"));
    else if (is_code(v[10])) name(columns, 10, CT_STR("sc-status"));
    return true;
}

static bool guess_cloudfront(const ct_str *v, size_t n, unsigned char columns[CT_W3C_COLUMNS_MAX])
{
    static const ct_str names[] = {
        CT_STR_INIT("date"), CT_STR_INIT("time"), CT_STR_INIT("-"), CT_STR_INIT("sc-bytes"), CT_STR_INIT("c-ip"), CT_STR_INIT("cs-method"),
        CT_STR_INIT("cs(Host)"), CT_STR_INIT("cs-uri-stem"), CT_STR_INIT("sc-status"), CT_STR_INIT("cs(Referer)"), CT_STR_INIT("cs(User-Agent)"),
        CT_STR_INIT("cs-uri-query"), CT_STR_INIT("cs(Cookie)"), CT_STR_INIT("-"), CT_STR_INIT("-"), CT_STR_INIT("x-host-header"),
        CT_STR_INIT("cs-protocol"), CT_STR_INIT("cs-bytes"), CT_STR_INIT("time-taken"), CT_STR_INIT("x-forwarded-for")};
    if (n < CLOUDFRONT_MIN || !has_date(v) || !ct_is_address(v[4]) || !is_method(v[5]) || !starts(v[7], '/') || !ct_is_number(v[8])) return false;
    for (size_t i = 0; i < n && i < sizeof names / sizeof names[0]; i++) name(columns, i, names[i]);
    return true;
}

/* 1576194185.123 */
static bool is_epoch(ct_str s)
{
    ct_str whole = ct_str_cut(&s, '.');
    return whole.n == 10 && ct_ascii_digit(whole.p[0]) && ct_is_number(whole) && s.n >= 1 && s.n <= 6 && ct_is_number(s);
}

static bool guess_realtime(const ct_str *v, size_t n, unsigned char columns[CT_W3C_COLUMNS_MAX])
{
    static const ct_str agent[] = {CT_STR_INIT("cs-user-agent"), CT_STR_INIT("cs-referer"), CT_STR_INIT("cs-cookie"), CT_STR_INIT("cs-uri-query")};
    if (n < REALTIME_MIN || !is_epoch(v[0]) || !ct_is_address(v[1])) return false;
    name(columns, 0, CT_STR("timestamp"));
    name(columns, 1, CT_STR("c-ip"));
    size_t m = 2;
    while (m < n && !is_method(v[m])) m++;
    if (m == n) return true;
    for (size_t i = 2; i < m; i++)
        if (is_code(v[i])) {
            name(columns, i, CT_STR("sc-status"));
            break;
        }
    name(columns, m, CT_STR("cs-method"));
    size_t stem = m + 1;
    while (stem < n && stem < m + 4 && !starts(v[stem], '/')) stem++;
    if (stem < n && starts(v[stem], '/')) {
        name(columns, stem, CT_STR("cs-uri-stem"));
        if (stem > m + 1 && ct_str_chr(v[stem - 1], '.') != CT_STR_NONE) name(columns, stem - 1, CT_STR("cs-host"));
    }
    for (size_t i = stem; i < n; i++) {
        if (!ct_str_eq(v[i], CT_STR("IPv4")) && !ct_str_eq(v[i], CT_STR("IPv6"))) continue;
        for (size_t k = 0; k < sizeof agent / sizeof agent[0] && i + 1 + k < n; k++) name(columns, i + 1 + k, agent[k]);
        if (i >= stem + 4 && ct_str_chr(v[i - 3], '.') != CT_STR_NONE) name(columns, i - 3, CT_STR("x-host-header"));
        break;
    }
    return true;
}

/* Among the first words one that is a method before a path, or the client's address: what an application logs has neither. */
bool ct_w3c_may_guess(ct_str line)
{
    if (line.n < 20 || !ct_ascii_digit(line.p[0])) return false;
    if (line.p[10] == '.') return ct_str_chr(line, '\t') != CT_STR_NONE;
    if (line.p[4] != '-' || line.p[13] != ':' || line.p[16] != ':' || (line.p[10] != ' ' && line.p[10] != '\t')) return false;
    ct_str rest = ct_str_slice(line, 19, SIZE_MAX), word = {NULL, 0};
    if (rest.p[0] == '.') (void)ct_next_word(&rest);
    else if (rest.p[0] != ' ' && rest.p[0] != '\t') return false;
    for (unsigned i = 0; i < 5; i++) {
        ct_str next = ct_next_word(&rest);
        if (i == 0 && ct_is_address(next)) return true;
        if (i > 0 && (starts(next, '/') || starts(next, '*')) && is_method(word)) return true;
        if (i == 2 && line.p[10] == '\t' && ct_is_address(next)) return true;
        word = next;
    }
    return false;
}

bool ct_w3c_guess(const ct_str *v, size_t n, unsigned char ret_columns[CT_W3C_COLUMNS_MAX])
{
    memset(ret_columns, 0, CT_W3C_COLUMNS_MAX);
    return guess_iis(v, n, ret_columns) || guess_http_sys(v, n, ret_columns) || guess_cloudfront(v, n, ret_columns) ||
           guess_realtime(v, n, ret_columns);
}
