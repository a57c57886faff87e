/* Names to values: which lookup a prefix names, and what it answers. */
#include "lookup/machine.h"
#include "lookup/mapping.h"
#include "text/unicode.h"

#include <string.h>

enum kind { KIND_NONE, KIND_HOST, KIND_SYS, KIND_CTX, KIND_JAVA, KIND_EVENT, KIND_DATE, KIND_LOWER, KIND_UPPER, KIND_JNDI };

/* Every prefix some Log4j artifact registers. Those without a feature are taken as registered in all versions: where they
 * were not, they would have answered null as they do when nothing is set, and those versions expand no names anyway. */
static const struct prefix {
    ct_str name;
    enum kind kind;
    unsigned feature;
} prefixes[] = {
    {CT_STR_INIT("jndi"), KIND_JNDI, 0},
    {CT_STR_INIT("env"), KIND_HOST, 0},
    {CT_STR_INIT("sys"), KIND_SYS, 0},
    {CT_STR_INIT("lower"), KIND_LOWER, CT_FEAT_CASE_LOOKUPS},
    {CT_STR_INIT("upper"), KIND_UPPER, CT_FEAT_CASE_LOOKUPS},
    {CT_STR_INIT("date"), KIND_DATE, 0},
    {CT_STR_INIT("ctx"), KIND_CTX, 0},
    {CT_STR_INIT("java"), KIND_JAVA, CT_FEAT_JAVA_LOOKUP},
    {CT_STR_INIT("event"), KIND_EVENT, CT_FEAT_EVENT_LOOKUP},
    {CT_STR_INIT("map"), KIND_HOST, 0},
    {CT_STR_INIT("sd"), KIND_HOST, 0},
    {CT_STR_INIT("main"), KIND_HOST, 0},
    {CT_STR_INIT("marker"), KIND_HOST, 0},
    {CT_STR_INIT("bundle"), KIND_HOST, 0},
    {CT_STR_INIT("log4j"), KIND_HOST, 0},
    {CT_STR_INIT("jvmrunargs"), KIND_HOST, 0},
    {CT_STR_INIT("web"), KIND_HOST, 0},
    {CT_STR_INIT("docker"), KIND_HOST, 0},
    {CT_STR_INIT("k8s"), KIND_HOST, 0},
    {CT_STR_INIT("kubernetes"), KIND_HOST, 0},
    {CT_STR_INIT("spring"), KIND_HOST, 0},
};
enum { N_PREFIXES = sizeof prefixes / sizeof prefixes[0], PREFIX_MAX = 16 };

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

static struct value find_pair(const struct pair *pairs, size_t n, ct_str key)
{
    for (size_t i = 0; i < n; i++)
        if (ct_str_eq(pairs[i].key, key)) return (struct value){true, pairs[i].value};
    return (struct value){0};
}
#define FIND(pairs, key) find_pair(pairs, sizeof(pairs) / sizeof(pairs)[0], key)

static const struct prefix *find_exact(ct_str s)
{
    for (size_t i = 0; s.n && i < N_PREFIXES; i++) {
        const ct_str *name = &prefixes[i].name;
        if (name->n == s.n && name->p[0] == s.p[0] && memcmp(name->p, s.p, s.n) == 0) return &prefixes[i];
    }
    return NULL;
}

/* Locale.US lower case, as far as it can give the ASCII of a registered prefix: A-Z, and the Kelvin sign is a k.
 * Empty when it is longer than any prefix. */
static ct_str fold_prefix(ct_str s, unsigned char to[PREFIX_MAX], bool *ret_changed)
{
    static const unsigned char kelvin[] = {0xe2, 0x84, 0xaa};
    size_t n = 0;
    *ret_changed = false;
    for (size_t i = 0; i < s.n; i++) {
        if (n == PREFIX_MAX) return (ct_str){NULL, 0};
        if (s.p[i] == kelvin[0] && s.n - i >= 3 && memcmp(s.p + i, kelvin, 3) == 0) {
            to[n] = 'k';
            i += 2;
            *ret_changed = true;
        } else {
            to[n] = ct_ascii_lower(s.p[i]);
            *ret_changed |= to[n] != s.p[i];
        }
        n++;
    }
    return (ct_str){to, n};
}

static const struct prefix *find_prefix(struct machine *m, ct_str s)
{
    unsigned char folded[PREFIX_MAX];
    bool changed;
    const struct prefix *p = find_exact(fold_prefix(s, folded, &changed));
    if (!p) return NULL;
    if (changed) {
        m->touched |= CT_FEAT_PREFIX_FOLD;
        if (!(m->profile->features & CT_FEAT_PREFIX_FOLD)) return NULL;
    }
    m->touched |= p->feature;
    return (p->feature & ~m->profile->features) ? NULL : p;
}

static void note_unknown(struct machine *m, const struct prefix *p, ct_str key)
{
    for (size_t i = 0; i < m->n_unknowns; i++) {
        ct_str u = m->unknowns[i];
        if (u.n == p->name.n + 1 + key.n && ct_str_starts(u, p->name) && u.p[p->name.n] == ':' && ct_str_ends(u, key)) return;
    }
    if (m->n_unknowns == CT_EVAL_UNKNOWNS_MAX) return;
    struct ct_buf b;
    ct_buf_init(&b, m->arena, p->name.n + 1 + key.n);
    ct_buf_add(&b, p->name);
    ct_buf_byte(&b, ':');
    ct_buf_add(&b, key);
    if (b.err) {
        m->err = b.err;
        m->stopped = true;
        return;
    }
    m->unknowns[m->n_unknowns++] = ct_buf_view(&b);
}

/* Can the host have set it at all? "${env::-j}" asks for the variable with no name, which no host has. */
static bool can_be_set(const struct prefix *p, ct_str key)
{
    if (ct_str_eq(p->name, CT_STR("marker"))) return true;
    if (key.n == 0) return false;
    if (ct_str_eq(p->name, CT_STR("env"))) return ct_str_chr(key, '=') == CT_STR_NONE && ct_str_chr(key, 0) == CT_STR_NONE;
    if (ct_str_eq(p->name, CT_STR("log4j")))
        return ct_str_eq(key, CT_STR("configLocation")) || ct_str_eq(key, CT_STR("configParentLocation"));
    if (ct_str_eq(p->name, CT_STR("bundle"))) { /* exactly two parts, as String.split counts them */
        while (key.n && key.p[key.n - 1] == ':') key.n--;
        size_t colon = ct_str_chr(key, ':');
        return colon != CT_STR_NONE && ct_str_rchr(key, ':') == colon;
    }
    return true;
}

static struct value host_value(struct machine *m, const struct prefix *p, ct_str key, bool has_default)
{
    if (!can_be_set(p, key)) return (struct value){0};
    if (!ct_str_eq(p->name, CT_STR("marker"))) m->asks_secret = true;
    enum ct_values policy = m->opts->values;
    bool set = policy == CT_VALUES_SET || (policy == CT_VALUES_SET_NO_DEFAULT && !has_default);
    if (set || !has_default) note_unknown(m, p, key);
    return set ? (struct value){true, CT_STR(CT_EVAL_VALUE)} : (struct value){0};
}

static struct value sys_value(struct machine *m, const struct prefix *p, ct_str key, bool has_default)
{
    struct value v = FIND(sys_known, key);
    if (!v.set) return host_value(m, p, key, has_default);
    m->asks_secret |= ct_str_find(v.text, CT_STR(CT_EVAL_VALUE)) != CT_STR_NONE;
    return v;
}

static struct value mapped_value(struct machine *m, enum kind kind, ct_str key)
{
    size_t max = kind == KIND_DATE ? key.n * CT_DATE_GROWTH + CT_DATE_DEFAULT_MAX : key.n * CT_CASE_GROWTH;
    size_t at = (size_t)(key.p - m->names);
    if (!ct_machine_charge(m, key.n)) return (struct value){0};
    unsigned char *to = ct_machine_name_room(m, max);
    if (!to) return (struct value){0};
    key.p = m->names + at; /* the room may have moved what it lies beside */
    size_t n = kind == KIND_DATE ? ct_date_format(key, to) : ct_case_map(key, kind == KIND_UPPER, to);
    return (struct value){true, {to, n}};
}

/* Does a value of the host stand behind the scheme: filled in, or left as written since it is not set here? */
static bool leaks(const struct machine *m, ct_str name)
{
    if (!m->asks_secret) return false;
    size_t colon = ct_str_chr(name, ':');
    ct_str rest = ct_str_slice(name, colon == CT_STR_NONE ? 0 : colon, name.n);
    if (ct_str_find_fold(rest, CT_STR(CT_EVAL_VALUE)) != CT_STR_NONE) return true;
    if (!(m->profile->features & CT_FEAT_NAMES_EXPAND)) return false;
    for (size_t at = 0; (at = ct_lookup_find_open(rest, at)) != CT_STR_NONE; at += 2) {
        ct_str inner = ct_str_slice(rest, at + 2, rest.n);
        unsigned char folded[PREFIX_MAX];
        size_t end = ct_str_chr(inner, ':');
        bool changed;
        if (end == CT_STR_NONE) continue;
        const struct prefix *p = find_exact(fold_prefix(ct_str_slice(inner, 0, end), folded, &changed));
        if (p && (p->kind == KIND_HOST || p->kind == KIND_SYS || p->kind == KIND_CTX)) return true;
    }
    return false;
}

static void record_call(struct machine *m, ct_str key)
{
    static const ct_str env = CT_STR_INIT("java:comp/env/");
    bool bare = ct_str_chr(key, ':') == CT_STR_NONE;
    m->reached++;
    if (!ct_machine_charge(m, key.n)) return;
    m->leaks_in_name |= leaks(m, key);
    if (m->n_calls == CT_EVAL_CALLS_MAX) return;
    if (m->n_calls == m->cap_calls) {
        size_t cap = m->cap_calls ? m->cap_calls * 4 : 4;
        struct ct_eval_call *p = ct_arena_array(m->arena, cap, sizeof *p);
        if (p && m->n_calls) memcpy(p, m->calls, m->n_calls * sizeof *p);
        if (p) m->calls = p, m->cap_calls = cap;
    }
    size_t n = (bare ? env.n : 0) + key.n;
    unsigned char *name = ct_arena_alloc(m->arena, n);
    if (m->n_calls == m->cap_calls || !name) {
        m->err = CT_ERR_NOMEM;
        m->stopped = true;
        return;
    }
    if (bare) memcpy(name, env.p, env.n);
    if (key.n) memcpy(name + n - key.n, key.p, key.n);
    m->calls[m->n_calls++] = (struct ct_eval_call){.key = {name + n - key.n, key.n}, .name = {name, n}, .pass = m->pass};
}

static struct value prefixed_value(struct machine *m, const struct prefix *p, ct_str key, bool has_default)
{
    struct value v;
    switch (p->kind) {
    case KIND_JNDI: record_call(m, key); return (struct value){0};
    case KIND_LOWER:
    case KIND_UPPER:
    case KIND_DATE: return mapped_value(m, p->kind, key);
    case KIND_SYS: return sys_value(m, p, key, has_default);
    case KIND_JAVA:
        v = FIND(java_known, key);
        if (v.set) m->asks_secret = true;
        else ct_machine_throw(m, "java: unknown key");
        return v;
    case KIND_EVENT:
        if (!ct_str_eq(key, CT_STR("Message"))) return FIND(event_known, key);
        return (struct value){true, m->message};
    case KIND_CTX: /* inside a name the cycle check does not see it */
        m->nested_context |= m->n_frames > 1;
        return host_value(m, p, key, has_default);
    default: return host_value(m, p, key, has_default);
    }
}

struct value ct_machine_lookup(struct machine *m, ct_str name, bool has_default)
{
    size_t colon = ct_str_chr(name, ':');
    if (colon != CT_STR_NONE) {
        size_t at = (size_t)(name.p - m->names);
        const struct prefix *p = find_prefix(m, ct_str_slice(name, 0, colon));
        if (p) {
            struct value v = prefixed_value(m, p, ct_str_slice(name, colon + 1, name.n), has_default);
            if (v.set || m->stopped) return v;
            name.p = m->names + at;
        }
        name = ct_str_slice(name, colon + 1, name.n);
    }
    /* What every configuration has as properties; an unknown prefix falls through to them. */
    if (ct_str_eq(name, CT_STR("hostName"))) {
        m->asks_secret = true;
        return (struct value){true, CT_STR(CT_EVAL_VALUE)};
    }
    if (ct_str_eq(name, CT_STR("contextName"))) return (struct value){true, CT_STR("Default")};
    return (struct value){0};
}
