/* Tries that reach nothing as they stand, and would with a small repair: ct_weigh_is_try. */
#include "detect/spelled.h"
#include "detect/token.h"
#include "detect/weigh.h"

#include <string.h>

static bool is_blank(unsigned char c) { return c == ' ' || c == '\t'; }

/* "${base64:BLOB}" or "${base64Decoder:BLOB}" at i, of any length, its brace there or not: appends what it decodes to and returns the offset behind it, else i. */
static size_t put_base64(unsigned char *to, size_t *n, ct_str text, size_t i)
{
    ct_str rest = ct_str_slice(text, i, text.n);
    if (rest.n < 3 || (rest.p[2] | 0x20) != 'b' || !ct_str_starts_fold(rest, CT_STR("${base64"))) return i;
    size_t close = ct_str_chr(rest, '}'), k = ct_str_starts_fold(rest, CT_STR("${base64Decoder:")) ? 16 : 9;
    if (rest.n < k || rest.p[k - 1] != ':') return i;
    unsigned bits = 0, have = 0;
    for (; k < rest.n && k < close; k++) {
        if (!ct_token_char(rest.p[k])) break;
        bits = (bits << 6 | (unsigned)(ct_base64_digit[rest.p[k]] - 1)) & 0xffff;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        to[(*n)++] = (unsigned char)(bits >> have);
    }
    return i + (close == CT_STR_NONE ? k : close + 1);
}

/* The dotless and the dotted i: case mapping turns them into "i" under a Turkish locale alone. */
static bool is_turkish_i(ct_str text, size_t i)
{
    return text.n - i > 1 && text.p[i] == 0xc4 && (text.p[i + 1] == 0xb0 || text.p[i + 1] == 0xb1);
}

/* A full-width form of an ASCII character, which some applications fold to it before they log; else 0. */
static unsigned char full_width(ct_str text, size_t i)
{
    if (text.n - i < 3 || text.p[i] != 0xef) return 0;
    if (text.p[i + 1] == 0xbc && text.p[i + 2] >= 0x81) return (unsigned char)(text.p[i + 2] - 0x60);
    return text.p[i + 1] == 0xbd && text.p[i + 2] <= 0x9e ? (unsigned char)(text.p[i + 2] - 0x20) : 0;
}

/* Single characters: full-width forms folded, the backslash before "$", "{" or "}" dropped. */
static ct_str fold(ct_arena *arena, ct_str text)
{
    unsigned char *to = ct_arena_alloc(arena, text.n);
    size_t n = 0;
    if (!to) return (ct_str){NULL, 0};
    for (size_t i = 0; i < text.n;) {
        unsigned char c = text.p[i], wide;
        if (c == '\\' && i + 1 < text.n && ct_str_chr(CT_STR("${}"), text.p[i + 1]) != CT_STR_NONE) {
            i++;
        } else if (c == 0xc4 && is_turkish_i(text, i)) {
            to[n++] = 'i';
            i += 2;
        } else if (c == 0xef && (wide = full_width(text, i)) != 0) {
            to[n++] = wide;
            i += 3;
        } else {
            to[n++] = c;
            i++;
        }
    }
    return (ct_str){to, n};
}

static size_t count_of(ct_str text, ct_str what)
{
    size_t n = 0;
    for (size_t at; (at = ct_str_find(text, what)) != CT_STR_NONE; n++) text = ct_str_slice(text, at + what.n, text.n);
    return n;
}

/* Escapes and blanks dropped, base64 decoded. ret_open: how many "${" are left without a brace of their own. ret_hides: base64 held one. */
static ct_str straighten(ct_arena *arena, ct_str text, size_t *ret_open, bool *ret_hides)
{
    unsigned char *to = ct_arena_alloc(arena, text.n);
    size_t open = 0, n = 0;
    *ret_open = 0;
    *ret_hides = false;
    if (!to) return (ct_str){NULL, 0};
    for (size_t i = 0; i < text.n;) {
        unsigned char c = text.p[i];
        if (c == '$') {
            while (i + 1 < text.n && text.p[i + 1] == '$') i++;
            size_t from = n, behind = put_base64(to, &n, text, i);
            if (behind > i) {
                ct_str hidden = {to + from, n - from};
                size_t opened = count_of(hidden, CT_STR("${")), closed = count_of(hidden, CT_STR("}"));
                if (opened) *ret_hides = true;
                if (opened > closed) open += opened - closed;
                i = behind;
                continue;
            }
            if (i + 1 < text.n && text.p[i + 1] == '{') {
                to[n++] = '$';
                to[n++] = '{';
                open++;
                for (i += 2; i < text.n && (is_blank(text.p[i]) || text.p[i] == '+');) i++; /* '+': a blank, in a form */
                if (text.n - i > 5 && ct_str_starts_fold(ct_str_slice(text, i, i + 5), CT_STR("java:"))) i += 4; /* it throws, whatever its default */
                continue;
            }
        }
        if (c == '}' && open) open--;
        bool blank = is_blank(c) || c == '+';
        if (!(blank && i + 1 < text.n && text.p[i + 1] == ':')) to[n++] = c;
        i++;
    }
    *ret_open = open;
    return (ct_str){to, n};
}

/* All that is open closes at the end, but no opener there: of "${}" a lookup around it could refer to itself. */
static ct_str close_all(ct_arena *arena, ct_str text, size_t open)
{
    struct ct_buf out;
    for (; open && ct_str_ends(text, CT_STR("${")); open--) text.n -= 2;
    ct_buf_init(&out, arena, CT_DECODE_MAX);
    ct_buf_add(&out, text);
    for (; open && out.err == CT_OK; open--) ct_buf_byte(&out, '}');
    return out.err ? (ct_str){NULL, 0} : ct_buf_view(&out);
}

/* Of the "${" without a brace only the first one, at the start of the text, was meant: "${${::-j}${${::-n}..." From behind,
 * each brace belongs to the nearest "${" before it. The one that closes the first may be missing. */
static ct_str drop_unclosed(ct_arena *arena, ct_str text, bool missing)
{
    unsigned char *to = ct_arena_alloc(arena, text.n + 1);
    if (!to) return (ct_str){NULL, 0};
    size_t at = text.n, braces = missing;
    if (missing) to[at] = '}';
    for (size_t i = text.n; i-- > 0;) {
        bool opens = text.p[i] == '{' && i > 0 && text.p[i - 1] == '$';
        if (opens && i > 1 && braces <= 1) {
            i--;
            continue;
        }
        if (opens) braces--;
        if (text.p[i] == '}') braces++;
        to[--at] = text.p[i];
    }
    return (ct_str){to + at, text.n + missing - at};
}

/* The names that repaired text gives to JNDI, as far as an address goes. Copied, since what was repaired is given back. */
enum { MEANT_MAX = 4, LENGTH_MAX = 320 };
struct meant {
    unsigned n;
    size_t lengths[MEANT_MAX];
    unsigned char names[MEANT_MAX][LENGTH_MAX];
};

/* What stands behind an address that no brace closed is the line's: from a blank, a quote or a tag on. Empty: a template's address. */
static ct_str cut_address(ct_str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] > ' ' && s.p[n] != 0x7f && ct_str_chr(CT_STR("\"'<>{}"), s.p[n]) == CT_STR_NONE) n++;
    return n < s.n && s.p[n] == '{' ? CT_STR("") : ct_str_slice(s, 0, n);
}

static void keep_names(struct meant *m, const struct ct_eval_result *r)
{
    for (size_t i = 0; i < r->n_calls && m->n < MEANT_MAX; i++) {
        ct_str name = cut_address(r->calls[i].name);
        if (name.n > LENGTH_MAX) continue;
        memcpy(m->names[m->n], name.p, name.n);
        m->lengths[m->n++] = name.n;
    }
}

static void add_address(struct ct_verdict *v, ct_str name)
{
    struct ct_jndi_target target = ct_jndi_target(name);
    ct_jndi_name_meant(&target);
    if (ct_weigh_is_plain_host(target.host)) ct_weigh_add_indicator(v, target);
}

static void add_meant(ct_arena *arena, const struct meant *m, struct ct_verdict *v)
{
    ct_str copy;
    for (unsigned i = 0; i < m->n; i++)
        if (ct_arena_dup(arena, (ct_str){m->names[i], m->lengths[i]}, &copy) == CT_OK) add_address(v, copy);
}

/* Those of servers that stand in the text in full. */
static void add_addresses(struct ct_verdict *v, ct_str text)
{
    enum { SEEN_MAX = 8, SCHEME_MAX = 5 };
    size_t at = 0;
    for (unsigned i = 0; i < SEEN_MAX; i++) {
        size_t step = ct_str_find(ct_str_slice(text, at, text.n), CT_STR("://"));
        if (step == CT_STR_NONE) break;
        at += step;
        size_t from = at;
        while (from > 0 && at - from < SCHEME_MAX && ct_ascii_alpha(text.p[from - 1])) from--;
        if (ct_spelled_is_scheme(ct_str_slice(text, from, at))) add_address(v, cut_address(ct_str_slice(text, from, text.n)));
        at += 3;
    }
}

/* As the newest release that evaluates messages would; again as long as that changes something: some escape once too often. */
static bool reaches_at_last(ct_arena *arena, ct_str text, uint64_t *work, struct meant *m)
{
    enum { ROUNDS_MAX = 3 };
    size_t n;
    const struct ct_profile *list = ct_profiles(&n), *newest = ct_weigh_newest(list, n);
    for (int round = 0; round < ROUNDS_MAX && text.n && *work > CT_EVAL_WORK_RUN; round++) {
        struct ct_eval_result r;
        if (!ct_weigh_evaluate(arena, newest, CT_VALUES_UNSET, CT_SINK_SINGLE, text, work, &r)) return false;
        keep_names(m, &r);
        if (r.n_reached > 0) return true;
        if (r.end != CT_EVAL_DONE || ct_str_eq(r.text, text)) return false;
        text = r.text;
    }
    return false;
}

/* Where the next "${" starts, be its brace behind a backslash, or CT_STR_NONE. */
static size_t find_start(ct_str text, size_t from)
{
    for (size_t at, brace = from; (at = ct_str_chr(ct_str_slice(text, brace, text.n), '{')) != CT_STR_NONE; brace++)
        for (brace += at; brace < text.n && text.p[brace] == '{'; brace++) { /* of "{{{{" each is the next */
            size_t start = brace - (brace > from) - (brace > from + 1 && text.p[brace - 1] == '\\');
            if (text.p[start] == '$') return start;
        }
    return CT_STR_NONE;
}

/* How far the variable at the start of text reaches: to its brace, else to the end. ret_plain: nothing in there can become a
 * JNDI lookup when repaired, for the letters do not stand in it, in this order. Three that are not plain: a '$' that is no
 * opener and may meet a brace ("${::-$}{jndi:"), other alphabets, base64. */
static size_t measure_start(ct_str text, bool *ret_plain)
{
    static const char wanted[] = "jndi:";
    enum { SIGN = 1, WANTED = 2 };
    static const unsigned char looked_at[256] = { /* and what is no ASCII */
        ['$'] = SIGN,   ['}'] = SIGN,   ['6'] = SIGN,   ['j'] = WANTED, ['n'] = WANTED, ['d'] = WANTED, ['i'] = WANTED,
        ['J'] = WANTED, ['N'] = WANTED, ['D'] = WANTED, ['I'] = WANTED, [':'] = WANTED,
    };
    size_t open = 0, found = 0;
    bool odd = false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = text.p[i];
        if (!looked_at[c] && c < 0x80) continue;
        if (looked_at[c] == WANTED) {
            found += found < sizeof wanted - 1 && (c | 0x20) == wanted[found];
        } else if (c == '$') {
            bool escaped = i + 1 < text.n && text.p[i + 1] == '\\';
            size_t brace = i + 1 + escaped;
            odd |= brace >= text.n || text.p[brace] != '{';
            open += brace < text.n && text.p[brace] == '{';
        } else if (c == '}' && --open == 0) {
            *ret_plain = !odd && found < sizeof wanted - 1;
            return i + 1;
        }
        odd |= c >= 0x80 || (c == '6' && text.n - i > 2 && text.p[i + 1] == '4' && (text.p[i + 2] == ':' || (text.p[i + 2] | 0x20) == 'd'));
    }
    *ret_plain = !odd && found < sizeof wanted - 1;
    return text.n;
}

static bool reaches_repaired(ct_arena *arena, ct_str text, uint64_t *work, struct meant *m)
{
    enum { COST = 8 }; /* a byte's, over all repairs */
    size_t open;
    bool hides;
    if (*work < COST * text.n) {
        *work = 0;
        return false;
    }
    *work -= COST * text.n;
    text = straighten(arena, fold(arena, text), &open, &hides);
    if (hides || reaches_at_last(arena, close_all(arena, text, open), work, m)) return true;
    if (open > 1 && reaches_at_last(arena, drop_unclosed(arena, text, false), work, m)) return true;
    return open > 1 && reaches_at_last(arena, drop_unclosed(arena, text, true), work, m);
}

/* Windows of the text: a word may start before its first lookup. */
static bool is_spelled(ct_arena *arena, ct_str text, uint64_t *work)
{
    enum { BEFORE = 4, WINDOWS_MAX = 8, COST = 8 };
    size_t at = find_start(text, 0);
    bool found = false;
    for (unsigned i = 0; i < WINDOWS_MAX && at != CT_STR_NONE && !found; i++) {
        ct_str window = ct_str_slice(text, at > BEFORE ? at - BEFORE : 0, at + CT_EVAL_TRY_MAX);
        if (*work < COST * window.n) break;
        *work -= COST * window.n;
        if (ct_spelled_may(window)) {
            struct ct_arena_mark mark = ct_arena_mark(arena);
            size_t open;
            bool hides;
            ct_str straight = straighten(arena, fold(arena, window), &open, &hides);
            found = hides || ct_spelled(arena, close_all(arena, straight, open), open > 0, work);
            ct_arena_reset(arena, mark);
        }
        if (text.n - at <= CT_EVAL_TRY_MAX) break;
        at = find_start(text, at + CT_EVAL_TRY_MAX / 2);
    }
    return found;
}

bool ct_weigh_is_try(ct_arena *arena, ct_str text, uint64_t *work, struct ct_verdict *v)
{
    enum { STARTS_MAX = 16 };
    uint64_t share = *work / 4, left = share;
    size_t at = 0;
    bool reached = false;
    struct meant m;
    m.n = 0;
    for (unsigned tried = 0; !reached && left;) {
        at = find_start(text, at);
        if (at == CT_STR_NONE) break;
        bool plain;
        ct_str window = ct_str_slice(text, at, at + CT_EVAL_TRY_MAX);
        size_t seen = measure_start(window, &plain);
        left = left > 2 * seen ? left - 2 * seen : 0;
        if (plain) { /* so is all that it holds; beyond the window it may go on */
            at += seen < CT_EVAL_TRY_MAX ? seen : CT_EVAL_TRY_MAX / 2;
            continue;
        }
        struct ct_arena_mark mark = ct_arena_mark(arena);
        reached = reaches_repaired(arena, window, &left, &m);
        ct_arena_reset(arena, mark);
        /* A start in each half of what is repaired at once sees whatever comes; the first ones are looked at closely. */
        at += tried++ < STARTS_MAX ? 2 : CT_EVAL_TRY_MAX / 2;
    }
    if (reached) add_meant(arena, &m, v);
    if (!reached && is_spelled(arena, text, &left)) {
        reached = true;
        add_addresses(v, text);
    }
    *work -= share - left;
    return reached;
}

void ct_weigh_meant_behind(ct_arena *arena, ct_str text, struct ct_verdict *v)
{
    enum { TRIES_MAX = 4 };
    ct_str jndi = CT_STR("${jndi:"), braces = CT_STR("}://");
    if (!ct_str_starts(v->normal, jndi)) return;
    ct_str scheme = ct_str_slice(v->normal, jndi.n, v->normal.n - 1);
    if (!ct_spelled_is_scheme(scheme)) return;
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        size_t at = ct_str_find(text, braces);
        if (at == CT_STR_NONE) break;
        text = ct_str_slice(text, at + 1, text.n);
        struct ct_buf name;
        ct_buf_init(&name, arena, LENGTH_MAX);
        ct_buf_add(&name, scheme);
        ct_buf_add(&name, cut_address(text));
        if (name.err == CT_OK) add_address(v, ct_buf_view(&name));
    }
}
