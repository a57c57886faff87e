#include "text/escapes.h"
#include "text/json_in.h"

/* What may come next. FAILED + err: the error stays. */
enum { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, AFTER, DONE, FAILED };

void ct_json_open(struct ct_json_in *j, ct_str in) { *j = (struct ct_json_in){.in = in, .state = VALUE}; }

static ct_err fail(struct ct_json_in *j, ct_err err)
{
    j->state = FAILED + (unsigned)err;
    return err;
}

static bool is_blank(unsigned char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* A number or a literal must end here: "12x" and "truely" are neither. */
static bool ends_at(ct_str in, size_t at)
{
    if (at == in.n) return true;
    unsigned char c = in.p[at];
    return is_blank(c) || c == ',' || c == ']' || c == '}';
}

/* RFC 8259 section 7, from behind the opening quote; *ret_end is the closing one. */
static ct_err scan_string(ct_str in, size_t at, size_t *ret_end, bool *ret_escaped)
{
    bool escaped = false;
    for (; at < in.n; at++) {
        unsigned char c = in.p[at];
        if (c == '"') {
            *ret_end = at;
            *ret_escaped = escaped;
            return CT_OK;
        }
        if (c < 0x20) return CT_ERR_SYNTAX;
        if (c != '\\') continue;
        escaped = true;
        if (++at == in.n) break;
        c = in.p[at];
        if (c == 'u') {
            for (size_t stop = at + 4; at < stop;) {
                if (++at == in.n) return CT_ERR_TRUNCATED;
                if (!ct_hex_digit[in.p[at]]) return CT_ERR_SYNTAX;
            }
        } else if (!c || !strchr("\"\\/bfnrt", c)) {
            return CT_ERR_SYNTAX;
        }
    }
    return CT_ERR_TRUNCATED;
}

/* At least one digit, or an error. */
static ct_err scan_digits(ct_str in, size_t *at)
{
    if (*at == in.n) return CT_ERR_TRUNCATED;
    if (!ct_ascii_digit(in.p[*at])) return CT_ERR_SYNTAX;
    while (*at < in.n && ct_ascii_digit(in.p[*at])) ++*at;
    return CT_OK;
}

/* RFC 8259 section 6. */
static ct_err scan_number(ct_str in, size_t at, size_t *ret_end)
{
    if (in.p[at] == '-') at++;
    size_t first = at;
    CT_TRY(scan_digits(in, &at));
    if (in.p[first] == '0' && at > first + 1) return CT_ERR_SYNTAX;
    if (at < in.n && in.p[at] == '.') {
        at++;
        CT_TRY(scan_digits(in, &at));
    }
    if (at < in.n && (in.p[at] | 0x20) == 'e') {
        at++;
        if (at < in.n && (in.p[at] == '+' || in.p[at] == '-')) at++;
        CT_TRY(scan_digits(in, &at));
    }
    if (!ends_at(in, at)) return CT_ERR_SYNTAX;
    *ret_end = at;
    return CT_OK;
}

static ct_err scan_literal(ct_str in, size_t at, ct_str word)
{
    ct_str have = ct_str_slice(in, at, at + word.n);
    if (!ct_str_starts(word, have)) return CT_ERR_SYNTAX;
    if (have.n < word.n) return CT_ERR_TRUNCATED;
    return ends_at(in, at + word.n) ? CT_OK : CT_ERR_SYNTAX;
}

static ct_err open_container(struct ct_json_in *j, bool object, struct ct_json_token *t)
{
    if (j->depth == CT_JSON_DEPTH_MAX) return CT_ERR_CAP;
    j->is_object[++j->depth] = object;
    t->kind = object ? CT_JSON_OBJECT : CT_JSON_ARRAY;
    t->depth = j->depth;
    t->text = ct_str_slice(j->in, j->at, j->at + 1);
    j->at++;
    j->state = object ? KEY_OR_END : VALUE_OR_END;
    return CT_OK;
}

static ct_err close_container(struct ct_json_in *j, bool object, struct ct_json_token *t)
{
    bool may = j->state == AFTER || j->state == (object ? KEY_OR_END : VALUE_OR_END);
    if (!may || j->depth == 0 || j->is_object[j->depth] != object) return CT_ERR_SYNTAX;
    t->kind = object ? CT_JSON_OBJECT_END : CT_JSON_ARRAY_END;
    t->text = ct_str_slice(j->in, j->at, j->at + 1);
    j->at++;
    j->depth--;
    j->state = j->depth ? AFTER : DONE;
    return CT_OK;
}

static ct_err string(struct ct_json_in *j, bool key, struct ct_json_token *t)
{
    size_t end;
    CT_TRY(scan_string(j->in, j->at + 1, &end, &t->escaped));
    t->kind = key ? CT_JSON_KEY : CT_JSON_STRING;
    t->text = (ct_str){j->in.p + j->at + 1, end - j->at - 1}; /* points into the input even when it is empty */
    j->at = end + 1;
    j->state = key ? COLON : j->depth ? AFTER : DONE;
    return CT_OK;
}

static ct_err scalar(struct ct_json_in *j, unsigned char c, struct ct_json_token *t)
{
    size_t end;
    if (c == 't') {
        CT_TRY(scan_literal(j->in, j->at, CT_STR("true")));
        t->kind = CT_JSON_TRUE;
        end = j->at + 4;
    } else if (c == 'f') {
        CT_TRY(scan_literal(j->in, j->at, CT_STR("false")));
        t->kind = CT_JSON_FALSE;
        end = j->at + 5;
    } else if (c == 'n') {
        CT_TRY(scan_literal(j->in, j->at, CT_STR("null")));
        t->kind = CT_JSON_NULL;
        end = j->at + 4;
    } else if (c == '-' || ct_ascii_digit(c)) {
        CT_TRY(scan_number(j->in, j->at, &end));
        /* Inside a container the end of the text may have cut digits off. */
        if (end == j->in.n && j->depth) return CT_ERR_TRUNCATED;
        t->kind = CT_JSON_NUMBER;
    } else {
        return CT_ERR_SYNTAX;
    }
    t->text = ct_str_slice(j->in, j->at, end);
    j->at = end;
    j->state = j->depth ? AFTER : DONE;
    return CT_OK;
}

/* Moves to the first byte of the next token, over blanks, the colon and the comma. */
static ct_err find_token(struct ct_json_in *j)
{
    for (; j->at < j->in.n; j->at++) {
        unsigned char c = j->in.p[j->at];
        if (is_blank(c)) continue;
        if (j->state == COLON) {
            if (c != ':') return CT_ERR_SYNTAX;
            j->state = VALUE;
        } else if (j->state == AFTER && c == ',') {
            j->state = j->is_object[j->depth] ? KEY : VALUE;
        } else {
            return CT_OK;
        }
    }
    return CT_ERR_TRUNCATED;
}

static ct_err next(struct ct_json_in *j, struct ct_json_token *t)
{
    CT_TRY(find_token(j));
    unsigned char c = j->in.p[j->at];
    t->offset = j->at;
    t->depth = j->depth;
    if (c == '}' || c == ']') return close_container(j, c == '}', t);
    if (j->state == AFTER) return CT_ERR_SYNTAX;
    if (j->state == KEY || j->state == KEY_OR_END) return c == '"' ? string(j, true, t) : CT_ERR_SYNTAX;
    if (c == '"') return string(j, false, t);
    if (c == '{' || c == '[') return open_container(j, c == '{', t);
    return scalar(j, c, t);
}

ct_err ct_json_next(struct ct_json_in *j, struct ct_json_token *ret_token)
{
    if (j->state == DONE) return CT_ERR_END;
    if (j->state >= FAILED) return (ct_err)(j->state - FAILED);
    struct ct_json_token t = {0};
    ct_err err = next(j, &t);
    if (err) return fail(j, err);
    *ret_token = t;
    return CT_OK;
}

ct_err ct_json_skip(struct ct_json_in *j)
{
    struct ct_json_token t;
    for (unsigned depth = j->depth; depth && j->depth >= depth;) CT_TRY(ct_json_next(j, &t));
    return CT_OK;
}

static size_t escape(const unsigned char *p, const unsigned char *end, unsigned char *to, size_t *ret_n)
{
    if (end - p < 2) return 0;
    if (p[1] == 'u') return ct_escape_utf16(p, end, to, ret_n);
    static const char from[] = "\"\\/bfnrt", yields[] = "\"\\/\b\f\n\r\t";
    const char *hit = p[1] ? strchr(from, p[1]) : NULL;
    if (!hit) return 0;
    *to = (unsigned char)yields[hit - from];
    *ret_n = 1;
    return 2;
}

void ct_json_unescape(struct ct_buf *out, ct_str text)
{
    bool changed;
    if (ct_escapes_decode(text, '\\', escape, out, &changed) == CT_OK && !changed) ct_buf_add(out, text);
}
