#include "advisory/osv.h"
#include "base/buf.h"
#include "base/limits.h"
#include "text/json_in.h"

struct reader {
    struct ct_json_in j;
    ct_arena *arena;
    struct ct_fault *fault;
    struct ct_osv_record *record;
};

static ct_err refuse(struct reader *r, ct_err err, size_t at, const char *why)
{
    (void)ct_fault_set(r->fault, err, at, "OSV record: %s", why);
    return err;
}

static ct_err next(struct reader *r, struct ct_json_token *t)
{
    ct_err err = ct_json_next(&r->j, t);
    if (!err) return CT_OK;
    const char *why = err == CT_ERR_TRUNCATED ? "the JSON ends early" : err == CT_ERR_CAP ? "nested too deep" : "not JSON";
    return refuse(r, err == CT_ERR_END ? CT_ERR_SYNTAX : err, ct_json_offset(&r->j), why);
}

static ct_err skip_value(struct reader *r, const struct ct_json_token *t)
{
    if (t->kind != CT_JSON_OBJECT && t->kind != CT_JSON_ARRAY) return CT_OK;
    struct ct_json_token inner;
    while (r->j.depth >= t->depth) CT_TRY(next(r, &inner));
    return CT_OK;
}

static ct_err plain(struct reader *r, const struct ct_json_token *t, ct_str *ret_text)
{
    if (!t->escaped) {
        *ret_text = t->text;
        return CT_OK;
    }
    struct ct_buf b;
    ct_buf_init(&b, r->arena, t->text.n + 16);
    ct_json_unescape(&b, t->text);
    if (b.err) return refuse(r, CT_ERR_NOMEM, t->offset, "out of memory");
    *ret_text = ct_buf_view(&b);
    return CT_OK;
}

/* The value of a key: a string, or null, which counts as absent. */
static ct_err read_string(struct reader *r, ct_str *ret_text)
{
    struct ct_json_token t;
    CT_TRY(next(r, &t));
    if (t.kind == CT_JSON_NULL) return CT_OK;
    if (t.kind != CT_JSON_STRING) return refuse(r, CT_ERR_SYNTAX, t.offset, "a string is expected");
    return plain(r, &t, ret_text);
}

/* Opens the value of a key as kind, an object or an array; *ret_open is false for null. */
static ct_err open_value(struct reader *r, enum ct_json_kind kind, bool *ret_open)
{
    struct ct_json_token t;
    CT_TRY(next(r, &t));
    *ret_open = t.kind == kind;
    if (t.kind == kind || t.kind == CT_JSON_NULL) return CT_OK;
    return refuse(r, CT_ERR_SYNTAX, t.offset, kind == CT_JSON_OBJECT ? "an object is expected" : "an array is expected");
}

/* The next key of the open object; *ret_more is false at its end. */
static ct_err next_key(struct reader *r, ct_str *ret_key, size_t *ret_at, bool *ret_more)
{
    struct ct_json_token t;
    CT_TRY(next(r, &t));
    *ret_more = t.kind == CT_JSON_KEY;
    *ret_at = t.offset;
    return *ret_more ? plain(r, &t, ret_key) : CT_OK;
}

static ct_err skip_next(struct reader *r)
{
    struct ct_json_token t;
    CT_TRY(next(r, &t));
    return skip_value(r, &t);
}

/* Room for one more of size bytes. */
static ct_err grow(struct reader *r, void *list, size_t n, size_t *cap, size_t size)
{
    void **p = list;
    if (n < *cap) return CT_OK;
    size_t more = *cap ? *cap * 2 : 8;
    void *grown = ct_arena_grow(r->arena, *p, *cap * size, more * size);
    if (!grown) return refuse(r, CT_ERR_NOMEM, ct_json_offset(&r->j), "out of memory");
    *p = grown;
    *cap = more;
    return CT_OK;
}

static ct_err read_strings(struct reader *r, struct ct_osv_list *list)
{
    bool open;
    CT_TRY(open_value(r, CT_JSON_ARRAY, &open));
    while (open) {
        struct ct_json_token t;
        CT_TRY(next(r, &t));
        if (t.kind == CT_JSON_ARRAY_END) break;
        if (t.kind != CT_JSON_STRING) return refuse(r, CT_ERR_SYNTAX, t.offset, "a string is expected");
        CT_TRY(grow(r, &list->p, list->n, &list->cap, sizeof *list->p));
        CT_TRY(plain(r, &t, &list->p[list->n]));
        list->n++;
    }
    return CT_OK;
}

static bool digits_at(ct_str s, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++)
        if (i >= s.n || !ct_ascii_digit(s.p[i])) return false;
    return true;
}

static bool below(ct_str s, size_t at, unsigned most) { return (unsigned)(s.p[at] - '0') * 10 + (unsigned)(s.p[at + 1] - '0') <= most; }

/* RFC 3339: 2021-12-10T00:40:56Z, with a fraction, with an offset. */
static bool is_time(ct_str s)
{
    if (s.n < 20 || !digits_at(s, 0, 4) || !digits_at(s, 5, 2) || !digits_at(s, 8, 2) || !digits_at(s, 11, 2) || !digits_at(s, 14, 2) || !digits_at(s, 17, 2))
        return false;
    if (s.p[4] != '-' || s.p[7] != '-' || (s.p[10] | 0x20) != 't' || s.p[13] != ':' || s.p[16] != ':') return false;
    if (!below(s, 5, 12) || !below(s, 8, 31) || !below(s, 11, 23) || !below(s, 14, 59) || !below(s, 17, 60)) return false;
    size_t at = 19;
    if (s.p[at] == '.')
        for (at++; at < s.n && ct_ascii_digit(s.p[at]);) at++;
    if (at + 1 == s.n) return (s.p[at] | 0x20) == 'z';
    return at + 6 == s.n && (s.p[at] == '+' || s.p[at] == '-') && digits_at(s, at + 1, 2) && s.p[at + 3] == ':' && digits_at(s, at + 4, 2);
}

static ct_err read_time(struct reader *r, size_t at, ct_str *ret_time)
{
    ct_str text = {NULL, 0};
    CT_TRY(read_string(r, &text));
    if (text.n && !is_time(text)) return refuse(r, CT_ERR_SYNTAX, at, "a time that is none");
    *ret_time = text;
    return CT_OK;
}

/* [{"type": "CVSS_V3", "score": "CVSS:3.1/..."}]: the scores. */
static ct_err read_severities(struct reader *r, struct ct_osv_list *vectors)
{
    bool open, more;
    CT_TRY(open_value(r, CT_JSON_ARRAY, &open));
    while (open) {
        struct ct_json_token t;
        ct_str key, score = {NULL, 0};
        size_t at;
        CT_TRY(next(r, &t));
        if (t.kind == CT_JSON_ARRAY_END) break;
        if (t.kind != CT_JSON_OBJECT) return refuse(r, CT_ERR_SYNTAX, t.offset, "an object is expected");
        for (;;) {
            CT_TRY(next_key(r, &key, &at, &more));
            if (!more) break;
            if (ct_str_eq(key, CT_STR("score"))) CT_TRY(read_string(r, &score));
            else CT_TRY(skip_next(r));
        }
        if (score.n == 0) continue;
        CT_TRY(grow(r, &vectors->p, vectors->n, &vectors->cap, sizeof *vectors->p));
        vectors->p[vectors->n++] = score;
    }
    return CT_OK;
}

/* {"severity": "HIGH"} among whatever a source keeps in its own object. */
static ct_err read_specific(struct reader *r, ct_str *ret_word)
{
    struct ct_json_token t;
    bool more;
    CT_TRY(next(r, &t));
    if (t.kind != CT_JSON_OBJECT) return skip_value(r, &t);
    for (;;) {
        ct_str key;
        size_t at;
        CT_TRY(next_key(r, &key, &at, &more));
        if (!more) return CT_OK;
        CT_TRY(next(r, &t));
        if (ct_str_eq(key, CT_STR("severity")) && t.kind == CT_JSON_STRING) CT_TRY(plain(r, &t, ret_word));
        else CT_TRY(skip_value(r, &t));
    }
}

static ct_err read_package(struct reader *r, struct ct_osv_affected *a)
{
    bool open, more = true;
    CT_TRY(open_value(r, CT_JSON_OBJECT, &open));
    while (open) {
        ct_str key;
        size_t at;
        CT_TRY(next_key(r, &key, &at, &more));
        if (!more) break;
        if (ct_str_eq(key, CT_STR("ecosystem"))) CT_TRY(read_string(r, &a->ecosystem));
        else if (ct_str_eq(key, CT_STR("name"))) CT_TRY(read_string(r, &a->name));
        else if (ct_str_eq(key, CT_STR("purl"))) CT_TRY(read_string(r, &a->purl));
        else CT_TRY(skip_next(r));
    }
    return CT_OK;
}

static ct_err read_event(struct reader *r, struct ct_osv_affected *a, unsigned range)
{
    static const ct_str names[] = {[CT_OSV_INTRODUCED] = CT_STR_INIT("introduced"), [CT_OSV_FIXED] = CT_STR_INIT("fixed"),
                                   [CT_OSV_LAST_AFFECTED] = CT_STR_INIT("last_affected"), [CT_OSV_LIMIT] = CT_STR_INIT("limit")};
    for (;;) {
        ct_str key;
        size_t at;
        bool more;
        unsigned kind = 0;
        CT_TRY(next_key(r, &key, &at, &more));
        if (!more) return CT_OK;
        while (kind < 4 && !ct_str_eq(key, names[kind])) kind++;
        if (kind == 4) {
            CT_TRY(skip_next(r));
            continue;
        }
        struct ct_osv_event e = {.kind = (enum ct_osv_event_kind)kind, .range = range};
        CT_TRY(read_string(r, &e.version));
        if (!e.version.p) continue;
        CT_TRY(grow(r, &a->events, a->events_n, &a->events_cap, sizeof *a->events));
        a->events[a->events_n++] = e;
    }
}

static ct_err read_range(struct reader *r, struct ct_osv_affected *a)
{
    size_t before = a->events_n;
    ct_str type = {NULL, 0};
    for (;;) {
        ct_str key;
        size_t at;
        bool more, open;
        CT_TRY(next_key(r, &key, &at, &more));
        if (!more) break;
        if (ct_str_eq(key, CT_STR("type"))) {
            CT_TRY(read_string(r, &type));
        } else if (ct_str_eq(key, CT_STR("events"))) {
            CT_TRY(open_value(r, CT_JSON_ARRAY, &open));
            while (open) {
                struct ct_json_token t;
                CT_TRY(next(r, &t));
                if (t.kind == CT_JSON_ARRAY_END) break;
                if (t.kind != CT_JSON_OBJECT) return refuse(r, CT_ERR_SYNTAX, t.offset, "an object is expected");
                CT_TRY(read_event(r, a, a->ranges));
            }
        } else {
            CT_TRY(skip_next(r));
        }
    }
    if (ct_str_eq(type, CT_STR("ECOSYSTEM")) || ct_str_eq(type, CT_STR("SEMVER"))) {
        a->ranges++;
    } else {
        a->events_n = before;
        a->git_ranges++;
    }
    return CT_OK;
}

static ct_err read_ranges(struct reader *r, struct ct_osv_affected *a)
{
    bool open;
    CT_TRY(open_value(r, CT_JSON_ARRAY, &open));
    while (open) {
        struct ct_json_token t;
        CT_TRY(next(r, &t));
        if (t.kind == CT_JSON_ARRAY_END) break;
        if (t.kind != CT_JSON_OBJECT) return refuse(r, CT_ERR_SYNTAX, t.offset, "an object is expected");
        CT_TRY(read_range(r, a));
    }
    return CT_OK;
}

static ct_err read_affected(struct reader *r, struct ct_osv_affected *a)
{
    for (;;) {
        ct_str key;
        size_t at;
        bool more;
        CT_TRY(next_key(r, &key, &at, &more));
        if (!more) return CT_OK;
        if (ct_str_eq(key, CT_STR("package"))) CT_TRY(read_package(r, a));
        else if (ct_str_eq(key, CT_STR("ranges"))) CT_TRY(read_ranges(r, a));
        else if (ct_str_eq(key, CT_STR("versions"))) CT_TRY(read_strings(r, &a->versions));
        else if (ct_str_eq(key, CT_STR("severity"))) CT_TRY(read_severities(r, &a->vectors));
        else if (ct_str_eq(key, CT_STR("database_specific")) || ct_str_eq(key, CT_STR("ecosystem_specific"))) CT_TRY(read_specific(r, &a->severity_word));
        else CT_TRY(skip_next(r));
    }
}

static ct_err read_all_affected(struct reader *r)
{
    struct ct_osv_record *rec = r->record;
    bool open;
    CT_TRY(open_value(r, CT_JSON_ARRAY, &open));
    while (open) {
        struct ct_json_token t;
        CT_TRY(next(r, &t));
        if (t.kind == CT_JSON_ARRAY_END) break;
        if (t.kind != CT_JSON_OBJECT) return refuse(r, CT_ERR_SYNTAX, t.offset, "an object is expected");
        CT_TRY(grow(r, &rec->affected, rec->affected_n, &rec->affected_cap, sizeof *rec->affected));
        rec->affected[rec->affected_n] = (struct ct_osv_affected){0};
        CT_TRY(read_affected(r, &rec->affected[rec->affected_n]));
        rec->affected_n++;
    }
    return CT_OK;
}

enum top { ID, SUMMARY, PUBLISHED, MODIFIED, WITHDRAWN, ALIASES, UPSTREAM, SEVERITY, AFFECTED, SPECIFIC, TOPS };

static ct_err read_top(struct reader *r, enum top what, size_t at)
{
    struct ct_osv_record *rec = r->record;
    switch (what) {
    case ID: return read_string(r, &rec->id);
    case SUMMARY: return read_string(r, &rec->summary);
    case PUBLISHED: return read_time(r, at, &rec->published);
    case MODIFIED: return read_time(r, at, &rec->modified);
    case WITHDRAWN: return read_time(r, at, &rec->withdrawn);
    case ALIASES: return read_strings(r, &rec->aliases);
    case UPSTREAM: return read_strings(r, &rec->upstream);
    case SEVERITY: return read_severities(r, &rec->vectors);
    case AFFECTED: return read_all_affected(r);
    case SPECIFIC: return read_specific(r, &rec->severity_word);
    case TOPS: break;
    }
    return skip_next(r);
}

ct_err ct_osv_read(ct_arena *scratch, ct_str json, struct ct_osv_record *ret_record, struct ct_fault *fault)
{
    static const ct_str names[TOPS] = {[ID] = CT_STR_INIT("id"),           [SUMMARY] = CT_STR_INIT("summary"),     [PUBLISHED] = CT_STR_INIT("published"),
                                       [MODIFIED] = CT_STR_INIT("modified"), [WITHDRAWN] = CT_STR_INIT("withdrawn"), [ALIASES] = CT_STR_INIT("aliases"),
                                       [UPSTREAM] = CT_STR_INIT("upstream"), [SEVERITY] = CT_STR_INIT("severity"),   [AFFECTED] = CT_STR_INIT("affected"),
                                       [SPECIFIC] = CT_STR_INIT("database_specific")};
    struct ct_osv_record record = {0};
    struct reader r = {.arena = scratch, .fault = fault, .record = &record};
    struct ct_json_token t;
    unsigned seen = 0;
    if (json.n > CT_OSV_RECORD_MAX) return refuse(&r, CT_ERR_CAP, 0, "too large");
    ct_json_open(&r.j, json);
    CT_TRY(next(&r, &t));
    if (t.kind != CT_JSON_OBJECT) return refuse(&r, CT_ERR_SYNTAX, t.offset, "an object is expected");
    for (;;) {
        ct_str key;
        size_t at;
        bool more;
        unsigned what = 0;
        CT_TRY(next_key(&r, &key, &at, &more));
        if (!more) break;
        while (what < TOPS && !ct_str_eq(key, names[what])) what++;
        if (what < TOPS && (seen & 1u << what)) return refuse(&r, CT_ERR_SYNTAX, at, "a key is given twice");
        if (what < TOPS) seen |= 1u << what;
        CT_TRY(read_top(&r, (enum top)what, at));
    }
    size_t end = ct_json_offset(&r.j);
    while (end < json.n && (json.p[end] == ' ' || json.p[end] == '\n' || json.p[end] == '\r' || json.p[end] == '\t')) end++;
    if (end < json.n) return refuse(&r, CT_ERR_SYNTAX, end, "something follows the record");
    if (record.id.n == 0) return refuse(&r, CT_ERR_SYNTAX, 0, "it has no id");
    *ret_record = record;
    return CT_OK;
}
