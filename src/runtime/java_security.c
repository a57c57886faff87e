#include "runtime/java_security.h"

/* Programs that call System.setSecurityManager themselves, by main class. */
static const struct {
    ct_str main;
    const char *program;
} IN_CODE[] = {
    {CT_STR_INIT("org.elasticsearch.bootstrap.Elasticsearch"), "Elasticsearch"},
    {CT_STR_INIT("org.opensearch.bootstrap.OpenSearch"), "OpenSearch"},
    {CT_STR_INIT("org.apache.cassandra.service.CassandraDaemon"), "Cassandra"},
    {CT_STR_INIT("org.apache.derby.drda.NetworkServerControl"), "Derby"},
};

static const char *known_program(const struct ct_java_args *a)
{
    ct_str main = a->main;
    if (a->kind == CT_JAVA_MAIN_MODULE) { /* module/class */
        size_t slash = ct_str_chr(main, '/');
        if (slash == CT_STR_NONE) return NULL;
        main = ct_str_slice(main, slash + 1, main.n);
    } else if (a->kind != CT_JAVA_MAIN_CLASS) return NULL;
    for (size_t i = 0; i < sizeof IN_CODE / sizeof IN_CODE[0]; i++)
        if (ct_str_eq(main, IN_CODE[i].main)) return IN_CODE[i].program;
    return NULL;
}

static void manager(const struct ct_java_args *a, unsigned major, struct ct_java_security *s)
{
    ct_str value = {0};
    bool set = ct_java_property(a, CT_STR("java.security.manager"), &value);
    const char *program = known_program(a);
    bool open = !set || ct_str_eq(value, CT_STR("allow"));
    bool shut = set && ct_str_eq(value, CT_STR("disallow"));
    /* A JVM whose version is not known counts as one in which a manager can be installed. */
    if (major >= 24) s->manager = CT_JAVA_MANAGER_NONE;
    else if (shut) s->manager = major >= 12 ? CT_JAVA_MANAGER_NONE : CT_JAVA_MANAGER_MAYBE;
    else if (!set && major >= 18) s->manager = CT_JAVA_MANAGER_NONE;
    else if (open && program) {
        s->manager = CT_JAVA_MANAGER_IN_CODE;
        s->program = program;
    } else if (open) s->manager = CT_JAVA_MANAGER_MAYBE;
    else if (value.n == 0 || ct_str_eq(value, CT_STR("default")) || ct_str_eq(value, CT_STR("java.lang.SecurityManager")))
        s->manager = CT_JAVA_MANAGER_DEFAULT;
    else {
        s->manager = CT_JAVA_MANAGER_CLASS;
        s->manager_class = value;
    }
}

void ct_java_security_read(const struct ct_java_args *a, unsigned major, struct ct_java_security *ret_security)
{
    struct ct_java_security s = {0};
    ct_str value;
    manager(a, major, &s);
    if (ct_java_property(a, CT_STR("java.security.policy"), &value) && value.n) {
        s.policy_alone = value.p[0] == '=';
        s.policy = ct_str_slice(value, s.policy_alone, value.n);
    }
    s.policy_unknowable = ct_java_property(a, CT_STR("java.security.properties"), &value) && value.n;
    *ret_security = s;
}

static bool upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
static bool lower_or_digit(unsigned char c) { return ct_ascii_digit(c) || (c >= 'a' && c <= 'z'); }

/* Log4j takes a name apart at its humps and at anything that is no letter or digit, behind a prefix of its own that may be
 * missing. Releases differ in what else they let pass (2.14.1: "log4j2.."); what only some take is no protection to rely on. */
static bool next_token(ct_str *rest, ct_str *ret_token)
{
    size_t i = 0, from;
    while (i < rest->n && !upper(rest->p[i]) && !lower_or_digit(rest->p[i])) i++;
    from = i;
    while (i < rest->n && upper(rest->p[i])) i++;
    size_t lower = i;
    while (i < rest->n && lower_or_digit(rest->p[i])) i++;
    if (i == lower) /* no small letter after the capitals: capitals and digits */
        while (i < rest->n && (upper(rest->p[i]) || ct_ascii_digit(rest->p[i]))) i++;
    *ret_token = ct_str_slice(*rest, from, i);
    if (i < rest->n && (rest->p[i] == '-' || rest->p[i] == '.' || rest->p[i] == '_' || rest->p[i] == '/')) i++;
    *rest = ct_str_slice(*rest, i, rest->n);
    return ret_token->n > 0;
}

bool ct_log4j_is_no_lookups(ct_str property)
{
    static const ct_str words[] = {CT_STR_INIT("format"), CT_STR_INIT("msg"), CT_STR_INIT("no"), CT_STR_INIT("lookups")};
    const ct_str package = CT_STR("org.apache.logging.log4j."), log4j = CT_STR("log4j");
    size_t at = 0;
    if (ct_str_starts_fold(property, log4j)) {
        at = log4j.n;
        if (at < property.n && property.p[at] == '2') at++;
        if (at < property.n && (property.p[at] == '-' || property.p[at] == '.' || property.p[at] == '_' || property.p[at] == '/')) at++;
    } else if (ct_str_starts_fold(property, package)) at = package.n;
    ct_str rest = ct_str_slice(property, at, property.n), token;
    if (rest.n == 0 || (!upper(rest.p[0]) && !lower_or_digit(rest.p[0]))) return false;
    for (size_t i = 0; i < 4; i++)
        if (!next_token(&rest, &token) || !ct_str_eq_fold(token, words[i])) return false;
    return !next_token(&rest, &token);
}

bool ct_log4j_no_lookups(const struct ct_java_args *a, ct_str *ret_value)
{
    bool found = false;
    for (size_t i = 0; i < a->n_definitions; i++) {
        ct_str d = a->definitions[i], name = ct_str_slice(d, 0, ct_str_chr(d, '=')), value;
        /* The last definition of each spelling counts. */
        if (!ct_log4j_is_no_lookups(name) || !ct_java_property(a, name, &value)) continue;
        if (!found || !ct_str_eq_fold(value, CT_STR("true"))) *ret_value = value;
        found = true;
    }
    return found;
}

bool ct_java_trusts_urls(const struct ct_java_args *a)
{
    static const ct_str names[] = {CT_STR_INIT("com.sun.jndi.ldap.object.trustURLCodebase"),
                                   CT_STR_INIT("com.sun.jndi.rmi.object.trustURLCodebase"),
                                   CT_STR_INIT("com.sun.jndi.cosnaming.object.trustURLCodebase")};
    ct_str value;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ct_java_property(a, names[i], &value) && ct_str_eq_fold(value, CT_STR("true"))) return true;
    return false;
}

const char *ct_java_hotpatch(ct_str path)
{
    static const struct {
        ct_str part;
        const char *name;
    } known[] = {
        {CT_STR_INIT("log4jhotpatch"), "Corretto hotpatch"},
        {CT_STR_INIT("log4j-jndi-be-gone"), "log4j-jndi-be-gone"},
        {CT_STR_INIT("safelog4j"), "SafeLog4j"},
        {CT_STR_INIT("log4jpatcher"), "Log4jPatcher"},
        {CT_STR_INIT("log4j2-vaccine"), "log4j2-vaccine"},
        {CT_STR_INIT("log4j-vulnerability-patcher-agent"), "log4j-vulnerability-patcher-agent"},
    };
    size_t slash = ct_str_rchr(path, '/');
    ct_str name = slash == CT_STR_NONE ? path : ct_str_slice(path, slash + 1, path.n);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (ct_str_find_fold(name, known[i].part) != CT_STR_NONE) return known[i].name;
    return NULL;
}

const char *ct_java_hotpatch_class(ct_str name)
{
    /* Source: the manifests in the tools' own repositories. */
    static const struct {
        ct_str agent;
        const char *name;
    } known[] = {
        {CT_STR_INIT("Log4jHotPatch"), "Corretto hotpatch"},
        {CT_STR_INIT("com.amazon.corretto.hotpatch.HotPatchAgent"), "Corretto hotpatch"},
        {CT_STR_INIT("trust.nccgroup.jndibegone.PreMain"), "log4j-jndi-be-gone"},
        {CT_STR_INIT("trust.nccgroup.jndibegone.AgentMain"), "log4j-jndi-be-gone"},
        {CT_STR_INIT("com.contrastsecurity.SafeLog4J"), "SafeLog4j"},
        {CT_STR_INIT("net.creeperhost.log4jpatcher.Main"), "Log4jPatcher"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (ct_str_eq(name, known[i].agent)) return known[i].name;
    return NULL;
}
