#include "text/xml_in.h"

static bool is_blank(unsigned char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

void ct_xml_open(struct ct_xml_in *x, ct_str in)
{
    x->in = in;
    x->at = ct_str_starts(in, CT_STR("\xef\xbb\xbf")) ? 3 : 0;
    x->depth = 0;
    x->closing = x->ended = x->doctype = false;
    x->doctype_at = 0;
}

static ct_str rest_of(const struct ct_xml_in *x) { return ct_str_slice(x->in, x->at, SIZE_MAX); }

/* Past the end mark, found from `from` bytes behind here. */
static ct_err skip_to(struct ct_xml_in *x, size_t from, ct_str mark)
{
    size_t n = ct_str_find(ct_str_slice(rest_of(x), from, SIZE_MAX), mark);
    if (n == CT_STR_NONE) return CT_ERR_TRUNCATED;
    x->at += from + n + mark.n;
    return CT_OK;
}

/* "<!DOCTYPE ... [ ... ]>": quotes hide both kinds of bracket. */
static ct_err skip_doctype(struct ct_xml_in *x)
{
    unsigned char quote = 0;
    bool subset = false;
    for (size_t i = x->at; i < x->in.n; i++) {
        unsigned char c = x->in.p[i];
        if (quote) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[' || c == ']') {
            subset = c == '[';
        } else if (c == '>' && !subset) {
            x->at = i + 1;
            return CT_OK;
        }
    }
    return CT_ERR_TRUNCATED;
}

static ct_str local_of(ct_str raw)
{
    size_t colon = ct_str_rchr(raw, ':');
    return colon == CT_STR_NONE ? raw : ct_str_slice(raw, colon + 1, SIZE_MAX);
}

/* The '>' that ends a tag: one in an attribute's quotes does not. */
static size_t end_of_tag(ct_str s)
{
    unsigned char quote = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (quote) {
            if (s.p[i] == quote) quote = 0;
        } else if (s.p[i] == '"' || s.p[i] == '\'') {
            quote = s.p[i];
        } else if (s.p[i] == '>') {
            return i;
        }
    }
    return CT_STR_NONE;
}

static ct_err close_tag(struct ct_xml_in *x, struct ct_xml_token *t)
{
    t->kind = CT_XML_CLOSE;
    t->depth = x->depth--;
    t->name = x->names[x->depth];
    x->closing = false;
    x->ended = x->depth == 0;
    return CT_OK;
}

static ct_err read_close(struct ct_xml_in *x, struct ct_xml_token *t)
{
    ct_str rest = ct_str_slice(rest_of(x), 2, SIZE_MAX);
    size_t end = ct_str_chr(rest, '>');
    if (end == CT_STR_NONE) return CT_ERR_TRUNCATED;
    if (x->depth == 0 || !ct_str_eq(ct_str_trim(ct_str_slice(rest, 0, end)), x->raw[x->depth - 1])) return CT_ERR_SYNTAX;
    x->at += 2 + end + 1;
    return close_tag(x, t);
}

static ct_err read_open(struct ct_xml_in *x, struct ct_xml_token *t)
{
    ct_str tag = ct_str_slice(rest_of(x), 1, SIZE_MAX);
    size_t end = end_of_tag(tag), n = 0;
    if (end == CT_STR_NONE) return CT_ERR_TRUNCATED;
    tag.n = end;
    bool empty = tag.n && tag.p[tag.n - 1] == '/';
    if (empty) tag.n--;
    while (n < tag.n && !is_blank(tag.p[n])) n++;
    if (n == 0) return CT_ERR_SYNTAX;
    if (x->depth == CT_XML_DEPTH_MAX) return CT_ERR_CAP;
    x->raw[x->depth] = ct_str_slice(tag, 0, n);
    x->names[x->depth] = local_of(x->raw[x->depth]);
    t->kind = CT_XML_OPEN;
    t->name = x->names[x->depth++];
    t->attributes = ct_str_trim(ct_str_slice(tag, n, SIZE_MAX));
    t->depth = x->depth;
    x->closing = empty;
    x->at += 1 + end + 1;
    return CT_OK;
}

static ct_err read_cdata(struct ct_xml_in *x, struct ct_xml_token *t)
{
    size_t from = x->at + 9;
    if (x->depth == 0) return CT_ERR_SYNTAX;
    CT_TRY(skip_to(x, 9, CT_STR("]]>")));
    *t = (struct ct_xml_token){
        .kind = CT_XML_TEXT, .text = ct_str_slice(x->in, from, x->at - 3), .cdata = true, .depth = x->depth, .offset = from};
    return CT_OK;
}

static ct_err read_text(struct ct_xml_in *x, struct ct_xml_token *t)
{
    ct_str rest = rest_of(x);
    size_t n = ct_str_chr(rest, '<');
    if (n == CT_STR_NONE) return CT_ERR_TRUNCATED;
    t->kind = CT_XML_TEXT;
    t->text = ct_str_slice(rest, 0, n);
    t->depth = x->depth;
    x->at += n;
    return CT_OK;
}

ct_err ct_xml_next(struct ct_xml_in *x, struct ct_xml_token *ret_token)
{
    for (;;) {
        struct ct_xml_token t = {.offset = x->at};
        ct_str rest = rest_of(x);
        ct_err err;
        if (x->closing) {
            err = close_tag(x, &t);
        } else if (x->ended) {
            return CT_ERR_END;
        } else if (rest.n == 0) {
            return CT_ERR_TRUNCATED;
        } else if (rest.p[0] != '<') {
            err = read_text(x, &t);
            if (!err && x->depth == 0) {
                if (ct_str_trim(t.text).n) return CT_ERR_SYNTAX;
                continue;
            }
        } else if (ct_str_starts(rest, CT_STR("<!--"))) {
            CT_TRY(skip_to(x, 4, CT_STR("-->")));
            continue;
        } else if (ct_str_starts(rest, CT_STR("<![CDATA["))) {
            err = read_cdata(x, &t);
        } else if (ct_str_starts(rest, CT_STR("<?"))) {
            CT_TRY(skip_to(x, 2, CT_STR("?>")));
            continue;
        } else if (ct_str_starts(rest, CT_STR("<!"))) {
            if (!x->doctype) x->doctype_at = x->at;
            x->doctype = true;
            CT_TRY(skip_doctype(x));
            continue;
        } else {
            err = ct_str_starts(rest, CT_STR("</")) ? read_close(x, &t) : read_open(x, &t);
        }
        if (err) return err;
        *ret_token = t;
        return CT_OK;
    }
}

static void add_code_point(struct ct_buf *out, uint32_t c)
{
    if (c < 0x80) {
        ct_buf_byte(out, (unsigned char)c);
    } else if (c < 0x800) {
        ct_buf_byte(out, (unsigned char)(0xc0 | c >> 6));
        ct_buf_byte(out, (unsigned char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        ct_buf_byte(out, (unsigned char)(0xe0 | c >> 12));
        ct_buf_byte(out, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        ct_buf_byte(out, (unsigned char)(0x80 | (c & 0x3f)));
    } else {
        ct_buf_byte(out, (unsigned char)(0xf0 | c >> 18));
        ct_buf_byte(out, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
        ct_buf_byte(out, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
        ct_buf_byte(out, (unsigned char)(0x80 | (c & 0x3f)));
    }
}

/* "#65", "#x41"; false for what is no character. */
static bool number(ct_str s, uint32_t *ret_c)
{
    uint32_t c = 0;
    bool hex = s.n > 1 && (s.p[1] == 'x' || s.p[1] == 'X');
    size_t i = hex ? 2 : 1;
    if (i >= s.n) return false;
    for (; i < s.n; i++) {
        int digit = ct_hex_value(s.p[i]);
        if (digit < 0 || (!hex && digit > 9)) return false;
        c = c * (hex ? 16 : 10) + (uint32_t)digit;
        if (c > 0x10ffff) return false;
    }
    if (c == 0 || (c >= 0xd800 && c <= 0xdfff)) return false;
    *ret_c = c;
    return true;
}

static bool entity(ct_str name, uint32_t *ret_c)
{
    static const struct {
        ct_str name;
        unsigned char c;
    } known[] = {{CT_STR_INIT("lt"), '<'},
                 {CT_STR_INIT("gt"), '>'},
                 {CT_STR_INIT("amp"), '&'},
                 {CT_STR_INIT("quot"), '"'},
                 {CT_STR_INIT("apos"), '\''}};
    if (name.n && name.p[0] == '#') return number(name, ret_c);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!ct_str_eq(known[i].name, name)) continue;
        *ret_c = known[i].c;
        return true;
    }
    return false;
}

void ct_xml_unescape(struct ct_buf *out, ct_str text)
{
    enum { ENTITY_MAX = 12 };
    for (size_t i = 0; i < text.n; i++) {
        uint32_t c;
        size_t end = text.p[i] == '&' ? ct_str_chr(ct_str_slice(text, i + 1, i + 1 + ENTITY_MAX), ';') : CT_STR_NONE;
        if (end != CT_STR_NONE && entity(ct_str_slice(text, i + 1, i + 1 + end), &c)) {
            add_code_point(out, c);
            i += end + 1;
        } else {
            ct_buf_byte(out, text.p[i]);
        }
    }
}

bool ct_xml_attribute(ct_str attributes, ct_str name, ct_str *ret_value)
{
    ct_str rest = attributes;
    for (;;) {
        rest = ct_str_trim(rest);
        size_t equals = ct_str_chr(rest, '=');
        if (equals == CT_STR_NONE) return false;
        ct_str key = ct_str_trim(ct_str_slice(rest, 0, equals));
        rest = ct_str_trim(ct_str_slice(rest, equals + 1, SIZE_MAX));
        if (rest.n == 0 || (rest.p[0] != '"' && rest.p[0] != '\'')) return false;
        size_t end = ct_str_chr(ct_str_slice(rest, 1, SIZE_MAX), rest.p[0]);
        if (end == CT_STR_NONE) return false;
        if (ct_str_eq(key, name)) {
            *ret_value = ct_str_slice(rest, 1, 1 + end);
            return true;
        }
        rest = ct_str_slice(rest, end + 2, SIZE_MAX);
    }
}
