/* Names to values: which lookup a prefix names, and what it answers. */
#include "lookup/machine.h"
#include "lookup/mapping.h"
#include "lookup/span.h"

enum kind { KIND_NONE, KIND_HOST, KIND_SYS, KIND_CTX, KIND_JAVA, KIND_EVENT, KIND_DATE, KIND_LOWER, KIND_UPPER, KIND_JNDI };
/* What a name must be like for the host to have a value for it. */
enum host { HOST_ANY, HOST_MARKER, HOST_ENV, HOST_LOG4J, HOST_BUNDLE };
enum { PREFIXES_PER_LETTER = 3, PREFIX_MAX = 10, PREFIX_BYTES_MAX = 3 * PREFIX_MAX + 1 };
enum { MAPPED_WORK = 8 }; /* units of work for a byte of a date pattern, or of a text that changes its case */

/* Every prefix some Log4j artifact registers, by first letter. Those without a feature are taken as registered in all
 * versions: where they were not, they would have answered null as they do when nothing is set, and those versions expand no
 * names anyway. */
static const struct prefix {
    ct_str name;
    enum kind kind;
    enum host host;
    unsigned feature;
} prefixes[26][PREFIXES_PER_LETTER] = {
#define ROW(letter) [letter - 'a']
#define PREFIX(name, kind, host, feature) {CT_STR_INIT(name), KIND_##kind, HOST_##host, feature}
    ROW('b') = {PREFIX("bundle", HOST, BUNDLE, 0)},
    ROW('c') = {PREFIX("ctx", CTX, ANY, 0)},
    ROW('d') = {PREFIX("date", DATE, ANY, 0), PREFIX("docker", HOST, ANY, 0)},
    ROW('e') = {PREFIX("env", HOST, ENV, 0), PREFIX("event", EVENT, ANY, CT_FEAT_EVENT_LOOKUP)},
    ROW('j') = {PREFIX("jndi", JNDI, ANY, 0), PREFIX("java", JAVA, ANY, CT_FEAT_JAVA_LOOKUP), PREFIX("jvmrunargs", HOST, ANY, 0)},
    ROW('k') = {PREFIX("k8s", HOST, ANY, 0), PREFIX("kubernetes", HOST, ANY, 0)},
    ROW('l') = {PREFIX("lower", LOWER, ANY, CT_FEAT_CASE_LOOKUPS), PREFIX("log4j", HOST, LOG4J, 0)},
    ROW('m') = {PREFIX("map", HOST, ANY, 0), PREFIX("main", HOST, ANY, 0), PREFIX("marker", HOST, MARKER, 0)},
    ROW('s') = {PREFIX("sys", SYS, ANY, 0), PREFIX("sd", HOST, ANY, 0), PREFIX("spring", HOST, ANY, 0)},
    ROW('u') = {PREFIX("upper", UPPER, ANY, CT_FEAT_CASE_LOOKUPS)},
    ROW('w') = {PREFIX("web", HOST, ANY, 0)},
#undef PREFIX
#undef ROW
};

#define UNSET ((ct_str){NULL, 0})

struct pair {
    ct_str key, value;
};
#define PAIR(k, v) {CT_STR_INIT(k), CT_STR_INIT(v)}

/* System properties that every JVM has. */
static const struct pair sys_known[] = {
    PAIR("java.version", CT_EVAL_VALUE), PAIR("java.vendor", CT_EVAL_VALUE), PAIR("java.home", "/" CT_EVAL_VALUE),
    PAIR("java.vm.name", CT_EVAL_VALUE), PAIR("java.vm.version", CT_EVAL_VALUE), PAIR("java.vm.vendor", CT_EVAL_VALUE),
    PAIR("java.runtime.name", CT_EVAL_VALUE), PAIR("java.runtime.version", CT_EVAL_VALUE),
    PAIR("java.specification.version", CT_EVAL_VALUE), PAIR("java.class.path", CT_EVAL_VALUE),
    PAIR("java.class.version", CT_EVAL_VALUE), PAIR("java.library.path", "/" CT_EVAL_VALUE),
    PAIR("java.io.tmpdir", "/tmp"), PAIR("os.name", CT_EVAL_VALUE), PAIR("os.arch", CT_EVAL_VALUE),
    PAIR("os.version", CT_EVAL_VALUE), PAIR("user.name", CT_EVAL_VALUE), PAIR("user.home", "/" CT_EVAL_VALUE),
    PAIR("user.dir", "/" CT_EVAL_VALUE), PAIR("user.language", "en"), PAIR("file.encoding", "UTF-8"),
    PAIR("file.separator", "/"), PAIR("path.separator", ":"), PAIR("line.separator", "\n"),
};
static const struct pair java_known[] = {
    PAIR("version", "Java version " CT_EVAL_VALUE),
    PAIR("runtime", "OpenJDK Runtime Environment (build " CT_EVAL_VALUE ") from " CT_EVAL_VALUE),
    PAIR("vm", "OpenJDK 64-Bit Server VM (build " CT_EVAL_VALUE ", mixed mode)"),
    PAIR("os", "Linux " CT_EVAL_VALUE ", architecture: amd64-64"),
    PAIR("hw", "processors: 2, architecture: amd64-64, instruction sets: " CT_EVAL_VALUE),
    PAIR("locale", "default locale: en_US, platform encoding: UTF-8, " CT_EVAL_VALUE),
};
/* What the event of a plain message answers besides Message; no marker, no exception. */
static const struct pair event_known[] = {
    PAIR("Level", "ERROR"), PAIR("Logger", "Main"), PAIR("ThreadId", "1"), PAIR("ThreadName", "main"),
    PAIR("Timestamp", "1639144666789"),
};

static ct_str find_pair(const struct pair *pairs, size_t n, ct_str key)
{
    for (size_t i = 0; i < n; i++)
        if (ct_span_eq(pairs[i].key, key)) return pairs[i].value;
    return UNSET;
}
#define FIND(pairs, key) find_pair(pairs, sizeof(pairs) / sizeof(pairs)[0], key)

/* The prefix that s spells, letter case aside. */
static const struct prefix *find_ascii(ct_str s, bool *ret_changed)
{
    unsigned row = s.n ? (unsigned)(s.p[0] | 0x20) - 'a' : 26;
    if (row >= 26) return NULL;
    for (const struct prefix *p = prefixes[row]; p < prefixes[row] + PREFIXES_PER_LETTER && p->name.n; p++) {
        if (p->name.n != s.n) continue;
        unsigned differ = 0;
        bool changed = false;
        for (size_t i = 0; i < s.n; i++) {
            differ |= (unsigned)(ct_ascii_lower(s.p[i]) ^ p->name.p[i]);
            changed |= s.p[i] != p->name.p[i];
        }
        if (differ) continue;
        *ret_changed = changed;
        return p;
    }
    return NULL;
}

/* Locale.US lower case, as far as it can give the ASCII of a registered prefix: A-Z, and the Kelvin sign is a k. */
CT_RARE static const struct prefix *find_folded(ct_str s, bool *ret_changed)
{
    static const unsigned char kelvin[] = {0xe2, 0x84, 0xaa};
    unsigned char to[PREFIX_MAX];
    size_t n = 0;
    bool changed = false, other = false;
    if (s.n >= PREFIX_BYTES_MAX) return NULL;
    for (size_t i = 0; i < s.n; i++) changed |= s.p[i] >= 0x80;
    if (!changed) return find_ascii(s, ret_changed);
    for (size_t i = 0; i < s.n; i++) {
        bool is_kelvin = s.n - i >= sizeof kelvin && memcmp(s.p + i, kelvin, sizeof kelvin) == 0;
        if (n == PREFIX_MAX || (s.p[i] >= 0x80 && !is_kelvin)) return NULL;
        to[n++] = is_kelvin ? 'k' : s.p[i];
        if (is_kelvin) i += sizeof kelvin - 1;
    }
    const struct prefix *p = find_ascii((ct_str){to, n}, &other);
    if (p) *ret_changed = true;
    return p;
}

/* As registered. Not for the empty string. */
bool ct_eval_knows_prefix(ct_str name)
{
    bool changed;
    return find_folded(name, &changed) != NULL;
}

static inline const struct prefix *find_exact(ct_str s)
{
    unsigned row = (unsigned)s.p[0] - 'a';
    if (row >= 26) return NULL;
    for (unsigned i = 0; i < PREFIXES_PER_LETTER; i++)
        if (ct_span_eq(prefixes[row][i].name, s)) return &prefixes[row][i];
    return NULL;
}

CT_RARE static const struct prefix *find_changed(struct machine *m, ct_str s)
{
    bool changed = false;
    const struct prefix *p = find_folded(s, &changed);
    if (!p) return NULL;
    m->touched |= CT_FEAT_PREFIX_FOLD;
    return m->profile->features & CT_FEAT_PREFIX_FOLD ? p : NULL;
}

static inline const struct prefix *find_prefix(struct machine *m, ct_str s)
{
    const struct prefix *p = find_exact(s);
    if (!p) p = find_changed(m, s);
    if (!p) return NULL;
    m->touched |= p->feature;
    return (p->feature & ~m->profile->features) ? NULL : p;
}

static void note_unknown(struct machine *m, const struct prefix *p, ct_str key)
{
    if (!ct_machine_charge(m, key.n)) return;
    size_t n = p->name.n + 1 + key.n;
    for (size_t i = 0; i < m->n_unknowns; i++) {
        ct_str u = m->unknowns[i];
        if (u.n == n && ct_str_starts(u, p->name) && u.p[p->name.n] == ':' && ct_span_eq(ct_span_from(u, p->name.n + 1), key)) return;
    }
    if (m->n_unknowns == CT_EVAL_UNKNOWNS_MAX) return;
    if (!m->unknowns) m->unknowns = ct_arena_array(m->arena, CT_EVAL_UNKNOWNS_MAX, sizeof *m->unknowns);
    unsigned char *to = ct_arena_alloc(m->arena, n);
    if (!m->unknowns || !to) {
        ct_machine_no_memory(m);
        return;
    }
    memcpy(to, p->name.p, p->name.n);
    to[p->name.n] = ':';
    if (key.n) memcpy(to + n - key.n, key.p, key.n);
    m->unknowns[m->n_unknowns++] = (ct_str){to, n};
}

/* Can the host have set it at all? "${env::-j}" asks for the variable with no name, which no host has. */
static bool can_be_set(const struct prefix *p, ct_str key)
{
    if (key.n == 0) return p->host == HOST_MARKER;
    switch (p->host) {
    case HOST_ENV: return ct_str_chr(key, '=') == CT_STR_NONE && ct_str_chr(key, 0) == CT_STR_NONE;
    case HOST_LOG4J: return ct_str_eq(key, CT_STR("configLocation")) || ct_str_eq(key, CT_STR("configParentLocation"));
    case HOST_BUNDLE: { /* exactly two parts, as String.split counts them */
        while (key.n && key.p[key.n - 1] == ':') key.n--;
        size_t colon = ct_str_chr(key, ':');
        return colon != CT_STR_NONE && ct_str_rchr(key, ':') == colon;
    }
    default: return true;
    }
}

CT_RARE static ct_str host_value(struct machine *m, const struct prefix *p, ct_str key, bool has_default)
{
    if (!can_be_set(p, key)) return UNSET;
    if (p->host != HOST_MARKER) m->asks_secret = true;
    enum ct_values policy = m->opts->values;
    bool set = policy == CT_VALUES_SET || (policy == CT_VALUES_SET_NO_DEFAULT && !has_default);
    if (set || !has_default) note_unknown(m, p, key);
    return set ? CT_STR(CT_EVAL_VALUE) : UNSET;
}

CT_RARE static ct_str sys_value(struct machine *m, const struct prefix *p, ct_str key, bool has_default)
{
    ct_str v = FIND(sys_known, key);
    if (!v.p) return host_value(m, p, key, has_default);
    m->asks_secret |= ct_str_find(v, CT_STR(CT_EVAL_VALUE)) != CT_STR_NONE;
    return v;
}

static ct_str mapped_value(struct machine *m, enum kind kind, ct_str key)
{
    size_t max = kind == KIND_DATE ? key.n * CT_DATE_GROWTH + CT_DATE_DEFAULT_MAX : key.n * CT_CASE_GROWTH;
    if (!ct_machine_charge(m, key.n * MAPPED_WORK)) return UNSET;
    unsigned char *to = ct_machine_scratch(m, max);
    if (!to) return UNSET;
    size_t n = kind == KIND_DATE ? ct_date_format(key, to) : ct_case_map(key, kind == KIND_UPPER, to);
    return (ct_str){to, n};
}

/* The made-up value, in any letter case. */
static bool has_value(ct_str s)
{
    static const ct_str value = CT_STR_INIT(CT_EVAL_VALUE);
    for (size_t i = 0; i + value.n <= s.n; i++)
        if ((s.p[i] | 0x20) == value.p[0] && ct_str_starts_fold(ct_span_from(s, i), value)) return true;
    return false;
}

/* Does a value of the host stand behind the scheme: filled in, or left as written since it is not set here? */
static bool leaks(const struct machine *m, ct_str name)
{
    if (!m->asks_secret && !m->names_host) return false;
    size_t colon = ct_str_chr(name, ':');
    ct_str rest = ct_str_slice(name, colon == CT_STR_NONE ? 0 : colon, name.n);
    if (has_value(rest)) return true;
    if (!(m->profile->features & CT_FEAT_NAMES_EXPAND)) return false;
    for (size_t at = 0; (at = ct_lookup_find_open(rest, at)) != CT_STR_NONE; at += 2) {
        ct_str inner = ct_str_slice(rest, at + 2, at + 2 + PREFIX_BYTES_MAX);
        size_t end = ct_span_chr(inner, 0, ':');
        bool changed;
        if (end == inner.n) continue;
        const struct prefix *p = find_folded(ct_str_slice(inner, 0, end), &changed);
        if (p && (p->kind == KIND_HOST || p->kind == KIND_SYS || p->kind == KIND_CTX)) return true;
    }
    return false;
}

CT_RARE static void record_call(struct machine *m, ct_str key)
{
    static const ct_str env = CT_STR_INIT("java:comp/env/");
    bool bare = ct_str_chr(key, ':') == CT_STR_NONE;
    m->reached++;
    if (!ct_machine_charge(m, key.n)) return;
    m->leaks_in_name |= leaks(m, key);
    if (m->n_calls == CT_EVAL_CALLS_MAX) return;
    if (m->n_calls == m->cap_calls) {
        size_t cap = m->cap_calls * 4;
        struct ct_eval_call *p = ct_arena_array(m->arena, cap, sizeof *p);
        if (p && m->n_calls) memcpy(p, m->calls, m->n_calls * sizeof *p);
        if (p) m->calls = p, m->cap_calls = cap;
    }
    size_t n = (bare ? env.n : 0) + key.n;
    unsigned char *name = ct_arena_alloc(m->arena, n);
    if (m->n_calls == m->cap_calls || !name) {
        ct_machine_no_memory(m);
        return;
    }
    if (bare) memcpy(name, env.p, env.n);
    if (key.n) memcpy(name + n - key.n, key.p, key.n);
    m->calls[m->n_calls++] = (struct ct_eval_call){.key = {name + n - key.n, key.n}, .name = {name, n}, .pass = m->pass};
}

static ct_str prefixed_value(struct machine *m, const struct prefix *p, ct_str key, bool has_default)
{
    ct_str v;
    switch (p->kind) {
    case KIND_JNDI: record_call(m, key); return UNSET;
    case KIND_LOWER:
    case KIND_UPPER:
    case KIND_DATE: return mapped_value(m, p->kind, key);
    case KIND_SYS: return sys_value(m, p, key, has_default);
    case KIND_JAVA:
        v = FIND(java_known, key);
        if (v.p) m->asks_secret = true;
        else ct_machine_throw(m, "java: unknown key");
        return v;
    case KIND_EVENT:
        if (!ct_str_eq(key, CT_STR("Message"))) return FIND(event_known, key);
        return m->message;
    case KIND_CTX: /* inside a name the cycle check does not see it */
        m->nested_context |= m->n_frames > 1;
        return host_value(m, p, key, has_default);
    default: return host_value(m, p, key, has_default);
    }
}

ct_str ct_lookup_value(struct machine *m, ct_str name, size_t colon, bool has_default)
{
    if (colon < name.n) {
        const struct prefix *p = colon ? find_prefix(m, (ct_str){name.p, colon}) : NULL;
        name = ct_span_from(name, colon + 1);
        if (p) {
            ct_str v = prefixed_value(m, p, name, has_default);
            if (v.p || m->stopped) return v;
        }
    }
    /* What every configuration has as properties; an unknown prefix falls through to them. */
    if (ct_span_eq(name, CT_STR("hostName"))) { /* a secret only where it is sent: templates of other engines name it too */
        m->names_host = true;
        return CT_STR(CT_EVAL_VALUE);
    }
    if (ct_span_eq(name, CT_STR("contextName"))) return CT_STR("Default");
    return UNSET;
}
