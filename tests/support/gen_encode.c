#include "support/gen_encode.h"

#include <string.h>

static bool one_in(struct rng *r, uint32_t n) { return rng_below(r, n) == 0; }

static bool word_byte(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c); }

static void put_hex(struct ct_buf *out, uint32_t v, unsigned digits, bool upper)
{
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (unsigned i = digits; i-- > 0;) ct_buf_byte(out, (unsigned char)set[v >> (4 * i) & 15]);
}

/* Bytes of the code point at p, at least 1; broken sequences count as single bytes, whose value is *ret_code. */
static size_t code_at(ct_str s, size_t i, uint32_t *ret_code)
{
    unsigned char c = s.p[i];
    size_t n = c < 0xC2 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 1;
    *ret_code = c;
    if (n == 1 || s.n - i < n) return 1;
    uint32_t code = c & (0xFFu >> (n + 1));
    for (size_t k = 1; k < n; k++) {
        if ((s.p[i + k] & 0xC0) != 0x80) return 1;
        code = code << 6 | (s.p[i + k] & 0x3F);
    }
    *ret_code = code;
    return n;
}

/* What stands for itself in an URL. */
static bool url_plain(unsigned char c) { return word_byte(c) || (c && strchr("-_.~/:?=&", c)); }

static void percent(struct rng *r, enum gen_layer layer, ct_str in, struct ct_buf *out)
{
    bool upper = one_in(r, 2), mixed = one_in(r, 3);
    for (size_t i = 0; i < in.n;) {
        uint32_t code;
        size_t n = code_at(in, i, &code);
        unsigned char c = in.p[i];
        bool plain = layer != GEN_PERCENT_ALL && url_plain(c) && !one_in(r, 4);
        if (mixed) upper = one_in(r, 2);
        if (layer == GEN_FORM && c == ' ' && !one_in(r, 4)) {
            ct_buf_byte(out, '+');
        } else if (plain) {
            ct_buf_byte(out, c);
        } else if (layer == GEN_PERCENT_U && (n > 1 || c < 0x80) && code < 0x10000 && c != '%') {
            ct_buf_text(out, "%u");
            put_hex(out, code, 4, upper);
            i += n;
            continue;
        } else {
            ct_buf_byte(out, '%');
            put_hex(out, c, 2, upper);
        }
        i++;
    }
}

static void backslash_u(struct rng *r, uint32_t code, bool upper, struct ct_buf *out)
{
    ct_buf_text(out, "\\u");
    if (one_in(r, 6)) {
        ct_buf_byte(out, '{');
        put_hex(out, code, code > 0xFFFF ? 6 : code > 0xFF ? 4 : 2, upper);
        ct_buf_byte(out, '}');
    } else if (code < 0x10000) {
        put_hex(out, code, 4, upper);
    } else {
        put_hex(out, 0xD800 + ((code - 0x10000) >> 10), 4, upper);
        ct_buf_text(out, "\\u");
        put_hex(out, 0xDC00 + ((code - 0x10000) & 0x3FF), 4, upper);
    }
}

static void backslash(struct rng *r, enum gen_layer layer, ct_str in, struct ct_buf *out)
{
    uint32_t share = one_in(r, 3) ? 1 : 3;
    bool upper = one_in(r, 2);
    for (size_t i = 0; i < in.n;) {
        uint32_t code;
        size_t n = code_at(in, i, &code);
        unsigned char c = in.p[i];
        bool whole = n > 1 || c < 0x80; /* a byte that is no character has no \u */
        if (c != '\\' && !strchr("${}", c) && !one_in(r, share)) {
            ct_buf_add(out, ct_str_slice(in, i, i + n));
            i += n;
        } else if (layer == GEN_BACKSLASH_U && whole) {
            backslash_u(r, code, upper, out);
            i += n;
        } else {
            for (size_t end = i + n; i < end; i++) { /* all bytes of a character, or what is left is no UTF-8 */
                /* a digit behind a short octal form would be read as part of it */
                bool digit_next = i + 1 < in.n && ct_ascii_digit(in.p[i + 1]);
                if (layer != GEN_BACKSLASH_OCTAL) ct_buf_printf(out, upper ? "\\x%02X" : "\\x%02x", (unsigned)in.p[i]);
                else if (!digit_next && one_in(r, 3)) ct_buf_printf(out, "\\%o", (unsigned)in.p[i]);
                else ct_buf_printf(out, "\\%03o", (unsigned)in.p[i]);
            }
        }
    }
}

static const struct {
    unsigned char c;
    const char *name;
} entities[] = {{'$', "dollar"}, {'{', "lbrace"}, {'{', "lcub"},   {'}', "rbrace"}, {'}', "rcub"},   {':', "colon"},
                {'/', "sol"},    {'&', "amp"},    {'"', "quot"},   {'<', "lt"},     {'>', "gt"},     {'\'', "apos"},
                {'.', "period"}, {'\\', "bsol"},  {'(', "lpar"},   {')', "rpar"},   {'=', "equals"}, {',', "comma"},
                {'%', "percnt"}, {'#', "num"},    {'@', "commat"}, {'+', "plus"},   {';', "semi"},   {'_', "lowbar"}};

static const char *entity(struct rng *r, unsigned char c)
{
    const char *found = NULL;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (entities[i].c == c && (!found || one_in(r, 2))) found = entities[i].name;
    return found;
}

static void html(struct rng *r, enum gen_layer layer, ct_str in, struct ct_buf *out)
{
    uint32_t share = one_in(r, 3) ? 1 : 3;
    for (size_t i = 0; i < in.n;) {
        uint32_t code;
        size_t n = code_at(in, i, &code);
        unsigned char c = in.p[i];
        const char *name = layer == GEN_HTML_NAMED ? entity(r, c) : NULL;
        bool whole = n > 1 || (c < 0x80 && c >= 0x20 && c != 0x7F); /* controls have no entity */
        bool must = c == '&' || c == '$' || c == '{';
        if (!whole || (layer == GEN_HTML_NAMED && !name) || (!must && !one_in(r, share))) {
            ct_buf_add(out, ct_str_slice(in, i, i + n));
            i += n;
            continue;
        }
        ct_buf_byte(out, '&');
        if (name) ct_buf_text(out, name);
        else if (layer == GEN_HTML_HEX) ct_buf_printf(out, one_in(r, 2) ? "#x%x" : one_in(r, 2) ? "#X%X" : "#x%06x", (unsigned)code);
        else ct_buf_printf(out, one_in(r, 4) ? "#%07u" : "#%u", (unsigned)code);
        i += n;
        /* without the semicolon the reference ends at the first character that cannot belong to it */
        bool open_end = i < in.n && (word_byte(in.p[i]) || in.p[i] == ';');
        if (i == in.n || open_end || one_in(r, 2)) ct_buf_byte(out, ';');
    }
}

static void base64(struct rng *r, ct_str in, struct ct_buf *out)
{
    static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *set = one_in(r, 3) ? url : standard;
    bool pad = !one_in(r, 3);
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t v = (uint32_t)in.p[i] << 16 | (left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0) | (left > 2 ? in.p[i + 2] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= left) ct_buf_byte(out, (unsigned char)set[v >> (18 - 6 * k) & 63]);
            else if (pad) ct_buf_byte(out, '=');
        }
    }
}

/* The single-letter escape of a control character, or 0. */
static unsigned char letter_escape(unsigned char c)
{
    switch (c) {
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\b': return 'b';
    case '\f': return 'f';
    default: return 0;
    }
}

static void log_escape(struct rng *r, enum gen_layer layer, ct_str in, struct ct_buf *out)
{
    bool nginx = layer == GEN_LOG_NGINX, json = layer == GEN_LOG_JSON;
    bool ascii_json = one_in(r, 2), slashes = one_in(r, 4), html_safe = one_in(r, 4);
    for (size_t i = 0; i < in.n;) {
        uint32_t code;
        size_t n = code_at(in, i, &code);
        unsigned char c = in.p[i], letter = nginx ? 0 : letter_escape(c);
        if (json && n > 1) {
            if (ascii_json) {
                if (code >= 0x10000) {
                    ct_buf_printf(out, "\\u%04x\\u%04x", 0xD800u + (unsigned)((code - 0x10000) >> 10),
                                  0xDC00u + (unsigned)((code - 0x10000) & 0x3FF));
                } else {
                    ct_buf_printf(out, "\\u%04x", (unsigned)code);
                }
            } else {
                ct_buf_add(out, ct_str_slice(in, i, i + n));
            }
            i += n;
            continue;
        }
        i++;
        if (letter) {
            ct_buf_byte(out, '\\');
            ct_buf_byte(out, letter);
        } else if ((c == '"' || c == '\\') && !nginx) {
            ct_buf_byte(out, '\\');
            ct_buf_byte(out, c);
        } else if (json && slashes && c == '/') {
            ct_buf_text(out, "\\/");
        } else if (json && (c < 0x20 || (html_safe && strchr("<>&", c)))) {
            ct_buf_printf(out, "\\u%04x", (unsigned)c);
        } else if (!json && (c < 0x20 || c > 0x7E || c == '"' || c == '\\')) {
            ct_buf_text(out, "\\x");
            put_hex(out, c, 2, nginx);
        } else {
            ct_buf_byte(out, c);
        }
    }
}

const char *gen_layer_name(enum gen_layer layer)
{
    static const char *const names[GEN_LAYER_COUNT] = {
        "percent, all", "percent, part", "percent u", "form", "backslash x", "backslash u", "backslash octal",
        "html decimal", "html hex", "html named", "base64", "nginx log", "Apache log", "JSON log"};
    return layer < GEN_LAYER_COUNT ? names[layer] : "?";
}

void gen_encode(struct rng *r, enum gen_layer layer, ct_str in, struct ct_buf *out)
{
    switch (layer) {
    case GEN_PERCENT_ALL:
    case GEN_PERCENT_PART:
    case GEN_PERCENT_U:
    case GEN_FORM: percent(r, layer, in, out); break;
    case GEN_BACKSLASH_X:
    case GEN_BACKSLASH_U:
    case GEN_BACKSLASH_OCTAL: backslash(r, layer, in, out); break;
    case GEN_HTML_DECIMAL:
    case GEN_HTML_HEX:
    case GEN_HTML_NAMED: html(r, layer, in, out); break;
    case GEN_BASE64: base64(r, in, out); break;
    case GEN_LOG_NGINX:
    case GEN_LOG_APACHE:
    case GEN_LOG_JSON: log_escape(r, layer, in, out); break;
    case GEN_LAYER_COUNT: break;
    }
}

static bool quoted_plain(unsigned char c) { return ct_ascii_alpha(c) || ct_ascii_digit(c) || (c && strchr("!*+-/:.", c)); }

void gen_encode_words(struct rng *r, ct_str in, struct ct_buf *out)
{
    static const char *const charsets[] = {"utf-8", "UTF-8", "us-ascii", "iso-8859-1", "utf-8*en"}, *const folds[] = {" ", "\r\n ", "\n\t", "? ", "  "};
    enum { SENT = 30 }; /* tripled, and its frame: under 75 + 30 characters */
    for (size_t at = 0; at < in.n;) {
        ct_str part = ct_str_slice(in, at, at + 1 + rng_below(r, SENT));
        bool coded = one_in(r, 2);
        if (at) ct_buf_text(out, folds[rng_below(r, sizeof folds / sizeof *folds)]);
        ct_buf_printf(out, "=?%s?%c?", charsets[rng_below(r, sizeof charsets / sizeof *charsets)], coded ? one_in(r, 2) ? 'b' : 'B' : one_in(r, 2) ? 'q' : 'Q');
        for (size_t i = 0; i < part.n && !coded; i++) {
            if (part.p[i] == ' ' && !one_in(r, 4)) ct_buf_byte(out, '_');
            else if (quoted_plain(part.p[i]) && !one_in(r, 4)) ct_buf_byte(out, part.p[i]);
            else ct_buf_printf(out, one_in(r, 2) ? "=%02X" : "=%02x", (unsigned)part.p[i]);
        }
        for (size_t i = 0; i < part.n && coded; i += 3) {
            static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            size_t left = part.n - i;
            uint32_t v = (uint32_t)part.p[i] << 16 | (left > 1 ? (uint32_t)part.p[i + 1] << 8 : 0) | (left > 2 ? part.p[i + 2] : 0);
            for (size_t k = 0; k < 4; k++) ct_buf_byte(out, k <= left ? (unsigned char)set[v >> (18 - 6 * k) & 63] : '=');
        }
        ct_buf_text(out, "?=");
        at += part.n;
    }
}

void gen_encode_quoted(struct rng *r, ct_str in, struct ct_buf *out)
{
    unsigned share = 1 + rng_below(r, 4);
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = in.p[i];
        bool must = c == '=' || c >= 0x7f || (c < ' ' && c != '\t') || c == '$' || c == '{';
        if (must || one_in(r, share)) ct_buf_printf(out, one_in(r, 2) ? "=%02X" : "=%02x", (unsigned)c);
        else ct_buf_byte(out, c);
        if (one_in(r, 40)) ct_buf_text(out, one_in(r, 2) ? "=\r\n" : "=\n");
    }
}

/* One character in a spelling that some layer decodes, whether or not that layer would have needed to. */
static void escape_one(struct rng *r, unsigned char c, struct ct_buf *b)
{
    switch (rng_below(r, 12)) {
    case 0: ct_buf_printf(b, "%%%02x", (unsigned)c); return;
    case 1: ct_buf_printf(b, "%%%02X", (unsigned)c); return;
    case 2: ct_buf_printf(b, "%%u%04x", (unsigned)c); return;
    case 3: ct_buf_printf(b, "\\x%02x", (unsigned)c); return;
    case 4: ct_buf_printf(b, "\\u%04x", (unsigned)c); return;
    case 5: ct_buf_printf(b, "\\u{%x}", (unsigned)c); return;
    case 6: ct_buf_printf(b, "\\%03o", (unsigned)c); return;
    case 7: ct_buf_printf(b, "&#%u%s", (unsigned)c, one_in(r, 2) ? ";" : ""); return;
    case 8: ct_buf_printf(b, "&#x%x%s", (unsigned)c, one_in(r, 2) ? ";" : ""); return;
    default: break;
    }
    const char *name = entity(r, c);
    if (name) {
        ct_buf_printf(b, "&%s%s", name, one_in(r, 2) ? ";" : "");
        return;
    }
    if (c == '\\' || c == '/' || c == '"') ct_buf_byte(b, '\\');
    ct_buf_byte(b, c);
}

void gen_escape_some(struct rng *r, ct_str in, struct ct_buf *out)
{
    uint32_t share = 1 + rng_below(r, 1 + (uint32_t)in.n);
    for (size_t i = 0; i < in.n; i++)
        if (one_in(r, share)) escape_one(r, in.p[i], out);
        else ct_buf_byte(out, in.p[i]);
}

void gen_encode_chain(struct rng *r, ct_str in, unsigned max, struct ct_buf *out, enum gen_layer *ret_layers, unsigned *ret_n)
{
    unsigned n = 1 + rng_below(r, max);
    bool wrapped = false;
    struct ct_buf a;
    ct_buf_init(&a, out->arena, out->max);
    ct_buf_add(&a, in);
    for (unsigned i = 0; i < n; i++) {
        enum gen_layer layer = (enum gen_layer)rng_below(r, GEN_LAYER_COUNT);
        while (layer == GEN_BASE64 && wrapped) layer = (enum gen_layer)rng_below(r, GEN_LAYER_COUNT);
        wrapped = wrapped || layer == GEN_BASE64;
        struct ct_buf b;
        ct_buf_init(&b, out->arena, out->max);
        gen_encode(r, layer, ct_buf_view(&a), &b);
        a = b;
        ret_layers[i] = layer;
    }
    ct_buf_add(out, ct_buf_view(&a));
    *ret_n = n;
}
