#include "sbom/purl.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* What a type asks of its parts (the type definitions of the specification). */
enum {
    SPACE_LOWER = 1, SPACE_UPPER = 2, SPACE_NEEDED = 4, NAME_LOWER = 8, NAME_DASHES = 16, NAME_UNDERSCORES = 32,
    VERSION_LOWER = 64,
};

static const struct {
    ct_str type;
    unsigned rules;
} types[] = {
#define T(type, rules) {CT_STR_INIT(type), rules}
    T("alpm", SPACE_LOWER | NAME_LOWER),
    T("apk", SPACE_LOWER | NAME_LOWER),
    T("bitbucket", SPACE_LOWER | SPACE_NEEDED | NAME_LOWER),
    T("bitnami", NAME_LOWER),
    T("composer", SPACE_LOWER | SPACE_NEEDED | NAME_LOWER),
    T("cpan", SPACE_UPPER),
    T("deb", SPACE_LOWER | NAME_LOWER),
    T("github", SPACE_LOWER | SPACE_NEEDED | NAME_LOWER),
    T("gitlab", SPACE_LOWER | NAME_LOWER),
    T("golang", SPACE_LOWER | NAME_LOWER),
    T("hex", SPACE_LOWER | NAME_LOWER),
    T("huggingface", VERSION_LOWER),
    T("luarocks", SPACE_LOWER | NAME_LOWER),
    T("maven", SPACE_NEEDED),
    T("npm", SPACE_LOWER | NAME_LOWER),
    T("oci", NAME_LOWER | VERSION_LOWER),
    T("pub", NAME_LOWER | NAME_UNDERSCORES),
    T("pypi", NAME_LOWER | NAME_DASHES),
    T("qpkg", SPACE_LOWER),
    T("rpm", SPACE_LOWER),
    T("swift", SPACE_NEEDED),
#undef T
};

static unsigned rules_of(ct_str type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ct_str_eq(types[i].type, type)) return types[i].rules;
    return 0;
}

/* Offsets are told from the start of the whole text. */
struct reader {
    ct_arena *arena;
    const unsigned char *start;
    struct ct_fault *fault;
};

static ct_err refuse(const struct reader *r, ct_err err, const unsigned char *at, const char *why)
{
    return ct_fault_set(r->fault, err, r->start && at ? (uint64_t)(at - r->start) : 0, "package URL: %s", why);
}

static ct_err no_memory(const struct reader *r) { return refuse(r, CT_ERR_NOMEM, r->start, "out of memory"); }

static ct_err decode(const struct reader *r, ct_str in, bool segment, ct_str *ret_out)
{
    if (ct_str_chr(in, '%') == CT_STR_NONE) {
        *ret_out = in;
        return CT_OK;
    }
    unsigned char *to = ct_arena_alloc(r->arena, in.n);
    if (!to) return no_memory(r);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = in.p[i];
        if (c == '%') {
            int high = i + 2 < in.n ? ct_hex_value(in.p[i + 1]) : -1, low = high >= 0 ? ct_hex_value(in.p[i + 2]) : -1;
            if (low < 0) return refuse(r, CT_ERR_SYNTAX, in.p + i, "two hexadecimal digits must follow '%'");
            c = (unsigned char)(high << 4 | low);
            if (segment && c == '/') return refuse(r, CT_ERR_SYNTAX, in.p + i, "an encoded '/' inside a segment");
            i += 2;
        }
        to[n++] = c;
    }
    *ret_out = (ct_str){to, n};
    return CT_OK;
}

static bool is_dots(ct_str s) { return ct_str_eq(s, CT_STR(".")) || ct_str_eq(s, CT_STR("..")); }

/* Segments without the empty ones; in a subpath without "." and ".." either. encoded: each is decoded first. */
static ct_err segments(const struct reader *r, ct_str in, bool subpath, bool encoded, ct_str *ret_out)
{
    struct ct_buf b;
    ct_buf_init(&b, r->arena, in.n + 1);
    for (ct_str rest = in; rest.p;) {
        ct_str s = ct_str_cut(&rest, '/');
        if (encoded) CT_TRY(decode(r, s, true, &s));
        if (s.n == 0 || (subpath && is_dots(s))) continue;
        if (b.n) ct_buf_byte(&b, '/');
        ct_buf_add(&b, s);
    }
    if (b.err) return no_memory(r);
    *ret_out = ct_buf_view(&b);
    return CT_OK;
}

static unsigned char upper(unsigned char c) { return (unsigned char)(c >= 'a' && c <= 'z' ? c & ~0x20 : c); }

static ct_err fold(const struct reader *r, ct_str in, bool up, ct_str *ret_out)
{
    unsigned char *to = ct_arena_alloc(r->arena, in.n);
    if (!to) return no_memory(r);
    for (size_t i = 0; i < in.n; i++) to[i] = up ? upper(in.p[i]) : ct_ascii_lower(in.p[i]);
    *ret_out = (ct_str){to, in.n};
    return CT_OK;
}

/* PyPI: each run of "-_." is one dash. Pub: what is no letter or digit is an underscore. name is a fresh copy. */
static ct_str respell(ct_str name, unsigned rules)
{
    unsigned char *to = (unsigned char *)(uintptr_t)name.p;
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = name.p[i];
        bool dash = c == '-' || c == '_' || c == '.';
        if ((rules & NAME_DASHES) && dash) {
            if (n && to[n - 1] == '-') continue;
            c = '-';
        }
        if ((rules & NAME_UNDERSCORES) && !ct_ascii_alpha(c) && !ct_ascii_digit(c)) c = '_';
        to[n++] = c;
    }
    return (ct_str){to, n};
}

static bool is_type(ct_str t)
{
    if (t.n == 0 || !ct_ascii_alpha(t.p[0])) return false;
    for (size_t i = 0; i < t.n; i++)
        if (!ct_ascii_alpha(t.p[i]) && !ct_ascii_digit(t.p[i]) && t.p[i] != '.' && t.p[i] != '-') return false;
    return true;
}

static bool is_key(ct_str k)
{
    if (k.n == 0 || !ct_ascii_alpha(k.p[0])) return false;
    for (size_t i = 0; i < k.n; i++)
        if (!ct_ascii_alpha(k.p[i]) && !ct_ascii_digit(k.p[i]) && k.p[i] != '.' && k.p[i] != '-' && k.p[i] != '_') return false;
    return true;
}

static int by_key(const void *a, const void *b)
{
    return ct_str_cmp(((const struct ct_purl_qualifier *)a)->key, ((const struct ct_purl_qualifier *)b)->key);
}

/* q: room for n, ours to change. Folds keys, drops empty values, sorts, refuses a key given twice. */
static ct_err tidy_qualifiers(const struct reader *r, struct ct_purl_qualifier *q, size_t n, size_t *ret_n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_key(q[i].key)) return refuse(r, CT_ERR_SYNTAX, q[i].key.p, "a qualifier's key must be a letter and then letters, digits, '.', '-', '_'");
        if (q[i].value.n == 0) continue;
        q[kept] = q[i];
        CT_TRY(fold(r, q[i].key, false, &q[kept].key));
        kept++;
    }
    if (kept) qsort(q, kept, sizeof *q, by_key);
    for (size_t i = 1; i < kept; i++)
        if (ct_str_eq(q[i - 1].key, q[i].key)) return refuse(r, CT_ERR_SYNTAX, r->start, "a qualifier is given twice");
    *ret_n = kept;
    return CT_OK;
}

static ct_err apply_rules(const struct reader *r, struct ct_purl *p, const unsigned char *name_at)
{
    if (!is_type(p->type)) return refuse(r, CT_ERR_SYNTAX, p->type.p, "the type must be a letter and then letters, digits, '.', '-'");
    CT_TRY(fold(r, p->type, false, &p->type));
    unsigned rules = rules_of(p->type);
    while (p->name.n && p->name.p[0] == '/') p->name = ct_str_slice(p->name, 1, SIZE_MAX);
    while (p->name.n && p->name.p[p->name.n - 1] == '/') p->name.n--;
    if (p->name.n == 0) return refuse(r, CT_ERR_SYNTAX, name_at, "the name is missing");
    if ((rules & SPACE_NEEDED) && p->name_space.n == 0) return refuse(r, CT_ERR_SYNTAX, name_at, "this type needs a namespace before the name");
    if (rules & (SPACE_LOWER | SPACE_UPPER)) CT_TRY(fold(r, p->name_space, (rules & SPACE_UPPER) != 0, &p->name_space));
    if (rules & NAME_LOWER) CT_TRY(fold(r, p->name, false, &p->name));
    if (rules & (NAME_DASHES | NAME_UNDERSCORES)) p->name = respell(p->name, rules);
    if (rules & VERSION_LOWER) CT_TRY(fold(r, p->version, false, &p->version));
    return CT_OK;
}

static ct_err read_qualifiers(const struct reader *r, ct_str in, struct ct_purl *p)
{
    size_t most = 1, n = 0;
    for (size_t i = 0; i < in.n; i++) most += in.p[i] == '&';
    if (most > CT_PURL_QUALIFIERS_MAX) return refuse(r, CT_ERR_CAP, in.p, "too many qualifiers");
    struct ct_purl_qualifier *q = ct_arena_array(r->arena, most, sizeof *q);
    if (!q) return no_memory(r);
    for (ct_str rest = in; rest.p;) {
        ct_str value = ct_str_cut(&rest, '&'), key = ct_str_cut(&value, '=');
        if (key.n == 0 && value.n == 0) continue;
        q[n].key = key;
        CT_TRY(decode(r, value, false, &q[n].value));
        n++;
    }
    p->qualifiers = q;
    return tidy_qualifiers(r, q, n, &p->qualifiers_n);
}

/* The '@' before the version; one that opens a segment with others behind it is an npm scope. */
static size_t find_version(ct_str s)
{
    bool followed = false;
    for (size_t i = s.n; i-- > 0;) {
        followed |= s.p[i] == '/';
        if (s.p[i] == '@' && !(followed && (i == 0 || s.p[i - 1] == '/'))) return i;
    }
    return CT_STR_NONE;
}

ct_err ct_purl_parse(ct_arena *arena, ct_str text, struct ct_purl *ret_purl, struct ct_fault *fault)
{
    struct reader r = {arena, text.p, fault};
    struct ct_purl p = {0};
    if (text.n > CT_PURL_MAX) return refuse(&r, CT_ERR_CAP, text.p, "too long");
    if (!ct_str_starts_fold(text, CT_STR("pkg:"))) return refuse(&r, CT_ERR_SYNTAX, text.p, "\"pkg:\" must come first");
    ct_str rest = ct_str_slice(text, 4, SIZE_MAX);
    size_t at = ct_str_rchr(rest, '#');
    if (at != CT_STR_NONE) {
        CT_TRY(segments(&r, ct_str_slice(rest, at + 1, SIZE_MAX), true, true, &p.subpath));
        rest = ct_str_slice(rest, 0, at);
    }
    at = ct_str_rchr(rest, '?');
    if (at != CT_STR_NONE) {
        CT_TRY(read_qualifiers(&r, ct_str_slice(rest, at + 1, SIZE_MAX), &p));
        rest = ct_str_slice(rest, 0, at);
    }
    while (rest.n && rest.p[0] == '/') rest = ct_str_slice(rest, 1, SIZE_MAX);
    p.type = ct_str_cut(&rest, '/');
    if (!rest.p) return refuse(&r, CT_ERR_SYNTAX, text.p + 4, "a type and a '/' must follow \"pkg:\"");
    at = find_version(rest);
    if (at != CT_STR_NONE) {
        CT_TRY(decode(&r, ct_str_slice(rest, at + 1, SIZE_MAX), false, &p.version));
        rest = ct_str_slice(rest, 0, at);
    }
    while (rest.n && rest.p[rest.n - 1] == '/') rest.n--;
    at = ct_str_rchr(rest, '/');
    ct_str name = at == CT_STR_NONE ? rest : ct_str_slice(rest, at + 1, SIZE_MAX);
    if (at != CT_STR_NONE) CT_TRY(segments(&r, ct_str_slice(rest, 0, at), false, true, &p.name_space));
    CT_TRY(decode(&r, name, false, &p.name));
    CT_TRY(apply_rules(&r, &p, name.p));
    *ret_purl = p;
    return CT_OK;
}

ct_err ct_purl_normalise(ct_arena *arena, struct ct_purl *purl, struct ct_fault *fault)
{
    struct reader r = {arena, NULL, fault};
    struct ct_purl p = *purl;
    size_t n = p.type.n + p.name_space.n + p.name.n + p.version.n + p.subpath.n;
    for (size_t i = 0; i < p.qualifiers_n; i++) n += p.qualifiers[i].key.n + p.qualifiers[i].value.n;
    if (n > CT_PURL_MAX) return refuse(&r, CT_ERR_CAP, NULL, "too long");
    if (p.qualifiers_n > CT_PURL_QUALIFIERS_MAX) return refuse(&r, CT_ERR_CAP, NULL, "too many qualifiers");
    CT_TRY(segments(&r, p.name_space, false, false, &p.name_space));
    CT_TRY(segments(&r, p.subpath, true, false, &p.subpath));
    struct ct_purl_qualifier *q = ct_arena_array(arena, p.qualifiers_n, sizeof *q);
    if (!q) return no_memory(&r);
    if (p.qualifiers_n) memcpy(q, p.qualifiers, p.qualifiers_n * sizeof *q);
    CT_TRY(tidy_qualifiers(&r, q, p.qualifiers_n, &p.qualifiers_n));
    p.qualifiers = q;
    CT_TRY(apply_rules(&r, &p, NULL));
    *purl = p;
    return CT_OK;
}

/* Unreserved characters and ':' stand for themselves; '/' where it separates (namespace, subpath) or is usual (values). */
static void encode(struct ct_buf *out, ct_str s, bool slash)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        bool plain = ct_ascii_alpha(c) || ct_ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == ':' || (slash && c == '/');
        if (plain) {
            ct_buf_byte(out, c);
        } else {
            ct_buf_byte(out, '%');
            ct_buf_byte(out, (unsigned char)hex[c >> 4]);
            ct_buf_byte(out, (unsigned char)hex[c & 15]);
        }
    }
}

void ct_purl_build(struct ct_buf *out, const struct ct_purl *purl)
{
    ct_buf_text(out, "pkg:");
    ct_buf_add(out, purl->type);
    ct_buf_byte(out, '/');
    if (purl->name_space.n) {
        encode(out, purl->name_space, true);
        ct_buf_byte(out, '/');
    }
    encode(out, purl->name, false);
    if (purl->version.n) {
        ct_buf_byte(out, '@');
        encode(out, purl->version, false);
    }
    for (size_t i = 0; i < purl->qualifiers_n; i++) {
        ct_buf_byte(out, i ? '&' : '?');
        ct_buf_add(out, purl->qualifiers[i].key);
        ct_buf_byte(out, '=');
        encode(out, purl->qualifiers[i].value, true);
    }
    if (purl->subpath.n) {
        ct_buf_byte(out, '#');
        encode(out, purl->subpath, true);
    }
}

ct_str ct_purl_qualifier(const struct ct_purl *purl, ct_str key)
{
    for (size_t i = 0; i < purl->qualifiers_n; i++)
        if (ct_str_eq(purl->qualifiers[i].key, key)) return purl->qualifiers[i].value;
    return (ct_str){NULL, 0};
}

enum ct_ecosystem ct_purl_ecosystem(const struct ct_purl *purl) { return ct_ecosystem_of_purl(purl->type, purl->name_space); }

ct_err ct_purl_package(ct_arena *arena, const struct ct_purl *purl, ct_str *ret_name)
{
    enum ct_ecosystem e = ct_purl_ecosystem(purl);
    bool maven = e == CT_ECOSYSTEM_MAVEN;
    bool joined = maven || e == CT_ECOSYSTEM_NPM || e == CT_ECOSYSTEM_GO || e == CT_ECOSYSTEM_PACKAGIST || e == CT_ECOSYSTEM_SWIFT;
    if (!joined || purl->name_space.n == 0) {
        *ret_name = purl->name;
        return CT_OK;
    }
    struct ct_buf b;
    ct_buf_init(&b, arena, purl->name_space.n + purl->name.n + 2);
    if (e == CT_ECOSYSTEM_NPM && purl->name_space.p[0] != '@') ct_buf_byte(&b, '@');
    ct_buf_add(&b, purl->name_space);
    ct_buf_byte(&b, maven ? ':' : '/');
    ct_buf_add(&b, purl->name);
    return ct_buf_str(&b, ret_name);
}
