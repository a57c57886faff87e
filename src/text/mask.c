/* ct_mask_secrets: one pass over the text, which copies what it does not hide.
 *
 * How it works: at each word that is followed by '=' or ':' the word's last parts are looked up in a table of names; the
 * value behind is hidden up to its closing quote or the first delimiter. A "${...}" is stepped over whole, so nothing in
 * it is touched, and a value that holds one is left as it is.
 * Limitations: a name that is not in the table, a secret in a path, a value that is itself an object or an array, and
 * escapes nested twice are not recognised.
 */
#include "text/escapes.h"
#include "text/printable.h"

struct mask {
    ct_str in;
    struct ct_buf *out;
    size_t copied; /* the input is in `out` up to here */
};

static void hide(struct mask *m, size_t from, size_t to)
{
    ct_buf_add(m->out, ct_str_slice(m->in, m->copied, from));
    ct_buf_text(m->out, "***");
    m->copied = to;
}

static ct_str behind(ct_str s, size_t i) { return ct_str_slice(s, i, s.n); }

static bool is_blank(unsigned char c) { return c <= 0x20; }

/* How many bytes spell c at i: 1 as it is, more as %HH (encoded once or again and again), \xHH or \u00HH; 0: not c. */
static size_t spells(ct_str s, size_t i, unsigned char c)
{
    if (i >= s.n) return 0;
    if (s.p[i] == c) return 1;
    size_t at = i;
    if (s.p[i] == '%') {
        for (at++; s.n - at >= 2 && s.p[at] == '2' && s.p[at + 1] == '5';) at += 2;
    } else if (s.p[i] == '\\') {
        if (ct_str_starts(behind(s, i), CT_STR("\\u00"))) at += 4;
        else if (ct_str_starts(behind(s, i), CT_STR("\\x"))) at += 2;
    }
    unsigned char byte;
    if (at == i || s.n - at < 2 || !ct_hex2(s.p + at, &byte) || byte != c) return 0;
    return at + 2 - i;
}

static size_t opens_lookup(ct_str s, size_t i)
{
    size_t dollar = spells(s, i, '$');
    size_t brace = dollar ? spells(s, i + dollar, '{') : 0;
    return brace ? dollar + brace : 0;
}

/* Behind the brace that closes the lookup at i; the end of the text when none does, since it may close in what follows. */
static size_t end_of_lookup(ct_str s, size_t i)
{
    size_t depth = 0;
    do {
        size_t n = opens_lookup(s, i);
        if (n) {
            depth++;
        } else {
            n = spells(s, i, '}');
            if (n) depth--;
        }
        i += n ? n : 1;
    } while (depth && i < s.n);
    return i;
}

/* Hides the value unless it runs into a lookup: then that is the finding. Returns where to go on. */
static size_t hide_value(struct mask *m, size_t from, size_t to)
{
    if (from < to && !opens_lookup(m->in, to)) hide(m, from, to);
    return to;
}

/* Lower case without '-', '_' and '.'. They match a whole name, or its last parts: "laravel_session", "X-Auth-Token",
 * "userPassword". */
static const ct_str tails[] = {
    CT_STR_INIT("token"), CT_STR_INIT("accesstoken"), CT_STR_INIT("idtoken"), CT_STR_INIT("refreshtoken"),
    CT_STR_INIT("authtoken"), CT_STR_INIT("sessiontoken"), CT_STR_INIT("csrftoken"), CT_STR_INIT("xsrftoken"),
    CT_STR_INIT("csrfmiddlewaretoken"), CT_STR_INIT("cftoken"), CT_STR_INIT("apitoken"), CT_STR_INIT("jwt"),
    CT_STR_INIT("apikey"), CT_STR_INIT("accesskey"), CT_STR_INIT("secretkey"), CT_STR_INIT("secretaccesskey"),
    CT_STR_INIT("privatekey"), CT_STR_INIT("subscriptionkey"), CT_STR_INIT("accountkey"), CT_STR_INIT("authkey"),
    CT_STR_INIT("secret"), CT_STR_INIT("clientsecret"), CT_STR_INIT("appsecret"), CT_STR_INIT("password"),
    CT_STR_INIT("passwd"), CT_STR_INIT("passphrase"), CT_STR_INIT("passcode"), CT_STR_INIT("pwd"), CT_STR_INIT("pass"),
    CT_STR_INIT("userpass"), CT_STR_INIT("newpassword"), CT_STR_INIT("oldpassword"), CT_STR_INIT("session"),
    CT_STR_INIT("sessionid"), CT_STR_INIT("sessid"), CT_STR_INIT("sid"), CT_STR_INIT("jsessionid"),
    CT_STR_INIT("phpsessid"), CT_STR_INIT("rememberme"), CT_STR_INIT("auth"), CT_STR_INIT("authorization"),
    CT_STR_INIT("sig"), CT_STR_INIT("signature"), CT_STR_INIT("hmac"), CT_STR_INIT("credential"),
    CT_STR_INIT("credentials"), CT_STR_INIT("samlresponse"), CT_STR_INIT("otp"),
};
enum { NAME_MAX = 24 };

static bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
static bool is_joint(unsigned char c) { return c == '-' || c == '_' || c == '.'; }
static bool is_word(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c) || is_joint(c); }

/* A part of a name begins at i: "access_|token", "access|Token", "API|Key". */
static bool part_begins(ct_str w, size_t i)
{
    if (i == 0 || is_joint(w.p[i - 1])) return true;
    if (!is_upper(w.p[i])) return false;
    return !is_upper(w.p[i - 1]) || (i + 1 < w.n && !is_upper(w.p[i + 1]) && ct_ascii_alpha(w.p[i + 1]));
}

static bool is_tail(ct_str name)
{
    unsigned char buf[NAME_MAX];
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        if (is_joint(name.p[i])) continue;
        if (n == sizeof buf) return false;
        buf[n++] = ct_ascii_lower(name.p[i]);
    }
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (ct_str_eq(tails[i], (ct_str){buf, n})) return true;
    return false;
}

static bool is_secret(ct_str word, bool equals)
{
    /* Too common as the last part of harmless names; an OAuth code comes in a query, a status code behind a colon. */
    if (ct_str_eq_fold(word, CT_STR("key"))) return true;
    if (ct_str_eq_fold(word, CT_STR("code"))) return equals;
    for (size_t i = word.n > 2 * NAME_MAX ? word.n - 2 * NAME_MAX : 0; i < word.n; i++)
        if (part_begins(word, i) && is_tail(behind(word, i))) return true;
    return false;
}

/* How loggers and JSON inside JSON spell a quote, with the escape character of that level. */
static const struct quote {
    ct_str mark, escape;
} quotes[] = {
    {CT_STR_INIT("\""), CT_STR_INIT("\\")},        {CT_STR_INIT("'"), CT_STR_INIT("\\")},
    {CT_STR_INIT("\\\""), CT_STR_INIT("\\\\")},    {CT_STR_INIT("\\x22"), CT_STR_INIT("\\x5c")},
    {CT_STR_INIT("\\u0022"), CT_STR_INIT("\\\\")}, {CT_STR_INIT("%22"), CT_STR_INIT("%5c")},
};

static const struct quote *quote_at(ct_str s, size_t i)
{
    for (size_t k = 0; k < sizeof quotes / sizeof *quotes; k++)
        if (ct_str_starts(behind(s, i), quotes[k].mark)) return &quotes[k];
    return NULL;
}

/* Both ends of a value also stop at a lookup. */
static size_t end_of_quoted(ct_str s, size_t i, const struct quote *q)
{
    while (i < s.n && !ct_str_starts(behind(s, i), q->mark) && !opens_lookup(s, i)) {
        if (!ct_str_starts_fold(behind(s, i), q->escape)) {
            i++;
            continue;
        }
        i += q->escape.n;
        if (ct_str_starts(behind(s, i), q->mark)) i += q->mark.n;
        else if (ct_str_starts_fold(behind(s, i), q->escape)) i += q->escape.n;
        else if (!opens_lookup(s, i)) i++;
    }
    return i < s.n ? i : s.n;
}

/* encoded: the name was joined by %3D, so %26 ends the value; else an encoded '&' belongs to it. */
static size_t end_of_bare(ct_str s, size_t i, bool equals, bool encoded)
{
    for (; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (is_blank(c) || c == '&' || c == ';' || c == '"' || c == '\'' || c == '<' || c == '>') return i;
        if (!equals && (c == ',' || c == '}' || c == ']' || c == ')')) return i;
        if (opens_lookup(s, i)) return i;
        if (encoded && (spells(s, i, '&') || spells(s, i, '#'))) return i;
        if (c != '\\') continue;
        if (spells(s, i, '&') || spells(s, i, '"')) return i;
        if (i + 1 < s.n && ct_str_chr(CT_STR("nrt\""), s.p[i + 1]) != CT_STR_NONE) return i;
    }
    return i;
}

static size_t skip_blanks(ct_str s, size_t i)
{
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t')) i++;
    return i;
}

/* Behind the blank, or i when there is none. */
static size_t skip_joining_blank(ct_str s, size_t i)
{
    size_t n = spells(s, i, '+');
    if (!n) n = spells(s, i, ' ');
    return skip_blanks(s, i + n);
}

/* "Bearer " and the like at i: behind it, else i. */
static size_t skip_scheme(ct_str s, size_t i)
{
    static const ct_str schemes[] = {CT_STR_INIT("bearer"), CT_STR_INIT("basic"), CT_STR_INIT("digest"),
                                     CT_STR_INIT("negotiate"), CT_STR_INIT("ntlm"), CT_STR_INIT("token"),
                                     CT_STR_INIT("apikey")};
    for (size_t k = 0; k < sizeof schemes / sizeof *schemes; k++) {
        if (!ct_str_starts_fold(behind(s, i), schemes[k])) continue;
        size_t word = i + schemes[k].n, at = skip_joining_blank(s, word);
        if (at > word) return at;
    }
    return i;
}

/* What joins a name and its value at i. */
static bool find_joint(ct_str s, size_t i, size_t *ret_value, bool *ret_equals, bool *ret_encoded)
{
    const struct quote *q = quote_at(s, i);
    if (q) i += q->mark.n;
    i += spells(s, i, ']'); /* user[password]=... */
    i = skip_blanks(s, i);
    size_t n = spells(s, i, '=');
    bool equals = n != 0;
    if (!n) n = spells(s, i, ':');
    if (!n) return false;
    *ret_encoded = s.p[i] == '%';
    *ret_equals = equals;
    i += n;
    if (equals && i < s.n && s.p[i] == '>') i++;
    else if (!equals && ct_str_starts(behind(s, i), CT_STR("//"))) return false;
    *ret_value = skip_blanks(s, i);
    return true;
}

static bool is_literal(ct_str v)
{
    return ct_str_eq(v, CT_STR("null")) || ct_str_eq(v, CT_STR("true")) || ct_str_eq(v, CT_STR("false"));
}

/* The word from..to joins a value when its name is in the table; returns where to go on. */
static size_t mask_named(struct mask *m, size_t from, size_t to)
{
    ct_str s = m->in;
    size_t value;
    bool equals, encoded;
    if (!find_joint(s, to, &value, &equals, &encoded)) return to;
    if (!is_secret(ct_str_slice(s, from, to), equals)) return to;
    const struct quote *q = quote_at(s, value);
    size_t secret = skip_scheme(s, q ? value + q->mark.n : value);
    if (!q && !equals && secret < s.n && (s.p[secret] == '{' || s.p[secret] == '[')) return secret;
    size_t end = q ? end_of_quoted(s, secret, q) : end_of_bare(s, secret, equals, encoded);
    if (!q && is_literal(ct_str_slice(s, secret, end))) return end;
    return hide_value(m, secret, end);
}

/* "Bearer" or "Basic" without a name before it; the blob must look like one, since both are words of plain prose too. */
static size_t mask_scheme(struct mask *m, size_t word_end)
{
    ct_str s = m->in;
    size_t blob = skip_joining_blank(s, word_end), end = blob;
    bool odd = false;
    for (; end < s.n; end++) {
        unsigned char c = s.p[end];
        if (!is_word(c) && c != '+' && c != '/' && c != '=' && c != '~') break;
        odd = odd || ct_ascii_digit(c) || c == '=' || (end > blob && is_upper(c));
    }
    if (blob == word_end || end - blob < 6 || !odd) return word_end;
    return hide_value(m, blob, end);
}

/* From behind "://". A long user name without a password is a token, as code hosts take it. */
static size_t mask_userinfo(struct mask *m, size_t from)
{
    enum { TOKEN_MIN = 20 };
    ct_str s = m->in;
    size_t at = CT_STR_NONE, colon = CT_STR_NONE, i = from;
    for (; i < s.n && !is_blank(s.p[i]) && ct_str_chr(CT_STR("/?#\\\"'<>"), s.p[i]) == CT_STR_NONE; i++) {
        if (opens_lookup(s, i)) return from;
        if (s.p[i] == '@') at = i;
        if (s.p[i] == ':' && colon == CT_STR_NONE) colon = i;
    }
    if (at == CT_STR_NONE) return from;
    if (colon != CT_STR_NONE && colon < at) return hide_value(m, colon + 1, at);
    return at - from >= TOKEN_MIN ? hide_value(m, from, at) : at;
}

/* Bytes of an escape at i that ends a word though it is spelt with letters: %HH, \uHHHH, \xHH, \n. */
static size_t escape_at(ct_str s, size_t i)
{
    unsigned char byte;
    uint32_t unit;
    size_t left = s.n - i;
    if (s.p[i] == '%') return left >= 3 && ct_hex2(s.p + i + 1, &byte) ? 3 : 0;
    if (s.p[i] != '\\' || left < 2) return 0;
    if (s.p[i + 1] == 'u') return left >= 6 && ct_hex4(s.p + i + 2, &unit) ? 6 : 0;
    if (s.p[i + 1] == 'x') return left >= 4 && ct_hex2(s.p + i + 2, &byte) ? 4 : 0;
    return ct_str_chr(CT_STR("nrtbf"), s.p[i + 1]) != CT_STR_NONE ? 2 : 0;
}

void ct_mask_secrets(struct ct_buf *out, ct_str s)
{
    struct mask m = {.in = s, .out = out};
    for (size_t i = 0; i < s.n && !out->err;) {
        size_t n;
        if (opens_lookup(s, i)) {
            i = end_of_lookup(s, i);
        } else if ((n = escape_at(s, i)) != 0) {
            i += n;
        } else if (ct_str_starts(behind(s, i), CT_STR("://"))) {
            i = mask_userinfo(&m, i + 3);
        } else if (!is_word(s.p[i])) {
            i++;
        } else {
            size_t from = i;
            while (i < s.n && is_word(s.p[i])) i++;
            ct_str word = ct_str_slice(s, from, i);
            size_t next = mask_named(&m, from, i);
            bool scheme = ct_str_eq_fold(word, CT_STR("bearer")) || ct_str_eq_fold(word, CT_STR("basic"));
            i = next == i && scheme ? mask_scheme(&m, i) : next;
        }
    }
    ct_buf_add(out, behind(s, m.copied));
}
