/* Common and combined log format as Apache and nginx write them, with or without the virtual host in front, and with any
 * further columns behind.
 *
 * The stamp in brackets is the anchor: names of users before it may hold blanks and quotes. Behind it stand tokens,
 * quoted or bare. Apache writes \" inside quotes and \\ for a backslash, Traefik \" but a bare backslash, nginx \x22, nginx with
 * escape=none and earlier Traefik the bare quote. What Traefik adds at the end, `N "router" "server" 3ms`, tells where its user
 * agent ended.
 */
#include "formats/line_in.h"

#include "base/unset.h"

#define COLUMNS_BEFORE_STATUS 5u /* client, ident, user, time, request */

struct shape {
    ct_str head, tail; /* before the stamp's bracket, behind it */
    int64_t time_us;
};

static bool find_stamp(ct_str s, struct shape *ret_shape)
{
    for (size_t at = 0; at < s.n;) {
        size_t hit = ct_str_chr(ct_str_slice(s, at, SIZE_MAX), '[');
        if (hit == CT_STR_NONE) return false;
        at += hit;
        int64_t us;
        ct_str inside = ct_str_slice(s, at + 1, SIZE_MAX);
        size_t n = ct_time_clf_at(inside, &us);
        ct_str tail = ct_str_slice(inside, n + 1, SIZE_MAX);
        bool quote = ct_str_starts(tail, CT_STR(" \"")) || (tail.n && tail.p[0] == '"'); /* AWS's API Gateway writes no blank */
        if (n && at > 1 && s.p[at - 1] == ' ' && n < inside.n && inside.p[n] == ']' && quote) {
            *ret_shape = (struct shape){ct_str_slice(s, 0, at - 1), tail, us};
            return true;
        }
        at++;
    }
    return false;
}

static bool has_port(ct_str s)
{
    ct_str host = ct_cut_port(s);
    return host.n < s.n && !ct_is_address(s);
}

/* A host with or without a port, or "-" for one. A stamp, a number or a tag of another logger is none. */
static bool is_host(ct_str s)
{
    s = ct_cut_port(s);
    bool letter = s.n == 1 && s.p[0] == '-';
    for (size_t i = 0; i < s.n; i++) {
        bool alpha = ct_ascii_alpha(s.p[i]) || s.p[i] == '_';
        if (!alpha && !ct_ascii_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != '-') return ct_is_address(s);
        letter |= alpha;
    }
    return letter || ct_is_address(s);
}

/* Where the last `words` words of s start; 0: it has no more. */
static size_t last_words(ct_str s, unsigned words)
{
    size_t at = s.n;
    for (; words; words--) {
        while (at && s.p[at - 1] == ' ') at--;
        while (at && s.p[at - 1] != ' ') at--;
    }
    return at;
}

/* Where a token that ends at `end` starts: "-", or quotes around what holds none. s.n: there is none. */
static size_t token_before(ct_str s, size_t end)
{
    if (end < 2 || (s.p[end - 1] != '"' && s.p[end - 1] != '-')) return s.n;
    size_t open = s.p[end - 1] == '-' ? end - 1 : ct_str_rchr(ct_str_slice(s, 0, end - 1), '"');
    return open != CT_STR_NONE && open > 0 && s.p[open - 1] == ' ' ? open : s.n;
}

static size_t digits_before(ct_str s, size_t end)
{
    size_t at = end;
    while (at && ct_ascii_digit(s.p[at - 1])) at--;
    return at < end && at && s.p[at - 1] == ' ' ? at : s.n;
}

#define TRAEFIK_COLUMNS 4u

/* The offset of the blank before Traefik's columns, or s.n. */
static size_t traefik_columns(ct_str s)
{
    if (s.n < 3 || s.p[s.n - 1] != 's' || s.p[s.n - 2] != 'm') return s.n;
    size_t at = digits_before(s, s.n - 2);
    for (unsigned i = 0; i < 2 && at < s.n; i++) at = token_before(s, at - 1);
    if (at < s.n) at = digits_before(s, at - 1);
    return at < s.n ? at - 1 : s.n;
}

/* Traefik's client and user; the client is X-Forwarded-For as it came, where Traefik trusts it. */
static void take_traefik_head(struct ct_line *l, ct_str head)
{
    size_t dash = ct_str_find(head, CT_STR(" - "));
    ct_str client = ct_str_slice(head, 0, dash), user = dash == CT_STR_NONE ? (ct_str){NULL, 0} : ct_str_slice(head, dash + 3, SIZE_MAX);
    if (ct_is_address(client)) {
        ct_line_client(l, client);
    } else {
        ct_str rest = client, first = ct_str_trim(ct_str_cut(&rest, ','));
        ct_line_header(l, CT_STR("x-forwarded-for"), client);
        if (ct_is_address(first)) ct_line_client(l, first);
    }
    ct_line_add(l, CT_STR("user.name"), ct_str_trim(user));
}

/* What another logger put before the client: "2021-12-10 14:02:07,123 INFO access - 192.0.2.1 - - ". Such a line's first word is no host. */
static ct_str without_prefix(struct ct_line *l, ct_str head)
{
    ct_str rest = head, first = ct_next_word(&rest);
    size_t at = last_words(head, 3); /* client, ident and user */
    if (is_host(first) || first.n == 0 || first.p[first.n - 1] == ',' || ct_is_hot(first) || at == 0) return head;
    rest = ct_str_slice(head, at, SIZE_MAX);
    if (!ct_is_address(ct_cut_port(ct_next_word(&rest)))) return head;
    ct_line_add_unless_plain(l, CT_STR("log.prefix"), ct_str_slice(head, 0, at));
    return ct_str_slice(head, at, SIZE_MAX);
}

/* What stands before the stamp: [vhost | forwarded-for list] client ident user. True when it had a virtual host. */
static bool take_head(struct ct_line *l, ct_str head, bool want_vhost)
{
    struct ct_record *r = l->rec;
    bool vhost = false;
    head = without_prefix(l, head);
    ct_str rest = head, client = ct_next_word(&rest), after = rest, second = ct_next_word(&after);
    bool alone = !want_vhost && last_words(head, 3) == 0; /* no more than client, ident and user */
    if (client.n && client.p[client.n - 1] == ',') { /* "%{X-Forwarded-For}i %h ...": a list with blanks */
        ct_str last = client, next;
        while (last.p[last.n - 1] == ',' && (next = ct_next_word(&rest)).n) last = next;
        r->forwarded = (ct_str){client.p, (size_t)(last.p - client.p) + last.n};
        ct_line_add(l, CT_STR("http.request.headers.x-forwarded-for"), r->forwarded);
        client = ct_next_word(&rest);
    } else if (ct_is_address(second) && (ct_is_address(client) || (client.n == 1 && client.p[0] == '-'))) {
        if (ct_is_address(client)) ct_line_header(l, CT_STR("x-forwarded-for"), client);
        client = second;
        rest = after;
    } else if (alone && ct_is_address(ct_cut_port(client))) {
        client = ct_cut_port(client);
    } else if (second.n && !ct_is_address(client) && (want_vhost || has_port(client) || ct_is_address(second))) {
        vhost = true;
        ct_str host = ct_cut_port(client);
        if (host.n != 1 || host.p[0] != '-') r->target = host; /* "-": the request named none */
        ct_line_add_unless_plain(l, CT_STR("url.domain"), client);
        client = second;
        rest = after;
    }
    ct_line_client(l, client);
    rest = ct_str_trim(rest);
    ct_str user = rest, ident = ct_next_word(&user);
    if (user.n == 0) {
        ct_line_add(l, CT_STR("user.name"), ident);
    } else {
        ct_line_add(l, CT_STR("client.user.id"), ident);
        ct_line_add(l, CT_STR("user.name"), ct_str_trim(user));
    }
    return vhost;
}

static bool is_code(ct_str s) { return (s.n == 1 && s.p[0] == '-') || ct_is_number(s); }

/* Columns behind the bytes or the user agent. The first quoted one is X-Forwarded-For when it holds addresses, or when it
 * alone follows the user agent: nginx's "main" format, the most common extension. */
static void take_extra(struct ct_line *l, const struct ct_token *t, size_t n, size_t column, bool combined)
{
    for (size_t i = 0; i < n; i++) {
        bool first_quoted = t[i].quoted && i == 0;
        bool forwarded = first_quoted && (ct_is_address_list(t[i].text) || (combined && n == 1 && ct_ends_in_address(t[i].text)));
        if (forwarded) ct_line_header(l, CT_STR("x-forwarded-for"), t[i].text);
        else if (first_quoted && combined && n == 1) ct_line_add(l, CT_STR("http.request.headers.x-forwarded-for"), t[i].text);
        else ct_line_add_column(l, column + i, t[i].text);
    }
}

struct tail {
    struct ct_token t[CT_FIELDS_MAX];
    size_t n;
    ct_str rest;
};

/* False when a quote does not close, or ends a bare token (other than key="a value"): some value was cut before its end. */
static bool split_tail(struct tail *t, ct_str s, enum ct_quotes quotes)
{
    bool even = true;
    t->rest = s;
    for (t->n = 0; t->n < CT_FIELDS_MAX && ct_next_token(&t->rest, quotes, &t->t[t->n]); t->n++) {
        const struct ct_token *last = &t->t[t->n];
        bool quote = !last->quoted && last->text.p[last->text.n - 1] == '"';
        if (last->open || (quote && ct_str_find(last->text, CT_STR("=\"")) == CT_STR_NONE)) even = false;
    }
    return even;
}

/* A referrer and a user agent with bare quotes, from token i on: they go up to `end`, and `" "` between them stands there once. */
static void mend_quotes(struct tail *t, size_t i, ct_str s, size_t end)
{
    if (i >= t->n || !t->t[i].quoted || i + 2 >= CT_FIELDS_MAX) return;
    ct_str both = ct_str_slice(s, (size_t)(t->t[i].text.p - s.p), end);
    size_t between = ct_str_find(both, CT_STR("\" \""));
    if (both.n < 4 || both.p[both.n - 1] != '"' || between == CT_STR_NONE || between + 3 >= both.n) return;
    if (ct_str_find(ct_str_slice(both, between + 1, SIZE_MAX), CT_STR("\" \"")) != CT_STR_NONE) return;
    t->t[i++] = (struct ct_token){.text = ct_str_slice(both, 0, between), .quoted = true};
    t->t[i++] = (struct ct_token){.text = ct_str_slice(both, between + 3, both.n - 1), .quoted = true};
    t->rest = ct_str_slice(s, end, SIZE_MAX);
    for (t->n = i; t->n < CT_FIELDS_MAX && ct_next_token(&t->rest, CT_QUOTES_BACKSLASH, &t->t[t->n]);) t->n++;
}

/* How many tokens it was: a bare quote before the blank of " HTTP/1.1" did not end it. */
static size_t take_request(struct ct_line *l, const struct ct_token *t, size_t n)
{
    ct_str request = t[0].text, next = n > 1 && !t[1].quoted ? t[1].text : (ct_str){NULL, 0};
    bool goes_on = t[0].quoted && ct_str_starts(next, CT_STR("HTTP/")) && next.p[next.n - 1] == '"';
    if (goes_on) request.n = (size_t)(next.p - request.p) + next.n - 1;
    ct_line_request(l, request);
    return goes_on ? 2 : 1;
}

static bool take_tail(struct ct_line *l, ct_str s, size_t column)
{
    struct tail tail CT_UNSET;
    bool even = split_tail(&tail, s, CT_QUOTES_BACKSLASH) || split_tail(&tail, s, CT_QUOTES_HALF);
    if (!even) (void)split_tail(&tail, s, CT_QUOTES_BACKSLASH);
    const struct ct_token *t = tail.t;
    size_t i = tail.n ? take_request(l, t, tail.n) : 0;
    if (i < tail.n && !t[i].quoted && is_code(t[i].text)) {
        if (ct_ascii_digit(t[i].text.p[0])) l->rec->status = t[i].text;
        i++;
        if (i < tail.n && !t[i].quoted && is_code(t[i].text)) i++;
    }
    size_t traefik = traefik_columns(s);
    if (!even || (traefik < s.n && tail.n != i + 2 + TRAEFIK_COLUMNS)) mend_quotes(&tail, i, s, traefik);
    size_t n = tail.n;
    for (size_t k = 0; k < n; k++) {
        if (t[k].open) l->rec->truncated = true;
        if (!t[k].quoted && ct_is_hot(t[k].text)) l->torn = true;
    }
    bool referrer = i < n && (t[i].quoted || (traefik < s.n && ct_str_eq(t[i].text, CT_STR("-")))); /* bare until Traefik 1.5 */
    bool combined = referrer && i + 1 < n && t[i + 1].quoted;
    if (combined) {
        ct_line_add(l, CT_STR("http.request.referrer"), t[i].text);
        ct_line_add(l, CT_STR("user_agent.original"), t[i + 1].text);
        i += 2;
    }
    take_extra(l, t + i, n - i, column + i, combined);
    if (ct_str_trim(tail.rest).n) {
        l->rec->more_fields = true;
        ct_line_add_message(l, tail.rest);
    }
    return combined;
}

static bool parse(struct ct_line *l, ct_str s, bool want_vhost)
{
    struct shape shape;
    if (!find_stamp(s, &shape)) return false;
    size_t first = l->rec->n_fields;
    l->rec->time_us = shape.time_us;
    bool traefik = !want_vhost && traefik_columns(shape.tail) < shape.tail.n;
    bool vhost = !traefik && take_head(l, shape.head, want_vhost);
    if (traefik) take_traefik_head(l, shape.head);
    bool combined = take_tail(l, shape.tail, COLUMNS_BEFORE_STATUS + vhost);
    l->rec->format = vhost ? CT_FORMAT_VHOST_COMBINED : combined ? CT_FORMAT_COMBINED : CT_FORMAT_COMMON;
    ct_line_end(l, first, s);
    return true;
}

bool ct_parse_clf(struct ct_line *l, ct_str s) { return parse(l, s, false); }
bool ct_parse_vhost_clf(struct ct_line *l, ct_str s) { return parse(l, s, true); }
