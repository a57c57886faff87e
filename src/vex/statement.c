#include "vex/statement.h"
#include "text/json_value.h"
#include "vex/vex_in.h"

static const struct {
    ct_str word;
    enum ct_vex_status status;
    bool workaround;
} words[] = {
    {CT_STR_INIT("not_affected"), CT_VEX_NOT_AFFECTED, false},
    {CT_STR_INIT("not affected"), CT_VEX_NOT_AFFECTED, false},
    {CT_STR_INIT("known_not_affected"), CT_VEX_NOT_AFFECTED, false},
    {CT_STR_INIT("unaffected"), CT_VEX_NOT_AFFECTED, false},
    {CT_STR_INIT("false_positive"), CT_VEX_NOT_AFFECTED, false},
    {CT_STR_INIT("not vuln"), CT_VEX_NOT_AFFECTED, false},
    {CT_STR_INIT("not vulnerable"), CT_VEX_NOT_AFFECTED, false},
    {CT_STR_INIT("fixed"), CT_VEX_FIXED, false},
    {CT_STR_INIT("fix"), CT_VEX_FIXED, false},
    {CT_STR_INIT("patched"), CT_VEX_FIXED, false},
    {CT_STR_INIT("first_fixed"), CT_VEX_FIXED, false},
    {CT_STR_INIT("resolved"), CT_VEX_FIXED, false},
    {CT_STR_INIT("resolved_with_pedigree"), CT_VEX_FIXED, false},
    {CT_STR_INIT("affected"), CT_VEX_AFFECTED, false},
    {CT_STR_INIT("known_affected"), CT_VEX_AFFECTED, false},
    {CT_STR_INIT("first_affected"), CT_VEX_AFFECTED, false},
    {CT_STR_INIT("last_affected"), CT_VEX_AFFECTED, false},
    {CT_STR_INIT("vulnerable"), CT_VEX_AFFECTED, false},
    {CT_STR_INIT("vuln"), CT_VEX_AFFECTED, false},
    {CT_STR_INIT("exploitable"), CT_VEX_AFFECTED, false},
    {CT_STR_INIT("workaround"), CT_VEX_AFFECTED, true},
    {CT_STR_INIT("mitigation"), CT_VEX_AFFECTED, true},
    {CT_STR_INIT("mitigated"), CT_VEX_AFFECTED, true},
    {CT_STR_INIT("under_investigation"), CT_VEX_UNDER_INVESTIGATION, false},
    {CT_STR_INIT("under investigation"), CT_VEX_UNDER_INVESTIGATION, false},
    {CT_STR_INIT("investigation"), CT_VEX_UNDER_INVESTIGATION, false},
    {CT_STR_INIT("investigating"), CT_VEX_UNDER_INVESTIGATION, false},
    {CT_STR_INIT("in_triage"), CT_VEX_UNDER_INVESTIGATION, false},
};

enum ct_vex_status ct_vex_status_of(ct_str word, bool *ret_workaround)
{
    static const unsigned char grave[] = {[CT_VEX_NOT_AFFECTED] = 0, [CT_VEX_FIXED] = 1, [CT_VEX_UNKNOWN] = 2, [CT_VEX_UNDER_INVESTIGATION] = 3, [CT_VEX_AFFECTED] = 4};
    enum ct_vex_status worst = CT_VEX_UNKNOWN;
    bool any = false;
    *ret_workaround = false;
    while (word.p) {
        size_t cut = 0, i = 0;
        while (cut < word.n && word.p[cut] != '/' && word.p[cut] != '+') cut++;
        ct_str part = ct_str_trim(ct_str_slice(word, 0, cut));
        word = cut < word.n ? ct_str_slice(word, cut + 1, word.n) : (ct_str){NULL, 0};
        while (i < sizeof words / sizeof *words && !ct_str_eq_fold(words[i].word, part)) i++;
        bool known = i < sizeof words / sizeof *words;
        enum ct_vex_status s = known ? words[i].status : CT_VEX_UNKNOWN;
        *ret_workaround |= known && words[i].workaround;
        if (!any || grave[s] > grave[worst]) worst = s;
        any = true;
    }
    return worst;
}

const char *ct_vex_status_name(enum ct_vex_status s)
{
    static const char *const names[] = {[CT_VEX_UNKNOWN] = "unknown", [CT_VEX_NOT_AFFECTED] = "not_affected", [CT_VEX_FIXED] = "fixed",
                                        [CT_VEX_UNDER_INVESTIGATION] = "under_investigation", [CT_VEX_AFFECTED] = "affected"};
    return names[s];
}

const char *ct_vex_format_name(enum ct_vex_format f)
{
    static const char *const names[] = {[CT_VEX_CSAF] = "CSAF", [CT_VEX_OPENVEX] = "OpenVEX", [CT_VEX_CYCLONEDX] = "CycloneDX", [CT_VEX_CISA] = "CISA's list",
                                        [CT_VEX_TABLE] = "table"};
    return names[f];
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

bool ct_vex_is_date(ct_str s)
{
    size_t at = 10;
    if (!digits(s, 0, 4) || s.n < 10 || s.p[4] != '-' || !pair(s, 5, 1, 12) || s.p[7] != '-' || !pair(s, 8, 1, 31)) return false;
    if (s.n == at) return true;
    if ((s.p[at] | 0x20) != 't' && s.p[at] != ' ') return false;
    if (!pair(s, 11, 0, 23) || s.n < 16 || s.p[13] != ':' || !pair(s, 14, 0, 59)) return false;
    at = 16;
    if (at < s.n && s.p[at] == ':') {
        if (!pair(s, 17, 0, 60)) return false;
        at = 19;
        if (at < s.n && s.p[at] == '.')
            for (at++; at < s.n && ct_ascii_digit(s.p[at]);) at++;
    }
    if (at == s.n) return true;
    if (at + 1 == s.n) return (s.p[at] | 0x20) == 'z';
    return at + 6 == s.n && (s.p[at] == '+' || s.p[at] == '-') && pair(s, at + 1, 0, 23) && s.p[at + 3] == ':' && pair(s, at + 4, 0, 59);
}

bool ct_vex_format_of(ct_str name, ct_str text, enum ct_vex_format *ret_format)
{
    enum { DOCUMENT, CONTEXT, BOM_FORMAT, N };
    static const char *const keys[N] = {"document", "@context", "bomFormat"};
    struct ct_json_value root, v[N];
    ct_str start = ct_str_trim(ct_str_slice(text, 0, 4096));
    if (ct_str_starts(start, CT_STR("\xef\xbb\xbf"))) start = ct_str_trim(ct_str_slice(start, 3, start.n));
    if (start.n && start.p[0] == '{') {
        if (ct_json_document(text, &root, NULL) != CT_OK || ct_json_fields(&root, keys, N, v, NULL) != CT_OK) {
            /* Which one it would be: its reader says what is wrong with it. */
            bool csaf = ct_str_find(start, CT_STR("\"document\"")) != CT_STR_NONE || ct_str_find(start, CT_STR("csaf")) != CT_STR_NONE;
            *ret_format = ct_str_find(start, CT_STR("openvex")) != CT_STR_NONE ? CT_VEX_OPENVEX : csaf ? CT_VEX_CSAF : CT_VEX_CYCLONEDX;
            return true;
        }
        if (v[BOM_FORMAT].text.p) return *ret_format = CT_VEX_CYCLONEDX, true;
        if (v[CONTEXT].text.p && ct_str_find(v[CONTEXT].text, CT_STR("openvex")) != CT_STR_NONE) return *ret_format = CT_VEX_OPENVEX, true;
        return *ret_format = CT_VEX_CSAF, v[DOCUMENT].kind == CT_JSON_OBJECT;
    }
    if (ct_str_ends(name, CT_STR(".yml")) || ct_str_ends(name, CT_STR(".yaml")) || ct_str_starts(start, CT_STR("---"))) return *ret_format = CT_VEX_CISA, true;
    *ret_format = CT_VEX_TABLE;
    return ct_str_ends(name, CT_STR(".csv")) || ct_str_ends(name, CT_STR(".tsv"));
}

ct_err ct_vex_read(ct_arena *arena, enum ct_vex_format format, ct_str text, const struct ct_vex_sink *sink, struct ct_fault *fault)
{
    static ct_err (*const readers[])(struct ct_vex_in *, ct_str) = {[CT_VEX_CSAF] = ct_vex_csaf, [CT_VEX_OPENVEX] = ct_vex_openvex, [CT_VEX_CYCLONEDX] = ct_vex_cyclonedx,
                                                                    [CT_VEX_CISA] = ct_vex_cisa, [CT_VEX_TABLE] = ct_vex_table};
    struct ct_vex_in in = {.arena = arena, .sink = sink, .fault = fault};
    struct ct_arena_mark mark = ct_arena_mark(arena);
    ct_err e = readers[format](&in, text);
    ct_arena_reset(arena, mark);
    return e;
}

void ct_vex_left(struct ct_vex_in *in, uint64_t line, const char *why, ct_str what)
{
    if (in->sink->left) in->sink->left(in->sink->ctx, line, why, what);
}

ct_err ct_vex_want(struct ct_vex_in *in, const struct ct_json_value *v, enum ct_json_kind kind)
{
    static const char *const names[] = {[CT_JSON_OBJECT] = "an object is expected", [CT_JSON_ARRAY] = "a list is expected", [CT_JSON_STRING] = "a text is expected"};
    return !v->text.p || v->kind == kind ? CT_OK : ct_json_refuse(v, CT_ERR_SYNTAX, names[kind], in->fault);
}

ct_err ct_vex_text(struct ct_vex_in *in, const struct ct_json_value *v, ct_str *ret_text)
{
    CT_TRY(ct_vex_want(in, v, CT_JSON_STRING));
    return ct_json_text(in->arena, v, ret_text);
}

ct_err ct_vex_date(struct ct_vex_in *in, const struct ct_json_value *v, ct_str *ret_text)
{
    CT_TRY(ct_vex_text(in, v, ret_text));
    return ret_text->n == 0 || ct_vex_is_date(*ret_text) ? CT_OK : ct_json_refuse(v, CT_ERR_SYNTAX, "a date that is none", in->fault);
}

ct_err ct_vex_join(struct ct_vex_in *in, ct_str a, ct_str b, ct_str *ret_text)
{
    struct ct_buf buf;
    if (a.n == 0 || b.n == 0) return *ret_text = a.n ? a : b, CT_OK;
    ct_buf_init(&buf, in->arena, a.n + b.n + 16);
    ct_buf_add(&buf, a);
    ct_buf_text(&buf, "; ");
    ct_buf_add(&buf, b);
    return ct_buf_str(&buf, ret_text);
}
