/* W3C extended log format: IIS and http.sys (blanks inside values as '+'), CloudFront (tabs, values percent-encoded), Exchange
 * (commas) and whatever else names its columns in a #Fields directive. Lines of the first three are known without one too, for
 * tails of logs and shippers leave it out.
 *
 * '+' stays, since a '+' that was sent looks the same; the verdict decodes it as a form. A line with another number of
 * columns than the directive is read as far as it goes and also comes as "message".
 */
#include "formats/w3c_columns.h"

#include <string.h>

struct columns {
    ct_str v[CT_W3C_COLUMNS_MAX];
    size_t n;
    unsigned char known[CT_W3C_COLUMNS_MAX]; /* what they mean */
    size_t n_known;
};

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

/* True when nothing is left. A separator at the end is none: http.sys writes a blank behind its last column. */
static bool split(struct ct_line *l, struct columns *c, ct_str s, unsigned char sep, bool quotes)
{
    if (sep == ' ') s = ct_str_trim(s);
    for (c->n = 0; s.p && c->n < CT_W3C_COLUMNS_MAX; c->n++) c->v[c->n] = quotes ? next_column(l, &s, sep) : ct_str_cut(&s, sep);
    return !s.p;
}

/* Does each column hold what it must, when column k holds `extra` blanks? */
static bool fits(const struct columns *c, size_t k, size_t extra)
{
    bool client = false;
    for (size_t i = 0; i < c->n_known; i++) {
        ct_str v = c->v[i > k ? i + extra : i];
        switch (ct_w3c_column_at(c->known[i])->meaning) {
        case CT_W3C_CLIENT: client = ct_is_address(v); break;
        case CT_W3C_STATUS:
            if (!ct_is_number(v)) return false;
            break;
        case CT_W3C_NUMBER:
            if (!ct_is_number(v) && !ct_is_address(v)) return false;
            break;
        default: break;
        }
    }
    return client;
}

/* Blanks in a column, as Exchange adds them to its queries: the one that leaves every other column in its place takes them. */
static void realign(struct columns *c)
{
    static const enum ct_w3c_meaning order[] = {CT_W3C_QUERY, CT_W3C_TEXT, CT_W3C_STEM};
    size_t extra = c->n - c->n_known;
    for (size_t o = 0; o < sizeof order / sizeof order[0]; o++) {
        for (size_t k = 0; k < c->n_known; k++) {
            if (ct_w3c_column_at(c->known[k])->meaning != order[o] || !fits(c, k, extra)) continue;
            const ct_str *last = &c->v[k + extra];
            c->v[k].n = (size_t)(last->p - c->v[k].p) + last->n;
            memmove(c->v + k + 1, c->v + k + 1 + extra, (c->n - k - 1 - extra) * sizeof c->v[0]);
            c->n -= extra;
            return;
        }
    }
}

/* Fills c. IIS quotes nothing, so a quote that was sent may seem to hold several columns: then the plain split agrees with the
 * directive. */
static bool columns_of(struct ct_line *l, struct columns *c, ct_str s)
{
    const struct ct_format_state *state = l->state;
    unsigned char sep = state->w3c_separator ? state->w3c_separator : ct_str_chr(s, '\t') != CT_STR_NONE ? '\t' : ' ';
    bool whole = split(l, c, s, sep, true);
    if (c->n != state->n_w3c && ct_str_chr(s, '"') != CT_STR_NONE) {
        (void)split(l, c, s, sep, false);
        if (c->n < state->n_w3c) whole = split(l, c, s, sep, true);
    }
    c->n_known = state->n_w3c;
    memcpy(c->known, state->w3c, sizeof c->known);
    if (c->n > c->n_known && sep == ' ' && whole) realign(c);
    return whole;
}

/* The stem and its query as they were sent, so that an expression reaching across the '?' stays whole. */
static ct_str join_url(struct ct_line *l, ct_str stem, ct_str query)
{
    if (query.n == 0 || (query.n == 1 && query.p[0] == '-')) return stem;
    struct ct_buf b;
    ct_buf_init(&b, l->arena, stem.n + 1 + query.n);
    ct_buf_add(&b, stem);
    if (query.p[0] != '?') ct_buf_byte(&b, '?');
    ct_buf_add(&b, query);
    if (b.err) l->err = CT_ERR_NOMEM;
    return b.err ? stem : ct_buf_view(&b);
}

static const struct ct_w3c_column *meaning_of(const struct columns *c, size_t i) { return ct_w3c_column_at(i < c->n_known ? c->known[i] : 0); }

static ct_str column_of(const struct columns *c, enum ct_w3c_meaning m)
{
    for (size_t i = 0; i < c->n; i++)
        if (meaning_of(c, i)->meaning == m) return c->v[i];
    return (ct_str){NULL, 0};
}

static int64_t stamp_of(const struct ct_line *l, const struct columns *c)
{
    ct_str whole = column_of(c, CT_W3C_STAMP), date = column_of(c, CT_W3C_DATE), time = column_of(c, CT_W3C_TIME);
    if (whole.n) {
        int64_t us = ct_time_iso(whole);
        return us == CT_TIME_NONE ? ct_time_epoch(whole) : us;
    }
    if (!date.n && l->state->w3c_day[0]) date = (ct_str){l->state->w3c_day, sizeof l->state->w3c_day};
    return ct_time_day_and_clock(date, time);
}

static bool absent(ct_str v) { return v.n == 0 || (v.n == 1 && v.p[0] == '-'); }

/* IIS writes a blank as '+'. */
static ct_str with_blanks(struct ct_line *l, ct_str s)
{
    if (ct_str_chr(s, '+') == CT_STR_NONE) return s;
    unsigned char *p = ct_arena_alloc(l->arena, s.n);
    if (!p) {
        l->err = CT_ERR_NOMEM;
        return s;
    }
    for (size_t i = 0; i < s.n; i++) p[i] = s.p[i] == '+' ? ' ' : s.p[i];
    return (ct_str){p, s.n};
}

static void take(struct ct_line *l, const struct columns *c, size_t i, ct_str query, bool has_stem)
{
    struct ct_record *r = l->rec;
    const struct ct_w3c_column *known = meaning_of(c, i);
    ct_str v = c->v[i];
    switch (known->meaning) {
    case CT_W3C_OTHER:
        if (!ct_is_number(v)) ct_line_add_column(l, i + 1, v);
        return;
    case CT_W3C_CLIENT: ct_line_client(l, ct_is_address(v) ? v : ct_cut_port(v)); return;
    case CT_W3C_STEM:
        if (ct_looks_torn(v)) l->torn = true; /* by the '?', or by a blank that only looks like the end of the stem */
        ct_line_url(l, join_url(l, v, query));
        return;
    case CT_W3C_QUERY:
        if (!has_stem) ct_line_add(l, known->name, v);
        return;
    case CT_W3C_STATUS:
        if (v.n && ct_ascii_digit(v.p[0])) r->status = v;
        break;
    case CT_W3C_METHOD:
        if (!absent(v)) r->method = v;
        ct_line_add_unless_plain(l, known->name, v);
        return;
    case CT_W3C_HOST_SENT:
        if (!absent(v)) r->target = v;
        ct_line_header(l, CT_STR("host"), v);
        return;
    case CT_W3C_HOST: ct_line_header(l, CT_STR("host"), v); return;
    case CT_W3C_FORWARDED:
        ct_line_header(l, CT_STR("x-forwarded-for"), v);
        l->rec->forwarded = with_blanks(l, l->rec->forwarded);
        return;
    case CT_W3C_WAF: r->waf = ct_waf_word(v); break;
    case CT_W3C_DATE:
    case CT_W3C_TIME:
    case CT_W3C_STAMP: ct_line_add_unless_plain(l, known->name, v); return;
    case CT_W3C_NUMBER:
    case CT_W3C_TEXT: break;
    }
    if (ct_is_number(v) || ct_is_address(v)) return;
    ct_line_add(l, known->name, v);
}

/* Only the directive says that a line is one of these: the stamp or the number of columns must agree with it. Where they do
 * not both agree, what a line shows by itself goes first. */
static bool find_columns(struct ct_line *l, struct columns *c, ct_str s, bool *ret_whole)
{
    struct columns shown;
    bool directive = l->state->n_w3c > 0;
    if (directive) {
        *ret_whole = columns_of(l, c, s);
        if (c->n == c->n_known) return true;
    }
    if (ct_w3c_may_guess(s)) {
        bool whole = split(l, &shown, s, ct_str_chr(s, '\t') != CT_STR_NONE ? '\t' : ' ', false);
        shown.n_known = shown.n;
        if (ct_w3c_guess(shown.v, shown.n, shown.known)) {
            *ret_whole = whole;
            *c = shown;
            return true;
        }
    }
    return directive && stamp_of(l, c) != CT_TIME_NONE;
}

bool ct_parse_w3c(struct ct_line *l, ct_str s)
{
    struct columns c;
    bool whole = false;
    if (s.n == 0 || !find_columns(l, &c, s, &whole)) return false;
    size_t first = l->rec->n_fields;
    l->rec->format = CT_FORMAT_W3C;
    l->rec->time_us = stamp_of(l, &c);
    if (!whole || c.n != c.n_known) l->torn = true;
    ct_str query = column_of(&c, CT_W3C_QUERY);
    bool has_stem = column_of(&c, CT_W3C_STEM).n > 0;
    for (size_t i = 0; i < c.n; i++) take(l, &c, i, query, has_stem);
    ct_line_end(l, first, s);
    return true;
}
