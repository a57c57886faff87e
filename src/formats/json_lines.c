/* JSON lines of web servers, proxies, clouds and applications, and the JSON forms of AWS WAF and ModSecurity.
 *
 * Every string is a field, named by its ECS name where its path is known, else by its dotted path; elements of an array
 * share the path of the array. Header maps ({"headers": {"X": ["v"]}} and {"headers": [{"name": .., "value": ..}]}) are
 * read as headers. A key is a field too when it holds more than a name, for attackers choose names of headers and
 * parameters. What follows the value is the field "message", and the whole line when it is not JSON to its end.
 *
 * nginx writes JSON templates with \xHH unless escape=json is set. JSON knows no such escape: its backslash is then taken
 * as a plain one, which leaves \xHH in the value as in any other log of nginx.
 */
#include "formats/json_names.h"
#include "formats/line_in.h"
#include "text/ip.h"
#include "text/json_in.h"

#include <string.h>

#define PATH_MAX_BYTES 160u /* names are for people; real paths are under 100 */

struct frame {
    size_t path_n;      /* of the container */
    size_t key_at;      /* where its own key starts in path */
    bool array;
};

struct walk {
    struct ct_line *l;
    struct frame frames[CT_JSON_DEPTH_MAX + 1];
    unsigned depth;
    unsigned char path[PATH_MAX_BYTES];
    size_t path_n, key_at;      /* path of the value that comes next, and where its last key starts */
    ct_str header;              /* "name" of a {"name", "value"} pair */
    unsigned header_depth;
    bool aws_waf, modsec, tomcat;
    ct_str server;              /* what Tomcat was asked for */
    int64_t nanos, start;
    ct_str day, clock;          /* of a stamp in two parts */
};

static bool is_name_byte(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c) || (c && strchr("._-@:", c)); }

/* The real bytes of a JSON string. A text that cannot be unescaped stays as it was. */
static ct_str real_text(struct walk *w, ct_str text, bool escaped)
{
    if (!escaped) return text;
    struct ct_buf b;
    ct_buf_init(&b, w->l->arena, text.n + 16);
    ct_json_unescape(&b, text);
    if (b.err == CT_ERR_NOMEM) w->l->err = CT_ERR_NOMEM;
    return b.err ? text : ct_buf_view(&b);
}

static ct_str path_of(const struct walk *w) { return (ct_str){w->path, w->path_n}; }
/* A name for the field; the key may be empty. */
static ct_str name_of(struct walk *w) { return w->path_n ? ct_line_copy(w->l, path_of(w)) : CT_STR("message"); }
static ct_str last_key(const struct walk *w) { return ct_str_slice(path_of(w), w->key_at, SIZE_MAX); }
static ct_str container_of(const struct walk *w) { return ct_str_slice(path_of(w), 0, w->key_at ? w->key_at - 1 : 0); }

static void take_key(struct walk *w, ct_str key)
{
    bool plain = key.n < PATH_MAX_BYTES;
    w->path_n = w->frames[w->depth].path_n;
    if (w->path_n && w->path_n < PATH_MAX_BYTES) w->path[w->path_n++] = '.';
    w->key_at = w->path_n;
    for (size_t i = 0; i < key.n; i++) {
        unsigned char c = key.p[i];
        bool name = is_name_byte(c);
        if (!name && !(c && strchr(" /()", c))) plain = false;
        if (w->path_n < PATH_MAX_BYTES) w->path[w->path_n++] = name ? c : '_';
    }
    if (!plain) ct_line_add(w->l, name_of(w), key);
    /* Tracing agents write a "transaction" as well. */
    if (ct_str_eq(path_of(w), CT_STR("transaction.client_ip")) || ct_str_eq(path_of(w), CT_STR("transaction.remote_address")))
        w->modsec = true;
}

static void open_container(struct walk *w, bool array)
{
    struct frame f = {w->path_n, w->key_at, array};
    if (w->depth < CT_JSON_DEPTH_MAX) w->frames[++w->depth] = f;
}

static void close_container(struct walk *w)
{
    if (w->header_depth == w->depth) w->header_depth = 0;
    if (w->depth == 0) return;
    w->path_n = w->frames[w->depth].path_n;
    w->key_at = w->frames[w->depth].key_at;
    w->depth--;
}

static int64_t any_time(ct_str v)
{
    v = ct_str_trim(v);
    if (v.n > 2 && v.p[0] == '[' && v.p[v.n - 1] == ']') v = ct_str_slice(v, 1, v.n - 1);
    int64_t us = ct_time_iso(v);
    if (us == CT_TIME_NONE) us = ct_time_clf(v);
    if (us == CT_TIME_NONE) us = ct_time_asctime(v);
    if (us == CT_TIME_NONE) us = ct_time_epoch(v);
    return us;
}

static bool is_status(ct_str v) { return v.n == 3 && v.p[0] >= '1' && v.p[0] <= '9' && ct_is_number(v); }

/* A scalar's part in the record beside its field. */
static void take_role(struct walk *w, enum ct_json_role role, ct_str v)
{
    struct ct_record *r = w->l->rec;
    uint64_t n;
    if (role == CT_ROLE_START) {
        w->start = any_time(v);
        return;
    }
    if (role == CT_ROLE_DATE) {
        if (v.n == 10 && v.p[4] == '-') w->day = v;
        role = CT_ROLE_TIME;
    }
    switch (role) {
    case CT_ROLE_TIME:
        if (r->time_us == CT_TIME_NONE || w->depth == 1) {
            int64_t us = any_time(v);
            if (us != CT_TIME_NONE) r->time_us = us;
            else if (v.n >= 8 && v.n < 24 && v.p[2] == ':') w->clock = v;
        }
        break;
    case CT_ROLE_NANOS:
        if (ct_str_u64(v, &n) && n < 1000000000) w->nanos = (int64_t)n;
        break;
    case CT_ROLE_STATUS:
        if (r->status.n == 0 && is_status(v)) r->status = v;
        break;
    case CT_ROLE_HOST:
        if (r->target.n == 0) r->target = v;
        break;
    case CT_ROLE_HOST_SENT: r->target = v; break;
    case CT_ROLE_TOMCAT: w->tomcat = true; break;
    case CT_ROLE_SERVER: w->server = v; break;
    case CT_ROLE_METHOD:
        if (r->method.n == 0) r->method = v;
        break;
    case CT_ROLE_WAF: {
        ct_str word = ct_waf_word(v);
        /* "action" means many things: only a decision counts. */
        if (r->waf.n == 0 && word.p != v.p) r->waf = word;
        break;
    }
    case CT_ROLE_AWS_WAF: w->aws_waf = true; break;
    default: break;
    }
}

/* {"headers": [{"name": "User-Agent", "value": "..."}]}: true when v was one half of such a pair. */
static bool take_pair(struct walk *w, ct_str v)
{
    if (w->depth < 2 || w->frames[w->depth].array || !w->frames[w->depth - 1].array) return false;
    if (!ct_json_is_headers(container_of(w))) return false;
    if (ct_str_eq_fold(last_key(w), CT_STR("name"))) {
        w->header = v;
        w->header_depth = w->depth;
        ct_line_add_unless_plain(w->l, CT_STR("http.request.headers"), v);
        return true;
    }
    if (!ct_str_eq_fold(last_key(w), CT_STR("value")) || w->header_depth != w->depth) return false;
    ct_line_header(w->l, w->header, v);
    return true;
}

/* Headers that loggers write as flat keys: nginx's http_x_api_version, Traefik's request_X-Api-Version. */
static ct_str flat_header(ct_str key)
{
    if (ct_str_starts(key, CT_STR("request_")) && key.n > 8 && key.p[8] >= 'A' && key.p[8] <= 'Z')
        return ct_str_slice(key, 8, SIZE_MAX);
    if (ct_str_starts(key, CT_STR("http_")) && !ct_str_starts(key, CT_STR("http_version")) &&
        !ct_str_starts(key, CT_STR("http_protocol")) && !ct_str_starts(key, CT_STR("http_response")))
        return ct_str_slice(key, 5, SIZE_MAX);
    return (ct_str){NULL, 0};
}

/* A header's name that outlives the path, which the next key overwrites. nginx's variables have '_' for each '-'. */
static ct_str header_name(struct walk *w, ct_str header, bool variable)
{
    unsigned char *p = ct_arena_alloc(w->l->arena, header.n);
    if (!p) {
        w->l->err = CT_ERR_NOMEM;
        return CT_STR("message");
    }
    for (size_t i = 0; i < header.n; i++) p[i] = variable && header.p[i] == '_' ? '-' : header.p[i];
    return (ct_str){p, header.n};
}

/* name: what the field is called; a header's where the logger takes it from one. */
static void take_client(struct ct_line *l, ct_str name, ct_str v)
{
    struct ct_record *r = l->rec;
    ct_str host = ct_ip_unbracket(ct_cut_port(v));
    bool own = ct_str_eq(name, CT_STR("source.address")), address = ct_is_address(host);
    if (r->client.n == 0 && (address || own)) r->client = host;
    else if (!own && r->forwarded.n == 0 && !ct_str_eq(host, r->client)) r->forwarded = v;
    if (!address) ct_line_add(l, name, v);
}

static void take_string(struct walk *w, ct_str v)
{
    struct ct_line *l = w->l;
    const struct ct_json_name *known = ct_json_name(path_of(w));
    if (known && known->role == CT_ROLE_TOMCAT) w->tomcat = true; /* always "-" */
    if (v.n == 0 || (v.n == 1 && v.p[0] == '-') || take_pair(w, v)) return;
    enum ct_json_role role = known ? known->role : CT_ROLE_NONE;
    take_role(w, role, v);
    ct_str header;
    switch (role) {
    case CT_ROLE_CLIENT: take_client(l, known->name, v); return;
    case CT_ROLE_URL:
        if (ct_str_eq(known->name, CT_STR("url.original"))) {
            ct_line_url(l, v);
            return;
        }
        if (l->rec->path.n == 0) l->rec->path = v;
        break;
    case CT_ROLE_REQUEST: ct_line_request(l, v); return;
    case CT_ROLE_HEADER: ct_line_header(l, known->name, v); return;
    case CT_ROLE_METHOD: ct_line_add_unless_plain(l, known->name, v); return;
    case CT_ROLE_NONE:
        header = ct_json_is_headers(container_of(w)) ? last_key(w) : flat_header(path_of(w));
        if (header.n) {
            ct_line_header(l, header_name(w, header, ct_str_starts(path_of(w), CT_STR("http_"))), v);
            return;
        }
        break;
    default: break;
    }
    ct_line_add(l, known && known->name.n ? known->name : name_of(w), v);
}

/* Numbers, true, false and null hold nothing but what the grammar allows: no field. */
static void take_scalar(struct walk *w, const struct ct_json_token *t)
{
    const struct ct_json_name *known = ct_json_name(path_of(w));
    if (!known) return;
    if (t->kind == CT_JSON_TRUE && known->role == CT_ROLE_WAF) w->l->rec->waf = CT_STR("block");
    else if (t->kind == CT_JSON_NUMBER) take_role(w, known->role, t->text);
}

/* What was left behind the last token that could be read. A string that lost its end belongs to the key before it. */
static void take_rest(struct walk *w, ct_str rest, bool expects_value)
{
    while (rest.n && rest.p[0] && strchr(" \t:,", rest.p[0])) rest = ct_str_slice(rest, 1, SIZE_MAX);
    if (rest.n == 0) return;
    if (expects_value && rest.p[0] == '"' && w->l->rec->truncated) take_string(w, real_text(w, ct_str_slice(rest, 1, SIZE_MAX), true));
    else ct_line_add_message(w->l, rest);
}

static bool is_json_escape(unsigned char c) { return c && strchr("\"\\/bfnrtu", c); }

/* Doubles the backslash of escapes that JSON does not have; s itself when there is none. */
static ct_str tolerate(struct ct_line *l, ct_str s)
{
    size_t odd = 0;
    for (size_t i = 0; i + 1 < s.n; i++) {
        if (s.p[i] != '\\') continue;
        if (!is_json_escape(s.p[i + 1])) odd++;
        else i++;
    }
    if (odd == 0) return s;
    struct ct_buf b;
    ct_buf_init(&b, l->arena, s.n + odd);
    for (size_t i = 0; i < s.n; i++) {
        ct_buf_byte(&b, s.p[i]);
        if (s.p[i] != '\\' || i + 1 == s.n) continue;
        ct_buf_byte(&b, is_json_escape(s.p[i + 1]) ? s.p[++i] : '\\');
    }
    if (b.err) l->err = CT_ERR_NOMEM;
    return b.err ? s : ct_buf_view(&b);
}

static bool looks_like_object(ct_str s)
{
    size_t i = 1;
    if (s.n == 0 || s.p[0] != '{') return false;
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t')) i++;
    return i < s.n && (s.p[i] == '"' || s.p[i] == '}');
}

bool ct_parse_json(struct ct_line *l, ct_str s)
{
    s = ct_str_trim(s);
    if (!looks_like_object(s)) return false;
    struct ct_json_in j;
    struct ct_json_token t = {.kind = CT_JSON_NULL};
    struct walk w = {.l = l, .nanos = -1, .start = CT_TIME_NONE};
    size_t done = 0, first = l->rec->n_fields;
    ct_err err;
    ct_str readable = tolerate(l, s);
    ct_json_open(&j, readable);
    while ((err = ct_json_next(&j, &t)) == CT_OK) {
        done = ct_json_offset(&j);
        switch (t.kind) {
        case CT_JSON_OBJECT:
        case CT_JSON_ARRAY: open_container(&w, t.kind == CT_JSON_ARRAY); break;
        case CT_JSON_OBJECT_END:
        case CT_JSON_ARRAY_END: close_container(&w); break;
        case CT_JSON_KEY: take_key(&w, real_text(&w, t.text, t.escaped)); break;
        case CT_JSON_STRING: take_string(&w, real_text(&w, t.text, t.escaped)); break;
        default: take_scalar(&w, &t); break;
        }
    }
    bool expects_value = t.kind == CT_JSON_KEY || (w.depth && w.frames[w.depth].array);
    if (err == CT_ERR_TRUNCATED) l->rec->truncated = true;
    /* A quote that a logger did not escape ends the string inside an attack: only the whole line still holds it. */
    ct_str rest = ct_str_slice(readable, done, SIZE_MAX);
    if (err == CT_ERR_SYNTAX || err == CT_ERR_CAP) l->torn = true;
    else take_rest(&w, rest, expects_value);
    if (rest.n && readable.p != s.p) l->torn = true; /* the rest shows the doubled backslashes */
    ct_line_end(l, first, s);
    if (w.tomcat && l->rec->client.n == 0) {
        l->rec->client = l->rec->target;
        l->rec->target = w.server;
    } else if (l->rec->target.n == 0) {
        l->rec->target = w.server;
    }
    if (w.start != CT_TIME_NONE) l->rec->time_us = w.start;
    if (l->rec->time_us == CT_TIME_NONE) l->rec->time_us = ct_time_day_and_clock(w.day, w.clock);
    if (w.nanos >= 0 && l->rec->time_us != CT_TIME_NONE) l->rec->time_us += w.nanos / 1000;
    l->rec->format = w.aws_waf ? CT_FORMAT_AWS_WAF : w.modsec ? CT_FORMAT_MODSECURITY : CT_FORMAT_JSON;
    return true;
}
