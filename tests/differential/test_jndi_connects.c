/* ct_jndi_target against InitialContext.lookup: which names open a connection, and to whom?
 *
 *   test_jndi_connects [--count NAMES] [--build FOLDER] [NAME...]     (@P stands for the listener's port)
 *
 * Each name goes to every JDK below /usr/lib/jvm from 17 on, and to the first of them once more with the parsers of names
 * that older JDKs have (they are still there, behind properties). The listeners are on loopback (oracle/JndiProbe.java),
 * and so are all hosts: names are put together from parts that yield 127.0.0.0/8, ::1, localhost, or words that only a hosts
 * file of ours is asked for. A dns name always carries our port, or it would ask the resolver of this machine.
 *
 * A name that any of them connects with has to connect for us, to the same host. A name that none connects with must not,
 * except where only older Javas do (old_java_only), and where we are lenient on purpose (lenient).
 */
#include "base/buf.h"
#include "jvm.h"
#include "lookup/jndi.h"
#include "support/random.h"

#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 20000u
#define JVMS_MAX 6u
#define BATCH 32u /* names in the pipe at a time: well under what a pipe holds */
#define PICK(r, table) ((table)[rng_below((r), (uint32_t)(sizeof(table) / sizeof *(table)))])

enum did { DID_NOT, DID_TCP, DID_UDP, DID_DIAL, DID_RESOLVE };

struct outcome {
    enum did did;
    bool agrees;    /* we name the same host and port */
    char host[128]; /* DID_RESOLVE */
};

struct probe {
    struct jvm jvm;
    char title[300];
    unsigned tcp, udp;
    bool default_ports_free;
    char rest[1u << 16];
    size_t rest_n;
};

/* No JDK from 11 on has these schemes. */
static bool old_java_only(ct_str scheme)
{
    return ct_str_eq(scheme, CT_STR("iiop")) || ct_str_eq(scheme, CT_STR("iiopname")) || ct_str_eq(scheme, CT_STR("corbaname"));
}

/* Behind the bracket of an IPv6 host, rmi names bear some characters and throw at others; we take none of them seriously. */
static bool lenient(const struct ct_jndi_target *t)
{
    bool bracket = ct_str_chr(t->host, ':') != CT_STR_NONE;
    return ct_str_eq(t->scheme, CT_STR("rmi")) && bracket;
}

static bool next_line(struct probe *p, char *to, size_t n)
{
    for (;;) {
        char *end = memchr(p->rest, '\n', p->rest_n);
        if (end) {
            size_t len = (size_t)(end - p->rest);
            size_t keep = len < n ? len : n - 1;
            memcpy(to, p->rest, keep);
            to[keep] = 0;
            p->rest_n -= len + 1;
            memmove(p->rest, end + 1, p->rest_n);
            return true;
        }
        size_t got = p->rest_n < sizeof p->rest ? jvm_read(&p->jvm, p->rest + p->rest_n, sizeof p->rest - p->rest_n) : 0;
        if (got == 0) return false;
        p->rest_n += got;
    }
}

static bool probe_start(const char *java, bool legacy, const char *folder, struct probe *p)
{
    char classes[4096], hosts[4096], line[256], state[16];
    if (snprintf(classes, sizeof classes, "%s/classes", folder) >= (int)sizeof classes) return false;
    if (snprintf(hosts, sizeof hosts, "-Djdk.net.hosts.file=%s/hosts", folder) >= (int)sizeof hosts) return false;
    const char *args[] = {java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", hosts, legacy ? "-Dcom.sun.jndi.ldapURLParsing=legacy" : "-Da=b",
                          legacy ? "-Dcom.sun.jndi.rmiURLParsing=legacy" : "-Da=b", legacy ? "-Dcom.sun.jndi.dnsURLParsing=legacy" : "-Da=b",
                          "-cp", classes, "JndiProbe", NULL};
    *p = (struct probe){0};
    (void)snprintf(p->title, sizeof p->title, "%.250s%s", java, legacy ? " (legacy parsers)" : "");
    if (!jvm_start(args, &p->jvm)) return false;
    if (!next_line(p, line, sizeof line) || sscanf(line, "%u %u %15s", &p->tcp, &p->udp, state) != 3) return false;
    p->default_ports_free = strcmp(state, "free") == 0;
    return true;
}

static bool write_hosts(const char *folder)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/hosts", folder) >= (int)sizeof path) return false;
    FILE *f = fopen(path, "we");
    if (!f) return false;
    bool ok = fputs("127.0.0.1 localhost\n::1 localhost\n", f) >= 0;
    return fclose(f) == 0 && ok;
}

/* Every JDK once, whatever links point to it. */
static size_t find_javas(char found[][300], size_t max)
{
    glob_t g;
    size_t n = 0;
    if (glob("/usr/lib/jvm/*/bin/java", 0, NULL, &g) != 0) return 0;
    for (size_t i = 0; i < g.gl_pathc && n < max; i++) {
        char *real = realpath(g.gl_pathv[i], NULL);
        bool known = !real || strlen(real) >= 300;
        for (size_t k = 0; k < n && !known; k++) known = strcmp(found[k], real) == 0;
        if (!known) (void)strcpy(found[n++], real);
        free(real);
    }
    globfree(&g);
    return n;
}

/* Puts one name together. Parts behind a host never begin with a digit or a dot and digit: the host stays loopback. */
static void draw(struct rng *r, struct ct_buf *out)
{
    static const char *const schemes[] = {"ldap", "ldap", "ldap", "ldaps", "rmi", "rmi", "dns", "dns", "LDAP", "lDap", "Rmi", "iiop", "iiopname",
                                          "corbaname", "corba", "nis", "nds", "java", "http", "file", "", "ldap ", " ldap", "rmi\t", "ldapx", "dn"};
    static const char *const slashes[] = {"//", "//", "//", "//", "//", "//", "//", "/", "", "///", "\\\\", ":/", "/ /", "//\t"};
    static const char *const users[] = {"", "", "", "", "", "", "a@", "a:b@", "@", " "};
    static const char *const hosts[] = {"127.0.0.1", "127.0.0.1", "127.0.0.1", "localhost", "[::1]", "", "LOCALHOST", "2130706433", "[::ffff:127.0.0.1]",
                                        "nohost.invalid", "no_host", "a.-b", "nohost\xc3\xa9", "[::1", "::1", "no host", "no$host", "no{host}"};
    /* "@P" is a colon and the port */
    static const char *const ports[] = {"@P", "@P", "@P", "@P", "@P", "", "", ":", ":0", ":-1", ":99999", "@P ", ":a", "@P:", ":+1", "@Px", ": "};
    static const char *const domains[] = {"/a\\", "/\\1", "/\\123", "/a\\999b", "/a\\.b", "/%5c", "/%2e%2e", "/\xc4\x80", "/%E9", "/%c4%80", "/a.", ".",
                                          "/\\", "/%5c%31", "/.a", "/%2541", "/\\%31\\32"};
    static const char *const tails[] = {"/a", "/a", "/a", "/", "", "/a/b", "/o=x", "/a b", "?x", "/a?x", "#x", "/a#b", "/%41", "/%zz", "/%", "/%+1",
                                        "//", "/a.b", "/..", "/a..b", "/.", "\\", " ", "/${x}", "{", "/\xc3\xa9", "/a?b?c?(x=y)", "/a:b", "/-", "/ ",
                                        "/a?", "/?", "?", "#", "/#", "%2f", "/\xf0\x9f\x8c\x8a", "@x", "/a@b", ",x", ";x", "/a;b", "/\\a", "/\t", "^", "|x"};
    const char *scheme = PICK(r, schemes);
    ct_buf_text(out, scheme);
    ct_buf_byte(out, ':');
    if (strcmp(scheme, "dns") == 0) {
        static const char *const dns_hosts[] = {"127.0.0.1", "localhost", "nohost.invalid", "no_host"};
        static const char *const dns_ports[] = {"@U", "@U", "@U", "@U ", "@Ux"};
        ct_buf_text(out, "//");
        ct_buf_text(out, PICK(r, dns_hosts));
        ct_buf_text(out, PICK(r, dns_ports));
        if (rng_below(r, 2)) {
            ct_buf_text(out, PICK(r, domains));
            return;
        }
    } else {
        ct_buf_text(out, PICK(r, slashes));
        ct_buf_text(out, PICK(r, users));
        ct_buf_text(out, PICK(r, hosts));
        ct_buf_text(out, PICK(r, ports));
    }
    ct_buf_text(out, PICK(r, tails));
    if (rng_below(r, 4) == 0) ct_buf_text(out, PICK(r, tails));
    if (rng_below(r, 40) == 0)
        for (int i = 0; i < 70; i++) ct_buf_byte(out, 'a');
}

/* Ports differ between probes, so each gets its own text. */
static ct_str with_ports(ct_arena *arena, ct_str pattern, const struct probe *p)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 4096);
    for (size_t i = 0; i < pattern.n; i++) {
        bool port = pattern.p[i] == '@' && i + 1 < pattern.n && (pattern.p[i + 1] == 'P' || pattern.p[i + 1] == 'U');
        if (port) ct_buf_printf(&b, ":%u", pattern.p[++i] == 'P' ? p->tcp : p->udp);
        else ct_buf_byte(&b, pattern.p[i]);
    }
    return ct_buf_view(&b);
}

/* A resolver is asked for anything; a host with blanks, controls or braces can be nobody's, so that is no connection. */
static bool resolvable(const char *host)
{
    for (; *host; host++)
        if ((unsigned char)*host <= ' ' || *host == 0x7F || *host == '{' || *host == '}') return false;
    return true;
}

static bool read_outcome(struct probe *p, struct outcome *o)
{
    char line[512];
    if (!next_line(p, line, sizeof line)) return false;
    *o = (struct outcome){.did = DID_NOT};
    if (strcmp(line, "tcp") == 0) o->did = DID_TCP;
    else if (strcmp(line, "udp") == 0) o->did = DID_UDP;
    else if (strcmp(line, "refused") == 0) o->did = DID_DIAL;
    else if (strncmp(line, "unknown ", 8) == 0) {
        o->did = resolvable(line + 8) ? DID_RESOLVE : DID_NOT;
        (void)snprintf(o->host, sizeof o->host, "%.120s", line + 8);
    } else if (strncmp(line, "no ", 3) != 0) {
        return false;
    }
    return true;
}

static bool agrees(const struct probe *p, const struct outcome *o, ct_str name)
{
    struct ct_jndi_target t = ct_jndi_target(name);
    if (t.connects == CT_CONNECTS_NO) return false;
    switch (o->did) {
    case DID_TCP: return t.port == p->tcp;
    case DID_UDP: return t.port == p->udp;
    case DID_DIAL: return t.port != p->tcp;
    case DID_RESOLVE: return t.connects == CT_CONNECTS_HOST && ct_str_eq_fold(t.host, ct_str_from(o->host));
    default: return true;
    }
}

/* Where a default port is served by somebody, what came of dialling it cannot be told. */
static bool askable(const struct probe *p, ct_str pattern)
{
    return p->default_ports_free || ct_str_find(pattern, CT_STR("@P")) != CT_STR_NONE || ct_str_find(pattern, CT_STR("@U")) != CT_STR_NONE;
}

static bool ask_batch(ct_arena *arena, struct probe *p, const ct_str *patterns, size_t n, struct outcome (*ret)[JVMS_MAX], size_t column)
{
    struct ct_buf b;
    ct_buf_init(&b, arena, 1u << 16);
    for (size_t i = 0; i < n; i++) {
        ct_str name = with_ports(arena, askable(p, patterns[i]) ? patterns[i] : CT_STR("x"), p);
        for (size_t k = 0; k < name.n; k++) ct_buf_printf(&b, "%02x", name.p[k]);
        ct_buf_byte(&b, '\n');
    }
    if (b.err || !jvm_write(&p->jvm, ct_buf_view(&b))) return false;
    for (size_t i = 0; i < n; i++) {
        struct outcome *o = &ret[i][column];
        if (!read_outcome(p, o)) return false;
        o->agrees = agrees(p, o, with_ports(arena, patterns[i], p));
    }
    return true;
}

/* Null, or what is wrong. */
static const char *judge(size_t n_probes, const struct outcome *o, const struct ct_jndi_target *t)
{
    bool any = false, agreed = false;
    for (size_t i = 0; i < n_probes; i++) {
        any = any || o[i].did != DID_NOT;
        agreed = agreed || (o[i].did != DID_NOT && o[i].agrees);
    }
    if (!any) return t->connects != CT_CONNECTS_NO && !old_java_only(t->scheme) && !lenient(t) ? "no Java connects, we say it does" : NULL;
    if (t->connects == CT_CONNECTS_NO) return "Java connects, we say it does not";
    return agreed ? NULL : "Java connects to another host or port";
}

static void print_name(ct_str name, const char (*titles)[300], size_t n_probes, const struct outcome *o, const struct ct_jndi_target *t, const char *why)
{
    static const char *const did[] = {"no", "tcp", "udp", "dialled", "resolved"};
    static const char *const connects[] = {"no", "local", "host"};
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] >= 0x20 && name.p[i] < 0x7F) (void)putchar(name.p[i]);
        else printf("\\x%02x", name.p[i]);
    }
    printf("\n    %s; we: %s, host <%.*s>, port %u\n", why, connects[t->connects], CT_STR_ARG(t->host), (unsigned)t->port);
    for (size_t i = 0; i < n_probes; i++) printf("    %s: %s %s\n", titles[i], did[o[i].did], o[i].host);
}

/* Asks one JVM about all names, and ends it. */
static bool run_probe(const char *java, bool legacy, const char *folder, ct_arena *arena, const ct_str *patterns, size_t n,
                      struct outcome (*outcomes)[JVMS_MAX], size_t column, char title[300])
{
    static struct probe p;
    if (!probe_start(java, legacy, folder, &p)) return false;
    (void)strcpy(title, p.title);
    bool ok = true;
    for (size_t from = 0; from < n && ok; from += BATCH) {
        struct ct_arena_mark mark = ct_arena_mark(arena);
        ok = ask_batch(arena, &p, patterns + from, n - from < BATCH ? n - from : BATCH, outcomes + from, column);
        ct_arena_reset(arena, mark);
    }
    return jvm_stop(&p.jvm) && ok;
}

static size_t feature_of(const char *java)
{
    /* the release file beside bin/ says JAVA_VERSION="17.0.15" */
    char path[400], line[256];
    size_t version = 0;
    (void)snprintf(path, sizeof path, "%.*s/release", (int)(strlen(java) - strlen("/bin/java")), java);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f)) (void)sscanf(line, "JAVA_VERSION=\"%zu", &version);
    if (f) (void)fclose(f);
    return version;
}

static int compare_all(ct_arena *arena, const char *folder, const ct_str *patterns, size_t n)
{
    static struct outcome outcomes[NAMES_MAX][JVMS_MAX];
    static char javas[JVMS_MAX][300], titles[JVMS_MAX][300];
    size_t n_javas = find_javas(javas, JVMS_MAX - 1), columns = 0, wrong = 0, connecting = 0;
    for (size_t i = 0; i < n_javas; i++) {
        if (feature_of(javas[i]) < 17) continue;
        for (int legacy = 0; legacy <= (columns < 2); legacy++) {
            if (columns == JVMS_MAX) break;
            if (!run_probe(javas[i], legacy, folder, arena, patterns, n, outcomes, columns, titles[columns])) {
                printf("%s: the JVM failed\n", javas[i]);
                return 4;
            }
            columns++;
        }
    }
    if (columns == 0) {
        printf("no JDK from 17 on below /usr/lib/jvm\n");
        return 77;
    }
    for (size_t i = 0; i < n; i++) {
        struct ct_jndi_target t = ct_jndi_target(with_ports(arena, patterns[i], &(struct probe){.tcp = 40000, .udp = 40000}));
        const char *why = judge(columns, outcomes[i], &t);
        for (size_t k = 0; k < columns; k++)
            if (outcomes[i][k].did != DID_NOT && ++connecting) break;
        if (why && wrong++ < 40) print_name(patterns[i], (const char (*)[300])titles, columns, outcomes[i], &t, why);
    }
    for (size_t i = 0; i < columns; i++) printf("asked %s\n", titles[i]);
    printf("%zu names, %zu connect, %zu differences\n", n, connecting, wrong);
    return wrong > 0 || (n >= 1000 && connecting < n / 20) ? 1 : 0;
}

int main(int argc, char **argv)
{
    static ct_str patterns[NAMES_MAX];
    const char *folder = CT_DIFFERENTIAL_BUILD;
    uint64_t count = 3000;
    size_t n = 0;
    ct_arena *arena = NULL;
    (void)signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--build") == 0) folder = argv[++i];
        else if (i + 1 < argc && strcmp(argv[i], "--count") == 0 && ct_str_u64(ct_str_from(argv[i + 1]), &count) && count <= NAMES_MAX) i++;
        else if (strncmp(argv[i], "--", 2) != 0 && n < NAMES_MAX) patterns[n++] = ct_str_from(argv[i]);
        else {
            (void)fputs("usage: test_jndi_connects [--count NAMES] [--build FOLDER] [NAME...]\n", stderr);
            return 2;
        }
    }
    int ready = jvm_prepare(folder);
    if (ready != 0) return ready == 77 ? 77 : 4;
    if (ct_arena_new(&ct_alloc_libc, 256u << 20, &arena) != CT_OK || !write_hosts(folder)) return 4;
    if (n == 0) {
        struct rng r = rng_new("jndi_connects");
        for (; n < count; n++) {
            struct ct_buf b;
            ct_buf_init(&b, arena, 4096);
            draw(&r, &b);
            patterns[n] = ct_buf_view(&b);
        }
    }
    int status = compare_all(arena, folder, patterns, n);
    ct_arena_free(arena);
    return status;
}
