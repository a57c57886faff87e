#include "support/gen_lookup.h"

#define PICK(r, table) ((table)[rng_below((r), (uint32_t)(sizeof(table) / sizeof *(table)))])

/* One in n. */
static bool one_in(struct rng *r, uint32_t n) { return rng_below(r, n) == 0; }

static void put_code(struct ct_buf *out, uint32_t c)
{
    if (c < 0x80) {
        ct_buf_byte(out, (unsigned char)c);
        return;
    }
    if (c < 0x800) {
        ct_buf_byte(out, (unsigned char)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) ct_buf_byte(out, (unsigned char)(0xE0 | c >> 12));
        else {
            ct_buf_byte(out, (unsigned char)(0xF0 | c >> 18));
            ct_buf_byte(out, (unsigned char)(0x80 | (c >> 12 & 0x3F)));
        }
        ct_buf_byte(out, (unsigned char)(0x80 | (c >> 6 & 0x3F)));
    }
    ct_buf_byte(out, (unsigned char)(0x80 | (c & 0x3F)));
}

/* Letters whose Java case mapping is special: to ASCII, to several characters, by context (final sigma). */
static const uint32_t special[] = {
    0x131, 0x130, 0x17F, 0x212A, 0xDF, 0x1E9E, 0x149, 0x1F0, 0x1E96, 0x1E97, 0x1E98, 0x1E99, 0x1E9A, 0xFB00, 0xFB01, 0xFB02,
    0xFB03, 0xFB04, 0xFB05, 0xFB06, 0x3A3, 0x3C3, 0x3C2, 0x345, 0x1FB3, 0x1F80, 0x390, 0x587, 0x1C4, 0x1C5, 0x1C6, 0x13A0,
    0xAB70, 0x10D0, 0x1C90, 0x2126, 0x212B, 0xFF41, 0xFF24, 0x10400, 0x10428, 0x1E900, 0x2C2F, 0x0307, 0x00AD, 0x1F88,
};

static void put_random_code(struct rng *r, struct ct_buf *out)
{
    uint32_t c;
    switch (rng_below(r, 6)) {
    case 0: c = 0x80 + rng_below(r, 0x180); break;
    case 1: c = 0x300 + rng_below(r, 0x2D00); break;
    case 2: c = 0x80 + rng_below(r, 0xFF80); break;
    case 3: c = 0x10000 + rng_below(r, 0x100000); break;
    default: c = PICK(r, special); break;
    }
    if (c >= 0xD800 && c < 0xE000) c = 0x131;
    put_code(out, c);
}

static const char *const names[] = {"env", "sys", "ctx", "map", "sd", "main", "bundle", "marker", "log4j", "jvmrunargs", "java",
                                    "event", "date", "lower", "upper", "jndi", "web", "docker", "k8s", "kubernetes", "spring",
                                    "base64", "url", "foo", "", " env", "lower ", "hostName", "J\xc4\xb0", "\xe2\x84\xaa\x38s"};
static const char *const host_keys[] = {"USER", "HOME", "PATH", "AWS_SECRET_ACCESS_KEY", "NOSUCH", "A", "a", "", "x", "u", "0",
                                        "user.name", "os.name", "java.version", "java.io.tmpdir", "nosuch", "loginId", "type",
                                        "base:key", "application:spring.password", "key", "id", ":", "a:b", "hostName",
                                        "configLocation", "java.vendor", "file.separator", "user.home", "\xc3\xa9"};
static const char *const java_keys[] = {"version", "runtime", "vm", "os", "hw", "locale", "version", "os", "nosuch", "", "Version"};
static const char *const event_keys[] = {"Level", "Logger", "Message", "ThreadId", "ThreadName", "Timestamp", "Marker",
                                         "Exception", "nosuch", "", "level"};
static const char *const jndi_keys[] = {"ldap://h.example/a", "ldap://h.example:1389/o=x", "rmi://h/a", "dns://h/x", "ldaps://h/a",
                                        "iiop://h/a", "java:comp/env/x", "x", "", "LDAP://h/a", "ldap://127.0.0.1#h/a", "a b",
                                        "ldap:/h/a", "http://h/a", "-x", ":x"};
static const char *const dates[] = {"'j'", "'jndi'", "''", "yyyy", "yyyy-MM-dd", "HH:mm:ss", "'ld'''ap", "'", "", "$", ":", "b",
                                    "jndi", "'${'", "'}'", "X", "XXX", "XXXX", "Z", "z", "G", "EEE", "MMM", "MMMM", "a", "k",
                                    "S", "SSSSSS", "D", "F", "W", "w", "u", "L", "LLL", "Y", "yy", "y", "h", "K", "EEEE", "M",
                                    "d", "'unclosed", "yyyy'y'", "\xc4\xb1", "'$''{'jndi", "ABSOLUTE", "DATE", "//", ".", "c"};
static const char *const words[] = {"a", "b", "x", " ", "  ", "GET /", " HTTP/1.1", "\"-\"", "user=", "1", "-", "_", ".", "/", "\t",
                                    "{", "}", "{}", "$", "$$", ":", ":-", "-:", ":\\-", "\\", "\\-", "'", "\"", "%7B", "&#36;",
                                    "j", "ndi", "jndi", "JNDI", "ldap", "//", "hostName", "contextName", "u", "${", "}", "$${"};

static void put_word(struct rng *r, struct ct_buf *out)
{
    if (one_in(r, 12)) put_random_code(r, out);
    else ct_buf_text(out, PICK(r, words));
}

static void put_name(struct rng *r, struct ct_buf *out, const char *name)
{
    bool mixed = one_in(r, 6);
    for (const char *c = name; *c; c++)
        ct_buf_byte(out, (unsigned char)(mixed && ct_ascii_alpha((unsigned char)*c) && one_in(r, 2) ? *c ^ 0x20 : *c));
}

static void put_expr(struct rng *r, struct ct_buf *out, unsigned depth);

/* Text that may hold expressions. */
static void put_text(struct rng *r, struct ct_buf *out, unsigned depth)
{
    for (unsigned n = rng_below(r, 3); n > 0; n--) {
        if (depth > 0 && one_in(r, 3)) put_expr(r, out, depth - 1);
        else put_word(r, out);
    }
}

/* One character so that it resolves to c in every setting that gen_lookup_spell promises. */
static void put_hidden(struct rng *r, unsigned char c, struct ct_buf *out)
{
    static const char *const unset[] = {"::-", ":-", "x:-", "env:NOSUCH:-", "sys:nosuch:-", "ctx:nosuch:-", "foo:bar:-", ":::-",
                                        "map:x:-", "k8s:a:b:-", "a b:-", "ENV:NOSUCH:-", "main:9:-", "\xc3\xa9:-"};
    bool lower = c >= 'a' && c <= 'z';
    bool upper = c >= 'A' && c <= 'Z';
    ct_buf_text(out, "${");
    switch (c == '\'' ? 5 : rng_below(r, 6)) {
    case 0:
        if (lower || upper) {
            ct_buf_text(out, lower ? "lower:" : "upper:");
            ct_buf_byte(out, (unsigned char)(one_in(r, 2) ? c ^ 0x20 : c));
            break;
        }
        ct_buf_text(out, "lower:");
        ct_buf_byte(out, c);
        break;
    case 1:
        ct_buf_text(out, "date:'"); /* a quote would end it: it goes another way */
        ct_buf_byte(out, c);
        ct_buf_byte(out, '\'');
        break;
    case 2:
        ct_buf_text(out, upper ? "upper:${::-" : "::-${lower:");
        ct_buf_byte(out, c);
        ct_buf_byte(out, '}');
        break;
    default:
        ct_buf_text(out, PICK(r, unset));
        ct_buf_byte(out, c);
        break;
    }
    ct_buf_byte(out, '}');
}

void gen_lookup_spell(struct rng *r, ct_str word, struct ct_buf *out)
{
    uint32_t share = 1 + rng_below(r, 6);
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] < 0x80 && one_in(r, share)) put_hidden(r, word.p[i], out);
        else ct_buf_byte(out, word.p[i]);
    }
}

void gen_lookup_attack(struct rng *r, ct_str name, struct ct_buf *out)
{
    static const ct_str prefixes[] = {CT_STR_INIT("jndi"), CT_STR_INIT("JNDI"), CT_STR_INIT("jNdI")};
    ct_str prefix = PICK(r, prefixes);
    ct_buf_text(out, "${");
    if (one_in(r, 8)) ct_buf_text(out, "jnd${upper:\xc4\xb1}");
    else gen_lookup_spell(r, prefix, out);
    gen_lookup_spell(r, CT_STR(":"), out);
    gen_lookup_spell(r, name, out);
    ct_buf_byte(out, '}');
}

static void put_key(struct rng *r, const char *name, struct ct_buf *out, unsigned depth)
{
    const char *key;
    if (ct_str_eq_fold(ct_str_from(name), CT_STR("java"))) key = PICK(r, java_keys);
    else if (ct_str_eq_fold(ct_str_from(name), CT_STR("event"))) key = PICK(r, event_keys);
    else if (ct_str_eq_fold(ct_str_from(name), CT_STR("date"))) key = PICK(r, dates);
    else if (ct_str_eq_fold(ct_str_from(name), CT_STR("jndi"))) key = PICK(r, jndi_keys);
    else key = PICK(r, host_keys);
    if (one_in(r, 8)) gen_lookup_spell(r, ct_str_from(key), out);
    else ct_buf_text(out, key);
    if (one_in(r, 5)) put_text(r, out, depth);
}

/* ${name:key:-default}, with any part missing, doubled, nested or broken now and then. */
static void put_expr(struct rng *r, struct ct_buf *out, unsigned depth)
{
    static const char *const delims[] = {":-", ":-", ":-", ":-", "::-", ":\\-", ":\\-", ":--", "-", ": -", ":-:-"};
    const char *name = PICK(r, names);
    if (one_in(r, 3)) name = "jndi";
    if (one_in(r, 14)) ct_buf_byte(out, '$');
    if (!one_in(r, 40)) ct_buf_byte(out, '$');
    if (!one_in(r, 60)) ct_buf_byte(out, '{');
    if (depth > 0 && one_in(r, 5)) put_expr(r, out, depth - 1);
    if (one_in(r, 7)) gen_lookup_spell(r, ct_str_from(name), out);
    else put_name(r, out, name);
    if (!one_in(r, 12)) ct_buf_byte(out, ':');
    if (one_in(r, 4)) put_text(r, out, depth);
    else put_key(r, name, out, depth);
    if (one_in(r, 3)) {
        ct_buf_text(out, PICK(r, delims));
        put_text(r, out, depth);
    }
    if (one_in(r, 20)) put_word(r, out);
    if (!one_in(r, 25)) ct_buf_byte(out, '}');
    if (one_in(r, 30)) ct_buf_byte(out, '}');
}

/* The next code point border at or after i. */
static size_t border(ct_str s, size_t i)
{
    while (i < s.n && (s.p[i] & 0xC0) == 0x80) i++;
    return i;
}

static size_t some_border(struct rng *r, ct_str s) { return border(s, rng_below(r, (uint32_t)s.n + 1)); }

static void put_change(struct rng *r, ct_str s, struct ct_buf *out)
{
    size_t a = some_border(r, s);
    size_t b = border(s, a + rng_below(r, 1 + rng_below(r, 8)));
    if (b > s.n) b = s.n;
    ct_buf_add(out, ct_str_slice(s, 0, a));
    switch (rng_below(r, 6)) {
    case 0: break; /* delete a..b */
    case 1:        /* double it */
        ct_buf_add(out, ct_str_slice(s, a, b));
        ct_buf_add(out, ct_str_slice(s, a, b));
        break;
    case 2: put_word(r, out); ct_buf_add(out, ct_str_slice(s, a, b)); break;
    case 3: put_word(r, out); break;
    case 4:
        for (size_t i = a; i < b; i++) ct_buf_byte(out, (unsigned char)(ct_ascii_alpha(s.p[i]) ? s.p[i] ^ 0x20 : s.p[i]));
        break;
    default: { /* copy another stretch here */
        size_t c = some_border(r, s);
        size_t d = border(s, c + rng_below(r, 12));
        ct_buf_add(out, ct_str_slice(s, c, d < s.n ? d : s.n));
        ct_buf_add(out, ct_str_slice(s, a, b));
        break;
    }
    }
    ct_buf_add(out, ct_str_slice(s, b, s.n));
}

void gen_lookup_mutate(struct rng *r, ct_str in, unsigned n, struct ct_buf *out)
{
    struct ct_buf a, b;
    ct_buf_init(&a, out->arena, out->max);
    ct_buf_add(&a, in);
    for (; n > 0; n--) {
        ct_buf_init(&b, out->arena, out->max);
        put_change(r, ct_buf_view(&a), &b);
        a = b;
    }
    ct_buf_add(out, ct_buf_view(&a));
}

/* Nested or repeated many times; mostly well under Java's stack, now and then around it. */
static void put_deep(struct rng *r, struct ct_buf *out)
{
    static const char *const opens[] = {"${", "${a:-", "${lower:", "${::-", "${jndi:", "${a${", "$${", "${env:A:-$"};
    uint32_t levels = 1 + rng_below(r, one_in(r, 60) ? 2500 : one_in(r, 4) ? 300 : 40);
    const char *open = PICK(r, opens);
    bool mixed = one_in(r, 3);
    for (uint32_t i = 0; i < levels; i++) ct_buf_text(out, mixed ? PICK(r, opens) : open);
    put_word(r, out);
    uint32_t closes = one_in(r, 4) ? rng_below(r, levels + 3) : levels;
    for (uint32_t i = 0; i < closes; i++) ct_buf_byte(out, '}');
    if (one_in(r, 4)) put_expr(r, out, 1);
}

void gen_lookup_line(struct rng *r, struct ct_buf *out)
{
    size_t n_shapes = 0;
    const ct_str *all = gen_lookup_shapes(&n_shapes);
    uint32_t kind = rng_below(r, 1000);
    if (kind < 3) {
        put_deep(r, out);
    } else if (kind < 450) {
        put_text(r, out, 1);
        for (unsigned n = 1 + rng_below(r, 3); n > 0; n--) {
            put_expr(r, out, 1 + rng_below(r, 4));
            if (one_in(r, 3)) put_text(r, out, 1);
        }
    } else if (kind < 600) {
        gen_lookup_attack(r, ct_str_from(PICK(r, jndi_keys)), out);
        put_text(r, out, 2);
    } else if (kind < 880) {
        gen_lookup_mutate(r, all[rng_below(r, (uint32_t)n_shapes)], 1 + rng_below(r, 5), out);
    } else if (kind < 940) {
        for (unsigned n = 2 + rng_below(r, 2); n > 0; n--) {
            ct_buf_add(out, all[rng_below(r, (uint32_t)n_shapes)]);
            if (one_in(r, 2)) put_word(r, out);
        }
    } else {
        for (unsigned n = 1 + rng_below(r, 24); n > 0; n--) {
            if (one_in(r, 3)) ct_buf_text(out, one_in(r, 2) ? "${" : "}");
            else if (one_in(r, 4)) put_name(r, out, PICK(r, names));
            else put_word(r, out);
        }
    }
}
