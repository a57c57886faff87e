#include "runtime/java_policy.h"

#include "runtime/socket_permission.h"

#include "base/buf.h"
#include "base/limits.h"

#include <string.h>

enum token { T_END, T_WORD, T_STRING, T_OTHER };

struct policy {
    ct_arena *arena;
    const struct ct_policy_question *q;
    struct ct_fault *fault;
    ct_str s;
    size_t i;
    uint64_t line;
    enum token token;
    unsigned char other;   /* of T_OTHER */
    ct_str text;           /* of T_WORD and T_STRING */
    ct_err err;            /* sticky */
    ct_str code;           /* of the question, tidied */
    struct ct_policy_answer sum;
};

static bool word_byte(unsigned char c)
{
    return ct_ascii_digit(c) || (ct_ascii_lower(c) >= 'a' && ct_ascii_lower(c) <= 'z') || c == '.' || c == '_' || c == '$' || c >= 0x80;
}

/* Blanks and comments. */
static void skip(struct policy *p)
{
    while (p->i < p->s.n) {
        unsigned char c = p->s.p[p->i], next = p->i + 1 < p->s.n ? p->s.p[p->i + 1] : 0;
        if (c == '/' && next == '/') {
            while (p->i < p->s.n && p->s.p[p->i] != '\n' && p->s.p[p->i] != '\r') p->i++;
        } else if (c == '/' && next == '*') {
            size_t end = ct_str_find(ct_str_slice(p->s, p->i + 2, p->s.n), CT_STR("*/"));
            size_t to = end == CT_STR_NONE ? p->s.n : p->i + 4 + end;
            for (; p->i < to; p->i++) p->line += p->s.p[p->i] == '\n';
        } else if (c <= ' ') {
            p->line += c == '\n';
            p->i++;
        } else return;
    }
}

static unsigned char escaped(struct policy *p)
{
    unsigned char c = p->s.p[p->i++];
    if (c >= '0' && c <= '7') {
        unsigned v = c - '0', digits = c <= '3' ? 2 : 1;
        while (digits-- && p->i < p->s.n && p->s.p[p->i] >= '0' && p->s.p[p->i] <= '7') v = v * 8 + p->s.p[p->i++] - '0';
        return (unsigned char)v;
    }
    switch (c) {
    case 'a': return 7;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return 11;
    default: return c;
    }
}

static void quoted(struct policy *p)
{
    struct ct_buf b;
    ct_buf_init(&b, p->arena, p->s.n + 1);
    p->i++;
    while (p->i < p->s.n) {
        unsigned char c = p->s.p[p->i];
        if (c == '\n' || c == '\r') break; /* the line ends the string, and that is no error there */
        p->i++;
        if (c == '"') break;
        if (c == '\\' && p->i < p->s.n) c = escaped(p);
        ct_buf_byte(&b, c);
    }
    if (b.err) p->err = b.err;
    p->token = T_STRING;
    p->text = b.n ? ct_buf_view(&b) : CT_STR("");
}

static void next(struct policy *p)
{
    if (p->err) return;
    skip(p);
    if (p->i >= p->s.n) {
        p->token = T_END;
        return;
    }
    unsigned char c = p->s.p[p->i];
    if (c == '"') {
        quoted(p);
        return;
    }
    if (!word_byte(c)) { /* an apostrophe too: a string there, and wrong wherever one is expected */
        p->token = T_OTHER;
        p->other = c;
        p->i++;
        return;
    }
    size_t from = p->i;
    while (p->i < p->s.n && word_byte(p->s.p[p->i])) p->i++;
    p->token = T_WORD;
    p->text = ct_str_slice(p->s, from, p->i);
}

static void wrong(struct policy *p, const char *wanted)
{
    if (!p->err) p->err = ct_fault_set(p->fault, CT_ERR_SYNTAX, p->i, "line %llu: expected %s", (unsigned long long)p->line, wanted);
}

static bool at_word(const struct policy *p, const char *word)
{
    return !p->err && p->token == T_WORD && ct_str_eq_fold(p->text, ct_str_from(word));
}

static bool at(const struct policy *p, unsigned char c) { return !p->err && p->token == T_OTHER && p->other == c; }

static bool take_word(struct policy *p, const char *word)
{
    if (!at_word(p, word)) return false;
    next(p);
    return true;
}

static bool take(struct policy *p, unsigned char c)
{
    if (!at(p, c)) return false;
    next(p);
    return true;
}

static void need(struct policy *p, unsigned char c)
{
    char text[] = {'\'', (char)c, '\'', 0};
    if (!take(p, c)) wrong(p, text);
}

static ct_str need_string(struct policy *p)
{
    ct_str s = p->text;
    if (p->err || p->token != T_STRING) {
        wrong(p, "a quoted string");
        return (ct_str){0};
    }
    next(p);
    return s;
}

static int hex_digit(unsigned char c)
{
    c = ct_ascii_lower(c);
    return ct_ascii_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Literal text of a URL: %XX undone. */
static void add_decoded(struct ct_buf *b, ct_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        int hi = s.p[i] == '%' && s.n - i > 2 ? hex_digit(s.p[i + 1]) : -1, lo = hi >= 0 ? hex_digit(s.p[i + 2]) : -1;
        if (lo >= 0) i += 2;
        ct_buf_byte(b, lo >= 0 ? (unsigned char)((unsigned)hi << 4 | (unsigned)lo) : s.p[i]);
    }
}

/* ${name} -> its value; "${{...}}" and what does not close stay. False: some value is not known. */
static bool expand(struct policy *p, ct_str s, bool url, ct_str *ret_text)
{
    struct ct_buf b;
    ct_buf_init(&b, p->arena, CT_POLICY_TEXT_MAX);
    bool known = true;
    while (s.n) {
        size_t open = ct_str_find(s, CT_STR("${"));
        size_t close = open == CT_STR_NONE ? CT_STR_NONE : ct_str_chr(ct_str_slice(s, open, s.n), '}');
        ct_str before = ct_str_slice(s, 0, close == CT_STR_NONE ? s.n : open);
        if (url) add_decoded(&b, before);
        else ct_buf_add(&b, before);
        if (close == CT_STR_NONE) break;
        ct_str name = ct_str_slice(s, open + 2, open + close), value = CT_STR("");
        s = ct_str_slice(s, open + close + 1, s.n);
        if (name.n && name.p[0] == '{') {
            ct_buf_add(&b, CT_STR("${"));
            ct_buf_add(&b, name);
            ct_buf_byte(&b, '}');
        } else if (ct_str_eq(name, CT_STR("/")) || ct_str_eq(name, CT_STR("file.separator"))) ct_buf_byte(&b, '/');
        else if (p->q->property && p->q->property(p->q->ctx, name, &value)) ct_buf_add(&b, value);
        else known = false;
    }
    if (b.err == CT_ERR_NOMEM) p->err = b.err;
    else if (b.err) known = false;
    *ret_text = ct_buf_view(&b);
    return known;
}

/* Without "//", "/./", "/../" and a "/" at the end; `to` has room for path.n + 1 bytes. */
static size_t tidy(ct_str path, unsigned char *to)
{
    size_t n = 0;
    while (path.p) {
        ct_str part = ct_str_cut(&path, '/');
        if (part.n == 0 || ct_str_eq(part, CT_STR("."))) continue;
        if (ct_str_eq(part, CT_STR(".."))) {
            while (n && to[--n] != '/') {}
            continue;
        }
        to[n++] = '/';
        memmove(to + n, part.p, part.n);
        n += part.n;
    }
    if (n == 0) to[n++] = '/';
    return n;
}

static ct_str tidied(struct policy *p, ct_str path)
{
    unsigned char *to = ct_arena_alloc(p->arena, path.n + 1);
    if (to) return (ct_str){to, tidy(path, to)};
    p->err = CT_ERR_NOMEM;
    return path;
}

static ct_str without_links(const struct policy *p, ct_str path)
{
    ct_str real;
    return !p->err && p->q->canonical && p->q->canonical(p->q->ctx, path, &real) == CT_OK ? real : path;
}

/* Does "file:/opt/app/-" cover the code? */
enum match { NO, MAYBE, YES };

static enum match code_base_covers(struct policy *p, ct_str base)
{
    if (p->q->code.n == 0) return MAYBE;
    const ct_str scheme = CT_STR("file:");
    if (!ct_str_starts_fold(base, scheme)) return NO; /* jrt:, http:, a word: nothing that a file on disk comes from */
    ct_str path = ct_str_slice(base, scheme.n, base.n);
    if (ct_str_starts(path, CT_STR("//"))) {
        path = ct_str_slice(path, 2, path.n);
        size_t slash = ct_str_chr(path, '/');
        ct_str host = ct_str_slice(path, 0, slash);
        if (host.n && !ct_str_eq_fold(host, CT_STR("localhost"))) return NO;
        path = slash == CT_STR_NONE ? (ct_str){0} : ct_str_slice(path, slash, path.n);
    }
    if (path.n == 0 || path.p[0] != '/') return MAYBE; /* relative to a folder we do not know */
    ct_str want = tidied(p, path); /* first, since the JDK covers with "/lib/-/" what "/lib/-" covers */
    bool all = ct_str_ends(want, CT_STR("/-")), some = ct_str_ends(want, CT_STR("/*"));
    if (all || some) want.n--;
    want = without_links(p, want);
    if (p->err) return NO;
    if (!all && !some) return ct_str_eq(p->code, want) ? YES : NO;
    if (want.n && want.p[want.n - 1] == '/') want.n--; /* a canonical path may have lost it */
    if (!ct_str_starts(p->code, want) || p->code.n == want.n || p->code.p[want.n] != '/') return NO;
    return all || ct_str_rchr(p->code, '/') == want.n ? YES : NO;
}

static void raise_to(enum ct_reach *r, enum ct_reach to)
{
    if (to > *r) *r = to;
}

static void permission(struct policy *p, enum match applies)
{
    ct_str type = p->text, name = {0}, actions = {0};
    if (p->err || (p->token != T_WORD && p->token != T_STRING)) { /* the JDK takes a quoted class too */
        wrong(p, "a permission type");
        return;
    }
    next(p);
    bool known = true, is_signed = false, has_name = !p->err && p->token == T_STRING;
    if (has_name) known = expand(p, need_string(p), false, &name);
    if (take(p, ',')) {
        bool more = true;
        if (!p->err && p->token == T_STRING) {
            known = expand(p, need_string(p), false, &actions) && known;
            more = take(p, ',');
        }
        if (more && take_word(p, "SignedBy")) {
            (void)need_string(p);
            is_signed = true;
        }
    }
    need(p, ';');
    if (p->err || applies == NO) return;
    struct ct_socket_permission got = {CT_REACH_ANY, CT_REACH_ANY};
    if (ct_str_eq(type, CT_STR("java.net.SocketPermission"))) {
        if (!has_name) return; /* the JDK refuses such a permission, and the rest of the file stands */
        if (known && !ct_socket_permission_parse(name, actions, &got)) return;
    } else if (!ct_str_eq(type, CT_STR("java.security.AllPermission"))) return;
    raise_to(&p->sum.may_connect, got.connect);
    raise_to(&p->sum.may_resolve, got.resolve);
    if (applies != YES || !known || is_signed) return;
    raise_to(&p->sum.connect, got.connect);
    raise_to(&p->sum.resolve, got.resolve);
}

/* principal [class] "name" | "keystore alias" */
static void principal(struct policy *p)
{
    if (!p->err && p->token == T_WORD) next(p);
    else (void)take(p, '*');
    if (!take(p, '*')) (void)need_string(p);
}

static void grant(struct policy *p)
{
    ct_str base = {0};
    bool has_base = false, others = false;
    while (!p->err && !at(p, '{')) {
        if (take_word(p, "codeBase")) {
            if (has_base) wrong(p, "one codeBase");
            has_base = true;
            base = need_string(p);
        } else if (take_word(p, "signedBy")) {
            others = true;
            (void)need_string(p);
        } else if (take_word(p, "principal")) {
            others = true;
            principal(p);
        } else wrong(p, "codeBase, signedBy or principal");
        (void)take(p, ',');
    }
    need(p, '{');
    enum match applies = YES;
    if (has_base && !p->err) {
        ct_str text;
        applies = expand(p, base, true, &text) ? code_base_covers(p, text) : MAYBE;
    }
    if (others && applies == YES) applies = MAYBE;
    while (!p->err && !at(p, '}')) {
        if (take_word(p, "permission")) permission(p, applies);
        else wrong(p, "permission or '}'");
    }
    need(p, '}');
}

/* keystore "url" [, "type"] [, "provider"] */
static void keystore(struct policy *p)
{
    (void)need_string(p);
    while (take(p, ',')) (void)need_string(p);
}

ct_err ct_java_policy_ask(ct_arena *arena, ct_str text, const struct ct_policy_question *q, struct ct_policy_answer *answer,
                          struct ct_fault *fault)
{
    struct policy p = {.arena = arena, .q = q, .fault = fault, .s = text, .line = 1, .sum = *answer};
    if (ct_str_starts(text, CT_STR("\xEF\xBB\xBF"))) return ct_fault_set(fault, CT_ERR_SYNTAX, 0, "begins with a byte order mark");
    if (q->code.n) p.code = without_links(&p, tidied(&p, q->code));
    next(&p);
    while (!p.err && p.token != T_END) {
        if (take_word(&p, "grant")) grant(&p);
        else if (take_word(&p, "keystore")) keystore(&p);
        else if (take_word(&p, "keystorePasswordURL")) (void)need_string(&p);
        else if (at_word(&p, "domain")) return ct_fault_set(fault, CT_ERR_UNSUPPORTED, p.i, "a keystore domain");
        need(&p, ';');
    }
    if (p.err) return p.err;
    *answer = p.sum;
    return CT_OK;
}

const char *ct_reach_name(enum ct_reach r)
{
    static const char *const names[] = {"nowhere", "this host", "named hosts", "any host"};
    return names[r];
}
