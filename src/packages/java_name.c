#include "packages/java_name.h"

static ct_str base_of(ct_str path)
{
    size_t slash = ct_str_rchr(path, '/');
    return slash == CT_STR_NONE ? path : ct_str_slice(path, slash + 1, SIZE_MAX);
}

/* Words that go with a number inside a version: 1.0-beta-2, 3.0-rc-1, 2.0.0.Final-redhat-1. */
static bool is_qualifier(ct_str word)
{
    static const char *const known[] = {"a",   "alpha",  "android",   "b",   "beta",       "build", "cr",       "dev",
                                        "ea",  "final",  "fuse",      "ga",  "incubating", "java",  "jbossorg", "jdk",
                                        "jre", "m",      "milestone", "p",   "patch",      "pre",   "preview",  "r",
                                        "rc",  "redhat", "release",   "rev", "snapshot",   "sp",    "v"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ct_str_eq_fold(word, ct_str_from(known[i]))) return true;
    return false;
}

static size_t word_end(ct_str s, size_t from)
{
    while (from < s.n && s.p[from] != '-' && s.p[from] != '_') from++;
    return from;
}

/* "build12", "r4" and "rc1" begin versions as digits do. */
static bool begins_version(ct_str s, size_t at)
{
    if (at < s.n && ct_ascii_digit(s.p[at])) return true;
    ct_str word = ct_str_slice(s, at, word_end(s, at));
    static const char *const prefixes[] = {"build", "rc", "r"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        ct_str prefix = ct_str_from(prefixes[i]);
        uint64_t number;
        if (ct_str_starts_fold(word, prefix) && ct_str_u64(ct_str_slice(word, prefix.n, SIZE_MAX), &number)) return true;
    }
    return false;
}

/* The next '-' that a version follows, from a place on. */
static size_t next_version(ct_str s, size_t from)
{
    for (size_t i = from; i + 1 < s.n; i++)
        if (i && s.p[i] == '-' && begins_version(s, i + 1)) return i;
    return CT_STR_NONE;
}

/* Whether words that belong to a name stand between two places where a version may begin. */
static bool name_between(ct_str s, size_t from, size_t to)
{
    for (size_t at = word_end(s, from); at < to;) {
        size_t end = word_end(s, at + 1);
        if (end > to) end = to;
        ct_str word = ct_str_slice(s, at + 1, end);
        if (word.n && ct_ascii_alpha(word.p[0])) {
            size_t letters = 0;
            while (letters < word.n && ct_ascii_alpha(word.p[letters])) letters++;
            if (!is_qualifier(ct_str_slice(word, 0, letters))) return true;
        }
        at = end;
    }
    return false;
}

static void split(struct ct_java_file *f)
{
    ct_str s = f->stem;
    f->name = s;
    size_t at = next_version(s, 0);
    while (at != CT_STR_NONE) {
        size_t next = next_version(s, at + 1);
        if (next == CT_STR_NONE || !name_between(s, at + 1, next)) break;
        at = next;
    }
    if (at == CT_STR_NONE) { /* name_1.2.3, name.1.2.3 */
        for (size_t i = 1; i + 1 < s.n && at == CT_STR_NONE; i++)
            if ((s.p[i] == '_' || s.p[i] == '.') && ct_ascii_digit(s.p[i + 1])) at = i;
    }
    if (at == CT_STR_NONE) return;
    f->name = ct_str_slice(s, 0, at);
    f->version = ct_str_slice(s, at + 1, SIZE_MAX);
}

struct ct_java_file ct_java_file_of(ct_str path)
{
    static const char *const endings[] = {"jar", "war", "ear", "par", "sar", "nar", "kar", "rar", "lpkg", "aar", "hpi", "jpi"};
    struct ct_java_file f = {.stem = base_of(path)};
    size_t dot = ct_str_rchr(f.stem, '.');
    if (dot != CT_STR_NONE && dot) {
        ct_str ending = ct_str_slice(f.stem, dot + 1, SIZE_MAX);
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
            if (ct_str_eq_fold(ending, ct_str_from(endings[i]))) f.archive = true;
        f.plugin = ct_str_eq_fold(ending, CT_STR("hpi")) || ct_str_eq_fold(ending, CT_STR("jpi"));
        if (f.archive) f.stem = ct_str_slice(f.stem, 0, dot);
    }
    split(&f);
    return f;
}

/* '-' and '.' are the same to names that were made of one another. */
static bool same_word(ct_str a, ct_str b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++) {
        unsigned char x = ct_ascii_lower(a.p[i]), y = ct_ascii_lower(b.p[i]);
        if (x == '-' || x == '_') x = '.';
        if (y == '-' || y == '_') y = '.';
        if (x != y) return false;
    }
    return true;
}

/* At least two words of letters, digits, '-' and '_', no blanks: what a group id may look like. */
static bool is_group(ct_str s)
{
    bool dot = false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = s.p[i];
        if (c == '.') {
            if (i == 0 || i + 1 == s.n || s.p[i - 1] == '.') return false;
            dot = true;
        } else if (!ct_ascii_alpha(c) && !ct_ascii_digit(c) && c != '-' && c != '_') {
            return false;
        }
    }
    return dot;
}

ct_str ct_java_group_in(ct_str dotted, ct_str artifact)
{
    size_t parameters = ct_str_chr(dotted, ';'); /* "name;singleton:=true" */
    ct_str s = ct_str_trim(ct_str_slice(dotted, 0, parameters == CT_STR_NONE ? dotted.n : parameters));
    if (!is_group(s) || artifact.n == 0) return (ct_str){0};
    ct_str last = ct_str_slice(s, ct_str_rchr(s, '.') + 1, SIZE_MAX);
    if (same_word(last, artifact)) {
        ct_str above = ct_str_slice(s, 0, s.n - last.n - 1);
        /* com.google.guava is the group itself; com.fasterxml.jackson.core.jackson-databind has it in front */
        return ct_str_chr(artifact, '-') != CT_STR_NONE && is_group(above) ? above : s;
    }
    /* the longest end of the artifact that the name ends in, the rest of it being the group's last word: log4j-core,
     * (log4j).core */
    for (size_t i = 0; i < artifact.n; i++) {
        if (artifact.p[i] != '-' && artifact.p[i] != '.') continue;
        ct_str end = ct_str_slice(artifact, i + 1, SIZE_MAX), word = ct_str_slice(artifact, 0, i);
        if (end.n + 1 >= s.n || !same_word(ct_str_slice(s, s.n - end.n, SIZE_MAX), end) || s.p[s.n - end.n - 1] != '.')
            continue;
        ct_str group = ct_str_slice(s, 0, s.n - end.n - 1);
        ct_str tail = ct_str_slice(group, group.n > word.n ? group.n - word.n : 0, SIZE_MAX);
        if (is_group(group) && same_word(tail, word)) return group;
    }
    return (ct_str){0};
}

/* An entry that ends in "-" takes every artifact that begins so; the longest entry that fits counts, and of several for the
 * releases of an artifact that moved, the one with the highest `from` that the major version reaches. */
static const struct {
    ct_str artifact, group;
    uint64_t from;
} known[] = {
#define G(artifact, group) FROM(0, artifact, group)
#define FROM(major, artifact, group)                                                                                           \
    {                                                                                                                          \
        CT_STR_INIT(artifact), CT_STR_INIT(group), major                                                                       \
    }
    G("spring-boot", "org.springframework.boot"),
    G("spring-boot-", "org.springframework.boot"),
    G("spring-security-", "org.springframework.security"),
    G("spring-data-", "org.springframework.data"),
    G("spring-integration-", "org.springframework.integration"),
    G("spring-batch-", "org.springframework.batch"),
    G("spring-cloud-", "org.springframework.cloud"),
    G("spring-kafka", "org.springframework.kafka"),
    G("spring-amqp", "org.springframework.amqp"),
    G("spring-rabbit", "org.springframework.amqp"),
    G("spring-session-", "org.springframework.session"),
    G("spring-ws-", "org.springframework.ws"),
    G("spring-hateoas", "org.springframework.hateoas"),
    G("spring-webflow", "org.springframework.webflow"),
    G("spring-aop", "org.springframework"),
    G("spring-aspects", "org.springframework"),
    G("spring-beans", "org.springframework"),
    G("spring-context", "org.springframework"),
    G("spring-context-indexer", "org.springframework"),
    G("spring-context-support", "org.springframework"),
    G("spring-core", "org.springframework"),
    G("spring-expression", "org.springframework"),
    G("spring-instrument", "org.springframework"),
    G("spring-jcl", "org.springframework"),
    G("spring-jdbc", "org.springframework"),
    G("spring-jms", "org.springframework"),
    G("spring-messaging", "org.springframework"),
    G("spring-orm", "org.springframework"),
    G("spring-oxm", "org.springframework"),
    G("spring-r2dbc", "org.springframework"),
    G("spring-test", "org.springframework"),
    G("spring-tx", "org.springframework"),
    G("spring-web", "org.springframework"),
    G("spring-webflux", "org.springframework"),
    G("spring-webmvc", "org.springframework"),
    G("spring-websocket", "org.springframework"),
    G("reactor-core", "io.projectreactor"),
    G("reactor-netty", "io.projectreactor.netty"),
    G("reactor-netty-", "io.projectreactor.netty"),
    G("micrometer-", "io.micrometer"),
    G("rxjava", "io.reactivex"),
    FROM(2, "rxjava", "io.reactivex.rxjava2"),
    FROM(3, "rxjava", "io.reactivex.rxjava3"),
    G("reactive-streams", "org.reactivestreams"),
    G("kotlin-", "org.jetbrains.kotlin"),
    G("kotlinx-coroutines-", "org.jetbrains.kotlinx"),
    G("groovy", "org.codehaus.groovy"),
    FROM(4, "groovy", "org.apache.groovy"),
    G("okhttp", "com.squareup.okhttp3"),
    G("okio", "com.squareup.okio"),
    G("retrofit", "com.squareup.retrofit2"),
    G("junit-jupiter-", "org.junit.jupiter"),
    G("junit-platform-", "org.junit.platform"),
    G("mockito-", "org.mockito"),
    G("byte-buddy", "net.bytebuddy"),
    G("gradle-", "org.gradle"),
    G("bcprov-", "org.bouncycastle"),
    G("bcpkix-", "org.bouncycastle"),
    G("bcutil-", "org.bouncycastle"),
    G("bcpg-", "org.bouncycastle"),
    G("elasticsearch", "org.elasticsearch"),
    G("elasticsearch-", "org.elasticsearch"),
    G("opensearch", "org.opensearch"),
    G("opensearch-", "org.opensearch"),
    G("lucene-", "org.apache.lucene"),
    G("solr-", "org.apache.solr"),
    G("kafka-clients", "org.apache.kafka"),
    G("kafka-streams", "org.apache.kafka"),
    G("jsp-api", "javax.servlet.jsp"),
    G("servlet-api", "javax.servlet"),
    G("commons-beanutils", "commons-beanutils"),
    G("commons-chain", "commons-chain"),
    G("commons-cli", "commons-cli"),
    G("commons-codec", "commons-codec"),
    G("commons-collections", "commons-collections"),
    G("commons-validator", "commons-validator"),
    G("commons-dbcp", "commons-dbcp"),
    G("commons-digester", "commons-digester"),
    G("commons-fileupload", "commons-fileupload"),
    G("commons-httpclient", "commons-httpclient"),
    G("commons-io", "commons-io"),
    G("commons-lang", "commons-lang"),
    G("commons-logging", "commons-logging"),
    G("commons-net", "commons-net"),
    G("commons-pool", "commons-pool"),
    G("log4j", "log4j"),
    G("xalan", "xalan"),
    G("velocity", "org.apache.velocity"),
    G("velocity-", "org.apache.velocity"),
    G("asm", "asm"),
    G("asm-", "asm"),
    FROM(4, "asm", "org.ow2.asm"),
    FROM(4, "asm-", "org.ow2.asm"),
    G("antlr", "antlr"),
    G("antlr-runtime", "org.antlr"),
    G("antlr4-runtime", "org.antlr"),
    G("jsoup", "org.jsoup"),
    G("hikaricp", "com.zaxxer"),
    G("caffeine", "com.github.ben-manes.caffeine"),
    G("hibernate-core", "org.hibernate"),
    FROM(6, "hibernate-core", "org.hibernate.orm"),
    G("grpc-", "io.grpc"),
    G("opentelemetry-", "io.opentelemetry"),
    G("lettuce-core", "io.lettuce"),
    G("mysql-connector-java", "mysql"),
    G("mysql-connector-j", "com.mysql"),
    G("ojdbc", "com.oracle.database.jdbc"),
    G("tomcat-", "org.apache.tomcat"),
    G("tomcat-embed-", "org.apache.tomcat.embed"),
    G("catalina", "org.apache.tomcat"),
    G("checker-qual", "org.checkerframework"),
    G("error_prone_annotations", "com.google.errorprone"),
    G("nimbus-jose-jwt", "com.nimbusds"),
    G("snakeyaml", "org.yaml"),
    G("h2", "com.h2database"),
    G("postgresql", "org.postgresql"),
    G("hsqldb", "org.hsqldb"),
    G("derby", "org.apache.derby"),
    G("quartz", "org.quartz-scheduler"),
    G("xstream", "com.thoughtworks.xstream"),
    G("xercesimpl", "xerces"),
    G("xml-apis", "xml-apis"),
    G("dom4j", "dom4j"),
    FROM(2, "dom4j", "org.dom4j"),
    G("jdom", "org.jdom"),
    G("jdom2", "org.jdom"),
    G("junit", "junit"),
    G("oro", "oro"),
    G("classworlds", "classworlds"),
    G("stax-api", "javax.xml.stream"),
    G("woodstox-core-asl", "org.codehaus.woodstox"),
    G("backport-util-concurrent", "backport-util-concurrent"),
#undef G
#undef FROM
};

ct_str ct_java_group_known(ct_str artifact, ct_str version)
{
    ct_str best = {0};
    size_t longest = 0, digits = 0;
    uint64_t major, from = 0;
    while (digits < version.n && ct_ascii_digit(version.p[digits])) digits++;
    if (!ct_str_u64(ct_str_slice(version, 0, digits), &major)) major = UINT64_MAX; /* unknown: the newest home */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ct_str a = known[i].artifact;
        bool prefix = a.p[a.n - 1] == '-';
        bool fits = prefix ? ct_str_starts_fold(artifact, a) : ct_str_eq_fold(artifact, a);
        if (!fits || known[i].from > major || a.n < longest || (a.n == longest && known[i].from < from)) continue;
        best = known[i].group;
        longest = a.n;
        from = known[i].from;
    }
    return best;
}
