#include "sbom/bom_reader.h"

#include <string.h>

ct_err ct_bom_refuse(struct ct_bom_reader *r, ct_err e, size_t at, const char *why)
{
    (void)ct_fault_set(r->fault, e, at, "%s", why);
    if (!r->fault) return e;
    const unsigned char *p = r->text.p, *end = p + (at < r->text.n ? at : r->text.n);
    for (r->fault->line = 1; p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++) r->fault->line++;
    return e;
}

static bool digits(ct_str s, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i++)
        if (i >= s.n || !ct_ascii_digit(s.p[i])) return false;
    return true;
}

static bool pair(ct_str s, size_t at, unsigned low, unsigned high)
{
    if (!digits(s, at, 2)) return false;
    unsigned v = (unsigned)(s.p[at] - '0') * 10 + (unsigned)(s.p[at + 1] - '0');
    return v >= low && v <= high;
}

bool ct_bom_is_time(ct_str s)
{
    size_t at = 19;
    if (s.n < at || !digits(s, 0, 4) || s.p[4] != '-' || !pair(s, 5, 1, 12) || s.p[7] != '-' || !pair(s, 8, 1, 31) || (s.p[10] | 0x20) != 't') return false;
    if (!pair(s, 11, 0, 24) || s.p[13] != ':' || !pair(s, 14, 0, 59) || s.p[16] != ':' || !pair(s, 17, 0, 60)) return false;
    if (at < s.n && s.p[at] == '.')
        for (at++; at < s.n && ct_ascii_digit(s.p[at]);) at++;
    if (at == s.n) return true;
    if (at + 1 == s.n) return (s.p[at] | 0x20) == 'z';
    return at + 6 == s.n && (s.p[at] == '+' || s.p[at] == '-') && pair(s, at + 1, 0, 23) && s.p[at + 3] == ':' && pair(s, at + 4, 0, 59);
}

bool ct_bom_is_file(const struct ct_bom_component *c)
{
    static const char *const kinds[] = {"file", "data", "FILE", "machine-learning-model", "cryptographic-asset"};
    if (c->purl.n) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ct_str_eq(c->type, ct_str_from(kinds[i]))) return true;
    return false;
}

ct_err ct_bom_next(struct ct_bom_reader *r, struct ct_json_token *ret_token)
{
    ct_err e = ct_json_next(&r->j, ret_token);
    if (e == CT_OK) return CT_OK;
    const char *why = e == CT_ERR_TRUNCATED ? "the JSON ends early" : e == CT_ERR_CAP ? "nested too deep" : "not JSON";
    if (e == CT_ERR_SYNTAX && ct_json_offset(&r->j) == 0) why = "not JSON: what is read is CycloneDX in JSON or XML, and SPDX 2.3 in JSON";
    return ct_bom_refuse(r, e == CT_ERR_END ? CT_ERR_SYNTAX : e, ct_json_offset(&r->j), why);
}

static ct_err plain(struct ct_bom_reader *r, const struct ct_json_token *t, ct_str *ret_text)
{
    struct ct_buf b;
    if (!t->escaped) return *ret_text = t->text, CT_OK;
    ct_buf_init(&b, r->arena, t->text.n + 16);
    ct_json_unescape(&b, t->text);
    if (b.err) return ct_bom_refuse(r, CT_ERR_NOMEM, t->offset, "out of memory");
    *ret_text = b.n ? ct_buf_view(&b) : ct_str_slice(t->text, 0, 0);
    return CT_OK;
}

ct_err ct_bom_string(struct ct_bom_reader *r, ct_str *ret_text)
{
    struct ct_json_token t;
    CT_TRY(ct_bom_next(r, &t));
    if (t.kind == CT_JSON_NULL) return CT_OK;
    if (t.kind != CT_JSON_STRING) return ct_bom_refuse(r, CT_ERR_SYNTAX, t.offset, "a text is expected");
    return plain(r, &t, ret_text);
}

/* Word by word, so that what is malformed inside is named where it stands. */
static ct_err skip_value(struct ct_bom_reader *r, const struct ct_json_token *t)
{
    struct ct_json_token inner;
    if (t->kind != CT_JSON_OBJECT && t->kind != CT_JSON_ARRAY) return CT_OK;
    while (r->j.depth >= t->depth) CT_TRY(ct_bom_next(r, &inner));
    return CT_OK;
}

ct_err ct_bom_skip(struct ct_bom_reader *r)
{
    struct ct_json_token t;
    CT_TRY(ct_bom_next(r, &t));
    return skip_value(r, &t);
}

ct_err ct_bom_open(struct ct_bom_reader *r, enum ct_json_kind kind, bool *ret_open)
{
    struct ct_json_token t;
    CT_TRY(ct_bom_next(r, &t));
    *ret_open = t.kind == kind;
    if (t.kind == kind || t.kind == CT_JSON_NULL) return CT_OK;
    return ct_bom_refuse(r, CT_ERR_SYNTAX, t.offset, kind == CT_JSON_OBJECT ? "an object is expected" : "a list is expected");
}

ct_err ct_bom_key(struct ct_bom_reader *r, const char *const *names, unsigned n, unsigned *seen, unsigned *ret_which, bool *ret_more)
{
    struct ct_json_token t;
    ct_str key;
    unsigned which = 0;
    CT_TRY(ct_bom_next(r, &t));
    *ret_more = t.kind == CT_JSON_KEY;
    if (!*ret_more) return CT_OK;
    CT_TRY(plain(r, &t, &key));
    while (which < n && !(key.n == strlen(names[which]) && memcmp(key.p, names[which], key.n) == 0)) which++;
    if (which < n && (*seen & 1u << which)) return ct_bom_refuse(r, CT_ERR_SYNTAX, t.offset, "a key is given twice");
    if (which < n) *seen |= 1u << which;
    *ret_which = which;
    return CT_OK;
}

ct_err ct_bom_element(struct ct_bom_reader *r, bool *ret_more)
{
    struct ct_json_token t;
    CT_TRY(ct_bom_next(r, &t));
    *ret_more = t.kind == CT_JSON_OBJECT;
    if (*ret_more || t.kind == CT_JSON_ARRAY_END) return CT_OK;
    return ct_bom_refuse(r, CT_ERR_SYNTAX, t.offset, "an object is expected");
}

const char *ct_bom_format_name(enum ct_bom_format f)
{
    static const char *const names[] = {[CT_BOM_CYCLONEDX_JSON] = "CycloneDX", [CT_BOM_CYCLONEDX_XML] = "CycloneDX (XML)", [CT_BOM_SPDX_JSON] = "SPDX"};
    return names[f];
}

/* Which one it is, by the first key at the top that says so; the text is not taken for granted beyond it. */
static ct_err json_format(struct ct_bom_reader *r, enum ct_bom_format *ret_format)
{
    struct ct_json_token t;
    ct_json_open(&r->j, r->text);
    CT_TRY(ct_bom_next(r, &t));
    if (t.kind != CT_JSON_OBJECT) return ct_bom_refuse(r, CT_ERR_SYNTAX, t.offset, "an object is expected");
    for (;;) {
        CT_TRY(ct_bom_next(r, &t));
        if (t.kind != CT_JSON_KEY) return ct_bom_refuse(r, CT_ERR_UNSUPPORTED, 0, "no bill of materials: neither bomFormat nor spdxVersion");
        if (ct_str_eq(t.text, CT_STR("bomFormat"))) return *ret_format = CT_BOM_CYCLONEDX_JSON, CT_OK;
        if (ct_str_eq(t.text, CT_STR("spdxVersion"))) return *ret_format = CT_BOM_SPDX_JSON, CT_OK;
        if (ct_str_eq(t.text, CT_STR("@graph"))) return ct_bom_refuse(r, CT_ERR_UNSUPPORTED, t.offset, "SPDX 3 is not read: give the bill as SPDX 2.3 or CycloneDX");
        CT_TRY(ct_bom_skip(r));
    }
}

ct_err ct_bom_read(ct_arena *arena, ct_str text, const struct ct_bom_sink *sink, struct ct_bom_about *ret_about, struct ct_fault *fault)
{
    struct ct_bom_about about = {.components = 0};
    struct ct_bom_reader r = {.arena = arena, .sink = sink, .about = &about, .fault = fault, .text = text};
    size_t at = ct_str_starts(text, CT_STR("\xef\xbb\xbf")) ? 3 : 0;
    ct_err e;
    if (ct_str_starts(text, CT_STR("\xff\xfe")) || ct_str_starts(text, CT_STR("\xfe\xff"))) return ct_bom_refuse(&r, CT_ERR_UNSUPPORTED, 0, "UTF-16 is not read: give it as UTF-8");
    while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t' || text.p[at] == '\n' || text.p[at] == '\r')) at++;
    if (at == text.n) return ct_bom_refuse(&r, CT_ERR_TRUNCATED, at, "an empty text");
    if (text.p[at] == '<') {
        about.format = CT_BOM_CYCLONEDX_XML;
        e = ct_bom_cyclonedx_xml(&r);
    } else {
        if (ct_str_starts(text, CT_STR("\xef\xbb\xbf"))) r.text = ct_str_slice(text, 3, text.n);
        CT_TRY(json_format(&r, &about.format));
        ct_json_open(&r.j, r.text);
        e = about.format == CT_BOM_SPDX_JSON ? ct_bom_spdx_json(&r) : ct_bom_cyclonedx_json(&r);
    }
    if (e == CT_OK) *ret_about = about;
    return e;
}
