#include "text/json_value.h"

#include <assert.h>
#include <string.h>

static uint64_t lines_before(const unsigned char *p, size_t n)
{
    uint64_t lines = 1;
    for (const unsigned char *end = p + n; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) lines++;
    return lines;
}

static ct_err refuse(const unsigned char *start, size_t at, ct_err e, const char *what, struct ct_fault *fault)
{
    (void)ct_fault_set(fault, e, at, "%s", what);
    if (fault) fault->line = lines_before(start, at);
    return e;
}

ct_err ct_json_refuse(const struct ct_json_value *v, ct_err e, const char *what, struct ct_fault *fault) { return refuse(v->start, ct_json_at(v), e, what, fault); }

/* From its token on: past the end of what it opens. */
static ct_err value_at(struct ct_json_in *in, const struct ct_json_token *t, const unsigned char *start, struct ct_json_value *ret_value)
{
    struct ct_json_value v = {.text = t->text, .kind = t->kind, .escaped = t->escaped, .start = start};
    if (t->kind == CT_JSON_OBJECT || t->kind == CT_JSON_ARRAY) {
        CT_TRY(ct_json_skip(in));
        v.text.n = in->at - (size_t)(t->text.p - in->in.p);
    }
    *ret_value = v;
    return CT_OK;
}

ct_err ct_json_document(ct_str text, struct ct_json_value *ret_root, struct ct_fault *fault)
{
    struct ct_json_in in;
    struct ct_json_token t;
    struct ct_json_value v;
    if (ct_str_starts(text, CT_STR("\xef\xbb\xbf"))) text = ct_str_slice(text, 3, text.n);
    if (text.n == 0) return refuse(text.p, 0, CT_ERR_TRUNCATED, "an empty text", fault);
    ct_json_open(&in, text);
    ct_err e = ct_json_next(&in, &t);
    if (e == CT_OK) e = value_at(&in, &t, text.p, &v);
    if (e != CT_OK) {
        const char *why = e == CT_ERR_TRUNCATED ? "the JSON ends early" : e == CT_ERR_CAP ? "nested too deep" : "not JSON";
        return refuse(text.p, ct_json_offset(&in), e, why, fault);
    }
    size_t end = in.at;
    while (end < text.n && (text.p[end] == ' ' || text.p[end] == '\n' || text.p[end] == '\r' || text.p[end] == '\t')) end++;
    if (end < text.n) return refuse(text.p, end, CT_ERR_SYNTAX, "something follows the JSON", fault);
    *ret_root = v;
    return CT_OK;
}

/* An escaped key is spelt out before it is compared. */
static bool is_key(const struct ct_json_token *t, const char *name)
{
    unsigned char spelt[64];
    size_t n = strlen(name), at = 0;
    if (!t->escaped) return t->text.n == n && memcmp(t->text.p, name, n) == 0;
    assert(n < sizeof spelt);
    for (size_t i = 0; i < t->text.n && at < sizeof spelt; i++) {
        unsigned char c = t->text.p[i];
        if (c == '\\' && i + 1 < t->text.n) {
            c = t->text.p[++i];
            if (c == 'u' && i + 4 < t->text.n) {
                unsigned value = 0;
                for (size_t k = 1; k <= 4; k++) value = value * 16 + (unsigned)ct_hex_value(t->text.p[i + k]);
                if (value > 0x7f) return false;
                c = (unsigned char)value;
                i += 4;
            } else if (strchr("bfnrt", c)) {
                return false; /* no name of ours holds a control */
            }
        }
        spelt[at++] = c;
    }
    return at == n && memcmp(spelt, name, n) == 0;
}

ct_err ct_json_fields(const struct ct_json_value *v, const char *const *names, size_t n, struct ct_json_value *ret_values, struct ct_fault *fault)
{
    struct ct_json_in in;
    struct ct_json_token t;
    struct ct_json_value value;
    uint64_t seen = 0;
    assert(n <= 64);
    for (size_t i = 0; i < n; i++) ret_values[i] = (struct ct_json_value){.text = {NULL, 0}, .kind = CT_JSON_NULL, .start = v->start};
    if (!v->text.p || v->kind != CT_JSON_OBJECT) return CT_OK;
    ct_json_open(&in, v->text);
    CT_TRY(ct_json_next(&in, &t));
    for (;;) {
        size_t which = 0;
        CT_TRY(ct_json_next(&in, &t));
        if (t.kind != CT_JSON_KEY) return CT_OK;
        while (which < n && !is_key(&t, names[which])) which++;
        if (which < n && (seen >> which & 1)) return refuse(v->start, (size_t)(t.text.p - v->start), CT_ERR_SYNTAX, "a key is given twice", fault);
        if (which < n) seen |= (uint64_t)1 << which;
        CT_TRY(ct_json_next(&in, &t));
        CT_TRY(value_at(&in, &t, v->start, &value));
        if (which < n && value.kind != CT_JSON_NULL) ret_values[which] = value;
    }
}

struct ct_json_items ct_json_items(const struct ct_json_value *v)
{
    struct ct_json_items it = {.start = v->start, .none = !v->text.p || v->kind != CT_JSON_ARRAY};
    struct ct_json_token t;
    if (it.none) return it;
    ct_json_open(&it.in, v->text);
    if (ct_json_next(&it.in, &t) != CT_OK) it.none = true;
    return it;
}

ct_err ct_json_item(struct ct_json_items *it, struct ct_json_value *ret_value)
{
    struct ct_json_token t;
    if (it->none) return CT_ERR_END;
    CT_TRY(ct_json_next(&it->in, &t));
    if (t.kind == CT_JSON_ARRAY_END) {
        it->none = true;
        return CT_ERR_END;
    }
    return value_at(&it->in, &t, it->start, ret_value);
}

ct_err ct_json_text(ct_arena *arena, const struct ct_json_value *v, ct_str *ret_text)
{
    struct ct_buf b;
    *ret_text = (ct_str){NULL, 0};
    if (!v->text.p || v->kind != CT_JSON_STRING) return CT_OK;
    if (!v->escaped) return *ret_text = v->text, CT_OK;
    ct_buf_init(&b, arena, v->text.n + 16);
    ct_json_unescape(&b, v->text);
    CT_TRY(b.err);
    *ret_text = b.n ? ct_buf_view(&b) : ct_str_slice(v->text, 0, 0);
    return CT_OK;
}

size_t ct_json_at(const struct ct_json_value *v) { return v->text.p ? (size_t)(v->text.p - v->start) : 0; }

uint64_t ct_json_line(struct ct_json_lines *lines, const struct ct_json_value *v)
{
    size_t at = ct_json_at(v);
    if (at < lines->at) lines->at = 0, lines->line = 0;
    lines->line += lines_before(v->start + lines->at, at - lines->at) - (lines->line ? 1 : 0);
    lines->at = at;
    return lines->line;
}
