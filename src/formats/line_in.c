#include "formats/line_in.h"

#include "text/ip.h"

#include <string.h>

static bool is_blank(unsigned char c) { return c == ' ' || c == '\t'; }

#define NAME_MAX_BYTES 128u /* a field's name: for people; header names of real requests are shorter */
#define PLAIN_MAX 64u

static void add(struct ct_line *l, ct_str name, ct_str value)
{
    struct ct_record *r = l->rec;
    if (r->n_fields == CT_FIELDS_MAX) {
        r->more_fields = true;
        return;
    }
    r->fields[r->n_fields++] = (struct ct_field){name, value};
}

static bool absent(ct_str v) { return v.n == 0 || (v.n == 1 && v.p[0] == '-'); }

void ct_line_add(struct ct_line *l, ct_str name, ct_str value)
{
    if (!absent(value)) add(l, name, value);
}

void ct_line_add_unless_plain(struct ct_line *l, ct_str name, ct_str value)
{
    bool plain = value.n < PLAIN_MAX;
    for (size_t i = 0; plain && i < value.n; i++)
        plain = ct_ascii_digit(value.p[i]) || ct_ascii_alpha(value.p[i]) || (value.p[i] && strchr("._:/()@[]-", value.p[i]));
    if (!plain) ct_line_add(l, name, value);
}

void ct_line_add_column(struct ct_line *l, size_t n, ct_str value)
{
    if (absent(value)) return;
    struct ct_buf b;
    ct_buf_init(&b, l->arena, 32);
    ct_buf_text(&b, "column.");
    ct_buf_u64(&b, n);
    if (b.err) l->err = CT_ERR_NOMEM;
    else add(l, ct_buf_view(&b), value);
}

void ct_line_add_message(struct ct_line *l, ct_str s) { ct_line_add(l, CT_STR("message"), s); }

bool ct_looks_torn(ct_str v)
{
    static const unsigned char looked_at[256] = {['{'] = 1, ['}'] = 1, ['7'] = 1};
    long open = 0;
    for (size_t i = 0; i < v.n; i++) {
        const unsigned char *p = v.p + i;
        if (v.n - i >= 4 && !(looked_at[p[0]] | looked_at[p[1]] | looked_at[p[2]] | looked_at[p[3]])) {
            i += 3;
            continue;
        }
        unsigned char c = *p;
        if (!looked_at[c]) continue;
        if (c == '{') open++;
        else if (c == '}') open--;
        else if (c == '7' && i > 0 && i + 1 < v.n && v.p[i - 1] && strchr("%xX0", v.p[i - 1])) {
            unsigned char d = ct_ascii_lower(v.p[i + 1]);
            if (d == 'b') open++;
            else if (d == 'd') open--;
        }
        if (open < 0) return true;
    }
    return open != 0;
}

bool ct_line_looks_torn(const struct ct_line *l, size_t first)
{
    for (size_t i = first; i < l->rec->n_fields; i++)
        if (ct_looks_torn(l->rec->fields[i].value)) return true;
    return false;
}

void ct_line_end(struct ct_line *l, size_t first, ct_str s)
{
    if (l->torn || ct_line_looks_torn(l, first)) ct_line_add_message(l, s);
}

ct_str ct_line_copy(struct ct_line *l, ct_str s)
{
    ct_str copy = {NULL, 0};
    if (s.n && ct_arena_dup(l->arena, s, &copy) != CT_OK) l->err = CT_ERR_NOMEM;
    return copy;
}

static bool is_method(ct_str s)
{
    if (s.n == 0 || s.n > 32) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!ct_ascii_alpha(s.p[i]) && s.p[i] != '-' && s.p[i] != '_') return false;
    return true;
}

/* " HTTP/1.1", " HTTP/2", at the end of s: its length, or 0. */
static size_t version_length(ct_str s)
{
    for (size_t digits = 1; digits <= 3; digits += 2) {
        if (s.n < 6 + digits) continue;
        ct_str v = ct_str_slice(s, s.n - 6 - digits, s.n);
        if (ct_str_starts(v, CT_STR(" HTTP/")) && ct_ascii_digit(v.p[6]) &&
            (digits == 1 || (v.p[7] == '.' && ct_ascii_digit(v.p[8]))))
            return v.n;
    }
    return 0;
}

void ct_line_url(struct ct_line *l, ct_str url)
{
    if (absent(url)) return;
    struct ct_record *r = l->rec;
    ct_str path = url;
    size_t scheme = ct_str_find(path, CT_STR("://"));
    if (scheme != CT_STR_NONE && scheme > 0 && scheme < 8 && is_method(ct_str_slice(path, 0, scheme))) {
        path = ct_str_slice(path, scheme + 3, SIZE_MAX);
        size_t end = 0;
        while (end < path.n && path.p[end] != '/' && path.p[end] != '?') end++;
        ct_str authority = ct_str_slice(path, 0, end);
        size_t at = ct_str_rchr(authority, '@'); /* a user and a password are no part of the host */
        if (r->target.n == 0) r->target = ct_cut_port(ct_str_slice(authority, at == CT_STR_NONE ? 0 : at + 1, SIZE_MAX));
        path = ct_str_slice(path, end, SIZE_MAX);
    }
    path = ct_str_cut(&path, '?');
    if (r->path.n == 0) r->path = path;
    ct_line_add(l, CT_STR("url.original"), url);
}

void ct_line_request(struct ct_line *l, ct_str request)
{
    if (absent(request)) return;
    ct_str rest = request, method = ct_str_cut(&rest, ' ');
    if (!rest.p || !is_method(method)) {
        ct_line_add(l, CT_STR("http.request.line"), request);
        return;
    }
    if (l->rec->method.n == 0) l->rec->method = method;
    rest.n -= version_length(rest);
    ct_line_url(l, rest);
}

/* fe80::1%3, fe80::1%eth0: without the zone, which means something on the server alone; s itself when it has none. */
static ct_str without_zone(ct_str s)
{
    size_t zone = ct_str_rchr(s, '%');
    if (zone == CT_STR_NONE || zone + 1 == s.n) return s;
    for (size_t i = zone + 1; i < s.n; i++)
        if (!ct_ascii_digit(s.p[i]) && !ct_ascii_alpha(s.p[i])) return s;
    unsigned char address[16];
    return ct_ip6_parse(ct_str_slice(s, 0, zone), address) ? ct_str_slice(s, 0, zone) : s;
}

static void take_client(struct ct_line *l, ct_str host, ct_str logged)
{
    if (absent(host)) return;
    if (l->rec->client.n == 0) l->rec->client = without_zone(host);
    if (!ct_is_address(host)) ct_line_add(l, CT_STR("source.address"), logged);
}

void ct_line_client(struct ct_line *l, ct_str client) { take_client(l, client, client); }

void ct_line_client_port(struct ct_line *l, ct_str client)
{
    uint64_t port;
    size_t colon = ct_str_rchr(client, ':');
    bool has_port = colon != CT_STR_NONE && ct_str_u64(ct_str_slice(client, colon + 1, client.n), &port);
    take_client(l, has_port ? ct_str_slice(client, 0, colon) : client, client);
}

/* ECS has names for few headers; the others follow http.request.headers.<name>. */
static const struct {
    ct_str header, name;
} HEADERS[] = {
    {CT_STR_INIT("user-agent"), CT_STR_INIT("user_agent.original")},
    {CT_STR_INIT("referer"), CT_STR_INIT("http.request.referrer")},
    {CT_STR_INIT("referrer"), CT_STR_INIT("http.request.referrer")},
    {CT_STR_INIT("host"), CT_STR_INIT("http.request.headers.host")},
    {CT_STR_INIT("cookie"), CT_STR_INIT("http.request.headers.cookie")},
    {CT_STR_INIT("accept"), CT_STR_INIT("http.request.headers.accept")},
    {CT_STR_INIT("authorization"), CT_STR_INIT("http.request.headers.authorization")},
    {CT_STR_INIT("content-type"), CT_STR_INIT("http.request.mime_type")},
    {CT_STR_INIT("x-forwarded-for"), CT_STR_INIT("http.request.headers.x-forwarded-for")},
};

static bool same_header(ct_str a, ct_str b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++) {
        unsigned char c = a.p[i] == '_' ? '-' : ct_ascii_lower(a.p[i]);
        if (c != b.p[i]) return false;
    }
    return true;
}

/* A header that came several times is one list, in the order of the lines: what a proxy appended stands last. Of a list that is too long
 * the last value stays. */
static void take_forwarded(struct ct_line *l, ct_str value)
{
    enum { LIST_MAX = 1024 };
    ct_str *all = &l->rec->forwarded;
    if (absent(value) || ct_str_eq(*all, value)) return;
    if (all->n == 0 || all->n + 2 + value.n > LIST_MAX) {
        *all = value;
        return;
    }
    if (!l->forwarded) l->forwarded = ct_arena_alloc(l->arena, LIST_MAX);
    if (!l->forwarded) {
        l->err = CT_ERR_NOMEM;
        return;
    }
    if (all->p != l->forwarded) memcpy(l->forwarded, all->p, all->n);
    memcpy(l->forwarded + all->n, ", ", 2);
    memcpy(l->forwarded + all->n + 2, value.p, value.n);
    *all = (ct_str){l->forwarded, all->n + 2 + value.n};
}

void ct_line_header(struct ct_line *l, ct_str name, ct_str value)
{
    if (same_header(name, CT_STR("x-forwarded-for"))) take_forwarded(l, value);
    if (same_header(name, CT_STR("host")) && l->rec->target.n == 0 && !absent(value)) l->rec->target = value;
    for (size_t i = 0; i < sizeof HEADERS / sizeof HEADERS[0]; i++)
        if (same_header(name, HEADERS[i].header)) {
            ct_line_add(l, HEADERS[i].name, value);
            return;
        }
    if (!absent(value)) ct_line_add(l, ct_line_name(l, CT_STR("http.request.headers."), name), value);
}

ct_str ct_line_name(struct ct_line *l, ct_str prefix, ct_str name)
{
    size_t n = name.n < NAME_MAX_BYTES ? name.n : NAME_MAX_BYTES;
    unsigned char *p = ct_arena_alloc(l->arena, prefix.n + n);
    if (!p) {
        l->err = CT_ERR_NOMEM;
        return CT_STR("message");
    }
    if (prefix.n) memcpy(p, prefix.p, prefix.n);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = ct_ascii_lower(name.p[i]);
        p[prefix.n + i] = ct_ascii_alpha(c) || ct_ascii_digit(c) || (c && strchr("._-@:", c)) ? c : '_';
    }
    return (ct_str){p, prefix.n + n};
}

ct_str ct_waf_word(ct_str logged)
{
    static const struct {
        ct_str logged, word;
    } words[] = {
        {CT_STR_INIT("block"), CT_STR_INIT("block")},         {CT_STR_INIT("blocked"), CT_STR_INIT("block")},
        {CT_STR_INIT("deny"), CT_STR_INIT("block")},          {CT_STR_INIT("denied"), CT_STR_INIT("block")},
        {CT_STR_INIT("drop"), CT_STR_INIT("block")},          {CT_STR_INIT("dropped"), CT_STR_INIT("block")},
        {CT_STR_INIT("reject"), CT_STR_INIT("block")},        {CT_STR_INIT("rejected"), CT_STR_INIT("block")},
        {CT_STR_INIT("intercepted"), CT_STR_INIT("block")},   {CT_STR_INIT("allow"), CT_STR_INIT("allow")},
        {CT_STR_INIT("allowed"), CT_STR_INIT("allow")},       {CT_STR_INIT("accept"), CT_STR_INIT("allow")},
        {CT_STR_INIT("pass"), CT_STR_INIT("allow")},          {CT_STR_INIT("passed"), CT_STR_INIT("allow")},
        {CT_STR_INIT("count"), CT_STR_INIT("count")},         {CT_STR_INIT("log"), CT_STR_INIT("count")},
        {CT_STR_INIT("detect"), CT_STR_INIT("detect")},       {CT_STR_INIT("detected"), CT_STR_INIT("detect")},
        {CT_STR_INIT("matched"), CT_STR_INIT("detect")},      {CT_STR_INIT("alert"), CT_STR_INIT("detect")},
        {CT_STR_INIT("captcha"), CT_STR_INIT("captcha")},     {CT_STR_INIT("challenge"), CT_STR_INIT("challenge")},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ct_str_eq_fold(logged, words[i].logged)) return words[i].word;
    return logged;
}

bool ct_is_address(ct_str s) { return ct_ip_parse(without_zone(ct_ip_unbracket(s)), NULL); }

bool ct_is_address_list(ct_str s)
{
    size_t addresses = 0;
    while (s.p) {
        ct_str part = ct_str_trim(ct_str_cut(&s, ','));
        if (ct_is_address(part) || ct_is_address(ct_cut_port(part))) addresses++;
        else if (!ct_str_eq(part, CT_STR("unknown")) && !ct_str_eq(part, CT_STR("-"))) return false;
    }
    return addresses > 0;
}

bool ct_ends_in_address(ct_str list)
{
    size_t comma = ct_str_rchr(list, ',');
    ct_str last = ct_str_trim(ct_str_slice(list, comma == CT_STR_NONE ? 0 : comma + 1, SIZE_MAX));
    return ct_is_address(last) || ct_is_address(ct_cut_port(last));
}

bool ct_is_number(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ct_ascii_digit(s.p[i]) && !(s.p[i] && strchr("+-./,", s.p[i]))) return false;
    return s.n > 0;
}

bool ct_is_hot(ct_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] && strchr("${}%&\\#", s.p[i])) return true;
    return false;
}

ct_str ct_cut_port(ct_str s)
{
    uint16_t port;
    return ct_ip_cut_port(s, &port);
}

/* The offset of the quote that closes a value starting at `from`, or s.n. */
static size_t closing_quote(ct_str s, size_t from, enum ct_quotes quotes)
{
    for (size_t i = from; i < s.n; i++) {
        size_t hit = ct_str_chr(ct_str_slice(s, i, s.n), '"'), escapes = 0;
        if (hit == CT_STR_NONE) break;
        i += hit;
        while (quotes != CT_QUOTES_PLAIN && i - escapes > from && s.p[i - escapes - 1] == '\\') escapes++;
        if (quotes == CT_QUOTES_HALF && escapes) continue;
        if (escapes % 2 == 0 && (i + 1 == s.n || is_blank(s.p[i + 1]))) return i;
    }
    return s.n;
}

/* Up to a blank, but key="a value" is one. */
static size_t bare_end(ct_str s, enum ct_quotes quotes)
{
    size_t end = 0;
    while (end < s.n && !is_blank(s.p[end]) && s.p[end] != '"') end++;
    if (end < s.n && s.p[end] == '"' && s.p[end - 1] == '=') {
        size_t close = closing_quote(s, end + 1, quotes);
        if (close < s.n) return close + 1;
    }
    while (end < s.n && !is_blank(s.p[end])) end++;
    return end;
}

bool ct_next_token(ct_str *rest, enum ct_quotes quotes, struct ct_token *ret_token)
{
    ct_str s = *rest;
    while (s.n && is_blank(s.p[0])) s = ct_str_slice(s, 1, SIZE_MAX);
    if (s.n == 0) {
        *rest = s;
        return false;
    }
    if (s.p[0] != '"') {
        size_t end = bare_end(s, quotes);
        *ret_token = (struct ct_token){.text = ct_str_slice(s, 0, end)};
        *rest = ct_str_slice(s, end, SIZE_MAX);
        return true;
    }
    size_t close = closing_quote(s, 1, quotes);
    *ret_token = (struct ct_token){.text = ct_str_slice(s, 1, close), .quoted = true, .open = close == s.n};
    *rest = ct_str_slice(s, close + 1, SIZE_MAX);
    return true;
}

ct_str ct_next_word(ct_str *rest)
{
    ct_str s = *rest;
    size_t end = 0;
    while (s.n && is_blank(s.p[0])) s = ct_str_slice(s, 1, SIZE_MAX);
    while (end < s.n && !is_blank(s.p[end])) end++;
    *rest = ct_str_slice(s, end, SIZE_MAX);
    return ct_str_slice(s, 0, end);
}
